package narrative

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/stats"
)

// labelled is a finding of a label, its bag of words and the study's median being as given.
func labelled(t *testing.T, kind string, words, median float64) analysis.Finding {
	t.Helper()
	i := slices.IndexFunc(spoken(), func(f analysis.Finding) bool { return f.Kind == kind })
	if i < 0 {
		t.Fatalf("no finding of kind %q", kind)
	}
	f := spoken()[i]
	f.Numbers = slices.DeleteFunc(slices.Clone(f.Numbers), func(n analysis.Number) bool {
		return strings.HasPrefix(n.Name, "semantic.tfidf")
	})
	f.Numbers = append(f.Numbers, analysis.Number{Name: "semantic.tfidf", Estimate: stats.NewEstimate(words, 9, "bag of words")},
		analysis.Number{Name: "semantic.tfidf.median", Estimate: stats.NewEstimate(median, 9, "median over pairs")})
	return f
}

// A pair whose words are nearer than the median pair's is not said to be unlike, and on which side of the median it lies is said.
func TestUnlikeSaysNoMoreThanItsTest(t *testing.T) {
	for _, kind := range []string{analysis.OverlapWithoutKinship, analysis.ExposureDriven} {
		for want, words := range map[string]float64{
			"bag of words 0.81, above the study's median of 0.73": 0.81,
			"bag of words 0.73, at the study's median of 0.73":    0.7312,
			"bag of words 0.40, below the study's median of 0.73": 0.40,
		} {
			s, ok := Say(labelled(t, kind, words, 0.73))
			if !ok || !strings.Contains(s.Text, want) || !strings.Contains(s.Text, farther) || strings.Contains(s.Text, "neither") {
				t.Errorf("%s: %q lacks %q", kind, s.Text, want)
			}
		}
	}
}

// Where nobody looked at processing, exposure is not told from a skill, and the sentence says so.
func TestExposureWithoutTracesNamesItsRival(t *testing.T) {
	f := labelled(t, analysis.ExposureDriven, 0.4, 0.7)
	f.Numbers = slices.DeleteFunc(f.Numbers, func(n analysis.Number) bool { return n.Name == "neural" })
	s, ok := Say(f)
	if !ok || !strings.Contains(s.Text, "and with one skill of both") || strings.Contains(s.Text, "neural") ||
		strings.Contains(s.Text, farther) {
		t.Errorf("%q", s.Text)
	}
}
