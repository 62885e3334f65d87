package perplexity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/corpus"
	"sdmap/internal/diag"
	"sdmap/internal/files"
	"sdmap/internal/rows"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// Imported is a table of surprisals that others measured: one row a text, one column a model.
type Imported struct {
	Corpus  *corpus.Corpus // each text a document of one piece, which is its name in the table
	Columns [][]float32    // by the models that were asked for: bits per byte by text, NaN where empty; nil without a column

	Lacking   []string // models that have scores and no column
	Unmatched []string // columns of models without scores
	digest    string
}

// Models counts those that have a column.
func (t *Imported) Models() int { return len(t.Columns) - len(t.Lacking) }

// Column is the action that gives the column of one model, by its index.
func (t *Imported) Column(model int, id string) *action.Action {
	return &action.Action{Kind: "perplexity/imported", Version: 1, Subject: id,
		Facts: []action.Fact{action.F("table", t.digest), action.F("model", id), action.F("column", model)},
		Run: func(context.Context, action.Runtime) ([]byte, error) {
			c := &Column{Values: t.Columns[model]}
			for _, v := range c.Values {
				if math.IsNaN(float64(v)) {
					c.Unscored++
				}
			}
			return c.Encode(), nil
		}}
}

// ReadImported reads the table that the study names and joins its columns to models, by label or id. It is nil if the list
// has errors.
func ReadImported(dir *os.Root, o *study.Perplexity, models []study.Model) (*Imported, diag.List) {
	r := &importer{file: filepath.Join(dir.Name(), o.Import), names: map[string]int{}, columns: map[string]int{},
		table: &Imported{Corpus: &corpus.Corpus{}, Columns: make([][]float32, len(models))}}
	for i, m := range models {
		r.names[m.Shown()], r.names[m.ID] = i, i
	}
	f, err := files.OpenIn(dir, o.Import)
	if err == nil {
		defer f.Close()
		err = r.read(f)
	}
	if err != nil {
		line := 0
		if e, ok := errors.AsType[*rows.Broken](err); ok {
			line = e.Line
		}
		r.fault(line, "the surprisals cannot be read", err.Error())
	}
	if len(r.list) == 0 && len(r.table.Corpus.Docs) == 0 {
		r.fault(1, "the table of surprisals has no rows", "One row a text, one column a model.")
	}
	if r.list.HasErrors() {
		return nil, r.list
	}
	r.join(models)
	return r.table, r.list
}

// importer reads one table.
type importer struct {
	file    string
	table   *Imported
	names   map[string]int // models by label and by id
	columns map[string]int // the model of a heading; -1 where it has none
	id      string         // heading of the texts' names
	list    diag.List
}

// mostImportFaults is how many faults are told one by one.
const mostImportFaults = 20

func (r *importer) fault(line int, summary, detail string) {
	at := diag.Pos{Line: max(line, 1), Column: 1}
	if len(r.list) < mostImportFaults {
		r.list = append(r.list, diag.Diagnostic{Summary: summary, Detail: detail,
			Range: diag.Range{File: r.file, Start: at, End: at}})
	}
}

func (r *importer) read(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	r.table.digest = fmt.Sprintf("sha256:%x", h.Sum(nil))
	r.table.Corpus.Digest = r.table.digest
	return rows.Read(f, info.Size(), rows.Options{}, func(row rows.Row) bool {
		if row.Fault != "" {
			r.fault(row.Line, "the row cannot be read", row.Fault)
			return true
		}
		if r.id == "" && !r.head(row.Fields.Names()) {
			return false
		}
		r.row(row)
		return true
	})
}

