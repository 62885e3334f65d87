package performance

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/study"
)

// Options are what the axis depends on beside the scores.
type Options struct {
	study.Performance
	Seed       uint64
	Replicates int     // shared half-samples behind the map's ellipses
	Q          float64 // of Benjamini-Yekutieli, for the power
	Imported   bool    // the scores come from a table
	NoHigh     string  // why no pair is tested for a high overlap: no label of the study could take it; empty where one can
}

// fewest is how many models a pair that lacks some must have.
func (o Options) fewest() int { return cmp.Or(o.MinModels, fewModels) }

// Axis is the action that turns the table of scores into the axis' result (axis.Decode).
func Axis(o Options, scores *action.Action) *action.Action {
	a := &action.Action{
		Kind: "performance/axis", Version: 3, Subject: "performance",
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
	a.Facts = append(a.Facts, axis.ReplicateFacts(o.Permutations)...)
	if o.NoHigh != "" {
		a.Facts = append(a.Facts, action.F("no high", o.NoHigh))
	}
	if o.Imported {
		a.Facts = append(a.Facts, action.F("imported", importedVersion))
	}
	if o.fewest() != fewModels {
		a.Facts = append(a.Facts, action.F("min models", o.fewest()))
	}
	return a
}

// importedVersion is raised when the same table of scores gives another result and tables of items do not.
const importedVersion = 2

// Compute is the whole axis, from the table of scores; progress is told about its parts.
func Compute(ctx context.Context, t *ScoreTable, o Options, workers int, progress func(done, total int)) (*axis.Result, error) {
	if len(t.Benchmarks) == 0 {
		return nil, fmt.Errorf("the study has no benchmark")
	}
	lineages := t.Lineages
	t, kept := withScores(t)
	columns := t.Observed()
	if t.Gaps() == 0 {
		columns = t.Columns()
	}
	p, err := lookAtAll(ctx, t, columns, o.fewest(), workers)
	if err != nil {
		return nil, err
	}
	out := &axis.Result{Axis: axis.Performance, Benchmarks: t.Benchmarks, R: o.Replicates}
	var rel reliabilities
	var models *spread
	var shared draws
	var high axis.Test
	permutations := axis.Replicates(len(t.Benchmarks)*(len(t.Benchmarks)-1)/2, o.Permutations)
	if t.Gaps() > 0 {
		permutations = min(permutations, max(mostWithin, o.Permutations))
	}
	// A draw, with its ranks and factors, costs about as much as so many permutations.
	const draw = 30
	shares := []int{draw * o.Splits, draw * o.Bootstrap, draw * o.Replicates, permutations}
	past, all := 0, shares[0]+shares[1]+shares[2]+shares[3]
	steps := []func() error{
		func() (err error) { rel, err = reliabilitiesOf(ctx, t, p, o.Splits, workers, o.Seed); return },
		func() (err error) {
			models, err = respread(ctx, len(t.Benchmarks), o.Bootstrap, workers, newHalves(t, columns, o.Seed).look)
			return
		},
		func() (err error) {
			items := t.ItemCounts()
			shared, err = redraw(ctx, len(t.Benchmarks), o.Replicates, workers, func(r int) sampled {
				s := axis.Draw(o.Seed, r, lineages, items).Among(kept)
				if t.Gaps() == 0 {
					return look(t.On(s.Models, s.Items), t.Families)
				}
				return look(t.ObservedOn(s.Models, s.Items), t.Families)
			})
			return
		},
		func() (err error) {
			if o.NoHigh == "" {
				high, err = testHigh(ctx, t, p, permutations, workers, o.Seed, func(done int) { progress(past+done, all) })
			}
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
	reliability := rel.known(t)
	low, upper := testLow(t, p, reliability, models)
	out.Variants = append(overlaps(t, p, reliability), upper)
	models.intervals(out.Variants, o.Bootstrap)
	out.Tests = []axis.Test{high, low}
	if o.NoHigh != "" {
		out.Tests = out.Tests[1:]
	}
	if o.Replicates > 0 {
		out.Replicates = map[string]axis.Floats{Raw: shared.raw, GFree: shared.gfree}
	}
	out.ByBenchmark = byBenchmark(t, p, rel)
	factors, err := generalFactor(ctx, p, o.Seed, workers)
	if err != nil {
		return nil, err
	}
	out.Facts = slices.Concat(factors, precision(p))
	if o.NoHigh == "" {
		found, why := power(t, p, o.Q)
		out.Facts, out.Warnings = append(out.Facts, found...), append(out.Warnings, why...)
	} else {
		out.Warnings = append(out.Warnings, "no pair was tested for a high overlap: "+o.NoHigh)
	}
	out.Alarms = append(axis.FailedAlarm(out.Axis, t.Failed), alarms(t, rel)...)
	out.Warnings = slices.Concat(out.Warnings, axis.FailedWarnings(t.Failed), warnings(t, rel))
	if g, ok := p.(*gapped); ok {
		g.report(t, out)
	}
	others, why, err := chooseAll(ctx, t, factors, o.Seed, workers)
	if err != nil {
		return nil, err
	}
	otherChoices(t, out, others, why, rel.knownOf(t, rel.raw))
	out.Facts = slices.Concat(out.Facts, effectiveModels(t), cohorts(t))
	if err := leaveOutLineages(ctx, t, out.Variants, workers); err != nil {
		return nil, err
	}
	return out, nil
}

// withScores leaves models out that have no score at all, so that they cost the others nothing.
func withScores(t *ScoreTable) (*ScoreTable, []int) {
	kept := t.Scored()
	if len(kept) < len(t.Models) && len(kept) > 0 {
		t = t.Of(kept)
	}
	return t, kept
}

// byBenchmark gives reliabilities and the loading on the general factor.
func byBenchmark(t *ScoreTable, p view, rel reliabilities) []axis.BenchmarkValue {
	name, method, gfreeMethod := rel.methods()
	raw := matrix.New(name, "1", t.Benchmarks, []string{"raw"})
	gfree := matrix.New(name+" without the general factor", "1", t.Benchmarks, []string{"gfree"})
	load := matrix.New("loading on the general factor", "1", t.Benchmarks, []string{"loading"})
	for b := range t.Benchmarks {
		if r, err := p.loading(b); err != nil {
			load.SetMissing(b, 0, err.Error())
		} else {
			load.Set(b, 0, r)
		}
		if rel.reason[b] != "" {
			raw.SetMissing(b, 0, rel.reason[b])
			gfree.SetMissing(b, 0, rel.reason[b])
			continue
		}
		raw.Set(b, 0, rel.raw[b])
		if f := p.own(b); f.err != nil {
			gfree.SetMissing(b, 0, f.err.Error())
		} else {
			gfree.Set(b, 0, rel.gfree[b])
		}
	}
	return []axis.BenchmarkValue{
		{Name: "reliability", Title: "reliability", Method: method, Values: raw},
		{Name: "reliability.gfree", Title: "reliability without the general factor", Method: gfreeMethod, Values: gfree},
		{Name: "loading", Title: "loading on the general factor", Method: loadingMethod(p), Values: load},
	}
}

func warnings(t *ScoreTable, rel reliabilities) []string {
	var out []string
	if len(t.Benchmarks) == 1 {
		out = append(out, "one benchmark overlaps with none: there are scores and a reliability, and nothing to compare")
	}
	if t.Imported && rel.known(t) == nil {
		out = append(out, "scores were imported: nothing is known about items, so there are no reliabilities, and half-samples "+
			"draw models only")
	}
	if t.Imported && rel.known(t) != nil {
		out = append(out, "scores were imported: reliabilities rest on the standard errors of scores, and half-samples draw "+
			"models only")
	}
	if !sharedLineages(t.Lineages) {
		out = append(out, "every model is a lineage of its own: if some descend from others, intervals are too narrow")
	}
	return out
}
