package performance

import (
	"fmt"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/results"
	"sdmap/internal/wording"
)

// logAlarms are what the logs behind a benchmark's scores say against comparing its models.
func logAlarms(t *ScoreTable, b int) (out []axis.Alarm) {
	c := accountOf(t, b)
	if c == nil {
		return nil
	}
	add := func(kind, text, advice string) {
		out = append(out, axis.Alarm{Kind: kind, Benchmark: t.Benchmarks[b], Text: text, Advice: advice})
	}
	for _, m := range c.Mixed {
		add("mixed-settings", fmt.Sprintf("Models were not asked alike on %s: %s is %s.", name(t, b), m.Setting,
			wording.And(m.Values)),
			"Compare models within one setting only: choose models or dates in [[results]], or run the others again.")
	}
	if c.Unscored > 0 {
		add("unscored-items", fmt.Sprintf("On %s the harness left %s of %s out of scores without a word, since their "+
			"scores are no "+
			"numbers.", name(t, b), count(c.Unscored, "item"), count(c.OfModels, "model")),
			"Look at the scorer: what it cannot judge counts for neither, and models are compared on different items.")
	}
	if c.Failed > 0 {
		add("failed-items", fmt.Sprintf("On %s %s of %s ended in an error and count in no score.", name(t, b),
			count(c.Failed, "item"),
			count(c.OfModels, "model")), "Run them again: items on which models fail are seldom like the others.")
	}
	if c.Numeric > 0 {
		add("numeric-references", fmt.Sprintf("On %s %d of %s have a number for their reference, and %s of %s takes signs and "+
			"points away before it compares, so that different numbers count as equal.", name(t, b), c.Numeric,
			count(c.Asked, "answer"), c.Metric, c.Source), "Take another metric of the log, by metrics in [[results]].")
	}
	if c.OtherItems() {
		add("other-items", fmt.Sprintf("Scores on %s are of %s, and the study's file of it has %d: its questions and its "+
			"scores are not of the same items.", name(t, b), count(c.Behind, "item"), c.Rows),
			"Name the file that was asked, and as much of it (limit in [[benchmarks]]).")
	}
	if len(c.Partial) > 0 {
		add("partial-logs", fmt.Sprintf("The logs of %s on %s are not whole: their scores are of the items that are.",
			wording.And(c.Partial), name(t, b)), "Copy the logs again, or let the evaluation end.")
	}
	return out
}

// accountOf is what logs say of a benchmark; nil where its scores are from elsewhere.
func accountOf(t *ScoreTable, b int) *results.ColumnAccount {
	if t.Logs == nil {
		return nil
	}
	for i := range t.Logs.Columns {
		if t.Logs.Columns[i].Name == name(t, b) {
			return &t.Logs.Columns[i]
		}
	}
	return nil
}

// logMethods says where scores come from that were read from logs.
func logMethods(t *ScoreTable) wording.Paragraph {
	var names []string
	for _, c := range t.Logs.Columns {
		names = addNew(names, c.Source)
	}
	p := wording.Paragraph{fmt.Sprintf("Scores were read from logs of evaluations (%s); no model was run.",
		strings.Join(names, ", ")),
		"They are as logged, divided by the score of a perfect model, and of metrics where less is better 1 less that. " +
			"Of the runs of " +
			"one model the latest counts, and a benchmark by several sources stands once for each: nothing is averaged " +
			"over sources."}
	if t.Imported {
		return append(p, "Items are not used, since too few of the benchmarks have them of all their models.")
	}
	return append(p, fmt.Sprintf("Items were taken where they average to the logged score within %s and all models "+
		"of a benchmark "+
		"were asked the same ones; questions that benchmarks share are known by the logs' hashes.",
		wording.Number(results.Tolerance)))
}
