package narrative

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"sdmap/internal/bibtex"
	"sdmap/internal/diag"
)

// Names is what an author's text may refer to.
type Names struct {
	Value    func(path string) (number float64, anchor string, ok bool)
	Paths    []string                // all value paths, for suggestions
	Figures  map[string]int          // id -> number
	Tables   map[string]int          // id -> number
	Sections []string                // ids of the report's own sections
	Sources  map[string]bibtex.Entry // bibliography
}

// Authored is the author's text, cut up by where it belongs. All prose is Markdown with values filled in.
type Authored struct {
	Abstract string
	Before   map[string][]Part // text for a section of the report, before its generated content
	Free     []Chapter         // sections of the author's own, in order; they stand before Methods
	Cited    []string          // keys of the bibliography, in order of their first citation
}

// Chapter is a section of the author's own.
type Chapter struct {
	ID, Title string
	Parts     []Part
}

// Part is prose, or a figure or table that was asked for by id; one field is set.
type Part struct{ Prose, Figure, Table string }

// edit replaces bytes [start, stop) of the source.
type edit struct {
	start, stop int
	text        string
}

// reader holds the state of one reading.
type reader struct {
	file   string
	source []byte
	names  Names
	places *diag.Places
	edits  []edit
	cited  []string
	has    map[string]bool // those of cited
	found  diag.Collector
}

// Read parses narrative.md. Every name that is not known is a diagnostic; text outside of references is not touched. It takes
// time in proportion to the text's length: what would take more is refused.
func Read(file string, source []byte, names Names) (Authored, diag.List) {
	r := &reader{file: file, source: source, names: names, places: diag.Index(file, source), has: map[string]bool{}}
	if at, ok := diag.NotUTF8(source); ok {
		r.found.Add(diag.Diagnostic{Severity: diag.Error, Summary: "the file is not UTF-8", Suggestion: "Save it as UTF-8.",
			Range: r.places.Span(at, at)})
		return Authored{}, r.found.List()
	}
	if start, stop, summary, remedy := bound(source); summary != "" {
		r.found.Add(diag.Diagnostic{Severity: diag.Error, Summary: summary, Suggestion: remedy,
			Range: r.places.Span(start, stop)})
		return Authored{}, r.found.List()
	}
	md := goldmark.New(goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithHeadingAttribute(), parser.WithInlineParsers(
			util.Prioritized(valueParser{}, 50), util.Prioritized(citeParser{}, 60), util.Prioritized(refParser{}, 60))))
	doc := md.Parser().Parse(text.NewReader(source))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			r.inline(n)
		}
		return ast.WalkContinue, nil
	})
	slices.SortFunc(r.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	return r.assemble(doc), r.found.List()
}

// inline turns one reference into its replacement.
func (r *reader) inline(n ast.Node) {
	ref, ok := n.(*reference)
	if !ok {
		return
	}
	var out string
	switch ref.kind {
	case "value":
		out, ok = r.value(ref)
	case "cite":
		out, ok = r.cite(ref)
	default:
		out, ok = r.cross(ref)
	}
	if ok {
		r.edits = append(r.edits, edit{ref.start, ref.stop, out})
	}
}

// verb is what a value's format may be: nothing that could print more than a number.
var verb = regexp.MustCompile(`^%[+ ]?\d{0,2}(\.\d{1,2})?[efgd]%{0,2}$`)

// value fills in `{{ /path | %.2f }}`; the two ends of a pair may stand in either order.
func (r *reader) value(ref *reference) (string, bool) {
	body := strings.ReplaceAll(ref.body, `\|`, "|")
	path, format, _ := strings.Cut(body, "|")
	path, format = strings.TrimSpace(path), cmp.Or(strings.TrimSpace(format), "%.2f")
	if !verb.MatchString(format) {
		r.report(ref, fmt.Sprintf("%q is no format of a number", format),
			func() string { return "use one such as %.2f, %.0f or %+.1e" })
		return "", false
	}
	number, anchor, ok := r.names.Value(path)
	if !ok {
		number, anchor, ok = r.names.Value(swapPair(path))
	}
	if !ok {
		r.report(ref, fmt.Sprintf("no value is named %q", path), func() string { return suggest(path, r.names.Paths) })
		return "", false
	}
	var s string
	if strings.Contains(format, "d") {
		s = fmt.Sprintf(format, int64(number))
	} else {
		s = fmt.Sprintf(format, number)
	}
	s = Escape(strings.Replace(s, "-", "−", 1))
	if anchor == "" {
		return s, true
	}
	return "[" + s + "](#" + anchor + ")", true
}

// swapPair exchanges the ends of "…/a~b".
func swapPair(path string) string {
	i := strings.LastIndexByte(path, '/')
	a, b, ok := strings.Cut(path[i+1:], "~")
	if !ok {
		return path
	}
	return path[:i+1] + b + "~" + a
}

// cite fills in `[@key]` or `[@one; @two]`.
func (r *reader) cite(ref *reference) (string, bool) {
	var out []string
	for _, k := range strings.Split(ref.body, ";") {
		key := strings.TrimPrefix(strings.TrimSpace(k), "@")
		s, ok := r.names.Sources[key]
		if !ok {
			r.report(ref, fmt.Sprintf("the bibliography has no entry %q", key), func() string {
				return suggest(key, slices.Sorted(maps.Keys(r.names.Sources)))
			})
			return "", false
		}
		if !r.has[key] {
			r.has[key] = true
			r.cited = append(r.cited, key)
		}
		out = append(out, "["+Escape(s.Short())+"](#ref-"+key+")")
	}
	return "(" + strings.Join(out, "; ") + ")", true
}

// cross fills in `@fig-map`, `@tab-scores` or `@sec-map`.
func (r *reader) cross(ref *reference) (string, bool) {
	kind, id, _ := strings.Cut(ref.body, "-")
	var number int
	var ok bool
	word, known := "Figure", r.names.Figures
	if kind == "tab" {
		word, known = "Table", r.names.Tables
	}
	if number, ok = known[id]; !ok {
		r.report(ref, fmt.Sprintf("there is no figure or table %q", ref.body),
			func() string { return suggest(ref.body, keys(known, kind+"-")) })
		return "", false
	}
	return fmt.Sprintf("[%s %d](#%s)", word, number, ref.body), true
}

func keys(m map[string]int, prefix string) []string {
	var out []string
	for k := range m {
		out = append(out, prefix+k)
	}
	slices.Sort(out)
	return out
}

func suggest(word string, known []string) string {
	if s := diag.DidYouMean(word, known); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	return ""
}

// report adds a diagnostic at a reference.
func (r *reader) report(ref *reference, summary string, suggestion func() string) {
	r.fault(ref.start, ref.stop, summary, suggestion)
}

// fault adds a diagnostic for bytes [start, stop). Of many of a kind the first are described, which takes a look at all names.
func (r *reader) fault(start, stop int, summary string, suggestion func() string) {
	at := r.places.Span(start, stop)
	if words, _, _ := strings.Cut(summary, `"`); r.found.Tells("what is named is not there: "+words, at) {
		r.found.Add(diag.Diagnostic{Severity: diag.Error, Summary: summary, Suggestion: suggestion(), Range: at})
	}
}
