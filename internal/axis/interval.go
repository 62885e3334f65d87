package axis

import (
	"math"

	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// Finite is a column of replicates (R x width, row-major), without those that are NaN, which have no number there.
func Finite(replicates []float64, width, column int) []float64 {
	var out []float64
	for at := column; at < len(replicates); at += width {
		if !math.IsNaN(replicates[at]) {
			out = append(out, replicates[at])
		}
	}
	return out
}

// Intervals are the percentile intervals of an overlap's pairs, in matrices of the names lower and upper, from replicates of
// the whole overlap (R x B x B). A pair with a number in fewer than half of them gets none: what is left of it is no fair
// sample.
func Intervals(lower, upper string, f Floats, overlap *matrix.Labelled, level float64) (lo, hi *matrix.Labelled) {
	labels := overlap.Rows
	cells := len(labels) * len(labels)
	lo = matrix.NewSquare(lower, "1", labels)
	hi = matrix.NewSquare(upper, "1", labels)
	for a := range labels {
		lo.Set(a, a, 1)
		hi.Set(a, a, 1)
		for b := range a {
			x := Finite(f, cells, a*len(labels)+b)
			l, h, err := stats.PercentileInterval(x, level)
			if _, ok := overlap.At(a, b); !ok || err != nil || 2*len(x) < len(f)/cells {
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
