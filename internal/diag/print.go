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

// longestLine bounds what is shown of a summary, a detail or a suggestion: what they quote may be of any length.
const longestLine = 2000

// Print writes every diagnostic of list: its place, what is wrong, the line itself with the fault marked, why, and what to
// write instead. source gives the text of a file by the name that ranges use, or nil: then its lines are not shown. It is
// asked once for diagnostics of one file that stand together, as Sort puts them.
func Print(w io.Writer, list List, source func(file string) []byte, colour bool) error {
	var b bytes.Buffer
	var at *Places
	for i, d := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		if d.Range.Start.Line > 0 && (at == nil || at.file != d.Range.File) {
			at = Index(d.Range.File, source(d.Range.File))
		}
		printOne(&b, d, at, colour)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func printOne(b *bytes.Buffer, d Diagnostic, at *Places, colour bool) {
	severity, summary := d.Severity.String(), short(d.Summary)
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
	if d.Range.Start.Line > 0 && at.src != nil {
		if line, ok := at.line(d.Range.Start.Line); ok {
			printSnippet(b, d.Range, line)
		}
	}
	for _, text := range []string{d.Detail, d.Suggestion} {
		for line := range strings.Lines(text) {
			fmt.Fprintf(b, "    %s\n", short(strings.TrimRight(line, "\n")))
		}
	}
}

// short is the beginning of a line of text, made plain.
func short(text string) string {
	return cutBack(Plain(text[:min(len(text), utf8.UTFMax*(longestLine+1))]), longestLine)
}

func printSnippet(b *bytes.Buffer, r Range, line string) {
	from := runeOffset(line, r.Start.Column-1)
	to := len(line)
	if r.End.Line == r.Start.Line {
		to = runeOffset(line, r.End.Column-1)
	}
	to = max(from, to)
	before := cutFront(Plain(end(line[:from])), snippetWidth/2)
	marked := cutBack(Plain(beginning(line[from:to])), snippetWidth/2)
	after := cutBack(Plain(beginning(line[to:])), max(0, snippetWidth-utf8.RuneCountInString(before+marked)))
	gutter := fmt.Sprintf("%5d | ", r.Start.Line)
	b.WriteString(strings.TrimRight(gutter+before+marked+after, " ") + "\n")
	fmt.Fprintf(b, "%s| %s%s\n", strings.Repeat(" ", len(gutter)-2), strings.Repeat(" ", utf8.RuneCountInString(before)),
		strings.Repeat("^", max(1, utf8.RuneCountInString(marked))))
}

// beginning and end are more of a long line than is shown of it: the rest of the work is done on them alone.
func beginning(s string) string { return s[:runeOffset(s, snippetWidth+1)] }

func end(s string) string {
	n := 0
	for i := len(s); i > 0; n++ {
		if n > snippetWidth {
			return s[i:]
		}
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s
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
