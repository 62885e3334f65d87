package perplexity

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/corpus"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// Axis is the action that turns columns (models x shards) and the table of scores into the axis' result (axis.Decode). A
// model without columns, since its backend cannot score given text, is left out, and so is one of which a column failed or that
// has no score.
func Axis(o Options, c *corpus.Corpus, columns [][]*action.Action, scores *action.Action) *action.Action {
	return onFeatures("perplexity/axis", o, c, columns, scores, func(ctx context.Context, in *inputs, r action.Runtime) ([]byte,
		error) {
		result, err := compute(ctx, o, in, r.Workers(), r.Progress)
		if err != nil {
			return nil, err
		}
		return result.Encode()
	})
}

// inputs are what the axis and its signatures are computed from.
type inputs struct {
	scores *axis.ScoreTable
	f      *features
	column Column // counts over all models and shards; no values
	// The models with pieces that could not be scored, each with their number; and the pieces over all models.
	unscored []string
	pieces   int

	lineages []string // of all models of the study
	kept     []int    // the models that have columns; scores holds these alone
	failed   []axis.Lost
}

// onFeatures is an action on all columns and the scores.
func onFeatures(kind string, o Options, c *corpus.Corpus, columns [][]*action.Action, scores *action.Action,
	run func(context.Context, *inputs, action.Runtime) ([]byte, error)) *action.Action {
	a := &action.Action{
		Kind: kind, Version: 3, Subject: "perplexity",
		Facts: []action.Fact{
			action.F("corpus", c.Digest), action.F("standardise", o.Standardise), action.F("residual_g", o.ResidualG),
			action.F("ratio", o.Ratio), action.F("k", o.K), action.F("selectors", o.Selectors), action.F("splits", o.Splits),
			action.F("seed", o.Seed), action.F("replicates", o.Replicates),
		},
		Inputs: []action.Input{{Name: "scores", From: scores}},
	}
	for i, shards := range columns {
		for k, from := range shards {
			a.Inputs = append(a.Inputs, action.Input{Name: columnName(i, k), From: from, Optional: true})
		}
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		in, err := load(o, c, columns, r)
		if err != nil {
			return nil, err
		}
		return run(ctx, in, r)
	}
	return a
}

func columnName(model, shard int) string { return fmt.Sprintf("model %d shard %d", model+1, shard+1) }

