package report

import (
	"testing"

	"sdmap/internal/analysis"
)

// Every pair says what keeps it from a label: an alarm, a missing test, or how near it came.
func TestKeptBy(t *testing.T) {
	tests := map[string]float64{"performance.high": 0.2, "semantic.low": 0.01}
	near := analysis.Flag{Label: analysis.OverlapWithoutKinship, P: 0.2, BY: 0.7,
		Components: []string{"semantic.low", "performance.high"}}
	far := analysis.Flag{Label: analysis.KinshipWithoutOverlap, P: 0.9, BY: 1, Components: []string{"semantic.low"}}
	given := near
	given.Flagged = true
	for want, p := range map[string]analysis.Pair{
		"at chance": {Blocked: "at chance", Flags: []analysis.Flag{near}},
		"no axis":   {Untested: "no axis"},
		"":          {Flags: []analysis.Flag{far, given}},
		"Nearest to " + labelTitles[near.Label] +
			": performance high has p = 0.200, adjusted 0.700.": {Flags: []analysis.Flag{far, near}, Tests: tests},
	} {
		if got := keptBy(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
