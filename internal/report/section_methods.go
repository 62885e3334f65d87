package report

import (
	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/axis/semantic"
	"sdmap/internal/stats"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// methodsSection is what was computed, from what was run.
type methodsSection struct {
	study  *study.Study
	a      *analysis.Analysis
	axes   map[string]*axis.Result
	scores *axis.ScoreTable
	files  fileSet
}

func (s methodsSection) write() (*Section, error) {
	blocks := []Block{prose("This section is written from the study's options and from what the axes say they did; it holds "+
		"for this report and not for sdmap in general.",
		"An overlap is a likeness of two benchmarks between −1 and 1. Whatever is not defined is missing with its reason, and "+
			"is neither 0 nor left out in silence.")}
	blocks = append(blocks, s.scoringMethods()...)
	for _, name := range axis.Names() {
		if s.axes[name].Primary() != nil {
			blocks = append(blocks, s.axisMethods(name)...)
		}
	}
	blocks = append(blocks, account("Comparison and map", s.a.Methods(s.study.Seed)...)...)
	blocks = append(blocks, Block{Table: s.measureTable()}, Block{Table: s.testTable()}, Block{Table: s.factTable()})
	return newSection("methods", "Methods", "", blocks...), nil
}

func (s methodsSection) scoringMethods() []Block {
	if s.scores == nil {
		return nil
	}
	return account("Scores", performance.ScoringMethods(s.study.Benchmarks, s.scores, outside))
}

// basis is what the scores rest on; where there are none, what runs would give.
func basis(t *axis.ScoreTable) performance.Basis {
	if t == nil {
		return performance.Basis{Items: true}
	}
	return performance.BasisOf(t)
}

// axisMethods is the account of one axis, as its package gives it.
func (s methodsSection) axisMethods(name string) []Block {
	o := s.study.Axes
	title := capital(name)
	switch {
	case name == axis.Performance && o.Performance != nil:
		on := basis(s.scores)
		on.NoHigh = s.axes[name].Test("high") == nil
		return account(title, performance.Methods(*o.Performance, on)...)
	case name == axis.Perplexity && o.Perplexity != nil:
		return account(title, perplexity.Methods(*o.Perplexity, s.study.Corpus != nil || o.Perplexity.Import != "", outside)...)
	case name == axis.Semantic && o.Semantic != nil:
		return account(title, semantic.Methods(*o.Semantic, outside)...)
	case name == axis.Neural && o.Neural != nil:
		return account(title, neural.Methods(*o.Neural, outside)...)
	}
	return account(title, wording.Paragraph{esc(sentence(s.axes[name].Primary().Method))})
}

// account is paragraphs under a heading.
func account(title string, paragraphs ...wording.Paragraph) []Block {
	out := []Block{heading(title)}
	for _, p := range paragraphs {
		out = append(out, prose(p...))
	}
	return out
}

// measureTable lists every measure as its axis describes it.
func (s methodsSection) measureTable() *Table {
	t := &Table{ID: "measures", Title: "Measures.", Folded: true,
		Columns: append(words("axis", "measure", "what it is", "method"), append(numbers("n"), words("of", "role")...)...),
		Caption: "The first measure of each axis enters the map. What a value means shows beside the study's own: " +
			"the quartiles " +
			"over pairs, and what two halves of one benchmark give, the median over benchmarks, where the axis cuts them in two."}
	t.Columns = append(t.Columns, numbers("two halves of one benchmark", "lower quartile", "median", "upper quartile")...)
	for _, name := range axis.Names() {
		r := s.axes[name]
		if r == nil {
			continue
		}
		for i, v := range r.Variants {
			role := ""
			switch {
			case i == 0:
				role = "primary"
			case v.Baseline:
				role = "control"
			case v.Distance:
				role = "distance"
			}
			t.Rows = append(t.Rows, append([]Cell{head(name), text(v.Name), text(v.Title), text(v.Method), behindMeasure(&v),
				text(v.Unit), text(role)}, scale(&v)...))
		}
	}
	return s.files.filled(t)
}

// behindMeasure is n of a measure: where it differs between pairs, the least and the most behind those that have a value.
func behindMeasure(v *axis.Variant) Cell {
	least, most := v.Used()
	if least == most {
		return whole(most)
	}
	return text(behindText(least, most))
}

func behindText(least, most int) string {
	if least == most {
		return group(most)
	}
	return group(least) + " to " + group(most)
}

// scale is what the values of a measure are to be read against.
func scale(v *axis.Variant) []Cell {
	cells := []Cell{missing("the axis does not cut benchmarks in two")}
	if v.Floor != nil {
		cells[0] = number(*v.Floor, 3)
	}
	_, values := v.Overlap.UpperTriangle()
	for k := range 3 {
		q, err := stats.Quantile(values, float64(k+1)/4)
		if err != nil {
			cells = append(cells, missing(err.Error()))
			continue
		}
		cells = append(cells, number(q, 3))
	}
	return cells
}

func (s methodsSection) testTable() *Table {
	t := &Table{ID: "tests", Title: "Tests of pairs.", Folded: true,
		Columns: append(words("axis", "test", "null hypothesis", "method"), numbers("replicates")...)}
	for _, name := range axis.Names() {
		if r := s.axes[name]; r != nil {
			for _, x := range r.Tests {
				t.Rows = append(t.Rows, []Cell{head(name), text(x.Name), text(x.Null), text(x.Method), whole(x.N)})
			}
		}
	}
	return s.files.filled(t)
}

// factTable lists every single number that an axis names.
func (s methodsSection) factTable() *Table {
	t := &Table{ID: "facts", Title: "Single numbers of the axes.", Folded: true,
		Columns: append(words("axis", "quantity"), append(numbers("value", "n"), words("method")...)...)}
	for _, name := range axis.Names() {
		for _, f := range factsOf(s.axes[name]) {
			v := number(f.Value, 3)
			if f.Value == float64(int(f.Value)) {
				v = whole(int(f.Value))
			}
			t.Rows = append(t.Rows, []Cell{head(name), text(f.Title), v.at(anchor("fact", name, f.Name)), whole(f.N),
				text(f.Method)})
		}
	}
	return s.files.filled(t)
}
