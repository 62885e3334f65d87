package performance

import (
	"context"

	"sdmap/internal/axis"
)

// Redrawn gives the overlaps of benchmarks, raw and without the general factor, on samples of models and items: each is samples x
// B x B, NaN where a sample has none. Models are indices into the table; where a sample names no items, all stand.
func Redrawn(ctx context.Context, t *ScoreTable, samples []axis.HalfSample, workers int) (raw, gfree axis.Floats, err error) {
	of := t.On
	if t.Gaps() > 0 {
		of = t.ObservedOn
	}
	d, err := redraw(ctx, len(t.Benchmarks), len(samples), workers, func(r int) sampled {
		items := samples[r].Items
		if items == nil {
			items = make([][]int, len(t.Benchmarks))
		}
		return look(of(samples[r].Models, items), t.Families)
	})
	return d.raw, d.gfree, err
}
