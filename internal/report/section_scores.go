package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/wording"
)

// repliesKind is the kind of the actions that scores come from.
const repliesKind = "performance/replies"

// scoresSection is the table of models by benchmarks, and the files with items.
type scoresSection struct {
	t       *axis.ScoreTable
	names   *axis.Labels
	actions []Action
	listed  bool // whether Provenance has rows of models, to lead to
	files   fileSet
	values  valueSet
}

func (s scoresSection) write() (*Section, error) {
	t := s.t
	if t == nil {
		return newSection("scores", "Scores", "", prose("This study has no scores.")), nil
	}
	linked := replies(s.actions)
	files := "Every score with its interval is in [scores.csv](" + scoresCSV(t, s.names, linked, s.files) + ")"
	if items := itemsCSV(t, s.files); items != "" {
		files += ", every item of every model in [items.csv](" + items + ")"
	}
	what, known := "mean score", ""
	origin := "Each cell leads to the action that asked the model, under Provenance."
	switch {
	case t.Logs != nil:
		what, known = "score", " where it is known"
		origin = "The scores were read from logs of evaluations, of which @tab-logs and Provenance say more; no model was run."
	case t.Imported:
		what, known = "score", " where it is known"
		origin = "The scores were imported from a table; no model was run, and nothing is known about single items unless the " +
			"study says how many there are."
	}
	return newSection("scores", "Scores", "", prose(
		fmt.Sprintf("@tab-scores shows the %s of %s on %s, with its standard error in brackets%s.", what,
			count(len(t.Models), "model"), count(len(t.Benchmarks), "benchmark"), known),
		axis.SpreadMethods(),
		letterProse(t), perplexityProse(t, s.names),
		"Scores of different benchmarks have different chance levels, which the headings give: compare down a column, not "+
			"along a row.", origin, files+"."),
		Block{Table: s.table(linked)}), nil
}

// perplexityProse says which scores are made of perplexities; empty where none is.
func perplexityProse(t *axis.ScoreTable, names *axis.Labels) string {
	var of []string
	for i, metric := range t.Metrics {
		if metric == axis.FromPerplexity {
			of = append(of, esc(names.Benchmark(t.Benchmarks[i])))
		}
	}
	if of == nil {
		return ""
	}
	return fmt.Sprintf("The table has perplexities x of %s; the score is `1 − ln x / ln(largest)`, 1 for a model that is "+
		"never surprised.",
		and(of))
}

// letterProse says which scores are by letter; empty where none is.
func letterProse(t *axis.ScoreTable) string {
	letters, words := t.LetterModels()
	if len(letters) == 0 {
		return ""
	}
	if len(words) == 0 {
		return "Choices are scored by `" + axis.Letter + "`: the letter that the model would begin its answer with."
	}
	return fmt.Sprintf("Choices of %s are scored by `%s`, the letter that the model would begin its answer with, and cells say "+
		"so; they are not of one kind with the others.",
		count(len(letters), "model"), axis.Letter)
}

// table is the scores; linked are the actions behind them.
func (s scoresSection) table(linked map[[2]string]Action) *Table {
	t := s.t
	out := &Table{ID: "scores", Title: "Scores.", Sortable: true, Columns: words("model", "lineage"), CSV: "tables/scores.csv",
		Partial: true,
		Caption: "Mean over items (standard error); headings sort."}
	switch {
	case t.Logs != nil:
		out.Caption = "Scores of the logs, 1 the best that can be (standard error, where it is known); headings sort."
	case t.Imported:
		out.Caption = "Scores of the table, 1 the best that can be (standard error, where it is known); headings sort."
	}
	for _, c := range t.Covariates {
		out.Columns = append(out.Columns, words(c.Name)...)
	}
	for i, name := range t.Benchmarks {
		note := fmt.Sprintf("chance %s", two(t.Chance[i]))
		if n := len(t.Items[i]); n > 0 {
			note = fmt.Sprintf("%s, n = %s, %s", metricOf(t, i), count(n, "item"), note)
		} else if least, most := t.ItemsBehind(i); most > 0 {
			note = fmt.Sprintf("n = %s, %s", itemRange(least, most), note)
		}
		out.Columns = append(out.Columns, Column{Title: s.names.Benchmark(name), Note: note, Numeric: true})
	}
	for m, model := range t.Models {
		row := []Cell{head(s.names.Model(model)).to("#" + anchor("model", model)), text(t.Lineages[m])}
		for _, c := range t.Covariates {
			row = append(row, text(c.Texts[m]))
		}
		for i, name := range t.Benchmarks {
			c := s.cell(m, i)
			if _, ok := linked[[2]string{model, name}]; ok {
				c.Href = "#" + anchor("replies", model, name)
			}
			row = append(row, c)
		}
		out.Rows = append(out.Rows, row)
	}
	if !s.listed {
		for _, r := range out.Rows {
			r[0].Href = ""
		}
	}
	return out
}

