package performance

import (
	"context"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// reliabilities of B benchmarks: how well half of the items predicts the order of models in the other half, stepped up to
// all items.
type reliabilities struct {
	raw, gfree []float64 // B; nil where no items are known; NaN-free: 0 where a split has no correlation
	reason     []string  // B: why a benchmark has none, else ""
	splits     int
}

// splitHalf averages, over seeded random halves of each benchmark's items, the correlation of the two half scores over
// models, and steps it up by Spearman-Brown: 2r/(1+r). Raw: Spearman's, as the raw overlap. G-free: the partial Pearson
// of normal scores given the general factor of the benchmarks outside its family, as the g-free overlap. A split in which
// a half score is constant over models counts as 0: nothing was measured there.
func splitHalf(ctx context.Context, t *ScoreTable, p *profile, splits, workers int, seed uint64) (reliabilities, error) {
	nb := len(t.Benchmarks)
	out := reliabilities{splits: splits, raw: make([]float64, nb), gfree: make([]float64, nb), reason: make([]string, nb)}
	for b := range nb {
		p.without(b) // factors are cached, and the cache is only read below
	}
	err := axis.Parallel(ctx, workers, nb, func(b int) {
		if err := p.constant(b); err != nil {
			out.reason[b] = err.Error()
			return
		}
		n := len(t.Items[b])
		if n < 2 {
			out.reason[b] = "fewer than two items are known"
			return
		}
		f, _ := p.without(b)
		var raw, gfree float64
		for s := range splits {
			rng := stats.Stream(seed, "performance/split-half "+t.Benchmarks[b], s)
			x, y := halves(t, b, rng.Perm(n))
			if r, err := stats.Spearman(x, y); err == nil {
				raw += r
			}
			if f.err != nil {
				continue
			}
			if r, err := stats.PartialPearson(stats.NormalScores(x), stats.NormalScores(y), f.g); err == nil {
				gfree += r
			}
		}
		out.raw[b], out.gfree[b] = stepUp(raw/float64(splits)), stepUp(gfree/float64(splits))
	})
	return out, err
}

// halves are the scores of all models on the first half of a permutation of the items, and on the other.
func halves(t *ScoreTable, b int, perm []int) (x, y []float64) {
	n, m := len(perm), len(t.Models)
	x, y = make([]float64, m), make([]float64, m)
	for i := range m {
		row := t.ItemScores[b][i*n : (i+1)*n]
		for k, item := range perm {
			if k < (n+1)/2 {
				x[i] += row[item]
			} else {
				y[i] += row[item]
			}
		}
	}
	return x, y
}

// stepUp is Spearman-Brown; a negative correlation of halves means that nothing was measured.
func stepUp(r float64) float64 {
	if r <= 0 {
		return 0
	}
	up, _ := stats.SpearmanBrown(r) // r lies in (0, 1]
	return up
}
