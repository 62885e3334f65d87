package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
)

// actionRows is how many actions the page lists one by one; the file has all.
const actionRows = 400

// provenanceSection is where every number comes from: models, data, actions.
type provenanceSection struct {
	models, embedders []Model
	data              []DataFile
	actions           []Action
	scores            *axis.ScoreTable
	files             fileSet
}

func (s provenanceSection) write() (*Section, error) {
	blocks := []Block{prose("Everything in this report was computed by actions, each of which is named by a digest of what "+
		"went into it and gave an output that is named by a digest of its bytes.",
		fmt.Sprintf("The same program on the same inputs gives the same digests, so a reader who has them can check that "+
			"nothing was changed; the page shows their first %s digits and the files have all of them.", spelt(shownDigits))),
		{Table: s.modelTable()}, {Table: s.embedderTable()}, {Table: s.dataTable()}, {Table: s.kindsOfActions()},
		{Table: s.repliesTable()}, {Table: s.actionTable()}}
	return newSection("provenance", "Provenance", "", blocks...), nil
}

// modelTable says of every model what answered for it. An embedder is not resampled, and so has no lineage.
func (s provenanceSection) modelTable() *Table {
	of := func(m Model) []string { return []string{m.ID, m.Lineage, m.Path, m.Engine, m.digest()} }
	names := []string{"model", "lineage", "file", "engine", "digest"}
	if manyRoutes(s.models) {
		return s.tableOf("models", "Models.", append(names, "route"), s.models,
			func(m Model) []string { return append(of(m), m.Route) })
	}
	return s.tableOf("models", "Models.", names, s.models, of)
}

func (s provenanceSection) embedderTable() *Table {
	return s.tableOf("embedders", "Embedders.", []string{"embedder", "file", "engine", "digest"}, s.embedders,
		func(m Model) []string { return []string{m.ID, m.Path, m.Engine, m.digest()} })
}

// tableOf shows cells of models, with digests cut on the page and whole in the file.
func (s provenanceSection) tableOf(id, title string, names []string, models []Model, of func(Model) []string) *Table {
	if len(models) == 0 {
		return nil
	}
	t := &Table{ID: id, Title: title, Columns: words(names...)}
	for _, m := range models {
		cells := []Cell{head(m.ID).at(anchor("model", m.ID))}
		for i, cell := range of(m)[1:] {
			if names[i+1] == "digest" {
				cells = append(cells, m.digestCell())
			} else {
				cells = append(cells, text(cell))
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return s.files.csv(t)
}

func (m Model) digestCell() Cell {
	if m.Unpinned {
		return Cell{Text: "unpinned", Whole: m.digest()}
	}
	return digestCell(m.Digest)
}

// digestCell shows the beginning of a digest; the whole of it goes to files, and is told on hover.
func digestCell(digest string) Cell { return Cell{Text: short(digest), Whole: digest} }

// digest is that of the weights, and says so where it is not known to be.
func (m Model) digest() string {
	if m.Unpinned {
		return strings.TrimSpace("unpinned " + m.Digest)
	}
	return m.Digest
}

// manyRoutes says whether numbers of different models were obtained in different ways.
func manyRoutes(models []Model) bool {
	return slices.ContainsFunc(models, func(m Model) bool { return m.Route != models[0].Route || m.Engine != models[0].Engine })
}

func (s provenanceSection) dataTable() *Table {
	if len(s.data) == 0 {
		return nil
	}
	t := &Table{ID: "files", Title: "Data files.", Folded: true, Columns: words("read as", "file", "digest")}
	for _, d := range s.data {
		t.Rows = append(t.Rows, []Cell{head(d.Use), text(d.Path), digestCell(d.Digest)})
	}
	return s.files.csv(t)
}

// kindsOfActions lists the steps with their meaning versions.
func (s provenanceSection) kindsOfActions() *Table {
	if len(s.actions) == 0 {
		return nil
	}
	type key struct {
		kind    string
		version int
	}
	var order []key
	n := map[key]int{}
	for _, a := range s.actions {
		k := key{a.Kind, a.Version}
		if n[k] == 0 {
			order = append(order, k)
		}
		n[k]++
	}
	t := &Table{ID: "steps", Title: "Steps.", Columns: append(words("step"), numbers("meaning version", "actions")...),
		Caption: "A meaning version is raised when the same inputs would give other numbers. The file lists every action: " +
			"[actions.csv](" + s.actionsCSV() + ")."}
	for _, k := range order {
		t.Rows = append(t.Rows, []Cell{head(k.kind), version(k.version), whole(n[k])})
	}
	return s.files.csv(t)
}

// repliesTable is the compact table that scores link to: the output of every model on every benchmark.
func (s provenanceSection) repliesTable() *Table {
	scores, linked := s.scores, replies(s.actions)
	if scores == nil || len(linked) == 0 {
		return nil
	}
	t := &Table{ID: "replies", Title: "Replies behind the scores.", Folded: true, Partial: true, CSV: "tables/actions.csv",
		Columns: words(append([]string{"model"}, scores.Benchmarks...)...),
		Caption: "Digest of the raw replies of each model to each benchmark."}
	for _, model := range scores.Models {
		row := []Cell{head(model)}
		for _, name := range scores.Benchmarks {
			a, ok := linked[[2]string{model, name}]
			if !ok {
				row = append(row, missing("not asked"))
				continue
			}
			row = append(row, text(short(a.Output)).at(anchor("replies", model, name)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// actionTable lists the actions that are not replies.
func (s provenanceSection) actionTable() *Table {
	others := slices.DeleteFunc(slices.Clone(s.actions), func(a Action) bool { return a.Kind == repliesKind && a.Model != "" })
	if len(others) == 0 {
		return nil
	}
	t := &Table{ID: "actions", Title: "Other actions.", Folded: true, Partial: true, CSV: "tables/actions.csv",
		Columns: words("step", "about", "action", "output")}
	if len(others) > actionRows {
		t.Caption = fmt.Sprintf("The last %d of %s: what is nearest to the results comes last.", actionRows,
			count(len(others), "action"))
		others = others[len(others)-actionRows:]
	}
	for _, a := range others {
		t.Rows = append(t.Rows, []Cell{head(a.Kind), text(a.Subject), text(short(a.ActionID)), text(short(a.Output))})
	}
	return t
}

func (s provenanceSection) actionsCSV() string {
	rows := [][]string{{"step", "version", "about", "model", "benchmark", "action", "output"}}
	for _, a := range s.actions {
		rows = append(rows, []string{a.Kind, fmt.Sprint(a.Version), a.Subject, a.Model, a.Benchmark, a.ActionID, a.Output})
	}
	return s.files.rawCSV("actions", rows)
}