// itemRange says how many items stand behind a benchmark's scores.
func itemRange(least, most int) string {
	if least == most {
		return count(most, "item")
	}
	return fmt.Sprintf("%s to %s", group(least), count(most, "item"))
}

func (s scoresSection) cell(m, i int) Cell {
	t := s.t
	v, ok := t.Score.At(m, i)
	if !ok {
		return missing(t.Score.Reason(m, i))
	}
	c := number(v, 2).at(anchor("score", t.Models[m], t.Benchmarks[i]))
	value := Value{Path: "/score/" + t.Models[m] + "/" + t.Benchmarks[i], Title: "score of " +
		s.names.Model(t.Models[m]) + " on " + s.names.Benchmark(t.Benchmarks[i]), Number: v, N: len(t.Items[i]), Anchor: c.Anchor}
	if lo, hi, ok := t.Interval(m, i); ok {
		value.Lo, value.Hi = &lo, &hi
		if n := len(t.Items[i]); n > 0 && (v == 0 || v == 1) {
			c.Text += " [" + two(lo) + ", " + two(hi) + "]"
			c.Note = fmt.Sprintf("Wilson's %s interval, n = %d items", wording.Percent(axis.ScoreLevel), n)
		} else if se, ok := t.SE.At(m, i); ok {
			c.Text += " (" + two(se) + ")"
		}
	}
	if t.Metric(m, i) == axis.Letter {
		c.Note = strings.TrimPrefix(c.Note+"; by letter", "; ")
	}
	s.values.add(value)
	return c
}

// metricOf names a benchmark's scoring rules: one, or the rule of the words and that of first letters.
func metricOf(t *axis.ScoreTable, benchmark int) string {
	letters := 0
	for m := range t.Models {
		if t.Metric(m, benchmark) == axis.Letter {
			letters++
		}
	}
	switch letters {
	case 0:
		return t.Metrics[benchmark]
	case len(t.Models):
		return axis.Letter
	default:
		return fmt.Sprintf("%s (%s for %s)", t.Metrics[benchmark], axis.Letter, count(letters, "model"))
	}
}

// replies finds the action behind each score, by model and benchmark.
func replies(actions []Action) map[[2]string]Action {
	out := map[[2]string]Action{}
	for _, a := range actions {
		if a.Kind == repliesKind && a.Model != "" && a.Benchmark != "" {
			out[[2]string{a.Model, a.Benchmark}] = a
		}
	}
	return out
}

// scoresCSV has one row a score.
func scoresCSV(t *axis.ScoreTable, names *axis.Labels, linked map[[2]string]Action, files fileSet) string {
	rows := [][]string{{"model", "lineage", "benchmark", "metric", "items", "chance", "score", "standard error", "lower", "upper",
		"missing", "replies"}}
	for m, model := range t.Models {
		for i, name := range t.Benchmarks {
			row := []string{names.Model(model), t.Lineages[m], names.Benchmark(name), t.Metric(m, i), fmt.Sprint(t.ItemsOf(m, i)),
				full(t.Chance[i]), "", "",
				"", "", t.Score.Reason(m, i), linked[[2]string{model, name}].Output}
			if v, ok := t.Score.At(m, i); ok {
				row[6] = full(v)
			}
			if se, ok := t.SE.At(m, i); ok {
				row[7] = full(se)
			}
			if lo, hi, ok := t.Interval(m, i); ok {
				row[8], row[9] = full(lo), full(hi)
			}
			rows = append(rows, row)
		}
	}
	return files.rawCSV("scores", rows)
}

// itemsCSV has one row an item and one column a model; nothing where items are not known.
func itemsCSV(t *axis.ScoreTable, files fileSet) string {
	rows := [][]string{append([]string{"benchmark", "item", "chance"}, t.Models...)}
	for i, name := range t.Benchmarks {
		n := len(t.Items[i])
		if len(t.ItemScores[i]) == 0 {
			continue
		}
		for k, item := range t.Items[i] {
			row := []string{name, item, full(t.ItemChance[i][k])}
			for m := range t.Models {
				row = append(row, full(t.ItemScores[i][m*n+k]))
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 1 {
		return ""
	}
	return files.rawCSV("items", rows)
}

// shownDigits is how many digits of a digest the page shows.
const shownDigits = 12

// short is the beginning of a digest, enough to tell files of one study apart.
func short(digest string) string {
	const prefix = "sha256:"
	d := digest
	if len(d) > len(prefix) && d[:len(prefix)] == prefix {
		d = d[len(prefix):]
	}
	return cmp.Or(d[:min(shownDigits, len(d))], absentMark)
}

func version(n int) Cell { return Cell{Text: strconv.Itoa(n)} }
