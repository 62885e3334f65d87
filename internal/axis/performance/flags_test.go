package performance

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// permuted must be what the definition says: permute residuals, add the fit, correlate what least squares leaves.
func TestPermutedIsFreedmanLane(t *testing.T) {
	scores, families := reference()
	p := newProfile(scores, families)
	test := axis.Test{P: noDiagonal("p", labels(7)), Statistic: noDiagonal("z", labels(7))}
	table := &ScoreTable{Benchmarks: labels(7)}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, q := range residualPairs(table, p, &test) {
		perm := rng.Perm(14)
		resid, err := stats.Residuals(p.normal[q.a], q.g)
		if err != nil {
			t.Fatal(err)
		}
		again := make([]float64, 14)
		for i, j := range perm {
			again[i] = p.normal[q.a][i] - resid[i] + resid[j]
		}
		want, err := stats.PartialPearson(again, p.normal[q.b], q.g)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "permuted correlation", q.permuted(perm), want, 1e-12)
	}
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
		test := testHigh(table, p, 199, 2, seed)
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
	v := power(table, p, 0.1)
	near(t, "power", v[0].Value, 0.6478424238403077, 1e-12)
	near(t, "power.80", v[1].Value, 0.7308842920889375, 1e-12)
}

func TestPermutationsFor(t *testing.T) {
	if n := permutationsFor(0, 4); n != 9999 {
		t.Errorf("%d permutations for four benchmarks", n)
	}
	// python3 -c "print(10*276*sum(1/i for i in range(1,277)))" gives 17110.4
	if n := permutationsFor(9999, 24); n != 17111 {
		t.Errorf("%d permutations for 24 benchmarks", n)
	}
}

// The bound of the equivalence test is the value whose own test gives p = 0.05.
func TestLowAndUpperAgree(t *testing.T) {
	table := planted(32, 8, 1, 4)
	p := newProfile(table.Columns(), table.Families)
	rel := slices.Repeat([]float64{0.8}, 24)
	half := redraw(table.Families, 100, 2, func(r int) [][]float64 {
		return halfModels(table, table.Columns(), stats.Stream(1, "test", r))
	})
	low, upper := testLow(table, p, rel, half.gfree)
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
	// scipy: r = -.35, reliabilities .8 and .7, SD of z .1, m = 14: statistic 1.8778651928437677, bound 0.20509911913554046
	se := math.Max(0.1, standardError(14))
	rel2 := sqrtProduct(0.8, 0.7)
	near(t, "statistic", (math.Atanh(Delta*rel2)-math.Atanh(-0.35))/se, 1.8778651928437677, 1e-12)
}
