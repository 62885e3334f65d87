package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/wording"
)

func (s validitySection) reliabilityProse(r *axis.Result) Block {
	v := byBenchmark(r, "reliability")
	if len(v) == 0 {
		return Block{}
	}
	known, low := 0, []string(nil)
	for i, name := range s.a.Benchmarks {
		if r, ok := v[0].Values.At(i, 0); ok {
			known++
			if r < performance.LowReliability {
				low = append(low, "**"+esc(s.names.Benchmark(name))+"** ("+two(r)+")")
			}
		}
	}
	if known == 0 {
		return prose("Reliability needs item-level results, or the items or standard errors of the scores of a " +
			"table; this study " +
			"has neither.")
	}
	if s.scores != nil && s.scores.Imported {
		return errorsProse(low, known)
	}
	out := fmt.Sprintf("Split-half reliability (@tab-benchmarks) says how well half of a benchmark's items predict how models "+
		"rank on the other half; it bounds every overlap of scores. It is below %s for %s of %s.",
		wording.Number(performance.LowReliability), spelt(len(low)), count(known, "benchmark"))
	return prose(out, "Reliability without the general factor is the stricter one: a benchmark may rank good models above bad "+
		"ones dependably and still carry nothing of its own.")
}

// errorsProse names the benchmarks of a table of scores whose scores are mostly noise, and says how that was found.
func errorsProse(low []string, known int) Block {
	first := fmt.Sprintf("No reliability lies below %s.", wording.Number(performance.LowReliability))
	if len(low) > 0 {
		first = fmt.Sprintf("Below a reliability of %s lie %s: what their correlations say is mostly noise.",
			wording.Number(performance.LowReliability), wording.And(low))
	}
	return prose(first, fmt.Sprintf("For %s it is estimated by the standard errors of scores (@tab-benchmarks), which is no "+
		"split-half reliability: it takes items as drawn anew for each model and understates reliability where all "+
		"models have the "+
		"same. It bounds every overlap of scores.", count(known, "benchmark")))
}

