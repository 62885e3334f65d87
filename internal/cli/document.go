package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/cas"
	"sdmap/internal/diag"
	"sdmap/internal/engine"
	"sdmap/internal/files"
	"sdmap/internal/outdir"
	"sdmap/internal/plan"
	"sdmap/internal/report"
	"sdmap/internal/report/html"
	"sdmap/internal/report/markdown"
	"sdmap/internal/study"
)

// document makes the files of a report from what was computed. An interruption ends it at once: nothing is written yet, and all
// that
// was computed is kept.
func (a *app) document(ctx context.Context, store *cas.Store, l *loaded, c *computed) ([]outdir.File, error) {
	type made struct {
		files []outdir.File
		err   error
	}
	done := make(chan made, 1)
	go func() {
		files, err := a.compose(ctx, store, l, c)
		done <- made{files, err}
	}()
	select {
	case m := <-done:
		return m.files, m.err
	case <-ctx.Done():
		return nil, unwritten()
	}
}

// unwritten is the error of an interruption between the last computation and the report.
func unwritten() error {
	return coded{exitInterrupted, errors.New("interrupted before the report was written; all that was computed is kept, and " +
		"the same command writes it")}
}

func (a *app) compose(ctx context.Context, store *cas.Store, l *loaded, c *computed) ([]outdir.File, error) {
	in, err := a.reportInput(ctx, store, l, c)
	if err != nil {
		return nil, err
	}
	r, faults, err := report.Build(*in)
	if err != nil {
		return nil, err
	}
	for i := range faults {
		faults[i].Range.File = filepath.Join(l.Study.Dir, faults[i].Range.File)
	}
	a.showFaults(faults)
	if faults.HasErrors() {
		a.say("Everything that was computed is kept; put the text right and run again.")
		return nil, coded{code: exitStudy}
	}
	page, err := html.Render(r)
	if err != nil {
		return nil, err
	}
	text, err := markdown.Render(r)
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	var files []outdir.File
	for _, f := range r.Files {
		files = append(files, outdir.File{Path: f.Path, Data: f.Bytes})
	}
	return append(files, outdir.File{Path: "report.json", Data: append(diag.PlainJSON(data), '\n')},
		outdir.File{Path: "report.md", Data: text},
		outdir.File{Path: outdir.Page, Data: page}), nil
}

