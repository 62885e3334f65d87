package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	snippetWidth = 100 // characters of a line that are shown; longer lines are cut around the caret
	red          = "\x1b[1;31m"
	yellow       = "\x1b[1;33m"
	bold         = "\x1b[1m"
	reset        = "\x1b[0m"
)

// Print writes every diagnostic of list: its place, what is wrong, the line itself with the fault marked, why, and what to
// write instead. sources holds the text of files by the name that ranges use; a file without an entry is shown without
// its line.
func Print(w io.Writer, list List, sources map[string][]byte, colour bool) error {
	var b bytes.Buffer
	for i, d := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		printOne(&b, d, sources[d.Range.File], colour)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func printOne(b *bytes.Buffer, d Diagnostic, src []byte, colour bool) {
	severity, summary := d.Severity.String(), Plain(d.Summary)
	if colour {
		paint := red
		if d.Severity == Warning {
			paint = yellow
		}
		severity, summary = paint+severity+reset, bold+summary+reset
	}
	if d.Range.File != "" {
		fmt.Fprintf(b, "%s: ", d.Range)
	}
	fmt.Fprintf(b, "%s: %s\n", severity, summary)
	if line, ok := lineOf(src, d.Range.Start.Line); ok {
		printSnippet(b, d.Range, line)
	}
	for _, text := range []string{d.Detail, d.Suggestion} {
		for line := range strings.Lines(text) {
			fmt.Fprintf(b, "    %s\n", Plain(strings.TrimRight(line, "\n")))
		}
	}
}

// lineOf is line number n (from 1) of src without its line break.
func lineOf(src []byte, n int) (string, bool) {
	if n < 1 || src == nil {
		return "", false
	}
	i := 1
	for line := range bytes.Lines(src) {
		if i == n {
			return strings.TrimRight(string(line), "\r\n"), true
		}
		i++
	}
	return "", i == n // an empty last line
}

func printSnippet(b *bytes.Buffer, r Range, line string) {
	from := runeOffset(line, r.Start.Column-1)
	to := len(line)
	if r.End.Line == r.Start.Line {
		to = runeOffset(line, r.End.Column-1)
	}
	before, marked, after := Plain(line[:from]), Plain(line[from:max(from, to)]), Plain(line[max(from, to):])
	before = cutFront(before, snippetWidth/2)
	marked = cutBack(marked, snippetWidth/2)
	after = cutBack(after, max(0, snippetWidth-utf8.RuneCountInString(before+marked)))
	gutter := fmt.Sprintf("%5d | ", r.Start.Line)
	b.WriteString(strings.TrimRight(gutter+before+marked+after, " ") + "\n")
	fmt.Fprintf(b, "%s| %s%s\n", strings.Repeat(" ", len(gutter)-2), strings.Repeat(" ", utf8.RuneCountInString(before)),
		strings.Repeat("^", max(1, utf8.RuneCountInString(marked))))
}

// runeOffset is the byte offset of character n (from 0) of s, or its length.
func runeOffset(s string, n int) int {
	for i := range s {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(s)
}

func cutFront(s string, width int) string {
	if n := utf8.RuneCountInString(s); n > width {
		return "…" + s[runeOffset(s, n-width+1):]
	}
	return s
}

func cutBack(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	if width < 2 {
		return ""
	}
	return s[:runeOffset(s, width-1)] + "…"
}
