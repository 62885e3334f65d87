package performance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// skilled makes scores of m models on 16 benchmarks, of which the first 8 share a skill beside a general factor, and the size
// of the models. Given the general factor, two that share the skill have a true overlap of shared, and others of 0.
func skilled(m int, shared float64, seed uint64) *ScoreTable {
	rng := rand.New(rand.NewPCG(seed, 77))
	var models []study.Model
	for i := range m {
		models = append(models, study.Model{ID: fmt.Sprint(i), Lineage: fmt.Sprint(i)})
	}
	var specs []study.Benchmark
	for b := range 16 {
		specs = append(specs, study.Benchmark{ID: fmt.Sprintf("b%d", b), Family: fmt.Sprint(b)})
	}
	t := axis.NewScoreTable(models, specs)
	t.Imported = true
	size := axis.Covariate{Name: "params"}
	for i := range m {
		g, skill := rng.NormFloat64(), rng.NormFloat64()
		size.Texts = append(size.Texts, fmt.Sprint(math.Exp(2*(g+0.3*rng.NormFloat64()))))
		for b := range specs {
			own := rng.NormFloat64()
			if b < 8 {
				own = math.Sqrt(shared)*skill + math.Sqrt(1-shared)*own
			}
			t.Score.Set(i, b, g+own)
			t.SE.Set(i, b, 0.2)
		}
	}
	t.Covariates = []axis.Covariate{size}
	return t
}

// seen is what simulations of skilled give for the pairs that share the skill.
type seen struct {
	mean map[string]float64 // overlap, by variant
	low  map[string]float64 // share of pairs that are called low at .05, by test
}

func simulate(t *testing.T, draws int, shared float64) seen {
	t.Helper()
	s := seen{map[string]float64{}, map[string]float64{}}
	const pairs = 28
	for seed := range draws {
		o := Options{Performance: study.Performance{Bootstrap: 60, Permutations: 99, Splits: 2}, Seed: uint64(seed),
			Replicates: 2, Q: 0.1}
		r, err := Compute(t.Context(), skilled(32, shared, uint64(seed)), o, 2, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		for b := range 8 {
			for a := range b {
				for _, v := range r.Variants {
					x, _ := v.Overlap.At(a, b)
					s.mean[v.Name] += x / float64(pairs*draws)
				}
				for _, test := range r.Tests {
					if p, ok := test.P.At(a, b); ok && p <= 0.05 {
						s.low[test.Name] += 1 / float64(pairs*draws)
					}
				}
			}
		}
	}
	return s
}

// Where half of the benchmarks share a skill, a general factor that is made of scores absorbs it: a true overlap of .50 comes
// out at about half of that given the first component, at nothing given as many factors as there are, and as it is given the
// models' size. With nothing held constant it is the general factor that is seen. The test of low overlaps under the first
// component alone claims what is false, and the strictest does not.
func TestASharedSkillIsAbsorbed(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation of some seconds")
	}
	s := simulate(t, 10, 0.5)
	for name, want := range map[string][2]float64{GFree: {0.18, 0.32}, GivenFactors: {-0.1, 0.1}, "given.params": {0.42, 0.56},
		GivenNothing: {0.65, 0.8}} {
		if v := s.mean[name]; v < want[0] || v > want[1] {
			t.Errorf("%s: mean overlap %.3f where the truth is .50, want %v", name, v, want)
		}
	}
	s = simulate(t, 10, 0.4)
	if first, strict := s.low[LowUnder(GFree)], s.low["low"]; first < 0.06 || strict > 0.02 {
		t.Errorf("a true overlap of .40 is called low in %.3f of pairs under the first component, and in %.3f by the "+
			"strictest test",
			first, strict)
	}
}

