package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafe "github.com/yuin/goldmark/renderer/html"
	dom "golang.org/x/net/html"

	"sdmap/internal/bibtex"
	"sdmap/internal/diag"
	"sdmap/internal/report"
	"sdmap/internal/report/markdown"
	"sdmap/templates"
)

// docs are all files of a report, and its Markdown as a careless viewer would show it.
type docs struct {
	page, text, data []byte
	viewed           []byte
	cite             string
	files            []report.File
}

func documents(t *testing.T, r *report.Report) docs {
	t.Helper()
	text, err := markdown.Render(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var viewed bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM),
		goldmark.WithRendererOptions(unsafe.WithUnsafe())).Convert(text, &viewed); err != nil {
		t.Fatal(err)
	}
	// The library of charts is the same in every page and larger than the rest; package html looks at it once.
	whole, library := []byte(page(t, r)), []byte(templates.Text("echarts.min.js"))
	if !bytes.Contains(whole, library) {
		t.Fatal("the page is without its library of charts")
	}
	d := docs{page: bytes.Replace(whole, library, nil, 1), text: text, data: diag.PlainJSON(data), viewed: viewed.Bytes(),
		files: r.Files}
	for _, s := range r.Sections {
		if s.ID == "cite" {
			last := s.Blocks[len(s.Blocks)-1].Prose
			d.cite = strings.TrimSuffix(strings.TrimPrefix(last, "```bibtex\n"), "```")
		}
	}
	return d
}

// check wants that nothing in any file acts.
func (d docs) check(t *testing.T) {
	t.Helper()
	d.checkCharacters(t)
	for name, b := range map[string][]byte{"the page": d.page, "report.md": d.viewed} {
		_, links := structure(t, b)
		for _, l := range links {
			if !harmlessLink.MatchString(l) {
				t.Errorf("%s has a link to %.200q", name, l)
			}
		}
	}
	for _, f := range d.files {
		switch {
		case strings.HasSuffix(f.Path, ".svg"):
			checkXML(t, f)
		case strings.HasSuffix(f.Path, ".csv"):
			checkSheet(t, f)
		default:
			t.Errorf("%s is neither drawing nor table", f.Path)
		}
	}
	checkBibTeX(t, d.cite)
}

var harmlessLink = regexp.MustCompile(`^(|#[!-~]*|(tables|figures)/[a-z0-9.~-]+|https://(doi|arxiv)\.org/[!-~]+|` +
	`data:image/svg\+xml;base64,[A-Za-z0-9+/=]+)$`)

// compare wants documents of the shape that they have where no text is hostile.
func (d docs) compare(t *testing.T, plain docs) {
	t.Helper()
	for name, b := range map[string][2][]byte{"the page": {d.page, plain.page}, "report.md": {d.viewed, plain.viewed}} {
		got, _ := structure(t, b[0])
		want, _ := structure(t, b[1])
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("%s has other elements from the %d. on: %q, want %q", name, i, got[min(i, len(got)):min(i+9, len(got))],
					want[min(i, len(want)):min(i+9, len(want))])
				break
			}
		}
	}
	for i, f := range d.files {
		if f.Path != plain.files[i].Path {
			t.Fatalf("file %s, want %s", f.Path, plain.files[i].Path)
		}
		if strings.HasSuffix(f.Path, ".csv") && fmt.Sprint(shape(t, f)) != fmt.Sprint(shape(t, plain.files[i])) {
			t.Errorf("%s has other rows or columns", f.Path)
		}
	}
}

// never are characters that may stand raw in no file, listed apart from the program's own idea of them.
const never = "\x00\x01\x07\b\v\f\r\x1b\x7f\u0085\u009b\u200b\u2028\u2029\u202e\u2066\ufeff\ufdd0\ufffe\uffff"

func (d docs) checkCharacters(t *testing.T) {
	t.Helper()
	all := slices.Concat(d.files, []report.File{{Path: "index.html", Bytes: d.page}, {Path: "report.md", Bytes: d.text},
		{Path: "report.json", Bytes: d.data}, {Path: "cite", Bytes: []byte(d.cite)}})
	for _, f := range all {
		if !utf8.Valid(f.Bytes) || !bytes.Equal(diag.ShownLines(f.Bytes), f.Bytes) || bytes.ContainsAny(f.Bytes, never) {
			i := max(0, bytes.IndexAny(f.Bytes, never))
			t.Errorf("%s holds what cannot be shown: %q", f.Path, f.Bytes[max(0, i-60):min(i+20, len(f.Bytes))])
		}
	}
}

// structure lists the elements of a page with the names of their attributes, in order, and what it links to.
func structure(t *testing.T, page []byte) (elements, links []string) {
	t.Helper()
	root, err := dom.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == dom.CommentNode {
			elements = append(elements, "<!--"+n.Data+"-->")
		}
		if n.Type != dom.ElementNode {
			continue
		}
		e := n.Data
		for _, a := range n.Attr {
			e += " " + a.Key
			if a.Key == "href" || a.Key == "src" {
				links = append(links, a.Val)
			}
		}
		elements = append(elements, e)
	}
	return elements, links
}

func checkXML(t *testing.T, f report.File) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(f.Bytes))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s is not well-formed: %v", f.Path, err)
			return
		}
		if e, ok := tok.(xml.StartElement); ok && !slices.Contains([]string{"svg", "g", "path", "text", "rect"}, e.Name.Local) {
			t.Errorf("%s has an element %s", f.Path, e.Name.Local)
		}
	}
}

// shape is the number of cells of each row.
func shape(t *testing.T, f report.File) (cells []int) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(f.Bytes)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	for _, r := range rows {
		cells = append(cells, len(r))
	}
	return cells
}

// checkSheet wants a table in which no cell is a formula, whether commas or semicolons end cells.
func checkSheet(t *testing.T, f report.File) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(f.Bytes)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	for _, r := range rows {
		for _, cell := range r {
			if strings.ContainsAny(cell, "\n\t") {
				t.Errorf("%s: a cell has several lines: %q", f.Path, cell)
			}
			for part := range strings.SplitSeq(cell, ";") {
				_, err := strconv.ParseFloat(cell, 64)
				if part = strings.TrimSpace(part); err != nil && part != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(part)[0]) {
					t.Errorf("%s: a spreadsheet would compute %.80q", f.Path, part)
				}
			}
		}
	}
}

// checkBibTeX wants two entries. BibTeX counts braces whether a backslash stands in front or not.
func checkBibTeX(t *testing.T, s string) {
	t.Helper()
	entries, faults := bibtex.Read("cite", []byte(s))
	if len(entries) != 2 || len(faults) > 0 {
		t.Errorf("%d entries, %v: %s", len(entries), faults, s)
	}
	depth, closed := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				closed++
			}
		}
	}
	if depth != 0 || closed != 2 {
		t.Errorf("braces are not balanced (%d open, %d closed at the top): %s", depth, closed, s)
	}
	if unescaped := regexp.MustCompile("[^\\\\][%&#$_]|[~^`]").FindString(s); unescaped != "" {
		t.Errorf("TeX would act on %q: %s", unescaped, s)
	}
}
