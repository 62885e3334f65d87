package perplexity

import (
	"context"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// halvings is over how many cuts of the models that were not drawn, and of the documents, a replicate's overlap is averaged.
const halvings = 4

// replicates are the overlap of disjoint signatures on the shared half-samples, R x B x B: compared over the models that were
// drawn, each signature chosen on one half of those that were not, by their scores on the drawn items, and on one half of the
// documents.
//
// So a replicate compares on more models than the overlap does and chooses on fewer; and it is one split of the models where
// the overlap is a mean over many (see spread).
func (s *fit) replicates(ctx context.Context, sel selector) (axis.Floats, error) {
	nb := len(s.t.Benchmarks)
	out := make(axis.Floats, s.o.Replicates*nb*nb)
	items := s.t.ItemCounts()
	err := axis.Parallel(ctx, s.workers, s.o.Replicates, func(r int) {
		s.replicate(out[r*nb*nb:(r+1)*nb*nb], sel, r, axis.Draw(s.o.Seed, r, s.lineages, items).Among(s.kept))
	})
	return out, err
}

func (s *fit) replicate(to []float64, sel selector, r int, drawn axis.HalfSample) {
	nb := len(s.t.Benchmarks)
	total := newTally(nb)
	rest := complement(drawn.Models, len(s.models))
	rng := stats.Stream(s.o.Seed, "perplexity/halves of what was not drawn", r)
	scr, scores := &screener{}, s.t.On(s.models, drawn.Items)
	for range halvings {
		s.halve(&total, sel, scr, scores, drawn.Models, rest, stats.DealGroups(rng, among(s.t.Lineages, rest), 2),
			s.f.deal(rng.Perm(s.f.docs), 2))
	}
	for a := range nb {
		for b := range nb {
			v, ok := total.mean(a, b)
			switch {
			case a == b:
				v = 1
			case !ok:
				v = math.NaN()
			}
			to[a*nb+b] = v
		}
	}
}

// halve adds the overlaps over the drawn models of signatures from two halves of the rest (indices into it) and of the pieces.
func (s *fit) halve(total *tally, sel selector, scr *screener, scores [][]float64, drawn, rest []int, halves, pieces [][]int) {
	if min(len(halves[0]), len(halves[1]), len(drawn)) < fewestModels {
		return
	}
	var u [2][][]float64
	for i, half := range halves {
		models := among(rest, half)
		targets, _ := targetsOf(columnsOf(scores, models), s.o.ResidualG)
		found := scr.screen(s.f.ranked(models, pieces[i]), targets, s.reach([]selector{sel}, len(pieces[i]), len(models)))
		for b := range targets {
			u[i] = append(u[i], s.f.standardRanks(sel.choose(s.f, found, models, b), drawn))
		}
	}
	total.add(u[0], u[1])
}

// columnsOf are the scores of some models, by benchmark.
func columnsOf(scores [][]float64, models []int) [][]float64 {
	out := make([][]float64, len(scores))
	for b, column := range scores {
		if column != nil {
			out[b] = among(column, models)
		}
	}
	return out
}

func among[T any](all []T, at []int) []T {
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = all[i]
	}
	return out
}

func complement(of []int, n int) []int {
	var out []int
	for i := range n {
		if !slices.Contains(of, i) {
			out = append(out, i)
		}
	}
	return out
}
