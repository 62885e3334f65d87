package semantic

import (
	"sdmap/internal/stats"
)

// splitDraws is how often a benchmark is cut in two for its floor.
const splitDraws = 200

// splitHalf returns, for block k, MMD_u^2 between two disjoint random halves of its items, once for each of splitDraws
// draws: the distance of a benchmark from itself at half its size. Its expectation is 0, since MMD_u^2 is unbiased; its
// spread is the floor under which a distance between two benchmarks of that size says nothing.
func splitHalf(kernel []float64, s *space, k int, seed uint64) []float64 {
	n, total := s.size(k), s.items()
	half := n / 2
	out := make([]float64, splitDraws)
	for r := range out {
		p := stats.Stream(seed, "semantic/split-half/"+s.benchmarks[s.present[k]], r).Perm(n)
		first, second := p[:half], p[half:2*half]
		mean := func(a, b []int, pairs float64) float64 {
			var sum float64
			for _, i := range a {
				row := kernel[(s.offsets[k]+i)*total+s.offsets[k]:]
				for _, j := range b {
					sum += row[j]
				}
			}
			return sum / pairs
		}
		h := float64(half)
		out[r] = stats.SquaredMMD(mean(first, first, h*(h-1)), mean(second, second, h*(h-1)), mean(first, second, h*h))
	}
	return out
}

// pairIndex is the position of (k, l), k < l, among the pairs of n in row order.
func pairIndex(n, k, l int) int { return k*n - k*(k+1)/2 + l - k - 1 }
