package report_test

import (
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/report"
)

// withCurves is a study with a truth of which smaller ones were drawn.
func withCurves() report.Input {
	in := full()
	at := func(at float64, draws int, auc float64) analysis.Point {
		return analysis.Point{At: at, Draws: draws, Whole: draws == 0, AUC: auc, Range: [2]float64{auc - 0.1, min(1, auc+0.1)}, Null: 0.5,
			NullTo: [2]float64{0.35, 0.65}}
	}
	groups := []analysis.Point{at(0, 0, 0.9), {At: 1, Missing: "too few pairs have this overlap"}}
	in.Curves = &analysis.Curves{Models: 12, Benchmarks: 8,
		Groups: []analysis.ExposureGroup{{Least: 4, Most: 4, Pairs: 3}, {Least: 6, Most: 9, Pairs: 5}},
		Measures: []analysis.Curve{
			{Axis: axis.Performance, Variant: "raw", Title: "raw", Above: 8, Clear: 12,
				ByModels:   []analysis.Point{at(8, 40, 0.8), at(12, 0, 0.95)},
				ByItems:    []analysis.Point{at(0.25, 40, 0.7), at(1, 0, 0.95)},
				ByExposure: groups},
			{Axis: axis.Perplexity, Variant: "disjoint.good", Title: "disjoint signatures: easy pieces", Repaired: true, Above: 8,
				ByModels: []analysis.Point{at(8, 40, 0.8), at(12, 0, 0.6)}, ByExposure: groups,
				NoItems: "they would be chosen again"},
			{Axis: axis.Neural, Variant: "hidden", Title: hostile, ByExposure: groups,
				ByModels: []analysis.Point{{At: 8, Draws: 3, Missing: hostile}, at(12, 0, 0.6)}},
			{Axis: axis.Semantic, Variant: "hidden", Title: "hidden states", Fixed: "models do not enter",
				ByModels: []analysis.Point{at(12, 0, 0.7)}, ByExposure: groups}}}
	return in
}

// blocksOf are those of the section on recovery.
func blocksOf(t *testing.T, in report.Input) (prose string, tables map[string]*report.Table, figures map[string]*report.Figure) {
	t.Helper()
	tables, figures = map[string]*report.Table{}, map[string]*report.Figure{}
	for _, s := range build(t, in).Sections {
		if s.ID != "recovery" {
			continue
		}
		for _, b := range s.Blocks {
			prose += b.Prose + "\n"
			if b.Table != nil {
				tables[b.Table.ID] = b.Table
			}
			if b.Figure != nil {
				figures[b.Figure.ID] = b.Figure
			}
		}
	}
	return prose, tables, figures
}

// The section says with how many models each overlap stands clear of its null and is reliable, what the whole study leaves in
// doubt, and what the curves leave out.
func TestCurvesAreShown(t *testing.T) {
	prose, tables, figures := blocksOf(t, withCurves())
	for _, want := range []string{
		"An overlap is clear of its null from 8 models on for performance \\(raw\\) and perplexity \\(disjoint " +
			"signatures\\), at no " +
			"size up to 12 for neural",
		"An overlap is reliable from 12 models on for performance \\(raw\\), at no size up to 12 for perplexity",
		"the bootstrap over benchmarks reaches the null for perplexity \\(disjoint signatures\\)",
		"models do not enter", "they would be chosen again", "in 8 benchmarks",
	} {
		if !strings.Contains(prose, want) {
			t.Errorf("the text lacks %q:\n%s", want, prose)
		}
	}
	f := figures["curves"]
	if f == nil || len(f.Table.Rows) != 7 || !strings.Contains(string(f.Options), `"data":["8","12"]`) {
		t.Errorf("%+v", f)
	}
	needed, items, exposure := tables["needed"], tables["curves-items"], tables["curves-exposure"]
	if needed == nil || items == nil || exposure == nil {
		t.Fatalf("tables: %v", tables)
	}
	if r := needed.Rows[0]; r[4].Text != "8" || r[5].Text != "12" {
		t.Errorf("%+v", r)
	}
	if r := needed.Rows[3]; r[4].Note != "models do not enter" {
		t.Errorf("%+v", r)
	}
	if len(items.Rows) != 2 || items.Rows[0][2].Text != "25\u00a0%" || items.Rows[1][9].Text != "whole study" {
		t.Errorf("%+v", items.Rows)
	}
	if r := exposure.Rows; len(r) != 8 || r[0][2].Text != "4.0 times" || r[1][2].Text != "6.0 to 9.0 times" ||
		r[1][4].Note == "" {
		t.Errorf("%+v", r)
	}
}

// Without a truth there is nothing of it; with too few models it is said why.
func TestCurvesThatAreNotThere(t *testing.T) {
	prose, tables, figures := blocksOf(t, full())
	if strings.Contains(prose, "How many models") || tables["needed"] != nil || figures["curves"] != nil {
		t.Error("curves of a study without them")
	}
	in := withCurves()
	in.Curves.Few = "smaller studies are drawn from 9 models or more, and there are 8"
	for k := range in.Curves.Measures {
		c := &in.Curves.Measures[k]
		c.ByModels = c.ByModels[len(c.ByModels)-1:]
	}
	prose, tables, figures = blocksOf(t, in)
	if !strings.Contains(prose, "Smaller studies are drawn from 9 models") || figures["curves"] != nil ||
		tables["needed"] != nil ||
		tables["curves-items"] == nil {
		t.Errorf("%v\n%s", tables, prose)
	}
}
