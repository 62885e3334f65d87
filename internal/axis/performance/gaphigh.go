package performance

import (
	"context"
	"math/rand/v2"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

const mostWithin = 99_999 // permutations of a pair, unless more are asked for

// testWithin permutes each pair's residuals over its own models, until decided of them reach the correlation.
func (p *gapped) testWithin(ctx context.Context, test axis.Test, pairs []residuals, blocks []string, workers int, seed uint64,
	progress func(done int)) (axis.Test, error) {
	test.Method += "; over the models that have both scores"
	ps := make([]float64, len(pairs))
	err := axis.Parallel(ctx, workers, len(pairs), func(i int) {
		q := &pairs[i]
		rng := stats.Stream(seed, "performance/freedman-lane "+test.P.Rows[q.a]+" "+test.P.Rows[q.b], 0)
		ps[i] = q.sequential(rng, members(of(blocks, q.models)), test.N)
	})
	progress(test.N)
	for i, q := range pairs {
		test.P.SetSym(q.a, q.b, ps[i])
	}
	return test, err
}

// sequential is the p-value of one pair by at most so many permutations of its models within blocks.
func (q *residuals) sequential(rng *rand.Rand, blocks [][]int, most int) float64 {
	perm := make([]int, len(q.ea))
	for i := range perm {
		perm[i] = i
	}
	reached, one := 0, [][]int{perm}
	for l := 1; l <= most; l++ {
		for _, block := range blocks {
			for i := len(block) - 1; i > 0; i-- {
				x, y := block[i], block[rng.Uint32N(uint32(i+1))]
				perm[x], perm[y] = perm[y], perm[x]
			}
		}
		if reached += q.exceeding(one); reached == decided {
			return float64(decided) / float64(l)
		}
	}
	return stats.PermutationP(reached, most)
}

// members lists the positions of each block.
func members(blocks []string) [][]int {
	var out [][]int
	for _, name := range slices.Compact(slices.Sorted(slices.Values(blocks))) {
		var in []int
		for i, b := range blocks {
			if b == name {
				in = append(in, i)
			}
		}
		out = append(out, in)
	}
	return out
}
