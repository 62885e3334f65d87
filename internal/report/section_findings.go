package report

import (
	"fmt"

	"sdmap/internal/analysis"
	"sdmap/internal/narrative"
)

// shownFindings is how many findings a reader meets at once.
const shownFindings = 7

// findings writes "What we found".
func (b *builder) findings() error {
	var all []Finding
	for _, f := range b.a.Findings {
		s := narrative.Say(f)
		all = append(all, Finding{ID: anchor(f.ID), Tag: s.Tag, Tone: s.Tone, Sentence: s.Text, Advice: s.Advice,
			Evidence: b.evidence(f, s)})
	}
	if len(all) == 0 {
		b.section("findings", "What we found", "", prose("The analysis singled out no finding.", b.why(),
			"What was measured is shown below all the same."))
		return nil
	}
	top := min(len(all), shownFindings)
	intro := fmt.Sprintf("%s to read first, with estimates, intervals and n.", statements(top))
	blocks := []Block{prose(intro, "Pairs carry a label only if every part of its test holds after correction for all pairs; "+
		"where an interval includes the value that would mean nothing, the sentence says so."),
		{Findings: all[:top]}}
	if len(all) > top {
		blocks = append(blocks, heading("Further findings"), Block{Findings: all[top:]})
	}
	b.section("findings", "What we found", "", blocks...)
	return nil
}

func statements(n int) string {
	if n == 1 {
		return "One finding"
	}
	return capital(spelt(n)) + " findings"
}

// why gives the first reason for which little can be said.
func (b *builder) why() string {
	if len(b.a.Warnings) > 0 {
		return esc(sentence(b.a.Warnings[0]))
	}
	if len(b.a.Axes) < 2 {
		return fmt.Sprintf("Axes can be compared where there are two; this study has %s.", spelt(len(b.a.Axes)))
	}
	return ""
}

// evidence leads to the section and, for a pair, to its row.
func (b *builder) evidence(f analysis.Finding, s narrative.Sentence) []Link {
	var out []Link
	switch f.Kind {
	case analysis.OverlapWithoutKinship, analysis.KinshipWithoutOverlap, analysis.LikenessWithoutKinship:
		if len(f.Benchmarks) == 2 && len(b.a.Benchmarks) <= pairRows {
			out = append(out, Link{"the pair", "#" + b.pairAnchor(f.Benchmarks[0], f.Benchmarks[1])})
		}
	case analysis.KindDisagreement:
		out = append(out, Link{"its row", "#" + anchor("disagreement", f.Benchmarks[0])})
	}
	if s.Target != "" {
		out = append(out, Link{"evidence", "#" + s.Target})
	}
	return out
}
