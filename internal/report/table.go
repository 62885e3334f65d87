package report

import (
	"strconv"
	"strings"

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

// repairedTitle heads what a number is with models re-paired: its median, and in brackets the range that holds most of it.
const repairedTitle = "re-paired"

// repaired shows what an estimate is with models re-paired; empty where it was not chosen with the scores.
func repaired(e stats.Estimate, digits int) Cell {
	if e.NullRange == nil {
		return text("")
	}
	c := number(*e.Null, digits)
	c.Text += " [" + num(e.NullRange[0], digits) + ", " + num(e.NullRange[1], digits) + "]"
	return c
}

// repairedP is the one-sided p of the same.
func repairedP(e stats.Estimate) Cell {
	if e.NullRange == nil {
		return text("")
	}
	return probability(e.P, "")
}

// repairedNote says what a column of that title holds.
func repairedNote() string {
	return "Re-paired: the same with models' scores handed to other models and signatures chosen again, the median and in " +
		"brackets the range that holds " + percent(stats.NullLevel) + "; its p is one-sided."
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

// plain is a cell as a CSV holds it; a missing one is empty.
func (c Cell) plain() string {
	switch {
	case c.Value != nil:
		return full(*c.Value)
	case c.Whole != "":
		return c.Whole
	case c.Text == absentMark:
		return ""
	}
	return c.Text
}

// full prints a number so that it reads back to the same bits.
func full(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
