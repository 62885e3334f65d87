package performance

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// inParallel calls work for 0..n-1 on so many goroutines. Each call writes to places of its own, so that the result does
// not depend on their number. It ends early, with the error, when ctx is cancelled.
func inParallel(ctx context.Context, n, workers int, work func(i int)) error {
	var wg sync.WaitGroup
	for w := range max(1, workers) {
		wg.Go(func() {
			for i := w; i < n && ctx.Err() == nil; i += max(1, workers) {
				work(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// draws holds raw and g-free overlaps of resampled studies, each R x B x B, NaN where a draw has none.
type draws struct {
	raw, gfree axis.Floats
	b          int
}

// redraw recomputes both overlaps on R samples of models and items; sample gives the scores of a replicate, B columns.
func redraw(ctx context.Context, families []string, replicates, workers int, sample func(r int) [][]float64) (draws, error) {
	b := len(families)
	d := draws{raw: make(axis.Floats, replicates*b*b), gfree: make(axis.Floats, replicates*b*b), b: b}
	err := inParallel(ctx, replicates, workers, func(r int) {
		p := newProfile(sample(r), families)
		fill(d.raw[r*b*b:(r+1)*b*b], b, p.raw)
		fill(d.gfree[r*b*b:(r+1)*b*b], b, p.gfree)
	})
	return d, err
}

func fill(to []float64, n int, of func(a, b int) (float64, error)) {
	for a := range n {
		to[a*n+a] = 1
		for b := range a {
			v, err := of(b, a)
			if err != nil {
				v = math.NaN()
			}
			to[a*n+b], to[b*n+a] = v, v
		}
	}
}

// ofPair is one pair's finite replicates.
func ofPair(f axis.Floats, n, a, b int) []float64 {
	var out []float64
	for k := a*n + b; k < len(f); k += n * n {
		if !math.IsNaN(f[k]) {
			out = append(out, f[k])
		}
	}
	return out
}

// intervals are percentile intervals by pair. A pair with a number in fewer than half of the draws gets none.
func intervals(f axis.Floats, overlap *matrix.Labelled, replicates int) (lo, hi *matrix.Labelled) {
	labels := overlap.Rows
	lo = matrix.NewSquare("lower bound of "+overlap.Name, "1", labels)
	hi = matrix.NewSquare("upper bound of "+overlap.Name, "1", labels)
	for a := range labels {
		lo.Set(a, a, 1)
		hi.Set(a, a, 1)
		for b := range a {
			x := ofPair(f, len(labels), a, b)
			l, h, err := stats.PercentileInterval(x, level)
			if _, ok := overlap.At(a, b); !ok || err != nil || 2*len(x) < replicates {
				lo.SetMissingSym(a, b, "too few half-samples of models have a value")
				hi.SetMissingSym(a, b, "too few half-samples of models have a value")
				continue
			}
			lo.SetSym(a, b, l)
			hi.SetSym(a, b, h)
		}
	}
	return lo, hi
}

// halfModels are the columns of a random half of the models, by lineage, with all their items.
func halfModels(t *ScoreTable, columns [][]float64, rng *rand.Rand) [][]float64 {
	kept := stats.HalfSampleGroups(rng, t.Lineages)
	out := make([][]float64, len(columns))
	for b, c := range columns {
		if c == nil {
			continue
		}
		out[b] = make([]float64, len(kept))
		for k, i := range kept {
			out[b][k] = c[i]
		}
	}
	return out
}

// standardError is that of atanh of a g-free overlap of m models.
func standardError(m int) float64 { return 1 / math.Sqrt(float64(m-spent)) }

func sqrtProduct(a, b float64) float64 { return math.Sqrt(a * b) }

func clip(r float64) float64 { return math.Max(-1, math.Min(1, r)) }
