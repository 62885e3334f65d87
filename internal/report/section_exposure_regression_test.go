package report_test

import (
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// What was chosen with the scores is never among what overlap goes with, and what is said of it follows its own null.
func TestSignaturesAreSaidBesideTheirNull(t *testing.T) {
	for want, of := range map[string]struct {
		holm     float64
		untested string
	}{
		"by more than the choice makes, for":           {holm: 0.04},
		"by more than the choice makes is not shown":   {holm: 0.2},
		"and without a p: signatures (β = 0.60 beside": {untested: "only re-pairing models is a null"},
	} {
		in := sample(8, axis.Names()...)
		addExplained(in.Analysis)
		e := in.Analysis.Explained
		last := len(e.Holm) - 1
		c := &e.Regression.Coefficients[last]
		e.Holm[last] = &of.holm
		if of.untested != "" {
			*c = stats.Coefficient{Name: c.Name, Title: c.Title, Beta: stats.NewEstimate(0.6, 8, ""), T: 9, Untested: of.untested}
			e.Holm[last] = nil
		}
		said := ""
		for _, s := range build(t, in).Sections {
			if s.ID != "exposure" {
				continue
			}
			for _, b := range s.Blocks {
				said += b.Prose + "\n"
			}
		}
		repaired := strings.Contains(said, "with models re-paired 4.00 (central part 2.00 to 7.00 over 199 re-pairings): p = 0.010")
		if !strings.Contains(said, want) || repaired == (of.untested != "") || strings.Contains(said, "goes with signatures") {
			t.Errorf("%q lacks %q", said, want)
		}
	}
}
