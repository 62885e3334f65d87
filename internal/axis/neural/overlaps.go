package neural

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
)

const averaging = "RDMs of unit norm averaged over layers, then models, and turned back into a similarity: the mean of the " +
	"similarities with weights 1/norm"

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
				if row, there := s.row(k, i); there {
					items = append(items, row)
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

// row is where the i-th of a benchmark's items stands among those of block k.
func (s *sample) row(k, i int) (row int, there bool) {
	if s.at[k] == nil {
		return i, i < s.size[k]
	}
	return slices.BinarySearch(s.at[k], i)
}

// secondary are the measures that stand beside the primary one, in the study's order.
func (s *sample) secondary() []measure {
	first := primary(s.p.Options)
	return slices.DeleteFunc(named(s.p.Options.Measures), func(m measure) bool { return m.name == first.name })
}

// overlaps adds the variants that are similarities, the replicates of the first, and the details.
func (s *sample) overlaps(ctx context.Context, rt action.Runtime, out *Output) error {
	draws := s.shared()
	last, first := s.primaryPatterns(), primary(s.p.Options)
	if first.name == Energy {
		return s.energyOverlaps(ctx, rt, out, last, draws)
	}
	over, err := replicates(ctx, s.models, s.size, draws, rt.Workers())
	if err != nil {
		return err
	}
	s.add(out, last, first.name, first.title, byNeuron, over, "half-samples of models (by lineage) and items")
	out.Replicates = map[string]axis.Floats{first.name: s.spread(over, out.Variants[0].Overlap)}
	for _, m := range s.secondary() {
		found := s.patternsBy(m)
		s.add(out, found, m.name, m.title, m.method, s.byModels(found, draws), "half-samples of models (by lineage); items kept")
	}
	s.details(out, last)
	s.describe(out)
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
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d layers (over all models) have no dissimilarity and are left out; the "+
			"last because %v", found.left, found.why))
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
