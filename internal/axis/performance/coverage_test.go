package performance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/study"
	"sdmap/internal/testenv"
)

// related makes scores as grouped does, of models of which so many at a time share a lineage, and with it half of the variance of
// every ability.
func related(m, lineage int, seed uint64) *ScoreTable {
	rng := rand.New(rand.NewPCG(seed, 22))
	var models []study.Model
	for i := range m {
		models = append(models, study.Model{ID: fmt.Sprint(i), Lineage: fmt.Sprint(i / lineage)})
	}
	var specs []study.Benchmark
	for b := range 12 {
		specs = append(specs, study.Benchmark{ID: fmt.Sprintf("b%d", b), Family: fmt.Sprint(b)})
	}
	t := axis.NewScoreTable(models, specs)
	t.Imported = true
	var shared [4]float64
	for i := range m {
		able := [4]float64{}
		for k := range able {
			if i%lineage == 0 {
				shared[k] = rng.NormFloat64()
			}
			able[k] = math.Sqrt(0.5) * (shared[k] + rng.NormFloat64())
		}
		for b := range specs {
			t.Score.Set(i, b, able[3]+0.8*able[b/4]+0.7*rng.NormFloat64())
			t.SE.SetMissing(i, b, "no items")
		}
	}
	return t
}

// The 95 % intervals of overlaps hold what models without end would give, of few models and many, related or not: of one pair of
// one group and one of two groups in each study, since pairs of one study are not independent.
func TestCoverageByModels(t *testing.T) {
	studies := testenv.Studies(t, 16)
	large := grouped(6000, 99)
	truth := newProfile(large.Columns(), large.Families)
	for _, c := range []struct {
		models, lineage int
		least           float64 // coverage that is asked for; 0 where it is only logged
	}{
		{8, 1, 0.85}, {16, 1, 0.9}, {32, 1, 0.9}, {64, 1, 0.9}, {128, 1, 0.9},
		{16, 2, 0.85}, {32, 4, 0.85}, {64, 4, 0.9}, {128, 4, 0.9},
	} {
		names := []string{"raw, one group", "raw, two groups", "g-free, one group", "g-free, two groups"}
		found := make([]moments, len(names))
		for s := range studies {
			_, vs := withIntervals(t, related(c.models, c.lineage, uint64(1000*c.models+s)), 200, uint64(s))
			for k, other := range []int{1, 4} {
				raw, _ := truth.raw(0, other)
				free, _ := truth.gfree(0, other)
				found[k].add(&vs[0], 0, other, raw)
				found[2+k].add(&vs[1], 0, other, free)
			}
		}
		for k := range found {
			m := &found[k]
			m.log(t, fmt.Sprintf("%3d models, lineages of %d, %s", c.models, c.lineage, names[k]))
			// Fewer are covered once in a thousand times where the coverage is what is asked for.
			if p, err := stats.BinomialTail(m.n, m.n-m.covered, 1-c.least); m.n > 0 && (err != nil || p < 1e-3) {
				t.Errorf("%d models, lineages of %d, %s: %d of %d intervals hold the truth, %v are asked for", c.models, c.lineage,
					names[k], m.covered, m.n, c.least)
			}
		}
	}
}
