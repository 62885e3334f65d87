package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/bibtex"
	"sdmap/internal/diag"
	"sdmap/internal/narrative"
)

// builder holds a report while its sections are written.
type builder struct {
	in      Input
	a       *analysis.Analysis
	r       *Report
	drafts  []*draft
	files   map[string][]byte
	values  map[string]Value
	sources map[string]bibtex.Entry
	cited   []string
	marked  map[string]bool // those of cited

	movedFigures map[string]*Figure // that the author placed, by id
	movedTables  map[string]*Table
	dangling     []string // references of generated text that lead nowhere
}

// draft is a section before figures and tables have their numbers: what the author put in front, then what was generated.
type draft struct {
	Section
	front []narrative.Part
}

// Build makes the report. Faults in the author's text and bibliography are diagnostics; where there are errors among them,
// there is no report.
func Build(in Input) (*Report, diag.List, error) {
	b, found := newBuilder(in)
	b.header()
	steps := []func() error{b.findings, b.mapSection, b.disagreement, b.landscapes, b.signatures, b.exposure, b.recovery,
		b.validity, b.scores, b.methods, b.provenance, b.cite}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, nil, fmt.Errorf("report: %w", err)
		}
	}
	b.nameValues()
	found = append(found, b.compose()...)
	if found.HasErrors() {
		return nil, found, nil
	}
	b.references()
	for _, path := range slices.Sorted(maps.Keys(b.files)) {
		b.r.Files = append(b.r.Files, File{path, b.files[path]})
	}
	return b.r, found, b.check()
}

func newBuilder(in Input) (*builder, diag.List) {
	b := &builder{in: in, a: in.Analysis, r: &Report{}, files: map[string][]byte{}, values: map[string]Value{},
		marked: map[string]bool{}}
	if b.a == nil {
		b.a = &analysis.Analysis{Warnings: []string{"The axes were not compared."}}
		for _, x := range in.Study.Benchmarks {
			b.a.Benchmarks = append(b.a.Benchmarks, x.ID)
			b.a.Families = append(b.a.Families, x.Family)
			b.a.Formats = append(b.a.Formats, x.Format)
		}
	}
	b.runAlarms()
	b.sources, _ = bibtex.Read("sources.bib", builtinSources) // tested to be without faults
	authors, found := bibtex.Read(cmp.Or(in.Study.Report.Bibliography, "references.bib"), in.Bibliography)
	maps.Copy(b.sources, authors)
	return b, found
}

// runAlarms puts the alarms of the run in front of all others, and each at the head of the findings: they put all of it in doubt.
func (b *builder) runAlarms() {
	if len(b.in.Alarms) == 0 {
		return
	}
	a := *b.a
	a.Alarms = slices.Concat(b.in.Alarms, a.Alarms)
	var first []analysis.Finding
	for i := range b.in.Alarms {
		first = append(first, analysis.Finding{ID: fmt.Sprintf("finding-run-%d", i+1), Kind: analysis.KindAlarm,
			Alarm: &a.Alarms[i], Count: 1})
	}
	a.Findings = append(first, a.Findings...)
	b.a = &a
}

// header fills what stands above the sections.
func (b *builder) header() {
	s := b.in.Study
	*b.r = Report{Name: s.Name, Title: s.Title, Authors: s.Authors, Date: s.Date, Version: b.in.Version, Command: b.in.Command}
	if b.r.Title == "" {
		b.r.Title = s.Name
	}
	fact := func(n int, noun string) {
		if n > 0 {
			b.r.Facts = append(b.r.Facts, count(n, noun))
		}
	}
	fact(len(b.a.Benchmarks), "benchmark")
	fact(len(s.Models), "model")
	fact(b.items(), "item")
	if b.in.Corpus != nil {
		fact(b.in.Corpus.Pieces, "corpus piece")
	}
	b.r.Facts = append(b.r.Facts, fmt.Sprintf("seed %d", s.Seed), "sdmap "+b.in.Version)
	b.r.Abstract = b.abstract()
}

func (b *builder) items() int {
	n := 0
	if b.in.Scores != nil {
		for _, k := range b.in.Scores.ItemCounts() {
			n += k
		}
	}
	return n
}

// abstract is what stands under the title of a study whose author wrote none.
func (b *builder) abstract() string {
	var axes []string
	for _, a := range b.a.Axes {
		axes = append(axes, map[string]string{axis.Performance: "how models score on them",
			axis.Perplexity: "which texts' surprisal goes with their scores",
			axis.Semantic:   "what their questions say", axis.Neural: "how models process them"}[a])
	}
	out := fmt.Sprintf("This study relates %s", count(len(b.a.Benchmarks), "benchmark"))
	switch len(axes) {
	case 0:
	case 1:
		out += " by " + axes[0]
	default:
		out += fmt.Sprintf(" on %s axes: by %s", spelt(len(axes)), and(axes))
	}
	out += "."
	if m := len(b.in.Study.Models); m > 0 {
		out += fmt.Sprintf(" Scores come from %s", count(m, "model"))
		if n := b.items(); n > 0 {
			out += fmt.Sprintf(" on %s", count(n, "item"))
		}
		out += "."
	}
	if len(axes) < 2 {
		return out + " The report says what could be measured, and how far it can be trusted."
	}
	return out + " The report says where the axes agree, where they part, and how far either can be trusted."
}

// section adds a section; blocks without content are left out.
func (b *builder) section(id, title, short string, blocks ...Block) {
	blocks = slices.DeleteFunc(blocks, func(x Block) bool {
		return x.Prose == "" && x.Findings == nil && x.Figure == nil && x.Figures == nil && x.Table == nil && x.Cards == nil
	})
	b.drafts = append(b.drafts, &draft{Section: Section{ID: id, Title: title, Short: short, Blocks: blocks}})
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

// check refuses a report in which two things share an anchor or a drawing is missing.
func (b *builder) check() error {
	seen := map[string]bool{}
	var errs []error
	for _, d := range b.dangling {
		errs = append(errs, fmt.Errorf("report: generated text refers to %s, which is not there", d))
	}
	once := func(id string) {
		if seen[id] {
			errs = append(errs, fmt.Errorf("report: the anchor %q is used twice", id))
		}
		seen[id] = true
	}
	for _, s := range b.r.Sections {
		once(s.ID)
	}
	for _, f := range b.r.AllFigures() {
		once("fig-" + f.ID)
	}
	for _, t := range b.r.AllTables() {
		once("tab-" + t.ID)
		for _, row := range t.Rows {
			for _, c := range row {
				if c.Anchor != "" {
					once(c.Anchor)
				}
			}
		}
	}
	return errors.Join(errs...)
}
