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

// repaired are the primary selector's overlaps with models re-paired, of disjoint signatures and in sample.
type repaired struct{ disjoint, inSample *axis.Null }

// repair hands each model the scores of another, whole models at a time, and runs screening, selection and overlap again, as
// often as was asked for. Signatures chosen with scores make benchmarks alike that score alike, whatever they are chosen from,
// as long as the corpus has few factors: what is left of an overlap with models re-paired is that, and no more. Lineages of one
// size change places as wholes, and models within their lineage, so that what kinship does to both sides stays as it is.
func (s *fit) repair(ctx context.Context, progress func(done int)) (repaired, error) {
	n := s.o.Repairings
	out := repaired{s.newNull(n), s.newNull(n)}
	if why := s.unpaired(); why != "" {
		out.disjoint.Missing, out.inSample.Missing, n = why, why, 0
	}
	out.disjoint.N, out.inSample.N = n, n
	width := len(newTally(len(s.t.Benchmarks)).sum)
	out.disjoint.Values, out.inSample.Values = make(axis.Singles, n*width), make(axis.Singles, n*width)
	var done atomic.Int64
	err := axis.Parallel(ctx, s.workers, tasks(n), func(c int) {
		first, last := c*pairingsAtOnce, min(n, (c+1)*pairingsAtOnce)
		pairings := make([][]int, 0, last-first)
		for r := first; r < last; r++ {
			pairings = append(pairings, stats.PermuteGroups(stats.Stream(s.o.Seed, "perplexity/re-pairing", r), s.t.Lineages))
		}
		s.repairDisjoint(ctx, pairings, out.disjoint.Values[first*width:])
		s.repairInSample(pairings, out.inSample.Values[first*width:])
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

// repairDisjoint writes the overlaps of disjoint signatures under each pairing. The splits are those of the overlap itself.
func (s *fit) repairDisjoint(ctx context.Context, pairings [][]int, to axis.Singles) {
	primary, scr := s.selectors[:1], &screener{}
	totals := make([][]tally, len(pairings))
	for p := range totals {
		totals[p] = []tally{newTally(len(s.t.Benchmarks))}
	}
	for r := range s.o.Splits {
		if ctx.Err() != nil {
			return
		}
		if c := s.cut(r); c != nil {
			for p, pairing := range pairings {
				s.compare(c, primary, pairing, scr, totals[p])
			}
		}
	}
	for p := range totals {
		totals[p][0].write(to[p*len(totals[p][0].sum):])
	}
}

// write writes the mean of every cell, NaN where there is none.
func (y *tally) write(to axis.Singles) {
	for cell, n := range y.count {
		to[cell] = float32(y.sum[cell] / float64(n)) // NaN for 0/0
	}
}

// repairInSample writes the in-sample overlaps under each pairing. Targets of re-paired models are the targets in another
// order, so one pass over the ranks serves all pairings.
func (s *fit) repairInSample(pairings [][]int, to axis.Singles) {
	sel, nb := s.selectors[0], len(s.t.Benchmarks)
	var targets []target
	for _, pairing := range pairings {
		for _, t := range s.targets {
			targets = append(targets, t.permuted(pairing))
		}
	}
	found := s.screen(s.models, s.pieces, targets, sel)
	width := axis.CellOf(nb-1, nb-1) + 1
	for p := range pairings {
		u := make([][]float64, nb)
		for b := range u {
			u[b] = s.f.standardRanks(sel.choose(s.f, found, s.models, p*nb+b), s.models)
		}
		for a := range u {
			for b := range a + 1 {
				v := math.NaN()
				if u[a] != nil && u[b] != nil {
					v = stats.Clip(linalg.Dot(u[a], u[b]))
				}
				to[p*width+axis.CellOf(a, b)] = float32(v)
			}
		}
	}
}
