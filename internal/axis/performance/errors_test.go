package performance

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// imported is a table of which nothing but scores, their standard errors and the number of items is known.
func imported(t *ScoreTable, items int) *ScoreTable {
	out := *t
	out.Imported = true
	out.Items, out.ItemChance = make([][]string, len(t.Items)), make([]axis.Floats, len(t.Items))
	out.ItemScores, out.Behind = make([]axis.Floats, len(t.Items)), make([][]int, len(t.Items))
	for b := range t.Benchmarks {
		out.Behind[b] = slices.Repeat([]int{items}, len(t.Models))
	}
	return &out
}

// Formula 21 of Kuder and Richardson (1937), n/(n-1) (1 - M (n - M)/(n V)) with mean M and variance V of the number of right
// answers, is what binomial standard errors give, if the mean of M (n - M) over models stands in place of that of the mean.
func TestReliabilityIsKuderRichardson(t *testing.T) {
	table := planted(40, 2, 2, 5)
	const n = 100.0
	short := imported(table, n)
	for b := range table.Benchmarks {
		var sum, square, wrong float64
		for i := range table.Models {
			v, _ := table.Score.At(i, b)
			sum, square, wrong = sum+n*v, square+n*v*n*v, wrong+n*v*(n-n*v)
		}
		variance := (square - sum*sum/40) / 39
		want := 1 - wrong/40/(n-1)/variance
		got, ok := fromErrors(short, b)
		if near(t, "reliability", got, want, 1e-9); !ok {
			t.Error("there is no reliability")
		}
	}
	rel := bySamplingErrors(short, newProfile(short.Observed(), short.Families))
	halves, err := splitHalf(t.Context(), table, newProfile(table.Columns(), table.Families), 50, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for b := range table.Benchmarks { // items are drawn anew for each model here, so both estimate the same
		near(t, "reliability by halves and by errors", rel.raw[b], halves.raw[b], 0.06)
	}
}

// Scores of models that are all alike differ by sampling alone: their reliability is negative about half of the time, and said.
func TestPureNoiseIsNamed(t *testing.T) {
	table := imported(planted(16, 3, 2, 7), 100)
	for i := range table.Models {
		table.Score.Set(i, 0, 0.5+0.001*float64(i%2))
		table.SE.Set(i, 0, 0.05)
		table.SE.SetMissing(i, 1, "not known")
	}
	r := compute(t, table, smallOptions, 2)
	v := r.ByBenchmark[0].Values
	if rel, ok := v.At(0, 0); !ok || rel > -1 {
		t.Error("the reliability of pure noise is", rel)
	}
	if !strings.Contains(v.Reason(1, 0), "neither its number of items nor standard errors") {
		t.Errorf("the reason is %q", v.Reason(1, 0))
	}
	a := slices.IndexFunc(r.Alarms, func(a axis.Alarm) bool {
		return a.Kind == "reliability" &&
			a.Benchmark == table.Benchmarks[0]
	})
	if a < 0 || !r.Alarms[a].Blocks || !strings.Contains(r.Alarms[a].Text, "sampling of items alone") {
		t.Errorf("alarms %+v", r.Alarms)
	}
	low := r.Test("low").P
	if _, ok := low.At(2, 3); !ok || !strings.Contains(low.Reason(0, 2), "not positive") ||
		!strings.Contains(low.Reason(1, 2), "is not known") {
		t.Errorf("low is tested: %v; %q, %q", ok, low.Reason(0, 2), low.Reason(1, 2))
	}
	if _, ok := r.Variant(Disattenuated).Overlap.At(2, 3); !ok {
		t.Error("nothing is disattenuated:", r.Variant(Disattenuated).Overlap.Reason(2, 3))
	}
}

// A table that says chance and items gets the binomial test; without either, nothing is said.
func TestChanceOfATable(t *testing.T) {
	table := imported(planted(8, 2, 2, 7), 100)
	for i := range table.Models {
		table.Score.Set(i, 0, 0.25+0.01*float64(i)) // 0.32 of 100 by chance: p = 0.07
	}
	chance := func(b int) *axis.Alarm { return chanceAlarm(table, b) }
	if a := chance(0); a == nil || !a.Blocks || !strings.Contains(a.Text, "the best of 8 models scores 0.320 (binomial, Holm)") {
		t.Errorf("alarm %+v", a)
	}
	if table.Score.Set(0, 0, 0.45); chance(0) != nil { // p < 1e-5
		t.Error("a benchmark that one model can do is said to be at chance")
	}
	table.Score.Set(0, 0, 0.25)
	for what, change := range map[string]func(){
		"no chance":                 func() { table.Chance[0] = 0 },
		"no items of one":           func() { table.Behind[0][2] = 0 },
		"normalised by chance":      func() { table.Score.Set(3, 0, -0.1) },
		"a chance above 1":          func() { table.Chance[0] = 1.5 },
		"nothing known of any item": func() { table.Behind = nil },
	} {
		kept, behind, cell := table.Chance[0], table.Behind, table.Behind[0][2]
		score, _ := table.Score.At(3, 0)
		if change(); chance(0) != nil {
			t.Errorf("%s: an alarm", what)
		}
		table.Chance[0], table.Behind = kept, behind
		table.Behind[0][2] = cell
		table.Score.Set(3, 0, score)
	}
}

// One model has no correlation, and still a chance: alarms of scores are raised, and block nothing.
func TestAlarmsOfOneModel(t *testing.T) {
	table := planted(1, 2, 2, 7)
	n := len(table.Items[0])
	for k := range n {
		table.ItemScores[0][k] = float64((k * 17) % 100 / 80)
	}
	table.Score.Set(0, 0, 0.2)
	list := OfScores(table)
	if len(list) != 1 || list[0].Kind != "chance" || list[0].Blocks || !strings.Contains(list[0].Text, "1 model scores 0.200") ||
		!strings.HasPrefix(list[0].Advice, "Nothing, while there is no performance axis") {
		t.Errorf("alarms %+v", list)
	}
}

func TestRaisable(t *testing.T) {
	table := planted(8, 2, 2, 7)
	if got := Raisable(table); !slices.Equal(got, []string{"ceiling", "shared-items", "reliability", "chance"}) {
		t.Error(got)
	}
	short := imported(table, 100)
	if got := Raisable(short); !slices.Equal(got, []string{"ceiling", "reliability", "chance"}) {
		t.Error(got)
	}
	one := *short
	one.Chance = append([]float64{0}, short.Chance[1:]...)
	if got := Raisable(&one); slices.Contains(got, "chance") {
		t.Error("chance is known of one benchmark alone, and claimed of all:", got)
	}
	short.Behind = nil
	for b := range short.Benchmarks {
		for i := range short.Models {
			short.SE.SetMissing(i, b, "not known")
		}
	}
	if got := Raisable(short); !slices.Equal(got, []string{"ceiling"}) {
		t.Error(got)
	}
	if on := BasisOf(short); on != (Basis{}) {
		t.Errorf("%+v", on)
	}
}

// sameItems gives a table anew: all models have the same items, whose difficulties have this spread.
func sameItems(spread float64, seed uint64) *ScoreTable {
	table := planted(80, 3, 2, seed)
	rng := rand.New(rand.NewPCG(seed, 15))
	const n = 100
	difficulty := make([]float64, n)
	for i := range table.Models {
		g, skills := rng.NormFloat64(), [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for b := range table.Benchmarks {
			row := table.ItemScores[b][i*n : (i+1)*n]
			var sum float64
			items := rand.New(rand.NewPCG(seed, uint64(100+b)))
			for k := range row {
				difficulty[k], row[k] = spread*items.NormFloat64(), 0
				if rng.Float64() < 1/(1+math.Exp(difficulty[k]-0.9*g-0.6*skills[b/3])) {
					row[k] = 1
				}
				sum += row[k]
			}
			_, se, _ := stats.MeanSE(row)
			table.Score.Set(i, b, sum/n)
			table.SE.Set(i, b, se)
		}
	}
	return table
}

// 1 - (1 - rel)/(1 - r^2) is what the partial correlation of two halves is stepped up to: with halves of variance 2 - rel it is
// (rel - r^2)/(2 - rel - r^2), and 2p/(1 + p) of that is the formula. Standard errors fall short of it where all models have the
// same
// items of different difficulty, by what rel falls short, over 1 - r^2.
func TestGFreeReliabilityByErrors(t *testing.T) {
	for _, spread := range []float64{0, 2} {
		var short, shortFree, predicted, formula, n float64
		for seed := range uint64(4) {
			table := sameItems(spread, seed)
			p := newProfile(table.Columns(), table.Families)
			by := bySamplingErrors(imported(table, 100), p)
			halves, err := splitHalf(t.Context(), table, p, 40, 2, 1)
			if err != nil {
				t.Fatal(err)
			}
			for b := range table.Benchmarks {
				r, err := p.loading(b)
				if err != nil {
					t.Fatal(err)
				}
				left := 1 - r*r
				short, shortFree, n = short+halves.raw[b]-by.raw[b], shortFree+halves.gfree[b]-by.gfree[b], n+1
				predicted += (halves.raw[b] - by.raw[b]) / left
				formula += 1 - (1-halves.raw[b])/left - halves.gfree[b]
			}
		}
		t.Logf("spread %v: errors fall short by %.3f, without g by %.3f (%.3f by the formula); formula of halves' "+
			"own, less halves "+
			"without g %+.3f", spread, short/n, shortFree/n, predicted/n, formula/n)
		near(t, "formula of the halves' reliability, less halves without g", formula/n, 0, 0.04)
		near(t, "reliability without g by halves, less that by errors", shortFree/n, predicted/n, 0.04)
		if spread == 0 {
			near(t, "reliability by halves, less that by errors", short/n, 0, 0.02)
		} else if short/n < 0.02 || shortFree < 1.5*short {
			t.Errorf("items of different difficulty: errors fall short by %v, without g by %v", short/n, shortFree/n)
		}
	}
}
