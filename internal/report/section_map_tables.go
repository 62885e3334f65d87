package report

import (
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
)

// mapTable is the coordinates of one of an analysis' maps.
func mapTable(id string, a *analysis.Analysis, m *analysis.Map, names *axis.Labels) *Table {
	t := &Table{ID: id, Title: "Coordinates on the map", Columns: append(words("benchmark", "family", "format"),
		numbers("x", "y")...)}
	for _, name := range m.Axes {
		t.Columns = append(t.Columns, numbers(name+" x", name+" y")...)
	}
	for i, name := range m.Benchmarks {
		at := slices.Index(a.Benchmarks, name)
		p := xy(m.Points[i])
		row := []Cell{head(names.Benchmark(name)), text(a.Families[at]), text(a.Formats[at]), number(p[0], 3), number(p[1], 3)}
		for k := range m.Axes {
			own := xy(m.Satellites[k][i])
			row = append(row, number(own[0], 3), number(own[1], 3))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// axesTable says how much each axis counts in the compromise and how far it agrees with the others.
func axesTable(m *analysis.Map, files fileSet, values valueSet) *Table {
	t := &Table{ID: "axes", Title: "What each axis contributes.",
		Caption: fmt.Sprintf("Weight is its share of the compromise, RV its likeness to the other axes over %s (not tested "+
			"here; see @tab-agreement). Negative is the share of eigenvalues that no distance can show; stress-1 is that of "+
			"the axis alone in two dimensions [@deleeuw2009].", count(len(m.Benchmarks), "benchmark")),
		Columns: append(words("axis"), numbers("weight")...)}
	judged := len(m.WeightNull) > 0 && len(m.Axes) > 2 // two axes weigh the same, whatever they say
	if judged {
		t.Columns = append(t.Columns, numbers(repairedTitle, "p")...)
		t.Caption += " " + repairedNote()
	}
	for _, a := range m.Axes {
		t.Columns = append(t.Columns, numbers("RV with "+a)...)
	}
	t.Columns = append(t.Columns, numbers("negative", "stress-1")...)
	for k, a := range m.Axes {
		row := []Cell{head(a), number(m.Alpha[k], 3).at(anchor("map-weight", a))}
		if null := m.WeightNull[a]; judged {
			row = append(row, repaired(null, 3), repairedP(null))
			values.addRepaired("/map/weight/"+a, "weight of "+axisTitle(a)+" in the compromise", anchor("map-weight", a), null)
		}
		for l := range m.Axes {
			row = append(row, number(m.RV[k][l], 2))
		}
		row = append(row, number(m.Negative[k], 3))
		if at := slices.IndexFunc(m.Panels, func(p analysis.Panel) bool { return p.Axis == a }); at >= 0 {
			row = append(row, number(m.Panels[at].Stress, 3))
		} else {
			row = append(row, missing("not drawn"))
		}
		t.Rows = append(t.Rows, row)
		values.add(Value{Path: "/map/weight/" + a, Title: "weight of " + axisTitle(a) + " in the compromise", Number: m.Alpha[k],
			N: len(m.Benchmarks), Anchor: anchor("map-weight", a)})
	}
	return files.csv(t)
}

// inertiaTable says how much of the compromise each dimension shows.
func inertiaTable(m *analysis.Map, files fileSet, values valueSet) *Table {
	t := &Table{ID: "inertia", Title: "Inertia by dimension.", Folded: true, Columns: numbers("dimension", "share", "cumulative"),
		Caption: atlas.DimsMethods(m.Dims)}
	sum := 0.0
	for i, v := range m.Inertia {
		sum += v
		id := fmt.Sprintf("map-inertia-%d", i+1)
		t.Rows = append(t.Rows, []Cell{whole(i + 1), number(v, 3).at(id), number(sum, 3)})
		values.add(Value{Path: fmt.Sprintf("/map/inertia/%d", i+1), Title: fmt.Sprintf("share of inertia of dimension %d", i+1),
			Number: v, N: len(m.Benchmarks), Anchor: id})
	}
	values.add(Value{Path: "/map/inertia/plane", Title: "share of inertia in the plane", Number: plane(m), N: len(m.Benchmarks),
		Anchor: "tab-inertia"})
	return files.csv(t)
}
