package study

import (
	"fmt"
	"math"
	"strings"
)

// perplexity reads a cell of a column of perplexities, as it is; it is put on the scale of scores when the column is known.
func (c *scoreSheet) perplexity(col *scoreColumn, cell string, line, field int) float64 {
	x, ok := c.number(cell, 1)
	if !ok {
		col.noNumber.add(line, c.columnAt(field), cell)
		return math.NaN()
	}
	if x < 1 {
		if at := c.cell(line, c.columnAt(field)); c.found.Tells("the cell holds no perplexity", at) {
			c.report(at, fmt.Sprintf("%q in column %q is no perplexity", strings.Clone(cell), col.name), "It is a number from 1.",
				"Take the column out of perplexities in [scores].")
		}
		return math.NaN()
	}
	col.numbers++
	return x
}

// scalePerplexities puts perplexities on the scale of scores: 1 - ln x / ln(largest), which is 1 for a model that is never
// surprised and 0 for the worst of the table.
func (c *scoreSheet) scalePerplexities() {
	for _, col := range c.scored {
		if !col.perplexities {
			continue
		}
		largest := 1.0
		for _, row := range c.study.Scores.Values {
			if x := row[col.benchmark]; x > largest {
				largest = x
			}
		}
		for _, row := range c.study.Scores.Values {
			if x := row[col.benchmark]; largest > 1 && !math.IsNaN(x) {
				row[col.benchmark] = 1 - math.Log(x)/math.Log(largest)
			}
		}
		c.study.Scores.Perplexities = append(c.study.Scores.Perplexities, c.study.Benchmarks[col.benchmark].ID)
	}
}
