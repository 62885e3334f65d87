package perplexity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// compute is the whole axis.
func compute(ctx context.Context, o Options, in *inputs, workers int, progress func(done, total int)) (*axis.Result, error) {
	const before = 3 // steps before the re-pairings
	steps := before + tasks(o.Repairings)
	progress(0, steps)
	s, err := newFit(ctx, o, in.scores, in.f, workers)
	if err != nil {
		return nil, err
	}
	if in.kept != nil {
		s.lineages, s.kept = in.lineages, in.kept
	}
	progress(1, steps)
	found, err := s.disjoint(ctx)
	if err != nil {
		return nil, err
	}
	progress(2, steps)
	replicates, err := s.replicates(ctx, s.selectors[0])
	if err != nil {
		return nil, err
	}
	progress(before, steps)
	null, err := s.repair(ctx, func(done int) { progress(before+done, steps) })
	if err != nil {
		return nil, err
	}
	out := &axis.Result{Axis: axis.Perplexity, Benchmarks: s.t.Benchmarks, R: o.Replicates}
	for _, sel := range s.selectors {
		out.Variants = append(out.Variants, s.disjointVariant(sel, found[sel.name]))
	}
	s.withReplicates(&out.Variants[0], replicates)
	out.Replicates = map[string]axis.Floats{out.Variants[0].Name: replicates}
	for _, sel := range s.selectors {
		out.Variants = append(out.Variants, s.variant(sel))
	}
	for i, of := range slices.Concat(null.disjoint, null.inSample) {
		out.Variants[i].Null = of
	}
	out.ByBenchmark = s.byBenchmark(found[s.selectors[0].name], null.disjoint[0])
	out.Facts = s.facts(in, out)
	out.Alarms = axis.FailedAlarm(out.Axis, in.failed)
	if o.Import == "" {
		out.Alarms = append(out.Alarms, in.unscoredAlarm()...)
	}
	out.Warnings = append(axis.FailedWarnings(in.failed), s.warnings(in, null.disjoint[0])...)
	return out, nil
}

