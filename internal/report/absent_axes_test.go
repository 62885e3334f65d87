package report_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
)

// brokenText is what a page looks like where a number is missing from a sentence.
var brokenText = regexp.MustCompile(`NaN|%!|<nil>|\(\s*\)|\(;|\(,|: ?[.;](\s|$)|; ?[.;]|, ?[.;]|\bof of\b|\s\.(\s|$)` +
	`|with these AUCs: ?\.`)

// truthOf gives every benchmark a skill, two of them one.
func truthOf(benchmarks []string) []byte {
	text := ""
	for i, id := range benchmarks {
		text += fmt.Sprintf("[[benchmark]]\nid = %q\nsurface = \"s%d\"\nskills = { skill%d = 1.0 }\n", id, i%3, i/2)
	}
	return []byte(text)
}

// Whatever axes a study has, its page has no sentence whose numbers are missing.
func TestNoSentenceIsBrokenWhereAxesAreMissing(t *testing.T) {
	for some := range 2 << len(axis.Names()) {
		n := 5 + 3*(some>>len(axis.Names())) // with eight there is enough to regress
		var present []string
		for k, name := range axis.Names() {
			if some&(1<<k) != 0 {
				present = append(present, name)
			}
		}
		in := sample(n, present...)
		a, err := analysis.Analyse(context.Background(), analysis.Options{Seed: 1, Q: 0.1, Permutations: 99, Scaling: atlas.Trace,
			Benchmarks: in.Analysis.Benchmarks, Families: in.Analysis.Families, Formats: in.Analysis.Formats,
			Lengths: []float64{10, 20, 30, 40, 50, 60, 50, 40}[:n], Truth: truthOf(in.Analysis.Benchmarks),
			TruthSource: "truth.toml"}, in.Axes)
		if err != nil {
			t.Fatal(err)
		}
		in.Analysis = a
		page := string(texts(build(t, in)))
		shuffled := strings.Contains(page, "shuffled among the benchmarks")
		if performance := some&1 != 0; shuffled != performance {
			t.Errorf("%q: shuffled skills are spoken of: %v", present, shuffled)
		}
		for line := range strings.Lines(page) {
			if at := brokenText.FindStringIndex(line); at != nil {
				t.Errorf("%q: ...%s...", present, line[max(0, at[0]-80):min(len(line), at[1]+20)])
			}
			if strings.Contains(line, "reaches 0.00, as a blind") {
				t.Errorf("%q: %s", present, line)
			}
		}
	}
}
