package study

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/results"
)

// buildResults reads the logs of evaluations that the study names: their tasks join its benchmarks, and their models become its
// models where none is at hand.
func buildResults(s *Study, tables []table) {
	at := tables[0].at(tables[0].pos.Key)
	s.Scores = &Scores{At: at}
	l := &logs{study: s, at: at, tables: tables, models: newIDs(), benchmarks: newIDs(), lineages: map[string]string{}}
	var columns []*results.Column
	for _, t := range tables {
		files := t.logFiles()
		s.Scores.Files = append(s.Scores.Files, files...)
		if len(files) > 0 {
			l.read(t, files)
		}
	}
	if len(l.found) == 0 {
		return
	}
	first := l.found[0]
	for _, f := range l.found[1:] {
		first.Merge(f)
	}
	columns = first.Join(l.chosen)
	l.fill(columns)
	s.Scores.Logs = first.Account(columns)
	l.tell()
	l.tellTwins(columns)
}

// logs are those of a study being read.
type logs struct {
	study              *Study
	at                 diag.Range
	tables             []table
	found              []*results.Found
	chosen             []results.Chosen
	models, benchmarks *ids
	lineages           map[string]string // by the model's name
}

// read takes in the logs of one table.
func (l *logs) read(t table, files []string) {
	p := picks{table: t, models: t.choice("models"), tasks: t.choice("benchmarks"), metrics: t.choice("metrics"),
		dates: t.choice("dates"), renamings: t.renamings(), lineages: t.renamingsOf("lineages")}
	f := results.Scan(t.root, files)
	chosen := f.Choose(p.wanted(l))
	for _, r := range chosen {
		for _, of := range p.lineages {
			if of.fits(r.Model) != nil && l.lineages[r.ModelName] == "" {
				of.hits++
				l.lineages[r.ModelName] = of.to
			}
		}
	}
	p.unmet(f)
	l.found, l.chosen = append(l.found, f), append(l.chosen, chosen...)
}

func leftOut(l results.LeftOut) string { return fmt.Sprintf("logs: %s: %d", l.Why, l.N) }

// reasons are those for which parts of logs are left out.
func reasons(all []results.LeftOut) string {
	var why []string
	for _, left := range all[:min(len(all), fewCells)] {
		why = append(why, leftOut(left)+" ("+first(left)+")")
	}
	return strings.Join(why, "; ") + "."
}

func first(l results.LeftOut) string {
	if l.N == 1 {
		return "it is at " + l.Where()
	}
	return "the first is at " + l.Where()
}

// picks are what one table chooses.
type picks struct {
	table
	models, tasks, metrics, dates choice
	renamings                     []renaming
	lineages                      []renaming
}

func (p *picks) wanted(l *logs) results.Wanted {
	w := results.Wanted{Model: p.models.takes, Task: p.tasks.takes,
		Called: func(name string) string { return renamed(p.renamings, name) },
		Date:   func(date string) bool { in, _ := p.dates.takes(date); return in }, Scale: l.scale}
	if len(p.metrics) > 0 {
		w.Metric = func(name string) bool { in, _ := p.metrics.takes(name); return in }
	}
	return w
}

// scale is what the study says of a task's scores.
func (l *logs) scale(task string) (greatest float64, lower bool) {
	if i := l.declared(task); i >= 0 {
		return l.study.Benchmarks[i].Scale, l.study.Benchmarks[i].Lower
	}
	return 0, false
}

// declared is the benchmark that the study writes down for a name; -1 where there is none.
func (l *logs) declared(name string) int {
	return slices.IndexFunc(l.study.Benchmarks, func(b Benchmark) bool {
		return b.ID == name && b.ID != "" || b.ID == asID(name)
	})
}

// unmet reports patterns that fit nothing.
func (p *picks) unmet(f *results.Found) {
	names := map[string]map[string]bool{"models": {}, "tasks": {}, "metrics": {}, "dates": {}}
	for _, r := range f.Runs {
		names["models"][r.Model], names["tasks"][r.Task], names["metrics"][r.Metric], names["dates"][r.Date] = true, true, true,
			true
	}
	of := func(keys ...string) (out []string) {
		for _, k := range keys {
			out = append(out, slices.Sorted(maps.Keys(names[k]))...)
		}
		return out
	}
	if len(f.Runs) == 0 {
		p.report(p.place("source"), "the files hold no scores that can be read", reasons(f.LeftOut()),
			"Logs of lm-evaluation-harness "+
				"(results_*.json with samples_*.jsonl), Inspect (.eval, .json), HELM (folders of runs) and records of Every "+
				"Eval Ever are "+
				"known by their content.")
		return
	}
	tell := func(patterns choice, names []string) { // of names, not of hits: other keys may leave out what a pattern fits
		for _, name := range names {
			patterns.takes(name)
		}
		p.tellUnmet(patterns, "logs'", names)
	}
	tell(p.models, of("models"))
	tell(p.tasks, of("tasks"))
	tell(p.metrics, of("metrics"))
	tell(p.dates, of("dates"))
	tell(patternsOf(p.renamings), of("models", "tasks"))
	tell(patternsOf(p.lineages), of("models"))
}

