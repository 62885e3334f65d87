package perplexity

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/corpus"
	"sdmap/internal/wording"
)

// Axis is the action that turns columns (models x shards) and the table of scores into the axis' result (axis.Decode). A
// model without columns, since its backend cannot score given text, is left out, and so is one of which a column failed or that
// has no score.
func Axis(o Options, c *corpus.Corpus, columns [][]*action.Action, scores *action.Action) *action.Action {
	run := func(ctx context.Context, in *inputs, r action.Runtime) ([]byte, error) {
		result, err := compute(ctx, o, in, r.Workers(), r.Progress)
		if err != nil {
			return nil, err
		}
		return result.Encode()
	}
	a := onFeatures("perplexity/axis", o, c, columns, scores, false, run)
	a.Version = axisVersion
	a.Facts = append(a.Facts, action.F("repairings", o.Repairings))
	if regresses(o.Selectors[0]) {
		a.Facts = append(a.Facts, action.F("regression", regressionVersion))
	}
	return a
}

// axisVersion is raised when overlaps or their nulls change, and the signatures that the report shows do not.
const axisVersion = 5

// regressionVersion is raised when the result changes where the first selector regresses, and not where another is first.
const regressionVersion = 1

// inputs are what the axis and its signatures are computed from.
type inputs struct {
	scores *axis.ScoreTable
	f      *features
	column Column // counts over all models and shards; no values
	// The models with pieces that could not be scored, each with their number; and the pieces over all models.
	unscored []string
	pieces   int
	raw      [][]float32 // by model that takes part: surprisals of all pieces, as they are; nil where nobody needs them

	lineages []string // of all models of the study
	kept     []int    // the models that have columns; scores holds these alone
	failed   []axis.Lost
}

// onFeatures is an action on all columns and the scores; raw says whether it wants the surprisals as they are, too.
func onFeatures(kind string, o Options, c *corpus.Corpus, columns [][]*action.Action, scores *action.Action, raw bool,
	run func(context.Context, *inputs, action.Runtime) ([]byte, error)) *action.Action {
	a := &action.Action{
		Kind: kind, Version: 4, Subject: "perplexity",
		Facts: []action.Fact{
			action.F("corpus", c.Digest), action.F("standardise", o.Standardise), action.F("residual_g", o.ResidualG),
			action.F("ratio", o.Ratio), action.F("k", o.K), action.F("selectors", o.Selectors), action.F("splits", o.Splits),
			action.F("seed", o.Seed), action.F("replicates", o.Replicates),
			action.F("recipe", o.Recipe), action.F("import", o.Import != ""),
		},
		Inputs: []action.Input{{Name: "scores", From: scores}},
	}
	for i, shards := range columns {
		for k, from := range shards {
			a.Inputs = append(a.Inputs, action.Input{Name: columnName(i, k), From: from, Optional: true})
		}
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		in, err := load(o, c, columns, raw, r)
		if err != nil {
			return nil, err
		}
		return run(ctx, in, r)
	}
	return a
}

func columnName(model, shard int) string { return fmt.Sprintf("model %d shard %d", model+1, shard+1) }

// load reads scores and columns.
func load(o Options, c *corpus.Corpus, columns [][]*action.Action, raw bool, r action.Runtime) (*inputs, error) {
	data, err := r.Input("scores")
	if err != nil {
		return nil, err
	}
	in := &inputs{}
	if in.scores, err = axis.DecodeScores(data); err != nil {
		return nil, err
	}
	if len(columns) != len(in.scores.Models) {
		return nil, fmt.Errorf("%d columns of surprisals for %d models", len(columns), len(in.scores.Models))
	}
	in.lineages = in.scores.Lineages
	values, err := in.read(columns, r)
	if err != nil {
		return nil, err
	}
	if len(in.kept) == 0 && len(in.failed) > 0 {
		return nil, fmt.Errorf("no model's surprisals could be computed: %s: %s", in.failed[0].What, in.failed[0].Why)
	}
	if len(in.kept) < len(columns) {
		in.scores = in.scores.Of(in.kept)
	}
	if raw {
		for _, column := range values {
			in.raw = append(in.raw, slices.Clone(column))
		}
	}
	if in.f, err = newFeatures(c, values, o.Standardise == "model"); err != nil {
		return nil, err
	}
	in.f.recipe = o.Recipe
	return in, nil
}

// read joins the shards of every model that takes part.
func (in *inputs) read(columns [][]*action.Action, r action.Runtime) (values [][]float32, err error) {
	scored := in.scores.Scored()
	for i, shards := range columns {
		id := in.scores.Models[i]
		if shards == nil {
			continue
		}
		if !slices.Contains(scored, i) && len(in.scores.Failed) > 0 {
			in.failed = append(in.failed, axis.Lost{What: id, Why: "it has no score, since all its replies failed"})
			continue
		}
		whole, lost, err := wholeColumn(i, len(shards), r)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", id, err)
		case lost != nil:
			in.failed = append(in.failed, axis.Lost{What: id, Why: lost.Why})
			continue
		}
		in.pieces += len(whole.Values)
		values, whole.Values = append(values, whole.Values), nil
		if in.column.append(whole); whole.Unscored > 0 {
			in.unscored = append(in.unscored, fmt.Sprintf("%s: %d", id, whole.Unscored))
		}
		in.kept = append(in.kept, i)
	}
	return values, nil
}

// wholeColumn reads the shards of a model; lost is the first that failed.
func wholeColumn(model, shards int, r action.Runtime) (*Column, *axis.Lost, error) {
	whole := &Column{}
	for k := range shards {
		data, lost, err := axis.Optional(r, columnName(model, k))
		if err != nil || lost != nil {
			return nil, lost, err
		}
		part, err := DecodeColumn(data)
		if err != nil {
			return nil, nil, err
		}
		whole.append(part)
	}
	return whole, nil, nil
}

// saidUnscored counts, by model, the pieces that could not be scored.
func (in *inputs) saidUnscored() string {
	return fmt.Sprintf("%d pieces (over all models; %s) do not fit the window, or stand in documents with bytes that the model "+
		"has no tokens for, and were left out for every model", in.column.Unscored, wording.And(in.unscored))
}

// toldUnscored is the share of pieces that could not be scored from which on an alarm says so.
const toldUnscored = 0.01

func (in *inputs) unscoredAlarm() []axis.Alarm {
	if float64(in.column.Unscored) <= toldUnscored*float64(in.pieces) {
		return nil
	}
	return []axis.Alarm{{Kind: "refused", Text: fmt.Sprintf("Of the corpus, %s; up to %s of %d would be no alarm.",
		in.saidUnscored(), wording.Percent(toldUnscored), in.pieces),
		Advice: "Shorten what stands without a space in the corpus, or leave out the models that cannot take it."}}
}
