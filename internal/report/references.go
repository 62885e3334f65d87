package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"sdmap/internal/bibtex"
	"sdmap/internal/diag"
)

// builtinSources is the bibliography of the methods.
//
//go:embed sources.bib
var builtinSources []byte

// citations are the sources that can be cited, and the keys of those that were.
type citations struct {
	sources map[string]bibtex.Entry
	keys    []string // in order of their first citation
	seen    map[string]bool
}

// newCitations knows the sources of the methods and the author's, which win.
func newCitations(file string, bibliography []byte) (*citations, diag.List) {
	sources, _ := bibtex.Read("sources.bib", builtinSources) // tested to be without faults
	authors, found := bibtex.Read(cmp.Or(file, "references.bib"), bibliography)
	maps.Copy(sources, authors)
	return &citations{sources: sources, seen: map[string]bool{}}, found
}

func (c *citations) add(key string) {
	if !c.seen[key] {
		c.seen[key] = true
		c.keys = append(c.keys, key)
	}
}

// section is the last one, none where nothing was cited: what was, by the author or by the generated text, in alphabetical
// order.
func (c *citations) section() []Section {
	t := &Table{ID: "references", Columns: words("cited as", "source")}
	for _, k := range sortedBy(c.keys, func(k string) string { return c.sources[k].Short() + " " + k }) {
		s := c.sources[k]
		source := text(s.Long())
		source.Href = s.Address()
		t.Rows = append(t.Rows, []Cell{head(s.Short()).at("ref-" + k), source})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []Section{{ID: "references", Title: "References", Blocks: []Block{{Table: t}}}}
}

var (
	crossPattern = regexp.MustCompile(`(^|[^\\\w])@(fig|tab)-([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)`)
	citePattern  = regexp.MustCompile(`\[(@[\w:.-]+(?:; @[\w:.-]+)*)\]`)
)

// references turns "@fig-map" and "[@key]" of generated text into links. Text from outside cannot be taken for either, because
// its "@" and "[" are escaped.
type references struct {
	figures, tables map[string]int // numbers by id
	cited           *citations
	dangling        []string // those that lead nowhere
}

func (r *references) fill(s *string) {
	crossed := crossPattern.ReplaceAllStringFunc(*s, r.cross)
	*s = citePattern.ReplaceAllStringFunc(crossed, r.cite)
}

func (r *references) cross(match string) string {
	p := crossPattern.FindStringSubmatch(match)
	word, number := "Figure", r.figures[p[3]]
	if p[2] == "tab" {
		word, number = "Table", r.tables[p[3]]
	}
	if number == 0 {
		r.dangling = append(r.dangling, p[2]+"-"+p[3])
	}
	return fmt.Sprintf("%s[%s %d](#%s-%s)", p[1], word, number, p[2], p[3])
}

func (r *references) cite(match string) string {
	var out []string
	for _, k := range strings.Split(strings.Trim(match, "[]"), "; ") {
		key := strings.TrimPrefix(k, "@")
		r.cited.add(key)
		out = append(out, "["+esc(r.cited.sources[key].Short())+"](#"+"ref-"+key+")")
	}
	return "(" + strings.Join(out, "; ") + ")"
}
