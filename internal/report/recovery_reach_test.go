package report

import (
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/stats"
)

// reachSection is of four benchmarks: one pair lacks two labels for an overlap, one an alarm blocks, one lacks a low overlap, and
// one was given what was expected.
func reachSection() recoverySection {
	overlaps := func(raw, free float64) map[string]stats.Estimate {
		return map[string]stats.Estimate{axis.Performance: stats.NewEstimate(raw, 32, "r"),
			axis.Performance + "." + performance.GFree: stats.NewEstimate(free, 32, "r")}
	}
	pair := func(a, b, expected string, got ...string) analysis.PlantedPair {
		return analysis.PlantedPair{A: a, B: b, Expected: expected, Got: got}
	}
	blocked := pair("a", "d", analysis.OverlapWithoutKinship)
	blocked.Blocked = "an alarm"
	return recoverySection{values: valueSet{}, a: &analysis.Analysis{Benchmarks: []string{"a", "b", "c", "d"},
		Power: &axis.Value{Value: 0.68, N: 32}, Pairs: []analysis.Pair{{A: 0, B: 1, Overlaps: overlaps(0.45, 0.4)},
			{A: 0, B: 3, Overlaps: overlaps(0.9, 0.9)}, {A: 2, B: 3, Overlaps: overlaps(0.6, 0.25)},
			{A: 1, B: 2, Overlaps: overlaps(0.8, 0.7)}}},
		r: &analysis.Recovery{Kinds: []analysis.KindRecovery{
			{Expected: analysis.OverlapWithoutKinship, Pairs: 3, Given: 1, Details: []analysis.PlantedPair{
				pair("b", "a", analysis.OverlapWithoutKinship), blocked,
				pair("b", "c", analysis.OverlapWithoutKinship, analysis.OverlapWithoutKinship)}},
			{Expected: analysis.ExposureDriven, Pairs: 2, Details: []analysis.PlantedPair{
				pair("b", "a", analysis.ExposureDriven), pair("b", "c", analysis.ExposureDriven, analysis.OverlapWithoutKinship)}},
			{Expected: analysis.KinshipWithoutOverlap, Pairs: 1, Details: []analysis.PlantedPair{
				pair("c", "d", analysis.KinshipWithoutOverlap)}},
			{Expected: "none", Pairs: 2, Given: 2, Details: []analysis.PlantedPair{pair("a", "c", "none"), pair("b", "d", "none")}},
			{Expected: "unknown", Pairs: 9},
		}}}
}

// What was expected to stay without a label is counted apart, for it is no achievement of a study that labels little; and of what
// was missed it is said whether this study could have found it.
func TestWhatWasMissedIsSetBesideWhatCouldBeFound(t *testing.T) {
	s := reachSection()
	text := s.kindsProse().Prose
	for _, want := range []string{
		"Judged as planted: 1 of 6 labels that are expected of 4 pairs and 2 of 2 pairs that are expected to stay without a label",
		"Without any label for the shared exposure that was planted: 1 pair, one of them with an overlap below 0.68 without",
		"with 32 models", "One more is kept from labels by an alarm.",
		"Without the label kinship without overlap: 1 pair; the overlap without the general factor is 0.25 on average",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	s.a.Power, s.r.Kinds = nil, s.r.Kinds[:1]
	if text = s.reach(); text != "" {
		t.Errorf("without what could be found: %q", text)
	}
}
