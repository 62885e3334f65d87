package session

import (
	"cmp"
	"context"

	"sdmap/internal/action"
	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/files"
	"sdmap/internal/plan"
	"sdmap/internal/report"
	"sdmap/internal/study"
)

// input gathers everything that a report is made of.
func (x *Session) input(ctx context.Context, c *Computed) (*report.Input, error) {
	in := &report.Input{Study: x.Study, Version: x.world.Version, Command: "sdmap run " + shellWord(PublicPath(x.Study)),
		Axes: map[string]*axis.Result{}}
	steps := []func() error{
		func() (err error) { in.Scores, err = read(ctx, c.results, x.Plan.Scores, axis.DecodeScores); return },
		func() (err error) {
			in.Signatures, err = read(ctx, c.results, x.Plan.Signatures, perplexity.DecodeReport)
			return
		},
		func() (err error) { in.Analysis, err = read(ctx, c.analysis, c.compare, analysis.Decode); return },
		func() (err error) { in.Curves, err = read(ctx, c.results, c.curves, analysis.DecodeCurves); return },
		func() error { return c.readAxes(ctx, in) },
		func() error { return x.readTexts(in) },
		func() error { return x.describeData(in) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if x.Corpus != nil {
		in.Corpus = &report.Corpus{Documents: len(x.Corpus.Docs), Pieces: x.Corpus.PieceCount()}
	}
	in.Models = provenance(x.Models, x.Study.Models)
	in.Embedders = provenance(x.Embedders, x.Study.Embedders)
	in.Actions, in.Alarms = x.listActions(c), c.alarms
	return in, nil
}

// provenance says what models are; those of a table of scores are nothing that ran.
func provenance(models []plan.Model, specs []study.Model) (out []report.Model) {
	for i, m := range models {
		s := specs[i]
		out = append(out, report.Model{ID: m.ID, Path: cmp.Or(s.Path, s.Name), Lineage: m.Lineage, Engine: m.Identity.Engine,
			Digest: m.Identity.Weights, Route: m.Identity.Route, Unpinned: m.Identity.Unpinned, Remarks: m.Remarks})
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

func (c *Computed) readAxes(ctx context.Context, in *report.Input) error {
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

func (x *Session) readTexts(in *report.Input) error {
	for path, to := range map[string]*[]byte{x.Study.Report.Narrative: &in.Narrative,
		x.Study.Report.Bibliography: &in.Bibliography} {
		if path == "" {
			continue
		}
		data, err := files.ReadIn(x.root, path, largestText)
		if err != nil {
			return err
		}
		*to = data
	}
	return nil
}

// describeData lists the files that were read, and the rows of them that were left out.
func (x *Session) describeData(in *report.Input) error {
	s := x.Study
	add := func(use, path string) error {
		if path == "" {
			return nil
		}
		id, err := x.world.Store.FileDigest(s.Outside.Path(s.Dir, path))
		in.Data = append(in.Data, report.DataFile{Path: path, Use: use, Digest: id.String()})
		return err
	}
	for i, b := range s.Benchmarks {
		for _, file := range b.Files() {
			if err := add("benchmark "+b.ID, file); err != nil {
				return err
			}
		}
		if b.Fewshot != nil && b.Fewshot.Source != "" && b.Fewshot.Source != b.Source {
			if err := add("examples of "+b.ID, b.Fewshot.Source); err != nil {
				return err
			}
		}
		if x.Benchmarks[i] == nil {
			continue
		}
		for _, row := range x.Benchmarks[i].Skipped {
			if s.Report.OnlyIDs {
				row.Reason = "not shown, as it may quote the row: sdmap check says it"
			}
			in.Skipped = append(in.Skipped, report.SkippedRow{File: row.File, Line: row.Line, Reason: row.Reason})
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
	if p := s.Axes.Perplexity; p != nil {
		if err := add("surprisals", p.Import); err != nil {
			return err
		}
	}
	if s.Scores != nil {
		if err := add("scores", s.Scores.Source); err != nil {
			return err
		}
		for _, file := range s.Scores.Files {
			if err := add("log", file); err != nil {
				return err
			}
		}
	}
	if s.Truth != nil {
		return add("truth", s.Truth.Source)
	}
	return nil
}

// listActions names every action behind the report with its key and output.
func (x *Session) listActions(c *Computed) []report.Action {
	type pair struct{ model, benchmark string }
	asked := map[*action.Action]pair{}
	for i, row := range x.Plan.Replies {
		for j, r := range row {
			asked[r] = pair{x.Study.Models[i].ID, x.Study.Benchmarks[j].ID}
		}
	}
	var out []report.Action
	list := func(a *action.Action, e cas.Entry) {
		out = append(out, report.Action{Kind: a.Kind, Version: a.Version, Subject: a.Subject, Model: asked[a].model,
			Benchmark: asked[a].benchmark, ActionID: e.Action.String(), Output: e.Output.String()})
	}
	for a, o := range c.results.All() {
		if o.OK() && a != c.compare {
			list(a, o.Entry)
		}
	}
	if c.compare != nil {
		list(c.compare, c.analysis.Outcome(c.compare).Entry)
	}
	return out
}
