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
	n, why := s.o.Repairings, s.unpaired()
	if why != "" {
		n = 0
	}
	width := len(newTally(len(s.t.Benchmarks)).sum)
	var out repaired
	for k := range s.selectors {
		for _, of := range []*[]*axis.Null{&out.disjoint, &out.inSample} {
			null := s.newNull(repairingsOf(k, s.o.Repairings))
			null.Missing, null.N = why, repairingsOf(k, n)
			null.Values = make(axis.Singles, null.N*width)
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
		s.repairDisjoint(ctx, pairings, out.disjoint, first)
		s.repairInSample(pairings, out.inSample, first)
		progress(int(done.Add(1)))
	})
	return out, err
}

// Selectors beside the first stand against one in besideShare of the re-pairings, since a regression among pieces costs many
// times what a tail of them does; with fewestBeside of them p can reach .05.
const (
	besideShare  = 4
	fewestBeside = 19
)

// repairingsOf is how many of n re-pairings a selector stands against: the first ones.
func repairingsOf(selector, n int) int {
	if selector == 0 {
		return n
	}
	return min(n, max(fewestBeside, n/besideShare))
}

// reaching are the selectors that a re-pairing is made for.
func (s *fit) reaching(pairing int) []selector {
	if pairing < repairingsOf(1, s.o.Repairings) {
		return s.selectors
	}
	return s.selectors[:1]
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

// repairDisjoint writes the overlaps of disjoint signatures under each pairing, counted from first on. The splits are
// those of the overlap itself.
func (s *fit) repairDisjoint(ctx context.Context, pairings [][]int, to []*axis.Null, first int) {
	scr := &screener{}
	totals := make([][]tally, len(pairings))
	for p := range totals {
		for range s.reaching(first + p) {
			totals[p] = append(totals[p], newTally(len(s.t.Benchmarks)))
		}
	}
	for r := range s.o.Splits {
		if ctx.Err() != nil {
			return
		}
		if c := s.cut(r); c != nil {
			for p, pairing := range pairings {
				s.compare(c, s.reaching(first+p), pairing, scr, totals[p])
			}
		}
	}
	for p, of := range totals {
		for k := range of {
			of[k].write(to[k].Values[(first+p)*len(of[k].sum):])
		}
	}
}

// write writes the mean of every cell, NaN where there is none.
func (y *tally) write(to axis.Singles) {
	for cell, n := range y.count {
		to[cell] = float32(y.sum[cell] / float64(n)) // NaN for 0/0
	}
}

// repairInSample writes the in-sample overlaps under each pairing, counted from first on. Targets of re-paired models
// are the targets in another order, so one pass over the ranks serves all pairings and selectors.
func (s *fit) repairInSample(pairings [][]int, to []*axis.Null, first int) {
	nb := len(s.t.Benchmarks)
	var targets []target
	for _, pairing := range pairings {
		for _, t := range s.targets {
			targets = append(targets, t.permuted(pairing))
		}
	}
	found := s.screen(s.models, s.pieces, targets, s.reaching(first)...)
	width := axis.CellOf(nb-1, nb-1) + 1
	for p := range pairings {
		for k, sel := range s.reaching(first + p) {
			u := make([][]float64, nb)
			for b := range u {
				u[b] = s.f.standardRanks(sel.choose(s.f, found, s.models, p*nb+b), s.models)
			}
			writeProducts(to[k].Values[(first+p)*width:], u)
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
