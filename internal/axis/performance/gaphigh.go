package performance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

const (
	mostWithin = 99_999 // permutations of a pair, unless more are asked for
	decided    = 400    // permutations that reach a pair's correlation, at which its p-value is known well enough
)

// testWithin permutes each pair's residuals over its own models, and stops where p can no longer be small: after l permutations
// of which decided reach the correlation, p = decided/l (Besag and Clifford 1991), which is a valid p-value as well.
func (p *gapped) testWithin(ctx context.Context, test axis.Test, pairs []residuals, blocks []string, workers int, seed uint64,
	progress func(done int)) (axis.Test, error) {
	test.Method += fmt.Sprintf("; over the models that have both scores; p = %d/l where %d of l permutations reach "+
		"the correlation",
		decided, decided)
	if wanted := axis.Replicates(len(p.scores)*(len(p.scores)-1)/2, 0); wanted > test.N {
		test.Warnings = append(test.Warnings, fmt.Sprintf("p cannot fall below %.2g: a pair that stands alone cannot pass "+
			"Benjamini-Yekutieli, many together can", stats.PermutationP(0, test.N)))
	}
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
