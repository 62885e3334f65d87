package report

import (
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/axis/semantic"
	"sdmap/internal/wording"
)

// methods writes what was computed, from what was run.
func (b *builder) methods() error {
	blocks := []Block{prose("This section is written from the study's options and from what the axes say they did; it holds "+
		"for this report and not for sdmap in general.",
		"An overlap is a likeness of two benchmarks between −1 and 1. Whatever is not defined is missing with its reason, and "+
			"is neither 0 nor left out in silence.")}
	blocks = append(blocks, b.scoringMethods()...)
	for _, name := range axis.Names() {
		if b.in.Axes[name].Primary() != nil {
			blocks = append(blocks, b.axisMethods(name)...)
		}
	}
	blocks = append(blocks, account("Comparison and map", b.a.Methods(b.in.Study.Seed)...)...)
	blocks = append(blocks, Block{Table: b.measureTable()}, Block{Table: b.testTable()}, Block{Table: b.factTable()})
	b.section("methods", "Methods", "", blocks...)
	return nil
}

func (b *builder) scoringMethods() []Block {
	if b.in.Scores == nil {
		return nil
	}
	return account("Scores", performance.ScoringMethods(b.in.Study.Benchmarks, b.in.Scores, outside))
}

// axisMethods is the account of one axis, as its package gives it.
func (b *builder) axisMethods(name string) []Block {
	o := b.in.Study.Axes
	title := capital(name)
	switch {
	case name == axis.Performance && o.Performance != nil:
		return account(title, performance.Methods(*o.Performance, b.in.Scores == nil || !b.in.Scores.Imported)...)
	case name == axis.Perplexity && o.Perplexity != nil:
		return account(title, perplexity.Methods(*o.Perplexity, outside)...)
	case name == axis.Semantic && o.Semantic != nil:
		return account(title, semantic.Methods(*o.Semantic, outside)...)
	case name == axis.Neural && o.Neural != nil:
		return account(title, neural.Methods(*o.Neural, outside)...)
	}
	return account(title, wording.Paragraph{esc(sentence(b.in.Axes[name].Primary().Method))})
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
func (b *builder) measureTable() *Table {
	t := &Table{ID: "measures", Title: "Measures.", Folded: true,
		Columns: append(words("axis", "measure", "what it is", "method"), append(numbers("n"), words("of", "role")...)...),
		Caption: "The first measure of each axis enters the map."}
	for _, name := range axis.Names() {
		r := b.in.Axes[name]
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
			t.Rows = append(t.Rows, []Cell{head(name), text(v.Name), text(v.Title), text(v.Method), whole(v.N), text(v.Unit),
				text(role)})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return b.csv(t)
}

func (b *builder) testTable() *Table {
	t := &Table{ID: "tests", Title: "Tests of pairs.", Folded: true,
		Columns: append(words("axis", "test", "null hypothesis", "method"), numbers("replicates")...)}
	for _, name := range axis.Names() {
		if r := b.in.Axes[name]; r != nil {
			for _, x := range r.Tests {
				t.Rows = append(t.Rows, []Cell{head(name), text(x.Name), text(x.Null), text(x.Method), whole(x.N)})
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return b.csv(t)
}
