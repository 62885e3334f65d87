package semantic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"sdmap/internal/stats"
)

const (
	c2stFolds  = 5
	c2stShrink = 0.1  // of the covariance towards a multiple of the identity
	toldApart  = 0.99 // the AUC from which on it ranks no pairs
)

// classifier is the classifier two-sample test (Lopez-Paz & Oquab 2017): how well can items of two benchmarks be told
// apart? The classifier is linear discriminant analysis with covariance (1 - s) S + s tr(S)/p I, s the shrinkage and S the pooled
// within-benchmark covariance (Friedman 1989; scikit-learn's LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)).
// The result is the mean over folds of each fold's AUC; scores of different folds are never pooled, since they come from
// different fits.
//
// Items of one wording (see FindWordings) stay in one fold, in both benchmarks: were a wording that both share trained on as the
// one's and tested as the other's, the AUC would fall below 0.5. Where a benchmark has a single wording, the pair is cut by
// text instead.
type classifier struct{ s *space }

// classifying compares by the classifier two-sample test.
func classifying(_ context.Context, m *measurement, _ int) (itemwise, error) {
	reduced, err := m.s.centred().reduced(m.p.Options.Dimensions)
	if err != nil {
		return itemwise{}, err
	}
	c := newClassifier(reduced)
	return itemwise{c.auc, c.warnings}, nil
}

// warnings says where areas rank no pairs, or may come from a benchmark's wording.
func (c classifier) warnings(areas []float64) (out []string) {
	perfect, single := 0, 0
	for _, a := range areas {
		if a >= toldApart {
			perfect++
		}
	}
	if perfect > 0 {
		out = append(out, fmt.Sprintf("%d of %d pairs are told apart almost always (AUC of %g or more): it does "+
			"not rank them", perfect, len(areas), toldApart))
	}
	for k := range c.s.present {
		if c.s.wordings(k) == 1 {
			single++
		}
	}
	if single > 0 {
		out = append(out, fmt.Sprintf("%d of %d benchmarks have one wording only: pairs with them are cut by "+
			"text, and the classifier may recognise the wording", single, len(c.s.present)))
	}
	return out
}

// newClassifier expects a space with the origin at the pooled mean, so that sums of products lose no digits.
func newClassifier(s *space) classifier { return classifier{s} }

func distinct(groups []string) int {
	return len(slices.Compact(slices.Sorted(slices.Values(groups))))
}

// groups are what stays together of blocks k and l.
func (c classifier) groups(k, l int) (a, b []string) {
	by := c.s.templates
	if c.s.wordings(k) == 1 || c.s.wordings(l) == 1 {
		by = c.s.texts
	}
	return c.s.of(by, k), c.s.of(by, l)
}

// assign deals the groups of two benchmarks to folds, and returns each fold's rows of both. The largest group comes first (of
// equals, the first to appear); it goes to the fold with the fewest items of the benchmarks that it has items of.
func assign(a, b []string, folds int) (rowsA, rowsB [][]int) {
	var order []string
	members := [2]map[string][]int{{}, {}}
	for side, groups := range [][]string{a, b} {
		for i, g := range groups {
			if len(members[0][g])+len(members[1][g]) == 0 {
				order = append(order, g)
			}
			members[side][g] = append(members[side][g], i)
		}
	}
	slices.SortStableFunc(order, func(g, h string) int {
		return len(members[0][h]) + len(members[1][h]) - len(members[0][g]) - len(members[1][g])
	})
	rows := [2][][]int{make([][]int, folds), make([][]int, folds)}
	for _, g := range order {
		load := make([]int, folds)
		for side := range rows {
			for f := range load {
				if len(members[side][g]) > 0 {
					load[f] += len(rows[side][f])
				}
			}
		}
		least := slices.Index(load, slices.Min(load))
		for side := range rows {
			rows[side][least] = append(rows[side][least], members[side][g]...)
		}
	}
	return rows[0], rows[1]
}

// cut is one block in folds: for each fold its rows, their sum and their sum of outer products.
type cut struct {
	rows   [][]int
	sum    [][]float64
	second [][]float64 // dim x dim, lower triangle
}

