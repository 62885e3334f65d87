package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/report/chart"
)

// mapSection is "The map".
type mapSection struct {
	a      *analysis.Analysis
	axes   map[string]*axis.Result
	scores *axis.ScoreTable
	names  *axis.Labels
	models int
	files  fileSet
	values valueSet
}

func (s mapSection) write() (*Section, error) {
	m := s.a.Map
	if m == nil {
		return newSection("map", "The map", "", prose(noMap(s.a), analysis.MapNeeds()), absentList(s.a.Absent, s.names)), nil
	}
	f := &Figure{ID: "map", Title: "The map.", Wide: true, Height: 640, Alt: mapAlt(m), Caption: s.caption()}
	if err := s.draw(f); err != nil {
		return nil, err
	}
	alone, err := panels(s.a, s.names, s.files)
	if err != nil {
		return nil, err
	}
	return newSection("map", "The map", "", s.prose(), Block{Figure: f}, Block{Table: axesTable(m, s.files, s.values)},
		Block{Table: inertiaTable(m, s.files, s.values)}, alone, absentList(s.a.Absent, s.names), list(escaped(m.Warnings))), nil
}

// noMap says that there is no map, with the analysis' reason.
func noMap(a *analysis.Analysis) string {
	reason := why(a)
	if strings.HasPrefix(reason, "There is no map") {
		return reason
	}
	return strings.TrimSpace("There is no map. " + reason)
}

func (s mapSection) prose() Block {
	m := s.a.Map
	plane := fmt.Sprintf("The plane shows %s of the inertia of %s", percent(plane(m)), count(len(m.Benchmarks), "benchmark"))
	if s.models > 0 {
		plane += fmt.Sprintf(" and %s", count(s.models, "model"))
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
	if s.a.MapGFree != nil {
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

func mapAlt(m *analysis.Map) string {
	return fmt.Sprintf("Map of %s from %d axes in two dimensions, with threads from each benchmark to its place on every axis.",
		count(len(m.Benchmarks), "benchmark"), len(m.Axes))
}

func (s mapSection) caption() string {
	m := s.a.Map
	var titles []string
	for _, a := range m.Axes {
		titles = append(titles, axisTitle(a))
	}
	return fmt.Sprintf("Compromise of %s, n = %s; %s of the inertia is in the plane, and both directions have the same unit. ",
		and(titles), count(len(m.Benchmarks), "benchmark"), percent(plane(m))) +
		"Look for points that stand close, and for long threads." +
		legend("Colour is the family:", s.a.Families, chart.ColourName) + legend("Shape is the format:", s.a.Formats,
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

// draw fills the figure with one view, or two where there is a map without the general factor.
func (s mapSection) draw(f *Figure) error {
	d, err := chart.Map(s.data(s.a.Map))
	if err != nil {
		return err
	}
	s.files.draw(f, d)
	f.Table = s.files.csv(mapTable("map-data", s.a, s.a.Map, s.names))
	if s.a.MapGFree == nil {
		return nil
	}
	f.First = "all of performance"
	return s.files.addView(f, "gfree", "without the general factor",
		func() (chart.Drawing, error) { return chart.Map(s.data(s.a.MapGFree)) },
		mapTable("map-gfree-data", s.a, s.a.MapGFree, s.names))
}

func (s mapSection) data(m *analysis.Map) chart.MapData {
	d := chart.MapData{Axes: m.Axes, Families: distinct(s.a.Families), Formats: distinct(s.a.Formats)}
	card := mapCard{s.a, s.axes, s.scores, s.names}
	for i, title := range []*string{&d.XTitle, &d.YTitle} {
		*title = fmt.Sprintf("dimension %d", i+1)
		if i < len(m.Inertia) {
			*title += fmt.Sprintf(" (%s)", percent(m.Inertia[i]))
		}
	}
	for i, id := range m.Benchmarks {
		at := slices.Index(s.a.Benchmarks, id)
		p := chart.MapPoint{ID: id, Title: s.names.Benchmark(id), At: xy(m.Points[i]),
			Family: slices.Index(d.Families, s.a.Families[at]), Format: slices.Index(d.Formats, s.a.Formats[at]),
			Lines: card.lines(at)}
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
