package axis

import (
	"math"

	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// Finite is a column of replicates (R x width, row-major), without those that are NaN, which have no number there.
func Finite(replicates []float64, width, column int) []float64 {
	out := make([]float64, 0, (len(replicates)+width-1)/width)
	for at := column; at < len(replicates); at += width {
		if !math.IsNaN(replicates[at]) {
			out = append(out, replicates[at])
		}
	}
	return out
}

// Intervals are the percentile intervals of an overlap's pairs, in matrices of the names lower and upper, from replicates of
// the whole overlap (R x B x B).
func Intervals(lower, upper string, f Floats, overlap *matrix.Labelled, level float64) (lo, hi *matrix.Labelled) {
	n := len(overlap.Rows)
	return IntervalsBy(lower, upper, overlap, len(f)/(n*n), func(a, b int) (lo, hi float64, with int, err error) {
		x := Finite(f, n*n, a*n+b)
		lo, hi, err = stats.PercentileInterval(x, level)
		return lo, hi, len(x), err
	})
}

// IntervalsBy is Intervals from what tells the interval of a pair and how many replicates have a number there. A pair with a
// number
// in fewer than half of them gets none: what is left of it is no fair sample.
func IntervalsBy(lower, upper string, overlap *matrix.Labelled, replicates int,
	of func(a, b int) (lo, hi float64, with int, err error)) (lo, hi *matrix.Labelled) {
	lo = matrix.NewSquare(lower, "1", overlap.Rows)
	hi = matrix.NewSquare(upper, "1", overlap.Rows)
	for a := range overlap.Rows {
		lo.Set(a, a, 1)
		hi.Set(a, a, 1)
		for b := range a {
			l, h, with, err := of(a, b)
			if _, ok := overlap.At(a, b); !ok || err != nil || 2*with < replicates {
				lo.SetMissingSym(a, b, "too few half-samples of models have a value")
				hi.SetMissingSym(a, b, "too few half-samples of models have a value")
				continue
			}
			lo.SetSym(a, b, l)
			hi.SetSym(a, b, h)
		}
	}
	return lo, hi
}