// head finds out which columns are models of the study; false where none is.
func (r *importer) head(names []string) bool {
	r.id = names[0]
	for _, known := range []string{"id", "text_id", "domain"} {
		if slices.Contains(names, known) {
			r.id = known
			break
		}
	}
	taken := map[int]string{}
	for _, heading := range names {
		if heading == r.id {
			continue
		}
		_, name := study.ModelHeader(heading)
		model, there := r.names[name]
		if !there {
			r.columns[heading] = -1
			r.table.Unmatched = append(r.table.Unmatched, name)
			continue
		}
		if taken[model] != "" {
			r.columns[heading] = -1
			r.list = append(r.list, diag.Diagnostic{Severity: diag.Warning, Range: diag.Range{File: r.file},
				Summary: fmt.Sprintf("two columns of %q", name), Detail: "The first of them is taken: " + taken[model] + "."})
			continue
		}
		taken[model], r.columns[heading] = heading, model
	}
	if len(taken) == 0 {
		r.fault(1, "no column of the table of surprisals is a model that has scores",
			fmt.Sprintf("Columns: %s. A column is called as "+
				"the model in [scores], or ('family', 'model').", few(r.table.Unmatched)))
	}
	return len(taken) > 0
}

// row takes one text in.
func (r *importer) row(row rows.Row) {
	t := r.table.Corpus
	name := fmt.Sprintf("text %d", row.Number)
	if v, ok := row.Fields.Get(r.id); ok && v != nil && strings.TrimSpace(fmt.Sprint(v)) != "" {
		name = strings.TrimSpace(fmt.Sprint(v))
	}
	t.Docs = append(t.Docs, corpus.Document{ID: name, Text: name, Pieces: []corpus.Piece{{Start: 0, End: len(name)}}})
	for i, c := range r.table.Columns {
		if c != nil || len(t.Docs) == 1 {
			r.table.Columns[i] = append(c, float32(math.NaN()))
		}
	}
	for _, cell := range row.Fields {
		if model, known := r.columns[cell.Name]; known && model >= 0 {
			r.table.Columns[model][len(t.Docs)-1] = r.value(row, cell)
		}
	}
}

// value is a cell as bits per byte; NaN where it is empty.
func (r *importer) value(row rows.Row, cell rows.Field) float32 {
	missing := float32(math.NaN())
	var text string
	switch v := cell.Value.(type) {
	case nil:
		return missing
	case string:
		text = strings.TrimSpace(v)
	case json.Number:
		text = v.String()
	default:
		text = fmt.Sprint(v)
	}
	if text == "" {
		return missing
	}
	x, err := strconv.ParseFloat(text, 32)
	switch {
	case err == nil && math.IsNaN(x):
		return missing
	case err != nil || math.IsInf(x, 0):
		r.fault(row.Line, fmt.Sprintf("%q in row %d is no surprisal", text, row.Number),
			"A cell holds bits per byte, or nothing.")
		return missing
	case x < 0:
		r.fault(row.Line, fmt.Sprintf("the surprisal %q in row %d is negative", text, row.Number),
			"Bits per byte are not: log-probabilities are negated before they are imported.")
		return missing
	}
	return float32(x)
}

// join tells which models have no column, and which columns have no model.
func (r *importer) join(models []study.Model) {
	matched := map[int]bool{}
	for _, model := range r.columns {
		matched[model] = true
	}
	for i, m := range models {
		if !matched[i] {
			r.table.Columns[i] = nil
			r.table.Lacking = append(r.table.Lacking, m.Shown())
		}
	}
	r.warn("no model in [scores] for "+wording.Count(len(r.table.Unmatched), "column")+" of surprisals", r.table.Unmatched)
	r.warn("no column of surprisals for "+wording.Count(len(r.table.Lacking), "model")+" of [scores]", r.table.Lacking)
}

// warn names those that take no part, if there are any.
func (r *importer) warn(summary string, names []string) {
	if len(names) > 0 {
		r.list = append(r.list, diag.Diagnostic{Severity: diag.Warning, Summary: summary,
			Detail: few(names) + ". They take no part in the perplexity axis.", Range: diag.Range{File: r.file}})
	}
}

// few shows the first names of a list.
func few(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
