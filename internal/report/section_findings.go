package report

import (
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/narrative"
)

// shownFindings is how many findings a reader meets at once.
const shownFindings = 7

// findingsSection is "What we found".
type findingsSection struct {
	a     *analysis.Analysis
	names *axis.Labels
}

func (s findingsSection) write() (*Section, error) {
	var all []Finding
	for _, f := range s.a.Findings {
		said, ok := narrative.Say(s.named(f))
		if !ok {
			continue
		}
		all = append(all, Finding{ID: anchor(f.ID), Tag: said.Tag, Tone: said.Tone, Sentence: said.Text, Advice: said.Advice,
			Evidence: s.evidence(f, said.Target)})
	}
	if len(all) == 0 {
		return newSection("findings", "What we found", "", prose("The analysis singled out no finding.", why(s.a),
			"What was measured is shown below all the same.")), nil
	}
	top := min(len(all), shownFindings)
	intro := fmt.Sprintf("%s to read first, with estimates, intervals and n.", statements(top))
	blocks := []Block{prose(intro, "Pairs carry a label only if every part of its test holds after correction for all pairs; "+
		"where an interval includes the value that would mean nothing, the sentence says so."),
		{Findings: all[:top]}}
	if len(all) > top {
		blocks = append(blocks, heading("Further findings"), Block{Findings: all[top:]})
	}
	return newSection("findings", "What we found", "", blocks...), nil
}

// named is a finding with the names of its benchmarks in place of their ids.
func (s findingsSection) named(f analysis.Finding) analysis.Finding {
	f.Benchmarks = s.names.Each(f.Benchmarks)
	others := make([][]string, len(f.Others))
	for i, ids := range f.Others {
		others[i] = s.names.Each(ids)
	}
	f.Others = others
	f.Shared = slices.Clone(f.Shared)
	for i := range f.Shared {
		f.Shared[i].Models = s.modelNames(f.Shared[i].Models)
	}
	if f.Wording != nil {
		f.Wording = &analysis.Witnesses{Encoder: s.names.Model(f.Wording.Encoder), Beside: f.Wording.Beside}
	}
	return f
}

func (s findingsSection) modelNames(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, s.names.Model(id))
	}
	return out
}

func statements(n int) string {
	if n == 1 {
		return "One finding"
	}
	return capital(spelt(n)) + " findings"
}

// evidence leads to the section and, for a pair, to its row.
func (s findingsSection) evidence(f analysis.Finding, section string) []Link {
	var out []Link
	switch f.Kind {
	case analysis.OverlapWithoutKinship, analysis.KinshipWithoutOverlap, analysis.LikenessWithoutKinship,
		analysis.ExposureDriven:
		if len(f.Benchmarks) == 2 && len(s.a.Benchmarks) <= pairRows {
			out = append(out, Link{"the pair", "#" + pairAnchor(s.a.Benchmarks, f.Benchmarks[0], f.Benchmarks[1])})
		}
	case analysis.KindDisagreement:
		out = append(out, Link{"its row", "#" + anchor("disagreement", f.Benchmarks[0])})
	}
	if section != "" {
		out = append(out, Link{"evidence", "#" + section})
	}
	return out
}
