package narrative

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/yuin/goldmark/ast"

	"sdmap/internal/diag"
)

// block is one line that asks for a figure or a table.
var blockLine = regexp.MustCompile(`^:::\s*(figure|table)\s+([a-z0-9][a-z0-9._-]*)\s*$`)

// assemble walks the document's top-level nodes and sorts their text into abstract, sections and chapters.
func (r *reader) assemble(doc ast.Node) Authored {
	out := Authored{Before: map[string][]Part{}, Cited: r.cited}
	var abstract []string
	opening := func(p Part) {
		if p.Prose != "" {
			abstract = append(abstract, p.Prose)
		}
	}
	place := opening // before the first heading: the author's opening belongs to the abstract
	starts := starts(doc, r.source)
	i := 0
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		from, to := starts[i], starts[i+1]
		i++
		if h, ok := n.(*ast.Heading); ok && h.Level <= 2 {
			place = r.open(&out, h, opening)
			continue
		}
		source := bytes.TrimSpace(r.source[from:to])
		if m := blockLine.FindSubmatch(source); m != nil {
			place(r.block(string(m[1]), string(m[2]), from))
			continue
		}
		if s := strings.TrimSpace(r.spliced(from, to)); s != "" {
			place(Part{Prose: s})
		}
	}
	out.Abstract = strings.Join(abstract, "\n\n")
	return out
}

// starts gives the byte at which each top-level node begins, and the end of the source. Nodes of goldmark know where
// their text is, not where they begin, and some (a rule, an empty list) have none: their source goes with the node before.
func starts(doc ast.Node, source []byte) []int {
	var out []int
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		at := first(n)
		if at >= 0 {
			at = bytes.LastIndexByte(source[:at], '\n') + 1
		}
		if f, ok := n.(*ast.FencedCodeBlock); ok && f.Info == nil && at > 0 {
			at = bytes.LastIndexByte(source[:at-1], '\n') + 1 // the fence is the line before the first line of code
		}
		out = append(out, at)
	}
	out = append(out, len(source))
	for i := len(out) - 2; i >= 0; i-- {
		if out[i] < 0 || out[i] > out[i+1] {
			out[i] = out[i+1]
		}
	}
	out[0] = 0
	return out
}

// first is the smallest byte offset that a node or its descendants know of, or -1.
func first(n ast.Node) int {
	at := -1
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		p := -1
		switch c := c.(type) {
		case *ast.FencedCodeBlock:
			if c.Info != nil {
				p = c.Info.Segment.Start
			} else if c.Lines().Len() > 0 {
				p = c.Lines().At(0).Start
			}
		case *ast.Text:
			p = c.Segment.Start
		case *reference:
			p = c.start
		default:
			if c.Type() == ast.TypeBlock && c.Lines() != nil && c.Lines().Len() > 0 {
				p = c.Lines().At(0).Start
			}
		}
		if p >= 0 && (at < 0 || p < at) {
			at = p
		}
		return ast.WalkContinue, nil
	})
	return at
}

// open starts the section that a heading names and returns where its text goes.
func (r *reader) open(out *Authored, h *ast.Heading, opening func(Part)) func(Part) {
	title := strings.TrimSpace(r.headingText(h))
	id := ""
	if v, ok := h.AttributeString("id"); ok {
		if b, ok := v.([]byte); ok {
			id = string(b)
		}
	}
	switch {
	case id == "abstract":
		return opening
	case slices.Contains(r.names.Sections, id):
		return func(p Part) { out.Before[id] = append(out.Before[id], p) }
	case id != "" && diag.DidYouMean(id, r.names.Sections) != "":
		at := h.Lines().At(0).Start
		r.fault(at, h.Lines().At(0).Stop, fmt.Sprintf("the report has no section %q", id),
			func() string { return suggest(id, r.names.Sections) })
	}
	if id == "" {
		id = slug(title)
	}
	out.Free = append(out.Free, Chapter{ID: "text-" + id, Title: title})
	c := len(out.Free) - 1
	return func(p Part) { out.Free[c].Parts = append(out.Free[c].Parts, p) }
}

// headingText is a heading's words without attributes.
func (r *reader) headingText(h *ast.Heading) string {
	var b strings.Builder
	_ = ast.Walk(h, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(r.source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(s string) string {
	return strings.Trim(notSlug.ReplaceAllString(strings.ToLower(s), "-"), "-")
}

// block checks that a figure or table that was asked for exists.
func (r *reader) block(kind, id string, at int) Part {
	known := r.names.Figures
	if kind == "table" {
		known = r.names.Tables
	}
	if _, ok := known[id]; !ok {
		r.fault(at, at+len(":::"), fmt.Sprintf("there is no %s %q", kind, id),
			func() string { return suggest(id, keys(known, "")) })
		return Part{}
	}
	if kind == "table" {
		return Part{Table: id}
	}
	return Part{Figure: id}
}

// spliced is the source of [from, to) with references replaced.
func (r *reader) spliced(from, to int) string {
	var b strings.Builder
	first := sort.Search(len(r.edits), func(i int) bool { return r.edits[i].start >= from })
	for _, e := range r.edits[first:] {
		if e.stop > to {
			break
		}
		b.Write(r.source[from:e.start])
		b.WriteString(e.text)
		from = e.stop
	}
	b.Write(r.source[from:to])
	return b.String()
}
