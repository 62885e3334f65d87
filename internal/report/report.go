// Package report holds the document that readers get, before it is HTML or Markdown: sections, prose, figures with their
// data tables, findings, provenance.
//
// The pipeline: study, axis results and analysis -> Build -> Report -> report/html or report/markdown, or JSON as it is.
// All of it is data: every figure carries its chart options for the page, its static drawing for print and Markdown, and the
// table of the numbers behind it. Prose is Markdown in which every text that came from outside is already escaped, so that
// both renderers show the same words.
//
// Within Build: header, then every section written from what it is given, with its files and values collected beside it; then
// the author's text is put between them (compose), figures and tables get their numbers (layout) and links their targets
// (references).
package report

import "encoding/json"

// Report is one document.
type Report struct {
	Name     string // of the study, such as "planted"
	Title    string
	Authors  []string
	Date     string   // of the data, as the study says
	Version  string   // sdmap's release
	Abstract string   // Markdown
	Facts    []string // the line of facts under the abstract: "24 benchmarks", "32 models", ...
	Command  string   // reproduces the report
	Sections []Section
	Values   []Value // every number that prose may name, sorted by path
	Files    []File  // figures/*.svg and tables/*.csv, sorted by path
}

// Section is one numbered part of the page.
type Section struct {
	ID     string // anchor
	Title  string
	Short  string // in the contents column
	Blocks []Block
}

// Block is one thing in a section; exactly one field is set.
type Block struct {
	Prose    string     `json:",omitempty"` // Markdown
	Findings []Finding  `json:",omitempty"`
	Figure   *Figure    `json:",omitempty"`
	Figures  *FigureRow `json:",omitempty"`
	Table    *Table     `json:",omitempty"`
	Cards    []Card     `json:",omitempty"`
}

// FigureRow is figures that are read together, side by side: the landscapes of four axes.
type FigureRow struct {
	ID      string
	Figures []*Figure
	Legend  string // Markdown, common to all
}

// Finding is one numbered item of "What we found".
type Finding struct {
	ID       string // anchor
	Tag      string // "overlap without kinship"
	Tone     string // "warn", "good", "info" or "plain": the tag's colour
	Sentence string // Markdown, with its numbers
	Advice   string // Markdown: what a designer can do
	Evidence []Link
}

// Link leads to an anchor of the page or a file beside it.
type Link struct{ Text, Href string }

// Figure is a chart with everything that stands around it.
type Figure struct {
	ID      string // "map"; the anchor is "fig-map"
	Number  int
	Title   string
	Caption string // Markdown: says what to see
	Alt     string // plain text, for who cannot see it
	Wide    bool
	Height  int // CSS pixels
	// Options are ECharts options (JSON, no functions); Data is what the script needs beyond them.
	Options json.RawMessage
	Data    json.RawMessage `json:",omitempty"`
	SVG     string          // file name under figures/; the bytes stand in Report.Files
	Table   *Table          // the numbers of the figure
	First   string          `json:",omitempty"` // title of the view above, where there are others
	Views   []View          `json:",omitempty"` // other options for the same figure: raw, without g
}

// View is another set of options of a figure that a reader may switch to.
type View struct {
	ID, Title string
	Options   json.RawMessage
	Data      json.RawMessage `json:",omitempty"`
	SVG       string          // empty where the view is for the page alone
	Table     *Table
}

// Table is numbers with headings; CSV is the file under tables/ that holds it in full precision.
type Table struct {
	ID       string // "scores"; the anchor is "tab-scores"
	Number   int    // 0: unnumbered, such as a figure's data
	Title    string
	Caption  string // Markdown
	Columns  []Column
	Rows     [][]Cell
	CSV      string
	Partial  bool `json:",omitempty"` // the file holds more, or in another form, than the table shows
	Sortable bool
	Folded   bool // shown under a disclosure
}

// Column is one heading.
type Column struct {
	Title   string
	Note    string // a longer name or a unit
	File    string `json:",omitempty"` // the heading in files, where another column has the title as well
	Numeric bool
}

// Cell is one value: what is shown, and the number behind it for sorting and CSV.
type Cell struct {
	Text   string   // plain text; the renderer escapes it
	Value  *float64 `json:",omitempty"`
	Whole  string   `json:",omitempty"` // what Text is the beginning of; files hold it
	Anchor string   `json:",omitempty"` // this cell's own anchor
	Href   string   `json:",omitempty"`
	Note   string   `json:",omitempty"` // shown on focus and hover, read aloud
	Head   bool     `json:",omitempty"` // a row heading
}

// Card is what the map shows of one benchmark on hover or focus, and signatures below.
type Card struct {
	ID    string // benchmark
	Title string
	Lines []string // plain text
	Body  []Block
}

// Value is a number that prose can name by its path: "/overlap/performance/gfree/a~b".
type Value struct {
	Path   string
	Title  string `json:",omitempty"`
	Number float64
	Lo, Hi *float64 `json:",omitempty"`
	N      int      `json:",omitempty"`
	Method string   `json:",omitempty"`
	Anchor string   // where it was computed
}

// File is a figure or table written beside the page.
type File struct {
	Path  string // "figures/map.svg", slash-separated
	Bytes []byte `json:"-"`
}
