package study

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/files"
)

// largestScores bounds the table of scores: ten thousand models by a thousand benchmarks.
const largestScores = 128 << 20

// buildScores reads the table of scores: its columns join the study's benchmarks and its rows become the study's models.
func buildScores(s *Study, t table) {
	s.Scores = &Scores{Source: t.file("source"), Items: t.integer("items"), Scale: get[float64](t, "scale"), At: t.at(t.pos.Key)}
	if s.Scores.Source == "" {
		return
	}
	src, err := files.ReadIn(t.root, s.Scores.Source, largestScores)
	if err != nil {
		t.report(t.place("source"), "the scores cannot be read", cause(err), "")
		return
	}
	sheet := &scoreSheet{table: t, sheet: filepath.Join(filepath.Dir(s.File), s.Scores.Source), study: s, known: map[string]int{}}
	for i, b := range s.Benchmarks {
		sheet.known[b.ID] = i
	}
	sheet.read(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
}

// scoreSheet is the CSV file being read.
type scoreSheet struct {
	table
	sheet   string // the file, as diagnostics show it
	study   *Study
	first   int            // column of the first benchmark: 1, or 2 after a lineage
	known   map[string]int // index of each benchmark in Study.Benchmarks, by its id
	columns []int          // the same of each benchmark column
}

func (c *scoreSheet) fault(line, column int, summary, detail string) {
	c.report(c.cell(line, column), summary, detail, "")
}

func (c *scoreSheet) cell(line, column int) diag.Range {
	return diag.Range{File: c.sheet, Start: diag.Pos{Line: line, Column: column}, End: diag.Pos{Line: line, Column: column}}
}

func (c *scoreSheet) read(src []byte) {
	r := csv.NewReader(bytes.NewReader(src))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil || len(head) < 2 || head[0] != "model" {
		c.fault(1, 1, "the table of scores has no header",
			`The first line names the columns: model, then lineage if you like, then benchmark ids.`)
		return
	}
	c.header(head, r)
	seen := map[string]diag.Range{}
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			c.fault(e.Line, e.Column, "the line is not CSV", e.Err.Error())
			return
		}
		c.row(record, r, seen, len(head))
	}
	if len(c.study.Models) == 0 {
		c.fault(1, 1, "the table of scores has no rows", "One line for each model.")
	}
}

// header matches columns to benchmarks: declared ones keep their place, others are appended.
func (c *scoreSheet) header(head []string, r *csv.Reader) {
	c.first = 1
	if head[1] == "lineage" {
		c.first = 2
	}
	found := map[string]bool{}
	for i, id := range head[c.first:] {
		line, column := r.FieldPos(c.first + i)
		switch {
		case found[id]:
			c.fault(line, column, fmt.Sprintf("two columns are called %q", id), "")
		case !idPattern.MatchString(id):
			c.fault(line, column, fmt.Sprintf("%q cannot be an id", id), idRule)
		}
		found[id] = true
		c.columns = append(c.columns, c.benchmark(id))
	}
	for _, b := range c.study.Benchmarks {
		if b.ID != "" && !found[b.ID] && c.found.Tells("the table of scores lacks a column", b.At) {
			c.report(b.At, fmt.Sprintf("the table of scores has no column %q", b.ID), "Columns: "+some(head[c.first:])+".",
				didYouMean(b.ID, head[c.first:]))
		}
	}
}

func (c *scoreSheet) benchmark(id string) int {
	if at, there := c.known[id]; there {
		return at
	}
	c.known[id] = len(c.study.Benchmarks)
	family, _, _ := strings.Cut(id, ".")
	c.study.Benchmarks = append(c.study.Benchmarks, Benchmark{ID: id, Task: Choice, Metric: "acc", Family: family,
		Format: string(Choice), At: c.study.Scores.At})
	return len(c.study.Benchmarks) - 1
}

func (c *scoreSheet) row(record []string, r *csv.Reader, seen map[string]diag.Range, width int) {
	line, _ := r.FieldPos(0)
	if len(record) != width {
		c.fault(line, 1, fmt.Sprintf("the line has %d cells, the header %d", len(record), width),
			"An empty cell is a missing score.")
		return
	}
	c.checkUnique(record[0], "model", diag.Range{File: c.sheet, Start: diag.Pos{Line: line, Column: 1}}, seen)
	m := Model{ID: record[0], Backend: "scores", Lineage: record[0], At: c.study.Scores.At}
	if c.first == 2 && record[1] != "" {
		m.Lineage = record[1]
		if fault := unshown(m.Lineage); fault != "" {
			line, column := r.FieldPos(1)
			c.fault(line, column, "the lineage "+fault, shownRule)
		}
	}
	values := make([]float64, len(c.study.Benchmarks))
	for i := range values {
		values[i] = math.NaN()
	}
	for i, cell := range record[c.first:] {
		line, column := r.FieldPos(c.first + i)
		values[c.columns[i]] = c.score(strings.TrimSpace(cell), line, column)
	}
	c.study.Models = append(c.study.Models, m)
	c.study.Scores.Values = append(c.study.Scores.Values, values)
}

// score reads one cell and brings it to the scale from 0 to 1.
func (c *scoreSheet) score(cell string, line, column int) float64 {
	if cell == "" {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(cell, 64)
	scaled := x / c.study.Scores.Scale
	switch at := c.cell(line, column); {
	case err == nil && scaled >= 0 && scaled <= 1:
		return scaled
	case !c.found.Tells("the cell holds no score", at):
	case err != nil || math.IsNaN(x):
		c.report(at, fmt.Sprintf("%q is not a number", cell), "A score is a number; an empty cell is a missing one.", "")
	default:
		c.report(at, fmt.Sprintf("the score %s lies outside 0 to %s", cell, plainNumber(c.study.Scores.Scale)),
			"Set scale in [scores] to the score of a perfect model, such as 100 for per cent.", "")
	}
	return math.NaN()
}
