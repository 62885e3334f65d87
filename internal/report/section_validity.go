package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// validitySection is what a reviewer asks first: alarms, reliability, residue of scoring, power and correction.
type validitySection struct {
	study             *study.Study
	a                 *analysis.Analysis
	axes              map[string]*axis.Result
	scores            *axis.ScoreTable
	names             *axis.Labels
	skipped           []SkippedRow
	models, embedders []Model
	files             fileSet
	values            valueSet
}

func (s validitySection) write() (*Section, error) {
	scored := s.axes[axis.Performance]
	alarms, raisable := s.alarms()
	blocks := []Block{alarmsProse(alarms, raisable), noChanceProse(s.study), {Table: alarmTable(alarms, s.names, s.files)},
		powerProse(s.a.Power), {Table: powerTable(s.a.Power, scored, s.files, s.values)},
		{Table: correctionTable(s.a, s.files, s.values)},
		s.populationProse(scored), {Table: cohortTable(scored, s.files)},
		heldProse(scored), {Table: s.heldTable()}, {Table: s.heldPairs()},
		s.reliabilityProse(scored), {Table: s.benchmarkTable()},
		logsProse(s.scores), {Table: disagreeTable(s.scores, s.files)}, {Table: logsTable(s.scores, s.files)},
		{Table: leftOutTable(s.scores, s.files)},
		residueProse(s.scores, len(s.skipped)), {Table: residueTable(s.scores, s.files)},
		{Table: unansweredTable(s.scores, s.files)},
		{Table: skippedTable(s.skipped, s.files)}}
	if warnings := s.warnings(); len(warnings) > 0 {
		blocks = append(blocks, heading("What each axis warns of"), list(warnings))
	}
	return newSection("validity", "Validity", "", blocks...), nil
}

// alarms are those of the axes, with those of scores of too few models for the axis, and the kinds that could have been raised;
// nil without scores.
func (s validitySection) alarms() (alarms []axis.Alarm, raisable []string) {
	if s.scores == nil {
		return s.a.Alarms, nil
	}
	if s.axes[axis.Performance] != nil {
		return s.a.Alarms, performance.Raisable(s.scores)
	}
	raisable = slices.DeleteFunc(performance.Raisable(s.scores), func(kind string) bool { return kind == "reliability" })
	return slices.Concat(s.a.Alarms, performance.OfScores(s.scores)), raisable
}

func alarmsProse(alarms []axis.Alarm, raisable []string) Block {
	if len(alarms) == 0 {
		if raisable == nil {
			return prose("Alarms come from the scores, and this study has none, so nothing is known of floors, " +
				"ceilings or noise.")
		}
		return prose(noAlarm(raisable))
	}
	blocking := 0
	for _, a := range alarms {
		if a.Blocks {
			blocking++
		}
	}
	which, verb := spelt(blocking), "block"
	switch blocking {
	case 0:
		which, verb = "none", "blocks"
	case 1:
		verb = "blocks"
	}
	return prose(fmt.Sprintf("@tab-alarms lists %s, %s of which %s labels.", count(len(alarms), "alarm"), which, verb),
		"A pair with a benchmark under a blocking alarm is given no label, however large its overlap: what looks like kinship "+
			"there may be shared noise.")
}

// noAlarm says what was looked for in vain, of alarms that could have been raised alone.
func noAlarm(raisable []string) string {
	could := func(kind string) bool { return slices.Contains(raisable, kind) }
	parts := []string{"no benchmark is at its ceiling"}
	if could("chance") {
		parts[0] = "no benchmark is at chance or at its ceiling"
	}
	if could("reliability") {
		parts = append(parts, "none is too unreliable to compare")
	}
	if could("shared-items") {
		parts = append(parts, "no two share items")
	}
	text := "No alarm was raised: " + parts[0]
	switch len(parts) {
	case 2:
		text += ", and " + parts[1]
	case 3:
		text += ", " + parts[1] + ", and " + parts[2]
	}
	var unknown []string
	for _, u := range []struct{ kind, what string }{{"reliability", "reliability"}, {"shared-items", "shared items"}} {
		if !could(u.kind) {
			unknown = append(unknown, u.what)
		}
	}
	if len(unknown) > 0 {
		text += ". " + capital(wording.And(unknown)) + " could not be judged of every benchmark"
	}
	return text + "."
}

