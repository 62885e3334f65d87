package performance

import (
	"context"
	"math"
	"math/rand/v2"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// draws holds raw and g-free overlaps of resampled studies, each R x B x B, NaN where a draw has none.
type draws struct {
	raw, gfree axis.Floats
	b          int
}

// redraw recomputes both overlaps on R samples of models and items; sample gives the scores of a replicate, B columns.
func redraw(ctx context.Context, families []string, replicates, workers int, sample func(r int) [][]float64) (draws, error) {
	b := len(families)
	d := draws{raw: make(axis.Floats, replicates*b*b), gfree: make(axis.Floats, replicates*b*b), b: b}
	err := axis.Parallel(ctx, workers, replicates, func(r int) {
		p := look(sample(r), families)
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

// StandardError is the same for the comparison of axes; false where models are too few for one.
func StandardError(m int) (float64, bool) { return standardError(m), m > spent }
