package report

import (
	"fmt"
	"math"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/results"
	"sdmap/internal/wording"
)

// logsProse says what the logs behind scores are, and how far sources of one benchmark disagree.
func logsProse(s *axis.ScoreTable) Block {
	if s == nil || s.Logs == nil {
		return Block{}
	}
	left := 0
	for _, l := range s.Logs.LeftOut {
		left += l.N
	}
	known := 0
	for _, c := range s.Logs.Columns {
		if c.Items > 0 {
			known++
		}
	}
	items := fmt.Sprintf("Items are known of %s, so that all that follows from them is as for models that answered here.",
		count(known, "benchmark"))
	if s.Imported {
		items = "Too few of the benchmarks have items of all their models, so that none are used."
	}
	if known < len(s.Logs.Columns) {
		items += " @tab-logs says why others have none."
	}
	what := fmt.Sprintf("Scores come from logs (@tab-logs): %s.", logFiles(s.Logs))
	if left > 0 {
		what += " What takes no part of them is counted with its reason in @tab-logs-left."
	}
	return prose(what, items, disagreeProse(s.Logs))
}

// logFiles counts the files of each format.
func logFiles(a *results.Account) string {
	var parts []string
	for _, f := range results.Formats() {
		if n := a.Logs[f]; n > 0 {
			parts = append(parts, count(n, "file")+" of "+f)
		}
	}
	return and(parts)
}

// disagreeProse is the finding of two harnesses and one benchmark; empty where no model has two sources.
func disagreeProse(a *results.Account) string {
	if len(a.Disagree) == 0 {
		return ""
	}
	worst := a.Disagree[0]
	for _, d := range a.Disagree {
		if d.Apart > worst.Apart {
			worst = d
		}
	}
	return fmt.Sprintf("**Two harnesses, one benchmark:** %s scored by two sources for some models (@tab-disagree). They lie "+
		"furthest apart on %s, by %s on average over %s, and by %s for %s. They stand side by side and are averaged "+
		"nowhere; their "+
		"overlap says whether they order models alike.", wording.Are(len(a.Disagree), "benchmark"), esc(worst.Task),
		two(worst.Apart), count(worst.Models, "model"), two(math.Abs(worst.Most)), esc(worst.Model))
}

// logsTable says of each benchmark which source, metric and settings its scores have.
func logsTable(s *axis.ScoreTable, files fileSet) *Table {
	if s == nil || s.Logs == nil {
		return nil
	}
	t := &Table{ID: "logs", Title: "Benchmarks from logs.", Folded: true, Columns: append(words("benchmark", "source", "release",
		"metric"), append(numbers("models", "items known"), words("settings", "settings that differ", "why no items")...)...),
		Caption: "Settings are those that the logs give; long ones stand as digests."}
	for _, c := range s.Logs.Columns {
		var same, mixed []string
		for _, v := range c.Settings {
			same = append(same, v.Name+": "+v.Value)
		}
		for _, m := range c.Mixed {
			mixed = append(mixed, m.Setting+": "+strings.Join(m.Values, ", "))
		}
		t.Rows = append(t.Rows, []Cell{head(c.Name), text(c.Source), text(strings.Join(c.Releases, ", ")), text(c.Metric),
			whole(c.Models), whole(c.Items), text(strings.Join(same, "; ")), text(strings.Join(mixed, "; ")), text(c.NoItems)})
	}
	return files.csv(t)
}

// disagreeTable compares two sources of one benchmark.
func disagreeTable(s *axis.ScoreTable, files fileSet) *Table {
	if s == nil || s.Logs == nil || len(s.Logs.Disagree) == 0 {
		return nil
	}
	t := &Table{ID: "disagree", Title: "Two harnesses, one benchmark.", Columns: append(words("first", "second"),
		append(numbers("models of both", "mean difference", "mean distance", "largest difference"), words("of model")...)...),
		Caption: "A difference is the first less the second."}
	for _, d := range s.Logs.Disagree {
		t.Rows = append(t.Rows, []Cell{head(d.A), head(d.B), whole(d.Models), number(d.Mean, 3), number(d.Apart, 3),
			number(d.Most, 3), text(d.Model)})
	}
	return files.csv(t)
}

// leftOutTable counts what of logs takes no part.
func leftOutTable(s *axis.ScoreTable, files fileSet) *Table {
	if s == nil || s.Logs == nil || len(s.Logs.LeftOut) == 0 {
		return nil
	}
	t := &Table{ID: "logs-left", Title: "Left out of logs.", Folded: true, Columns: append(words("what"),
		append(numbers("how many"), words("the first")...)...)}
	for _, l := range s.Logs.LeftOut {
		t.Rows = append(t.Rows, []Cell{head(l.Why), whole(l.N), text(l.Where())})
	}
	return files.csv(t)
}
