package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/report/chart"
)

// shownLayers is how many layers the neural heat map can be switched to.
const shownLayers = 8

// landscapesSection is one heat map an axis, all in the same order and on the same scale.
type landscapesSection struct {
	a      *analysis.Analysis
	axes   map[string]*axis.Result
	layers *neural.Detail
	names  *axis.Labels
	files  fileSet
}

func (s landscapesSection) write() (*Section, error) {
	order := s.order()
	row := &FigureRow{ID: "landscapes", Legend: "One scale for all: blue is −1 (opposed), the page's own tone 0 (nothing in " +
		"common), vermilion 1 (alike). A struck-out or empty cell is missing; its tooltip, and the table below the map, say " +
		"why. The diagonal is left out."}
	for _, name := range s.a.Axes {
		f, err := s.landscape(name, order)
		if err != nil {
			return nil, err
		}
		row.Figures = append(row.Figures, f)
	}
	if len(row.Figures) == 0 {
		return newSection("landscapes", "Landscapes", "", prose("No axis could be measured, so there is nothing to draw."),
			absentList(s.a.Absent, s.names)), nil
	}
	title := capital(spelt(len(row.Figures))) + " landscapes"
	if len(row.Figures) == 1 {
		title = "One landscape"
	}
	return newSection("landscapes", title, "Landscapes", s.prose(), Block{Figures: row},
		neuralProse(s.axes[axis.Neural])), nil
}

func (s landscapesSection) prose() Block {
	sorted := "The benchmarks stand in the study's order."
	switch {
	case s.a.OrderedBy != "":
		sorted = fmt.Sprintf("The benchmarks stand in one order, found once on the overlap \"%s\" so that neighbours are alike.",
			esc(s.a.OrderedBy))
	case s.a.Map != nil:
		sorted = "The benchmarks stand in one order, found once on the compromise so that neighbours are alike: a block that " +
			"shows in one map and not in another is where two axes part."
	}
	free := ""
	if s.axes[axis.Performance].Variant(gfree) != nil {
		free = "Where some models are better at everything, raw performance is alike everywhere: switch to the view without " +
			"the general factor before reading its blocks."
	}
	neural := ""
	if s.axes[axis.Neural] != nil {
		neural = "Neural overlaps are relative to this study's benchmarks: their mean is fixed, so 0 is the middle of this " +
			"study and not of the world."
	}
	exposed := ""
	if s.axes[axis.Perplexity].Variant(perplexity.FamiliarityName) != nil {
		exposed = "Familiarity compares how well models predict the benchmarks' own questions; no score enters it."
	}
	if perplexity.SignatureOf(s.axes[axis.Perplexity]) != nil {
		exposed += " Overlaps of signatures are of disjoint ones, for those chosen on the same models would copy performance. " +
			"They are smaller for it, since each signature comes from a third of the models and a third of the documents."
	}
	return prose(sorted, "Compare patterns, not tints: each axis has its own notion of 0.5.", free, exposed, neural)
}

