package diag

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdmap/internal/golden"
)

func TestAtCountsLinesAndCharacters(t *testing.T) {
	src := []byte("é = 1\nab\n")
	for _, c := range []struct {
		offset int
		want   Pos
	}{
		{0, Pos{1, 1, 0}}, {2, Pos{1, 2, 2}}, {6, Pos{1, 6, 6}}, {7, Pos{2, 1, 7}}, {8, Pos{2, 2, 8}},
		{10, Pos{3, 1, 10}}, {99, Pos{3, 1, 10}}, {-1, Pos{1, 1, 0}},
	} {
		if got := At(src, c.offset); got != c.want {
			t.Errorf("At(%d) = %+v, want %+v", c.offset, got, c.want)
		}
	}
}

func TestPrint(t *testing.T) {
	src := []byte("title = \"x\"\n\tsorce = \"é\" # \x1b[31mred\n" + strings.Repeat("long ", 60) + "HERE" + strings.Repeat(" tail", 60) + "\n")
	at := func(word string) Range {
		i := bytes.Index(src, []byte(word))
		return Span("study.toml", src, i, i+len(word))
	}
	list := List{
		{Summary: `unknown key "sorce"`, Suggestion: `Did you mean "source"?`, Range: at("sorce")},
		{Severity: Warning, Summary: "far to the right", Detail: "first line\nsecond line", Range: at("HERE")},
		{Summary: "the file as a whole", Range: Range{File: "other.jsonl"}},
		{Summary: "at the end", Range: Span("study.toml", src, len(src), len(src))},
		{Summary: "no place", Detail: "bell \a stays text"},
	}
	var plain, colour bytes.Buffer
	sources := map[string][]byte{"study.toml": src}
	if err := Print(&plain, list, sources, false); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/print.golden", plain.Bytes())
	if err := Print(&colour, list, sources, true); err != nil {
		t.Fatal(err)
	}
	if stripped := strings.NewReplacer(red, "", yellow, "", bold, "", reset, "").Replace(colour.String()); stripped != plain.String() {
		t.Errorf("colour changes more than colour:\n%s", stripped)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("an escape sequence of the file reached the terminal")
	}
}

func TestSortKeepsEqualOnce(t *testing.T) {
	a := Diagnostic{Summary: "a", Range: Range{File: "f", Start: Pos{2, 1, 9}}}
	b := Diagnostic{Summary: "b", Range: Range{File: "f", Start: Pos{1, 1, 0}}}
	got := List{a, b, a}.Sort()
	if len(got) != 2 || got[0] != b || got[1] != a {
		t.Errorf("got %v", got)
	}
	if !got.HasErrors() || (List{{Severity: Warning}}).HasErrors() {
		t.Error("HasErrors must ask for errors only")
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"source", "task", "prompt", "choices", "family", "format"}
	for word, want := range map[string]string{
		"sorce": "source", "suorce": "source", "Task": "task", "promt": "prompt", "zzz": "", "fromat": "format", "": "",
	} {
		if got := DidYouMean(word, known); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzPrint(f *testing.F) {
	f.Add([]byte("a\nb"), 1, 2)
	f.Fuzz(func(t *testing.T, src []byte, start, end int) {
		var b bytes.Buffer
		d := Diagnostic{Summary: "s", Range: Span("f", src, start, end)}
		if err := Print(&b, List{d}, map[string][]byte{"f": src}, false); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	text, packed := filepath.Join(dir, "a.toml"), filepath.Join(dir, "b.gz")
	for name, content := range map[string]string{text: "one\ntwo\n", packed: "\x1f\x8b\n\n"} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var list List
	for _, name := range []string{text, packed, filepath.Join(dir, "absent")} {
		list = append(list, Diagnostic{Summary: "s", Range: Range{File: name, Start: Pos{Line: 2, Column: 1}, End: Pos{Line: 2, Column: 4}}})
	}
	var b bytes.Buffer
	if err := Print(&b, list, Sources(list), false); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, " | ") != 2 || !strings.Contains(got, "2 | two\n      | ^^^\n") {
		t.Errorf("got %s", got)
	}
}