// load reads scores and columns.
func load(o Options, c *corpus.Corpus, columns [][]*action.Action, r action.Runtime) (*inputs, error) {
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
	in.f, err = newFeatures(c, values, o.Standardise == "model")
	return in, err
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

// compute is the whole axis.
func compute(ctx context.Context, o Options, in *inputs, workers int, progress func(done, total int)) (*axis.Result, error) {
	t, f := in.scores, in.f
	const steps = 4
	progress(0, steps)
	s, err := newFit(ctx, o, t, f, workers)
	if err != nil {
		return nil, err
	}
	progress(1, steps)
	cross, err := s.crossFit(ctx)
	if err != nil {
		return nil, err
	}
	progress(2, steps)
	primary := s.selectors[0]
	o.Selectors = o.Selectors[:1]
	noise, err := newFit(ctx, o, t, f.noise(o.Seed), workers)
	if err != nil {
		return nil, err
	}
	noiseCross, err := noise.crossFit(ctx)
	if err != nil {
		return nil, err
	}
	progress(3, steps)
	if in.kept != nil {
		s.lineages, s.kept = in.lineages, in.kept
	}
	replicates, err := s.replicates(ctx, primary)
	if err != nil {
		return nil, err
	}

	out := &axis.Result{Axis: axis.Perplexity, Benchmarks: t.Benchmarks, R: o.Replicates}
	for _, sel := range s.selectors {
		out.Variants = append(out.Variants, s.crossVariant(sel, cross[sel.name]))
	}
	s.withReplicates(&out.Variants[0], replicates)
	out.Replicates = map[string]axis.Floats{out.Variants[0].Name: replicates}
	for _, sel := range s.selectors {
		out.Variants = append(out.Variants, s.variant(sel))
	}
	out.Variants = append(out.Variants, noise.noiseVariants(primary, noiseCross[primary.name])...)
	out.ByBenchmark = s.byBenchmark(cross[primary.name])
	out.Facts = s.facts(in, out)
	out.Alarms = append(axis.FailedAlarm(out.Axis, in.failed), in.unscoredAlarm()...)
	out.Warnings = append(axis.FailedWarnings(in.failed), s.warnings(in)...)
	return out, nil
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

var titles = map[string]string{
	Good:   "pieces that good models find easy",
	Signed: "easy pieces minus hard pieces",
	AIC:    "forward selection by AIC",
	EBIC:   "forward selection by EBIC",
}

func (s *fit) variant(sel selector) axis.Variant {
	return axis.Variant{
		Name: sel.name, Title: "in sample, copies performance: " + titles[sel.name], N: len(s.models), Unit: "models",
		Method: s.method(sel) + "; in sample: chosen and compared on the same models, so it copies the overlap of " +
			"scores as screened",
		Overlap:  s.overlap(sel.name, "perplexity overlap in sample, "+sel.name),
		Warnings: []string{"signatures are chosen with the scores: in sample their overlap copies the overlap of scores"},
	}
}

// method says in one sentence how a selector's overlap came about.
func (s *fit) method(sel selector) string {
	how := map[string]string{
		Good:   fmt.Sprintf("mean over up to %d pieces of most negative gamma", sel.k),
		Signed: fmt.Sprintf("mean over up to %d pieces of most negative gamma minus that over as many of most positive", sel.k),
		AIC: "mean, by the signs of the coefficients, over the pieces of a forward selection by n ln(RSS/n) + 2k " +
			"among both tails",
		EBIC: "mean, by the signs of the coefficients, over the pieces of a forward selection by n ln(RSS/n) + k ln n + 2 ln " +
			"C(p, k) among both tails, p all pieces",
	}[sel.name]
	values := "bits per byte"
	if s.o.Standardise == "model" {
		values = "bits per byte, z-scored within model"
	}
	return fmt.Sprintf("Spearman correlation over models of each benchmark's %s (%s); gamma = product of the ranks of pieces "+
		"over models with %s (Wu et al. 2025)", how, values, s.against())
}

// against is what pieces are screened against.
func (s *fit) against() string {
	if s.o.ResidualG {
		return "ranks of scores cleared of the general factor of the other benchmarks"
	}
	return "ranks of scores"
}

func (s *fit) crossVariant(sel selector, c crossed) axis.Variant {
	return axis.Variant{
		Name: "crossfit." + sel.name, Title: "cross-fitted: " + titles[sel.name], Overlap: c.overlap, N: len(s.models),
		Unit: "models",
		Method: s.method(sel) + fmt.Sprintf("; cross-fitted: chosen on half of the models, one benchmark's on "+
			"half of the documents and the other's on the rest, compared over the other models; mean of both ways over %d splits",
			s.o.Splits),
		Warnings: []string{"splits share models: their spread is no interval"},
	}
}

// spread says how far the scatter of half-samples is that of the overlap. Standard deviation over half-samples against that
// over studies, 32 models, 60 documents, 20 splits: 0.157 and 0.169 with planted skills, 0.133 and 0.032 on noise.
const spread = "their spread is about the overlap's own where signatures are found again, and several times too wide where " +
	"they are not"

// withReplicates gives a cross-fitted overlap the interval of its half-samples.
func (s *fit) withReplicates(v *axis.Variant, f axis.Floats) {
	v.Lo, v.Hi = axis.Intervals("lower bound", "upper bound", f, v.Overlap, level)
	v.Level = level
	v.Method += fmt.Sprintf("; interval: percentiles over %d half-samples of models by lineage and of items, signatures chosen "+
		"anew on the models not drawn (mean over %d splits of the documents)", s.o.Replicates, documentSplits)
	v.Warnings = append(v.Warnings, "a half-sample is one split of the models, the overlap a mean over many: "+spread)
}

func (s *fit) noiseVariants(sel selector, c crossed) []axis.Variant {
	v := axis.Variant{
		Name: "noise." + sel.name, Title: "corpus of noise, in sample: " + titles[sel.name],
		Overlap: s.overlap(sel.name, "perplexity overlap on a corpus of noise"),
		Method: "the same in-sample computation with independent normal numbers in place of surprisals, same models, pieces " +
			"and documents",
		N: len(s.models), Unit: "models", Baseline: true,
	}
	w := v
	w.Name, w.Title, w.Overlap = "noise.crossfit."+sel.name, "corpus of noise, cross-fitted: "+titles[sel.name], c.overlap
	w.Method = "the same cross-fitted computation with independent normal numbers in place of surprisals, same models, pieces " +
		"and documents"
	return []axis.Variant{v, w}
}

func (s *fit) byBenchmark(c crossed) []axis.BenchmarkValue {
	name := s.selectors[0].name
	self := matrix.New("cross-fitted overlap with itself", "1", s.t.Benchmarks, []string{"self"})
	for b, v := range c.self {
		if c.missing[b] != "" {
			self.SetMissing(b, 0, c.missing[b])
		} else {
			self.Set(b, 0, v)
		}
	}
	out := []axis.BenchmarkValue{{Name: "crossfit.self", Title: "how well the signature is found again", Values: self,
		Method: fmt.Sprintf("cross-fitted overlap (%s) of a benchmark with itself: signatures from two halves of the "+
			"documents, over models they were not chosen with", name)}}
	for _, sel := range s.selectors {
		size := matrix.New("pieces of the signature", "pieces", s.t.Benchmarks, []string{sel.name})
		for b, sig := range s.chosen[sel.name] {
			if sig.missing != "" {
				size.SetMissing(b, 0, sig.missing)
			} else {
				size.Set(b, 0, float64(len(sig.pieces)))
			}
		}
		out = append(out, axis.BenchmarkValue{Name: "size." + sel.name, Title: "pieces of the signature, " + sel.name,
			Method: titles[sel.name], Values: size})
	}
	return out
}

// facts are counts, and how much of the overlap is a copy of the scores.
func (s *fit) facts(in *inputs, r *axis.Result) []axis.Value {
	pieces := len(s.f.at)
	out := []axis.Value{
		{Name: "pieces", Title: "scored pieces", Value: float64(pieces), N: pieces,
			Method: "pieces with a surprisal under every model"},
		{Name: "documents", Title: "documents", Value: float64(s.f.docs), N: s.f.docs, Method: "documents of the corpus"},
	}
	if in.column.Tokens > 0 {
		out = append(out, axis.Value{Name: "straddled", Title: "share of tokens that straddle pieces", N: in.column.Tokens,
			Value: float64(in.column.Straddled) / float64(in.column.Tokens), Method: "tokens with bytes in more than one " +
				"piece, shared out by bytes"})
	}
	screened := s.screenedOverlap()
	name := s.selectors[0].name
	for _, c := range []struct{ name, variant, title string }{
		{"copy", name, "correlation of the in-sample overlap with that of scores as screened"},
		{"copy.crossfit", "crossfit." + name, "correlation of the cross-fitted overlap with that of scores as screened"},
		{"copy.noise", "noise." + name, "correlation of the in-sample overlap on a corpus of noise with that of " +
			"scores as screened"},
		{"copy.noise.crossfit", "noise.crossfit." + name, "correlation of the cross-fitted overlap on a corpus of noise with " +
			"that of scores as screened"},
	} {
		if v, n, err := agreement(r.Variant(c.variant).Overlap, screened); err == nil {
			out = append(out, axis.Value{Name: c.name, Title: c.title, Value: v, N: n,
				Method: "Pearson correlation over pairs of benchmarks with the Spearman correlations over models of what " +
					"pieces are screened against (" + s.against() + "); pairs share benchmarks"})
		}
	}
	return out
}

// screenedOverlap correlates what the pieces are screened against, benchmark by benchmark: the scores' ranks, cleared of the
// general factor where signatures are. A signature that only copies its target has this overlap. Raw scores in its place
// would hide the copying, for they share a general factor that the targets lack.
func (s *fit) screenedOverlap() *matrix.Labelled {
	m := matrix.NewSquare("overlap of scores as screened", "1", s.t.Benchmarks)
	targets, _ := targetsOf(s.t.Columns(), s.o.ResidualG)
	for a := range targets {
		for b := range a {
			v, err := stats.Spearman(targets[a].v, targets[b].v)
			if err != nil {
				m.SetMissingSym(a, b, err.Error())
				continue
			}
			m.SetSym(a, b, v)
		}
	}
	return m
}

func (s *fit) warnings(in *inputs) []string {
	out := []string{
		"null not computed: signatures are chosen with the scores, so only permuting the scores of models and choosing again " +
			"would give a p-value; this axis enters no test",
		fmt.Sprintf("each of the %d half-samples for the map is one split of the models (signatures chosen on those not drawn, "+
			"compared on those drawn, %d splits of the documents), "+
			"while the overlap is a mean over %d splits: "+spread+", as then are ellipses and the noise floor of disagreement",
			s.o.Replicates, documentSplits, s.o.Splits),
	}
	if s.plain > 0 {
		out = append(out, fmt.Sprintf("the general factor could not be taken out of %d benchmarks: fewer than two others "+
			"differ between models", s.plain))
	}
	mute := len(in.lineages) - len(in.kept) - len(in.failed)
	switch {
	case mute > 0 && in.scores.Imported:
		out = append(out, fmt.Sprintf("%d of %d models of the table of scores are left out: they were not run, or cannot score "+
			"given text", mute, len(in.lineages)))
	case mute > 0:
		out = append(out, fmt.Sprintf("%d of %d models are left out: their backends cannot score given text", mute,
			len(in.lineages)))
	}
	if in.column.Unscored > 0 {
		out = append(out, in.saidUnscored())
	}
	if len(s.f.at) == 0 {
		out = append(out, fmt.Sprintf("no piece has a surprisal under every model: documents must be longer than %d pieces",
			s.o.Before))
	}
	if len(s.models) < 2*fewestHalf {
		out = append(out, fmt.Sprintf("%d models are too few for cross-fitting: each half needs %d", len(s.models), fewestHalf))
	}
	return out
}
