package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

// points makes n labelled points and the centred cross-products of them.
func points(rng *rand.Rand, n, dim int) *matrix.Labelled {
	labels := make([]string, n)
	for i := range labels {
		labels[i] = fmt.Sprint("b", i)
	}
	x := make([][]float64, dim)
	for d := range x {
		x[d] = normals(rng, n)
		m := linalg.Mean(x[d])
		for i := range x[d] {
			x[d][i] -= m
		}
	}
	s := matrix.NewSquare("points", "1", labels)
	for i := range n {
		for j := range i + 1 {
			var v float64
			for d := range x {
				v += x[d][i] * x[d][j]
			}
			s.SetSym(i, j, v)
		}
	}
	return s
}

func TestMatrixTestProperties(t *testing.T) {
	s, u := points(Stream(1, "s", 0), 9, 3), points(Stream(1, "u", 0), 9, 3)
	self, err := RV(s, s, 200, Stream(1, "p", 0))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "RV with itself", []float64{self.Raw.Value, self.Adjusted.Value, *self.Raw.P}, []float64{1, 1, 1.0 / 201}, 1e-12)
	a, _ := RV(s, u, 200, Stream(1, "p", 0))
	b, _ := RV(u, s, 200, Stream(1, "q", 0))
	near(t, "RV is symmetric", []float64{a.Raw.Value, *a.Raw.Null}, []float64{b.Raw.Value, *b.Raw.Null}, 1e-12)
	if !(a.Raw.Value >= 0 && a.Raw.Value <= 1) || a.Exact || a.Permutations != 200 {
		t.Errorf("RV %v, exact %v, %d permutations", a.Raw.Value, a.Exact, a.Permutations)
	}
	again, _ := RV(s, u, 200, Stream(1, "p", 0))
	if *again.Raw.P != *a.Raw.P {
		t.Error("equal streams, different p")
	}
	labels := []string{"b4", "b0", "b8", "b3", "b2", "b7", "b1", "b6", "b5"}
	ps, _ := s.Sub(labels, labels)
	pu, _ := u.Sub(labels, labels)
	pa, _ := RV(ps, pu, 200, Stream(1, "p", 0))
	ma, _ := Mantel(s, u, false, 200, Stream(1, "p", 0))
	mp, _ := Mantel(ps, pu, false, 200, Stream(1, "p", 0))
	near(t, "order of benchmarks", []float64{pa.Raw.Value, mp.Estimate.Value}, []float64{a.Raw.Value, ma.Estimate.Value}, 1e-12)
}

func TestMatrixTestsRefuse(t *testing.T) {
	s, other := points(Stream(1, "s", 0), 6, 2), points(Stream(1, "s", 0), 6, 2)
	other.Rows[0], other.Cols[0] = "x", "x"
	if _, err := Mantel(s, other, false, 99, Stream(1, "", 0)); err == nil {
		t.Error("different labels were compared")
	}
	gap := points(Stream(1, "s", 0), 6, 2)
	gap.SetMissingSym(1, 2, "constant")
	if _, err := Mantel(s, gap, false, 99, Stream(1, "", 0)); err == nil {
		t.Error("a missing cell was compared")
	}
	flat := matrix.NewSquare("flat", "1", s.Rows)
	m, err := Mantel(s, flat, true, 99, Stream(1, "", 0))
	if err != nil || m.Estimate.OK() || m.Estimate.Missing != ErrConstant.Error() {
		t.Errorf("a constant matrix: %+v, %v", m.Estimate, err)
	}
	rv, err := RV(s, flat, 99, Stream(1, "", 0))
	if err != nil || rv.Raw.OK() || rv.Adjusted.OK() {
		t.Errorf("a constant matrix: %+v, %v", rv, err)
	}
	shifted := points(Stream(1, "s", 0), 6, 2)
	shifted.SetSym(0, 0, 9)
	if _, err := RV(s, shifted, 99, Stream(1, "", 0)); err == nil {
		t.Error("a matrix that is not centred has no RV")
	}
}

// Independent matrices must be rejected about as often as the level says, in few and in many dimensions; the adjusted
// RV must lie about 0 while the raw one does not.
func TestMatrixTestsUnderTheNull(t *testing.T) {
	const draws, level = 400, 0.1
	for _, dim := range []int{2, 60} {
		var mantel, rv int
		var raw, adjusted float64
		for d := range draws {
			rng := Stream(5, fmt.Sprint("null", dim), d)
			s, u := points(rng, 10, dim), points(rng, 10, dim)
			m, err := Mantel(s, u, true, 99, rng)
			if err != nil {
				t.Fatal(err)
			}
			r, err := RV(s, u, 99, rng)
			if err != nil {
				t.Fatal(err)
			}
			mantel += inside(*m.Estimate.P, 0, level)
			rv += inside(*r.Raw.P, 0, level)
			raw += r.Raw.Value / draws
			adjusted += r.Adjusted.Value / draws
		}
		for name, got := range map[string]int{"Mantel": mantel, "RV": rv} {
			if share := float64(got) / draws; share < 0.06 || share > 0.145 {
				t.Errorf("%s in %d dimensions rejects %.3f at %.2f", name, dim, share, level)
			}
		}
		if math.Abs(adjusted) > 0.03 {
			t.Errorf("mean adjusted RV of independent matrices in %d dimensions: %.3f (raw %.3f)", dim, adjusted, raw)
		}
	}
}

