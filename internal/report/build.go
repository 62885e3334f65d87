package report

import (
	"cmp"
	"fmt"
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/diag"
)

// Build makes the report. Faults in the author's text and bibliography are diagnostics; where there are errors among them,
// there is no report.
func Build(in Input) (*Report, diag.List, error) {
	a := withAlarms(compared(in.Analysis, in.Study), in.Alarms)
	r, files, values := header(in, a), fileSet{}, valueSet{}
	generated, err := written(sections(in, a, r, files, values))
	if err != nil {
		return nil, nil, fmt.Errorf("report: %w", err)
	}
	values.addCounts(in, a)
	values.addFacts(in.Axes)

	cited, found := newCitations(in.Study.Report.Bibliography, in.Bibliography)
	page, author := newLayout(generated), authorText{cmp.Or(in.Study.Report.Narrative, "narrative.md"), in.Narrative}
	authored, dangling, faults := compose(page, author, values, cited)
	if found = append(found, faults...); found.HasErrors() {
		return nil, found, nil
	}
	r.Abstract = cmp.Or(authored.Abstract, r.Abstract)
	r.Sections = append(page.sections(), cited.section()...)
	r.Values, r.Files = values.list(), files.list()
	return r, found, check(r, dangling)
}

// section is one that is still to be written: its fields are all that it is written from.
type section interface {
	write() (*Section, error) // nil where the study has no such section
}

// sections are those of the page, in its order. What they put beside their text goes to files, the numbers that prose may name
// to values.
func sections(in Input, a *analysis.Analysis, r *Report, files fileSet, values valueSet) []section {
	names := namesIn(in.Study)
	return []section{
		findingsSection{a, names},
		mapSection{a, in.Axes, in.Scores, names, len(in.Study.Scored()), files, values},
		disagreementSection{a, pairs{a, in.Axes, names, files, values}, names, files, values},
		landscapesSection{a, in.Axes, in.Neural, names, files},
		signaturesSection{in.Signatures, in.Study, in.Axes[axis.Perplexity], names, files, values},
		exposureSection{a, in.Axes[axis.Perplexity], names, files, values},
		recoverySection{a.Recovery, in.Curves, len(a.Benchmarks), a, names, files, values},
		validitySection{in.Study, a, in.Axes, in.Scores, names, in.Skipped, in.Models, in.Embedders, files, values},
		scoresSection{in.Scores, names, in.Actions, len(in.Models) > 0 && in.Study.Scores == nil, files, values},
		methodsSection{in.Study, a, in.Axes, in.Scores, files},
		provenanceSection{in.Models, in.Embedders, in.Data, in.Actions, in.Scores, files},
		citeSection{r, in.Study.Seed},
	}
}

// written writes sections, in their order.
func written(sections []section) ([]*Section, error) {
	var out []*Section
	for _, s := range sections {
		done, err := s.write()
		if err != nil {
			return nil, err
		}
		if done != nil {
			out = append(out, done)
		}
	}
	return out, nil
}

// withAlarms puts the alarms of the run in front of all others, and each at the head of the findings: they put all of it in
// doubt.
func withAlarms(a *analysis.Analysis, alarms []axis.Alarm) *analysis.Analysis {
	if len(alarms) == 0 {
		return a
	}
	out := *a
	out.Alarms = slices.Concat(alarms, a.Alarms)
	var first []analysis.Finding
	for i := range alarms {
		first = append(first, analysis.Finding{ID: fmt.Sprintf("finding-run-%d", i+1), Kind: analysis.KindAlarm,
			Alarm: &out.Alarms[i], Count: 1})
	}
	out.Findings = append(first, a.Findings...)
	return &out
}
