package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"sdmap/internal/diag"
	"sdmap/internal/export"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// keyDigits is how much of a key is shown, enough for sdmap why.
const keyDigits = reportDigits

// answersTo prints what models made of an item.
func (s shown) answersTo(rows []export.Row) {
	var taken []export.Row
	for _, r := range rows {
		if r.Error == nil {
			taken = append(taken, r)
		}
	}
	if s.b.Spec.Task == study.Generate {
		for _, r := range taken {
			s.text(r)
		}
	} else if len(taken) > 0 {
		s.choices(taken)
	}
	for _, r := range rows {
		if r.Error != nil {
			s.line("\n%s: no score: %s", r.Model, diag.Plain(*r.Error))
		}
	}
}

// text prints a generated text.
func (s shown) text(r export.Row) {
	found := "no answer found"
	if r.Extracted != nil {
		found = fmt.Sprintf("compared: %q", *r.Extracted)
	}
	s.line("\n%s: score %s, %s, ended by %s, key %s", r.Model, wording.Number(*r.Score), found, *r.End, shortKey(r.Key))
	for text := range strings.Lines(*r.Text) {
		s.line("  | %s", diag.Plain(strings.TrimSuffix(text, "\n")))
	}
}

// choices prints log-probabilities of choices, a model a line; what is too wide for the terminal is continued in further tables.
func (s shown) choices(rows []export.Row) {
	s.line("\nLog-probabilities (nats) of the choices, * the right one, < the one taken:\n")
	head, cells := []string{"model", "score", "key"}, [][]string{}
	for c, right := range rows[0].Right {
		head = append(head, strconv.Itoa(c+1)+either(right, "*", " "))
	}
	for _, r := range rows {
		row := []string{r.Model, wording.Number(*r.Score), shortKey(r.Key)}
		for c, v := range r.LogProbs {
			row = append(row, logProb(v)+either(int(*r.Chosen) == c, "<", " "))
		}
		cells = append(cells, row)
	}
	for from := 3; from < len(head); {
		to := fitting(append(cells, head), from, s.Width)
		t := newTable(append(head[:3:3], head[from:to]...)...)
		for _, row := range cells {
			t.rows = append(t.rows, append(row[:3:3], row[from:to]...))
		}
		if from > 3 {
			s.line("")
		}
		t.print(s.Stdout)
		from = to
	}
}

// fitting is the column before which a table ends that begins with the first three and goes on at from, in so many characters.
func fitting(rows [][]string, from, width int) int {
	wide := func(c int) (widest int) {
		for _, r := range rows {
			widest = max(widest, utf8.RuneCountInString(r[c]))
		}
		return widest + 2
	}
	sum := wide(0) + wide(1) + wide(2)
	for to := from; to < len(rows[0]); to++ {
		if sum += wide(to); width > 0 && sum > width+2 && to > from {
			return to
		}
	}
	return len(rows[0])
}

func logProb(v *float64) string {
	if v == nil {
		return "not shown"
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

// shortKey is the beginning of a key, as reports show them.
func shortKey(key string) string { return strings.TrimPrefix(key, digestPrefix)[:keyDigits] }
