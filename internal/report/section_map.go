package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/report/chart"
)

// mapSection writes "The map".
func (b *builder) mapSection() error {
	m := b.a.Map
	if m == nil {
		b.section("map", "The map", "", prose(b.noMap(), analysis.MapNeeds()), b.absentList())
		return nil
	}
	f := &Figure{ID: "map", Title: "The map.", Kind: "map", Wide: true, Height: 640, Alt: b.mapAlt(m), Caption: b.mapCaption(m)}
	if err := b.drawMap(f, m); err != nil {
		return err
	}
	alone, err := b.panels(m)
	if err != nil {
		return err
	}
	b.section("map", "The map", "", b.mapProse(m), Block{Figure: f}, Block{Table: b.axesTable(m)},
		Block{Table: b.inertiaTable(m)}, alone,
		b.absentList(), list(escaped(m.Warnings)))
	return nil
}

// noMap says that there is no map, with the analysis' reason.
func (b *builder) noMap() string {
	why := b.why()
	if strings.HasPrefix(why, "There is no map") {
		return why
	}
	return strings.TrimSpace("There is no map. " + why)
}

func (b *builder) mapProse(m *analysis.Map) Block {
	plane := fmt.Sprintf("The plane shows %s of the inertia of %s", percent(plane(m)), count(len(m.Benchmarks), "benchmark"))
	if n := len(b.in.Study.Models); n > 0 {
		plane += fmt.Sprintf(" and %s", count(n, "model"))
	}
	ellipses := ""
	if len(m.Ellipses) > 0 {
		ellipses = fmt.Sprintf("Ellipses, which can be switched on, are the regions that would hold %s of draws like the %s "+
			"half-samples of models and items: points whose ellipses overlap may trade places.",
			percent(m.Ellipses[0].Level), group(m.Replicates))
	} else if m.Replicates == 0 {
		ellipses = "No half-samples were drawn, so nothing is known about how far a point would move."
	}
	free := ""
	if b.a.MapGFree != nil {
		free = "The second view takes performance without the general factor: what moves between the two views owed its place " +
			"to some models simply being better than others."
	}
	return prose("@fig-map puts every benchmark at the weighted mean of what the axes say of it, by DISTATIS [@abdi2005]; its "+
		"threads end where each axis alone would put it.",
		"Near points are alike on the axes taken together, and a long thread is an axis that objects; directions and signs "+
			"mean nothing.",
		plane+"; what it leaves out (@tab-inertia) may still tell points apart that touch here.", ellipses, free)
}

// plane is the share of inertia in the first two dimensions.
func plane(m *analysis.Map) float64 {
	sum := 0.0
	for _, v := range m.Inertia[:min(2, len(m.Inertia))] {
		sum += v
	}
	return sum
}

func (b *builder) mapAlt(m *analysis.Map) string {
	return fmt.Sprintf("Map of %s from %d axes in two dimensions, with threads from each benchmark to its place on every axis.",
		count(len(m.Benchmarks), "benchmark"), len(m.Axes))
}

func (b *builder) mapCaption(m *analysis.Map) string {
	var titles []string
	for _, a := range m.Axes {
		titles = append(titles, axisTitle(a))
	}
	return fmt.Sprintf("Compromise of %s, n = %s; %s of the inertia is in the plane, and both directions have the same unit. ",
		and(titles), count(len(m.Benchmarks), "benchmark"), percent(plane(m))) +
		"Look for points that stand close, and for long threads." +
		legend("Colour is the family:", b.a.Families, chart.ColourName) + legend("Shape is the format:", b.a.Formats,
		chart.ShapeName)
}

// legend says in words what a colour or shape stands for.
func legend(what string, groups []string, name func(int) string) string {
	var parts []string
	for i, g := range distinct(groups) {
		parts = append(parts, fmt.Sprintf("%s %s", esc(cmp.Or(g, "none")), name(i)))
	}
	if len(parts) < 2 {
		return ""
	}
	return " " + what + " " + strings.Join(parts, ", ") + "."
}

