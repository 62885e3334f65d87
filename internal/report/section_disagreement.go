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

// disagreementSection is "Where the axes disagree": benchmarks by disagreement, then pairs.
type disagreementSection struct {
	a      *analysis.Analysis
	pairs  pairs
	names  *axis.Labels
	files  fileSet
	values valueSet
}

func (s disagreementSection) write() (*Section, error) {
	var blocks []Block
	if len(s.a.Disagreement) > 0 {
		f, err := s.figure()
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, s.prose(), Block{Figure: f})
	} else {
		blocks = append(blocks, prose("How far a benchmark's axes lie apart is measured on the map, and this study has none.",
			why(s.a)))
	}
	pairs, err := s.pairs.figure()
	if err != nil {
		return nil, err
	}
	blocks = append(blocks, s.pairs.prose(pairs != nil))
	if pairs != nil {
		blocks = append(blocks, Block{Figure: pairs})
	}
	blocks = append(blocks, Block{Table: s.pairs.flagTable()}, Block{Table: s.pairs.table()})
	return newSection("disagreement", "Where the axes disagree", "Disagreement", blocks...), nil
}

func (s disagreementSection) prose() Block {
	n := 0
	for _, d := range s.a.Disagreement {
		if d.Value.Level > 0 && d.Value.Lo > 0 {
			n++
		}
	}
	lead := "@fig-disagreement ranks the benchmarks by disagreement: the squared distances of the axes' points to the " +
		"compromise point, weighted as in the map, less what the noise of half-samples alone would put between them."
	if s.a.Map.Replicates < axis.FewestForSpread {
		return prose(lead, fmt.Sprintf("There are too few half-samples for that floor and for intervals here, fewer than %d, "+
			"so small values say nothing.", axis.FewestForSpread))
	}
	interval := wording.Percent(s.level()) + " interval"
	part := fmt.Sprintf("For %s of %s the %s lies above zero, so that the axes part by more than sampling would make them",
		group(n), count(len(s.a.Disagreement), "benchmark"), interval)
	if n == 0 {
		part = fmt.Sprintf("For none of %s does the %s lie above zero, so it is not shown that the axes part by more than "+
			"sampling would make them", count(len(s.a.Disagreement), "benchmark"), interval)
	}
	return prose(lead, part+".", "A high value does not say which axis is right; the colours say which one stands alone.")
}

// level is that of the intervals of disagreement; 0 where there are none.
func (s disagreementSection) level() float64 {
	for _, d := range s.a.Disagreement {
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

func (s disagreementSection) figure() (*Figure, error) {
	ranked := slices.Clone(s.a.Disagreement)
	slices.SortStableFunc(ranked, func(x, y analysis.Disagreement) int { return cmp.Compare(y.Value.Value, x.Value.Value) })
	d := chart.StackData{Title: "disagreement of the axes"}
	for _, a := range s.a.Axes {
		d.Parts = append(d.Parts, chart.Group{Name: a, Axis: a})
	}
	t := &Table{ID: "disagreement-data", Title: "Disagreement by benchmark", Sortable: true,
		Columns: append(words("benchmark"), append(numbers("disagreement", "lower", "upper", "in top "+spelt(analysis.AmongFirst),
			"outlier"), numbers(s.a.Axes...)...)...)}
	for _, x := range ranked {
		name := s.a.Benchmarks[x.Benchmark]
		title := s.names.Benchmark(name)
		row := chart.StackRow{Label: title, Tip: fmt.Sprintf("%s: %s, most of it by %s", title, num(x.Value.Value, 3),
			largestShare(x, s.a.Axes))}
		cells := []Cell{head(title).at(anchor("disagreement", name)), plainEstimate(x), missing("no half-samples"),
			missing("no half-samples"), missing("no half-samples"), missing("no half-samples")}
		if x.Value.Level > 0 {
			cells[2], cells[3] = number(x.Value.Lo, 3), number(x.Value.Hi, 3)
			cells[4], cells[5] = number(x.TopThree, 2), number(x.Outlier, 2)
		}
		for _, a := range s.a.Axes {
			row.Values = append(row.Values, max(0, x.Value.Value)*x.ByAxis[a])
			cells = append(cells, number(x.ByAxis[a], 2))
		}
		d.Rows = append(d.Rows, row)
		t.Rows = append(t.Rows, cells)
		s.values.add(Value{Path: "/disagreement/" + name, Title: "disagreement of the axes on " + title,
			Anchor: anchor("disagreement", name)}.of(x.Value))
	}
	t.Caption = fmt.Sprintf("The share of each axis sums to 1. Interval: %s, over %s half-samples; in top %s and outlier are "+
		"shares of these.",
		wording.Percent(s.level()), group(s.a.Map.Replicates), spelt(analysis.AmongFirst))
	f := &Figure{ID: "disagreement", Title: "Disagreement of the axes.", Height: heightFor(len(d.Rows), 18, 90),
		Caption: fmt.Sprintf("Length is the disagreement score in %s of the map, colour the axis that contributes it; n = %s. "+
			"Benchmarks whose score is not above its noise floor have no bar.", wording.First(s.a.Map.Dims, "dimension"),
			count(len(d.Rows), "benchmark")),
		Alt: "Bars of disagreement by benchmark, split by axis, the largest on top.", Table: s.files.csv(t)}
	drawn, err := chart.Stacks(d)
	if err != nil {
		return nil, err
	}
	s.files.draw(f, drawn)
	return f, nil
}

func plainEstimate(x analysis.Disagreement) Cell {
	if !x.Value.OK() {
		return missing(x.Value.Missing)
	}
	return number(x.Value.Value, 3)
}