// reportInput gathers everything that a report is made of.
func (a *app) reportInput(ctx context.Context, store *cas.Store, l *loaded, c *computed) (*report.Input, error) {
	in := &report.Input{Study: l.Study, Version: a.Version, Command: "sdmap run " + shellWord(publicPath(l.Study)),
		Axes: map[string]*axis.Result{}}
	steps := []func() error{
		func() (err error) { in.Scores, err = read(ctx, c.results, l.plan.Scores, axis.DecodeScores); return },
		func() (err error) {
			in.Signatures, err = read(ctx, c.results, l.plan.Signatures, perplexity.DecodeReport)
			return
		},
		func() (err error) { in.Analysis, err = read(ctx, c.analysis, c.compare, analysis.Decode); return },
		func() error { return readAxes(ctx, c, in) },
		func() error { return readTexts(l, in) },
		func() error { return describeData(store, l, in) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if l.Corpus != nil {
		in.Corpus = &report.Corpus{Documents: len(l.Corpus.Docs), Pieces: l.Corpus.PieceCount()}
	}
	in.Models = provenance(l.Models, l.Study.Models)
	in.Embedders = provenance(l.Embedders, l.Study.Embedders)
	in.Actions, in.Alarms = listActions(l, c), c.alarms
	return in, nil
}

// provenance says what models are; those of a table of scores are nothing that ran.
func provenance(models []plan.Model, specs []study.Model) (out []report.Model) {
	for i, m := range models {
		s := specs[i]
		out = append(out, report.Model{ID: m.ID, Path: cmp.Or(s.Path, s.Name), Lineage: m.Lineage, Engine: m.Identity.Engine,
			Digest: m.Identity.Weights, Route: m.Identity.Route, Unpinned: m.Identity.Unpinned})
	}
	return out
}

// read decodes an action's output; nil where there is none.
func read[T any](ctx context.Context, r *engine.Results, from *action.Action, decode func([]byte) (*T, error)) (*T, error) {
	if from == nil || !r.Outcome(from).OK() {
		return nil, nil
	}
	data, err := r.Read(ctx, from)
	if err != nil {
		return nil, err
	}
	return decode(data)
}

func readAxes(ctx context.Context, c *computed, in *report.Input) error {
	for _, name := range axis.Names() {
		r, err := read(ctx, c.results, c.axes[name], axis.Decode)
		if err != nil {
			return err
		}
		if r != nil {
			in.Axes[name] = r
		}
	}
	n, err := read(ctx, c.results, c.axes[axis.Neural], neural.Decode)
	if n != nil {
		in.Neural = &n.Detail
	}
	return err
}

func readTexts(l *loaded, in *report.Input) error {
	for path, to := range map[string]*[]byte{l.Study.Report.Narrative: &in.Narrative,
		l.Study.Report.Bibliography: &in.Bibliography} {
		if path == "" {
			continue
		}
		data, err := files.ReadIn(l.root, path, largestText)
		if err != nil {
			return err
		}
		*to = data
	}
	return nil
}

// describeData lists the files that were read, and the rows of them that were left out.
func describeData(store *cas.Store, l *loaded, in *report.Input) error {
	s := l.Study
	add := func(use, path string) error {
		if path == "" {
			return nil
		}
		id, err := store.FileDigest(filepath.Join(s.Dir, filepath.FromSlash(path)))
		in.Data = append(in.Data, report.DataFile{Path: path, Use: use, Digest: id.String()})
		return err
	}
	for i, b := range s.Benchmarks {
		if err := add("benchmark "+b.ID, b.Source); err != nil {
			return err
		}
		if b.Fewshot != nil && b.Fewshot.Source != "" && b.Fewshot.Source != b.Source {
			if err := add("examples of "+b.ID, b.Fewshot.Source); err != nil {
				return err
			}
		}
		if l.Benchmarks[i] == nil {
			continue
		}
		for _, row := range l.Benchmarks[i].Skipped {
			in.Skipped = append(in.Skipped, report.SkippedRow{File: b.Source, Line: row.Line, Reason: row.Reason})
		}
	}
	for _, file := range s.ImatrixFiles() {
		if err := add("imatrix", file); err != nil {
			return err
		}
	}
	if s.Corpus != nil {
		if err := add("corpus", s.Corpus.Source); err != nil {
			return err
		}
	}
	if s.Scores != nil {
		if err := add("scores", s.Scores.Source); err != nil {
			return err
		}
	}
	if s.Truth != nil {
		return add("truth", s.Truth.Source)
	}
	return nil
}

// listActions names every action behind the report with its key and output.
func listActions(l *loaded, c *computed) []report.Action {
	type pair struct{ model, benchmark string }
	asked := map[*action.Action]pair{}
	for i, row := range l.plan.Replies {
		for j, r := range row {
			asked[r] = pair{l.Study.Models[i].ID, l.Study.Benchmarks[j].ID}
		}
	}
	var out []report.Action
	list := func(x *action.Action, e cas.Entry) {
		out = append(out, report.Action{Kind: x.Kind, Version: x.Version, Subject: x.Subject, Model: asked[x].model,
			Benchmark: asked[x].benchmark, ActionID: e.Action.String(), Output: e.Output.String()})
	}
	for x, o := range c.results.All() {
		if o.OK() && x != c.compare {
			list(x, o.Entry)
		}
	}
	if c.compare != nil {
		list(c.compare, c.analysis.Outcome(c.compare).Entry)
	}
	return out
}

// publicPath names a study as a reader would: from the folder that holds studies, whatever the current folder is.
func publicPath(s *study.Study) string {
	abs, err := filepath.Abs(s.File)
	if err != nil {
		return filepath.ToSlash(s.File)
	}
	path := filepath.ToSlash(abs)
	if i := strings.LastIndex(path, "/studies/"); i >= 0 {
		return path[i+1:]
	}
	return filepath.Base(abs)
}
