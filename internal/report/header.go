package report

import (
	"cmp"
	"fmt"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
)

// header is a report of which only what stands above the sections is filled.
func header(in Input, a *analysis.Analysis) *Report {
	s := in.Study
	r := &Report{Name: s.Name, Title: cmp.Or(s.Title, s.Name), Authors: s.Authors, Date: s.Date, Version: in.Version,
		Command: in.Command}
	fact := func(n int, noun string) {
		if n > 0 {
			r.Facts = append(r.Facts, count(n, noun))
		}
	}
	fact(len(a.Benchmarks), "benchmark")
	if len(in.Models) > 0 && s.Scores != nil {
		from := "a table"
		if s.Scores.Logs != nil {
			from = "logs"
		}
		r.Facts = append(r.Facts, fmt.Sprintf("scores of %s from %s", count(len(s.Scored()), "model"), from))
		r.Facts = append(r.Facts, fmt.Sprintf("%s %s run", count(len(in.Models), "model"), were(len(in.Models))))
	} else {
		fact(len(s.Models), "model")
	}
	fact(items(in.Scores), "item")
	if in.Corpus != nil {
		fact(in.Corpus.Pieces, "corpus piece")
	}
	r.Facts = append(r.Facts, fmt.Sprintf("seed %d", s.Seed), "sdmap "+in.Version)
	r.Abstract = abstract(a, len(s.Scored()), items(in.Scores))
	return r
}

// abstract is what stands under the title of a study whose author wrote none.
func abstract(of *analysis.Analysis, models, items int) string {
	exposed := "which texts' surprisal goes with their scores"
	if perplexity.IsFamiliarity(of.Exposure) {
		exposed = "how familiar models are with their questions"
	}
	var axes []string
	for _, a := range of.Axes {
		axes = append(axes, map[string]string{axis.Performance: "how models score on them",
			axis.Perplexity: exposed, axis.Semantic: "what their questions say", axis.Neural: "how models process them"}[a])
	}
	out := fmt.Sprintf("This study relates %s", count(len(of.Benchmarks), "benchmark"))
	switch len(axes) {
	case 0:
	case 1:
		out += " by " + axes[0]
	default:
		out += fmt.Sprintf(" on %s axes: by %s", spelt(len(axes)), and(axes))
	}
	out += "."
	if models > 0 {
		out += fmt.Sprintf(" Scores come from %s", count(models, "model"))
		if items > 0 {
			out += fmt.Sprintf(" on %s", count(items, "item"))
		}
		out += "."
	}
	if len(axes) < 2 {
		return out + " The report says what could be measured, and how far it can be trusted."
	}
	return out + " The report says where the axes agree, where they part, and how far either can be trusted."
}