// order lists all benchmarks as heat maps show them.
func (s landscapesSection) order() []int {
	out := slices.Clone(s.a.Order)
	for i := range s.a.Benchmarks {
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

func (s landscapesSection) landscape(name string, order []int) (*Figure, error) {
	v := s.axes[name].Primary()
	what := v.Title
	if name == axis.Performance { // its title says no more than the figure's
		what, _, _ = strings.Cut(v.Method, ";")
	}
	f := &Figure{ID: "landscape-" + name, Title: sentence(axisTitle(name)), Height: 480,
		Caption: fmt.Sprintf("%s; n = %s.", esc(capital(what)), units(v)),
		Alt:     fmt.Sprintf("Heat map of the overlap of %s by %s.", count(len(order), "benchmark"), axisTitle(name))}
	d, err := chart.Heat(s.counted(v, order))
	if err != nil {
		return nil, err
	}
	s.files.draw(f, d)
	f.Table = s.matrixTable(f.ID+"-data", v.Overlap, order)
	view := func(id, title string, d chart.HeatData) error {
		return s.files.addView(f, id, title, func() (chart.Drawing, error) { return chart.Heat(d) }, nil)
	}
	switch {
	case name == axis.Performance && s.axes[name].Variant(gfree) != nil:
		f.First = "raw"
		err = view(gfree, "without the general factor", s.counted(s.axes[name].Variant(gfree), order))
		f.Views[len(f.Views)-1].Table = s.matrixTable(f.ID+"-gfree-data", s.axes[name].Variant(gfree).Overlap, order)
	case name == axis.Perplexity:
		err = s.exposures(f, order)
	case name == axis.Neural && s.layers != nil && len(s.layers.Layers) > 1:
		f.First = "all layers"
		for l, m := range s.layers.Layers[:min(shownLayers, len(s.layers.Layers))] {
			if err == nil {
				err = view(fmt.Sprintf("layer-%d", l+1), fmt.Sprintf("layer %d", l+1), s.heat(m, order))
			}
		}
		s.files.pageOnly(f)
	}
	return f, err
}

// exposures are the views of the perplexity axis beside its primary one.
func (s landscapesSection) exposures(f *Figure, order []int) error {
	r := s.axes[axis.Perplexity]
	for _, beside := range []struct {
		id, title string
		v         *axis.Variant
	}{
		{"familiarity", "familiarity", r.Variant(perplexity.FamiliarityName)},
		{"gfree", "familiarity without the general factor", r.Variant(perplexity.FamiliarityGFree)},
		{"signature", "signatures", perplexity.SignatureOf(r)},
	} {
		switch {
		case beside.v == nil:
			continue
		case beside.v == r.Primary():
			f.First = beside.title
			continue
		}
		t := s.matrixTable(f.ID+"-"+beside.id+"-data", beside.v.Overlap, order)
		heat := func() (chart.Drawing, error) { return chart.Heat(s.counted(beside.v, order)) }
		if err := s.files.addView(f, beside.id, beside.title, heat, t); err != nil {
			return err
		}
	}
	return nil
}

func units(v *axis.Variant) string {
	if v.Unit == "" {
		return group(v.N)
	}
	if v.Ns != nil {
		least, most := v.Used()
		if v.Unit != "models" {
			return behindText(least, most) + " " + esc(v.Unit) + " of a pair"
		}
		return "up to " + group(most) + " " + esc(v.Unit) + " that have both scores of a pair"
	}
	return group(v.N) + " " + esc(v.Unit)
}

// counted is the heat map of a variant, with n in its tooltips where that differs between pairs.
func (s landscapesSection) counted(v *axis.Variant, order []int) chart.HeatData {
	d := s.heat(v.Overlap, order)
	if v.Ns != nil {
		d.N = func(i, j int) int { return v.NOf(order[i], order[j]) }
	}
	return d
}

func (s landscapesSection) heat(m *matrix.Labelled, order []int) chart.HeatData {
	d := chart.HeatData{Min: -1, Max: 1, Legend: "overlap", Reason: func(i, j int) string { return m.Reason(order[i], order[j]) }}
	for _, i := range order {
		d.Labels = append(d.Labels, s.names.Benchmark(s.a.Benchmarks[i]))
		row := make([]float64, 0, len(order))
		for _, j := range order {
			x, ok := m.At(i, j)
			if !ok {
				x = math.NaN()
			}
			row = append(row, x)
		}
		d.Values = append(d.Values, row)
	}
	return d
}

// matrixTable is the numbers of a heat map; the page leaves out the rows of a large one.
func (s landscapesSection) matrixTable(id string, m *matrix.Labelled, order []int) *Table {
	t := &Table{ID: id, Title: "Overlap of benchmarks", Columns: words("benchmark")}
	for _, j := range order {
		t.Columns = append(t.Columns, numbers(s.names.Benchmark(s.a.Benchmarks[j]))...)
	}
	for _, i := range order {
		row := []Cell{head(s.names.Benchmark(s.a.Benchmarks[i]))}
		for _, j := range order {
			if x, ok := m.At(i, j); ok && i != j {
				row = append(row, number(x, 2))
			} else {
				row = append(row, missing(m.Reason(i, j)))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	s.files.csv(t)
	if len(order) > pairRows {
		t.Caption, t.Rows, t.Columns, t.Partial = "Too large for the page; the file has it.", nil, t.Columns[:1], true
	}
	return t
}

// neuralProse says how far models, and layers, agree.
func neuralProse(r *axis.Result) Block {
	facts := factsByName(r)
	agree, ok := facts["agreement.spearman"]
	if !ok {
		return Block{}
	}
	out := fmt.Sprintf("The neural landscape is a mean over models, which agree on it with a mean Spearman correlation "+
		"of %s (n = %s)", two(agree.Value), count(agree.N, "model"))
	lower, okL := facts["ceiling.lower.spearman"]
	upper, okU := facts["ceiling.upper.spearman"]
	if okL && okU {
		out += fmt.Sprintf("; the noise ceiling [@nili2014] runs from %s to %s, so no account of these models' geometry can be "+
			"expected to do better", two(lower.Value), two(upper.Value))
	}
	return prose(out + ".")
}