func (c classifier) cut(k int, folds [][]int) cut {
	d, x := c.s.dim, c.s.rows(k)
	made := cut{rows: folds}
	for _, rows := range folds {
		sum, second := make([]float64, d), make([]float64, d*d)
		for _, i := range rows {
			row := x[i*d : (i+1)*d]
			for p, v := range row {
				sum[p] += v
				for q, w := range row[:p+1] {
					second[p*d+q] += v * w
				}
			}
		}
		made.sum, made.second = append(made.sum, sum), append(made.second, second)
	}
	return made
}

// without gives mean and size of all folds but one, and adds their within-class sum of squares (lower triangle) to scatter.
func (u cut) without(fold, d int, scatter []float64) (mean []float64, n int) {
	mean = make([]float64, d)
	for f := range u.rows {
		if f == fold {
			continue
		}
		n += len(u.rows[f])
		for p, v := range u.sum[f] {
			mean[p] += v
		}
		for p, v := range u.second[f] {
			scatter[p] += v
		}
	}
	for p := range mean {
		mean[p] /= float64(n)
	}
	for p := range d {
		for q := range p + 1 {
			scatter[p*d+q] -= float64(n) * mean[p] * mean[q]
		}
	}
	return mean, n
}

// auc is the mean of fold AUCs of blocks k and l, 0.5 where they cannot be told apart and 1 where they always can. Folds
// without items of one of the two to train on or to test are left out.
func (c classifier) auc(k, l int) (float64, error) {
	if k == l {
		return stats.ChanceAUC, nil
	}
	ga, gb := c.groups(k, l)
	rowsA, rowsB := assign(ga, gb, min(c2stFolds, distinct(ga), distinct(gb)))
	a, b := c.cut(k, rowsA), c.cut(l, rowsB)
	var sum float64
	used := 0
	for f := range rowsA {
		if n, m := len(rowsA[f]), len(rowsB[f]); n == 0 || m == 0 || n == len(ga) || m == len(gb) {
			continue
		}
		direction, err := discriminant(a, b, f, c.s.dim)
		if err != nil {
			return 0, err
		}
		auc, err := stats.AUC(c.project(k, rowsA[f], direction), c.project(l, rowsB[f], direction))
		if err != nil {
			return 0, err
		}
		sum += auc
		used++
	}
	if used == 0 {
		return 0, errors.New("no fold holds items of both benchmarks to train on and to test")
	}
	return sum / float64(used), nil
}

func (c classifier) project(k int, rows []int, direction []float64) []float64 {
	x, d := c.s.rows(k), c.s.dim
	out := make([]float64, len(rows))
	for i, r := range rows {
		for p, v := range x[r*d : (r+1)*d] {
			out[i] += v * direction[p]
		}
	}
	return out
}

var errNoSpread = errors.New("items of both benchmarks are all equal: there is nothing to learn a classifier from")

// discriminant is S^-1 (mean_a - mean_b) on all folds but one.
func discriminant(a, b cut, fold, d int) ([]float64, error) {
	scatter := make([]float64, d*d)
	ma, na := a.without(fold, d, scatter)
	mb, nb := b.without(fold, d, scatter)
	var trace float64
	for p := range d {
		trace += scatter[p*d+p]
	}
	if !(trace > 0) {
		return nil, errNoSpread
	}
	cov := mat.NewSymDense(d, nil)
	diff := mat.NewVecDense(d, nil)
	for p := range d {
		for q := range p + 1 {
			v := (1 - c2stShrink) * scatter[p*d+q]
			if p == q {
				v += c2stShrink * trace / float64(d)
			}
			cov.SetSym(p, q, v/float64(na+nb))
		}
		diff.SetVec(p, ma[p]-mb[p])
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(cov) {
		return nil, errNoSpread
	}
	var w mat.VecDense
	if err := cholesky.SolveVecTo(&w, diff); err != nil {
		return nil, err
	}
	return w.RawVector().Data, nil
}
