package stats

import (
	"fmt"
	"math"
)

// Holm returns p-values adjusted for the family-wise error rate, step-down (Holm 1979).
func Holm(p []float64) ([]float64, error) {
	if err := checkP(p); err != nil {
		return nil, err
	}
	order := ascending(p)
	out := make([]float64, len(p))
	var run float64
	for i, k := range order {
		run = math.Max(run, math.Min(1, float64(len(p)-i)*p[k]))
		out[k] = run
	}
	return out, nil
}

// BenjaminiHochberg returns p-values adjusted for the false discovery rate, valid for independent or positively
// dependent tests (Benjamini & Hochberg 1995).
func BenjaminiHochberg(p []float64) ([]float64, error) { return stepUp(p, 1) }

// BenjaminiYekutieli is valid under any dependence: Benjamini-Hochberg times 1 + 1/2 + ... + 1/n (Benjamini & Yekutieli
// 2001).
func BenjaminiYekutieli(p []float64) ([]float64, error) { return stepUp(p, Harmonic(len(p))) }

// Harmonic is 1 + 1/2 + ... + 1/n.
func Harmonic(n int) float64 {
	var sum float64
	for i := 1; i <= n; i++ {
		sum += 1 / float64(i)
	}
	return sum
}

func stepUp(p []float64, factor float64) ([]float64, error) {
	if err := checkP(p); err != nil {
		return nil, err
	}
	order := ascending(p)
	out := make([]float64, len(p))
	run := 1.0
	for i := len(order) - 1; i >= 0; i-- {
		k := order[i]
		run = math.Min(run, factor*float64(len(p))/float64(i+1)*p[k])
		out[k] = run
	}
	return out, nil
}

func checkP(p []float64) error {
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("p-value %d is %v", i, v)
		}
	}
	return nil
}
