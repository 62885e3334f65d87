package performance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// grouped makes scores from one general factor and one factor for each of three groups of four benchmarks.
func grouped(m int, seed uint64) *ScoreTable {
	rng := rand.New(rand.NewPCG(seed, 21))
	var models []study.Model
	for i := range m {
		models = append(models, study.Model{ID: fmt.Sprint(i), Lineage: fmt.Sprint(i)})
	}
	var specs []study.Benchmark
	for b := range 12 {
		specs = append(specs, study.Benchmark{ID: fmt.Sprintf("b%d", b), Family: fmt.Sprint(b)})
	}
	t := axis.NewScoreTable(models, specs)
	t.Imported = true
	for i := range m {
		g, group := rng.NormFloat64(), [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for b := range specs {
			t.Score.Set(i, b, g+0.8*group[b/4]+0.7*rng.NormFloat64())
			t.SE.SetMissing(i, b, "no items")
		}
	}
	return t
}

// thinBlocks takes blocks away: in some order of the models, each benchmark but the first has scores of one run of them.
func thinBlocks(t *ScoreTable, fill float64, order []float64) {
	ranks := stats.Ranks(order)
	for i := range t.Models {
		for b := 1; b < len(t.Benchmarks); b++ {
			start := float64(b*5%11) / 11 * (1 - fill)
			if at := ranks[i] / float64(len(ranks)+1); at < start || at > start+fill {
				take(t, i, b)
			}
		}
	}
}

// moments collect how far estimates lie from the truth.
type moments struct {
	n, covered, missing int
	sum, square         float64
}

func (m *moments) add(v *axis.Variant, a, b int, truth float64) {
	x, ok := v.Overlap.At(a, b)
	lo, okLo := v.Lo.At(a, b)
	hi, _ := v.Hi.At(a, b)
	if !ok || !okLo {
		m.missing++
		return
	}
	m.n++
	m.sum, m.square = m.sum+x-truth, m.square+(x-truth)*(x-truth)
	m.covered += one(lo <= truth && truth <= hi)
}

// Bias and coverage on a known truth of one general factor and groups: what complete scores of 6000 models give. G-free overlaps
// of benchmarks of two groups may lie above it by 1/(k+1) of the fewer scores behind a model's general factor, as they are
// said to. Where only models of like strength have a score, overlaps over them are smaller than over all (restriction of range):
// no method that takes the models of a pair can know the others, and bounds there only say how much that is here.
func TestGapsOnAKnownTruth(t *testing.T) {
	large := grouped(6000, 99)
	truth := newProfile(large.Columns(), large.Families)
	for _, c := range []struct {
		name           string
		models         int
		fill           float64
		block          string
		bias, coverage float64 // bounds
	}{
		{"complete", 60, 1, "", 0.05, 0.9}, {"60 % at random", 60, 0.6, "", 0.08, 0.9},
		{"60 % in blocks", 60, 0.6, "chance", 0.08, 0.9}, {"60 % by strength", 60, 0.6, "strength", 0.25, 0.75},
		{"23 % at random", 240, 0.23, "", 0.08, 0.9}, {"23 % in blocks", 240, 0.23, "chance", 0.1, 0.75},
		{"23 % by strength", 240, 0.23, "strength", 0.4, 0.4},
	} {
		var raw, kin, alien moments
		var allowed, pairs float64 // mean bias that g-free overlaps of two groups are said to have at most
		for seed := range uint64(6) {
			table := grouped(c.models, seed)
			switch first, _ := table.Score.Col(0); {
			case c.block == "strength":
				thinBlocks(table, c.fill, first)
			case c.block == "chance":
				rng := rand.New(rand.NewPCG(seed, 5))
				rng.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
				thinBlocks(table, c.fill, first)
			case c.fill < 1:
				thin(table, c.fill, seed)
			}
			p, vs := withIntervals(t, table, 100, seed)
			for b := range table.Benchmarks {
				for a := range b {
					want, _ := truth.raw(a, b)
					free, _ := truth.gfree(a, b)
					raw.add(&vs[0], a, b, want)
					if a/4 == b/4 {
						kin.add(&vs[1], a, b, free)
					} else {
						alien.add(&vs[1], a, b, free)
					}
					if g, ok := p.(*gapped); ok && a/4 != b/4 && g.at(a, b).free == nil {
						allowed, pairs = allowed+1/(1+g.at(a, b).behind), pairs+1
					}
				}
			}
		}
		for name, m := range map[string]moments{"raw": raw, "g-free, one group": kin, "g-free, two groups": alien} {
			largest := c.bias
			if name == "g-free, two groups" {
				largest += allowed / math.Max(1, pairs)
			}
			if m.log(t, c.name+", "+name); math.Abs(m.bias()) > largest || m.coverage() < c.coverage {
				t.Errorf("%s, %s: bias at most %v, coverage at least %v", c.name, name, largest, c.coverage)
			}
		}
	}
}

func (m *moments) bias() float64     { return m.sum / math.Max(1, float64(m.n)) }
func (m *moments) coverage() float64 { return float64(m.covered) / math.Max(1, float64(m.n)) }

func (m *moments) log(t *testing.T, name string) {
	t.Logf("%-38s bias %+.3f  rmse %.3f  coverage %.3f  not estimable %3d of %d", name, m.bias(),
		math.Sqrt(m.square/math.Max(1, float64(m.n))), m.coverage(), m.missing, m.n+m.missing)
}

// withIntervals are raw and g-free overlaps with their intervals, without the rest of the axis.
func withIntervals(t *testing.T, table *ScoreTable, draws int, seed uint64) (view, []axis.Variant) {
	t.Helper()
	columns := table.Observed()
	p, err := lookAtAll(t.Context(), table, columns, fewModels, 2)
	if err != nil {
		t.Fatal(err)
	}
	models, err := respread(t.Context(), len(columns), draws, 2, newHalves(table, columns, seed).look)
	if err != nil {
		t.Fatal(err)
	}
	vs := overlaps(table, p, nil)[:2]
	models.intervals(vs, draws)
	return p, vs
}