// benchmarkTable shows every named number that an axis gives for each benchmark.
func (s validitySection) benchmarkTable() *Table {
	t := &Table{ID: "benchmarks", Title: "What is known of each benchmark.", Sortable: true,
		Columns: append(words("benchmark", "family", "format"), numbers("items")...),
		Caption: "Headings explain themselves on hover; the section on methods has every formula."}
	var all []axis.BenchmarkValue
	var from []string
	for _, name := range axis.Names() {
		if r := s.axes[name]; r != nil {
			for _, v := range r.ByBenchmark {
				if perplexity.IsFamiliarity(v.Name) {
					continue // the section on exposure has a table of it
				}
				all, from = append(all, v), append(from, name)
				t.Columns = append(t.Columns, Column{Title: v.Title, Note: name + " axis: " + v.Method, Numeric: true})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	for i, name := range s.a.Benchmarks {
		items := missing("not known")
		if t := s.scores; t != nil {
			if least, most := t.ItemsBehind(i); least > 0 && least == most {
				items = whole(least)
			} else if most > 0 {
				items = text(fmt.Sprintf("%s to %s", group(least), group(most)))
			}
		}
		row := []Cell{head(s.names.Benchmark(name)), text(s.a.Families[i]), text(s.a.Formats[i]), items}
		for k, v := range all {
			at := anchor("benchmark", name, from[k], v.Name)
			x, ok := v.Values.At(i, 0)
			if !ok {
				row = append(row, missing(v.Values.Reason(i, 0)))
				continue
			}
			row = append(row, number(x, 3).at(at))
			s.values.add(Value{Path: "/benchmark/" + name + "/" + from[k] + "/" + v.Name, Title: v.Title + " of " +
				s.names.Benchmark(name),
				Number: x, Method: v.Method, Anchor: at})
		}
		t.Rows = append(t.Rows, row)
	}
	return s.files.csv(t)
}

// residueProse counts what scoring had to decide; skipped are the rows that were left out.
func residueProse(s *axis.ScoreTable, skipped int) Block {
	if s == nil || s.Imported || s.Logs != nil {
		return Block{}
	}
	ties, straddled, truncated := 0, 0, 0
	for i := range s.Benchmarks {
		ties, straddled, truncated = ties+total(s.Ties[i]), straddled+total(s.Straddled[i]), truncated+total(s.Truncated[i])
	}
	replies := items(s) * len(s.Models)
	out := fmt.Sprintf("Of %s, %s had more than one best choice (the first of them counts), %s had a context that is no prefix "+
		"of context and choice by tokens, and %s did not fit their model's context.",
		count(replies, "scored item"), group(ties), group(straddled), group(truncated))
	rows := "No row of a benchmark's file was left out."
	if skipped > 0 {
		rows = fmt.Sprintf("Of the benchmarks' files, %s could not be read and %s left out, as the study allows "+
			"(@tab-skipped).", count(skipped, "row"), were(skipped))
	}
	return prose(out, unseen(s), refused(s), rows)
}

// refused counts what models could not take or did not answer.
func refused(s *axis.ScoreTable) string {
	var parts []string
	if s.Refused != nil {
		prompts, dropped := 0, 0
		for i := range s.Refused {
			prompts, dropped = prompts+total(s.Refused[i]), dropped+s.Dropped[i]
		}
		parts = append(parts, fmt.Sprintf("A model could not take %s, too long for it or with bytes that it has no "+
			"tokens for; %s "+
			"left out of the scores of all models.", count(prompts, "prompt"), wording.Are(dropped, "item")))
	}
	if s.Empty != nil {
		n := 0
		for i := range s.Empty {
			n += total(s.Empty[i])
		}
		parts = append(parts, fmt.Sprintf("To %s a model answered nothing.", count(n, "prompt")))
	}
	if s.Unmatched != nil {
		n := 0
		for i := range s.Unmatched {
			n += total(s.Unmatched[i])
		}
		parts = append(parts, fmt.Sprintf("In %s the benchmark's rule finds no answer, which counts as wrong.",
			count(n, "reply")))
	}
	return strings.Join(parts, " ")
}

// unseen counts the choices by letter of which the backend showed a part.
func unseen(s *axis.ScoreTable) string {
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

func residueTable(s *axis.ScoreTable, files fileSet) *Table {
	if s == nil || s.Imported || s.Logs != nil {
		return nil
	}
	t := &Table{ID: "residue", Title: "Residue of scoring.", Folded: true, Caption: "Counts are over all models.",
		Columns: append(words("benchmark"), numbers("items", "ties", "all choices equal", "straddled", "truncated",
			"rows left out")...)}
	optional := append([]counted{{s.Unseen, "letters not shown"}}, unanswered(s)...)
	for _, o := range optional {
		if o.counts != nil {
			t.Columns = append(t.Columns, numbers(o.title)...)
		}
	}
	for i, name := range s.Benchmarks {
		row := []Cell{head(name), whole(len(s.Items[i])), whole(total(s.Ties[i])), whole(total(s.Equal[i])),
			whole(total(s.Straddled[i])), whole(total(s.Truncated[i])), whole(s.Skipped[i])}
		for _, o := range optional {
			if o.counts != nil {
				row = append(row, whole(total(o.counts[i])))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return files.csv(t)
}

// counted is a kind of reply that is counted by benchmark and model; counts are nil where there are none.
type counted struct {
	counts [][]int
	title  string
}

// unanswered are the kinds of prompts that a model could not take, or did not answer.
func unanswered(s *axis.ScoreTable) []counted {
	return []counted{{s.Refused, "prompts not taken"}, {s.Empty, "empty replies"}, {s.Unmatched, "replies without an answer"}}
}

// unansweredTable says which models they are of; nil where there are none.
func unansweredTable(s *axis.ScoreTable, files fileSet) *Table {
	if s == nil || s.Imported || s.Logs != nil {
		return nil
	}
	kinds := slices.DeleteFunc(unanswered(s), func(k counted) bool { return k.counts == nil })
	if len(kinds) == 0 {
		return nil
	}
	t := &Table{ID: "unanswered", Title: "Prompts without an answer, by model.", Folded: true,
		Columns: words("benchmark", "model")}
	for _, k := range kinds {
		t.Columns = append(t.Columns, numbers(k.title)...)
	}
	for b, benchmark := range s.Benchmarks {
		for m, model := range s.Models {
			row, any := []Cell{head(benchmark), head(model)}, false
			for _, k := range kinds {
				row, any = append(row, whole(k.counts[b][m])), any || k.counts[b][m] > 0
			}
			if any {
				t.Rows = append(t.Rows, row)
			}
		}
	}
	return files.csv(t)
}

func skippedTable(skipped []SkippedRow, files fileSet) *Table {
	if len(skipped) == 0 {
		return nil
	}
	t := &Table{ID: "skipped", Title: "Rows left out.", Folded: true,
		Columns: append(words("file"), append(numbers("line"), words("why")...)...)}
	for _, r := range skipped {
		t.Rows = append(t.Rows, []Cell{head(r.File), whole(r.Line), text(r.Reason)})
	}
	return files.csv(t)
}
