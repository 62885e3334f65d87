package stats

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

const (
	collinear      = 1e-8 // share of a predictor's length that must be left beside the others
	nullLevel      = 0.95 // of the interval of permuted t
	fewestForMRQAP = 4    // benchmarks whose permutations tell predictors apart
	fewestFree     = 10   // pairs beyond the number of coefficients
)

// Predictor is one matrix that may explain another.
type Predictor struct {
	Name  string
	Title string
	X     *matrix.Labelled
	// Untested says why permuting labels is no null for it; empty where it is.
	Untested string
	// Null yields its matrix under a null of its own, replicate by replicate, where there is one. p then comes from the t of
	// these in its place; one-sided alone, since such a null need not lie about zero.
	Null iter.Seq[*matrix.Labelled]
}

// Coefficient is what a regression says of one predictor.
type Coefficient struct {
	Name, Title    string
	Beta           Estimate // standardised; P one-sided (greater)
	T              float64
	TwoSided       *float64
	NullLo, NullHi float64 // central 95 % of t under the null; both 0 where p is missing
	NullMid        float64 // median of t under a null of its own
	Replaced       int     // matrices of that null; 0 where labels were permuted
	Unique         float64 // the part of R^2 that no other predictor explains
	Untested       string  // why there is no p
}

// Regression is a multiple regression of the cells of one matrix on those of others.
type Regression struct {
	Coefficients []Coefficient
	R2           float64
	Shared       float64 // of R^2: what more than one predictor explains; negative where they suppress each other
	Benchmarks   int
	Pairs        int
	Permutations int
	Exact        bool
	Distinct     float64 // permutations that there are
	Within       bool    // labels were permuted within blocks only
	Method       string
	Missing      string // why there is none
}

// MRQAP regresses the cells above the diagonal of y on those of the predictors, all standardised, and tests each coefficient by
// double semi-partialing (Dekker, Krackhardt & Snijders 2007): the labels of the predictor's residuals, given the others, are
// permuted, y is regressed on these and the others, and the t of the permuted is held against the observed. All permutations
// are taken where there are at most `permutations`. With within, one entry a benchmark, labels are permuted only among those
// of equal entries, and a predictor that this leaves as it is has no p.
func MRQAP(y *matrix.Labelled, xs []Predictor, within []string, permutations int, rng *rand.Rand) (Regression, error) {
	n := len(y.Rows)
	out := Regression{Benchmarks: n, Pairs: n * (n - 1) / 2, Within: within != nil,
		Method: "regression of pairs on pairs, double semi-partialing on t (Dekker et al. 2007)"}
	for _, x := range xs {
		if err := checkMatrices(y, x.X, permutations); err != nil {
			return out, err
		}
	}
	f, kept, err := fitCells(y, xs)
	if err != nil || n < fewestForMRQAP {
		if err == nil {
			err = fmt.Errorf("%w: %d benchmarks", ErrTooFew, n)
		}
		out.Missing = err.Error()
		return out, nil
	}
	out.R2, out.Shared = f.r2, f.r2
	at := map[string]int{}
	for k, i := range kept {
		at[xs[i].Name] = k
		out.Shared -= f.unique(k)
	}
	nulls := f.permuted(kept, xs, within, permutations, rng, &out)
	for _, x := range xs {
		c := Coefficient{Name: x.Name, Title: x.Title}
		if k, there := at[x.Name]; there {
			c.Beta, c.T, c.Unique = NewEstimate(f.beta(k), n, out.Method), f.t(k), f.unique(k)
			c.Untested = x.untested(within)
			switch {
			case len(nulls[k]) == 0:
			case x.Null != nil:
				c.testReplaced(nulls[k])
			default:
				c.test(nulls[k], out.Exact)
			}
		} else {
			c.Beta = MissingEstimate("it is constant, or a combination of those before it", n, out.Method)
		}
		out.Coefficients = append(out.Coefficients, c)
	}
	return out, nil
}

// untested says why permuting labels gives a predictor no p; empty where it does.
func (x Predictor) untested(within []string) string {
	switch {
	case x.Untested != "":
		return x.Untested
	case within != nil && invariant(x.X, within):
		return "permuting within blocks leaves it as it is"
	}
	return ""
}

// test fills p from the t of the null: their share at least as large, with the observed one among them unless all were taken.
func (c *Coefficient) test(null []float64, exact bool) {
	greater, farther := 0, 0
	for _, t := range null {
		if t >= c.T-tieTolerance*math.Abs(c.T) {
			greater++
		}
		if math.Abs(t) >= math.Abs(c.T)*(1-tieTolerance) {
			farther++
		}
	}
	one, two := PermutationP(greater, len(null)), PermutationP(farther, len(null))
	if exact {
		one, two = float64(greater)/float64(len(null)), float64(farther)/float64(len(null))
	}
	c.Beta, c.TwoSided = c.Beta.WithP(one), &two
	if lo, hi, err := PercentileInterval(null, nullLevel); err == nil {
		c.NullLo, c.NullHi = lo, hi
	}
}

// testReplaced fills p from the t of other matrices in the predictor's place.
func (c *Coefficient) testReplaced(null []float64) {
	lo, hi, err := PercentileInterval(null, nullLevel)
	mid, failed := Median(null)
	if err != nil || failed != nil {
		return
	}
	greater := 0
	for _, t := range null {
		if t >= c.T-max(nullTolerance, tieTolerance*math.Abs(c.T)) {
			greater++
		}
	}
	c.NullLo, c.NullHi, c.NullMid, c.Replaced, c.Untested = lo, hi, mid, len(null), ""
	c.Beta = c.Beta.WithP(PermutationP(greater, len(null)))
}

