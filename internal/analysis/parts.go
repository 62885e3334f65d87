package analysis

import (
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// parts gives R^2 and the part of each predictor with intervals: on every half-sample of models the response, and what else was
// drawn again with it, are regressed anew.
func (r regression) parts(of stats.Regression, xs []explanation) (whole stats.Estimate, unique []stats.Estimate) {
	const method = "part of R² over pairs; spread over half-samples of models"
	if of.Missing != "" {
		return stats.MissingEstimate(of.Missing, of.Benchmarks, of.Method), nil
	}
	all, each := r.redraw(xs)
	whole = about(stats.NewEstimate(of.R2, r.models, "R² over pairs; spread over half-samples of models"), all)
	for k, c := range of.Coefficients {
		if !c.Beta.OK() {
			unique = append(unique, stats.MissingEstimate(c.Beta.Missing, r.models, method))
			continue
		}
		unique = append(unique, about(stats.NewEstimate(c.Unique, r.models, method), each[k]))
	}
	return whole, unique
}

// about gives an estimate the spread of its values on half-samples. Half of the models make noisier overlaps, of which less is
// explained, so that these values lie about another mean: they are moved to the estimate, and cut to between 0 and 1.
func about(e stats.Estimate, values []float64) stats.Estimate {
	if len(values) < axis.FewestForSpread {
		return e
	}
	lo, hi, err := stats.PercentileInterval(values, partsLevel)
	if err != nil {
		return e
	}
	shift := e.Value - linalg.Mean(values)
	return e.WithInterval(min(max(0, lo+shift), e.Value), min(1, hi+shift), partsLevel)
}

// redraw gives R^2 and its parts on every half-sample that has all cells.
func (r regression) redraw(xs []explanation) (whole []float64, unique [][]float64) {
	b := len(r.opts.Benchmarks)
	kept := make([][]float64, len(xs))
	for k, x := range xs {
		kept[k] = r.cells(func(i, j int) float64 { v, _ := x.X.At(i, j); return v })
	}
	unique = make([][]float64, len(xs))
	for d := range len(r.replicates) / (b * b) {
		drawn := func(f axis.Floats) []float64 {
			return r.cells(func(i, j int) float64 { return f[(d*b+i)*b+j] })
		}
		columns := slices.Clone(kept)
		for k, x := range xs {
			if len(x.replicates) == len(r.replicates) {
				columns[k] = drawn(x.replicates)
			}
		}
		r2, parts, err := stats.Partition(drawn(r.replicates), columns)
		if err != nil {
			continue
		}
		whole = append(whole, r2)
		for k := range parts {
			unique[k] = append(unique[k], parts[k])
		}
	}
	return whole, unique
}

// cells lists those above the diagonal, of the benchmarks that take part; value takes their places in the study.
func (r regression) cells(value func(i, j int) float64) []float64 {
	at := make([]int, len(r.labels))
	for i, l := range r.labels {
		at[i] = slices.Index(r.opts.Benchmarks, l)
	}
	var out []float64
	for k, i := range at {
		for _, j := range at[k+1:] {
			out = append(out, value(i, j))
		}
	}
	return out
}
