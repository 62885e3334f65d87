package performance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Options are what the axis depends on beside the scores.
type Options struct {
	study.Performance
	Seed       uint64
	Replicates int     // shared half-samples behind the map's ellipses
	Q          float64 // of Benjamini-Yekutieli, for the power
}

// Axis is the action that turns the table of scores into the axis' result (axis.Decode).
func Axis(o Options, scores *action.Action) *action.Action {
	return &action.Action{
		Kind: "performance/axis", Version: 1, Subject: "performance",
		Facts: []action.Fact{
			action.F("splits", o.Splits), action.F("bootstrap", o.Bootstrap), action.F("permutations", o.Permutations),
			action.F("seed", o.Seed), action.F("replicates", o.Replicates), action.F("q", o.Q),
		},
		Inputs: []action.Input{{Name: "scores", From: scores}},
		Run: func(ctx context.Context, r action.Runtime) ([]byte, error) {
			data, err := r.Input("scores")
			if err != nil {
				return nil, err
			}
			t, err := axis.DecodeScores(data)
			if err != nil {
				return nil, err
			}
			result, err := Compute(ctx, t, o, r.Workers(), r.Progress)
			if err != nil {
				return nil, err
			}
			return result.Encode()
		},
	}
}

// Compute is the whole axis, from the table of scores; progress is told about its parts.
func Compute(ctx context.Context, t *ScoreTable, o Options, workers int, progress func(done, total int)) (*axis.Result, error) {
	if len(t.Benchmarks) == 0 {
		return nil, fmt.Errorf("the study has no benchmark")
	}
	columns, p := t.Columns(), newProfile(t.Columns(), t.Families)
	out := &axis.Result{Axis: axis.Performance, Benchmarks: t.Benchmarks, R: o.Replicates}
	var rel reliabilities
	var models, shared draws
	var high axis.Test
	permutations := axis.Replicates(len(t.Benchmarks)*(len(t.Benchmarks)-1)/2, o.Permutations)
	// A draw, with its ranks and factors, costs about as much as so many permutations.
	const draw = 30
	shares := []int{draw * o.Splits, draw * o.Bootstrap, draw * o.Replicates, permutations}
	past, all := 0, shares[0]+shares[1]+shares[2]+shares[3]
	steps := []func() error{
		func() (err error) { rel, err = splitHalf(ctx, t, p, o.Splits, workers, o.Seed); return },
		func() (err error) {
			models, err = redraw(ctx, t.Families, o.Bootstrap, workers, func(r int) [][]float64 {
				return halfModels(t, columns, stats.Stream(o.Seed, "performance/half-models", r))
			})
			return
		},
		func() (err error) {
			items := t.ItemCounts()
			shared, err = redraw(ctx, t.Families, o.Replicates, workers, func(r int) [][]float64 {
				s := axis.Draw(o.Seed, r, t.Lineages, items)
				return t.On(s.Models, s.Items)
			})
			return
		},
		func() (err error) {
			high, err = testHigh(ctx, t, p, permutations, workers, o.Seed, func(done int) { progress(past+done, all) })
			return
		},
	}
	for i, step := range steps {
		progress(past, all)
		if err := step(); err != nil {
			return nil, err
		}
		past += shares[i]
	}
	reliability := rel.gfree
	if t.Imported {
		reliability = nil
	}
	low, upper := testLow(t, p, reliability, models.gfree)
	out.Variants = append(overlaps(t, p, reliability), upper)
	for i, f := range []axis.Floats{models.raw, models.gfree} {
		v := &out.Variants[i]
		name := v.Overlap.Name
		v.Lo, v.Hi = axis.Intervals("lower bound of "+name, "upper bound of "+name, f, v.Overlap, level)
		v.Level = level
		v.Method += fmt.Sprintf("; interval: percentiles over %d half-samples of models by lineage", o.Bootstrap)
	}
	out.Tests = []axis.Test{high, low}
	out.Replicates = map[string]axis.Floats{Raw: shared.raw, GFree: shared.gfree}
	out.ByBenchmark = byBenchmark(t, p, rel)
	out.Facts = slices.Concat(generalFactor(t, p, o.Seed), precision(t, p), power(t, p, o.Q))
	out.Alarms = alarms(t, rel)
	out.Warnings = warnings(t)
	return out, nil
}