// noChanceProse says which benchmarks may be at chance without an alarm; nothing where all could be judged.
func noChanceProse(s *study.Study) Block {
	if s.Scores == nil {
		return Block{}
	}
	var of []string
	for _, name := range s.Scores.NoChance(s.Benchmarks) {
		of = append(of, esc(name))
	}
	if of == nil {
		return Block{}
	}
	return prose(fmt.Sprintf("Whether models are above chance was not judged of %s: that takes chance and items of a benchmark, "+
		"and scores that are shares of right answers. Models that only guess count like any others.", and(of)))
}

func alarmTable(alarms []axis.Alarm, names *axis.Labels, files fileSet) *Table {
	if len(alarms) == 0 {
		return nil
	}
	t := &Table{ID: "alarms", Title: "Alarms.", Columns: words("kind", "benchmark", "what was seen", "what to do",
		"blocks labels")}
	for _, a := range alarms {
		blocks := "no"
		if a.Blocks {
			blocks = "yes"
		}
		name := names.Benchmark(a.Benchmark)
		if a.Other != "" {
			name = strings.TrimPrefix(name+", "+names.Model(names.Benchmark(a.Other)), ", ")
		}
		t.Rows = append(t.Rows, []Cell{head(strings.ReplaceAll(a.Kind, "-", " ")), text(name), text(a.Text), text(a.Advice),
			text(blocks)})
	}
	return files.csv(t)
}

func powerProse(p *axis.Value) Block {
	if p == nil {
		return Block{}
	}
	return prose(fmt.Sprintf("With %s, an overlap without the general factor had to reach about %s to pass the performance "+
		"part of a label half of the time (@tab-power).", count(p.N, "model"), two(p.Value)),
		"Smaller overlaps can be real and stay without a label; to see them, a study needs more models of more lineages rather "+
			"than more items.")
}

// powerTable shows the facts of the performance axis on what could have been seen.
func powerTable(p *axis.Value, performance *axis.Result, files fileSet, values valueSet) *Table {
	if p == nil {
		return nil
	}
	t := &Table{ID: "power", Title: "What this study could see.",
		Columns: append(words("quantity"), append(numbers("value", "n models"), words("method")...)...)}
	rows := []axis.Value{*p}
	for _, f := range factsOf(performance) {
		if strings.HasPrefix(f.Name, "power") && f.Name != p.Name {
			rows = append(rows, f)
		}
	}
	for _, f := range rows {
		at := anchor("power", f.Name)
		t.Rows = append(t.Rows, []Cell{head(f.Title), number(f.Value, 2).at(at), whole(f.N), text(f.Method)})
		values.add(Value{Path: "/" + strings.ReplaceAll(f.Name, ".", "/"), Title: f.Title, Number: f.Value, N: f.N,
			Method: f.Method, Anchor: at})
	}
	return files.csv(t)
}

func correctionTable(a *analysis.Analysis, files fileSet, values valueSet) *Table {
	if len(a.Pairs) == 0 {
		return nil
	}
	c := a.Correction
	t := &Table{ID: "correction", Title: "Pairs tested and labelled.",
		Caption: fmt.Sprintf("Benjamini-Yekutieli over %s; q = %s; %s in all. A pair is testable for a label when every part "+
			"of its test could be computed and no alarm blocks it.", analysis.Corrected(), wording.Level(c.Q),
			count(c.Pairs, "pair")),
		Columns: append(words("label"), numbers("testable", "labelled")...)}
	for _, l := range labels() {
		at := anchor("labelled", l)
		t.Rows = append(t.Rows, []Cell{head(labelTitles[l]), whole(c.Testable[l]), whole(c.Flagged[l]).at(at)})
		values.add(Value{Path: "/labelled/" + l, Title: "pairs labelled " + labelTitles[l], Number: float64(c.Flagged[l]),
			N: c.Testable[l], Anchor: at})
		values.add(Value{Path: "/testable/" + l, Title: "pairs testable for " + labelTitles[l], Number: float64(c.Testable[l]),
			N: c.Pairs, Anchor: at})
	}
	return files.csv(t)
}