// invariant reports whether a matrix stays as it is however labels are permuted within blocks: exchanging any two of a block
// must change no cell.
func invariant(x *matrix.Labelled, within []string) bool {
	n := len(within)
	for a := range n {
		for b := a + 1; b < n; b++ {
			if within[a] != within[b] {
				continue
			}
			for c := range n {
				if c != a && c != b && x.Data[a*n+c] != x.Data[b*n+c] {
					return false
				}
			}
		}
	}
	return true
}

// Partition is R^2 and its unique parts by predictor, without tests: of replicates, whose spread gives intervals. y and xs are
// the cells above the diagonal.
func Partition(y []float64, xs [][]float64) (r2 float64, unique []float64, err error) {
	f, kept, err := newFit(y, xs)
	if err != nil {
		return 0, nil, err
	}
	unique = make([]float64, len(xs))
	for k, i := range kept {
		unique[i] = f.unique(k)
	}
	return f.r2, unique, nil
}

// fit is a regression of standardised cells, with what is needed to put another vector in a predictor's place.
type fit struct {
	y     []float64
	parts []part
	r2    float64
	df    float64
}

// part is one predictor beside the others: their orthonormal basis, interleaved by cell, what of the predictor and what of y they
// leave.
type part struct {
	basis    []float64 // cells x width
	width    int
	residual []float64
	rest     []float64 // of y
	restSS   float64
}

func fitCells(y *matrix.Labelled, xs []Predictor) (*fit, []int, error) {
	_, cells := y.UpperTriangle()
	var columns [][]float64
	for _, x := range xs {
		_, c := x.X.UpperTriangle()
		columns = append(columns, c)
	}
	return newFit(cells, columns)
}

// newFit also says which predictors are kept: constant ones and combinations of those before are left out.
func newFit(y []float64, xs [][]float64) (*fit, []int, error) {
	f := &fit{y: linalg.Standardised(y)}
	if !allFinite(f.y) || linalg.Norm(linalg.Centred(y)) == 0 {
		return nil, nil, ErrConstant
	}
	var columns, basis [][]float64
	var kept []int
	for i, x := range xs {
		if len(x) != len(y) {
			return nil, nil, ErrLength
		}
		if !allFinite(x) {
			return nil, nil, ErrFinite
		}
		if linalg.Norm(linalg.Centred(x)) == 0 {
			continue
		}
		z := linalg.Standardised(x)
		left := beside(z, basis)
		if linalg.Norm(left) < collinear*linalg.Norm(z) {
			continue
		}
		linalg.Normalise(left)
		basis, columns, kept = append(basis, left), append(columns, z), append(kept, i)
	}
	f.df = float64(len(y) - len(columns) - 1)
	if len(columns) == 0 || f.df < fewestFree {
		return nil, nil, fmt.Errorf("%w: %d pairs for %d predictors", ErrTooFew, len(y), len(columns))
	}
	rest := beside(f.y, basis)
	if linalg.Norm(rest) < collinear*linalg.Norm(f.y) {
		return nil, nil, ErrNothing
	}
	f.r2 = 1 - linalg.Dot(rest, rest)/linalg.Dot(f.y, f.y)
	for k := range columns {
		f.parts = append(f.parts, f.part(columns, k))
	}
	return f, kept, nil
}

// part takes one predictor out of the others.
func (f *fit) part(columns [][]float64, k int) part {
	var basis [][]float64
	for j, c := range columns {
		if j != k {
			left := beside(c, basis)
			linalg.Normalise(left)
			basis = append(basis, left)
		}
	}
	p := part{width: len(basis), residual: beside(columns[k], basis), rest: beside(f.y, basis)}
	p.restSS = linalg.Dot(p.rest, p.rest)
	for c := range f.y {
		for _, b := range basis {
			p.basis = append(p.basis, b[c])
		}
	}
	return p
}

// beside is what an orthonormal basis leaves of a vector; twice, since once loses digits.
func beside(x []float64, basis [][]float64) []float64 {
	out := append([]float64(nil), x...)
	for range 2 {
		for _, b := range basis {
			d := linalg.Dot(out, b)
			for i := range out {
				out[i] -= d * b[i]
			}
		}
	}
	return out
}

func (f *fit) beta(k int) float64 {
	p := f.parts[k]
	return linalg.Dot(p.rest, p.residual) / linalg.Dot(p.residual, p.residual)
}

func (f *fit) t(k int) float64 {
	p := f.parts[k]
	return f.tOf(k, linalg.Dot(p.rest, p.residual), linalg.Dot(p.residual, p.residual))
}

// tOf is the t of a vector in the predictor's place: dot its product with what is left of y, ss what the others leave of it.
func (f *fit) tOf(k int, dot, ss float64) float64 {
	left := ss*f.parts[k].restSS - dot*dot
	if left <= 0 || ss <= 0 {
		return math.Copysign(math.MaxFloat64, dot)
	}
	return dot * math.Sqrt(f.df/left)
}

func (f *fit) unique(k int) float64 {
	p := f.parts[k]
	dot := linalg.Dot(p.rest, p.residual)
	return dot * dot / linalg.Dot(p.residual, p.residual) / linalg.Dot(f.y, f.y)
}