// distinct keeps the first of each.
func distinct(values []string) []string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// drawMap fills the figure with one view, or two where there is a map without the general factor.
func (b *builder) drawMap(f *Figure, m *analysis.Map) error {
	d, err := chart.Map(b.mapData(m))
	if err != nil {
		return err
	}
	b.draw(f, d)
	f.Table = b.csv(b.mapTable("map-data", m))
	if b.a.MapGFree == nil {
		return nil
	}
	f.First = "all of performance"
	return b.addView(f, "gfree", "without the general factor",
		func() (chart.Drawing, error) { return chart.Map(b.mapData(b.a.MapGFree)) },
		b.mapTable("map-gfree-data", b.a.MapGFree))
}

func (b *builder) mapData(m *analysis.Map) chart.MapData {
	d := chart.MapData{Axes: m.Axes, Families: distinct(b.a.Families), Formats: distinct(b.a.Formats)}
	for i, title := range []*string{&d.XTitle, &d.YTitle} {
		*title = fmt.Sprintf("dimension %d", i+1)
		if i < len(m.Inertia) {
			*title += fmt.Sprintf(" (%s)", percent(m.Inertia[i]))
		}
	}
	for i, id := range m.Benchmarks {
		at := slices.Index(b.a.Benchmarks, id)
		p := chart.MapPoint{ID: id, At: xy(m.Points[i]), Family: slices.Index(d.Families, b.a.Families[at]),
			Format: slices.Index(d.Formats, b.a.Formats[at]), Lines: b.card(at)}
		for k := range m.Axes {
			p.Satellites = append(p.Satellites, xy(m.Satellites[k][i]))
		}
		if i < len(m.Ellipses) {
			p.Ellipse = m.Ellipses[i].Outline
		}
		d.Points = append(d.Points, p)
	}
	return d
}

// xy is a point in the plane; a compromise of one dimension lies on a line.
func xy(p []float64) [2]float64 {
	var out [2]float64
	copy(out[:], p)
	return out
}

