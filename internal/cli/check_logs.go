package cli

import (
	"fmt"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/results"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// sayLogs says what the logs behind a study's scores hold, and what of them takes no part.
func (a *app) sayLogs(s *study.Study) {
	if s.Scores == nil || s.Scores.Logs == nil {
		return
	}
	logs := s.Scores.Logs
	var files []string
	for _, f := range results.Formats() {
		if n := logs.Logs[f]; n > 0 {
			files = append(files, wording.Count(n, "file")+" of "+f)
		}
	}
	fmt.Fprintf(a.Stdout, "Logs: %s.\n", wording.And(files))
	for _, c := range logs.Columns {
		items := wording.Count(c.Items, "item") + " of each"
		if c.NoItems != "" {
			items = "no items used, " + c.NoItems
		}
		fmt.Fprintf(a.Stdout, "%s: %s by %s, %s.\n", diag.Plain(c.Name), wording.Count(c.Models, "model"),
			diag.Plain(c.Source+", "+c.Metric), diag.Plain(items))
		for _, m := range c.Mixed {
			fmt.Fprintf(a.Stdout, "  not asked alike: %s is %s.\n", diag.Plain(m.Setting),
				diag.Plain(strings.Join(m.Values, ", ")))
		}
		if n := c.Unscored + c.Failed; n > 0 {
			fmt.Fprintf(a.Stdout, "  in no score, as they ended in an error or their scores are no numbers: %s, of %s.\n",
				wording.Count(n, "item"), wording.Count(c.OfModels, "model"))
		}
		if c.OtherItems() {
			fmt.Fprintf(a.Stdout, "  the study's file of it has %s, and scores are of %s.\n", wording.Count(c.Rows, "item"),
				wording.Group(c.Behind))
		}
		if len(c.Partial) > 0 {
			fmt.Fprintf(a.Stdout, "  logs that are not whole: of %s.\n", diag.Plain(wording.And(c.Partial)))
		}
	}
	for _, d := range logs.Disagree {
		fmt.Fprintf(a.Stdout, "Two sources of %s: over %s they lie %.3f apart on average, at most %.3f (%s).\n",
			diag.Plain(d.Task), wording.Count(d.Models, "model"), d.Apart, max(d.Most, -d.Most), diag.Plain(d.Model))
	}
	for _, l := range logs.LeftOut {
		fmt.Fprintf(a.Stdout, "Left out: %s: %s (the first: %s).\n", diag.Plain(l.Why), wording.Group(l.N), diag.Plain(l.Where()))
	}
}
