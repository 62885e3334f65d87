package report

import (
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/report/chart"
	"sdmap/internal/wording"
)

// pairRows is the largest number of benchmarks for which the page lists every pair; beyond it the list is a file.
const pairRows = 40

// labelTitles say a label as readers do.
var labelTitles = map[string]string{
	analysis.OverlapWithoutKinship:  "overlap without kinship",
	analysis.KinshipWithoutOverlap:  "kinship without overlap",
	analysis.LikenessWithoutKinship: "likeness without kinship",
	analysis.ExposureDriven:         "exposure-driven",
}

func labels() []string {
	return []string{analysis.OverlapWithoutKinship, analysis.KinshipWithoutOverlap, analysis.LikenessWithoutKinship,
		analysis.ExposureDriven}
}

// pairs is what the section on disagreement says of every two benchmarks.
type pairs struct {
	a      *analysis.Analysis
	axes   map[string]*axis.Result
	names  *axis.Labels
	files  fileSet
	values valueSet
}

// performance is the name of the performance overlap that pairs are judged by.
func (s pairs) performance() string {
	if s.axes[axis.Performance].Variant(gfree) != nil {
		return axis.Performance + "." + gfree
	}
	return axis.Performance
}

func (s pairs) prose(drawn bool) Block {
	if len(s.a.Pairs) == 0 {
		return Block{}
	}
	var parts []string
	for _, l := range labels() {
		if n := s.a.Correction.Testable[l]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s as %s (of %s testable)", group(s.a.Correction.Flagged[l]), labelTitles[l],
				group(n)))
		}
	}
	lead := ""
	if drawn {
		lead = fmt.Sprintf("@fig-pairs sets %s against %s.", axisTitle(s.performance()), s.against())
	}
	tested := "No pair could be tested for a label: a label needs tests of the pair on two of the performance, the semantic " +
		"and the neural axis."
	if len(parts) > 0 {
		tested = fmt.Sprintf("Of %s, these were labelled at q = %s: %s.", count(s.a.Correction.Pairs, "pair"),
			wording.Level(s.a.Correction.Q), and(parts))
	}
	silence := "A pair without a label is not shown to be unremarkable; it was only not shown to be remarkable, and @tab-power " +
		"in the section on validity says how large an overlap had to be."
	if s.a.Power == nil {
		silence = "A pair without a label is not shown to be unremarkable; it was only not shown to be remarkable."
	}
	out := prose(lead, tested, silence)
	out.Prose = heading("Pairs").Prose + "\n\n" + out.Prose
	return out
}

// against names what the views of the figure show.
func (s pairs) against() string {
	switch {
	case s.axes[axis.Neural] == nil:
		return "the overlap of questions"
	case s.axes[axis.Semantic] == nil:
		return "the overlap of neural representations"
	}
	return "the overlap of questions and, in its second view, that of neural representations"
}

// name labels a pair in figures.
func (s pairs) name(p analysis.Pair) string {
	return s.title(p.A) + " – " + s.title(p.B)
}

// title is the name of a benchmark.
func (s pairs) title(i int) string { return s.names.Benchmark(s.a.Benchmarks[i]) }

// pairAnchor is the row of a pair, in the order of the study's benchmarks.
func pairAnchor(benchmarks []string, x, y string) string {
	if slices.Index(benchmarks, x) > slices.Index(benchmarks, y) {
		x, y = y, x
	}
	return anchor("pair", x, y)
}

func flagged(p analysis.Pair) []string {
	var out []string
	for _, f := range p.Flags {
		if f.Flagged {
			out = append(out, f.Label)
		}
	}
	return out
}

// figure is the scatter of performance overlap against semantic and neural overlap; nil where neither is there.
func (s pairs) figure() (*Figure, error) {
	x := s.performance()
	var f *Figure
	for _, y := range []string{axis.Semantic, axis.Neural} {
		d, n := s.data(x, y)
		if n == 0 {
			continue
		}
		if f == nil {
			drawn, err := chart.Scatter(d)
			if err != nil {
				return nil, err
			}
			f = &Figure{ID: "pairs", Title: "Pairs of benchmarks.", Height: 520, First: "against " + axisTitle(y),
				Alt: "Scatter of pairs: overlap of scores against overlap of questions and of processing; labelled " +
					"pairs are named.",
				Caption: fmt.Sprintf("Each point is one of %s; named points carry a label. Right and low is where pairs would "+
					"stand that score alike without being alike, left and high those that are alike and score apart. The "+
					"numbers are in @tab-pairs.", count(n, "pair"))}
			s.files.draw(f, drawn)
			continue
		}
		if err := s.files.addView(f, y, "against "+axisTitle(y), func() (chart.Drawing, error) { return chart.Scatter(d) },
			nil); err != nil {
			return nil, err
		}
	}
	if f != nil && len(f.Views) == 0 {
		f.First = ""
	}
	return f, nil
}

// data is the scatter of one pair of overlaps, with the number of its points.
func (s pairs) data(x, y string) (chart.ScatterData, int) {
	d := chart.ScatterData{XTitle: "overlap of " + axisTitle(x), YTitle: "overlap of " + axisTitle(y), Unit: true,
		Groups: []chart.Group{{Name: "no label", Grey: true}}}
	for _, l := range labels() {
		d.Groups = append(d.Groups, chart.Group{Name: labelTitles[l]})
	}
	for _, p := range s.a.Pairs {
		ex, okX := p.Overlaps[x]
		ey, okY := p.Overlaps[y]
		if !okX || !okY || !ex.OK() || !ey.OK() {
			continue
		}
		point := chart.ScatterPoint{X: ex.Value, Y: ey.Value, Tip: fmt.Sprintf("%s: %s %s, %s %s", s.name(p), axisTitle(x),
			two(ex.Value), axisTitle(y), two(ey.Value))}
		if s.counted() {
			point.Tip += ", n = " + count(ex.N, "model")
		}
		for _, l := range flagged(p) {
			point.Group, point.Label = 1+slices.Index(labels(), l), s.name(p)
		}
		d.Points = append(d.Points, point)
	}
	return d, len(d.Points)
}
