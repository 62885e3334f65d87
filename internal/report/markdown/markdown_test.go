package markdown

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"sdmap/internal/golden"
	"sdmap/internal/report"
)

const hostile = "a|b <script>alert(1)</script> [x](javascript:y) **b** `c`\n# h www.example.org"

func sample() *report.Report {
	v := 0.25
	table := report.Table{ID: "scores", Number: 1, Title: "Scores.", Caption: "In brackets: *errors*.", CSV: "tables/scores.csv",
		Columns: []report.Column{{Title: "model"}, {Title: "sum_eq", Numeric: true}, {Title: "why"}},
		Rows: [][]report.Cell{{{Text: "m01", Head: true, Anchor: "model~~m01"}, {Text: "0.25", Value: &v, Href: "#x(y) z"},
			{Text: "–", Note: "not asked"}}}}
	folded := table
	folded.ID, folded.Folded, folded.Number = "more", true, 2
	return &report.Report{Name: "t", Title: "A study", Authors: []string{"A. Author"}, Date: "2026-11-23", Version: "0.1.0",
		Abstract: "Some *words*.",
		Facts:    []string{"2 benchmarks"}, Command: "sdmap run `study`.toml",
		Sections: []report.Section{{ID: "map", Title: "The map", Blocks: []report.Block{
			{Prose: "A paragraph.\n\n- a list"},
			{Findings: []report.Finding{{ID: "f1", Tag: "at chance", Sentence: "**floor** is at chance.", Advice: "Drop it.",
				Evidence: []report.Link{{Text: "evidence", Href: "#map"}}}}},
			{Figure: &report.Figure{ID: "map", Number: 1, Title: "Map.", Caption: "What to see.", Alt: "A map", SVG: "map.svg",
				Table: &folded, First: "raw", Views: []report.View{{ID: "g", Title: "free", SVG: "map-g.svg"}}}},
			{Table: &table},
			{Cards: []report.Card{{ID: "sum.eq", Title: "sum.eq", Lines: []string{"2 pieces."},
				Body: []report.Block{{Prose: "inside"}}}}},
		}}}}
}

func TestGolden(t *testing.T) {
	b, err := Render(sample())
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/sample.golden", b)
}

// TestHostileTextIsShown renders the Markdown with raw HTML allowed, as a careless viewer would.
func TestHostileTextIsShown(t *testing.T) {
	r := sample()
	r.Title, r.Authors, r.Date, r.Facts, r.Command = hostile, []string{hostile}, hostile, []string{hostile}, hostile
	s := &r.Sections[0]
	s.Title = hostile
	s.Blocks[1].Findings[0].Tag = hostile
	s.Blocks[2].Figure.Title, s.Blocks[2].Figure.Alt, s.Blocks[2].Figure.Views[0].Title = hostile, hostile, hostile
	s.Blocks[3].Table.Title, s.Blocks[3].Table.Columns[0].Title = hostile, hostile
	s.Blocks[3].Table.Rows[0][1].Href = "javascript:alert(1)"
	s.Blocks[3].Table.Rows[0][0].Text, s.Blocks[3].Table.Rows[0][2].Note = hostile, hostile
	s.Blocks[4].Cards[0].Title, s.Blocks[4].Cards[0].Lines[0] = hostile, hostile
	b, err := Render(r)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := md.Convert(b, &page); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>", "href=\"javascript", "<strong>b</strong>", "http://www.example.org"} {
		if strings.Contains(page.String(), bad) {
			i := strings.Index(page.String(), bad)
			t.Errorf("text from outside became %q: %s", bad, page.String()[max(0, i-200):i+40])
		}
	}
	if n := strings.Count(page.String(), "<h1"); n != 1 {
		t.Errorf("%d first-level headings, want 1", n)
	}
	if n := strings.Count(page.String(), "<tr>"); n != 4 {
		t.Errorf("%d table rows, want 4: a bar in a cell must not end it", n)
	}
}

// A block that begins with a text from outside is a paragraph, whatever it begins with.
func TestBlocksOfTextAreParagraphs(t *testing.T) {
	for _, s := range []string{"- a", " + a", "1. a", "12) a", "=== a", "---", "    a", "> a", "# a", "* a", "| a |", "~~~",
		"```", "<b>", "a b"} {
		if got := viewed(t, opening(s), true); strings.Count(got, "<") != 2 || !strings.HasPrefix(got, "<p>") {
			t.Errorf("%q is shown as %s", s, got)
		}
	}
}

func TestFigureWithoutDrawingIsAnError(t *testing.T) {
	r := sample()
	r.Sections[0].Blocks[2].Figure.SVG = ""
	if _, err := Render(r); err == nil || !strings.Contains(err.Error(), "figure map") {
		t.Fatalf("error %v, want one that names the figure", err)
	}
}

// The line under the title says what is known of authors and date.
func TestLineUnderTheTitle(t *testing.T) {
	for _, c := range []struct {
		authors    []string
		date, want string
	}{
		{[]string{"A. Author", "B. Author"}, "2026-11-23", "A. Author, B. Author · data of 2026-11-23"},
		{[]string{"A. Author"}, "", "A. Author"}, {nil, "2026-11-23", "Data of 2026-11-23"}, {nil, "", "sdmap study"},
	} {
		r := sample()
		r.Authors, r.Date = c.authors, c.date
		b, err := Render(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(string(b), "\n")[2]; got != c.want {
			t.Errorf("%v, %q: %q, want %q", c.authors, c.date, got, c.want)
		}
	}
}
