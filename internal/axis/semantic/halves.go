package semantic

import (
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// splitDraws is how often a benchmark is cut in two for its floor.
const splitDraws = 200

// splitHalves cuts block k at random into two disjoint halves, once for each of splitDraws draws, and returns the means of a
// pairwise quantity within and between them, 2 x 2: what stands behind the distance of a benchmark from itself at half its
// size. The expectation of MMD_u^2 is 0 there, since it is unbiased; its spread is the floor under which a distance between
// two benchmarks of that size says nothing.
func splitHalves(pairwise []float64, s *space, k int, seed uint64) [][4]float64 {
	n, total := s.size(k), s.items()
	half := n / 2
	out := make([][4]float64, splitDraws)
	for r := range out {
		p := stats.Stream(seed, "semantic/split-half/"+s.benchmarks[s.present[k]], r).Perm(n)
		first, second := p[:half], p[half:2*half]
		mean := func(a, b []int, pairs float64) float64 {
			var sum float64
			for _, i := range a {
				row := pairwise[(s.offsets[k]+i)*total+s.offsets[k]:]
				for _, j := range b {
					sum += row[j]
				}
			}
			return sum / pairs
		}
		h := float64(half)
		cross := mean(first, second, h*h)
		out[r] = [4]float64{mean(first, first, h*(h-1)), cross, cross, mean(second, second, h*(h-1))}
	}
	return out
}

// splitHalf is a statistic of the two halves of block k, by draw; NaN where a draw has none.
func (m *measurement) splitHalf(c comparison, k int) []float64 {
	out := make([]float64, splitDraws)
	for r, means := range m.split[k] {
		v, err := c.between(means[:], 2, 0, 1)
		if err != nil {
			v = math.NaN()
		}
		out[r] = v
	}
	return out
}

// floor is the median over benchmarks of what a comparison says of two halves of one: where its scale ends, whatever the items
// say. It is nil where no draw has a value, and for functions of anything but kernels.
func (m *measurement) floor(c comparison) *float64 {
	if c.on != kernels {
		return nil
	}
	var middles []float64
	for k := range m.s.present {
		if v, err := stats.Median(axis.Finite(m.splitHalf(c, k), 1, 0)); err == nil {
			middles = append(middles, v)
		}
	}
	if v, err := stats.Median(middles); err == nil {
		return &v
	}
	return nil
}

// pairIndex is the position of (k, l), k < l, among the pairs of n in row order.
func pairIndex(n, k, l int) int { return k*n - k*(k+1)/2 + l - k - 1 }
