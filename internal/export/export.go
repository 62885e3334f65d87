// Package export gives away what models were asked and what they answered, item by item, from the store alone.
//
// The pipeline: a study, its planned replies, the store -> Answers (which replies are there; which items are in no score) ->
// a Row for each model and item -> JSON Lines, Parquet, and records of Every Eval Ever, in a folder that also says what was left
// out and what the columns mean.
//
// The opinion: nothing is computed here but scores, by the rules of the report, so a row has the numbers that stand behind the
// report and the key of the stored result that it comes from. What is not in the store is counted and named, never asked. A
// null is a null: a score of 0 and a reply without text are written as what they are. Equal answers give equal bytes. Rows are
// written as they are made: no more than the replies of one model to one benchmark are held, and a group of rows of Parquet.
package export

import (
	"fmt"
	"path"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis/performance"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

// Source is a study with all that its answers are made of.
type Source struct {
	Study      *study.Study
	Digest     string // of the study's file
	Version    string // of this program's release
	Models     []plan.Model
	Benchmarks []*benchmark.Benchmark
	Replies    [][]*action.Action // by model and benchmark
	Store      *cas.Store
}

// Selection names models and benchmarks, by ids or patterns of path.Match; none is all.
type Selection struct{ Models, Benchmarks []string }

// Answers are the replies of some models to some benchmarks, as far as the store has them.
type Answers struct {
	Source
	Of      []int // the selected models, by their place in the study
	To      []int // the selected benchmarks
	cells   [][]cell
	dropped []performance.Dropped // by benchmark of the study
	digests [][]string            // of the items of the selected benchmarks
}

// cell is where the replies of a model to a benchmark lie.
type cell struct {
	entry cas.Entry
	there bool
}

// Unknown is the error for a name that a study does not have.
type Unknown struct {
	What, Name string
	Known      []string
}

func (e Unknown) Error() string { return fmt.Sprintf("the study has no %s %q", e.What, e.Name) }

// Look finds out which replies the store has. All models are looked at, whichever are selected: what one of them could not take
// is in no model's score.
func Look(src Source, sel Selection, progress func(done, total int)) (*Answers, error) {
	a := &Answers{Source: src, dropped: make([]performance.Dropped, len(src.Benchmarks)),
		digests: make([][]string, len(src.Benchmarks))}
	var models, benchmarks []string
	for _, m := range src.Study.Models {
		models = append(models, m.ID)
	}
	for _, b := range src.Study.Benchmarks {
		benchmarks = append(benchmarks, b.ID)
	}
	var err error
	if a.Of, err = pick("model", models, sel.Models); err != nil {
		return nil, err
	}
	if a.To, err = pick("benchmark", benchmarks, sel.Benchmarks); err != nil {
		return nil, err
	}
	if err := a.find(); err != nil {
		return nil, err
	}
	for n, j := range a.To {
		a.dropped[j] = make(performance.Dropped, len(src.Benchmarks[j].Items))
		for i := range a.cells {
			a.examine(i, j)
		}
		for _, item := range src.Benchmarks[j].Items {
			a.digests[j] = append(a.digests[j], item.Digest())
		}
		progress(n+1, len(a.To))
	}
	return a, nil
}

// pick gives the places of what patterns select, in the order of the study.
func pick(what string, ids, patterns []string) (out []int, err error) {
	chosen := make([]bool, len(ids))
	for _, p := range patterns {
		found := false
		for i, id := range ids {
			if fits, err := path.Match(p, id); id == p || fits && err == nil {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, Unknown{what, p, ids}
		}
	}
	for i := range ids {
		if chosen[i] || len(patterns) == 0 {
			out = append(out, i)
		}
	}
	return out, nil
}

// find asks the store for every planned reply.
func (a *Answers) find() error {
	preview, err := engine.Look(a.Store, 1, slices.Concat(a.Replies...)...)
	if err != nil {
		return err
	}
	hits := map[*action.Action]cas.Entry{}
	for _, s := range preview.Steps {
		if s.Will == engine.WillHit {
			hits[s.Action] = s.Entry
		}
	}
	for _, row := range a.Replies {
		cells := make([]cell, len(row))
		for j, r := range row {
			cells[j].entry, cells[j].there = hits[r]
		}
		a.cells = append(a.cells, cells)
	}
	return nil
}

// examine reads a model's replies once. What is damaged, or does not fit the items, is as if it were not there.
func (a *Answers) examine(i, j int) {
	if !a.cells[i][j].there {
		return
	}
	replies, err := a.replies(i, j)
	if err != nil {
		a.cells[i][j].there = false
		return
	}
	a.dropped[j].Add(replies)
}

func (a *Answers) replies(i, j int) ([]performance.Reply, error) {
	data, err := a.Store.Read(a.cells[i][j].entry.Output)
	if err != nil {
		return nil, err
	}
	return performance.RepliesTo(a.Benchmarks[j], data)
}

// There says whether the store has the replies of a model to a benchmark.
func (a *Answers) There(model, benchmark int) bool { return a.cells[model][benchmark].there }

// Graded are the replies of a model to a benchmark with their scores.
func (a *Answers) Graded(model, benchmark int) ([]performance.Graded, error) {
	replies, err := a.replies(model, benchmark)
	if err != nil {
		return nil, err
	}
	return performance.Grade(a.Benchmarks[benchmark], replies), nil
}

// Summary is a model's score on a benchmark.
func (a *Answers) Summary(benchmark int, graded []performance.Graded) performance.Summary {
	return performance.Summarise(graded, a.dropped[benchmark])
}

// Absent are the answers that are not in the store.
type Absent struct {
	Model     string `json:"model"`
	Benchmark string `json:"benchmark"`
	Items     int    `json:"items"`
}

// Absent lists what was selected and is not there.
func (a *Answers) Absent() []Absent {
	out := []Absent{}
	for _, j := range a.To {
		for _, i := range a.Of {
			if !a.There(i, j) {
				out = append(out, Absent{a.Study.Models[i].ID, a.Study.Benchmarks[j].ID, len(a.Benchmarks[j].Items)})
			}
		}
	}
	return out
}

// Count is how many answers are in the store, and how many were selected.
func (a *Answers) Count() (there, all int) {
	for _, j := range a.To {
		n := len(a.Benchmarks[j].Items)
		for _, i := range a.Of {
			if all += n; a.There(i, j) {
				there += n
			}
		}
	}
	return there, all
}
