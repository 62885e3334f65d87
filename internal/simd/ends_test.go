package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// everyWay runs a test with vector instructions and without.
func everyWay(t *testing.T, test func(t *testing.T)) {
	t.Run(Arithmetic(), test)
	defer onlyPortable()()
	t.Run("portable", test)
}

// Ranks are half the number of values below less that of values above, also with ties and signed zeros.
func TestCentredRanks(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, m := range []int{0, 1, 2, 3, 31, 32, 100, 300} {
			values, to := make([]float32, m*Width), make([]float32, m*Width)
			for i := range values {
				values[i] = float32(rng.IntN(m)-m/2) * float32(1-2*rng.IntN(2))
				if m%2 == 0 { // no ties
					values[i] = rng.Float32()
				}
			}
			CentredRanks(to, values, m)
			for i, v := range values {
				var want float32
				for l := range m {
					switch w := values[l*Width+i%Width]; {
					case w < v:
						want += 0.5
					case w > v:
						want -= 0.5
					}
				}
				if to[i] != want {
					t.Fatalf("%d numbers: the rank of number %d in column %d is %v, want %v", m, i/Width, i%Width, to[i], want)
				}
			}
		}
	})
}

// Every value on or outside the bounds is marked, and no other.
func TestBeyond(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for n := range 300 {
			values := make([]float32, n)
			for i := range values {
				values[i] = float32(rng.IntN(9) - 4)
			}
			below, above := make([]uint64, MarksLen(n)), make([]uint64, MarksLen(n))
			low, high := float32(rng.IntN(9)-4), float32(rng.IntN(9)-4)
			Beyond(below, above, values, low, high)
			wantBelow, wantAbove := make([]uint64, MarksLen(n)), make([]uint64, MarksLen(n))
			for i, v := range values {
				if v <= low {
					wantBelow[i/word] |= 1 << (i % word)
				}
				if v >= high {
					wantAbove[i/word] |= 1 << (i % word)
				}
			}
			if !slices.Equal(below, wantBelow) || !slices.Equal(above, wantAbove) {
				t.Fatalf("%d values: %x and %x, want %x and %x", n, below, above, wantBelow, wantAbove)
			}
		}
	})
}
