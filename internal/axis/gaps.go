package axis

import (
	"math"
	"slices"
)

// Observed returns the scores benchmark by benchmark: B columns of m, NaN where a model has no score.
func (t *ScoreTable) Observed() [][]float64 {
	out := make([][]float64, len(t.Benchmarks))
	for b := range out {
		out[b] = t.column(b)
	}
	return out
}

func (t *ScoreTable) column(b int) []float64 {
	out := make([]float64, len(t.Models))
	for i := range out {
		v, ok := t.Score.At(i, b)
		if !ok {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

// Missing counts the cells without a score.
func (t *ScoreTable) Missing() (n int) {
	for b := range t.Benchmarks {
		for i := range t.Models {
			if _, ok := t.Score.At(i, b); !ok {
				n++
			}
		}
	}
	return n
}

// Gaps counts the cells without a score on benchmarks on which some model has one.
func (t *ScoreTable) Gaps() int {
	n := t.Missing()
	for b := range t.Benchmarks {
		if !slices.ContainsFunc(t.column(b), func(v float64) bool { return !math.IsNaN(v) }) {
			n -= len(t.Models)
		}
	}
	return n
}

// ObservedOn is On with NaN where a model has no score.
func (t *ScoreTable) ObservedOn(models []int, items [][]int) [][]float64 {
	return t.on(t.Observed(), models, items)
}
