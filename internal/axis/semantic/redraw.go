package semantic

import (
	"math"
	"math/rand/v2"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// fewestHalved is the least number of wordings that are half-sampled: of fewer, the pairs of different wordings in a half are
// so few that halves spread far more than benchmarks of as many wordings do. Then the wordings are kept and their items
// redrawn.
const fewestHalved = 10

// halved are the wordings of block k, by rows, that half-samples draw. It is nil where they draw items: because each has a
// wording of its own, or because there are fewer than fewestHalved.
func (s *space) halved(k int) [][]int {
	if rows := s.byWording(k); len(rows) >= fewestHalved && len(rows) < s.size(k) {
		return rows
	}
	return nil
}

// byWording lists the rows of block k by wording, in the order in which they appear.
func (s *space) byWording(k int) [][]int {
	at := map[string]int{}
	var rows [][]int
	for i, w := range s.of(s.templates, k) {
		g, known := at[w]
		if !known {
			g, at[w] = len(rows), len(rows)
			rows = append(rows, nil)
		}
		rows[g] = append(rows[g], i)
	}
	return rows
}

// wordings counts the wordings of block k.
func (s *space) wordings(k int) int { return distinct(s.of(s.templates, k)) }

// half draws half of a block: of its wordings with all their items, or of its items. Of an odd number of wordings the half is
// rounded up as often as down, so that replicates spread as the sampling of all does.
func half(rng *rand.Rand, wordings [][]int, items int) []int {
	if wordings == nil {
		return stats.HalfSample(rng, items)
	}
	chosen := (len(wordings) + rng.IntN(2)) / 2
	var rows []int
	for _, g := range rng.Perm(len(wordings))[:chosen] {
		rows = append(rows, wordings[g]...)
	}
	slices.Sort(rows)
	return rows
}

// redrawn are half-samples of a space: R x K lists of rows within a block.
type redrawn struct {
	halves [][][]int
	usable [][]bool
}

// sharedHalves are the half-samples that all axes draw alike, where a benchmark's items are redrawn; where its wordings are,
// no other axis knows them. Of a benchmark of which only the first items were embedded, those are kept; where fewer than two
// are left the replicate is unusable for it.
func sharedHalves(p Params, s *space) redrawn {
	var d redrawn
	wordings := make([][][]int, len(s.present))
	for k := range wordings {
		wordings[k] = s.halved(k)
	}
	for r := range p.Replicates {
		drawn := axis.Draw(p.Seed, r, p.Lineages, p.Loaded)
		rng := stats.Stream(p.Seed, "semantic/half-wordings", r)
		halves, usable := make([][]int, len(s.present)), make([]bool, len(s.present))
		for k, b := range s.present {
			if wordings[k] != nil {
				halves[k], usable[k] = half(rng, wordings[k], 0), true
				continue
			}
			for _, i := range drawn.Items[b] {
				if row, there := s.row(k, i); there {
					halves[k] = append(halves[k], row)
				}
			}
			if usable[k] = len(halves[k]) >= 2; !usable[k] {
				halves[k] = []int{0, 1}
			}
		}
		d.halves, d.usable = append(d.halves, halves), append(d.usable, usable)
	}
	return d
}

// inner corrects the mean of a pairwise quantity within a block for half of its wordings. With fewer wordings more of the
// pairs are of one wording, and nearer to each other; the correction gives these pairs the share that they have among all
// items, so that the half speaks of a benchmark with as many wordings as there are.
type inner struct {
	mates, sums []float64 // by row: how many other items its wording has, and the quantity summed over these
	share, mean float64   // of pairs of one wording among all pairs of the block, and the quantity's mean over them
	pairs       float64   // how many they are, each counted both ways
}

// newInner is nil where the items of block k are redrawn one by one.
func newInner(pairwise []float64, s *space, k int, wordings [][]int) *inner {
	if wordings == nil {
		return nil
	}
	n := s.size(k)
	in := &inner{mates: make([]float64, n), sums: make([]float64, n)}
	var sum, pairs float64
	for _, rows := range wordings {
		for _, i := range rows {
			line := pairwise[(s.offsets[k]+i)*s.items()+s.offsets[k]:]
			for _, j := range rows {
				if i != j {
					in.sums[i] += line[j]
				}
			}
			in.mates[i] = float64(len(rows) - 1)
			sum, pairs = sum+in.sums[i], pairs+in.mates[i]
		}
	}
	in.share, in.mean, in.pairs = pairs/float64(n*(n-1)), sum/pairs, pairs
	return in
}

// corrected is the mean of a half whose plain mean, over all its pairs, is given.
func (in *inner) corrected(half []int, plain float64) float64 {
	if in == nil {
		return plain
	}
	var sum, pairs float64
	for _, i := range half {
		sum, pairs = sum+in.sums[i], pairs+in.mates[i]
	}
	return in.combined(plain*float64(len(half)*(len(half)-1)), float64(len(half)*(len(half)-1)), sum, pairs)
}

// without is the same for the items that are left when the rows of a wording are out.
func (in *inner) without(rows []int, plain float64, left int) float64 {
	if in == nil {
		return plain
	}
	sum, pairs := in.mean*in.pairs, in.pairs
	for _, i := range rows {
		sum, pairs = sum-in.sums[i], pairs-in.mates[i]
	}
	return in.combined(plain*float64(left*(left-1)), float64(left*(left-1)), sum, pairs)
}

// combined is the mean from the sum over all pairs, and over those of one wording.
func (in *inner) combined(all, count, sum, pairs float64) float64 {
	one := in.mean
	if pairs > 0 {
		one = sum / pairs
	}
	return (1-in.share)*(all-sum)/(count-pairs) + in.share*one
}

// blockMeans recomputes the means of a pairwise quantity on half-samples, as stats.HalfSampleBlockMeans does.
func (s *space) blockMeans(pairwise []float64, reps int, halves func(r int) [][]int, visit func(r int, means []float64)) error {
	blocks := len(s.present)
	in := make([]*inner, blocks)
	for k := range in {
		in[k] = newInner(pairwise, s, k, s.halved(k))
	}
	drawn := make([][][]int, reps)
	for r := range drawn {
		drawn[r] = halves(r)
	}
	return stats.HalfSampleBlockMeans(pairwise, s.offsets, reps, func(r int) [][]int { return drawn[r] },
		func(r int, means []float64) {
			for k := range blocks {
				means[k*blocks+k] = in[k].corrected(drawn[r][k], means[k*blocks+k])
			}
			visit(r, means)
		})
}

// replicates recomputes statistics of block means on the half-samples: one R x K x K array each, NaN where missing.
func (d redrawn) replicates(pairwise []float64, s *space, of ...statistic) ([][]float64, error) {
	blocks := len(s.present)
	out := make([][]float64, len(of))
	for i := range out {
		out[i] = make([]float64, len(d.halves)*blocks*blocks)
	}
	err := s.blockMeans(pairwise, len(d.halves), func(r int) [][]int { return d.halves[r] }, func(r int, means []float64) {
		for i, f := range of {
			for k := range blocks {
				for l := range blocks {
					v, err := f(means, blocks, k, l)
					if err != nil || !d.usable[r][k] || !d.usable[r][l] {
						v = math.NaN()
					}
					out[i][(r*blocks+k)*blocks+l] = v
				}
			}
		}
	})
	return out, err
}