// byBenchmark gives reliabilities and the loading on the general factor.
func byBenchmark(t *ScoreTable, p *profile, rel reliabilities) []axis.BenchmarkValue {
	raw := matrix.New("split-half reliability", "1", t.Benchmarks, []string{"raw"})
	gfree := matrix.New("split-half reliability without the general factor", "1", t.Benchmarks, []string{"gfree"})
	load := matrix.New("loading on the general factor", "1", t.Benchmarks, []string{"loading"})
	for b := range t.Benchmarks {
		f, _ := p.without(b)
		switch err := p.constant(b); {
		case err != nil:
			load.SetMissing(b, 0, err.Error())
		case f.err != nil:
			load.SetMissing(b, 0, f.err.Error())
		default:
			load.Set(b, 0, linalg.Dot(p.normal[b], f.g))
		}
		if rel.reason[b] != "" {
			raw.SetMissing(b, 0, rel.reason[b])
			gfree.SetMissing(b, 0, rel.reason[b])
			continue
		}
		raw.Set(b, 0, rel.raw[b])
		if f.err != nil {
			gfree.SetMissing(b, 0, f.err.Error())
		} else {
			gfree.Set(b, 0, rel.gfree[b])
		}
	}
	splits := fmt.Sprintf("mean over %d random halves of the items, Spearman-Brown", rel.splits)
	return []axis.BenchmarkValue{
		{Name: "reliability", Title: "reliability", Method: "Spearman correlation of two half scores over models; " + splits,
			Values: raw},
		{Name: "reliability.gfree", Title: "reliability without the general factor",
			Method: "partial Pearson correlation of the normal scores of two halves given the general factor; " + splits,
			Values: gfree},
		{Name: "loading", Title: "loading on the general factor",
			Method: "correlation of normal scores with the first principal component of the benchmarks outside the family",
			Values: load},
	}
}

// generalFactor says how much of the scores one factor explains, and how many factors there are.
func generalFactor(t *ScoreTable, p *profile, seed uint64) []axis.Value {
	var columns [][]float64
	for _, z := range p.normal {
		if z != nil {
			columns = append(columns, z)
		}
	}
	f, err := stats.GeneralFactor(columns)
	if err != nil {
		return nil
	}
	parallel, err := stats.ParallelAnalysis(columns, parallelDraws, parallelQuant, func(r int) *rand.Rand {
		return stats.Stream(seed, "performance/parallel analysis", r)
	})
	if err != nil {
		return nil
	}
	m, k := len(t.Models), float64(len(columns))
	method := fmt.Sprintf("principal components of the normal scores of %d benchmarks; parallel analysis: each column permuted "+
		"over models, %d times, %g %% quantile",
		len(columns), parallelDraws, 100*parallelQuant)
	return []axis.Value{
		{Name: "general-factor.share", Title: "share of the first principal component", Value: f.Share, N: m, Method: method},
		{Name: "general-factor.share.null", Title: "share that unrelated benchmarks would give it", Value: parallel.Null[0] / k,
			N: m, Method: method},
		{Name: "general-factors", Title: "general factors by parallel analysis", Value: float64(parallel.Count), N: m,
			Method: method},
	}
}

func warnings(t *ScoreTable) []string {
	var out []string
	if len(t.Benchmarks) == 1 {
		out = append(out, "one benchmark overlaps with none: there are scores and a reliability, and nothing to compare")
	}
	if t.Imported {
		out = append(out, "scores were imported: nothing is known about items, so there are no reliabilities, and half-samples "+
			"draw models only")
	}
	if !sharedLineages(t.Lineages) {
		out = append(out, "every model is a lineage of its own: if some descend from others, intervals are too narrow")
	}
	return out
}
