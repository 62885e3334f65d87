package report

import (
	"cmp"
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
}

func labels() []string {
	return []string{analysis.OverlapWithoutKinship, analysis.KinshipWithoutOverlap, analysis.LikenessWithoutKinship}
}

// disagreement writes "Where the axes disagree": benchmarks by disagreement, then pairs.
func (b *builder) disagreement() error {
	var blocks []Block
	if len(b.a.Disagreement) > 0 {
		f, err := b.disagreementFigure()
		if err != nil {
			return err
		}
		blocks = append(blocks, b.disagreementProse(), Block{Figure: f})
	} else {
		blocks = append(blocks, prose("How far a benchmark's axes lie apart is measured on the map, and this study has none.",
			b.why()))
	}
	pairs, err := b.pairsFigure()
	if err != nil {
		return err
	}
	blocks = append(blocks, b.pairsProse(pairs != nil))
	if pairs != nil {
		blocks = append(blocks, Block{Figure: pairs})
	}
	blocks = append(blocks, Block{Table: b.flagTable()}, Block{Table: b.pairTable()})
	b.section("disagreement", "Where the axes disagree", "Disagreement", blocks...)
	return nil
}

func (b *builder) disagreementProse() Block {
	n := 0
	for _, d := range b.a.Disagreement {
		if d.Value.Level > 0 && d.Value.Lo > 0 {
			n++
		}
	}
	lead := "@fig-disagreement ranks the benchmarks by disagreement: the squared distances of the axes' points to the " +
		"compromise point, weighted as in the map, less what the noise of half-samples alone would put between them."
	if b.a.Map.Replicates < axis.FewestForSpread {
		return prose(lead, fmt.Sprintf("There are too few half-samples for that floor and for intervals here, fewer than %d, "+
			"so small values say nothing.", axis.FewestForSpread))
	}
	interval := wording.Percent(b.disagreementLevel()) + " interval"
	part := fmt.Sprintf("For %s of %s the %s lies above zero, so that the axes part by more than sampling would make them",
		group(n), count(len(b.a.Disagreement), "benchmark"), interval)
	if n == 0 {
		part = fmt.Sprintf("For none of %s does the %s lie above zero, so it is not shown that the axes part by more than "+
			"sampling would make them", count(len(b.a.Disagreement), "benchmark"), interval)
	}
	return prose(lead, part+".", "A high value does not say which axis is right; the colours say which one stands alone.")
}

// disagreementLevel is the level of the intervals of disagreement; 0 where there are none.
func (b *builder) disagreementLevel() float64 {
	for _, d := range b.a.Disagreement {
		if d.Value.Level > 0 {
			return d.Value.Level
		}
	}
	return 0
}

// largestShare names the axis that contributes most.
func largestShare(d analysis.Disagreement, axes []string) string {
	best := ""
	for _, a := range axes {
		if best == "" || d.ByAxis[a] > d.ByAxis[best] {
			best = a
		}
	}
	if best == "" {
		return "none"
	}
	return fmt.Sprintf("%s (%s)", axisTitle(best), percent(d.ByAxis[best]))
}

func (b *builder) disagreementFigure() (*Figure, error) {
	ranked := slices.Clone(b.a.Disagreement)
	slices.SortStableFunc(ranked, func(x, y analysis.Disagreement) int { return cmp.Compare(y.Value.Value, x.Value.Value) })
	d := chart.StackData{Title: "disagreement of the axes"}
	for _, a := range b.a.Axes {
		d.Parts = append(d.Parts, chart.Group{Name: a, Axis: a})
	}
	t := &Table{ID: "disagreement-data", Title: "Disagreement by benchmark", Sortable: true,
		Columns: append(words("benchmark"), append(numbers("disagreement", "lower", "upper", "in top "+spelt(analysis.AmongFirst),
			"outlier"), numbers(b.a.Axes...)...)...)}
	for _, x := range ranked {
		name := b.a.Benchmarks[x.Benchmark]
		row := chart.StackRow{Label: name, Tip: fmt.Sprintf("%s: %s, most of it by %s", name, num(x.Value.Value, 3),
			largestShare(x, b.a.Axes))}
		cells := []Cell{head(name).at(anchor("disagreement", name)), plainEstimate(x), missing("no half-samples"),
			missing("no half-samples"), missing("no half-samples"), missing("no half-samples")}
		if x.Value.Level > 0 {
			cells[2], cells[3] = number(x.Value.Lo, 3), number(x.Value.Hi, 3)
			cells[4], cells[5] = number(x.TopThree, 2), number(x.Outlier, 2)
		}
		for _, a := range b.a.Axes {
			row.Values = append(row.Values, max(0, x.Value.Value)*x.ByAxis[a])
			cells = append(cells, number(x.ByAxis[a], 2))
		}
		d.Rows = append(d.Rows, row)
		t.Rows = append(t.Rows, cells)
		b.value(Value{Path: "/disagreement/" + name, Title: "disagreement of the axes on " + name,
			Anchor: anchor("disagreement", name)}.of(x.Value))
	}
	t.Caption = fmt.Sprintf("The share of each axis sums to 1. Interval: %s, over %s half-samples; in top %s and outlier are "+
		"shares of these.",
		wording.Percent(b.disagreementLevel()), group(b.a.Map.Replicates), spelt(analysis.AmongFirst))
	f := &Figure{ID: "disagreement", Title: "Disagreement of the axes.", Kind: "bars", Height: heightFor(len(d.Rows), 18, 90),
		Caption: fmt.Sprintf("Length is the disagreement score in %s of the map, colour the axis that contributes it; n = %s. "+
			"Benchmarks whose score is not above its noise floor have no bar.", wording.First(b.a.Map.Dims, "dimension"),
			count(len(d.Rows), "benchmark")),
		Alt: "Bars of disagreement by benchmark, split by axis, the largest on top.", Table: b.csv(t)}
	drawn, err := chart.Stacks(d)
	if err != nil {
		return nil, err
	}
	b.draw(f, drawn)
	return f, nil
}