// Overlaps given a covariate are what the regression of both on it leaves, over the models of which it is known.
func TestOverlapGivenACovariate(t *testing.T) {
	table := skilled(40, 0.5, 3)
	table.Covariates[0].Texts[7], table.Covariates[0].Texts[30] = "", "unknown"
	take(table, 11, 2)
	columns := table.Observed()
	of, why := choices(table, columns, 3)
	if len(of) != 2 || len(why) != 1 || !strings.Contains(why[0], "scores are missing") {
		t.Fatalf("%d choices, %q", len(of), why)
	}
	c, err := choose(t.Context(), table, columns, of[0], 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if n := []int{c.variant.NOf(0, 1), c.variant.NOf(0, 2), c.rest[[2]int{0, 1}]}; !slices.Equal(n, []int{38, 37, 34}) {
		t.Errorf("models %v", n)
	}
	for b := range table.Benchmarks {
		for a := range b {
			r, okR := c.variant.Overlap.At(a, b)
			lo, okLo := c.variant.Lo.At(a, b)
			hi, _ := c.variant.Hi.At(a, b)
			if !okR || !okLo || lo > r || r > hi {
				t.Errorf("pair %d, %d: %v in [%v, %v]", a, b, r, lo, hi)
			}
		}
	}
}

// One column held constant is what the first component's formula makes of it, and two whose span is the same are as one.
func TestPartialGivenSeveral(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	column := func() []float64 {
		out := make([]float64, 30)
		for i := range out {
			out[i] = rng.NormFloat64()
		}
		return out
	}
	x, y, g, h := column(), column(), column(), column()
	for i := range x {
		x[i], y[i] = x[i]+g[i]+h[i], y[i]+g[i]-h[i]
	}
	r, _, err := held{z: [2][]float64{x, y}, given: [][]float64{g}}.partial(nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := stats.PartialPearson(x, y, g)
	if err != nil || math.Abs(r-want) > 1e-12 {
		t.Errorf("%v, want %v, %v", r, want, err)
	}
	both, _, _ := held{z: [2][]float64{x, y}, given: [][]float64{g, h}}.partial(nil)
	mixed := make([]float64, len(g))
	for i := range g {
		mixed[i] = 3*g[i] - 2*h[i]
	}
	again, _, _ := held{z: [2][]float64{x, y}, given: [][]float64{mixed, g, h}}.partial(nil)
	if math.Abs(both-again) > 1e-12 || math.Abs(both-r) < 0.05 {
		t.Errorf("given two %v, given three in the same plane %v, given one %v", both, again, r)
	}
}

// Covariates have names of their own, whatever they are called.
func TestNamesOfCovariates(t *testing.T) {
	table := skilled(20, 0.5, 1)
	for _, name := range []string{"Model Size (B)", "model size/b", "nothing"} {
		table.Covariates = append(table.Covariates, axis.Covariate{Name: name, Texts: table.Covariates[0].Texts})
	}
	of, _ := choices(table, table.Observed(), 1)
	var names []string
	for _, c := range of {
		names = append(names, c.name)
	}
	if want := []string{"given.params", "given.model-size--b", "given.model-size-b", "given.nothing-2",
		GivenNothing}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	table.Covariates = append(table.Covariates[:0], axis.Covariate{Name: "A b", Texts: table.Covariates[0].Texts},
		axis.Covariate{Name: "a.b", Texts: table.Covariates[0].Texts})
	if of, _ = choices(table, table.Observed(), 1); of[0].name != "given.a-b" || of[1].name != "given.a-b-2" {
		t.Errorf("%q and %q", of[0].name, of[1].name)
	}
}

func TestQuantities(t *testing.T) {
	for text, want := range map[string]float64{"7B": 7e9, "1,300": 1300, "2.1e22": 2.1e22, " 70 m": 70e6, "2024-05": 2024.33} {
		if v, ok := quantity(text); !ok || math.Abs(v-want) > 1e-3*math.Abs(want) && !strings.Contains(text, "-") {
			t.Errorf("%q: %v, %v", text, v, ok)
		}
	}
	early, _ := quantity("2023-12-31")
	if late, ok := quantity("2024-12-31"); !ok || math.Abs(late-early-1) > 0.01 {
		t.Errorf("a year is %v", late-early)
	}
	for _, text := range []string{"", "large", "B", "NaN", "inf"} {
		if v, ok := quantity(text); ok {
			t.Errorf("%q is %v", text, v)
		}
	}
	if _, ok := numbers(axis.Covariate{Texts: []string{"1", "2", "", "", "", ""}}); ok {
		t.Error("a covariate of a third of the models counts")
	}
	if c, ok := numbers(axis.Covariate{Texts: []string{"1B", "2B", "70B"}}); !ok || !c.logged ||
		math.Abs(c.values[2]-math.Log(7e10)) > 1e-9 {
		t.Errorf("sizes: %+v", c)
	}
}
