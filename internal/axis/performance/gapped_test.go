package performance

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"sdmap/internal/stats"
)

// gappedReference is the table of the figures of R below: that of reference with the scores missing where (5 i + 3 b + i b) is
// a multiple of 7.
func gappedReference(t *testing.T) *gapped {
	t.Helper()
	scores, families := reference()
	for b := range scores {
		for i := range scores[b] {
			if (5*i+3*b+i*b)%7 == 0 {
				scores[b][i] = math.NaN()
			}
		}
	}
	p, err := wholeGapped(t.Context(), scores, families, 8, 2)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Figures by R 4.2.2: cor(Y, use = "pairwise.complete.obs", method = "spearman") and "kendall"; crossprod(!is.na(Y)).
func TestGappedOverlapsAgainstR(t *testing.T) {
	p := gappedReference(t)
	spearman := [][]float64{
		{0.054545454545454536, 0.174825174825174873, 0.490909090909090851, 0.757575757575757458, 0.090909090909090898,
			0.515151515151515138},
		{0.097902097902097918, 0.406060606060606011, 0.030303030303030300, 0.115151515151515144, -0.042424242424242420},
		{0.12587412587412589, 0.65034965034965042, 0.51048951048951063, 0.31468531468531474},
		{-0.066666666666666666, 0.284848484848484795, -0.090909090909090898}, {0.41818181818181815, 0.44242424242424233},
		{-0.12727272727272726}}
	kendall := [][]float64{
		{0.066666666666666666, 0.151515151515151519, 0.333333333333333315, 0.599999999999999978, 0.022222222222222223,
			0.333333333333333315},
		{0.060606060606060608, 0.288888888888888862, 0.066666666666666666, 0.022222222222222223, -0.022222222222222223},
		{0.030303030303030304, 0.484848484848484862, 0.303030303030303039, 0.212121212121212127},
		{-0.066666666666666666, 0.288888888888888862, -0.066666666666666666}, {0.28888888888888886, 0.33333333333333331},
		{-0.1111111111111111}}
	counts := [][]int{{10, 12, 10, 10, 10, 10}, {12, 10, 10, 10, 10}, {12, 12, 12, 12}, {10, 10, 10}, {10, 10}, {10}}
	for a := range spearman {
		for k := range spearman[a] {
			b := a + 1 + k
			raw, err := p.raw(a, b)
			tau, err2 := p.kendall(b, a)
			if n, _ := p.models(a, b); err != nil || err2 != nil || n != counts[a][k] {
				t.Fatal(a, b, n, err, err2)
			}
			near(t, "Spearman", raw, spearman[a][k], 1e-12)
			near(t, "Kendall", tau, kendall[a][k], 1e-12)
		}
	}
}

// Where nothing is missing, the way that takes gaps gives what the other gives.
func TestGappedEqualsCompleteWithoutGaps(t *testing.T) {
	for _, table := range []*ScoreTable{planted(32, 8, 2, 3), planted(14, 3, 1, 5), noKinship(24, 9, 3)} {
		exact := newProfile(table.Columns(), table.Families)
		p, err := wholeGapped(t.Context(), table.Observed(), table.Families, 8, 2)
		if err != nil {
			t.Fatal(err)
		}
		for b := range table.Benchmarks {
			for a := range b {
				for name, of := range map[string]func(v view) (float64, error){
					"raw":              func(v view) (float64, error) { return v.raw(a, b) },
					"g-free":           func(v view) (float64, error) { return v.gfree(a, b) },
					"g-free, by ranks": func(v view) (float64, error) { return v.gfreeSpearman(a, b) },
					"shift":            func(v view) (float64, error) { r, err := v.residuals(a, b); return r.shifted, err },
					"loading":          func(v view) (float64, error) { return v.loading(b) },
				} {
					want, err := of(exact)
					got, err2 := of(p)
					if err != nil || err2 != nil {
						t.Fatal(name, err, err2)
					}
					near(t, name, got, want, 1e-6)
				}
			}
		}
		if p.typical() != exact.typical() || math.Abs(p.fewestBehind()-exact.fewestBehind()) > 1e-9 {
			t.Errorf("%d models, %v benchmarks behind; %d and %v", p.typical(), p.fewestBehind(), exact.typical(),
				exact.fewestBehind())
		}
	}
}

// thin takes scores away from a table, each with a chance of 1 - fill.
func thin(t *ScoreTable, fill float64, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 4))
	for i := range t.Models {
		for b := range t.Benchmarks {
			if rng.Float64() > fill {
				take(t, i, b)
			}
		}
	}
}

func take(t *ScoreTable, i, b int) {
	t.Score.SetMissing(i, b, "no score")
	t.SE.SetMissing(i, b, "no score")
	n := len(t.Items[b])
	for k := range n {
		t.ItemScores[b][i*n+k] = math.NaN()
	}
}

