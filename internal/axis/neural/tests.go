package neural

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

const (
	single          = 0.05 // the level at which pairs are counted one at a time
	fewestForMedian = 3    // benchmarks with a median over pairs
)

// tests adds the crossnobis variant and the components "low" and "high" of flags.
func (s *sample) tests(ctx context.Context, rt action.Runtime, out *Output) error {
	pool, lineages := s.noise()
	var total float64
	for _, m := range pool.models {
		total += m.weight
	}
	const name = "crossnobis distance"
	states, parts := "last-token states", "items"
	if s.byFolds() {
		states, parts = "folds' log energies", "folds"
	}
	method := "Cross-validated Mahalanobis distance of " + states + ", noise variance by neuron (within benchmarks), mean over " +
		"all splits of the " + parts + " into halves " +
		"(Walther et al. 2016); in units of a neuron's noise variance; RDMs weighted by 1/norm, over layers, then models."
	if total == 0 {
		why := fmt.Errorf("no model tells any two benchmarks apart")
		out.Variants = append(out.Variants, axis.Variant{Name: "crossnobis", Title: name, Method: method,
			Overlap: s.matrix(name, 0, nil, why), N: len(s.models), Unit: "models", Distance: true})
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
	v := axis.Variant{Name: "crossnobis", Title: name, Method: method, Overlap: s.matrix(name, 0, observed, nil),
		N: len(pool.models), Unit: "models", Distance: true, Warnings: pool.warnings()}
	if len(s.size) < fewestForMedian {
		out.Variants = append(out.Variants, v)
		out.Warnings = append(out.Warnings, "With fewer than "+wording.Spelt(fewestForMedian)+
			" benchmarks there is no median over pairs to compare a pair with: no pair is tested on the neural axis.")
		return nil
	}
	n := axis.Replicates(s.pairs(), s.p.Options.Permutations)
	if few := axis.FewReplicates(n, s.pairs()); few != "" {
		out.Warnings = append(out.Warnings, "On the neural axis "+few+".")
	}
	over, err := pool.distances(ctx, n, rt.Workers(), pool.halves(s.p.Seed, lineages), func(done int) { rt.Progress(done, n) })
	if err != nil {
		return err
	}
	if v.Lo, v.Hi = s.bounds(name, 0, over); v.Lo != nil {
		v.Level = level
		v.Method += fmt.Sprintf(" Intervals: %d half-samples of models (by lineage) and %s, percentiles, whitening and "+
			"weights kept.", n, parts)
	}
	out.Variants = append(out.Variants, v)
	return s.components(out, observed, over, n, lineages, parts)
}

// noise is the pool of all models, and their lineages. Cells that a model does not have are not silent.
func (s *sample) noise() (*noisePool, []string) {
	var states [][][]float32
	var layers, width []int
	var lineages []string
	for _, m := range s.models {
		states, layers, width, lineages = append(states, m.states), append(layers, m.layers), append(width, m.width),
			append(lineages, m.lineage)
	}
	pool := newNoisePool(states, layers, width, s.size)
	for _, m := range s.models {
		pool.silent -= m.lost
	}
	return pool, lineages
}

// components adds the tests. Few lineages have few halves: replicates then repeat the same models with other items, and their
// number says nothing about further models. So no p falls below one over the number of different halves of the lineages.
func (s *sample) components(out *Output, observed, over []float64, n int, lineages []string, parts string) error {
	far, near, err := stats.AgainstMedian(over, s.pairs(), axis.Yardstick)
	if err != nil {
		return err
	}
	floor := 1 / stats.DistinctHalves(lineages)
	folds := s.foldFloors()
	for k := range far {
		least := max(floor, folds[k])
		far[k], near[k] = max(far[k], least), max(near[k], least)
	}
	median, err := stats.Median(observed)
	if err != nil {
		return err
	}
	statistic := make([]float64, len(observed))
	for k, d := range observed {
		statistic[k] = d - axis.Yardstick*median
	}
	method := fmt.Sprintf("p = (1 + #{d* %%s %g median*})/(1 + %d), d* = crossnobis distance on half of the models (by "+
		"lineage) and half of each benchmark's %s, drawn anew in every replicate, "+
		"whitening and weights of the full sample; the median over %d pairs recomputed each time", axis.Yardstick, n, parts,
		s.pairs())
	for _, t := range []struct {
		name, null, sign string
		p                []float64
	}{
		{"low", "the squared distance of the two benchmarks is at most " + axis.Mark() + " of the study's median", "<=", far},
		{"high", "the squared distance of the two benchmarks is at least " + axis.Mark() + " of the study's median", ">=", near},
	} {
		one := axis.Test{Name: t.name, Null: t.null, Method: fmt.Sprintf(method, t.sign), N: n,
			P: s.matrix("p, neural "+t.name, 0, t.p, nil), Statistic: s.matrix("crossnobis distance minus "+axis.Mark()+
				" of its median over pairs", 0, statistic, nil)}
		low := 0
		for _, p := range t.p {
			if p <= single {
				low++
			}
		}
		one.Warnings = []string{fmt.Sprintf("Relative to this study: %s of its median squared distance is the yardstick. Of %d "+
			"pairs %d have p <= %g, one pair at a time.", axis.Mark(), len(t.p), low, single)}
		if floor > stats.PermutationP(0, n) {
			one.Warnings = append(one.Warnings, fmt.Sprintf("The traced models' lineages have only %.0f different halves: no p "+
				"falls below %.2g, whatever the number of replicates.", 1/floor, floor))
		}
		if least := slices.Max(folds); least > stats.PermutationP(0, n) {
			one.Warnings = append(one.Warnings,
				fmt.Sprintf("Few folds have few halves: no p of the pair with the fewest falls below %.2g.", least))
		}
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
	text := fmt.Sprintf("Neurons are centred over this study's %d benchmarks, so pattern correlations average about -1/(B-1) = "+
		"%.3f (here %.3f): a neural overlap is likeness relative to "+
		"these benchmarks, not an absolute one.", b, -1/float64(b-1), mean)
	if !s.thin {
		text += " Crossnobis distances, on which tests rest, are not affected."
	}
	if b == 2 {
		text += " With two benchmarks it is -1 whatever they are."
	}
	return text
}
