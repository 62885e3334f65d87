package performance

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

const (
	fewestResiduals = 20 // numbers of a model, without which two models' errors are not correlated
	fewestInCohort  = 4  // models of a cohort with a share of the first component
)

// lineagesOf lists the models of each lineage, in the order in which lineages appear.
func lineagesOf(t *ScoreTable) (out [][]int) {
	at := map[string]int{}
	for i, l := range t.Lineages {
		k, known := at[l]
		if !known {
			k, at[l] = len(out), len(out)
			out = append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}

// leaveOutLineages adds to the raw and the g-free overlap what each pair's is at least and at most when any one lineage is
// left out: how far it depends on which models there are. It leaves both as they are where there is one lineage only.
func leaveOutLineages(ctx context.Context, t *ScoreTable, vs []axis.Variant, workers int) error {
	lineages, n := lineagesOf(t), len(t.Benchmarks)
	if len(lineages) < 2 {
		return nil
	}
	values := [2][][]float64{make([][]float64, len(lineages)), make([][]float64, len(lineages))}
	columns := t.Observed()
	err := axis.Parallel(ctx, workers, len(lineages), func(l int) {
		p := look(without(columns, lineages[l]), t.Families)
		for k, overlap := range []func(a, b int) (float64, error){p.raw, p.gfree} {
			values[k][l] = make([]float64, n*n)
			fill(values[k][l], n, overlap)
		}
	})
	if err != nil {
		return err
	}
	for k, name := range []string{Raw, GFree} {
		i := slices.IndexFunc(vs, func(v axis.Variant) bool { return v.Name == name })
		vs[i].Least, vs[i].Most = ranges(&vs[i], values[k])
	}
	return nil
}

// without are columns without some models.
func without(columns [][]float64, models []int) [][]float64 {
	out := make([][]float64, len(columns))
	for b, c := range columns {
		for i, y := range c {
			if !slices.Contains(models, i) {
				out[b] = append(out[b], y)
			}
		}
	}
	return out
}

// ranges are the least and the most of a pair's values, each B x B, of those that are numbers.
func ranges(v *axis.Variant, values [][]float64) (least, most *matrix.Labelled) {
	labels := v.Overlap.Rows
	least = matrix.NewSquare("least "+v.Overlap.Name+" without a lineage", "1", labels)
	most = matrix.NewSquare("most "+v.Overlap.Name+" without a lineage", "1", labels)
	for b := range labels {
		least.Set(b, b, 1)
		most.Set(b, b, 1)
		for a := range b {
			lo, hi := math.Inf(1), math.Inf(-1)
			for _, x := range values {
				if y := x[a*len(labels)+b]; !math.IsNaN(y) {
					lo, hi = math.Min(lo, y), math.Max(hi, y)
				}
			}
			if _, ok := v.Overlap.At(a, b); !ok || math.IsInf(lo, 1) {
				least.SetMissingSym(a, b, "no overlap is left without a lineage")
				most.SetMissingSym(a, b, "no overlap is left without a lineage")
				continue
			}
			least.SetSym(a, b, lo)
			most.SetSym(a, b, hi)
		}
	}
	return least, most
}

// effectiveModels is as how many models with unrelated errors the study's models count: m^2 / sum of r_ij^2 over all i and j,
// which is (sum of eigenvalues)^2 / sum of their squares of the correlations r of models (Bretherton et al. 1999). Correlated
// are residuals: of items where they are known, each less the mean of its model on the benchmark and of the item over models,
// else of standardised scores, less the means of both. r^2 is taken less what unrelated residuals give it, (1 - r^2)/(n - 2).
// The mean over items makes r about -1/(m - 1) where errors are unrelated, which costs one model in m.
func effectiveModels(t *ScoreTable) []axis.Value {
	rows, unit := errorsOf(t)
	if len(rows) < 2 || len(rows[0]) < fewestResiduals {
		return nil
	}
	m, n := len(rows), float64(len(rows[0]))
	for i := range rows {
		if stats.Constant(rows[i]) {
			return nil
		}
		rows[i] = linalg.Standardised(rows[i])
	}
	sum := float64(m)
	for i := range rows {
		for j := range i {
			r := linalg.Dot(rows[i], rows[j])
			sum += 2 * (r*r - (1-r*r)/(n-2))
		}
	}
	effective := math.Max(1, math.Min(float64(m), float64(m*m)/sum))
	return []axis.Value{{Name: "models.effective", Title: "effective number of models", Value: effective, N: m,
		Method: fmt.Sprintf("m^2 over the sum of squared correlations of models' residuals, over %d %s, less what chance gives "+
			"(Bretherton et al. 1999)", len(rows[0]), unit)}}
}

// errorsOf are the residuals of each model, all of one length: of items, or of scores where no items are known. Nil where a
// model lacks some.
func errorsOf(t *ScoreTable) (rows [][]float64, unit string) {
	m := len(t.Models)
	rows = make([][]float64, m)
	for b := range t.Benchmarks {
		n := len(t.Items[b])
		if len(t.ItemScores[b]) != m*n || n == 0 {
			continue
		}
		block := make([][]float64, m)
		for i := range block {
			block[i] = t.ItemScores[b][i*n : (i+1)*n]
		}
		if r := doublyCentred(block); r != nil {
			for i := range rows {
				rows[i] = append(rows[i], r[i]...)
			}
		}
	}
	if len(rows[0]) > 0 {
		return rows, "items"
	}
	var columns [][]float64
	for _, y := range t.Observed() {
		if y != nil && !slices.ContainsFunc(y, math.IsNaN) && !stats.Constant(y) {
			columns = append(columns, linalg.Standardised(y))
		}
	}
	for i := range rows {
		for _, y := range columns {
			rows[i] = append(rows[i], y[i])
		}
	}
	return doublyCentred(rows), "scores"
}

// doublyCentred takes the means of rows and of columns out; nil where a number is missing or there is none.
func doublyCentred(rows [][]float64) [][]float64 {
	m, n := len(rows), len(rows[0])
	out, columns, all := make([][]float64, m), make([]float64, n), 0.0
	for _, row := range rows {
		if len(row) == 0 || slices.ContainsFunc(row, math.IsNaN) {
			return nil
		}
		for k, v := range row {
			columns[k], all = columns[k]+v/float64(m), all+v/float64(m*n)
		}
	}
	for i, row := range rows {
		mean := linalg.Mean(row)
		for k, v := range row {
			out[i] = append(out[i], v-mean-columns[k]+all)
		}
	}
	return out
}

// CohortPrefix begins the names of what is said of cohorts.
const CohortPrefix = "cohort."

// cohorts cut the models at the median of each covariate, and say how much of the scores one factor explains in each half.
func cohorts(t *ScoreTable) (out []axis.Value) {
	for _, c := range covariates(t) {
		var known []float64
		for _, v := range c.values {
			if !math.IsNaN(v) {
				known = append(known, v)
			}
		}
		median, err := stats.Median(known)
		if err != nil {
			continue
		}
		var halves [2][]int
		for i, v := range c.values {
			switch {
			case v <= median:
				halves[0] = append(halves[0], i)
			case v > median:
				halves[1] = append(halves[1], i)
			}
		}
		for k, which := range []string{"low", "high"} {
			out = append(out, c.cohort(t, which, halves[k])...)
		}
	}
	return out
}

// cohort says it of one half.
func (c covariate) cohort(t *ScoreTable, which string, models []int) []axis.Value {
	if len(models) < fewestInCohort {
		return nil
	}
	share, err := shareOfG(t, models)
	if err != nil {
		return nil
	}
	least, most := models[0], models[0]
	for _, i := range models {
		if c.values[i] < c.values[least] {
			least = i
		}
		if c.values[i] > c.values[most] {
			most = i
		}
	}
	return []axis.Value{{Name: CohortPrefix + c.name + "." + which, N: len(models), Value: share,
		Title:  fmt.Sprintf("share of the first component where %s is %s to %s", c.name, c.texts[least], c.texts[most]),
		Method: "principal components of normal scores among these models, which are cut at the median"}}
}
