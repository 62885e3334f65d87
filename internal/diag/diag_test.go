package diag

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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
	src := []byte("title = \"x\"\n\tsorce = \"é\" # \x1b[31mred\n" + strings.Repeat("long ", 60) + "HERE" +
		strings.Repeat(" tail", 60) + "\n")
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
	sources := func(file string) []byte { return map[string][]byte{"study.toml": src}[file] }
	if err := Print(&plain, list, sources, false); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/print.golden", plain.Bytes())
	if err := Print(&colour, list, sources, true); err != nil {
		t.Fatal(err)
	}
	if stripped := strings.NewReplacer(red, "", yellow, "", bold, "", reset,
		"").Replace(colour.String()); stripped != plain.String() {
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
		if err := Print(&b, List{d}, func(string) []byte { return src }, false); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSource(t *testing.T) {
	dir := t.TempDir()
	text, packed := filepath.Join(dir, "a.toml"), filepath.Join(dir, "b.gz")
	for name, content := range map[string]string{text: "one\ntwo\n", packed: "\x1f\x8b\n\n"} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var list List
	for _, name := range []string{text, packed, filepath.Join(dir, "absent"), dir} {
		list = append(list, Diagnostic{Summary: "s", Range: Range{File: name, Start: Pos{Line: 2, Column: 1},
			End: Pos{Line: 2, Column: 4}}})
	}
	var b bytes.Buffer
	if err := Print(&b, list, Source, false); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, " | ") != 2 || !strings.Contains(got, "2 | two\n      | ^^^\n") {
		t.Errorf("got %s", got)
	}
}

// Text of any length, on lines of any length, is cut to what a person can read.
func TestPrintIsShort(t *testing.T) {
	long := strings.Repeat("é\x1b", 1<<20)
	src := []byte(long + "!" + long)
	list := List{{Summary: long, Detail: long, Suggestion: long, Range: Span("f", src, len(long), len(long)+1)}}
	var b bytes.Buffer
	if err := Print(&b, list, func(string) []byte { return src }, false); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); len(got) > 4*3*longestLine || !strings.Contains(got, `\x1b!é`) {
		t.Errorf("%d bytes: %.300s", len(got), got)
	}
}

// Places agree with At, wherever characters, strides and lines begin.
func TestPlaces(t *testing.T) {
	parts := []string{"a", "é", "\n", "\r\n", "\xff", "€", "😀", "\xe2\x82", strings.Repeat("x", stride-2),
		strings.Repeat("😀", 100)}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var src []byte
		for range random.IntN(30) {
			src = append(src, parts[random.IntN(len(parts))]...)
		}
		p := Index("f", src)
		for offset := -1; offset <= len(src)+1; offset++ {
			if got, want := p.At(offset), At(src, offset); got != want {
				t.Fatalf("At(%d) of %q = %+v, want %+v", offset, src, got, want)
			}
		}
		lines := strings.Split(string(src), "\n")
		for i, want := range lines {
			if got, ok := p.line(i + 1); !ok || got != strings.TrimRight(want, "\r") {
				t.Fatalf("line %d of %q is %q, %v", i+1, src, got, ok)
			}
		}
		if _, ok := p.line(len(lines) + 1); ok {
			t.Fatalf("%q has a line too many", src)
		}
	}
}

func TestCollectorCountsWhatItDoesNotTell(t *testing.T) {
	var c Collector
	at := func(line int) Range { return Range{File: "f", Start: Pos{Line: line, Column: 1, Byte: line}} }
	for i := range 1000 {
		c.Add(Diagnostic{Summary: fmt.Sprintf(`row %d: "a\"%d" is bad`, i, i), Range: at(i)})
		if told := c.Tells("unknown key", at(i)); told != (i < MostOfAKind) {
			t.Fatalf("fault %d is told: %v", i, told)
		}
	}
	c.Add(Diagnostic{Severity: Warning, Summary: "row 1: odd", Range: at(7)})
	list := c.List()
	var counted []string
	for _, d := range list {
		if strings.Contains(d.Summary, "more from here on") {
			counted = append(counted, d.Error())
		}
	}
	want := []string{`f:20:1: 980 more from here on: row …: "…" is bad`, "f:20:1: 980 more from here on: unknown key"}
	if len(list) != MostOfAKind+1+2 || !slices.Equal(counted, want) {
		t.Errorf("%d diagnostics; counted %q", len(list), counted)
	}
}

// The time of a suggestion does not grow with the length of names, and no likeness is lost.
func TestDidYouMeanAgreesWithDistance(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	word := func() string {
		b := make([]byte, random.IntN(9))
		for i := range b {
			b[i] = "abC"[random.IntN(3)]
		}
		return string(b)
	}
	for range 2000 {
		of, known := word(), []string{word(), word(), word()}
		want, least := "", max(1, len(of)/3)+1
		for _, k := range known {
			if d := distance([]rune(strings.ToLower(of)), []rune(strings.ToLower(k))); d < least {
				want, least = k, d
			}
		}
		if got := DidYouMean(of, known); got != want {
			t.Fatalf("DidYouMean(%q, %q) = %q, want %q", of, known, got, want)
		}
	}
	long := strings.Repeat("a", 1<<20)
	if got := DidYouMean(long, []string{long[1:]}); got != "" {
		t.Errorf("%d letters were compared", len(got))
	}
}
