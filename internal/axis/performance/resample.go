package performance

import (
	"context"
	"fmt"
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// draws holds raw and g-free overlaps of resampled studies, each R x B x B, NaN where a draw has none.
type draws struct{ raw, gfree axis.Floats }

// redraw recomputes both overlaps of b benchmarks on R samples of models and items; sample is what is seen of a replicate.
func redraw(ctx context.Context, b, replicates, workers int, sample func(r int) sampled) (draws, error) {
	d := draws{raw: make(axis.Floats, replicates*b*b), gfree: make(axis.Floats, replicates*b*b)}
	err := axis.Parallel(ctx, workers, replicates, func(r int) {
		p := sample(r)
		fill(d.raw[r*b*b:(r+1)*b*b], b, p.raw)
		fill(d.gfree[r*b*b:(r+1)*b*b], b, p.gfree)
	})
	return d, err
}

func fill(to []float64, n int, of func(a, b int) (float64, error)) {
	for b := range n {
		to[b*n+b] = 1
		for a := range b {
			v := orNaN(of(a, b))
			to[a*n+b], to[b*n+a] = v, v
		}
	}
}

func orNaN(v float64, err error) float64 {
	if err != nil {
		return math.NaN()
	}
	return v
}

// spread is what is kept of resampled overlaps: their intervals, and mean and squared deviations of atanh of g-free ones.
type spread struct {
	raw, gfree   *stats.Ends // by pair, see pairAt
	mean, square []float64
}

// pairAt numbers the pairs of benchmarks.
func pairAt(a, b int) int { return max(a, b)*(max(a, b)-1)/2 + min(a, b) }

// atOnce is how many replicates are held at once, before they go into what is kept of them.
const atOnce = 64

// respread recomputes both overlaps of b benchmarks on R samples, and keeps them in the order of replicates, so that the number
// of
// workers changes nothing.
func respread(ctx context.Context, b, replicates, workers int, sample func(r int) sampled) (*spread, error) {
	pairs := b * (b - 1) / 2
	s := &spread{raw: stats.NewEnds(pairs, replicates, level), gfree: stats.NewEnds(pairs, replicates, level),
		mean: make([]float64, pairs), square: make([]float64, pairs)}
	values := make([]float64, 2*pairs*min(atOnce, replicates))
	for first := 0; first < replicates; first += atOnce {
		n := min(atOnce, replicates-first)
		err := axis.Parallel(ctx, workers, n, func(r int) {
			fillPairs(values[2*pairs*r:2*pairs*(r+1)], b, sample(first+r))
		})
		if err == nil {
			err = axis.Parallel(ctx, workers, b, func(y int) {
				for pair := pairAt(0, y); pair < pairAt(0, y)+y; pair++ {
					for r := range n {
						s.add(pair, values[2*(pairs*r+pair)], values[2*(pairs*r+pair)+1])
					}
				}
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fillPairs puts both overlaps of each pair one behind the other.
func fillPairs(to []float64, n int, p sampled) {
	for b := range n {
		for a := range b {
			to[2*pairAt(a, b)], to[2*pairAt(a, b)+1] = orNaN(p.raw(a, b)), orNaN(p.gfree(a, b))
		}
	}
}

// add takes one replicate of a pair. Sums are those of Welford (1962).
func (s *spread) add(pair int, raw, gfree float64) {
	s.raw.Add(pair, raw)
	s.gfree.Add(pair, gfree)
	if math.IsNaN(gfree) {
		return
	}
	z := math.Atanh(clipOpen(gfree))
	off := z - s.mean[pair]
	s.mean[pair] += off / float64(s.gfree.N(pair))
	s.square[pair] += off * (z - s.mean[pair])
}

// deviation is the standard deviation of atanh of a pair's g-free overlap, and the number of replicates behind it.
func (s *spread) deviation(a, b int) (sd float64, n int) {
	n = s.gfree.N(pairAt(a, b))
	return math.Sqrt(s.square[pairAt(a, b)] / float64(n-1)), n
}

// intervals gives the first two variants, raw and g-free, theirs.
func (s *spread) intervals(vs []axis.Variant, replicates int) {
	for i, ends := range []*stats.Ends{s.raw, s.gfree} {
		v := &vs[i]
		name := v.Overlap.Name
		v.Lo, v.Hi = axis.IntervalsBy("lower bound of "+name, "upper bound of "+name, v.Overlap, replicates,
			func(a, b int) (lo, hi float64, with int, err error) {
				lo, hi, err = ends.Interval(pairAt(a, b))
				return lo, hi, ends.N(pairAt(a, b)), err
			})
		v.Level = level
		v.Method += fmt.Sprintf("; interval: percentiles over %d half-samples of models by lineage", replicates)
	}
}

// modelHalves draws halves of the models of a table.
type modelHalves struct {
	table   *ScoreTable
	columns [][]float64
	sorted  []stats.Sorted // of columns without gaps; nil where there are gaps
	family  []int
	seed    uint64
}

func newHalves(t *ScoreTable, columns [][]float64, seed uint64) *modelHalves {
	h := &modelHalves{table: t, columns: columns, family: numbered(t.Families), seed: seed}
	if t.Gaps() == 0 {
		h.sorted = make([]stats.Sorted, len(columns))
		for b, c := range columns {
			h.sorted[b] = stats.NewSorted(c)
		}
	}
	return h
}

// look sees a random half of the models, by lineage, with all their items. Ranks in the half follow from those of all models.
func (h *modelHalves) look(replicate int) sampled {
	kept := stats.HalfSampleGroups(stats.Stream(h.seed, "performance/half-models", replicate), h.table.Lineages)
	return h.of(kept)
}

func (h *modelHalves) of(models []int) sampled {
	out := make([][]float64, len(h.columns))
	place := make([]int, len(h.table.Models))
	for b, c := range h.columns {
		switch {
		case c == nil:
		case h.sorted == nil:
			out[b] = of(c, models)
		default:
			out[b] = h.sorted[b].Ranks(models, place)
		}
	}
	if h.sorted == nil {
		return look(out, h.table.Families)
	}
	return profileOf(out, out, h.family)
}

// standardError is that of atanh of a g-free overlap of m models.
func standardError(m int) float64 { return 1 / math.Sqrt(float64(m-spent)) }

// StandardError is the same for the comparison of axes; false where models are too few for one.
func StandardError(m int) (float64, bool) { return standardError(m), m > spent }