func TestGapsCostTheirPairs(t *testing.T) {
	table := planted(24, 3, 2, 7)
	for i := range 19 {
		take(table, i, 4)
	}
	take(table, 3, 0)
	one, three := compute(t, table, smallOptions, 1), compute(t, table, smallOptions, 3)
	x, err := one.Encode()
	y, err2 := three.Encode()
	if err != nil || err2 != nil || string(x) != string(y) {
		t.Error("the number of workers changes the result", err, err2)
	}
	v := one.Primary()
	if n := v.NOf(0, 1); n != 23 || v.NOf(1, 0) != 23 || v.NOf(1, 2) != 24 {
		t.Errorf("n of a pair with one score missing is %d; of one without gaps %d", n, v.NOf(1, 2))
	}
	if reason := v.Overlap.Reason(0, 4); !strings.Contains(reason, "5 models have both scores, fewer than 8") &&
		!strings.Contains(reason, "4 models have both scores, fewer than 8") {
		t.Errorf("a pair of few models is missing for the reason %q", reason)
	}
	if _, ok := one.Variant(GFree).Lo.At(0, 1); !ok {
		t.Error("a pair with gaps has no interval:", one.Variant(GFree).Lo.Reason(0, 1))
	}
	if p, ok := one.Test("high").P.At(0, 1); !ok || p <= 0 || p > 1 {
		t.Error("a pair with gaps is not tested:", p, one.Test("high").P.Reason(0, 1))
	}
	a := one.Alarms[0]
	if a.Kind != "gaps" || a.Blocks || !strings.Contains(a.Text, "20 of 216 cells have no score") ||
		!strings.Contains(a.Text, "8 have no overlap; the others rest on 23 to 24 models") {
		t.Errorf("alarm %+v", a)
	}
	few := smallOptions
	few.MinModels = 5
	if v := compute(t, table, few, 2).Primary(); v.NOf(1, 4) != 5 || v.Overlap.Reason(1, 4) != "" {
		t.Error("with min_models = 5 five models have no overlap:", v.Overlap.Reason(1, 4))
	}
}

// A pair's own test permutes as the shared one does: with many permutations both give about the same p.
func TestSequentialP(t *testing.T) {
	p := gappedReference(t)
	for _, pair := range [][2]int{{0, 4}, {2, 5}, {1, 3}} {
		q, err := p.residuals(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		var perms [][]int
		rng := rand.New(rand.NewPCG(7, 7))
		for range 20000 {
			perms = append(perms, rng.Perm(len(q.ea)))
		}
		want := float64(q.exceeding(perms)) / 20000
		got := q.sequential(stats.Stream(1, "test", 0), labels(len(q.ea)), 20000)
		near(t, "p", got, want, 4*math.Sqrt(want*(1-want)/400)*math.Sqrt(want)+0.01)
	}
}

// Under the null of no kinship p-values are not too small, with a third of the scores missing.
func TestHighIsCalibratedWithGaps(t *testing.T) {
	small, all := 0, 0
	for seed := range uint64(10) {
		table := noKinship(36, 9, seed)
		thin(table, 0.7, seed)
		p, err := wholeGapped(t.Context(), table.Observed(), table.Families, 8, 2)
		if err != nil {
			t.Fatal(err)
		}
		test, err := testHigh(context.Background(), table, p, 199, 2, seed, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		_, ps := test.P.UpperTriangle()
		for _, v := range ps {
			all++
			if v <= 0.05 {
				small++
			}
		}
	}
	if share := float64(small) / float64(all); all < 340 || share > 0.08 || share < 0.005 {
		t.Errorf("%.3f of %d p-values lie at or below 0.05", share, all)
	}
}

// What half-samples of many benchmarks put together is what is fitted.
func TestHalfSamplesOfManyBenchmarks(t *testing.T) {
	table := noKinship(40, 36, 2)
	thin(table, 0.6, 2)
	exact, err := wholeGapped(t.Context(), table.Observed(), table.Families, fewestPartial, 2)
	if err != nil {
		t.Fatal(err)
	}
	drawn, worst := newGappedHalf(table.Observed(), table.Families, fewestPartial, drawTolerance), 0.0
	for b := range table.Benchmarks {
		for a := range b {
			x, err := exact.gfree(a, b)
			y, err2 := drawn.gfree(a, b)
			if (err == nil) != (err2 == nil) {
				t.Fatal(a, b, err, err2)
			}
			worst = math.Max(worst, math.Abs(x-y))
			raw, _ := exact.raw(a, b)
			if again, _ := drawn.raw(a, b); math.Abs(raw-again) > 1e-12 {
				t.Errorf("pair %d, %d: raw overlap %v, of all %v", a, b, again, raw)
			}
		}
	}
	t.Logf("largest difference of a g-free overlap: %.2g", worst)
	if worst > 0.02 {
		t.Errorf("a g-free overlap differs by %v", worst)
	}
}
