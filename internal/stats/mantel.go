package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/wording"
)

// exchangeable is what permuting labels assumes (Guillot & Rousset 2013).
const exchangeable = "permuting labels assumes that benchmarks are exchangeable; benchmarks that come in families make the " +
	"test reject too often (Guillot & Rousset 2013)"

// tieTolerance keeps rounding from splitting permutations that give the same statistic.
const tieTolerance = 1e-12

// MatrixTest is the outcome of a permutation test on two matrices.
type MatrixTest struct {
	Estimate     Estimate // N benchmarks; P one-sided (greater); Null the mean under permutation
	Permutations int      // labels were permuted so often
	Exact        bool     // these were all B! permutations, and p is their share
}

// Mantel correlates the cells above the diagonal of two symmetric matrices with the same labels, Pearson or (rank)
// Spearman, and tests it one-sided against permutations of the labels of one of them (Mantel 1967). All B! permutations
// are taken where they are at most `permutations`. Missing cells are an error: leave the benchmark out first.
func Mantel(a, b *matrix.Labelled, rank bool, permutations int, rng *rand.Rand) (MatrixTest, error) {
	name := "Pearson"
	if rank {
		name = "Spearman"
	}
	n := len(a.Rows)
	method := fmt.Sprintf("Mantel test, %s over %d pairs of %d benchmarks, one-sided (greater)", name, n*(n-1)/2, n)
	if err := checkMatrices(a, b, permutations); err != nil {
		return MatrixTest{}, err
	}
	_, x := a.UpperTriangle()
	_, y := b.UpperTriangle()
	if rank {
		x, y = Ranks(x), Ranks(y)
	}
	if err := checkPair(x, y, 3); err != nil {
		return MatrixTest{Estimate: MissingEstimate(err.Error(), n, method)}, nil
	}
	zx, zy := square(linalg.Standardised(x), n, 0), square(linalg.Standardised(y), n, 0)
	return permuteLabels(zx, zy, n, permutations, rng, pearson(x, y), func(inner float64) float64 { return inner / 2 }, method),
		nil
}

// permuteLabels tests the inner product of two symmetric n x n matrices, mapped to a statistic by an increasing function,
// against permutations of the second one's labels.
func permuteLabels(a, b []float64, n, permutations int, rng *rand.Rand, observed float64, statistic func(inner float64) float64,
	method string) MatrixTest {
	var exceeding int
	var sum float64
	limit := statistic(linalg.Dot(a, b)) - tieTolerance
	made, all := permute(n, permutations, rng, func(p []int) {
		var inner float64
		for i := range n {
			inner += gathered(a[i*n:i*n+i], b[p[i]*n:(p[i]+1)*n], p)
		}
		inner *= 2
		for i := range n {
			inner += a[i*n+i] * b[p[i]*n+p[i]]
		}
		s := statistic(inner)
		sum += s
		if s >= limit {
			exceeding++
		}
	})
	p := PermutationP(exceeding, made)
	if all {
		p = float64(exceeding) / float64(made)
		method += fmt.Sprintf(", all %d permutations of labels", made)
	} else {
		method += fmt.Sprintf(", %d random permutations of labels", made)
	}
	e := NewEstimate(observed, n, method).WithP(p).WithNull(sum / float64(made)).Warn(exchangeable)
	return MatrixTest{Estimate: e, Permutations: made, Exact: all}
}

// gathered is the inner product of x with the numbers of y that p names, in four sums at once: one alone would wait for itself.
func gathered(x, y []float64, p []int) float64 {
	p = p[:len(x)]
	var a, b, c, d float64
	j := 0
	for ; j+4 <= len(x); j += 4 {
		a += x[j] * y[p[j]]
		b += x[j+1] * y[p[j+1]]
		c += x[j+2] * y[p[j+2]]
		d += x[j+3] * y[p[j+3]]
	}
	for ; j < len(x); j++ {
		a += x[j] * y[p[j]]
	}
	return a + b + c + d
}

