package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
)

// newSection makes a section; blocks without content are left out.
func newSection(id, title, short string, blocks ...Block) *Section {
	blocks = slices.DeleteFunc(blocks, func(x Block) bool {
		return x.Prose == "" && x.Findings == nil && x.Figure == nil && x.Figures == nil && x.Table == nil && x.Cards == nil
	})
	return &Section{ID: id, Title: title, Short: short, Blocks: blocks}
}

// prose joins sentences to a paragraph; empty ones are left out.
func prose(sentences ...string) Block {
	var kept []string
	for _, s := range sentences {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return Block{Prose: strings.Join(kept, " ")}
}

func heading(title string) Block { return Block{Prose: "### " + title} }

// list makes a bulleted list.
func list(items []string) Block {
	if len(items) == 0 {
		return Block{}
	}
	return Block{Prose: "- " + strings.Join(items, "\n- ")}
}

// why gives the first reason for which little can be said.
func why(a *analysis.Analysis) string {
	if len(a.Warnings) > 0 {
		return esc(sentence(a.Warnings[0]))
	}
	if len(a.Axes) < 2 {
		return fmt.Sprintf("Axes can be compared where there are two; this study has %s.", spelt(len(a.Axes)))
	}
	return ""
}

// absentList names the axes and benchmarks that take no part, with the reason.
func absentList(absent []analysis.Absent, names *axis.Labels) Block {
	var items []string
	for _, x := range absent {
		switch {
		case x.Benchmark == "":
			items = append(items, fmt.Sprintf("The %s axis takes no part: %s.", esc(x.Axis), esc(x.Reason)))
		case x.Axis == "":
			items = append(items, fmt.Sprintf("**%s** takes no part: %s.", esc(names.Benchmark(x.Benchmark)), esc(x.Reason)))
		default:
			items = append(items, fmt.Sprintf("**%s** takes no part, because of the %s axis: %s.",
				esc(names.Benchmark(x.Benchmark)), esc(x.Axis), esc(x.Reason)))
		}
	}
	return list(items)
}

// escaped makes sentences of texts from outside.
func escaped(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, esc(sentence(t)))
	}
	return out
}
