package report

import (
	"errors"
	"fmt"
)

// check refuses a report in which two things share an anchor or generated text refers to what is not there.
func check(r *Report, dangling []string) error {
	var errs []error
	for _, d := range dangling {
		errs = append(errs, fmt.Errorf("report: generated text refers to %s, which is not there", d))
	}
	seen := map[string]bool{}
	for _, id := range anchors(r) {
		if seen[id] {
			errs = append(errs, fmt.Errorf("report: the anchor %q is used twice", id))
		}
		seen[id] = true
	}
	return errors.Join(errs...)
}

// anchors lists those of sections, figures, tables and cells.
func anchors(r *Report) []string {
	var out []string
	for _, s := range r.Sections {
		out = append(out, s.ID)
	}
	for _, f := range r.AllFigures() {
		out = append(out, "fig-"+f.ID)
	}
	for _, t := range r.AllTables() {
		out = append(out, "tab-"+t.ID)
		for _, row := range t.Rows {
			for _, c := range row {
				if c.Anchor != "" {
					out = append(out, c.Anchor)
				}
			}
		}
	}
	return out
}
