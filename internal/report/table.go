package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/stats"
)

// absentMark stands in a table where there is no value.
const absentMark = "–"

func head(text string) Cell { return Cell{Text: text, Head: true} }

func text(s string) Cell { return Cell{Text: s} }

func number(v float64, digits int) Cell { return Cell{Text: num(v, digits), Value: &v} }

func whole(n int) Cell {
	v := float64(n)
	return Cell{Text: group(n), Value: &v}
}

func missing(reason string) Cell { return Cell{Text: absentMark, Note: reason} }

// estimate shows a number with its interval; the number alone sorts the column and goes to the CSV.
func estimate(e stats.Estimate, digits int) Cell {
	if !e.OK() {
		return missing(e.Missing)
	}
	c := number(e.Value, digits)
	if e.Level > 0 {
		c.Text += " [" + num(e.Lo, digits) + ", " + num(e.Hi, digits) + "]"
	}
	c.Note = strings.Join(e.Warnings, "; ")
	return c
}

// probability shows a p-value, or why there is none.
func probability(p *float64, why string) Cell {
	if p == nil {
		return missing(why)
	}
	return Cell{Text: pValue(*p), Value: p}
}

func (c Cell) at(anchor string) Cell { c.Anchor = anchor; return c }

func (c Cell) to(href string) Cell { c.Href = href; return c }

// words are headings of text, numbers headings of numbers.
func words(titles ...string) []Column {
	var out []Column
	for _, t := range titles {
		out = append(out, Column{Title: t})
	}
	return out
}

func numbers(titles ...string) []Column {
	out := words(titles...)
	for i := range out {
		out[i].Numeric = true
	}
	return out
}

// csv writes a table's numbers in full precision to tables/ID.csv.
func (b *builder) csv(t *Table) *Table {
	rows := [][]string{nil}
	for _, c := range t.Columns {
		rows[0] = append(rows[0], c.Title)
	}
	for _, r := range t.Rows {
		var row []string
		for _, c := range r {
			row = append(row, c.plain())
		}
		rows = append(rows, row)
	}
	t.CSV = b.rawCSV(t.ID, rows)
	return t
}

// plain is a cell as a CSV holds it; a missing one is empty.
func (c Cell) plain() string {
	switch {
	case c.Value != nil:
		return full(*c.Value)
	case c.Text == absentMark:
		return ""
	}
	return c.Text
}

// full prints a number so that it reads back to the same bits.
func full(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// rawCSV writes rows, the first of which holds the headings, to tables/NAME.csv. A cell is one line of what can be shown, and
// none is a formula to a spreadsheet.
func (b *builder) rawCSV(name string, rows [][]string) string {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for _, r := range rows {
		safe := make([]string, len(r))
		for i, s := range r {
			safe[i] = harmless(diag.Shown(s))
		}
		_ = w.Write(safe) // a buffer takes everything
	}
	w.Flush()
	path := "tables/" + name + ".csv"
	b.files[path] = out.Bytes()
	return path
}

// formula is what spreadsheets begin to compute at: a sign in front, also in the width of East Asian letters. Where numbers have
// a decimal comma they end cells at semicolons too, inside of quotes or not.
var formula = regexp.MustCompile(`(^|;)(\s*[=+\-@＝＋－＠])`)

// harmless puts an apostrophe in front of what a spreadsheet would take for a formula; numbers are left alone.
func harmless(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return formula.ReplaceAllString(s, "$1'$2")
}
