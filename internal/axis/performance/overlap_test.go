package performance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// reference is the table of the Python figures below: 14 models, 7 benchmarks.
//
//	Y[i,b] = ((7*i*i+3*b*i+5*b*b+i*b*b) % 23)/23 + 0.05*i
func reference() (scores [][]float64, families []string) {
	scores = make([][]float64, 7)
	for b := range scores {
		for i := range 14 {
			scores[b] = append(scores[b], float64((7*i*i+3*b*i+5*b*b+i*b*b)%23)/23+0.05*float64(i))
		}
	}
	return scores, []string{"a", "a", "b", "c", "d", "e", "f"}
}

// Figures by numpy 1.24 and scipy 1.10: Z = norm.ppf((rankdata(Y[:,b])-.5)/m); g = first eigenvector scores of the
// correlations of the kept columns of Z; partial = correlation of least-squares residuals on g.
func TestOverlapsAgainstPython(t *testing.T) {
	scores, families := reference()
	p := newProfile(scores, families)
	for _, c := range []struct {
		name string
		of   func(a, b int) (float64, error)
		a, b int
		want float64
	}{
		{"raw", p.raw, 0, 2, 0.3230769230769231},
		{"gfree without families a and b", p.gfree, 0, 2, -0.11321481803621614},
		{"gfree without c and d", p.gfree, 2, 3, 0.06651692812156886},
		{"gfree by ranks", p.gfreeSpearman, 0, 2, -0.093679211738696},
	} {
		got, err := c.of(c.a, c.b)
		if err != nil {
			t.Fatal(c.name, err)
		}
		near(t, c.name, got, c.want, 1e-12)
	}
	f, families2 := p.without(0, 0)
	if f.k != 5 || !families2 {
		t.Errorf("%d benchmarks are behind g of the first, families %v; want 5 without its family", f.k, families2)
	}
	near(t, "loading of benchmark 0", linalg.Dot(p.normal[0], f.g), 0.5863563222597977, 1e-12)
}

// With six benchmarks in three families only two would remain without the families of a pair, so only the pair is left out.
func TestFamiliesStayWhereTooFewRemain(t *testing.T) {
	scores, _ := reference()
	p := newProfile(scores[:6], []string{"a", "a", "b", "b", "c", "c"})
	f, families := p.without(0, 2)
	if families || f.k != 4 {
		t.Errorf("k = %d, families left out: %v; want 4 and false", f.k, families)
	}
	if f, _ := newProfile(scores[:3], []string{"a", "b", "c"}).without(0, 1); f.err == nil {
		t.Error("one benchmark alone made a general factor")
	}
}

func TestConstantBenchmarkIsMissingWithReason(t *testing.T) {
	scores, families := reference()
	scores[3] = slices.Repeat([]float64{0.25}, 14)
	p := newProfile(scores, families)
	m := pairwise("x", []string{"0", "1", "2", "3", "4", "5", "6"}, 1, p.gfree)
	if _, ok := m.At(3, 0); ok || !strings.Contains(m.Reason(0, 3), "same score") {
		t.Errorf("a constant benchmark has an overlap, or the reason %q", m.Reason(0, 3))
	}
	if _, ok := m.At(0, 2); !ok {
		t.Error("a constant benchmark took the others' overlaps along:", m.Reason(0, 2))
	}
}

// planted makes a table: m models with general ability and one ability a skill; three benchmarks a skill, 100 items each.
func planted(m, skills int, general float64, seed uint64) *ScoreTable {
	rng := rand.New(rand.NewPCG(seed, 1))
	var models []study.Model
	for i := range m {
		id := fmt.Sprintf("m%02d", i)
		models = append(models, study.Model{ID: id, Lineage: id})
	}
	var specs []study.Benchmark
	for s := range skills {
		for k := range 3 {
			specs = append(specs, study.Benchmark{ID: fmt.Sprintf("s%d.%d", s, k), Family: fmt.Sprintf("f%d", (s+k)%8),
				Format: "choice", Metric: "acc"})
		}
	}
	const n = 100
	load := []float64{0.2, 1, 0.5, 1.5, 0.8} // benchmarks differ in how much they need general ability
	t := axis.NewScoreTable(models, specs)
	for b := range specs {
		t.Chance[b], t.Constant[b] = 0.25, 0.3
		t.ItemScores[b] = make(axis.Floats, m*n)
		for k := range n {
			t.Items[b] = append(t.Items[b], fmt.Sprint(k))
			t.ItemChance[b] = append(t.ItemChance[b], 0.25)
		}
	}
	for i := range m {
		g := rng.NormFloat64()
		ability := make([]float64, skills)
		for s := range ability {
			ability[s] = rng.NormFloat64()
		}
		for b := range specs {
			p := 0.25 + 0.75/(1+math.Exp(-general*load[b%5]*g-ability[b/3]))
			var sum float64
			row := t.ItemScores[b][i*n : (i+1)*n]
			for k := range row {
				if rng.Float64() < p {
					row[k] = 1
				}
				sum += row[k]
			}
			t.Score.Set(i, b, sum/n)
			_, se, _ := stats.MeanSE(row)
			t.SE.Set(i, b, se)
		}
	}
	return t
}

// The general factor hides who shares a skill; without it same-skill pairs stand out.
func TestGFreeFindsSkills(t *testing.T) {
	table := planted(32, 8, 2, 3)
	p := newProfile(table.Columns(), table.Families)
	auc := func(of func(a, b int) (float64, error)) float64 {
		var same, other []float64
		for b := range table.Benchmarks {
			for a := range b {
				v, err := of(a, b)
				if err != nil {
					t.Fatal(err)
				}
				if a/3 == b/3 {
					same = append(same, v)
				} else {
					other = append(other, v)
				}
			}
		}
		v, err := stats.AUC(same, other)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	raw, gfree := auc(p.raw), auc(p.gfree)
	if gfree < 0.9 || gfree <= raw {
		t.Errorf("AUC raw %.3f, g-free %.3f; want g-free above 0.9 and above raw", raw, gfree)
	}
}

// Swapping models, or stretching scores, moves no rank statistic.
func TestOverlapsAreInvariant(t *testing.T) {
	scores, families := reference()
	p := newProfile(scores, families)
	rng := rand.New(rand.NewPCG(5, 5))
	perm := rng.Perm(14)
	other := make([][]float64, len(scores))
	for b := range scores {
		for _, i := range perm {
			other[b] = append(other[b], math.Exp(3*scores[b][i]))
		}
	}
	q := newProfile(other, families)
	for a := range scores {
		for b := range a {
			x, _ := p.gfree(a, b)
			y, _ := q.gfree(a, b)
			near(t, "gfree", y, x, 1e-12)
			x, _ = p.raw(a, b)
			y, _ = q.raw(a, b)
			near(t, "raw", y, x, 1e-12)
		}
	}
}

// A range of one number is one number.
func TestWarningsNameOneNumberOnce(t *testing.T) {
	scores, _ := reference()
	p := newProfile(scores, []string{"a", "b", "c", "d", "e", "f", "g"})
	if w := p.warnings(); !strings.Contains(w[0], "with k = 5 benchmarks") {
		t.Errorf("%q", w)
	}
	if got := fromTo("0.12", "0.12") + ", " + fromTo("7", "9"); got != "0.12, 7 to 9" {
		t.Error(got)
	}
}
