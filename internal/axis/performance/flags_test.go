package performance

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// exceeding must count what the definition says: permute residuals, add the fit, correlate what least squares leaves.
func TestExceedingIsFreedmanLane(t *testing.T) {
	scores, families := reference()
	p := newProfile(scores, families)
	test := axis.Test{P: noDiagonal("p", labels(7)), Statistic: noDiagonal("z", labels(7))}
	table := &ScoreTable{Benchmarks: labels(7)}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, q := range residualPairs(table, p, &test) {
		resid, err := stats.Residuals(p.normal[q.a], q.g)
		if err != nil {
			t.Fatal(err)
		}
		var perms [][]int
		var want []float64
		for range 11 { // two times four, and three
			perm := rng.Perm(14)
			again := make([]float64, 14)
			for i, j := range perm {
				again[i] = p.normal[q.a][i] - resid[i] + resid[j]
			}
			r, err := stats.PartialPearson(again, p.normal[q.b], q.g)
			if err != nil {
				t.Fatal(err)
			}
			perms, want = append(perms, perm), append(want, r)
		}
		for _, r := range want {
			for _, threshold := range []float64{r - 1e-12, r + 1e-12} {
				n := 0
				for _, other := range want {
					if other >= threshold {
						n++
					}
				}
				if q.threshold = threshold; q.exceeding(perms) != n {
					t.Fatalf("%d of %d permutations reach %v, not %d", q.exceeding(perms), len(perms), threshold, n)
				}
			}
		}
	}
}

// The correlation that a permuted pair must reach is the pair's own, less what its bias alone can make: on the scale of
// atanh(x) = ln((1 + x)/(1 - x))/2 that is 1/(k + 1), k benchmarks behind the general factor.
func TestHighAllowsForTheBias(t *testing.T) {
	scores, families := reference()
	p := newProfile(scores, families)
	test := axis.Test{P: noDiagonal("p", labels(7)), Statistic: noDiagonal("z", labels(7))}
	atanh := func(x float64) float64 { return math.Log((1+x)/(1-x)) / 2 }
	pairs := residualPairs(&ScoreTable{Benchmarks: labels(7)}, p, &test)
	if len(pairs) != 21 {
		t.Fatalf("%d pairs", len(pairs))
	}
	for _, q := range pairs {
		r, err := p.gfree(q.a, q.b)
		if err != nil {
			t.Fatal(err)
		}
		f, _ := p.without(q.a, q.b)
		want := atanh(r) - atanh(1/float64(f.k+1))
		got, _ := test.Statistic.At(q.a, q.b)
		near(t, "statistic", got, want, 1e-12)
		near(t, "threshold", atanh(q.threshold), want, 1e-9)
		if q.threshold >= math.Tanh(want) {
			t.Errorf("equal correlations do not count: threshold %v", q.threshold)
		}
	}
}

