package cli

import (
	"fmt"

	"sdmap/internal/analysis"
	"sdmap/internal/wording"
)

// printRecovery says how many models it took to find again what was planted, as far as an earlier run has found out.
func (a *app) printRecovery(c *analysis.Curves) {
	if c == nil {
		return
	}
	fmt.Fprintln(a.Stdout)
	if c.Few != "" {
		fmt.Fprintf(a.Stdout, "What was planted: %s.\n", c.Few)
		return
	}
	t := newTable("what was planted", "clear of its null from", "reliable from")
	for _, m := range c.Measures {
		if m.Fixed == "" {
			t.add(m.Axis+", "+m.Variant, modelsText(m.Above, c.Models), modelsText(m.Clear, c.Models))
		}
	}
	t.print(a.Stdout)
	fmt.Fprintf(a.Stdout, "Models, of the sizes that were drawn from the study's %s at random. %s The report has the curves.\n",
		wording.Group(c.Models), analysis.CurveGoal())
}

// modelsText is a number of models, or that no number up to all of them will do. Whether more would is not known: some overlaps
// do not follow skills, however many models there are.
func modelsText(n, all int) string {
	if n == 0 {
		return "none up to " + wording.Group(all)
	}
	return wording.Group(n)
}
