package stats

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// ChanceAUC is the AUC of scores that tell nothing.
const ChanceAUC = 0.5

// ScoredPair is a pair of different objects with a score and whether it is of the kind that is sought.
type ScoredPair struct {
	I, J     int
	Score    float64
	Positive bool
}

// AUC is the probability that a positive scores above a negative, ties counting half (Mann-Whitney U over its maximum).
func AUC(positive, negative []float64) (float64, error) {
	if len(positive) == 0 || len(negative) == 0 {
		return 0, fmt.Errorf("an AUC needs both kinds; there are %d positive and %d negative: %w", len(positive), len(negative),
			ErrTooFew)
	}
	both := slices.Concat(positive, negative)
	if !allFinite(both) {
		return 0, ErrFinite
	}
	var sum float64
	for _, r := range Ranks(both)[:len(positive)] {
		sum += r
	}
	p, n := float64(len(positive)), float64(len(negative))
	return (sum - p*(p+1)/2) / (p * n), nil
}

// PairAUC is the AUC over pairs of n objects with a percentile interval from a bootstrap of the objects: pairs share
// objects, so pairs are never resampled. A pair counts as often as its two objects were drawn together; an object drawn
// twice makes no pair with itself. Draws without a positive or without a negative are left out and counted in a warning.
func PairAUC(pairs []ScoredPair, n, reps int, level float64, stream func(replicate int) *rand.Rand) (Estimate, error) {
	method := fmt.Sprintf("AUC over pairs (Mann-Whitney, ties half); %d bootstrap draws of objects, self-pairs dropped, "+
		"percentile interval", reps)
	sorted, err := sortPairs(pairs, n)
	if err != nil {
		return Estimate{}, err
	}
	once := slices.Repeat([]float64{1}, n)
	value, ok := weightedAUC(sorted, once)
	if !ok {
		return MissingEstimate("there is no pair of one of the two kinds", n, method), nil
	}
	weights := make([]float64, n)
	var draws []float64
	for r := range reps {
		rng := stream(r)
		clear(weights)
		for range n {
			weights[rng.IntN(n)]++
		}
		if v, ok := weightedAUC(sorted, weights); ok {
			draws = append(draws, v)
		}
	}
	e := NewEstimate(value, n, method).WithNull(ChanceAUC)
	if dropped := reps - len(draws); dropped > 0 {
		e = e.Warn(fmt.Sprintf("%d of %d bootstrap draws had no pair of one of the two kinds and were left out", dropped, reps))
	}
	lo, hi, err := PercentileInterval(draws, level)
	if err != nil {
		return e.Warn("too few bootstrap draws for an interval"), nil
	}
	return e.WithInterval(lo, hi, level), nil
}

func sortPairs(pairs []ScoredPair, n int) ([]ScoredPair, error) {
	for _, p := range pairs {
		if p.I < 0 || p.J < 0 || p.I >= n || p.J >= n || p.I == p.J {
			return nil, fmt.Errorf("(%d, %d) is no pair of two of %d objects", p.I, p.J, n)
		}
		if !finite(p.Score) {
			return nil, fmt.Errorf("the score of (%d, %d): %w", p.I, p.J, ErrFinite)
		}
	}
	sorted := slices.Clone(pairs)
	slices.SortStableFunc(sorted, func(a, b ScoredPair) int { return cmp.Compare(a.Score, b.Score) })
	return sorted, nil
}

// weightedAUC sweeps pairs in ascending order of score; a pair weighs the product of its objects' weights.
func weightedAUC(sorted []ScoredPair, weight []float64) (float64, bool) {
	var below, positives, won float64
	for i := 0; i < len(sorted); {
		var tiedPositive, tiedNegative float64
		j := i
		for ; j < len(sorted) && sorted[j].Score == sorted[i].Score; j++ {
			w := weight[sorted[j].I] * weight[sorted[j].J]
			if sorted[j].Positive {
				tiedPositive += w
			} else {
				tiedNegative += w
			}
		}
		won += tiedPositive * (below + tiedNegative/2)
		below += tiedNegative
		positives += tiedPositive
		i = j
	}
	if positives == 0 || below == 0 {
		return 0, false
	}
	return won / (positives * below), true
}
