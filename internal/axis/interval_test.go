package axis

import (
	"math"
	"testing"

	"sdmap/internal/matrix"
)

// A pair has an interval where at least half of its replicates are numbers, and where it has an overlap.
func TestIntervalsOfFewReplicates(t *testing.T) {
	overlap := matrix.NewSquare("overlap", "1", []string{"a", "b", "c", "d"})
	overlap.SetMissingSym(0, 3, "not measured")
	const cells, replicates = 16, 10
	f := make(Floats, replicates*cells)
	for r := range replicates {
		for at := range cells {
			f[r*cells+at] = float64(r)
		}
		if r >= 5 {
			f[r*cells+1*4+0] = math.NaN()
		}
		if r >= 4 {
			f[r*cells+2*4+0] = math.NaN()
		}
	}
	lo, hi := Intervals("lower", "upper", f, overlap, 0.8)
	for _, c := range []struct {
		a, b   int
		lo, hi float64 // quantiles 0.1 and 0.9 of 0, 1, ...
		ok     bool
	}{{1, 1, 1, 1, true}, {2, 1, 0.9, 8.1, true}, {1, 0, 0.4, 3.6, true}, {2, 0, 0, 0, false}, {3, 0, 0, 0, false}} {
		l, ok := lo.At(c.a, c.b)
		h, okHi := hi.At(c.b, c.a)
		if ok != c.ok || okHi != c.ok || math.Abs(l-c.lo) > 1e-12 || math.Abs(h-c.hi) > 1e-12 {
			t.Errorf("interval of (%d, %d) is %v to %v (%v), want %v to %v", c.a, c.b, l, h, ok, c.lo, c.hi)
		}
	}
}
