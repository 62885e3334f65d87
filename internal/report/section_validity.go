package report

import (
	"fmt"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/wording"
)

// validity writes what a reviewer asks first: alarms, reliability, residue of scoring, power and correction.
func (b *builder) validity() error {
	blocks := []Block{b.alarmsProse(), {Table: b.alarmTable()}, b.powerProse(), {Table: b.powerTable()},
		{Table: b.correctionTable()},
		b.reliabilityProse(), {Table: b.reliabilityTable()}, b.residueProse(), {Table: b.residueTable()},
		{Table: b.skippedTable()}}
	if warnings := b.axisWarnings(); len(warnings) > 0 {
		blocks = append(blocks, heading("What each axis warns of"), list(warnings))
	}
	b.section("validity", "Validity", "", blocks...)
	return nil
}

func (b *builder) alarmsProse() Block {
	if len(b.a.Alarms) == 0 {
		if b.in.Axes[axis.Performance] == nil {
			return prose("Alarms come from the scores, and this study has none, so nothing is known of floors, " +
				"ceilings or noise.")
		}
		return prose("No alarm was raised: no benchmark is at chance or at its ceiling, none is too unreliable to compare, and " +
			"no two share items.")
	}
	blocking := 0
	for _, a := range b.a.Alarms {
		if a.Blocks {
			blocking++
		}
	}
	return prose(fmt.Sprintf("@tab-alarms lists %s, %s of which %s labels.", count(len(b.a.Alarms), "alarm"), spelt(blocking),
		map[bool]string{true: "blocks", false: "block"}[blocking == 1]),
		"A pair with a benchmark under a blocking alarm is given no label, however large its overlap: what looks like kinship "+
			"there may be shared noise.")
}

func (b *builder) alarmTable() *Table {
	if len(b.a.Alarms) == 0 {
		return nil
	}
	t := &Table{ID: "alarms", Title: "Alarms.", Columns: words("kind", "benchmark", "what was seen", "what to do",
		"blocks labels")}
	for _, a := range b.a.Alarms {
		blocks := "no"
		if a.Blocks {
			blocks = "yes"
		}
		name := a.Benchmark
		if a.Other != "" {
			name = strings.TrimPrefix(name+", "+a.Other, ", ")
		}
		t.Rows = append(t.Rows, []Cell{head(strings.ReplaceAll(a.Kind, "-", " ")), text(name), text(a.Text), text(a.Advice),
			text(blocks)})
	}
	return b.csv(t)
}

func (b *builder) powerProse() Block {
	p := b.a.Power
	if p == nil {
		return Block{}
	}
	return prose(fmt.Sprintf("With %s, an overlap without the general factor had to reach about %s to pass the performance "+
		"part of a label half of the time (@tab-power).", count(p.N, "model"), two(p.Value)),
		"Smaller overlaps can be real and stay without a label; to see them, a study needs more models of more lineages rather "+
			"than more items.")
}

// powerTable shows the facts of the performance axis on what could have been seen.
func (b *builder) powerTable() *Table {
	if b.a.Power == nil {
		return nil
	}
	t := &Table{ID: "power", Title: "What this study could see.",
		Columns: append(words("quantity"), append(numbers("value", "n models"), words("method")...)...)}
	rows := []axis.Value{*b.a.Power}
	for _, f := range factsOf(b.in.Axes[axis.Performance]) {
		if strings.HasPrefix(f.Name, "power") && f.Name != b.a.Power.Name {
			rows = append(rows, f)
		}
	}
	for _, f := range rows {
		at := anchor("power", f.Name)
		t.Rows = append(t.Rows, []Cell{head(f.Title), number(f.Value, 2).at(at), whole(f.N), text(f.Method)})
		b.value(Value{Path: "/" + strings.ReplaceAll(f.Name, ".", "/"), Title: f.Title, Number: f.Value, N: f.N, Method: f.Method,
			Anchor: at})
	}
	return b.csv(t)
}

func (b *builder) correctionTable() *Table {
	if len(b.a.Pairs) == 0 {
		return nil
	}
	c := b.a.Correction
	t := &Table{ID: "correction", Title: "Pairs tested and labelled.",
		Caption: fmt.Sprintf("Benjamini-Yekutieli over %s; q = %s; %s in all. A pair is testable for a label when every part "+
			"of its test could be computed and no alarm blocks it.", analysis.Corrected(), wording.Level(c.Q),
			count(c.Pairs, "pair")),
		Columns: append(words("label"), numbers("testable", "labelled")...)}
	for _, l := range labels() {
		at := anchor("labelled", l)
		t.Rows = append(t.Rows, []Cell{head(labelTitles[l]), whole(c.Testable[l]), whole(c.Flagged[l]).at(at)})
		b.value(Value{Path: "/labelled/" + l, Title: "pairs labelled " + labelTitles[l], Number: float64(c.Flagged[l]),
			N: c.Testable[l], Anchor: at})
		b.value(Value{Path: "/testable/" + l, Title: "pairs testable for " + labelTitles[l], Number: float64(c.Testable[l]),
			N: c.Pairs, Anchor: at})
	}
	return b.csv(t)
}

func (b *builder) reliabilityProse() Block {
	v := b.byBenchmark(axis.Performance, "reliability")
	if len(v) == 0 {
		return Block{}
	}
	known, low := 0, 0
	for i := range b.a.Benchmarks {
		if r, ok := v[0].Values.At(i, 0); ok {
			known++
			if r < performance.LowReliability {
				low++
			}
		}
	}
	if known == 0 {
		return prose("Reliability needs item-level results, which this study does not have.")
	}
	out := fmt.Sprintf("Split-half reliability (@tab-benchmarks) says how well half of a benchmark's items predict how models "+
		"rank on the other half; it bounds every overlap of scores. It is below %s for %s of %s.",
		wording.Number(performance.LowReliability), spelt(low), count(known, "benchmark"))
	return prose(out, "Reliability without the general factor is the stricter one: a benchmark may rank good models above bad "+
		"ones dependably and still carry nothing of its own.")
}