func (b *builder) mapTable(id string, m *analysis.Map) *Table {
	t := &Table{ID: id, Title: "Coordinates on the map", Columns: append(words("benchmark", "family", "format"),
		numbers("x", "y")...)}
	for _, a := range m.Axes {
		t.Columns = append(t.Columns, numbers(a+" x", a+" y")...)
	}
	for i, name := range m.Benchmarks {
		at := slices.Index(b.a.Benchmarks, name)
		p := xy(m.Points[i])
		row := []Cell{head(name), text(b.a.Families[at]), text(b.a.Formats[at]), number(p[0], 3), number(p[1], 3)}
		for k := range m.Axes {
			s := xy(m.Satellites[k][i])
			row = append(row, number(s[0], 3), number(s[1], 3))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// axesTable says how much each axis counts in the compromise and how far it agrees with the others.
func (b *builder) axesTable(m *analysis.Map) *Table {
	t := &Table{ID: "axes", Title: "What each axis contributes.",
		Caption: fmt.Sprintf("Weight is its share of the compromise, RV its likeness to the other axes over %s (not tested "+
			"here; see @tab-agreement). Negative is the share of eigenvalues that no distance can show; stress-1 is that of "+
			"the axis alone in two dimensions [@deleeuw2009].", count(len(m.Benchmarks), "benchmark")),
		Columns: append(words("axis"), numbers("weight")...)}
	for _, a := range m.Axes {
		t.Columns = append(t.Columns, numbers("RV with "+a)...)
	}
	t.Columns = append(t.Columns, numbers("negative", "stress-1")...)
	for k, a := range m.Axes {
		row := []Cell{head(a), number(m.Alpha[k], 3).at(anchor("map-weight", a))}
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
		b.value(Value{Path: "/map/weight/" + a, Title: "weight of " + axisTitle(a) + " in the compromise", Number: m.Alpha[k],
			N: len(m.Benchmarks), Anchor: anchor("map-weight", a)})
	}
	return b.csv(t)
}

func (b *builder) inertiaTable(m *analysis.Map) *Table {
	t := &Table{ID: "inertia", Title: "Inertia by dimension.", Folded: true, Columns: numbers("dimension", "share", "cumulative"),
		Caption: atlas.DimsMethods(m.Dims)}
	sum := 0.0
	for i, v := range m.Inertia {
		sum += v
		id := fmt.Sprintf("map-inertia-%d", i+1)
		t.Rows = append(t.Rows, []Cell{whole(i + 1), number(v, 3).at(id), number(sum, 3)})
		b.value(Value{Path: fmt.Sprintf("/map/inertia/%d", i+1), Title: fmt.Sprintf("share of inertia of dimension %d", i+1),
			Number: v, N: len(m.Benchmarks), Anchor: id})
	}
	b.value(Value{Path: "/map/inertia/plane", Title: "share of inertia in the plane", Number: plane(m), N: len(m.Benchmarks),
		Anchor: "tab-inertia"})
	return b.csv(t)
}

// absentList names the axes and benchmarks that take no part, with the reason.
func (b *builder) absentList() Block {
	var items []string
	for _, x := range b.a.Absent {
		switch {
		case x.Benchmark == "":
			items = append(items, fmt.Sprintf("The %s axis takes no part: %s.", esc(x.Axis), esc(x.Reason)))
		case x.Axis == "":
			items = append(items, fmt.Sprintf("**%s** takes no part: %s.", esc(x.Benchmark), esc(x.Reason)))
		default:
			items = append(items, fmt.Sprintf("**%s** takes no part, because of the %s axis: %s.", esc(x.Benchmark), esc(x.Axis),
				esc(x.Reason)))
		}
	}
	return list(items)
}

func escaped(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, esc(sentence(t)))
	}
	return out
}

// card is what the map says of one benchmark.
func (b *builder) card(i int) []string {
	lines := []string{"family " + cmp.Or(b.a.Families[i], "none") + ", format " + cmp.Or(b.a.Formats[i], "none")}
	if t := b.in.Scores; t != nil {
		if col, ok := t.Score.Col(i); ok && len(col) > 0 {
			lines = append(lines, fmt.Sprintf("scores from %s to %s over %s (chance %s)", two(slices.Min(col)),
				two(slices.Max(col)), count(len(col), "model"), two(t.Chance[i])))
		}
		if n := len(t.Items[i]); n > 0 {
			lines = append(lines, count(n, "item"))
		}
	}
	for _, v := range b.byBenchmark(axis.Performance, "reliability") {
		if r, ok := v.Values.At(i, 0); ok {
			lines = append(lines, "reliability "+two(r))
		}
	}
	for _, d := range b.a.Disagreement {
		if d.Benchmark == i && d.Value.OK() {
			lines = append(lines, "disagreement of the axes "+num(d.Value.Value, 3)+", most of it by "+largestShare(d, b.a.Axes))
		}
	}
	for _, a := range b.a.Axes {
		if near, v, ok := b.nearest(a, i); ok {
			lines = append(lines, fmt.Sprintf("nearest by %s: %s (%s)", axisTitle(a), near, two(v)))
		}
	}
	for _, al := range b.a.Alarms {
		if al.Benchmark == b.a.Benchmarks[i] {
			lines = append(lines, "alarm: "+al.Text)
		}
	}
	return lines
}

// nearest is the benchmark of largest primary overlap.
func (b *builder) nearest(name string, i int) (string, float64, bool) {
	v := b.in.Axes[name].Primary()
	if v == nil {
		return "", 0, false
	}
	best := -1
	var most float64
	for j := range b.a.Benchmarks {
		if x, ok := v.Overlap.At(i, j); ok && j != i && (best < 0 || x > most) {
			best, most = j, x
		}
	}
	if best < 0 {
		return "", 0, false
	}
	return b.a.Benchmarks[best], most, true
}
