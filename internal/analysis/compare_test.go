package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

func TestWhatIsCompared(t *testing.T) {
	axes := withGFree(planted())
	s := axes[axis.Semantic]
	s.Variants = append(s.Variants, axis.Variant{Name: lexical, Title: "words", Overlap: square("words", bySkill)})
	s.Variants = append(s.Variants, axis.Variant{Name: gfree, Title: "no such thing", Overlap: square("none", bySkill)})
	var names []string
	for _, g := range analyse(t, options(), axes).Agreement {
		names = append(names, g.A+" "+g.B)
	}
	want := []string{"performance semantic", "performance semantic.tfidf", "performance neural", "performance.gfree semantic",
		"performance.gfree semantic.tfidf",
		"performance.gfree neural", "semantic neural", "semantic.tfidf neural"}
	if !slices.Equal(names, want) {
		t.Errorf("compared: %q, want %q", names, want)
	}
	s.Variants = slices.DeleteFunc(s.Variants, func(v axis.Variant) bool { return v.Name != lexical })
	s.Replicates = nil
	for _, g := range analyse(t, options(), axes).Agreement {
		if strings.HasSuffix(g.A+" "+g.B, lexical) {
			t.Errorf("the baseline stands beside itself: %s and %s", g.A, g.B)
		}
	}
}

// Four benchmarks are compared, three are not; axes on which all are alike are not either.
func TestWhoIsCompared(t *testing.T) {
	x := source{name: "x", overlap: square("x", bySkill)}
	for n, ok := range map[int]bool{4: true, 3: false} {
		y := source{name: "y", overlap: square("y", bySkill)}
		for i := n; i < len(bench); i++ {
			for j := range i {
				y.overlap.SetMissingSym(i, j, "cut")
			}
		}
		for _, g := range agreed(t, x, y) {
			if g.Tested != ok || g.RV.OK() != ok || g.Spearman.OK() != ok || !ok &&
				!strings.Contains(g.Why, "only 3 benchmarks are complete on both axes; four are needed") {
				t.Errorf("%d benchmarks: %+v", n, g)
			}
			if ok && (g.Pearson.N != 4 && g.Pearson.N != 6 || !near(g.Pearson.Value, 1) || !near(g.RV.Value, 1)) {
				t.Errorf("an axis with itself over %d benchmarks: %+v", n, g)
			}
		}
	}
	flat := source{name: "y", overlap: square("y", func(i, j int) float64 { return 1 })}
	for _, g := range agreed(t, x, flat) {
		if g.Tested || g.RV.OK() || g.Why != "all benchmarks are alike on the axis y" {
			t.Errorf("a flat axis: %+v", g)
		}
	}
	// Overlaps chosen with the scores are described, but without re-pairings no null is told.
	x.null = &axis.Null{Missing: "no re-pairings were asked for"}
	for _, g := range agreed(t, x, source{name: "y", overlap: square("y", bySkill)}) {
		if g.Tested || g.Why == "" || g.Pearson.P != nil || !g.Pearson.OK() || len(g.Pearson.Warnings) == 0 {
			t.Errorf("a chosen overlap: %+v", g)
		}
	}
}

// repairedBy is a null whose overlaps are given by re-pairing.
func repairedBy(n, benchmarks int, of func(r, i, j int) float64) *axis.Null {
	null := &axis.Null{N: n}
	for r := range n {
		for i := range benchmarks {
			for j := range i + 1 {
				null.Values = append(null.Values, float32(of(r, i, j)))
			}
		}
	}
	return null
}

// Overlaps chosen with the scores are tested against those of re-paired models: what these reach as well is no agreement, and
// what they do not is one. Labels are not permuted.
func TestAgreementOfChosenOverlaps(t *testing.T) {
	x, y := source{name: "x", overlap: square("x", bySkill)}, source{name: "y", overlap: square("y", bySkill)}
	noisy := func(r, i, j int) float64 { return math.Sin(float64(r*r+7*i+3*j*j)) / 2 }
	x.null = repairedBy(99, len(bench), noisy)
	for _, g := range agreed(t, x, y) {
		if !g.Tested || g.Repaired != 99 || !near(*g.Adjusted.P, 0.01) || !near(*g.Pearson.P, 0.01) ||
			!near(*g.Spearman.P, 0.01) ||
			!near(g.RV.Value, 1) || !near(g.Adjusted.Value, 1) || g.Adjusted.NullRange[1] > 0.9 || g.Pearson.NullRange[1] > 0.9 {
			t.Errorf("what noise does not reach: %+v", g)
		}
	}
	x.null = repairedBy(99, len(bench), func(r, i, j int) float64 {
		if r < 50 {
			return noisy(r, i, j)
		}
		return bySkill(j, i)
	})
	for _, g := range agreed(t, x, y) {
		if !near(*g.Adjusted.P, 0.5) || !near(*g.Pearson.P, 0.5) || !near(*g.Spearman.P, 0.5) {
			t.Errorf("what half of the re-pairings reach: RV %v, Pearson %v, Spearman %v", *g.Adjusted.P, *g.Pearson.P,
				*g.Spearman.P)
		}
	}
	x.null = repairedBy(99, len(bench), func(r, i, j int) float64 { return math.NaN() })
	for _, g := range agreed(t, x, y) {
		if g.Tested || g.Adjusted.P != nil || !strings.Contains(g.Why, "no re-pairing has an overlap of every pair") {
			t.Errorf("re-pairings without overlaps: %+v", g)
		}
	}
}