// Where models share lineages these are kept together, and few permutations are told; why a pair is not tested as well.
func TestHighWithinLineages(t *testing.T) {
	scores, families := reference()
	table := &ScoreTable{Benchmarks: labels(7), Models: labels(14), Lineages: labels(14)}
	test := func() axis.Test {
		t.Helper()
		got, err := testHigh(t.Context(), table, newProfile(scores, families), 9999, 2, 1, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := test(); len(got.Warnings) != 0 || strings.Contains(got.Method, "as wholes") {
		t.Errorf("a lineage each: %q, %q", got.Method, got.Warnings)
	}
	table.Lineages[1] = table.Lineages[0]
	if got := test(); len(got.Warnings) != 0 || !strings.Contains(got.Method, "as wholes") {
		t.Errorf("one pair of models: %q, %q", got.Method, got.Warnings)
	}
	whole := slices.Clone(scores)
	for b := range scores {
		scores[b] = scores[b][:6]
	}
	table.Models, table.Lineages = labels(6), strings.Split("aabbcd", "") // 2! 2! within, 2! pairs, 2! others
	if got := test(); len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "only 16 distinct permutations") ||
		!strings.Contains(got.Warnings[0], "below 0.062") {
		t.Errorf("two pairs of models: %q, %q", got.Method, got.Warnings)
	}
	scores, table.Models, table.Lineages = whole, labels(14), labels(14)
	scores[2] = slices.Repeat([]float64{0.5}, 14)
	if got := test(); got.P.Reason(2, 4) == "" || got.Statistic.Reason(2, 4) != got.P.Reason(2, 4) {
		t.Errorf("a constant benchmark: %q, %q", got.P.Reason(2, 4), got.Statistic.Reason(2, 4))
	}
}

// One shared lineage among many takes no power away: a pair that is one and the same without the general factor stays certain, with
// gaps as without them.
func TestHighWithOneSharedLineage(t *testing.T) {
	table := noKinship(32, 12, 3)
	table.Lineages[7] = table.Lineages[4]
	for i := range table.Models {
		v, _ := table.Score.At(i, 0)
		table.Score.Set(i, 1, 2*v)
	}
	gaps, err := wholeGapped(t.Context(), table.Observed(), table.Families, 8, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []view{newProfile(table.Columns(), table.Families), gaps} {
		test, err := testHigh(t.Context(), table, p, 1999, 2, 1, func(int) {})
		if v, ok := test.P.At(0, 1); err != nil || !ok || v != 1.0/2000 {
			t.Errorf("p of two that are one is %v (%v), want 1/2000", v, err)
		}
	}
}

// All permutations count, once each, however many there are and whoever works on them, until 400 reach a pair's correlation: 600
// are two full chunks and a rest. p is then 400 of those it took, and else that of all of them.
func TestEveryPermutationCountsOnce(t *testing.T) {
	scores, families := reference()
	test := axis.Test{P: noDiagonal("p", labels(7)), Statistic: noDiagonal("z", labels(7))}
	pairs := residualPairs(&ScoreTable{Benchmarks: labels(7)}, newProfile(scores, families), &test)
	stopped := 0
	for _, n := range []int{2000, 600, 512, 3} {
		want, reached := make([]float64, len(pairs)), make([]int, len(pairs))
		for r := range n {
			perm := stats.PermuteWithin(stats.Stream(5, "performance/freedman-lane", r), make([]string, 14))
			for i := range pairs {
				if reached[i] += pairs[i].exceeding([][]int{perm}); reached[i] == 400 && want[i] == 0 {
					want[i] = 400 / float64(r+1)
					stopped++
				}
			}
		}
		for i := range want {
			if want[i] == 0 {
				want[i] = float64(1+reached[i]) / float64(1+n)
			}
		}
		for _, workers := range []int{1, 2} {
			most := 0
			got, err := permuteAll(t.Context(), pairs, make([]string, 14), n, workers, 5, func(done int) { most = max(most, done) })
			if err != nil || !slices.Equal(got, want) || most != n {
				t.Errorf("%d permutations, %d workers: %v, want %v; %d told (%v)", n, workers, got, want, most, err)
			}
		}
	}
	if stopped < 10 {
		t.Errorf("%d pairs stopped early", stopped)
	}
}

// Where there is no test of equivalence the reason is told: reliabilities below 0.5, four models, one half-sample.
func TestWhereNothingIsSaidOfLowOverlaps(t *testing.T) {
	scores, families := reference()
	for name, c := range map[string]struct {
		reliability float64
		models      int
		halves      []float64 // of the pair a and b
		want        string
	}{
		"enough":              {0.5, 14, []float64{0.1, 0.2}, ""},
		"five models":         {0.5, 5, []float64{0.1, 0.2}, ""},
		"too little reliable": {0.49, 14, []float64{0.1, 0.2}, "the g-free reliability of b is 0.49, below 0.5"},
		"not reliable at all": {0, 14, []float64{0.1, 0.2}, "the g-free reliability of b is not positive"},
		"four models":         {0.9, 4, []float64{0.1, 0.2}, "4 models give no standard error"},
		"one half-sample":     {0.9, 14, []float64{0.1, math.NaN()}, "too few half-samples of models have a value"},
	} {
		some := make([][]float64, len(scores))
		for b, column := range scores {
			some[b] = column[:c.models]
		}
		p := newProfile(some, families)
		table := &ScoreTable{Benchmarks: labels(7), Models: make([]string, c.models)}
		reliability := slices.Repeat([]float64{0.9}, 7)
		reliability[1] = c.reliability
		stat, upper, n, err := equivalence(table, p, reliability, spreadOf(0, 1, c.halves), 0, 1)
		if c.want == "" && (err != nil || n != 2 || stat == 0) || c.want != "" &&
			(err == nil || err.Error() != c.want || stat+upper != 0 || n != 0) {
			t.Errorf("%s: %v, %v, %d, %v; want %q", name, stat, upper, n, err, c.want)
		}
	}
}

// spreadOf keeps g-free overlaps of one pair of seven benchmarks.
func spreadOf(a, b int, gfree []float64) *spread {
	s := &spread{raw: stats.NewEnds(21, len(gfree), level), gfree: stats.NewEnds(21, len(gfree), level),
		mean: make([]float64, 21), square: make([]float64, 21)}
	for _, v := range gfree {
		s.add(pairAt(a, b), v, v)
	}
	return s
}

func labels(n int) []string {
	var out []string
	for i := range n {
		out = append(out, string(rune('a'+i)))
	}
	return out
}

// Under the null of no kinship p-values are not too small: about 5 % or fewer lie below 0.05.
func TestHighIsCalibrated(t *testing.T) {
	small, all := 0, 0
	for seed := range uint64(12) {
		table := noKinship(24, 9, seed)
		p := newProfile(table.Columns(), table.Families)
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
	if share := float64(small) / float64(all); all != 12*36 || share > 0.07 || share < 0.005 {
		t.Errorf("%.3f of %d p-values lie at or below 0.05", share, all)
	}
}

// noKinship: benchmarks share nothing but one general factor.
func noKinship(m, b int, seed uint64) *ScoreTable {
	t := planted(m, (b+2)/3, 0, seed)
	rng := rand.New(rand.NewPCG(seed, 9))
	t.Families = slices.Clone(t.Benchmarks)
	for i := range m {
		g := rng.NormFloat64()
		for j := range t.Benchmarks {
			t.Score.Set(i, j, g+rng.NormFloat64())
		}
	}
	return t
}

// Figures by scipy: norm.isf(q/(pairs*H))/sqrt(m-4) + arctanh(1/(k+1)), m = 32, k = 22, 276 pairs, q = 0.1.
func TestPower(t *testing.T) {
	table := planted(32, 8, 2, 3)
	table.Families = slices.Clone(table.Benchmarks)
	p := newProfile(table.Columns(), table.Families)
	v, _ := power(table, p, 0.1)
	near(t, "power", v[0].Value, 0.6478424238403077, 1e-12)
	near(t, "power.80", v[1].Value, 0.7308842920889375, 1e-12)
	for i := range 8 {
		table.Lineages[2*i] = table.Lineages[2*i+1] // 24 are left, of 32 models
	}
	v, why := power(table, p, 0.1)
	r := Reach{Models: 24, Behind: 22, Pairs: 276, Q: 0.1, Reliability: 1}
	if want, _ := r.High(0.5); len(why) > 0 || v[0].Value != want || v[0].N != 32 || !strings.Contains(v[0].Method, "24 lineages") {
		t.Errorf("24 lineages: %+v, want %v; %q", v, want, why)
	}
	table = planted(7, 8, 2, 3)
	p = newProfile(table.Columns(), table.Families)
	if v, why := power(table, p, 0.1); len(v) > 0 || len(why) != 1 || !strings.Contains(why[0], "no p below 0.0002") {
		t.Errorf("seven models: %+v, %q", v, why)
	}
}

func TestPermutationsFor(t *testing.T) {
	if n := axis.Replicates(6, 0); n != 9999 {
		t.Errorf("%d permutations for four benchmarks", n)
	}
	// python3 -c "print(10*276*sum(1/i for i in range(1,277)))" gives 17110.4
	if n := axis.Replicates(276, 9999); n != 17111 {
		t.Errorf("%d permutations for 24 benchmarks", n)
	}
}

// The bound of the equivalence test is the value whose own test gives p = 0.05.
func TestLowAndUpperAgree(t *testing.T) {
	table := planted(32, 8, 1, 4)
	p := newProfile(table.Columns(), table.Families)
	rel := slices.Repeat([]float64{0.8}, 24)
	half, err := respread(context.Background(), 24, 100, 2, newHalves(table, table.Columns(), 1).look)
	if err != nil {
		t.Fatal(err)
	}
	low, upper := testLow(table, p, rel, half)
	checked := 0
	for a := range 24 {
		for b := range a {
			v, _ := low.P.At(a, b)
			u, ok := upper.Overlap.At(a, b)
			if !ok {
				t.Fatal(upper.Overlap.Reason(a, b))
			}
			if (v < 0.05) != (u < Delta) {
				t.Errorf("p = %v but the upper bound is %v", v, u)
			}
			checked++
		}
	}
	if checked != 276 {
		t.Error("pairs are missing:", checked)
	}
}

// Figures by numpy 1.24 and scipy 1.10 for the pair (0, 2) of the reference table, r = -0.11321481803621614, reliabilities
// .8 and .7: se = max(z.std(ddof=1), 1/sqrt(10)); (arctanh(.3*rel)-arctanh(r))/se; tanh(arctanh(r)+norm.ppf(.95)*se)/rel.
func TestEquivalenceAgainstPython(t *testing.T) {
	scores, families := reference()
	p := newProfile(scores, families)
	table := &ScoreTable{Benchmarks: labels(7), Models: labels(14)}
	rel := []float64{0.8, 1, 0.7, 1, 1, 1, 1}
	for _, c := range []struct {
		z           []float64
		stat, upper float64
	}{
		{[]float64{-.5, .3, .1}, 0.8216775577668589, 0.6897615110665694},
		{[]float64{-.1, .1, .1}, 1.0817887727395599, 0.5150804914491949}, // their spread is below 1/sqrt(m - 4)
	} {
		var halves []float64
		for _, z := range c.z {
			halves = append(halves, math.Tanh(z))
		}
		stat, upper, n, err := equivalence(table, p, rel, spreadOf(0, 2, halves), 0, 2)
		if err != nil || n != 3 {
			t.Fatal(n, err)
		}
		near(t, "statistic", stat, c.stat, 1e-12)
		near(t, "upper bound", upper, c.upper, 1e-12)
	}
	rel[2] = 0.4
	if _, _, _, err := equivalence(table, p, rel, nil, 0, 2); err == nil {
		t.Error("a benchmark of low reliability got a bound")
	}
	table.Shared = []axis.SharedItems{{A: 0, B: 2, Items: 5}}
	if _, err := attenuation(table, rel, 2, 0); err == nil {
		t.Error("benchmarks that share items were disattenuated")
	}
}
