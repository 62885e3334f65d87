package perplexity

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// pairingsAtOnce is how many re-pairings share the ranks of pieces, which do not depend on them.
const pairingsAtOnce = 32

// tasks is how many tasks some re-pairings make.
func tasks(repairings int) int { return (repairings + pairingsAtOnce - 1) / pairingsAtOnce }

// repaired are the overlaps of each selector with models re-paired, of disjoint signatures and in sample.
type repaired struct{ disjoint, inSample []*axis.Null }

// repair hands each model the scores of another, whole models at a time, and runs screening, selection and overlap again, as
// often as was asked for. Signatures chosen with scores make benchmarks alike that score alike, whatever they are chosen from,
// as long as the corpus has few factors: what is left of an overlap with models re-paired is that, and no more. Lineages of one
// size change places as wholes, and models within their lineage, so that what kinship does to both sides stays as it is.
func (s *fit) repair(ctx context.Context, progress func(done int)) (repaired, error) {
	n := s.o.Repairings
	why := s.unpaired()
	if why != "" {
		n = 0
	}
	width := len(newTally(len(s.t.Benchmarks)).sum)
	var out repaired
	for range s.selectors {
		for _, of := range []*[]*axis.Null{&out.disjoint, &out.inSample} {
			null := s.newNull(s.o.Repairings)
			null.Missing, null.N, null.Values = why, n, make(axis.Singles, n*width)
			*of = append(*of, null)
		}
	}
	var done atomic.Int64
	err := axis.Parallel(ctx, s.workers, tasks(n), func(c int) {
		first, last := c*pairingsAtOnce, min(n, (c+1)*pairingsAtOnce)
		pairings := make([][]int, 0, last-first)
		for r := first; r < last; r++ {
			pairings = append(pairings, stats.PermuteGroups(stats.Stream(s.o.Seed, "perplexity/re-pairing", r), s.t.Lineages))
		}
		s.repairDisjoint(ctx, pairings, out.disjoint, first*width)
		s.repairInSample(pairings, out.inSample, first*width)
		progress(int(done.Add(1)))
	})
	return out, err
}

func (s *fit) newNull(n int) *axis.Null {
	null := &axis.Null{Title: "re-paired", Method: fmt.Sprintf("%s of whole models' scores with other models' surprisals, "+
		"lineages of one size as wholes; screening, selection and overlap run again", wording.Count(n, "re-pairing"))}
	if d := stats.DistinctGroupPermutations(s.t.Lineages); d < float64(n) {
		null.Warnings = append(null.Warnings, fmt.Sprintf("lineages allow only %.0f distinct re-pairings: p cannot fall below "+
			"%.2g", d, 1/d))
	}
	return null
}

// unpaired says why there is no null; empty where there is one.
func (s *fit) unpaired() string {
	switch {
	case s.o.Repairings == 0:
		return "no re-pairings were asked for"
	case len(s.t.Benchmarks) == 0 || stats.DistinctGroupPermutations(s.t.Lineages) < 2:
		return "models cannot be re-paired: no two lineages are of one size, and none has two models"
	}
	return ""
}

// repairDisjoint writes the overlaps of disjoint signatures under each pairing, from a place on. The splits are those of the
// overlap itself.
func (s *fit) repairDisjoint(ctx context.Context, pairings [][]int, to []*axis.Null, from int) {
	scr := &screener{}
	totals := make([][]tally, len(pairings))
	for p := range totals {
		for range s.selectors {
			totals[p] = append(totals[p], newTally(len(s.t.Benchmarks)))
		}
	}
	for r := range s.o.Splits {
		if ctx.Err() != nil {
			return
		}
		if c := s.cut(r); c != nil {
			for p, pairing := range pairings {
				s.compare(c, s.selectors, pairing, scr, totals[p])
			}
		}
	}
	for p, of := range totals {
		for k := range of {
			of[k].write(to[k].Values[from+p*len(of[k].sum):])
		}
	}
}

// write writes the mean of every cell, NaN where there is none.
func (y *tally) write(to axis.Singles) {
	for cell, n := range y.count {
		to[cell] = float32(y.sum[cell] / float64(n)) // NaN for 0/0
	}
}

// repairInSample writes the in-sample overlaps under each pairing, from a place on. Targets of re-paired models are the
// targets in another order, so one pass over the ranks serves all pairings and selectors.
func (s *fit) repairInSample(pairings [][]int, to []*axis.Null, from int) {
	nb := len(s.t.Benchmarks)
	var targets []target
	for _, pairing := range pairings {
		for _, t := range s.targets {
			targets = append(targets, t.permuted(pairing))
		}
	}
	found := s.screen(s.models, s.pieces, targets, s.selectors...)
	width := axis.CellOf(nb-1, nb-1) + 1
	for k, sel := range s.selectors {
		for p := range pairings {
			u := make([][]float64, nb)
			for b := range u {
				u[b] = s.f.standardRanks(sel.choose(s.f, found, s.models, p*nb+b), s.models)
			}
			writeProducts(to[k].Values[from+p*width:], u)
		}
	}
}

// writeProducts writes the product of every two vectors of standardised ranks, NaN where one is missing.
func writeProducts(to axis.Singles, u [][]float64) {
	for a := range u {
		for b := range a + 1 {
			v := math.NaN()
			if u[a] != nil && u[b] != nil {
				v = stats.Clip(linalg.Dot(u[a], u[b]))
			}
			to[axis.CellOf(a, b)] = float32(v)
		}
	}
}
