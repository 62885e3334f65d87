package semantic

import (
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"sdmap/internal/stats"
)

const (
	c2stFolds  = 5
	c2stShrink = 0.1 // of the covariance towards a multiple of the identity
)

// classifier is the classifier two-sample test (Lopez-Paz & Oquab 2017): how well can items of two benchmarks be told
// apart? The classifier is linear discriminant analysis with covariance (1 - 0.1) S + 0.1 tr(S)/p I, S the pooled
// within-benchmark covariance (Friedman 1989; scikit-learn's LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)).
// The result is the mean over folds of each fold's AUC; scores of different folds are never pooled, since they come from
// different fits. Folds keep items of one wording together (see templates).
type classifier struct {
	s    *space
	cuts map[[2]int]cut // by block and number of folds
}

// cut is one block in folds: for each fold its rows, their sum and their sum of outer products.
type cut struct {
	rows   [][]int
	sum    [][]float64
	second [][]float64 // dim x dim, lower triangle
}

// newClassifier expects a space with the origin at the pooled mean, so that sums of products lose no digits.
func newClassifier(s *space) *classifier { return &classifier{s: s, cuts: map[[2]int]cut{}} }

// wordings counts the templates of block k.
func (c *classifier) wordings(k int) int {
	t := slices.Clone(c.s.templates[c.s.offsets[k]:c.s.offsets[k+1]])
	slices.Sort(t)
	return len(slices.Compact(t))
}

// groups gives the group of each row of block k: its template, or, where there is one template only, the row itself.
func (c *classifier) groups(k int) []int {
	if c.wordings(k) > 1 {
		return c.s.templates[c.s.offsets[k]:c.s.offsets[k+1]]
	}
	own := make([]int, c.s.size(k))
	for i := range own {
		own[i] = i
	}
	return own
}

// folds is the number of folds that block k allows.
func (c *classifier) folds(k int) int {
	if w := c.wordings(k); w > 1 {
		return min(w, c2stFolds)
	}
	return min(c.s.size(k), c2stFolds)
}

// assign deals groups to folds: the largest first (of equals, the first to appear), each to the fold with the fewest items.
func assign(groups []int, folds int) [][]int {
	members := map[int][]int{}
	var order []int
	for i, g := range groups {
		if len(members[g]) == 0 {
			order = append(order, g)
		}
		members[g] = append(members[g], i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(members[b]) - len(members[a]) })
	out := make([][]int, folds)
	for _, g := range order {
		least := 0
		for f := range out {
			if len(out[f]) < len(out[least]) {
				least = f
			}
		}
		out[least] = append(out[least], members[g]...)
	}
	return out
}

func (c *classifier) cut(k, folds int) cut {
	key := [2]int{k, folds}
	if done, ok := c.cuts[key]; ok {
		return done
	}
	d, x := c.s.dim, c.s.rows(k)
	made := cut{rows: assign(c.groups(k), folds)}
	for _, rows := range made.rows {
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
	c.cuts[key] = made
	return made
}

// without gives mean, within-class sum of squares (lower triangle, added to scatter) and size of all folds but one.
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

// auc is the mean of fold AUCs of blocks k and l, 0.5 where they cannot be told apart and 1 where they always can.
func (c *classifier) auc(k, l int) (float64, error) {
	if k == l {
		return 0.5, nil
	}
	folds := min(c.folds(k), c.folds(l))
	a, b := c.cut(k, folds), c.cut(l, folds)
	var sum float64
	for f := range folds {
		direction, err := discriminant(a, b, f, c.s.dim)
		if err != nil {
			return 0, err
		}
		auc, err := stats.AUC(c.project(k, a.rows[f], direction), c.project(l, b.rows[f], direction))
		if err != nil {
			return 0, err
		}
		sum += auc
	}
	return sum / float64(folds), nil
}

func (c *classifier) project(k int, rows []int, direction []float64) []float64 {
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
	if na == 0 || nb == 0 {
		return nil, fmt.Errorf("all items of a benchmark fell into one of the folds: %w", stats.ErrTooFew)
	}
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
