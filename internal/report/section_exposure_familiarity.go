package report

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
)

// familiarity is what was found by reading benchmarks' own items to the models: prose and a row a benchmark.
func (s exposureSection) familiarity() []Block {
	var out []Block
	for _, text := range []string{perplexity.FamiliarityName, perplexity.FamiliarityName + ".answer"} {
		if len(byBenchmark(s.perplexity, text+".bits")) == 0 {
			continue
		}
		out = append(out, prose(s.familiarityProse(text), "It sees questions, never whether their answers were met, and high "+
			"familiarity may come from exposure or from wording that any model finds easy."),
			Block{Table: s.familiarityTable(text)})
	}
	return out
}

func (s exposureSection) familiarityProse(text string) string {
	facts := factsByName(s.perplexity)
	out := fmt.Sprintf("@tab-%s reads each benchmark's own questions to the models: the fewer bits per byte, the more familiar "+
		"they are. No score enters, so that its agreement with other axes is tested as theirs is.", familiarityID(text))
	if text != perplexity.FamiliarityName {
		out = fmt.Sprintf("@tab-%s does the same for questions with their right answers, which uses the key.",
			familiarityID(text))
	}
	free, ok := facts[text+".own.gfree"]
	raw, okRaw := facts[text+".own"]
	if !ok || !okRaw {
		return out
	}
	return out + fmt.Sprintf(" Over models, a benchmark's score correlates with its own familiarity at %s on average (%s; %s of "+
		"re-pairings of whole models lie between %s and %s), and at %s where both are cleared of their general factors "+
		"(%s to %s; p "+
		"%s); with the familiarity of other benchmarks they do so at %s and %s.", two(raw.Value), count(raw.N, "benchmark"),
		percent(perplexity.Level), two(facts[text+".own.lo"].Value), two(facts[text+".own.hi"].Value), two(free.Value),
		two(facts[text+".own.gfree.lo"].Value), two(facts[text+".own.gfree.hi"].Value), "= "+
			pValue(facts[text+".own.gfree.p"].Value),
		two(facts[text+".own.others"].Value), two(facts[text+".own.gfree.others"].Value))
}

func familiarityID(text string) string {
	if text == perplexity.FamiliarityName {
		return "familiarity"
	}
	return "familiarity-answer"
}

// familiarityTable has a row a benchmark.
func (s exposureSection) familiarityTable(text string) *Table {
	t := &Table{ID: familiarityID(text), Title: "Familiarity, benchmark by benchmark.", Sortable: true,
		Caption: "Score with own familiarity: over models, with the range of " + percent(perplexity.Level) +
			" of re-pairings of whole " +
			"models and the one-sided p, not adjusted for the number of benchmarks.",
		Columns: append(words("benchmark"), numbers("median bits per byte", "reliability",
			"reliability without the general factor",
			"score with own familiarity", "re-paired from", "re-paired to", "p", "the same without the general factors",
			"re-paired from", "re-paired to", "p")...)}
	for i, id := range s.a.Benchmarks {
		row := []Cell{head(s.names.Benchmark(id)), s.valueOf(text+".bits", i), s.valueOf(text+".reliability", i),
			s.valueOf(text+".reliability.gfree", i)}
		for _, own := range []string{text + ".own", text + ".own.gfree"} {
			row = append(row, s.valueOf(own, i), s.endOf(own+".lo", i), s.endOf(own+".hi", i), s.chanceOf(own, i))
		}
		t.Rows = append(t.Rows, row)
	}
	return s.files.csv(t)
}

// valueOf is a named number of a benchmark, which prose can cite.
func (s exposureSection) valueOf(name string, i int) Cell {
	for _, v := range byBenchmark(s.perplexity, name) {
		x, ok := v.Values.At(i, 0)
		if !ok {
			return missing(v.Values.Reason(i, 0))
		}
		id := s.a.Benchmarks[i]
		at := anchor("benchmark", id, axis.Perplexity, name)
		s.values.add(Value{Path: "/benchmark/" + id + "/" + axis.Perplexity + "/" + name, Title: v.Title + " of " +
			s.names.Benchmark(id), Number: x, Method: v.Method, Anchor: at})
		return number(x, 2).at(at)
	}
	return missing("not computed")
}

// endOf is an end of the range that re-pairing gives, which has no anchor of its own.
func (s exposureSection) endOf(name string, i int) Cell {
	if v, ok := s.plain(name, i); ok {
		return number(v, 2)
	}
	return missing("there is nothing to re-pair")
}

func (s exposureSection) chanceOf(name string, i int) Cell {
	if p, ok := s.plain(name+".p", i); ok {
		return probability(&p, "")
	}
	return missing("there is nothing to re-pair")
}

func (s exposureSection) plain(name string, i int) (float64, bool) {
	for _, v := range byBenchmark(s.perplexity, name) {
		return v.Values.At(i, 0)
	}
	return 0, false
}
