package performance

import (
	"context"
	"math"
	"slices"
)

// view is what the axis sees in scores: a *profile of columns that are complete, or a *gapped of columns in which scores are
// missing. Where none is missing, both see the same but for rounding; the first is much faster.
type view interface {
	raw(a, b int) (float64, error)
	kendall(a, b int) (float64, error)
	gfree(a, b int) (float64, error)
	gfreeSpearman(a, b int) (float64, error)
	residuals(a, b int) (residuals, error)
	models(a, b int) (raw, free int) // behind the overlaps of a pair
	scored(b int) []int              // models with a score; nil for all
	own(b int) factor                // of the benchmarks outside the family of b
	loading(b int) (float64, error)
	component() string                // what the general factor is
	constant(benchmarks ...int) error // why one of them has no correlation
	typical() int                     // models behind a g-free overlap
	lineages(of []string) int         // behind a g-free overlap, of the models' lineages
	fewestBehind() float64            // benchmarks behind the general factor of a pair
	warnings() []string
}

// lookAtAll is the view of all models.
func lookAtAll(ctx context.Context, t *ScoreTable, scores [][]float64, fewest, workers int) (view, error) {
	if t.Gaps() > 0 {
		return wholeGapped(ctx, scores, t.Families, fewest, workers)
	}
	return newProfile(scores, t.Families), nil
}

// sampled is what a half-sample is asked for.
type sampled interface {
	raw(a, b int) (float64, error)
	gfree(a, b int) (float64, error)
}

// look sees a half-sample.
func look(scores [][]float64, families []string) sampled {
	if slices.ContainsFunc(scores, func(x []float64) bool { return slices.ContainsFunc(x, math.IsNaN) }) {
		return newGappedHalf(scores, families, fewestPartial, drawTolerance)
	}
	return newProfile(scores, families)
}
