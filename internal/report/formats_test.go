package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sdmap/internal/diag"
)

func TestNumbersStayNumbers(t *testing.T) {
	for in, want := range map[string]string{"-0.5": "-0.5", "+1": "+1", "-1e-300": "-1e-300", "": "", "sum.eq": "sum.eq",
		"−0.5": "−0.5", "a-b; c": "a-b; c", "a;b": "a;b",
		"-0.5 %": "'-0.5 %", "=1+1": "'=1+1", " @x": "' @x", "＝1": "'＝1", "a;=1": "a;'=1", "-": "'-", ";\t-2": ";'\t-2"} {
		if got := harmless(in); got != want {
			t.Errorf("harmless(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAuthorsStayWhole(t *testing.T) {
	for in, want := range map[string]string{"Ada Lovelace": "Ada Lovelace", "Lovelace, Ada": "Lovelace, Ada",
		"Research and Development": "{Research and Development}",
		"Anderson":                 "Anderson", "a, b, c, d": "{a, b, c, d}",
		"A_B {C}": `A\_B \textbraceleft{}C\textbraceright{}`} {
		if got := texAuthor(in); got != want {
			t.Errorf("texAuthor(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCapital(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "A", "élan": "Élan", "日": "日"} {
		if got := capital(in); got != want {
			t.Errorf("capital(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzCell writes a text as a cell between others and reads it back, as programs do whose cells end at commas or semicolons.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", ";=1", "a\n=1", "\t-1", "\"=1\"", "-0.5", "\x1b;\u2028@", "＋1", "a;;=b", "; ; =1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		files := fileSet{}
		file := files[files.rawCSV("t", [][]string{{"a", "b", "c"}, {"x", s, "1"}})]
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 3 || bytes.Count(file, []byte("\n")) != 2 {
			t.Fatalf("%q: %v, %q", s, err, file)
		}
		cell := rows[1][1]
		_, notNumber := strconv.ParseFloat(cell, 64)
		if notNumber == nil && cell != s || strings.ReplaceAll(cell, "'", "") != strings.ReplaceAll(diag.Shown(s), "'", "") {
			t.Fatalf("%q became %q", s, cell)
		}
		for part := range strings.SplitSeq(cell, ";") {
			if part = strings.TrimSpace(part); notNumber != nil && part != "" &&
				strings.ContainsRune("=+-@＝＋－＠", []rune(part)[0]) {
				t.Fatalf("%q became %q, of which %q is a formula", s, cell, part)
			}
		}
	})
}

var active = regexp.MustCompile("(^|[^\\\\])[%&#$_]|[~^`]")

func FuzzTeX(f *testing.F) {
	for _, s := range []string{"{", "}\\", "a_b^c~d", "\\{", "100 %\n", "`x'", "\x1b{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, depth := tex(s), 0
		for i := range len(got) {
			switch got[i] {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth < 0 {
				break
			}
		}
		if depth != 0 || strings.HasSuffix(got, `\`) || active.MatchString(got) || strings.ContainsAny(got, "\n\t\x1b") {
			t.Fatalf("tex(%q) = %q", s, got)
		}
	})
}
