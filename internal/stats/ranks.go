package stats

import (
	"cmp"
	"math"
	"slices"
)

// Ranks returns ranks from 1 to len(x), ties sharing their average rank.
func Ranks(x []float64) []float64 {
	order := ascending(x)
	ranks := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			ranks[k] = float64(i+1+j) / 2
		}
		i = j
	}
	return ranks
}

// RanksFirst returns ranks from 1 to len(x), ties in the order in which they stand (R: ties.method = "first").
func RanksFirst(x []float64) []float64 {
	ranks := make([]float64, len(x))
	for i, k := range ascending(x) {
		ranks[k] = float64(i + 1)
	}
	return ranks
}

// ascending is the stable order of x.
func ascending(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	if len(x) <= fewSorted {
		byInsertion(order, x)
		return order
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := cmp.Compare(x[a], x[b]); c != 0 {
			return c
		}
		return a - b
	})
	return order
}

// fewSorted is up to how many numbers insertion is faster than a general sort.
const fewSorted = 24

// byInsertion sorts a few rows by their values, those of equal value staying in order.
func byInsertion(order []int, x []float64) {
	for i := 1; i < len(order); i++ {
		k := order[i]
		j := i
		for ; j > 0 && cmp.Less(x[k], x[order[j-1]]); j-- {
			order[j] = order[j-1]
		}
		order[j] = k
	}
}

// NormalScores returns Phi^-1((rank - 1/2)/m), m = len(x), with average ranks (Hazen's plotting position).
func NormalScores(x []float64) []float64 {
	scores := Ranks(x)
	for i, r := range scores {
		scores[i] = normalScore(r, len(x))
	}
	return scores
}

// NormalScoresOf are the normal scores of m values by twice their rank, which is whole where ties share their average rank.
func NormalScoresOf(m int) []float64 {
	out := make([]float64, 2*m+1)
	for twice := 2; twice <= 2*m; twice++ {
		out[twice] = normalScore(float64(twice)/2, m)
	}
	return out
}

// normalScore is Phi^-1((rank - 1/2)/m).
func normalScore(rank float64, m int) float64 { return NormalQuantile((rank - 0.5) / float64(m)) }

// NormalQuantile is Phi^-1(p) of the standard normal distribution, 0 < p < 1.
func NormalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// NormalUpperTail is P(Z > z) of the standard normal distribution.
func NormalUpperTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// Median is the middle value, or the mean of the two middle values.
func Median(x []float64) (float64, error) { return Quantile(x, 0.5) }

// Quantile interpolates linearly between order statistics (R: type 7), 0 <= p <= 1.
func Quantile(x []float64, p float64) (float64, error) {
	if len(x) == 0 {
		return 0, ErrTooFew
	}
	if !allFinite(x) || !(p >= 0 && p <= 1) {
		return 0, ErrFinite
	}
	return quantileOf(slices.Clone(x), p), nil
}

// PercentileInterval is the central interval of replicates at a level such as 0.95. Replicates by half-samples without
// replacement need no rescaling: the variance of a mean over half of n units, given the sample, is s^2/n, the same as
// that of the mean over all n.
func PercentileInterval(replicates []float64, level float64) (lo, hi float64, err error) {
	if !(level > 0 && level < 1) {
		return 0, 0, ErrFinite
	}
	if len(replicates) < 2 {
		return 0, 0, ErrTooFew
	}
	if !allFinite(replicates) {
		return 0, 0, ErrFinite
	}
	x := slices.Clone(replicates)
	return quantileOf(x, (1-level)/2), quantileOf(x, (1+level)/2), nil
}