// agreed is the agreement of two axes, both ways round.
func agreed(t *testing.T, x, y source) []Agreement {
	t.Helper()
	a, err := agree(options(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	b, err := agree(options(), y, x)
	if err != nil {
		t.Fatal(err)
	}
	return []Agreement{a, b}
}

// RV by its definition, the cosine of the centred matrices, and Mantel's correlation over pairs.
func TestAgreementByItsDefinition(t *testing.T) {
	other := func(i, j int) float64 { return 0.2 + 0.1*float64((3*i+j)%5) }
	x, y := square("x", bySkill), square("y", other)
	g := agreed(t, source{name: "x", overlap: x}, source{name: "y", overlap: y})[0]
	var xs, ys []float64
	for i := range bench {
		for j := range i {
			v, _ := x.At(i, j)
			w, _ := y.At(i, j)
			xs, ys = append(xs, v), append(ys, w)
		}
	}
	pearson, err := stats.Pearson(xs, ys)
	if err != nil || !near(g.Pearson.Value, pearson) {
		t.Errorf("Mantel r %v, want %v (%v)", g.Pearson.Value, pearson, err)
	}
	spearman, err := stats.Spearman(xs, ys)
	if err != nil || !near(g.Spearman.Value, spearman) {
		t.Errorf("Mantel rank r %v, want %v (%v)", g.Spearman.Value, spearman, err)
	}
	if g.Perms < 1 || g.Pearson.P == nil || g.RV.Null == nil || !near(g.Adjusted.Value, (g.RV.Value-*g.RV.Null)/(1-*g.RV.Null)) {
		t.Errorf("%+v", g)
	}
}

// doubleCentred is J m J with J = I - 11'/n and 1 on the diagonal of m, row by row.
func doubleCentred(m *matrix.Labelled) []float64 {
	n := len(m.Rows)
	cell := func(i, j int) float64 {
		v, _ := m.At(i, j)
		return map[bool]float64{true: 1, false: v}[i == j]
	}
	var out []float64
	for i := range n {
		for j := range n {
			v := cell(i, j)
			for k := range n {
				v -= (cell(i, k) + cell(k, j)) / float64(n)
				for l := range n {
					v += cell(k, l) / float64(n*n)
				}
			}
			out = append(out, v)
		}
	}
	return out
}

// RV is the cosine of the double-centred overlaps, whatever stands on their diagonals.
func TestRelatednessByItsDefinition(t *testing.T) {
	other := func(i, j int) float64 { return 0.2 + 0.1*float64((3*i+j)%5) }
	x, y := square("x", bySkill), square("y", other)
	var xy, xx, yy float64
	a, b := doubleCentred(x), doubleCentred(y)
	for k := range a {
		xy, xx, yy = xy+a[k]*b[k], xx+a[k]*a[k], yy+b[k]*b[k]
	}
	x.Set(0, 0, 7)
	y.SetMissing(1, 1, "not compared with itself")
	got, err := relatedness(x, y, 99, stats.Stream(1, "test", 0))
	if err != nil || !near(got.Raw.Value, xy/math.Sqrt(xx*yy)) {
		t.Errorf("RV %v, want %v (%v)", got.Raw.Value, xy/math.Sqrt(xx*yy), err)
	}
}

// The label with the most missing cells leaves first, one by one; a label that is on no matrix leaves at once.
func TestCompleteLabels(t *testing.T) {
	m := square("m", bySkill)
	m.SetMissingSym(0, 1, "cut")
	m.SetMissingSym(0, 2, "cut")
	m.SetMissing(3, 3, "the diagonal")
	if got := complete(bench, m); !slices.Equal(got, bench[1:]) {
		t.Errorf("complete: %q, want all but a.1", got)
	}
	few, err := m.Sub(bench[1:5], bench[1:5])
	if err != nil {
		t.Fatal(err)
	}
	if got := complete(bench, square("all", bySkill), few); !slices.Equal(got, bench[1:5]) {
		t.Errorf("complete on both: %q, want %q", got, bench[1:5])
	}
	if got := complete(append([]string{"zz"}, bench...), square("all", bySkill)); !slices.Equal(got, bench) {
		t.Errorf("complete: %q, want all that are there", got)
	}
}
