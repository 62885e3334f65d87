package performance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/study"
)

// answered makes items of models that come in groups: within a group a share of the answers is the same.
func answered(groups, each int, share float64) *ScoreTable {
	rng := rand.New(rand.NewPCG(8, uint64(groups)))
	var models []study.Model
	for i := range groups * each {
		models = append(models, study.Model{ID: fmt.Sprint(i), Lineage: fmt.Sprint(i / each)})
	}
	t := axis.NewScoreTable(models, []study.Benchmark{{ID: "a", Family: "a"}, {ID: "b", Family: "b"}})
	const n = 400
	for b := range t.Benchmarks {
		common := make([]float64, groups*n)
		for k := range common {
			common[k] = float64(rng.IntN(2))
		}
		for i := range models {
			for k := range n {
				answer := float64(rng.IntN(2))
				if rng.Float64() < share {
					answer = common[i/each*n+k]
				}
				t.ItemScores[b] = append(t.ItemScores[b], answer)
			}
		}
		for k := range n {
			t.Items[b] = append(t.Items[b], fmt.Sprint(k))
		}
	}
	return t
}

// Models whose errors are unrelated all count; copies count once; between them the number follows from the correlation r within a
// group, 1/m of the sum of r^2.
func TestEffectiveModels(t *testing.T) {
	for _, c := range []struct {
		groups, each int
		share, want  float64
	}{{24, 1, 0, 23}, {6, 4, 1, 5}, {6, 4, math.Sqrt(0.5), 24 / (1 + 3*0.25)}} {
		table := answered(c.groups, c.each, c.share)
		facts := effectiveModels(table)
		if len(facts) != 1 || math.Abs(facts[0].Value-c.want) > 0.08*c.want+0.3 || facts[0].N != c.groups*c.each {
			t.Errorf("%d groups of %d, share %.2f: %+v, want %.1f", c.groups, c.each, c.share, facts, c.want)
		}
	}
	few := answered(6, 2, 0)
	few.ItemScores = make([]axis.Floats, 2)
	if facts := effectiveModels(few); facts != nil {
		t.Errorf("scores of two benchmarks tell %+v", facts)
	}
}

// The range without a lineage is that of the axis on the other models.
func TestLeavingOutLineages(t *testing.T) {
	for _, gap := range []bool{false, true} {
		table := skilled(18, 0.5, 4)
		for i := range table.Lineages {
			table.Lineages[i] = fmt.Sprint(i / 3)
		}
		if gap {
			take(table, 4, 1)
		}
		p, err := lookAtAll(t.Context(), table, table.Observed(), fewModels, 1)
		if err != nil {
			t.Fatal(err)
		}
		vs := overlaps(table, p, nil)
		if err := leaveOutLineages(t.Context(), table, vs, 2); err != nil {
			t.Fatal(err)
		}
		lo, hi := math.Inf(1), math.Inf(-1)
		for l := range 6 {
			var kept []int
			for i := range table.Models {
				if i/3 != l {
					kept = append(kept, i)
				}
			}
			v, err := look(table.Of(kept).Observed(), table.Families).raw(1, 2)
			if err != nil {
				t.Fatal(err)
			}
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
		least, _ := vs[0].Least.At(1, 2)
		most, _ := vs[0].Most.At(1, 2)
		near(t, "least", least, lo, 1e-12)
		near(t, "most", most, hi, 1e-12)
		if free, ok := vs[1].Least.At(1, 2); !ok || free >= most {
			t.Errorf("g-free: least %v, %v", free, ok)
		}
	}
	alone := skilled(12, 0.5, 4)
	for i := range alone.Lineages {
		alone.Lineages[i] = "one"
	}
	vs := overlaps(alone, newProfile(alone.Columns(), alone.Families), nil)
	if err := leaveOutLineages(t.Context(), alone, vs, 1); err != nil || vs[0].Least != nil {
		t.Errorf("one lineage: %v, %v", vs[0].Least, err)
	}
}

// In a cohort whose scores hang together the first component has the larger share.
func TestCohorts(t *testing.T) {
	table := skilled(60, 0.5, 6)
	size := covariates(table)[0]
	order := slices.Sorted(slices.Values(size.values))
	rng := rand.New(rand.NewPCG(1, 1))
	for i, v := range size.values {
		for b := range table.Benchmarks {
			if v > order[30] {
				table.Score.Set(i, b, v+0.1*rng.NormFloat64())
			} else {
				table.Score.Set(i, b, rng.NormFloat64())
			}
		}
	}
	facts := cohorts(table)
	if len(facts) != 2 || facts[0].N+facts[1].N != 60 || facts[0].Value > 0.3 || facts[1].Value < 0.8 {
		t.Errorf("%+v", facts)
	}
}
