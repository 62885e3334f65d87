package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Sums have the bits of additions one after the other.
func TestSumRows(t *testing.T) {
	everyWay(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for width := 0; width <= 15*Width; width += Width {
			for n := range 9 {
				table, rows := make([]float32, 20*width), make([]int32, n)
				for i := range table {
					table[i] = float32(rng.NormFloat64())
				}
				want, to := make([]float32, width), make([]float32, width)
				for k := range rows {
					rows[k] = rng.Int32N(20)
					for i := range want {
						want[i] += table[int(rows[k])*width+i]
					}
				}
				if SumRows(to, table, rows); !slices.Equal(to, want) {
					t.Fatalf("the sum of %d rows of %d numbers is another", n, width)
				}
			}
		}
	})
}
