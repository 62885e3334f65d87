package study

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sdmap/internal/address"
	"sdmap/internal/diag"
	"sdmap/internal/files"
)

// largestScores bounds the table of scores: ten thousand models by a thousand benchmarks.
const largestScores = 128 << 20

// buildScores reads the table of scores: its columns join the study's benchmarks and its rows become the study's models.
func buildScores(s *Study, t table) {
	s.Scores = &Scores{Source: t.fileOrAddress("source"), Items: t.integer("items"), Scale: get[float64](t, "scale"),
		At: t.at(t.pos.Key)}
	if s.Scores.Source == "" {
		return
	}
	if _, here := t.outside[s.Scores.Source]; address.Is(s.Scores.Source) && !here {
		t.incomplete = true // its columns and rows are the study's benchmarks and models
		return
	}
	f, err := t.outside.Open(t.root, s.Scores.Source)
	if err != nil {
		t.report(t.place("source"), "the scores cannot be read", cause(err), "")
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Size() > largestScores {
		t.report(t.place("source"), "the scores cannot be read", files.TooLarge{Most: largestScores}.Error(), "")
		return
	}
	c := newScoreSheet(s, t)
	if err == nil {
		c.size = info.Size()
	}
	c.read(f)
}

// scoreSheet is the file being read.
type scoreSheet struct {
	table
	sheet string // the file, as diagnostics show it
	study *Study
	lines *csv.Reader

	size, behindHead int64 // of the file, and where its first row begins, in bytes

	separator     rune
	turned        bool     // the file has one column a model
	twice         []string // of these, models with two columns of the same scores
	perplexities  choice
	rows, columns choice
	renamings     []renaming
	absent        map[string]bool // what stands for a missing score, beside an empty cell

	heads    []string
	roles    roles
	scored   []*scoreColumn
	byName   map[string]*scoreColumn // in a long table, by the benchmark's name in the file
	declared map[string]int          // benchmarks that the study writes down: index in Study.Benchmarks, by id
	matched  map[int]bool            // benchmarks that have a column
	ids      map[string]*ids         // of models and of benchmarks
	seen     []string                // models, as the file names them
	models   map[string]int          // in a long table, row of each
	counts   [][]int                 // in a long table, items behind each score
}

func newScoreSheet(s *Study, t table) *scoreSheet {
	c := &scoreSheet{table: t, sheet: t.outside.Shown(filepath.Dir(s.File), s.Scores.Source), study: s,
		rows: t.choice("rows"), columns: t.choice("columns"), perplexities: t.choice("perplexities"), renamings: t.renamings(),
		absent: map[string]bool{},
		byName: map[string]*scoreColumn{}, declared: map[string]int{}, matched: map[int]bool{}, models: map[string]int{},
		ids: map[string]*ids{"model": newIDs(), "benchmark": newIDs()}}
	for _, text := range t.texts("missing") {
		c.absent[strings.TrimSpace(text)] = true
	}
	for i, b := range s.Benchmarks {
		c.declared[b.ID] = i
		c.ids["benchmark"].taken[b.ID] = true
	}
	return c
}

func (c *scoreSheet) fault(line, column int, summary, detail, suggestion string) {
	c.report(c.cell(line, column), summary, detail, suggestion)
}

func (c *scoreSheet) cell(line, column int) diag.Range {
	if c.turned { // places are not those of the file
		return diag.Range{File: c.sheet}
	}
	return diag.Range{File: c.sheet, Start: diag.Pos{Line: line, Column: column}, End: diag.Pos{Line: line, Column: column}}
}

// line is that of the record that was read last, columnAt the place of one of its fields.
func (c *scoreSheet) line() int { line, _ := c.lines.FieldPos(0); return line }

func (c *scoreSheet) columnAt(field int) int { _, column := c.lines.FieldPos(field); return column }

func (c *scoreSheet) read(f io.Reader) {
	text, fault := c.open(f)
	if fault != "" {
		c.fault(1, 1, "the table of scores is not text in UTF-8", fault, "Save it as CSV in UTF-8.")
		return
	}
	text, ok := c.turn(text)
	if !ok {
		return
	}
	c.lines = csv.NewReader(text)
	c.lines.Comma, c.lines.FieldsPerRecord, c.lines.ReuseRecord = c.separator, -1, true
	c.lines.TrimLeadingSpace = c.separator != '\t' // which is space itself
	if !c.header() {
		return
	}
	if c.records() {
		c.unmet(c.rows, c.seen)
		if len(c.study.Models) == 0 && c.found.Empty() {
			c.fault(1, 1, "the table of scores has no rows", "One line for each model.", "")
		}
	}
	c.finish()
}

// records reads all lines behind the header; false where one is no CSV.
func (c *scoreSheet) records() bool {
	for {
		record, err := c.lines.Read()
		if err == io.EOF {
			return true
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			c.fault(e.Line, e.Column, "the line is not CSV", e.Err.Error(), "")
			return false
		}
		if err != nil {
			c.report(c.place("source"), "the scores cannot be read", cause(err), "")
			return false
		}
		if len(record) != len(c.heads) {
			c.fault(c.line(), 1, fmt.Sprintf("the line has %d cells, the header %d", len(record), len(c.heads)),
				"An empty cell is a missing score.", "")
			continue
		}
		for i := range record {
			record[i] = strings.TrimSpace(record[i])
		}
		if c.roles.long() {
			c.cellRow(record)
		} else {
			c.modelRow(record)
		}
	}
}