var titles = map[string]string{
	Good:   "pieces that good models find easy",
	Signed: "easy pieces minus hard pieces",
	AIC:    "forward selection by AIC",
	EBIC:   "forward selection by EBIC",
	Lasso:  "lasso",
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
		Lasso: fmt.Sprintf("mean, by the signs of the coefficients, over the pieces of a lasso at alpha %v on "+
			"standardised pieces of "+
			"both tails", lassoAlpha),
	}[sel.name]
	if s.o.Recipe != "" {
		how = strings.Replace(how, "mean, by the signs of the coefficients,", "plain mean", 1) + ", of the scores themselves"
	}
	values := "bits per byte"
	if s.o.Unit == study.LastToken && s.o.Import == "" {
		values = "surprisal of the last token in nats"
	}
	if s.o.Standardise == "model" {
		values += ", z-scored within model"
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

func (s *fit) disjointVariant(sel selector, d disjoint) axis.Variant {
	return axis.Variant{
		Name: "disjoint." + sel.name, Title: "disjoint signatures: " + titles[sel.name], Overlap: d.overlap, N: len(s.models),
		Unit: "models",
		Method: s.method(sel) + fmt.Sprintf("; disjoint: one benchmark's is chosen on a third of the models and of the "+
			"documents, the other's on another third of both, compared over the last third of the models; mean of "+
			"every third and both ways over %d splits", s.o.Splits),
		Warnings: []string{"splits share models: their spread is no interval"},
	}
}

// spread says how far the scatter of half-samples is that of the overlap. Standard deviation over half-samples against that
// over studies, 32 models, 60 documents, 30 splits: 0.124 and 0.133 with planted skills, 0.271 and 0.124 where two factors that
// know nothing of the scores drive the text, 0.091 and 0.025 on independent numbers.
const spread = "their spread is about the overlap's own where signatures are found again, and two to four times too wide where " +
	"they are not"

// withReplicates gives an overlap the interval of its half-samples.
func (s *fit) withReplicates(v *axis.Variant, f axis.Floats) {
	v.Lo, v.Hi = axis.Intervals("lower bound", "upper bound", f, v.Overlap, level)
	v.Level = level
	v.Method += fmt.Sprintf("; interval: percentiles over %d half-samples of models by lineage and of items, each signature "+
		"chosen anew on half of the models not drawn (mean over %d cuts of these and of the documents)", s.o.Replicates, halvings)
	v.Warnings = append(v.Warnings, "a half-sample is one split of the models, the overlap a mean over many: "+spread)
}

func (s *fit) byBenchmark(d disjoint, null *axis.Null) []axis.BenchmarkValue {
	name := s.selectors[0].name
	self := matrix.New("overlap of disjoint signatures with itself", "1", s.t.Benchmarks, []string{"self"})
	for b, v := range d.self {
		if d.missing[b] != "" {
			self.SetMissing(b, 0, d.missing[b])
		} else {
			self.Set(b, 0, v)
		}
	}
	method := fmt.Sprintf("overlap (%s) of a benchmark with itself: signatures from two thirds of the models and of the "+
		"documents, over the last third of the models", name)
	out := []axis.BenchmarkValue{
		{Name: "disjoint.self", Title: "how well the signature is found again", Values: self, Method: method},
		{Name: "disjoint.self.repaired", Title: "the same with models re-paired", Values: s.repairedSelf(null),
			Method: method + "; median over re-pairings"}}
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

func (s *fit) warnings(in *inputs, null *axis.Null) []string {
	out := []string{
		fmt.Sprintf("each of the %d half-samples for the map is one split of the models (signatures chosen on halves of "+
			"those not drawn, compared on those drawn, %d cuts of models and documents), while the overlap is a mean over %d "+
			"splits: "+spread+", as then are ellipses and the noise floor of disagreement",
			s.o.Replicates, halvings, s.o.Splits),
	}
	if null.Missing != "" {
		out = append(out, "there is no null, so signatures are shown and not tested: "+null.Missing)
	}
	out = append(out, null.Warnings...)
	if s.plain > 0 {
		out = append(out, fmt.Sprintf("the general factor could not be taken out of %d benchmarks: fewer than two others "+
			"differ between models", s.plain))
	}
	mute := len(in.lineages) - len(in.kept) - len(in.failed)
	switch {
	case mute > 0 && s.o.Import != "":
		out = append(out, fmt.Sprintf("%d of %d models of the table of scores are left out: the table of surprisals has "+
			"no column of "+
			"them", mute, len(in.lineages)))
	case mute > 0 && in.scores.Imported:
		out = append(out, fmt.Sprintf("%d of %d models of the table of scores are left out: they were not run, or cannot score "+
			"given text", mute, len(in.lineages)))
	case mute > 0:
		out = append(out, fmt.Sprintf("%d of %d models are left out: their backends cannot score given text", mute,
			len(in.lineages)))
	}
	switch {
	case in.column.Unscored > 0 && s.o.Import != "":
		out = append(out, fmt.Sprintf("%d cells of the table of surprisals are empty: their texts are left out for every model",
			in.column.Unscored))
	case in.column.Unscored > 0:
		out = append(out, in.saidUnscored())
	}
	if len(s.f.at) == 0 {
		out = append(out, fmt.Sprintf("no piece has a surprisal under every model: documents must be longer than %d pieces",
			s.o.Before))
	}
	if why := s.tooFew(); why != "" {
		out = append(out, why)
	}
	return append(out, s.overfitted()...)
}

// overfitted warns of primary signatures by regression that have more pieces than half of the models: so many fit any scores.
func (s *fit) overfitted() []string {
	sel := s.selectors[0]
	var of, most int
	for _, sig := range s.chosen[sel.name] {
		if n := len(sig.pieces); 2*n > len(s.models) {
			of, most = of+1, max(most, n)
		}
	}
	if of == 0 || !regresses(sel.name) {
		return nil
	}
	return []string{fmt.Sprintf("signatures by %s are overfitted: those of %s have more pieces than half of the %d models, up "+
		"to %d, and so many fit any scores: go by R² nested, or by another selector", sel.name, wording.Count(of, "benchmark"),
		len(s.models), most)}
}