// fill makes the study's scores of columns.
func (l *logs) fill(columns []*results.Column) {
	s := l.study
	matched := map[int]bool{}
	for _, b := range s.Benchmarks {
		l.benchmarks.taken[b.ID] = true
	}
	place := make([]int, len(columns))
	for k, c := range columns {
		i := l.benchmark(c, matched)
		matched[i], place[k] = true, i
		s.Benchmarks[i].Label = labelOf(c.Name, s.Benchmarks[i].ID)
	}
	for i, b := range s.Benchmarks {
		if !matched[i] {
			l.tables[0].report(b.At, fmt.Sprintf("no log has a task %q", b.ID), "Tasks: "+some(columnNames(columns))+".",
				didYouMean(b.ID, columnNames(columns)))
		}
	}
	rows := map[string]int{}
	for _, c := range columns {
		for _, r := range c.Runs {
			if _, known := rows[r.ModelName]; !known {
				rows[r.ModelName] = -1
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		rows[name] = len(s.Models)
		l.model(name)
	}
	l.cells(columns, place, rows)
}

func columnNames(columns []*results.Column) (out []string) {
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

// benchmark is the place of a column: what the study writes down by its name, or, where a task has several columns, by the
// task's; then each of them is as written there.
func (l *logs) benchmark(c *results.Column, matched map[int]bool) int {
	i := l.declared(c.Name)
	if i >= 0 && !matched[i] {
		return i
	}
	of := l.declared(c.Task)
	switch {
	case i >= 0 || of < 0:
		return l.append(c)
	case !matched[of]:
		return of
	}
	same := l.study.Benchmarks[of]
	same.ID = l.benchmarks.of(c.Name, "benchmark")
	l.study.Benchmarks = append(l.study.Benchmarks, same)
	return len(l.study.Benchmarks) - 1
}

// append makes a benchmark of a column that the study does not write down; those of one task are one family.
func (l *logs) append(c *results.Column) int {
	s := l.study
	id := l.benchmarks.of(c.Name, "benchmark")
	family, _, _ := strings.Cut(c.Task, ".")
	s.Benchmarks = append(s.Benchmarks, Benchmark{ID: id, Task: Choice, Metric: c.Metric, Family: family, Format: string(Choice),
		At: l.at})
	return len(s.Benchmarks) - 1
}

func (l *logs) model(name string) {
	id := l.models.of(name, "model")
	m := Model{ID: id, Label: labelOf(name, id), Backend: "scores", Lineage: name, At: l.at}
	if of := l.lineages[name]; of != "" {
		m.Lineage = of
	}
	l.study.Models = append(l.study.Models, m)
}

// cells puts scores, errors and items into their places.
func (l *logs) cells(columns []*results.Column, place []int, rows map[string]int) {
	s := l.study.Scores
	n := len(l.study.Benchmarks)
	for range l.study.Models {
		s.Values, s.Errors, s.Counts = append(s.Values, blank(n)), append(s.Errors, blank(n)), append(s.Counts, make([]int, n))
	}
	s.ByItem = make([]*ItemScores, n)
	for k, c := range columns {
		j := place[k]
		if len(c.IDs) > 0 {
			s.ByItem[j] = &ItemScores{IDs: c.IDs, Hashes: c.Hashes, Chance: c.Chance, Scores: make([][]float64, len(s.Values))}
		}
		for _, r := range c.Runs {
			i := rows[r.ModelName]
			s.Values[i][j], s.Errors[i][j], s.Counts[i][j] = r.Value(), r.Error(), r.Items
			if c.Items != nil {
				s.ByItem[j].Scores[i] = c.Items[r.ModelName]
				s.Counts[i][j] = len(c.IDs)
			}
		}
		if b := &l.study.Benchmarks[j]; len(c.IDs) > 0 {
			switch guessed := slices.Min(c.Chance) > 0; {
			case !guessed && b.Source == "":
				b.Task, b.Format = Generate, string(Generate)
			case guessed && b.Chance == nil:
				b.Chance = new(meanOf(c.Chance))
			}
		}
	}
	known := 0
	for _, items := range s.ByItem {
		if items != nil {
			known++
		}
	}
	if 2*known < n { // then standard errors say more
		s.ByItem = nil
	}
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// tell warns of what is broken in logs, and refuses logs of which nothing is left.
func (l *logs) tell() {
	t := l.tables[0]
	for _, left := range l.study.Scores.Logs.LeftOut {
		if left.Fault {
			t.found.Add(diag.Diagnostic{Severity: diag.Warning, Summary: leftOut(left),
				Detail:     "What is whole of the logs is read; " + first(left) + ".",
				Suggestion: "Copy the log again, or leave it out by source.", Range: l.at})
		}
	}
	if len(l.study.Models) == 0 && l.tables[0].found.Empty() {
		l.tables[0].report(l.at, "no score of the logs takes part", reasons(l.study.Scores.Logs.LeftOut),
			"Choose models, benchmarks and metrics by the names that the logs have.")
	}
}
