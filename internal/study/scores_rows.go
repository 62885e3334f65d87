package study

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// model makes the model of a row; false where the study does not choose it or it cannot be one.
func (c *scoreSheet) model(record []string) bool {
	name := record[c.roles.model]
	if in, _ := c.rows.takes(name); !in {
		c.note(name)
		c.study.Scores.RowsLeftOut++
		return false
	}
	name = c.note(name)
	label, at := c.renamed(name), c.columnAt(c.roles.model)
	if fault := unshown(label); fault != "" || label == "" {
		c.fault(c.line(), at, fmt.Sprintf("%q cannot be the name of a model", label), shownRule, "")
		return false
	}
	if first := c.ids["model"].first(label, c.line()); first > 0 {
		c.fault(c.line(), at, fmt.Sprintf("two models are called %q", label), fmt.Sprintf("The first is at line %d.", first),
			"Leave one of them out by rows, or call it otherwise by rename, in [scores].")
		return false
	}
	id := c.ids["model"].of(label, "model")
	m := Model{ID: id, Label: labelOf(label, id), Backend: "scores", Lineage: label, At: c.study.Scores.At}
	if c.roles.lineage >= 0 && !c.missing(record[c.roles.lineage]) {
		m.Lineage = strings.Clone(record[c.roles.lineage])
		if fault := unshown(m.Lineage); fault != "" {
			c.fault(c.line(), c.columnAt(c.roles.lineage), "the lineage "+fault, shownRule, "")
		}
	}
	if len(c.study.Models) == 0 && !c.roles.long() {
		c.makeRoom()
	}
	c.study.Models = append(c.study.Models, m)
	for k, field := range c.roles.covariates {
		of := &c.study.Scores.Covariates[k]
		of.Texts = append(of.Texts, strings.Clone(record[field]))
	}
	return true
}

// mostRoom bounds what is set aside for models before they are read.
const mostRoom = 1 << 17

// makeRoom sets aside what the models take if all lines are as long as the first.
func (c *scoreSheet) makeRoom() {
	past := c.lines.InputOffset()
	rows := int(min((c.size-past)/max(past-c.behindHead, 1)+1, mostRoom))
	if rows < 1 {
		return
	}
	c.study.Models, c.study.Scores.Values, c.seen = slices.Grow(c.study.Models, rows), slices.Grow(c.study.Scores.Values, rows),
		slices.Grow(c.seen, rows)
}

// note remembers a model's name, cut from the line that it stands in.
func (c *scoreSheet) note(name string) string {
	name = strings.Clone(name)
	c.seen = append(c.seen, name)
	return name
}

// modelRow reads a row of a wide table.
func (c *scoreSheet) modelRow(record []string) {
	if !c.model(record) {
		return
	}
	line, s := c.line(), c.study.Scores
	values := blank(len(c.study.Benchmarks))
	var errors []float64
	for _, col := range c.scored {
		values[col.benchmark] = c.score(col, record[col.field], line, col.field)
		if col.errors >= 0 {
			if errors == nil {
				errors = blank(len(values))
			}
			errors[col.benchmark] = c.standardError(col, record[col.errors], col.errors)
		}
	}
	s.Values = append(s.Values, values)
	if errors != nil {
		s.Errors = append(s.Errors, errors)
	}
}

// blank is a row of missing numbers.
func blank(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// standardError reads the standard error of a score; NaN where it is missing.
func (c *scoreSheet) standardError(col *scoreColumn, cell string, field int) float64 {
	if c.missing(cell) {
		return math.NaN()
	}
	x, ok := c.number(cell, col.scale)
	if !ok || x < 0 {
		if at := c.cell(c.line(), c.columnAt(field)); c.found.Tells("the cell holds no standard error", at) {
			c.report(at, fmt.Sprintf("%q is no standard error", cell), "It is a number from 0, on the scale of the scores.", "")
		}
		return math.NaN()
	}
	return x
}

// cellRow reads a row of a long table: one score.
func (c *scoreSheet) cellRow(record []string) {
	name := record[c.roles.benchmark]
	if in, _ := c.columns.takes(name); !in || name == "" {
		return
	}
	row, there := c.models[record[c.roles.model]]
	if !there {
		row = -1
		if c.model(record) {
			row = len(c.study.Models) - 1
			s := c.study.Scores
			s.Values, s.Errors, c.counts = append(s.Values, nil), append(s.Errors, nil), append(c.counts, nil)
		}
		c.models[strings.Clone(record[c.roles.model])] = row
	}
	if row < 0 {
		return
	}
	col, there := c.byName[name]
	if !there {
		name = strings.Clone(name)
		col = c.column(name, c.columnAt(c.roles.benchmark))
		c.byName[name] = col
	}
	if col != nil {
		c.put(row, col, record)
	}
}

// put takes the score of a row of a long table in.
func (c *scoreSheet) put(row int, col *scoreColumn, record []string) {
	s, line := c.study.Scores, c.line()
	for len(s.Values[row]) <= col.benchmark {
		s.Values[row], s.Errors[row] = append(s.Values[row], math.NaN()), append(s.Errors[row], math.NaN())
		c.counts[row] = append(c.counts[row], 0)
	}
	if !math.IsNaN(s.Values[row][col.benchmark]) {
		c.fault(line, 1, fmt.Sprintf("two scores of %q on %q", record[c.roles.model], col.name),
			"A model has one score on a benchmark.", "")
		return
	}
	s.Values[row][col.benchmark] = c.score(col, record[c.roles.score], line, c.roles.score)
	if c.roles.errors >= 0 {
		s.Errors[row][col.benchmark] = c.standardError(col, record[c.roles.errors], c.roles.errors)
	}
	if c.roles.items >= 0 && !c.missing(record[c.roles.items]) {
		c.counts[row][col.benchmark] = c.itemCount(record[c.roles.items])
	}
}

func (c *scoreSheet) itemCount(cell string) int {
	n, err := strconv.Atoi(cell)
	if err != nil || n < 1 || n > many {
		c.fault(c.line(), c.columnAt(c.roles.items), fmt.Sprintf("%q is no number of items", cell),
			"It is a whole number from 1.", "")
		return 0
	}
	return n
}
