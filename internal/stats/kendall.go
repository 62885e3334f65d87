package stats

import (
	"cmp"
	"math"
	"slices"
)

// KendallTauB is (concordant - discordant) / sqrt((n0 - n1)(n0 - n2)), where n0 = C(n, 2) and n1, n2 are the pairs tied
// in x and in y (Kendall 1945), by sorting, in O(n log n) (Knight 1966).
func KendallTauB(x, y []float64) (float64, error) {
	if err := checkPair(x, y, 2); err != nil {
		return 0, err
	}
	points := make([][2]float64, len(x))
	for i := range x {
		points[i] = [2]float64{x[i], y[i]}
	}
	slices.SortFunc(points, func(p, q [2]float64) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) })
	tiedX := tiedPairs(points, func(p, q [2]float64) bool { return p[0] == q[0] })
	tiedBoth := tiedPairs(points, func(p, q [2]float64) bool { return p == q })
	sorted := make([]float64, len(points))
	for i, p := range points {
		sorted[i] = p[1]
	}
	discordant := inversions(sorted, make([]float64, len(sorted)))
	tiedY := tiedPairs(sorted, func(p, q float64) bool { return p == q })
	all := len(x) * (len(x) - 1) / 2
	s := all - tiedX - tiedY + tiedBoth - 2*discordant
	return Clip(float64(s) / (math.Sqrt(float64(all-tiedX)) * math.Sqrt(float64(all-tiedY)))), nil
}

// tiedPairs counts the pairs of equal values of a sorted list.
func tiedPairs[T any](sorted []T, same func(p, q T) bool) (n int) {
	run := 0
	for i := 1; i < len(sorted); i++ {
		if !same(sorted[i-1], sorted[i]) {
			run = -1
		}
		run++
		n += run
	}
	return n
}

// inversions sorts x and counts the pairs that stood in descending order.
func inversions(x, room []float64) (n int) {
	if len(x) < 2 {
		return 0
	}
	half := len(x) / 2
	n = inversions(x[:half], room) + inversions(x[half:], room)
	low, high := room[:copy(room, x[:half])], x[half:]
	for k := range x {
		if len(high) == 0 || len(low) > 0 && low[0] <= high[0] {
			if len(low) == 0 {
				break
			}
			x[k], low = low[0], low[1:]
			continue
		}
		n += len(low)
		x[k], high = high[0], high[1:]
	}
	return n
}
