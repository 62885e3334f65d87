package report

import (
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/matrix"
)

// filledWith is a 3 x 3 matrix of the pairs ab, ac, bc.
func filledWith(ab, ac, bc float64) *matrix.Labelled {
	m := matrix.NewSquare("overlap", "1", []string{"a", "b", "c"})
	for i := range 3 {
		m.Set(i, i, 1)
	}
	m.SetSym(0, 1, ab)
	m.SetSym(0, 2, ac)
	m.SetSym(1, 2, bc)
	return m
}

// The table of what is held constant counts signs, low overlaps and labels that stay under every choice, and the prose says
// whether one
// of them is from outside the scores.
func TestWhatIsHeldConstant(t *testing.T) {
	r := &axis.Result{Axis: axis.Performance, Benchmarks: []string{"a", "b", "c"},
		Variants: []axis.Variant{
			{Name: performance.Raw, Title: "raw", Overlap: filledWith(.8, .1, .6), Least: filledWith(.7, -.1, .6),
				Most: filledWith(.9, .2, .6)},
			{Name: performance.GFree, Title: "without g", Overlap: filledWith(.5, -.4, -.3), Lo: filledWith(.2, -.6, -.5),
				Hi: filledWith(.7, -.1, 0)},
			{Name: "given.size", Title: "given size", Overlap: filledWith(.6, .3, -.1), Lo: filledWith(-.1, .1, -.3),
				Level: 0.95, Hi: filledWith(.8, .5, .1)}},
		Tests: []axis.Test{{Name: performance.LowUnder(performance.GFree), P: filledWith(.9, .001, .01)},
			{Name: performance.LowUnder("given.size"), P: filledWith(.9, .6, .02)}},
		Facts: []axis.Value{{Name: "models.effective", Value: 7.31, N: 12},
			{Name: performance.CohortPrefix + "size.low", Title: "share of the first component where size is 1 to 7", Value: 0.6,
				N: 6}}}
	s := validitySection{axes: map[string]*axis.Result{axis.Performance: r}, files: fileSet{}, names: &axis.Labels{},
		a: &analysis.Analysis{Benchmarks: r.Benchmarks, Pairs: []analysis.Pair{
			{A: 0, B: 1, Flags: []analysis.Flag{{Label: analysis.OverlapWithoutKinship, Flagged: true}}},
			{A: 0, B: 2, Flags: []analysis.Flag{{Label: analysis.KinshipWithoutOverlap, Flagged: true}}}, {A: 1, B: 2}}}}
	var said []string
	for _, row := range s.heldTable().Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, c.Text)
		}
		said = append(said, strings.Join(cells, "|"))
	}
	if want := "without g|3|−0.07|3|2|1 of 1|1 of 1\ngiven size|3|0.27|2|1|0 of 1|0 of 1"; strings.Join(said, "\n") != want {
		t.Errorf("%s\nwant\n%s", strings.Join(said, "\n"), want)
	}
	if rows := s.heldPairs().Rows; len(rows) != 2 || rows[1][4].Text != "0.30 [0.10, 0.50]" {
		t.Errorf("labelled pairs %+v", rows)
	}
	for want, block := range map[string]Block{"cannot absorb a skill": heldProse(r),
		"these 12 models count as 7.3":                       s.populationProse(r),
		"at most 0.20 (a and c), and 1 pair may change sign": s.populationProse(r)} {
		if text := block.Prose; !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if rows := cohortTable(r, s.files).Rows; len(rows) != 1 || rows[0][0].Text != "size is 1 to 7" {
		t.Errorf("cohorts %+v", rows)
	}
	for a := range 3 {
		for b := range a {
			r.Tests[1].P.SetMissingSym(a, b, "no reliability")
		}
	}
	if row := s.heldTable().Rows[1]; row[4].Note != "no pair was tested: no reliability" || row[6].Note != row[4].Note {
		t.Errorf("where no pair was tested the table says %+v and %+v", row[4], row[6])
	}
	r.Variants = r.Variants[:2]
	if s.heldTable() != nil || heldProse(r).Prose != "" {
		t.Error("one choice is compared with itself")
	}
}
