package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What is kept of replicates gives the interval of all of them, to the bit, ties and missing ones too.
func TestEndsArePercentileIntervals(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		replicates, level := 1+rng.IntN(300), []float64{0.95, 0.9, 0.5}[seed%3]
		e := NewEnds(3, replicates, level)
		var x []float64
		for range replicates {
			v := rng.NormFloat64()
			if seed%2 == 0 {
				v = math.Round(v)
			}
			if rng.IntN(4) == 0 {
				v = math.NaN()
			} else {
				x = append(x, v)
			}
			e.Add(1, v)
		}
		lo, hi, err := PercentileInterval(x, level)
		gotLo, gotHi, err2 := e.Interval(1)
		if lo != gotLo || hi != gotHi || err != err2 || e.N(1) != len(x) || e.N(0) != 0 {
			t.Fatalf("%d of %d at %v: [%v, %v] %v, not [%v, %v] %v", len(x), replicates, level, gotLo, gotHi, err2, lo, hi, err)
		}
	}
}

// Ranks within a sample of a sorted column are those of the sample.
func TestSortedRanks(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 6))
		x := normals(rng, 1+rng.IntN(30))
		if seed%2 == 0 {
			for i := range x {
				x[i] = math.Round(2 * x[i])
			}
		}
		s, place := NewSorted(x), make([]int, len(x))
		for range 5 {
			rows := HalfSample(rng, len(x))
			var some []float64
			for _, i := range rows {
				some = append(some, x[i])
			}
			if got := s.Ranks(rows, place); !slices.Equal(got, Ranks(some)) {
				t.Fatalf("ranks of %v are %v, not %v", some, got, Ranks(some))
			}
		}
	}
}
