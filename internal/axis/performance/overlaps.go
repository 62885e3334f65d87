package performance

import (
	"context"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// Overlaps is this axis' mathematics for other numbers that models have on benchmarks, such as how familiar they are with
// them. What an axis may not import of another, it is given.
type Overlaps struct{ Options }

// Compute is the whole axis of such a table: overlaps raw and without the general factor, with intervals, reliabilities, tests
// and half-samples.
func (o Overlaps) Compute(ctx context.Context, t *axis.ScoreTable, workers int,
	progress func(done, total int)) (*axis.Result, error) {
	return Compute(ctx, t, o.Options, workers, progress)
}

// Cleared are the table's columns without the general factor of the benchmarks outside each one's family: B columns of m,
// residuals
// of normal scores, NaN where a model has none; nil where a benchmark has none.
func (o Overlaps) Cleared(ctx context.Context, t *axis.ScoreTable, workers int) ([][]float64, error) {
	columns := t.Observed()
	if t.Gaps() == 0 {
		columns = t.Columns()
	}
	p, err := lookAtAll(ctx, t, columns, o.fewest(), workers)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(columns))
	for b, y := range columns {
		f := p.own(b)
		if p.constant(b) != nil || f.err != nil {
			continue
		}
		out[b] = placed(clear1(linalg.Standardised(stats.NormalScores(of(y, f.models))), f.g), f.models, len(t.Models))
	}
	return out, nil
}

// placed puts the values of some models (nil: of all) where they belong among m.
func placed(values []float64, models []int, m int) []float64 {
	if models == nil {
		return values
	}
	out := nans(m)
	for k, i := range models {
		out[i] = values[k]
	}
	return out
}
