package html

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"sdmap/internal/diag"
	"sdmap/internal/narrative"
	"sdmap/internal/report"
	"sdmap/templates"
)

func sample() *report.Report {
	v := 0.25
	hostile := `<script>alert(1)</script>"'&`
	return &report.Report{
		Name: "t", Title: hostile, Authors: []string{"A. Author", "B. Author"}, Date: "2026-11-23", Version: "0.1.0",
		Abstract: "Some *words*. " + narrative.Escape(hostile),
		Facts:    []string{"2 benchmarks"}, Command: "sdmap run study.toml",
		Sections: []report.Section{{ID: "map", Title: "The map", Blocks: []report.Block{
			{Prose: "A paragraph.\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n<b>raw</b>"},
			{Findings: []report.Finding{{ID: "f1", Tag: "at chance", Tone: "plain", Sentence: "**floor** is at chance.",
				Evidence: []report.Link{{Text: "evidence", Href: "#map"}}}}},
			{Figure: &report.Figure{ID: "map", Number: 1, Title: "Map", Caption: "What to see.", Alt: "A map",
				Height:  520,
				Options: json.RawMessage(`{"title":{"text":"</script><script>alert(2)</script>"}}`), SVG: "map.svg",
				Table: &report.Table{ID: "map-data", Columns: []report.Column{{Title: "x", Numeric: true}},
					Rows: [][]report.Cell{{{Text: "0.25", Value: &v}}}}}},
		}}},
		Files: []report.File{{Path: "figures/map.svg", Bytes: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")}},
	}
}

func TestHostileTextStaysText(t *testing.T) {
	b, err := Render(sample())
	if err != nil {
		t.Fatal(err)
	}
	body := string(b)
	if strings.Contains(body, "<script>alert") {
		t.Error("text from outside became a script element")
	}
	if strings.Contains(body, "<b>raw</b>") {
		t.Error("raw HTML in Markdown was passed through")
	}
	outside := regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(body, "")
	if m := regexp.MustCompile(`\sstyle\s*=`).FindString(outside); m != "" {
		t.Error("an element carries a style attribute, which the policy forbids")
	}
	if m := regexp.MustCompile(`\s(src|href)="(https?:)?//`).FindString(outside); m != "" {
		t.Errorf("the page refers to the network: %s", m)
	}
}

// The page is cleaned as a whole; if that changed a script, the policy would not let it run.
func TestPartsOfThePageAreSeen(t *testing.T) {
	for _, name := range []string{"page.html.tmpl", "page.css", "page.js", "echarts.min.js"} {
		if text := templates.Text(name); string(diag.ShownLines([]byte(text))) != text {
			t.Errorf("%s holds characters that a page must not show raw", name)
		}
	}
}

func TestEqualReportsGiveEqualBytes(t *testing.T) {
	a, err := Render(sample())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Render(sample())
	if err != nil || !bytes.Equal(a, b) {
		t.Fatalf("two renderings differ (%v)", err)
	}
}

func TestRefusesWhatIsNotJSON(t *testing.T) {
	r := sample()
	r.Sections[0].Blocks[2].Figure.Options = json.RawMessage(`{"x":NaN}`)
	if _, err := Render(r); err == nil || !strings.Contains(err.Error(), "map") {
		t.Fatalf("NaN in chart options: error %v, want one that names the figure", err)
	}
	r = sample()
	r.Files = nil
	if _, err := Render(r); err == nil || !strings.Contains(err.Error(), "map.svg") {
		t.Fatalf("missing drawing: error %v, want one that names the file", err)
	}
}

func TestInlineMarkdown(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a *b*", "a <em>b</em>"},
		{narrative.Escape("a *b* | <i> [x](y) `z`"), "a *b* | &lt;i&gt; [x](y) `z`"},
		{"# not *a* paragraph", "<h1>not <em>a</em> paragraph</h1>"},
	} {
		got, err := Markdown(c.in, true)
		if err != nil || got != c.want {
			t.Errorf("Markdown(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

// Where nothing has a date the page leaves it out, and the words about it.
func TestWithoutDate(t *testing.T) {
	r := sample()
	r.Date = ""
	b, err := Render(r)
	if err != nil {
		t.Fatal(err)
	}
	if page := string(b); strings.Contains(page, "data of") || !strings.Contains(page, `<p class="kicker">sdmap study</p>`) {
		t.Error("the line above the title speaks of a date")
	}
}