// reliabilityTable shows every named number that an axis gives for each benchmark.
func (b *builder) reliabilityTable() *Table {
	t := &Table{ID: "benchmarks", Title: "What is known of each benchmark.", Sortable: true,
		Columns: append(words("benchmark", "family", "format"), numbers("items")...),
		Caption: "Headings explain themselves on hover; the section on methods has every formula."}
	var all []axis.BenchmarkValue
	var from []string
	for _, name := range axis.Names() {
		if r := b.in.Axes[name]; r != nil {
			for _, v := range r.ByBenchmark {
				all, from = append(all, v), append(from, name)
				t.Columns = append(t.Columns, Column{Title: v.Title, Note: name + " axis: " + v.Method, Numeric: true})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	for i, name := range b.a.Benchmarks {
		items := missing("not known")
		if s := b.in.Scores; s != nil && len(s.Items[i]) > 0 {
			items = whole(len(s.Items[i]))
		}
		row := []Cell{head(name), text(b.a.Families[i]), text(b.a.Formats[i]), items}
		for k, v := range all {
			at := anchor("benchmark", name, from[k], v.Name)
			x, ok := v.Values.At(i, 0)
			if !ok {
				row = append(row, missing(v.Values.Reason(i, 0)))
				continue
			}
			row = append(row, number(x, 3).at(at))
			b.value(Value{Path: "/benchmark/" + name + "/" + from[k] + "/" + v.Name, Title: v.Title + " of " + name, Number: x,
				Method: v.Method, Anchor: at})
		}
		t.Rows = append(t.Rows, row)
	}
	return b.csv(t)
}

func (b *builder) residueProse() Block {
	s := b.in.Scores
	if s == nil || s.Imported {
		return Block{}
	}
	ties, straddled, truncated := 0, 0, 0
	for i := range s.Benchmarks {
		ties, straddled, truncated = ties+total(s.Ties[i]), straddled+total(s.Straddled[i]), truncated+total(s.Truncated[i])
	}
	replies := b.items() * len(s.Models)
	out := fmt.Sprintf("Of %s, %s had more than one best choice (the first of them counts), %s had a context that is no prefix "+
		"of context and choice by tokens, and %s did not fit their model's context.",
		count(replies, "scored item"), group(ties), group(straddled), group(truncated))
	skipped := "No row of a benchmark's file was left out."
	if n := len(b.in.Skipped); n > 0 {
		skipped = fmt.Sprintf("Of the benchmarks' files, %s could not be read and %s left out, as the study allows "+
			"(@tab-skipped).", count(n, "row"), were(n))
	}
	return prose(out, b.unseen(), skipped)
}

// unseen counts the choices by letter of which the backend showed a part.
func (b *builder) unseen() string {
	s := b.in.Scores
	if s.ByLetter == nil {
		return ""
	}
	n := 0
	for i := range s.Unseen {
		n += total(s.Unseen[i])
	}
	return fmt.Sprintf("In %s by letter the backend did not show every letter; those count as less likely than any that it "+
		"showed, and as equal among themselves.", count(n, "choice"))
}

func total(byModel []int) int {
	n := 0
	for _, k := range byModel {
		n += k
	}
	return n
}

func (b *builder) residueTable() *Table {
	s := b.in.Scores
	if s == nil || s.Imported {
		return nil
	}
	t := &Table{ID: "residue", Title: "Residue of scoring.", Folded: true, Caption: "Counts are over all models.",
		Columns: append(words("benchmark"), numbers("items", "ties", "all choices equal", "straddled", "truncated",
			"rows left out")...)}
	if s.ByLetter != nil {
		t.Columns = append(t.Columns, numbers("letters not shown")...)
	}
	for i, name := range s.Benchmarks {
		row := []Cell{head(name), whole(len(s.Items[i])), whole(total(s.Ties[i])), whole(total(s.Equal[i])),
			whole(total(s.Straddled[i])), whole(total(s.Truncated[i])), whole(s.Skipped[i])}
		if s.ByLetter != nil {
			row = append(row, whole(total(s.Unseen[i])))
		}
		t.Rows = append(t.Rows, row)
	}
	return b.csv(t)
}

func (b *builder) skippedTable() *Table {
	if len(b.in.Skipped) == 0 {
		return nil
	}
	t := &Table{ID: "skipped", Title: "Rows left out.", Folded: true,
		Columns: append(words("file"), append(numbers("line"), words("why")...)...)}
	for _, r := range b.in.Skipped {
		t.Rows = append(t.Rows, []Cell{head(r.File), whole(r.Line), text(r.Reason)})
	}
	return b.csv(t)
}

// axisWarnings lists what the axes say about themselves and their measures.
func (b *builder) axisWarnings() []string {
	out := b.modelWarnings()
	for _, name := range axis.Names() {
		r := b.in.Axes[name]
		if r == nil {
			continue
		}
		for _, w := range r.Warnings {
			out = append(out, fmt.Sprintf("**%s.** %s", name, esc(sentence(w))))
		}
		for _, v := range r.Variants {
			for _, w := range v.Warnings {
				out = append(out, fmt.Sprintf("**%s, %s.** %s", name, esc(v.Title), esc(sentence(w))))
			}
		}
	}
	for _, w := range b.a.Warnings {
		out = append(out, esc(sentence(w)))
	}
	return out
}
