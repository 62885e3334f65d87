package performance

import (
	"context"
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// reliabilities of B benchmarks: how well half of the items predicts the order of models in the other half, stepped up to
// all items.
type reliabilities struct {
	raw, gfree []float64 // B; nil where no items are known; NaN-free: 0 where a split has no correlation
	reason     []string  // B: why a benchmark has none, else ""
	splits     int
	errors     bool // from standard errors of scores, where nothing is known of items
}

// reliabilitiesOf are by halves of items where they are known, else by the standard errors of scores.
func reliabilitiesOf(ctx context.Context, t *ScoreTable, p view, splits, workers int, seed uint64) (reliabilities, error) {
	if t.Imported {
		return bySamplingErrors(t, p), nil
	}
	return splitHalf(ctx, t, p, splits, workers, seed)
}

// known are the g-free reliabilities: NaN where a table of scores, or logs, do not say, nil where they say nothing of any
// benchmark.
func (r reliabilities) known(t *ScoreTable) []float64 { return r.knownOf(t, r.gfree) }

// knownOf is the same of other reliabilities.
func (r reliabilities) knownOf(t *ScoreTable, values []float64) []float64 {
	if !t.Imported && t.Logs == nil {
		return values
	}
	out, any := nans(len(values)), false
	for b, v := range values {
		if r.reason[b] == "" {
			out[b], any = v, true
		}
	}
	if !any {
		return nil
	}
	return out
}

// methods names the estimate and says how it was made, with and without the general factor.
func (r reliabilities) methods() (name, raw, gfree string) {
	if r.errors {
		return "reliability from standard errors",
			"1 - mean sampling variance of a score / variance of scores over models; items are " +
				"taken as drawn anew for each model, which understates it where all models have the same; negative " +
				"where scores " +
				"differ less than sampling alone would have them",
			"1 - (1 - reliability)/(1 - r^2), r the loading on the general factor; what the reliability is understated by " +
				"is divided by 1 - r^2, so that disattenuated overlaps are too large rather than too small"
	}
	splits := fmt.Sprintf("mean over %d random halves of the items, Spearman-Brown", r.splits)
	return "split-half reliability", "Spearman correlation of two half scores over models; " + splits,
		"partial Pearson correlation of the normal scores of two halves given the general factor; " + splits
}

// splitHalf averages, over seeded random halves of each benchmark's items, the correlation of the two half scores over
// models, and steps it up by Spearman-Brown: 2r/(1+r). Raw: Spearman's, as the raw overlap. G-free: the partial Pearson
// of normal scores given the general factor of the benchmarks outside its family, as the g-free overlap. A split in which
// a half score is constant over models counts as 0: nothing was measured there.
func splitHalf(ctx context.Context, t *ScoreTable, p view, splits, workers int, seed uint64) (reliabilities, error) {
	nb := len(t.Benchmarks)
	out := reliabilities{splits: splits, raw: make([]float64, nb), gfree: make([]float64, nb), reason: make([]string, nb)}
	for b := range nb {
		p.own(b) // factors are cached, and the cache is only read below
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
		f, scored := p.own(b), p.scored(b)
		var raw, gfree float64
		for s := range splits {
			rng := stats.Stream(seed, "performance/split-half "+t.Benchmarks[b], s)
			x, y := halves(t, b, rng.Perm(n))
			if r, err := stats.Spearman(of(x, scored), of(y, scored)); err == nil {
				raw += r
			}
			if f.err != nil {
				continue
			}
			if r, err := stats.PartialPearson(stats.NormalScores(of(x, f.models)), stats.NormalScores(of(y, f.models)),
				f.g); err == nil {
				gfree += r
			}
		}
		out.raw[b], out.gfree[b] = stepUp(raw/float64(splits)), stepUp(gfree/float64(splits))
	})
	return out, err
}

// of chooses some models' values; nil is all models.
func of[T any](x []T, models []int) []T {
	if models == nil {
		return x
	}
	out := make([]T, len(models))
	for k, i := range models {
		out[k] = x[i]
	}
	return out
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
