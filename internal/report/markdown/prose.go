package markdown

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"sdmap/internal/diag"
	"sdmap/internal/narrative"
)

// edit replaces bytes [start, stop) of the source.
type edit struct {
	start, stop int
	text        string
}

// passes is how often prose is read again after what acts was taken out of it. What is left may have closed ranks around the
// gap, as "<scr<b>ipt>" does; no honest text needs a third reading.
const passes = 8

// prose is an author's Markdown with no more power than the page gives it: raw HTML is left out, links that would run something
// lead nowhere, and a block of code ends with its text. All else stays byte by byte.
func prose(source string) string {
	source = string(diag.ShownLines([]byte(source))) // at first: a form feed would become the space that makes a tag
	for range passes {
		edits := acting(source)
		if len(edits) == 0 {
			return closed(source)
		}
		source = edited(source, edits)
	}
	return narrative.Escape(source)
}

// watching reads prose with an eye on what acts.
var watching = func() parser.Parser {
	watched := func(p parser.InlineParser, priority int) util.PrioritizedValue {
		return util.Prioritized(watch{p}, priority)
	}
	return goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(util.Prioritized(parser.NewCodeSpanParser(), 100), watched(parser.NewLinkParser(), 200),
			watched(parser.NewAutoLinkParser(), 300), watched(parser.NewRawHTMLParser(), 400),
			util.Prioritized(parser.NewEmphasisParser(), 500)),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...)))).Parser()
}()

// found is where a reading keeps its edits, a *[]edit.
var found = parser.NewContextKey()

// acting finds what the page would not let through.
func acting(source string) []edit {
	var edits []edit
	pc := parser.NewContext()
	pc.Set(found, &edits)
	doc := watching.Parse(text.NewReader([]byte(source)), parser.WithContext(pc))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.HTMLBlock:
			if entering {
				edits = append(edits, without(n, source)...)
			}
		case *ast.LinkReferenceDefinition:
			if entering && dangerous(n.Destination) {
				edits = append(edits, nowhere(n, source)...)
			}
		}
		return ast.WalkContinue, nil
	})
	return edits
}

// watch notes which bytes an inline parser took for something that acts; goldmark's nodes do not know where they end.
type watch struct{ parser.InlineParser }

// Parse implements parser.InlineParser.
func (w watch) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	edits := pc.Get(found).(*[]edit)
	_, before := block.Position()
	n := w.InlineParser.Parse(parent, block, pc)
	_, after := block.Position()
	switch n := n.(type) {
	case *ast.RawHTML:
		*edits = append(*edits, edit{before.Start, after.Start, ""})
	case *ast.AutoLink:
		if dangerous(n.URL(block.Source())) {
			*edits = append(*edits, edit{before.Start, before.Start, `\`})
		}
	case *ast.Link:
		*edits = append(*edits, elsewhere(n.Destination, before.Start, after.Start)...)
	case *ast.Image:
		*edits = append(*edits, elsewhere(n.Destination, before.Start, after.Start)...)
	}
	return n
}

// elsewhere gives a dangerous link, which its parser finds at the bracket behind its words, another end.
func elsewhere(destination []byte, start, stop int) []edit {
	if dangerous(destination) {
		return []edit{{start, stop, "](#)"}}
	}
	return nil
}

// CloseBlock implements parser.CloseBlocker for the parsers that do.
func (w watch) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := w.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// dangerous judges a destination as the page does.
func dangerous(destination []byte) bool {
	return html.IsDangerousURL(util.URLEscape(destination, true))
}

// without takes the text of a block of HTML away; its ends of lines stay, so that its neighbours stay apart.
func without(n *ast.HTMLBlock, source string) (edits []edit) {
	drop := func(s text.Segment) {
		stop := s.Start + len(strings.TrimRight(source[s.Start:s.Stop], "\n"))
		edits = append(edits, edit{s.Start, stop, ""})
	}
	for i := range n.Lines().Len() {
		drop(n.Lines().At(i))
	}
	if n.HasClosure() {
		drop(n.ClosureLine)
	}
	return edits
}

// nowhere lets the definition of a link that others refer to lead nowhere.
func nowhere(n *ast.LinkReferenceDefinition, source string) (edits []edit) {
	lines := n.Lines()
	from, to := lines.At(0).Start, lines.At(lines.Len()-1).Stop
	for {
		i := strings.Index(source[from:to], string(n.Destination))
		if i < 0 {
			return edits
		}
		edits = append(edits, edit{from + i, from + i + len(n.Destination), "#"})
		from += i + len(n.Destination)
	}
}

// edited makes the edits. Of two that overlap, which an inner and an outer construct may, the first is made.
func edited(source string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.start < at {
			continue
		}
		b.WriteString(source[at:e.start] + e.text)
		at = e.stop
	}
	b.WriteString(source[at:])
	return b.String()
}

// closed ends a block of code that the author left open: on the page it ends with the text, and in the document it would go on.
func closed(source string) string {
	if !open(source) {
		return source
	}
	for _, mark := range []byte("`~") {
		fence := strings.Repeat(string(mark), max(3, longestRun(source, mark)))
		if tried := source + "\n" + fence; !open(tried) {
			return tried
		}
	}
	return narrative.Escape(source)
}

// longestRun is how often a character stands in a row, at most.
func longestRun(s string, mark byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] == mark {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// open says whether what follows the source would be taken for a part of it.
func open(source string) bool {
	if !strings.Contains(source, "```") && !strings.Contains(source, "~~~") {
		return false
	}
	const next = "\n\nnext\n"
	doc := goldmark.DefaultParser().Parse(text.NewReader([]byte(source + next)))
	p, ok := doc.LastChild().(*ast.Paragraph)
	return !ok || string(bytes.TrimSpace(p.Lines().Value([]byte(source+next)))) != strings.TrimSpace(next)
}
