package narrative

import (
	"strings"
	"testing"

	"sdmap/internal/bibtex"
)

func names() Names {
	return Names{
		Value: func(path string) (float64, string, bool) {
			v, ok := map[string]float64{"/overlap/performance/gfree/a~b": -0.456, "/n/models": 32}[path]
			return v, "pair-a-b", ok
		},
		Paths:    []string{"/n/models", "/overlap/performance/gfree/a~b"},
		Figures:  map[string]int{"map": 1},
		Tables:   map[string]int{"scores": 2},
		Sections: []string{"map", "scores"},
		Sources: map[string]bibtex.Entry{"wu2025": {Key: "wu2025", Authors: []bibtex.Name{{Last: "Wu"}, {Last: "Bao"},
			{Last: "Li"}}, Fields: map[string]string{"year": "2025", "title": "T"}}},
	}
}

const sampleText = `Opening words.

# Abstract {#abstract}

We use {{ /n/models | %.0f }} models.

## About the map {#map}

The pair is at **{{ /overlap/performance/gfree/b~a | %.2f }}** (see @fig-map), as in [@wu2025].

::: figure map

Code stays: ` + "`{{ /n/models }}`" + ` and mail@fig-map.example.

| a | b |
|---|---|
| x | {{ /n/models \| %.0f }} |

## Thoughts

Free text.

::: table scores
`

func TestReadSortsAndFillsIn(t *testing.T) {
	a, found := Read("narrative.md", []byte(sampleText), names())
	if len(found) > 0 {
		t.Fatalf("diagnostics: %v", found)
	}
	if !strings.HasPrefix(a.Abstract, "Opening words.") || !strings.Contains(a.Abstract, "We use [32](#pair-a-b) models.") {
		t.Errorf("abstract: %q", a.Abstract)
	}
	parts := a.Before["map"]
	if len(parts) != 4 {
		t.Fatalf("parts before the map: %q", parts)
	}
	for _, want := range []string{`**[−0\.46](#pair-a-b)**`, "[Figure 1](#fig-map)", "([Wu et al\\. 2025](#ref-wu2025))"} {
		if !strings.Contains(parts[0].Prose, want) {
			t.Errorf("%q lacks %q", parts[0].Prose, want)
		}
	}
	if parts[1].Figure != "map" {
		t.Errorf("block: %+v", parts[1])
	}
	if !strings.Contains(parts[2].Prose, "`{{ /n/models }}`") {
		t.Errorf("code spans must stay literal: %q", parts[2].Prose)
	}
	if !strings.Contains(parts[3].Prose, "| x | [32](#pair-a-b) |") {
		t.Errorf("value in a table cell: %q", parts[3].Prose)
	}
	if len(a.Free) != 1 || a.Free[0].Title != "Thoughts" || a.Free[0].Parts[1].Table != "scores" {
		t.Errorf("chapters: %+v", a.Free)
	}
	if len(a.Cited) != 1 || a.Cited[0] != "wu2025" {
		t.Errorf("cited: %v", a.Cited)
	}
}

func TestUnknownNamesAreDiagnostics(t *testing.T) {
	text := "# T\n\nA {{ /n/model }} and {{ /n/models | %s }} and [@wu2024] and @fig-mup.\n\n::: figure mop\n\n## Map {#mapp}\n"
	_, found := Read("narrative.md", []byte(text), names())
	want := []struct {
		line, column int
		suggestion   string
	}{{3, 3, "/n/models"}, {3, 22, "%.2f"}, {3, 47, "wu2025"}, {3, 61, "fig-map"}, {5, 1, "map"}, {7, 4, "map"}}
	if len(found) != len(want) {
		t.Fatalf("%d diagnostics, want %d: %v", len(found), len(want), found)
	}
	for i, w := range want {
		d := found[i]
		if d.Range.Start.Line != w.line || d.Range.Start.Column != w.column || !strings.Contains(d.Suggestion, w.suggestion) {
			t.Errorf("diagnostic %d: %s, suggestion %q; want line %d, column %d, suggestion with %q", i, d.Error(), d.Suggestion,
				w.line, w.column, w.suggestion)
		}
	}
}

func TestEscapeLeavesNothingActive(t *testing.T) {
	if got := Escape("a|b *c* <i>\n[x](y)"); strings.Contains(got, "\n") || !strings.Contains(got, `\|`) ||
		!strings.Contains(got, `\<`) || !strings.Contains(got, `\[`) {
		t.Errorf("Escape: %q", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sampleText))
	f.Add([]byte("# a {#map}\n```\n{{ /x }}\n```\n- l\n  - {{ /n/models }}\n\n> q @fig-map\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		Read("narrative.md", source, names())
	})
}
