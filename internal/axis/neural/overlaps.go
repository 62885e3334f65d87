package neural

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

const averaging = "RDMs of unit norm averaged over layers, then models, and turned back into a similarity: the mean of the similarities with weights 1/norm"

// shared are the half-samples that all axes draw alike, cut down to traced models and items. One that leaves no model, or
// fewer than two items of a benchmark, is empty.
func (s *sample) shared() []subsample {
	out := make([]subsample, s.p.Replicates)
	for r := range out {
		drawn := axis.Draw(s.p.Seed, r, s.p.Lineages, s.p.Loaded)
		var one subsample
		for i, m := range s.traced {
			if slices.Contains(drawn.Models, m) {
				one.models = append(one.models, i)
			}
		}
		usable := len(one.models) > 0
		for k, b := range s.present {
			var items []int
			for _, i := range drawn.Items[b] {
				if i < s.size[k] {
					items = append(items, i)
				}
			}
			one.items = append(one.items, items)
			usable = usable && len(items) >= 2
		}
		if usable {
			out[r] = one
		}
	}
	return out
}

// overlaps adds the variants that are similarities, the replicates of the first, and the details.
func (s *sample) overlaps(ctx context.Context, rt action.Runtime, out *Output) error {
	draws := s.shared()
	last := s.patternsOf(func(m *model) []Moments { return m.last })
	over, err := replicates(ctx, s.models, s.size, draws, rt.Workers())
	if err != nil {
		return err
	}
	s.add(out, last, Hidden, "residual stream at the last prompt token",
		"1 - Pearson of z-scored mean patterns in every layer, neurons standardised with equal weight per benchmark", over,
		"half-samples of models (by lineage) and items")
	out.Replicates = map[string]axis.Floats{Hidden: s.spread(over, out.Variants[0].Overlap)}
	for _, measure := range s.p.Options.Measures {
		var found measured
		var title, method string
		switch measure {
		case HiddenMean:
			found = s.patternsOf(func(m *model) []Moments { return m.hidden })
			title, method = "residual stream, mean over tokens", "1 - Pearson of z-scored mean patterns in every layer, each item's mean over its tokens"
		case Activation:
			found = s.activations()
			title, method = "activation frequency", "1 - weighted Jaccard of how often each MLP gate's pre-activation is positive, in every layer"
		case Attention:
			found = s.attentions()
			title, method = "attention", "1 - Pearson over all heads of z-scored attention entropy (over its maximum; with and without the first token) and mean distance"
		default:
			continue
		}
		s.add(out, found, measure, title, method, s.byModels(found, draws), "half-samples of models (by lineage); items kept")
	}
	s.details(out, last)
	return nil
}

func (s *sample) add(out *Output, found measured, name, title, method string, over []float64, how string) {
	values, err := average(found.models, s.pairs())
	v := axis.Variant{
		Name: name, Title: title, Overlap: s.matrix("neural overlap, "+title, 1, values, err), N: len(s.models), Unit: "models",
		Method: method + "; " + averaging + ".",
	}
	if v.Lo, v.Hi = s.bounds(v.Overlap.Name, 1, over); v.Lo != nil && err == nil {
		v.Level = level
		v.Method += fmt.Sprintf(" Intervals: %d %s, percentiles.", s.p.Replicates, how)
	} else {
		v.Lo, v.Hi = nil, nil
	}
	if found.left > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d layers (over all models) have no dissimilarity and are left out; the last because %v", found.left, found.why))
	}
	out.Variants = append(out.Variants, v)
}

// byModels recomputes the average over the models of each half-sample: R x pairs.
func (s *sample) byModels(found measured, draws []subsample) []float64 {
	pairs := s.pairs()
	out := make([]float64, 0, len(draws)*pairs)
	for _, d := range draws {
		var some [][]rdm
		for _, m := range d.models {
			some = append(some, found.models[m])
		}
		values, err := average(some, pairs)
		if err != nil {
			values = make([]float64, pairs)
			for k := range values {
				values[k] = math.NaN()
			}
		}
		out = append(out, values...)
	}
	return out
}

// spread turns R x pairs into R x B x B, with 1 on the diagonal and NaN where overlap is missing.
func (s *sample) spread(over []float64, overlap *matrix.Labelled) axis.Floats {
	b, pairs := len(s.p.Benchmarks), s.pairs()
	out := make(axis.Floats, s.p.Replicates*b*b)
	for i := range out {
		out[i] = math.NaN()
	}
	for r := range s.p.Replicates {
		k := r * pairs
		for x, i := range s.present {
			if !math.IsNaN(over[r*pairs]) {
				out[(r*b+i)*b+i] = 1
			}
			for _, j := range s.present[x+1:] {
				if _, ok := overlap.At(i, j); ok {
					out[(r*b+i)*b+j], out[(r*b+j)*b+i] = over[k], over[k]
				}
				k++
			}
		}
	}
	return out
}

// details keeps RDMs by layer and by model, and the agreement of models.
func (s *sample) details(out *Output, last measured) {
	d := &out.Detail
	pairs := s.pairs()
	deepest := 0
	var vectors [][]float64
	for i, m := range s.models {
		deepest = max(deepest, m.layers)
		if len(last.models[i]) > 0 {
			d.Models = append(d.Models, m.id)
			v := unitMean(last.models[i], pairs)
			vectors = append(vectors, v)
			d.RDMs = append(d.RDMs, v)
		}
	}
	for l := range deepest {
		var models [][]rdm
		for i := range s.models {
			if at := slices.Index(last.layer[i], l); at >= 0 {
				models = append(models, last.models[i][at:at+1])
			}
		}
		values, err := average(models, pairs)
		d.Layers = append(d.Layers, s.matrix(fmt.Sprintf("neural overlap, layer %d", l+1), 1, values, err))
	}
	var facts []axis.Value
	d.Spearman, d.Cosine, facts = agreement(d.Models, vectors)
	out.Facts = append(out.Facts, facts...)
	items := 0
	for _, n := range s.size {
		items += n
	}
	out.Facts = append(out.Facts,
		axis.Value{Name: "models", Title: "Models traced", Value: float64(len(s.models)), N: len(s.p.Models), Method: "models that show their hidden states and that the study asks for"},
		axis.Value{Name: "tokens", Title: "Tokens traced, all models", Value: float64(s.tokens), N: items, Method: "tokens of the prompts, without those that stand for no text; n counts items"})
}