func TestPairAUC(t *testing.T) {
	const groups, size = 8, 3
	stream := func(r int) *rand.Rand { return Stream(2, "auc", r) }
	make_ := func(rng *rand.Rand, effect float64) []ScoredPair {
		var pairs []ScoredPair
		for i := range groups * size {
			for j := range i {
				p := ScoredPair{I: i, J: j, Score: rng.NormFloat64(), Positive: i/size == j/size}
				if p.Positive {
					p.Score += effect
				}
				pairs = append(pairs, p)
			}
		}
		return pairs
	}
	pairs := make_(Stream(1, "pairs", 0), 2)
	e, err := PairAUC(pairs, groups*size, 500, 0.95, stream)
	if err != nil {
		t.Fatal(err)
	}
	var pos, neg []float64
	for _, p := range pairs {
		if p.Positive {
			pos = append(pos, p.Score)
		} else {
			neg = append(neg, p.Score)
		}
	}
	near(t, "value", []float64{e.Value}, one(AUC(pos, neg)), 1e-14)
	if !(e.Lo < e.Value && e.Value < e.Hi && e.Lo > 0.7) || e.N != groups*size || e.Level != 0.95 {
		t.Errorf("estimate %+v", e)
	}
	covered := 0
	for d := range 100 {
		e, err := PairAUC(make_(Stream(3, "null", d), 0), groups*size, 200, 0.9, stream)
		if err != nil {
			t.Fatal(err)
		}
		covered += inside(0.5, e.Lo, e.Hi)
	}
	if covered < 80 {
		t.Errorf("the 90 %% interval of unrelated scores holds 0.5 in %d of 100", covered)
	}
	if e, err := PairAUC(pairs[:0], 24, 10, 0.9, stream); err != nil || e.OK() {
		t.Errorf("no pairs: %+v, %v", e, err)
	}
	if _, err := PairAUC([]ScoredPair{{I: 1, J: 1}}, 24, 10, 0.9, stream); err == nil {
		t.Error("a self-pair was accepted")
	}
}

func TestEstimateHoldsNoNaN(t *testing.T) {
	e := NewEstimate(math.NaN(), 3, "m").WithInterval(0, 1, 0.9).WithP(0.5)
	if e.OK() || e.Value != 0 || e.Level != 0 || e.P != nil {
		t.Errorf("%+v", e)
	}
	e = NewEstimate(1, 3, "m").WithInterval(math.NaN(), 1, 0.9)
	if e.Level != 0 || len(e.Warnings) != 1 {
		t.Errorf("%+v", e)
	}
	base := NewEstimate(1, 3, "m").Warn("a")
	first, second := base.Warn("b"), base.Warn("c")
	if first.Warnings[1] != "b" || second.Warnings[1] != "c" {
		t.Error("two estimates share their warnings")
	}
}

// TestMantelCountsEqualCorrelations: matrices of groups have many permutations with the very same correlation, summed in other
// orders. Exact shares by arithmetic in fractions: findings/mantel-rounding.sh.
func TestMantelCountsEqualCorrelations(t *testing.T) {
	groups := func(group []int, near, far float64) *matrix.Labelled {
		m := matrix.NewSquare("groups", "1", []string{"a", "b", "c", "d", "e", "f", "g"}[:len(group)])
		for i := range group {
			for j := range group {
				d := far
				if group[i] == group[j] {
					d = near
				}
				m.Set(i, j, d)
			}
		}
		return m
	}
	for _, c := range []struct {
		a, b  []int
		exact float64
	}{
		{[]int{0, 1, 1, 2, 2, 3, 3}, []int{1, 0, 0, 1, 1, 1, 1}, 1.0 / 7},
		{[]int{0, 0, 1, 1, 2, 2}, []int{0, 0, 1, 1, 1, 1}, 1.0 / 5},
		{[]int{0, 1, 2, 2, 2, 2}, []int{0, 1, 1, 2, 2, 2}, 1.0 / 5},
	} {
		for _, near := range []float64{0.1, 0.2} {
			for _, rank := range []bool{false, true} {
				got, err := Mantel(groups(c.a, near, near+0.6), groups(c.b, 0.2, 0.9), rank, 9999, rand.New(rand.NewPCG(1, 1)))
				if err != nil || !got.Exact {
					t.Fatal(err, got.Exact)
				}
				if p := got.Estimate.P; p == nil || math.Abs(*p-c.exact) > 1e-12 {
					t.Errorf("groups %v and %v, rank %v: p %v, want %v", c.a, c.b, rank, got.Estimate.P, c.exact)
				}
			}
		}
	}
}
