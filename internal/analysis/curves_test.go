package analysis

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// factorStudy is a study of m models and three benchmarks of each of some skills, k.0 to k.2 of skill k, whose scores are the
// skill, a general ability and noise, item by item. Texts of even skills differ twofold between models, of odd ones eightfold.
func factorStudy(m, skills, items int, seed uint64) (*studyParts, *truth) {
	rng := rand.New(rand.NewPCG(seed, 9))
	t := &axis.ScoreTable{Score: &matrix.Labelled{}}
	var file strings.Builder
	for k := range skills {
		for i := range 3 {
			id := fmt.Sprintf("%d.%d", k, i)
			t.Benchmarks, t.Families = append(t.Benchmarks, id), append(t.Families, fmt.Sprintf("family %d", i))
			fmt.Fprintf(&file, "[[benchmark]]\nid = %q\nsurface = %q\nskills = { s%d = 1.0 }\ncolumns = [\"c%d\"]\n", id, id, k,
				k)
		}
	}
	for i := range m {
		t.Models = append(t.Models, fmt.Sprintf("m%02d", i))
		fmt.Fprintf(&file, "[[model]]\nid = \"m%02d\"\nexposures = { ", i)
		for k := range skills {
			if k > 0 {
				file.WriteString(", ")
			}
			fmt.Fprintf(&file, "c%d = %g", k, []float64{1, 0.5 - 0.375*float64(k%2)}[i%2])
		}
		file.WriteString(" }\n")
	}
	t.Lineages = t.Models
	t.Score = matrix.New("score", "1", t.Models, t.Benchmarks)
	t.Items, t.ItemScores = make([][]string, len(t.Benchmarks)), make([]axis.Floats, len(t.Benchmarks))
	for b := range t.Benchmarks {
		for i := range items {
			t.Items[b] = append(t.Items[b], fmt.Sprint(i))
		}
	}
	for i := range m {
		g, own := rng.NormFloat64(), make([]float64, skills)
		for k := range own {
			own[k] = rng.NormFloat64()
		}
		for b := range t.Benchmarks {
			row := make([]float64, items)
			for q := range row {
				row[q] = own[b/3] + g + 0.6*rng.NormFloat64() + 2*rng.NormFloat64()
			}
			t.ItemScores[b] = append(t.ItemScores[b], row...)
			t.Score.Set(i, b, linalg.Mean(row))
		}
	}
	tr, found := readTruth("truth.toml", []byte(file.String()), t.Benchmarks)
	if tr == nil {
		panic(found)
	}
	s := &studyParts{seed: seed, workers: 2, benchmarks: t.Benchmarks, scores: t, axes: map[string]*axis.Result{}}
	s.axes[axis.Performance] = wholeOf(t)
	return s, tr
}

// wholeOf has the overlaps of all models of a table.
func wholeOf(t *axis.ScoreTable) *axis.Result {
	all := []axis.HalfSample{{Models: t.Scored()}}
	raw, gfree, err := performance.Redrawn(context.Background(), t, all, 1)
	if err != nil {
		panic(err)
	}
	r := &axis.Result{Axis: axis.Performance, Benchmarks: t.Benchmarks}
	for name, f := range map[string]axis.Floats{performance.Raw: raw, performance.GFree: gfree} {
		r.Variants = append(r.Variants, axis.Variant{Name: name, Title: name, Overlap: labelled(t.Benchmarks, f)})
	}
	slices.SortFunc(r.Variants, func(x, y axis.Variant) int { return strings.Compare(y.Name, x.Name) })
	return r
}

func labelled(labels []string, f []float64) *matrix.Labelled {
	out := matrix.NewSquare("overlap", "1", labels)
	for a := range labels {
		for b := range labels {
			if v := f[a*len(labels)+b]; math.IsNaN(v) {
				out.SetMissing(a, b, "cut")
			} else {
				out.Set(a, b, v)
			}
		}
	}
	return out
}