// tests adds the crossnobis variant and the components "low" and "high" of flags.
func (s *sample) tests(ctx context.Context, rt action.Runtime, out *Output) error {
	var states [][][]float32
	var layers, width []int
	var lineages []string
	for _, m := range s.models {
		states, layers, width, lineages = append(states, m.states), append(layers, m.layers), append(width, m.width), append(lineages, m.lineage)
	}
	pool := newNoisePool(states, layers, width, s.size)
	var total float64
	for _, m := range pool.models {
		total += m.weight
	}
	const name = "crossnobis distance"
	method := "Cross-validated Mahalanobis distance of last-token states, noise variance by neuron (within benchmarks), mean over all splits of the items into halves " +
		"(Walther et al. 2016); in units of a neuron's noise variance; RDMs weighted by 1/norm, over layers, then models."
	if total == 0 {
		why := fmt.Errorf("no model tells any two benchmarks apart")
		out.Variants = append(out.Variants, axis.Variant{Name: "crossnobis", Title: name, Method: method, Overlap: s.matrix(name, 0, nil, why), N: len(s.models), Unit: "models", Distance: true})
		return nil
	}
	for i := len(pool.models) - 1; i >= 0; i-- { // a model without any distance would make empty half-samples
		if pool.models[i].weight == 0 {
			pool.models, lineages = slices.Delete(pool.models, i, i+1), slices.Delete(lineages, i, i+1)
		}
	}
	observed, err := pool.distances(ctx, 1, 1, func(int) subsample { return pool.everything() }, func(int) {})
	if err != nil {
		return err
	}
	v := axis.Variant{Name: "crossnobis", Title: name, Method: method, Overlap: s.matrix(name, 0, observed, nil), N: len(pool.models), Unit: "models", Distance: true, Warnings: pool.warnings()}
	if len(s.size) < 3 {
		out.Variants = append(out.Variants, v)
		out.Warnings = append(out.Warnings, "With fewer than three benchmarks there is no median over pairs to compare a pair with: no pair is tested on the neural axis.")
		return nil
	}
	n := replicatesFor(s.pairs(), s.p.Options.Permutations)
	over, err := pool.distances(ctx, n, rt.Workers(), pool.halves(s.p.Seed, lineages), func(done int) { rt.Progress(done, n) })
	if err != nil {
		return err
	}
	if v.Lo, v.Hi = s.bounds(name, 0, over); v.Lo != nil {
		v.Level = level
		v.Method += fmt.Sprintf(" Intervals: %d half-samples of models (by lineage) and items, percentiles, whitening and weights kept.", n)
	}
	out.Variants = append(out.Variants, v)
	return s.components(out, observed, over, n)
}

func (s *sample) components(out *Output, observed, over []float64, n int) error {
	far, near, err := stats.AgainstMedian(over, s.pairs())
	if err != nil {
		return err
	}
	median, err := stats.Median(observed)
	if err != nil {
		return err
	}
	statistic := make([]float64, len(observed))
	for k, d := range observed {
		statistic[k] = d - median
	}
	method := fmt.Sprintf("p = (1 + #{d* %%s median*})/(1 + %d), d* = crossnobis distance on half of the models (by lineage) and half of each benchmark's items, drawn anew in every replicate, "+
		"whitening and weights of the full sample; the median over %d pairs recomputed each time", n, s.pairs())
	for _, t := range []struct {
		name, null, sign string
		p                []float64
	}{
		{"low", "the two benchmarks drive neurons no less alike than the study's median pair", "<=", far},
		{"high", "the two benchmarks drive neurons no more alike than the study's median pair", ">=", near},
	} {
		one := axis.Test{Name: t.name, Null: t.null, Method: fmt.Sprintf(method, t.sign), N: n,
			P: s.matrix("p, neural "+t.name, 0, t.p, nil), Statistic: s.matrix("crossnobis distance minus its median over pairs", 0, statistic, nil)}
		low := 0
		for _, p := range t.p {
			if p <= 0.05 {
				low++
			}
		}
		one.Warnings = []string{fmt.Sprintf("Relative to this study: its median pair is the yardstick. Of %d pairs %d have p <= 0.05, one pair at a time.", len(t.p), low)}
		for _, b := range s.present {
			one.P.SetMissing(b, b, "a benchmark is not compared with itself")
			one.Statistic.SetMissing(b, b, "a benchmark is not compared with itself")
		}
		out.Tests = append(out.Tests, one)
	}
	return nil
}

// centring says what z-scoring does to similarities.
func (s *sample) centring(out *Output) string {
	b := len(s.size)
	_, values := out.Variants[0].Overlap.UpperTriangle()
	var mean float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	text := fmt.Sprintf("Neurons are centred over this study's %d benchmarks, so pattern correlations average about -1/(B-1) = %.3f (here %.3f): a neural overlap is likeness relative to "+
		"these benchmarks, not an absolute one. Crossnobis distances, on which tests rest, are not affected.", b, -1/float64(b-1), mean)
	if b == 2 {
		text += " With two benchmarks it is -1 whatever they are."
	}
	return text
}
