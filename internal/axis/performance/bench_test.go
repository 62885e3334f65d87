package performance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/study"
)

// leaderboard is a table of scores with one general factor and three others; fill is the share of cells that are there, of which
// strong models have more.
func leaderboard(models, benchmarks int, fill float64) *ScoreTable {
	rng := rand.New(rand.NewPCG(5, 1))
	var specs []study.Benchmark
	var names []study.Model
	for i := range models {
		names = append(names, study.Model{ID: fmt.Sprint("m", i), Lineage: fmt.Sprint("m", i)})
	}
	for b := range benchmarks {
		specs = append(specs, study.Benchmark{ID: fmt.Sprint("b", b), Family: fmt.Sprint("b", b)})
	}
	t := axis.NewScoreTable(names, specs)
	t.Imported = true
	for i := range models {
		g, other := rng.NormFloat64(), [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for b := range benchmarks {
			t.SE.SetMissing(i, b, "no items")
			t.Score.Set(i, b, (0.4+0.5*float64(b%10)/10)*g+0.3*other[b%3]+0.6*rng.NormFloat64())
			if rng.Float64() > fill*(1+0.5*max(-1, min(1, g))) && fill < 1 {
				t.Score.SetMissing(i, b, "no score")
			}
		}
	}
	return t
}

// What a study of a table of scores alone costs, at the sizes of public leaderboards.
func BenchmarkTables(b *testing.B) {
	o := Options{Performance: study.Performance{Splits: 100, Bootstrap: 1000, Permutations: 9999}, Seed: 1, Q: 0.1,
		NoHigh: "there is no other axis"}
	for _, c := range []struct {
		models, benchmarks int
		fill               float64
	}{{64, 20, 1}, {64, 40, 1}, {64, 60, 1}, {64, 100, 1}, {500, 200, 1}, {148, 8, 0.97}, {96, 100, 0.8}, {84, 133, 0.23}} {
		table := leaderboard(c.models, c.benchmarks, c.fill)
		b.Run(fmt.Sprintf("%dx%d fill %g", c.models, c.benchmarks, c.fill), func(b *testing.B) {
			for b.Loop() {
				if _, err := Compute(context.Background(), table, o, 1, func(int, int) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