func curvesOf(t *testing.T, s *studyParts, tr *truth) *Curves {
	t.Helper()
	c, err := s.curves(context.Background(), tr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// More models, and more items, never lower what is expected beyond the error of the draws; every null covers chance.
func TestCurvesRiseWithModelsAndItems(t *testing.T) {
	const studies = 3
	sums := map[string][]float64{}
	for seed := range uint64(studies) {
		s, tr := factorStudy(18, 4, 8, seed+1)
		c := curvesOf(t, s, tr)
		if len(c.Measures) != 2 || c.Models != 18 || c.Benchmarks != 12 || c.Few != "" {
			t.Fatalf("%+v", c)
		}
		for _, m := range c.Measures {
			for what, points := range map[string][]Point{"models": m.ByModels, "items": m.ByItems} {
				key := m.Variant + " over " + what
				if sums[key] == nil {
					sums[key] = make([]float64, len(points))
				}
				for k, p := range points {
					if p.Missing != "" || !(p.NullTo[0] < stats.ChanceAUC && p.NullTo[1] > stats.ChanceAUC) {
						t.Errorf("%s at %g: %+v", key, p.At, p)
					}
					sums[key][k] += p.AUC / studies
				}
			}
		}
	}
	for key, mean := range sums {
		for k := 1; k < len(mean); k++ {
			if mean[k] < mean[k-1]-0.03 {
				t.Errorf("%s falls: %.3f", key, mean)
			}
		}
		if last := len(mean) - 1; mean[last] < mean[0]+0.02 {
			t.Errorf("%s does not rise: %.3f", key, mean)
		}
	}
	if n := len(sums["raw over models"]); n != len(axis.SubsetSizes(18))+1 {
		t.Errorf("%d sizes", n)
	}
}

// Of many relabellings the mean AUC is that of chance; an overlap that is the truth has an AUC of 1 everywhere.
func TestCurvesOfNothingAndOfTheTruth(t *testing.T) {
	s, tr := factorStudy(14, 4, 4, 3)
	overlaps, err := s.redrawn(context.Background(), &Curve{Variant: performance.GFree}, s.scores,
		func(draw int) axis.HalfSample { return axis.HalfSample{Models: s.scores.Scored()[draw%4 : draw%4+10]} }, "some")
	if err != nil {
		t.Fatal(err)
	}
	s.judged = tr.judge(s.benchmarks, s.scores.Models)
	if shuffled := s.judged.shuffled(1, overlaps, nil); len(shuffled) != curveShuffles ||
		math.Abs(linalg.Mean(shuffled)-stats.ChanceAUC) > 0.03 {
		t.Errorf("%d shuffles have a mean of %.3f", len(shuffled), linalg.Mean(shuffled))
	}
	if paired := linalg.Mean(s.judged.aucs(overlaps, nil)); paired < 0.6 {
		t.Errorf("as planted: %.3f", paired)
	}
	n := len(s.benchmarks)
	j := tr.judge(s.benchmarks, s.scores.Models)
	perfect := make(cells, n*n)
	for i, rel := range j.relation {
		if rel == same {
			perfect[i] = 1
		}
	}
	for _, auc := range j.aucs([]cells{perfect}, nil) {
		if auc != 1 {
			t.Errorf("the truth itself: %g", auc)
		}
	}
	s.axes = map[string]*axis.Result{axis.Neural: {Axis: axis.Neural, Benchmarks: s.benchmarks,
		Variants: []axis.Variant{{Name: "hidden", Title: "hidden", Overlap: labelled(s.benchmarks, perfect)}}}}
	s.neural = &neural.Detail{Models: s.scores.Models[:9]}
	for range s.neural.Models {
		s.neural.RDMs = append(s.neural.RDMs, apartOf(perfect, n))
	}
	m := curvesOf(t, s, tr).Measures[0]
	for _, p := range append(slices.Clone(m.ByModels), m.ByExposure...) {
		if p.Missing != "" || p.AUC != 1 || p.Range != [2]float64{1, 1} {
			t.Errorf("the truth by states at %g: %+v", p.At, p)
		}
	}
	if m.Above != 8 || m.Clear != 8 || m.NoItems == "" {
		t.Errorf("%+v", m)
	}
}

// apartOf are the dissimilarities of pairs, row by row.
func apartOf(overlap cells, n int) (out axis.Floats) {
	for a := range n {
		for b := a + 1; b < n; b++ {
			out = append(out, 1-overlap[a*n+b])
		}
	}
	return out
}

// Equal inputs give equal bytes, whatever the number of workers.
func TestCurvesAreDetermined(t *testing.T) {
	var all [][]byte
	for _, workers := range []int{1, 4} {
		s, tr := factorStudy(14, 3, 4, 2)
		s.workers = workers
		data, err := json.Marshal(curvesOf(t, s, tr))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	if string(all[0]) != string(all[1]) {
		t.Errorf("%s\n%s", all[0], all[1])
	}
}

// Of few models no smaller studies are drawn; items and exposures are still looked at.
func TestCurvesOfFewModels(t *testing.T) {
	s, tr := factorStudy(8, 3, 4, 2)
	c := curvesOf(t, s, tr)
	if !strings.Contains(c.Few, "9 models or more, and there are 8") {
		t.Errorf("why: %q", c.Few)
	}
	for _, m := range c.Measures {
		if len(m.ByModels) != 1 || !m.ByModels[0].Whole || len(m.ByItems) != len(itemShares)+1 || len(m.ByExposure) != 2 {
			t.Errorf("%+v", m)
		}
	}
}

// Models without scores, benchmarks that some lack and tables without items leave out what is theirs.
func TestCurvesWithGaps(t *testing.T) {
	s, tr := factorStudy(12, 3, 4, 2)
	for b := range s.benchmarks {
		s.scores.Score.SetMissing(0, b, "it failed")
	}
	s.scores.Score.SetMissing(1, 2, "it failed")
	c := curvesOf(t, s, tr)
	if c.Models != 11 {
		t.Errorf("%d models", c.Models)
	}
	for _, m := range c.Measures {
		for _, p := range m.ByModels {
			if p.Missing != "" {
				t.Errorf("%s at %g: %s", m.Variant, p.At, p.Missing)
			}
		}
	}
	for b := range s.benchmarks {
		s.scores.Items[b], s.scores.ItemScores[b] = nil, nil
	}
	for _, m := range curvesOf(t, s, tr).Measures {
		if m.ByItems != nil || m.NoItems == "" {
			t.Errorf("items of a table of scores: %+v", m)
		}
	}
}

// Signatures stand beside re-paired models, and are missing where models cannot be cut in thirds.
func TestCurvesOfSignatures(t *testing.T) {
	s, tr := factorStudy(18, 4, 6, 2)
	n := len(s.benchmarks)
	null := func(signal float64) axis.Null {
		out := axis.Null{N: axis.SubsetDraws}
		rng := rand.New(rand.NewPCG(4, 4))
		for range out.N {
			for a := range n {
				for b := range a + 1 {
					v := 0.3 * rng.NormFloat64()
					if a/3 == b/3 {
						v += signal
					}
					out.Values = append(out.Values, float32(v))
				}
			}
		}
		return out
	}
	whole := null(0)
	s.axes = map[string]*axis.Result{axis.Perplexity: {Axis: axis.Perplexity, Benchmarks: s.benchmarks, Variants: []axis.Variant{
		{Name: "disjoint.good", Title: "disjoint", Overlap: new(null(2)).Overlap(0, s.benchmarks), Null: &whole}}}}
	s.signatures = &perplexity.SubsetOverlaps{Benchmarks: s.benchmarks}
	for _, size := range []int{8, 12, 16} {
		s.signatures.Sizes = append(s.signatures.Sizes, perplexity.SubsetsOf{Models: size, Paired: null(0.2 * float64(size-8)),
			Repaired: null(0)})
	}
	m := curvesOf(t, s, tr).Measures[0]
	if !m.Repaired || len(m.ByModels) != 4 || !strings.Contains(m.ByModels[0].Missing, "9 models") || m.Above != 12 {
		t.Errorf("%+v", m)
	}
	if p := m.ByModels[2]; p.AUC < 0.9 || p.Null < 0.4 || p.Null > 0.6 {
		t.Errorf("%+v", p)
	}
}

// What has fewer benchmarks than the study, or has them in another order, is set beside the truth by their names.
func TestCurvesOfSomeBenchmarks(t *testing.T) {
	s, _ := factorStudy(9, 2, 2, 1)
	of := []string{s.benchmarks[4], s.benchmarks[1]}
	null := &axis.Null{N: 2, Values: make(axis.Singles, 2*(axis.CellOf(1, 1)+1))}
	null.Values[axis.CellOf(1, 0)], null.Values[axis.CellOf(1, 1)+1+axis.CellOf(1, 0)] = 0.5, 0.75
	n := len(s.benchmarks)
	for what, got := range map[string][]cells{"samples": s.cut(axis.Floats{1, 0.5, 0.5, 1, 1, 0.75, 0.75, 1}, of),
		"re-paired": s.squares(null, of)} {
		if len(got) != 2 || got[0][4*n+1] != 0.5 || got[1][1*n+4] != 0.75 || !math.IsNaN(got[0][0*n+1]) {
			t.Errorf("%s: %v", what, got)
		}
	}
	if got := s.cut(axis.Floats{}, nil); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

// Texts do not depend on models: they have the whole study's AUC alone, and that of the halves of items that the axis kept.
func TestCurvesOfTexts(t *testing.T) {
	s, tr := factorStudy(12, 3, 4, 2)
	n := len(s.benchmarks)
	alike := s.square(s.axes[axis.Performance].Variants[0].Overlap, false)
	apart, halves := make(cells, n*n), axis.Floats{}
	for i, v := range alike {
		apart[i] = 1 - v
	}
	for range 2 * axis.SubsetDraws {
		halves = append(halves, apart...)
	}
	s.axes = map[string]*axis.Result{axis.Semantic: {Axis: axis.Semantic, Benchmarks: s.benchmarks,
		Replicates: map[string]axis.Floats{"hidden": halves},
		Variants:   []axis.Variant{{Name: "hidden", Title: "hidden", Overlap: labelled(s.benchmarks, apart), Distance: true}}}}
	m := curvesOf(t, s, tr).Measures[0]
	if m.Fixed == "" || len(m.ByModels) != 1 || m.Above != 0 || len(m.ByItems) != 2 || m.ByItems[0].Draws != axis.SubsetDraws {
		t.Errorf("%+v", m)
	}
	if half, all := m.ByItems[0], m.ByModels[0]; half.AUC != all.AUC || half.Range[0] != half.Range[1] || all.AUC < 0.6 {
		t.Errorf("halves %+v, all %+v", half, all)
	}
	s.axes[axis.Semantic].Replicates = nil
	if m = curvesOf(t, s, tr).Measures[0]; m.ByItems != nil || m.NoItems == "" {
		t.Errorf("without halves: %+v", m)
	}
}

// Pairs are grouped by how much exposure differed: each strength a group, or thirds of many; strengths are ratios of quantiles.
func TestGroupsByExposure(t *testing.T) {
	s, tr := factorStudy(20, 6, 4, 1)
	groups, why := tr.judge(s.benchmarks, s.scores.Models).groups()
	if why != "" || len(groups) != 2 || groups[0].Pairs != 9 || groups[1].Pairs != 9 ||
		math.Abs(groups[0].Most-2) > 1e-9 || math.Abs(groups[1].Least-8) > 1e-9 {
		t.Errorf("%+v, %s", groups, why)
	}
	for i := range tr.Models { // each column another strength
		for k := range 6 {
			tr.Models[i].Exposures[fmt.Sprintf("c%d", k)] = []float64{1, 1 / float64(k+2)}[i%2]
		}
	}
	groups, _ = tr.judge(s.benchmarks, s.scores.Models).groups()
	if len(groups) != equalParts || groups[0].Pairs+groups[1].Pairs+groups[2].Pairs != 18 || groups[0].Most > groups[1].Least {
		t.Errorf("thirds: %+v", groups)
	}
	for i := range tr.Models { // never met at all
		tr.Models[i].Exposures["c0"] = float64(i % 2)
	}
	if v := tr.strength("c0", s.scores.Models); math.Abs(v-math.Log(1/leastExposure)) > 1e-9 {
		t.Errorf("the ratio to nothing: %g", v)
	}
	tr.Models = nil
	if groups, why = tr.judge(s.benchmarks, s.scores.Models).groups(); groups != nil || why == "" {
		t.Errorf("without exposures: %+v", groups)
	}
}

// What only some benchmarks of a skill were asked in, such as a dialect, is not what the skill was learnt from; where a file
// says how strong a column is, that counts and not what its models happened to meet.
func TestStrengthIsThatOfTheSkill(t *testing.T) {
	tr, found := readTruth("truth.toml", []byte(`
[[benchmark]]
id = "a.1"
skills = { add = 1.0 }
columns = ["weak"]
[[benchmark]]
id = "a.2"
skills = { add = 1.0 }
columns = ["dialect", "weak"]
[[benchmark]]
id = "b.1"
skills = { turn = 1.0 }
columns = ["strong", "dialect"]
[[benchmark]]
id = "b.2"
skills = { turn = 1.0 }
columns = ["strong"]
[[benchmark]]
id = "c"
skills = { add = 0.5, turn = 0.5 }
columns = ["weak", "strong"]
[[benchmark]]
id = "none"
columns = ["dialect"]
[[column]]
id = "weak"
strength = 2.0
[[column]]
id = "strong"
strength = 8.0
[[column]]
id = "dialect"
strength = 100.0
[[model]]
id = "m"
exposures = { weak = 1.0, strong = 1.0, dialect = 0.5 }
`), nil)
	if tr == nil {
		t.Fatal(found)
	}
	got := tr.strengths([]string{"a.1", "a.2", "b.1", "b.2", "c", "none"}, []string{"m"})
	for b, want := range []float64{2, 2, 8, 8, 4} {
		if math.Abs(math.Exp(got[b])-want) > 1e-9 {
			t.Errorf("benchmark %d: %g, want %g", b, math.Exp(got[b]), want)
		}
	}
	if !math.IsNaN(got[5]) {
		t.Errorf("without a skill: %g", got[5])
	}
	groups, why := tr.judge([]string{"a.1", "a.2", "b.1", "b.2"}, []string{"m"}).groups()
	if len(groups) != 2 || groups[0].Pairs != 1 || groups[1].Pairs != 1 || math.Abs(groups[1].Most-8) > 1e-9 {
		t.Errorf("%+v, %s", groups, why)
	}
	tr.Columns = nil // what models met, then
	if got := tr.strengths([]string{"a.1"}, []string{"m"}); math.Abs(got[0]) > 1e-9 {
		t.Errorf("one model differs from itself: %g", got)
	}
}

// Nothing is planned where nothing was planted, or no model has scores.
func TestCurvesNeedATruth(t *testing.T) {
	if CurvesAction(Options{}, CurveInputs{}) != nil || CurvesAction(Options{Truth: []byte(truthFile)}, CurveInputs{}) != nil {
		t.Error("an action without a truth or without scores")
	}
}

// A size counts where every larger one that was drawn does; the whole study, whose range is of another kind, takes nothing away.
func TestModelsThatRecoveryTakes(t *testing.T) {
	at := func(n float64, draws int, lo float64) Point {
		return Point{At: n, Draws: draws, Whole: draws == 0, AUC: lo + 0.1, Range: [2]float64{lo, 1}, Null: 0.5, NullTo: [2]float64{0.4, 0.6}}
	}
	gone := Point{At: 16, Draws: 40, Missing: "cut"}
	for _, c := range []struct {
		points       []Point
		above, clear int
	}{
		{[]Point{at(8, 40, 0.7), at(12, 40, 0.85), at(32, 0, 0.9)}, 8, 12},
		{[]Point{at(8, 40, 0.7), at(12, 40, 0.5), at(16, 40, 0.7), at(32, 0, 0.5)}, 16, 0},
		{[]Point{at(8, 40, 0.5), at(32, 0, 0.9)}, 32, 32},
		{[]Point{at(8, 40, 0.9), gone, at(24, 40, 0.9), at(32, 0, 0.9)}, 24, 24},
		{[]Point{at(8, 40, 0.9), {At: 16, Missing: "none has an AUC"}, at(32, 0, 0.5)}, 0, 0}, // not the whole study
		{[]Point{at(32, 0, 0.5)}, 0, 0},
	} {
		curve := Curve{ByModels: c.points}
		if curve.needs(); curve.Above != c.above || curve.Clear != c.clear {
			t.Errorf("%+v: %d and %d, want %d and %d", c.points, curve.Above, curve.Clear, c.above, c.clear)
		}
	}
}
