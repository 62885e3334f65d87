package study

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/diag"
)

// fewCells is how many faulty cells of a kind are told without a line in front that says what they have in common; of scores
// outside their scale no more are told behind such a line, which says all.
const fewCells = 3

// cellFault is a cell that holds no score.
type cellFault struct {
	line, column int
	text         string
}

// cellFaults are those of one kind in one column: the first, which can be told, and the number of all.
type cellFaults struct {
	first []cellFault
	n     int
}

func (f *cellFaults) add(line, column int, text string) {
	if f.n++; len(f.first) <= diag.MostOfAKind {
		f.first = append(f.first, cellFault{line, column, strings.Clone(text)})
	}
}

// missing says whether a cell stands for no score.
func (c *scoreSheet) missing(cell string) bool { return cell == "" || c.absent[cell] }

// number reads a cell as a number; per cent are shares of 1 already and whole is the value of 1. Files with another separator
// than the comma may have it for the decimal point.
func (c *scoreSheet) number(cell string, whole float64) (float64, bool) {
	if x, plain := plainDecimal(cell); plain {
		return x / whole, true
	}
	if x, err := strconv.ParseFloat(cell, 64); err == nil {
		return x / whole, !math.IsNaN(x) && !math.IsInf(x, 0)
	}
	if share, is := strings.CutSuffix(cell, "%"); is {
		cell, whole = strings.TrimSpace(share), 100
	}
	if c.separator != ',' && strings.Count(cell, ",") == 1 && !strings.Contains(cell, ".") {
		if thousands(cell) {
			return 0, false
		}
		cell = strings.Replace(cell, ",", ".", 1)
	}
	if rest, minus := strings.CutPrefix(cell, "−"); minus {
		cell = "-" + rest
	}
	x, err := strconv.ParseFloat(cell, 64)
	return x / whole, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

// powers are those of ten that a float64 holds exactly, as far as plain numbers need them.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plainDecimal reads a number of at most 15 digits with or without a point, which is what most cells hold, to the bits that
// strconv gives: both parts of the quotient are exact. False for everything else.
func plainDecimal(cell string) (float64, bool) {
	if len(cell) == 0 || len(cell) > len(powers) {
		return 0, false
	}
	digits, point := 0, -1
	for i := range len(cell) {
		switch c := cell[i]; {
		case c >= '0' && c <= '9':
			digits = 10*digits + int(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	switch {
	case point < 0:
		return float64(digits), true
	case len(cell) == 1:
		return 0, false
	}
	return float64(digits) / powers[len(cell)-1-point], true
}

// thousands says whether a comma may stand between thousands as well: 1,250 is one number here and another there.
func thousands(cell string) bool {
	whole, rest, _ := strings.Cut(strings.TrimLeft(cell, "+-"), ",")
	return len(rest) == 3 && len(whole) <= 3 && whole != "0" && whole != ""
}

// score reads one cell of a column, on the scale on which a perfect model has 1; NaN where it holds none.
func (c *scoreSheet) score(col *scoreColumn, cell string, line, field int) float64 {
	if c.missing(cell) {
		return math.NaN()
	}
	if col.perplexities {
		return c.perplexity(col, cell, line, field)
	}
	x, ok := c.number(cell, col.scale)
	switch {
	case !ok:
		col.noNumber.add(line, c.columnAt(field), cell)
		if calledLineage(col.name) {
			col.words[strings.Clone(cell)] = true
		}
		return math.NaN()
	case x > 1 || x < -1 || x < 0 && col.lower:
		col.beyond.add(line, c.columnAt(field), cell)
		col.largest = max(col.largest, x*col.scale)
		col.smallest = min(col.smallest, x)
		return math.NaN()
	}
	col.numbers++
	col.greatest, col.least = max(col.greatest, math.Abs(x)*col.scale), min(col.least, x*col.scale)
	if col.numbers <= meanSample {
		col.decimals, col.percent = max(col.decimals, decimals(cell)), col.percent || strings.HasSuffix(cell, "%")
	}
	if x < 0 {
		col.negative++
		col.lowest = min(col.lowest, x)
	}
	if col.lower {
		return 1 - x
	}
	return x
}

// decimals counts the digits behind a number's point.
func decimals(cell string) int {
	at := strings.IndexAny(cell, ".,")
	if at < 0 {
		return 0
	}
	end := at + 1
	for end < len(cell) && cell[end] >= '0' && cell[end] <= '9' {
		end++
	}
	return end - at - 1
}

// tellCells reports the cells that hold no score: first what would settle most of them, then the first ones themselves.
func (c *scoreSheet) tellCells(columns []*scoreColumn) {
	c.tellTexts(columns)
	c.tellBeyond(columns)
}

func (c *scoreSheet) tellTexts(columns []*scoreColumn) {
	texts, n := map[string]int{}, 0
	var all []cellFault
	for _, col := range columns {
		n += col.noNumber.n
		all = append(all, col.noNumber.first...)
		for _, f := range col.noNumber.first {
			texts[f.text]++
		}
	}
	sorted := slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
		return cmp.Or(cmp.Compare(texts[b], texts[a]), cmp.Compare(a, b))
	})
	if n > fewCells {
		var quoted []string
		for _, text := range sorted[:min(len(sorted), 8)] {
			quoted = append(quoted, strconv.Quote(text))
		}
		c.report(diag.Range{File: c.sheet}, fmt.Sprintf("%d cells hold no number", n), "Among them: "+strings.Join(quoted, ", ")+
			". They stand in "+quotedNames(withFaults(columns, func(col *scoreColumn) int { return col.noNumber.n }))+".",
			"If they stand for missing scores, write missing = ["+strings.Join(quoted, ", ")+
				"] in [scores]; columns that are no "+
				"scores are left out by columns.")
	}
	c.tellEach(all, n, "the cell holds no number", func(f cellFault) (summary, detail, suggestion string) {
		if c.separator != ',' && strings.Count(f.text, ",") == 1 && thousands(f.text) {
			return fmt.Sprintf("%q can be read in two ways", f.text),
				"The comma may be a decimal one, or stand between thousands.",
				"Write the number without it."
		}
		return fmt.Sprintf("%q is not a number", f.text), "A score is a number; an empty cell is a missing one.",
			fmt.Sprintf("If it stands for a missing score, write missing = [%q] in [scores].", f.text)
	})
}

func (c *scoreSheet) tellBeyond(columns []*scoreColumn) {
	n, largest, smallest := 0, 0.0, 0.0
	var all []cellFault
	scales := map[[2]int]*scoreColumn{}
	for _, col := range columns {
		n += col.beyond.n
		largest, smallest = max(largest, col.largest), min(smallest, col.smallest)
		for _, f := range col.beyond.first {
			all, scales[[2]int{f.line, f.column}] = append(all, f), col
		}
	}
	names := withFaults(columns, func(col *scoreColumn) int { return col.beyond.n })
	suggestion := "Set scale in [scores] to the score of a perfect model, such as 100 for per cent; for one column, in its " +
		"[[benchmarks]]. Columns that are no scores are left out by columns."
	if n > fewCells {
		if largest <= 100 && smallest >= 0 && len(names) == len(columns) {
			suggestion = "Write scale = 100 in [scores] if the table holds per cent."
		} else if like := likePerplexities(columns); len(like) > 0 {
			suggestion = "If " + quotedNames(like) + " hold perplexities, which have no greatest, name them in perplexities of " +
				"[scores]. Else set" + strings.TrimPrefix(suggestion, "Set")
		}
		c.report(diag.Range{File: c.sheet}, fmt.Sprintf("%d scores lie outside their scale", n), fmt.Sprintf("They stand in %s; "+
			"the largest is %s.", quotedNames(names), plainNumber(largest)), suggestion)
		n, suggestion = fewCells, ""
	}
	c.tellEach(all, n, "the score lies outside its scale", func(f cellFault) (string, string, string) {
		col := scales[[2]int{f.line, f.column}]
		return fmt.Sprintf("the score %s lies outside 0 to %s", f.text, plainNumber(col.scale)),
			"Scores normalised by chance may be negative, down to minus the scale.", suggestion
	})
}

// likePerplexities are the columns with numbers from 1 that go beyond per cent.
func likePerplexities(columns []*scoreColumn) []string {
	return withFaults(columns, func(col *scoreColumn) int {
		if col.largest > 100 && col.smallest >= 0 && col.least >= 1 {
			return col.beyond.n
		}
		return 0
	})
}

// withFaults are the names of the columns that have any.
func withFaults(columns []*scoreColumn, faults func(*scoreColumn) int) []string {
	var out []string
	for _, col := range columns {
		if faults(col) > 0 {
			out = append(out, col.name)
		}
	}
	return out
}

// quotedNames shows the first names of a list in quotes.
func quotedNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return some(quoted)
}

// tellEach describes the first faults in the order of the file and counts the others, as of a kind; n is the number of all.
func (c *scoreSheet) tellEach(first []cellFault, n int, kind string,
	describe func(cellFault) (summary, detail, suggestion string)) {
	slices.SortFunc(first, func(a, b cellFault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	for i := range n {
		f := first[min(i, len(first)-1)]
		at := c.cell(f.line, f.column)
		if c.found.Tells(kind, at) {
			summary, detail, suggestion := describe(f)
			c.report(at, summary, detail, suggestion)
		}
	}
}
