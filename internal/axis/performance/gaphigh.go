package performance

import (
	"context"
	"math/rand/v2"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

const mostWithin = 99_999 // permutations of a pair, unless more are asked for

// testWithin permutes each pair's residuals over its own models, until decided of them reach the correlation.
func (p *gapped) testWithin(ctx context.Context, test axis.Test, pairs []residuals, lineages []string, workers int,
	seed uint64, progress func(done int)) (axis.Test, error) {
	test.Method += "; over the models that have both scores"
	ps := make([]float64, len(pairs))
	err := axis.Parallel(ctx, workers, len(pairs), func(i int) {
		q := &pairs[i]
		rng := stats.Stream(seed, "performance/freedman-lane "+test.P.Rows[q.a]+" "+test.P.Rows[q.b], 0)
		ps[i] = q.sequential(rng, of(lineages, q.models), test.N)
	})
	progress(test.N)
	for i, q := range pairs {
		test.P.SetSym(q.a, q.b, ps[i])
	}
	return test, err
}

// sequential is the p-value of one pair by at most so many permutations of its models, which keep lineages together.
func (q *residuals) sequential(rng *rand.Rand, lineages []string, most int) float64 {
	permute := stats.GroupPermuter(lineages)
	if !sharedLineages(lineages) {
		permute = shuffles(len(lineages))
	}
	reached := 0
	for l := 1; l <= most; l++ {
		if reached += q.exceeding([][]int{permute(rng)}); reached == decided {
			return float64(decided) / float64(l)
		}
	}
	return stats.PermutationP(reached, most)
}

// shuffles are permutations each of which shuffles the one before, in its place.
func shuffles(n int) func(rng *rand.Rand) []int {
	perm := make([]int, n)
	for i := range perm {
		perm[i] = i
	}
	return func(rng *rand.Rand) []int {
		for i := n - 1; i > 0; i-- {
			k := rng.Uint32N(uint32(i + 1))
			perm[i], perm[k] = perm[k], perm[i]
		}
		return perm
	}
}
