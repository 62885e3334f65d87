package report

import (
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/report/chart"
)

// panels draws each axis on its own, beside the compromise that it went into: one view an axis.
func panels(a *analysis.Analysis, names *axis.Labels, files fileSet) (Block, error) {
	m := a.Map
	if len(m.Panels) == 0 {
		return Block{}, nil
	}
	f := &Figure{ID: "panels", Title: "Each axis alone.", Height: 520, First: axisTitle(m.Panels[0].Axis),
		Alt: fmt.Sprintf("Map of %s in two dimensions by one axis at a time.", count(len(m.Benchmarks), "benchmark")),
		Caption: fmt.Sprintf("Ratio scaling of one axis at a time (SMACOF [@deleeuw2009], n = %s), turned onto the compromise, "+
			"so that what stands elsewhere than in @fig-map owes its place there to the other axes. Both directions have the "+
			"same unit. How much two dimensions distort is stress-1 in @tab-axes. Colour is the family.",
			count(len(m.Benchmarks), "benchmark"))}
	for i, p := range m.Panels {
		d := panelData(a, p, names)
		if i == 0 {
			drawn, err := chart.Scatter(d)
			if err != nil {
				return Block{}, err
			}
			files.draw(f, drawn)
			f.Table = files.csv(panelsTable(m, names))
			continue
		}
		if err := files.addView(f, p.Axis, axisTitle(p.Axis), func() (chart.Drawing, error) { return chart.Scatter(d) },
			nil); err != nil {
			return Block{}, err
		}
	}
	return Block{Figure: f}, nil
}

// panelData is the scatter of one axis, a group a family.
func panelData(a *analysis.Analysis, p analysis.Panel, names *axis.Labels) chart.ScatterData {
	d := chart.ScatterData{XTitle: "dimension 1", YTitle: "dimension 2", Equal: true}
	families := distinct(a.Families)
	for _, f := range families {
		d.Groups = append(d.Groups, chart.Group{Name: f})
	}
	for i, name := range a.Map.Benchmarks {
		at := slices.Index(a.Benchmarks, name)
		d.Points = append(d.Points, chart.ScatterPoint{Group: slices.Index(families, a.Families[at]), X: p.Points[i][0],
			Y: p.Points[i][1], Label: names.Benchmark(name), Tip: names.Benchmark(name)})
	}
	return d
}

func panelsTable(m *analysis.Map, names *axis.Labels) *Table {
	t := &Table{ID: "panels-data", Title: "Coordinates of each axis alone", Columns: words("benchmark")}
	for _, p := range m.Panels {
		t.Columns = append(t.Columns, numbers(p.Axis+" x", p.Axis+" y")...)
	}
	for i, name := range m.Benchmarks {
		row := []Cell{head(names.Benchmark(name))}
		for _, p := range m.Panels {
			row = append(row, number(p.Points[i][0], 3), number(p.Points[i][1], 3))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