func plainEstimate(x analysis.Disagreement) Cell {
	if !x.Value.OK() {
		return missing(x.Value.Missing)
	}
	return number(x.Value.Value, 3)
}

// performanceOf is the name of the performance overlap that pairs are judged by.
func (b *builder) performanceOf() string {
	if b.in.Axes[axis.Performance].Variant(gfree) != nil {
		return axis.Performance + "." + gfree
	}
	return axis.Performance
}

func (b *builder) pairsProse(drawn bool) Block {
	if len(b.a.Pairs) == 0 {
		return Block{}
	}
	total := 0
	var parts []string
	for _, l := range labels() {
		n := b.a.Correction.Flagged[l]
		total += n
		if b.a.Correction.Testable[l] > 0 {
			parts = append(parts, fmt.Sprintf("%s as %s (of %s testable)", group(n), labelTitles[l],
				group(b.a.Correction.Testable[l])))
		}
	}
	lead := ""
	if drawn {
		lead = fmt.Sprintf("@fig-pairs sets %s against %s.", axisTitle(b.performanceOf()), b.pairsAgainst())
	}
	tested := "No pair could be tested for a label: a label needs performance and at least one axis with a test of its own."
	if len(parts) > 0 {
		tested = fmt.Sprintf("Of %s, these were labelled at q = %s: %s.", count(b.a.Correction.Pairs, "pair"),
			wording.Level(b.a.Correction.Q), and(parts))
	}
	silence := "A pair without a label is not shown to be unremarkable; it was only not shown to be remarkable, and @tab-power " +
		"in the section on validity says how large an overlap had to be."
	if b.a.Power == nil {
		silence = "A pair without a label is not shown to be unremarkable; it was only not shown to be remarkable."
	}
	out := prose(lead, tested, silence)
	out.Prose = heading("Pairs").Prose + "\n\n" + out.Prose
	return out
}

// pairsAgainst names what the views of the pairs' figure show.
func (b *builder) pairsAgainst() string {
	switch {
	case b.in.Axes[axis.Neural] == nil:
		return "the overlap of questions"
	case b.in.Axes[axis.Semantic] == nil:
		return "the overlap of neural representations"
	}
	return "the overlap of questions and, in its second view, that of neural representations"
}

// pairName labels a pair in figures.
func (b *builder) pairName(p analysis.Pair) string {
	return b.a.Benchmarks[p.A] + " – " + b.a.Benchmarks[p.B]
}

// pairAnchor is the row of a pair, in the study's order.
func (b *builder) pairAnchor(x, y string) string {
	if slices.Index(b.a.Benchmarks, x) > slices.Index(b.a.Benchmarks, y) {
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

// pairsFigure is the scatter of performance overlap against semantic and neural overlap; nil where neither is there.
func (b *builder) pairsFigure() (*Figure, error) {
	x := b.performanceOf()
	var f *Figure
	for _, y := range []string{axis.Semantic, axis.Neural} {
		d, n := b.pairsData(x, y)
		if n == 0 {
			continue
		}
		if f == nil {
			drawn, err := chart.Scatter(d)
			if err != nil {
				return nil, err
			}
			f = &Figure{ID: "pairs", Title: "Pairs of benchmarks.", Kind: "scatter", Height: 520, First: "against " +
				axisTitle(y),
				Alt: "Scatter of pairs: overlap of scores against overlap of questions and of processing; labelled " +
					"pairs are named.",
				Caption: fmt.Sprintf("Each point is one of %s; named points carry a label. Right and low is where pairs would "+
					"stand that score alike without being alike, left and high those that are alike and score apart. The "+
					"numbers are in @tab-pairs.", count(n, "pair"))}
			b.draw(f, drawn)
			continue
		}
		if err := b.addView(f, y, "against "+axisTitle(y), func() (chart.Drawing, error) { return chart.Scatter(d) },
			nil); err != nil {
			return nil, err
		}
	}
	if f != nil && len(f.Views) == 0 {
		f.First = ""
	}
	return f, nil
}

// pairsData is the scatter of one pair of overlaps, with the number of its points.
func (b *builder) pairsData(x, y string) (chart.ScatterData, int) {
	d := chart.ScatterData{XTitle: "overlap of " + axisTitle(x), YTitle: "overlap of " + axisTitle(y), Unit: true,
		Groups: []chart.Group{{Name: "no label", Grey: true}}}
	for _, l := range labels() {
		d.Groups = append(d.Groups, chart.Group{Name: labelTitles[l]})
	}
	for _, p := range b.a.Pairs {
		ex, okX := p.Overlaps[x]
		ey, okY := p.Overlaps[y]
		if !okX || !okY || !ex.OK() || !ey.OK() {
			continue
		}
		point := chart.ScatterPoint{X: ex.Value, Y: ey.Value, Tip: fmt.Sprintf("%s: %s %s, %s %s", b.pairName(p), axisTitle(x),
			two(ex.Value), axisTitle(y), two(ey.Value))}
		for _, l := range flagged(p) {
			point.Group, point.Label = 1+slices.Index(labels(), l), b.pairName(p)
		}
		d.Points = append(d.Points, point)
	}
	return d, len(d.Points)
}
