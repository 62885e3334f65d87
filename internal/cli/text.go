package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"sdmap/internal/diag"
	"sdmap/internal/wording"
)

// bytesText writes a size with a binary unit.
func bytesText(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, u := float64(n)/1024, 0
	for v >= 999.5 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	return fmt.Sprintf("%.3g %ciB", v, units[u])
}

// durationText writes a duration as people say it: two units at most.
func durationText(d time.Duration) string {
	switch s := int(d.Round(time.Second).Seconds()); {
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		return fmt.Sprintf("%s h %d min", wording.Group(s/3600), s%3600/60)
	}
}

// plainWriter makes all that is written harmless on a terminal, but for the characters of keep. Only whole characters are
// written to it.
type plainWriter struct {
	to   io.Writer
	keep string
}

func (p plainWriter) Write(text []byte) (int, error) {
	if _, err := io.WriteString(p.to, plainBut(p.keep, string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// plainLines makes text harmless on a terminal and keeps its lines.
func plainLines(s string) string { return plainBut("\n", s) }

func plainBut(keep, s string) string {
	var b strings.Builder
	for {
		i := strings.IndexAny(s, keep)
		if i < 0 {
			return b.String() + diag.Plain(s)
		}
		b.WriteString(diag.Plain(s[:i]) + s[i:i+1])
		s = s[i+1:]
	}
}

// table is aligned text: the first column to the left, all others to the right.
type table struct{ rows [][]string }

func newTable(head ...string) *table { return &table{[][]string{head}} }

func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		if n, ok := c.(int); ok {
			row[i] = wording.Group(n)
		} else {
			row[i] = diag.Plain(fmt.Sprint(c))
		}
	}
	t.rows = append(t.rows, row)
}

func (t *table) print(w io.Writer) {
	width := make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, r := range t.rows {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i == 0 {
				b.WriteString(c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
