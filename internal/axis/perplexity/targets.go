package perplexity

import (
	"fmt"

	"sdmap/internal/stats"
)

// target is what the pieces of one benchmark are screened against, over some models: 2 rank(y) - (m+1), or 2 times the
// residual of rank(y) on the general factor of the other benchmarks. nil with a reason where there is none.
type target struct {
	v      []float64
	y      []float64 // the scores themselves
	reason string
}

// targetsOf makes the targets of B benchmarks; scores holds B columns, nil where a score is missing. plain counts those that
// asked for a residual but have no general factor.
func targetsOf(scores [][]float64, residual bool) (out []target, plain int) {
	out = make([]target, len(scores))
	var columns [][]float64
	column := make([]int, len(scores))
	for b, y := range scores {
		column[b] = -1
		switch {
		case y == nil:
			out[b].reason = "a model has no score"
		case len(y) < fewestModels:
			out[b].reason = fmt.Sprintf("%d models are too few for a signature", len(y))
		case stats.Constant(y):
			out[b].reason = "every model has the same score, so no piece goes with it"
		default:
			column[b] = len(columns)
			columns = append(columns, stats.NormalScores(y))
		}
	}
	var general [][]float64
	if residual && len(columns) > 2 {
		general, _ = stats.GeneralOfOthers(columns) // no column is constant, all have one length
	}
	for b, y := range scores {
		if column[b] < 0 {
			continue
		}
		v, ok := residualRanks(y, general, column[b])
		if residual && !ok {
			plain++
		}
		out[b].v, out[b].y = v, y
		if stats.Constant(v) {
			out[b] = target{reason: "nothing of its scores is left without the general factor"}
		}
	}
	return out, plain
}

// residualRanks are twice the centred ranks, cleared of the first principal component of the other benchmarks' normal
// scores where there is one.
func residualRanks(y []float64, general [][]float64, column int) ([]float64, bool) {
	v := stats.Ranks(y)
	for i := range v {
		v[i] = 2*v[i] - float64(len(y)+1)
	}
	if general == nil {
		return v, false
	}
	r, err := stats.Residuals(v, general[column])
	if err != nil {
		return v, false
	}
	return r, true
}

// permuted is the target of models that have each other's scores: model k those of pairing[k].
func (t target) permuted(pairing []int) target {
	if t.v == nil {
		return t
	}
	v, y := make([]float64, len(t.v)), make([]float64, len(t.y))
	for k, from := range pairing {
		v[k], y[k] = t.v[from], t.y[from]
	}
	return target{v: v, y: y}
}