// checkMatrices makes sure that two matrices speak of the same benchmarks and miss nothing above the diagonal.
func checkMatrices(a, b *matrix.Labelled, permutations int) error {
	if !slices.Equal(a.Rows, b.Rows) {
		return fmt.Errorf("%q and %q have different labels; take the common ones by Sub", a.Name, b.Name)
	}
	if permutations < 1 {
		return fmt.Errorf("%d permutations make no test", permutations)
	}
	for _, m := range []*matrix.Labelled{a, b} {
		if err := m.CheckSymmetric(1e-9); err != nil {
			return err
		}
		for at, reason := range m.MissingCells() {
			if at[0] != at[1] {
				return fmt.Errorf("matrix %q has no (%q, %q): %s", m.Name, m.Rows[at[0]], m.Cols[at[1]], reason)
			}
		}
	}
	return nil
}

// square spreads the cells above the diagonal, row by row, over a symmetric n x n matrix.
func square(upper []float64, n int, diagonal float64) []float64 {
	out := make([]float64, n*n)
	k := 0
	for i := range n {
		out[i*n+i] = diagonal
		for j := i + 1; j < n; j++ {
			out[i*n+j], out[j*n+i] = upper[k], upper[k]
			k++
		}
	}
	return out
}

// fewestForRV is the least number of benchmarks whose permutations give different RVs.
const fewestForRV = 3

// RVTest compares two cross-product matrices.
type RVTest struct {
	Raw          Estimate // RV in [0, 1] for positive semi-definite matrices; Null is its exact permutation mean
	Adjusted     Estimate // (RV - E) / (1 - E): 0 is chance, 1 is equality
	Permutations int
	Exact        bool
}

// RV is the vector correlation tr(S T) / sqrt(tr S^2 tr T^2) of two double-centred cross-product matrices (Escoufier
// 1973). Its mean over permutations of labels is E = tr S tr T / ((B-1) sqrt(tr S^2 tr T^2)) (Kazi-Aoual et al. 1995),
// which nears 1 for matrices of many equal dimensions: the adjusted value takes it out.
func RV(s, t *matrix.Labelled, permutations int, rng *rand.Rand) (RVTest, error) {
	n := len(s.Rows)
	method := fmt.Sprintf("RV of double-centred cross-products of %d benchmarks, one-sided (greater)", n)
	if err := checkMatrices(s, t, permutations); err != nil {
		return RVTest{}, err
	}
	for _, m := range []*matrix.Labelled{s, t} {
		if err := centred(m); err != nil {
			return RVTest{}, err
		}
	}
	norm := linalg.Norm(s.Data) * linalg.Norm(t.Data)
	if norm == 0 || n < fewestForRV {
		missing := MissingEstimate("a matrix without differences, or of fewer than "+wording.Spelt(fewestForRV)+
			" benchmarks, has no RV", n, method)
		return RVTest{Raw: missing, Adjusted: missing}, nil
	}
	rv := linalg.Dot(s.Data, t.Data) / norm
	expected := trace(s.Data, n) * trace(t.Data, n) / (float64(n-1) * norm)
	test := permuteLabels(s.Data, t.Data, n, permutations, rng, rv, func(inner float64) float64 { return inner / norm }, method)
	out := RVTest{Raw: test.Estimate.WithNull(expected), Permutations: test.Permutations, Exact: test.Exact}
	if expected > 1-1e-9 {
		out.Adjusted = MissingEstimate("every permutation gives an RV of 1", n, method)
		return out, nil
	}
	out.Adjusted = NewEstimate((rv-expected)/(1-expected), n, "adjusted "+test.Estimate.Method).
		WithP(*test.Estimate.P).WithNull(0).Warn(exchangeable)
	return out, nil
}

func centred(m *matrix.Labelled) error {
	n := len(m.Rows)
	scale := linalg.Norm(m.Data)
	for i := range n {
		if math.Abs(linalg.Mean(m.Data[i*n:(i+1)*n])) > 1e-9*scale {
			return fmt.Errorf("matrix %q is not double-centred at %q", m.Name, m.Rows[i])
		}
	}
	return nil
}

func trace(a []float64, n int) float64 {
	var sum float64
	for i := range n {
		sum += a[i*n+i]
	}
	return sum
}
