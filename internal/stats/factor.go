package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"sdmap/internal/linalg"
)

// Components holds k standardised columns of length m and their correlations, from which general factors are taken with
// some columns left out.
type Components struct {
	z    [][]float64 // k columns, mean 0, sum of squares 1
	corr []float64   // k x k, row-major
}

// Factor is the first principal component of standardised columns.
type Factor struct {
	Scores   []float64 // m, mean 0 and variance 1 (n - 1)
	Loadings []float64 // one for each column that took part: its correlation with the scores
	Share    float64   // of the variance
	Columns  int       // k, the columns behind it
}

// NewComponents standardises columns of equal length. A constant column is an error that names it.
func NewComponents(columns [][]float64) (*Components, error) {
	c := &Components{z: make([][]float64, len(columns))}
	for j, x := range columns {
		if err := checkPair(x, columns[0], 3); err != nil {
			return nil, fmt.Errorf("column %d: %w", j, err)
		}
		c.z[j] = linalg.Standardised(x)
	}
	c.corr = linalg.Gram(c.z)
	return c, nil
}

// Len is how many columns there are.
func (c *Components) Len() int {
	if c == nil {
		return 0
	}
	return len(c.z)
}

// Column is one of them, standardised.
func (c *Components) Column(j int) []float64 { return c.z[j] }

// Correlation is that of two columns.
func (c *Components) Correlation(i, j int) float64 { return c.corr[i*len(c.z)+j] }

// General is the first principal component of the columns that are not left out, its sign such that the loadings have a
// positive sum.
func (c *Components) General(leaveOut ...int) (Factor, error) {
	var keep []int
	for j := range c.z {
		if !slices.Contains(leaveOut, j) {
			keep = append(keep, j)
		}
	}
	k := len(keep)
	if k < 2 {
		return Factor{}, fmt.Errorf("a general factor needs two columns, %d are left: %w", k, ErrTooFew)
	}
	corr := make([]float64, k*k)
	for i, a := range keep {
		for j, b := range keep {
			corr[i*k+j] = c.corr[a*len(c.z)+b]
		}
	}
	value, v := firstEigen(corr, k)
	orient(v)
	m := len(c.z[0])
	f := Factor{Scores: make([]float64, m), Loadings: v, Share: value / float64(k), Columns: k}
	for j, a := range keep {
		for i, z := range c.z[a] {
			f.Scores[i] += v[j] * z
		}
	}
	scale := math.Sqrt(float64(m-1) / value) // z'z = 1, so the scores' sum of squares is the eigenvalue
	for i := range f.Scores {
		f.Scores[i] *= scale
	}
	for j := range v {
		v[j] *= math.Sqrt(value)
	}
	return f, nil
}

// GeneralFactor is the first principal component of all columns.
func GeneralFactor(columns [][]float64) (Factor, error) {
	c, err := NewComponents(columns)
	if err != nil {
		return Factor{}, err
	}
	return c.General()
}

// orient makes the sum positive; where it is 0 within rounding, the first entry that is not.
func orient(v []float64) {
	var sum float64
	for _, x := range v {
		sum += x
	}
	if math.Abs(sum) < 1e-12 {
		i := slices.IndexFunc(v, func(x float64) bool { return math.Abs(x) > 1e-12 })
		sum = v[max(i, 0)]
	}
	if sum < 0 {
		for i := range v {
			v[i] = -v[i]
		}
	}
}

// firstEigen is the largest eigenvalue of a symmetric positive semi-definite k x k matrix and its unit vector: power
// iteration, which a dominant general factor ends in a few steps, else the full decomposition. An eigenvalue whose square
// is more than half of the sum of all squares is the largest, whatever the start was.
func firstEigen(a []float64, k int) (float64, []float64) {
	v, next := make([]float64, k), make([]float64, k)
	for i := range v { // not symmetric, so that no plain pattern is orthogonal to it
		v[i] = 1 + float64(i)/float64(8*k)
	}
	half := linalg.Dot(a, a) / 2
	for range 200 {
		linalg.Normalise(v)
		for i := range next {
			next[i] = linalg.Dot(a[i*k:(i+1)*k], v)
		}
		value := linalg.Dot(v, next)
		var residual float64
		for i := range next {
			residual += (next[i] - value*v[i]) * (next[i] - value*v[i])
		}
		if math.Sqrt(residual) < 1e-13*value && value*value > half {
			return value, v
		}
		v, next = next, v
	}
	values, vectors := linalg.EigenSym(a, k)
	return values[0], vectors[0]
}

// Parallel is Horn's parallel analysis: how many principal components exceed those of unrelated columns.
type Parallel struct {
	Observed []float64 // eigenvalues of the correlation matrix, descending
	Null     []float64 // the given quantile of each eigenvalue when every column is permuted on its own
	Count    int       // leading components above their null
	N        int       // replicates
}

// ParallelAnalysis permutes each column over its rows, reps times (Horn 1965; permutation form of Buja & Eyuboglu 1992).
// stream gives the random stream of a replicate.
func ParallelAnalysis(columns [][]float64, reps int, quantile float64, stream func(replicate int) *rand.Rand) (Parallel, error) {
	c, err := NewComponents(columns)
	if err != nil {
		return Parallel{}, err
	}
	k := len(columns)
	if reps < 1 || k < 1 {
		return Parallel{}, ErrTooFew
	}
	out := Parallel{N: reps}
	out.Observed = linalg.EigenValues(c.corr, k)
	null := make([][]float64, k)
	for r := range reps {
		rng := stream(r)
		shuffled := make([][]float64, k)
		for j, z := range c.z {
			shuffled[j] = slices.Clone(z)
			rng.Shuffle(len(z), func(a, b int) { shuffled[j][a], shuffled[j][b] = shuffled[j][b], shuffled[j][a] })
		}
		for j, v := range correlationValues(shuffled) {
			null[j] = append(null[j], v)
		}
	}
	for j := range null {
		q, err := Quantile(null[j], quantile)
		if err != nil {
			return Parallel{}, err
		}
		out.Null = append(out.Null, q)
	}
	for out.Count < k && out.Observed[out.Count] > out.Null[out.Count] {
		out.Count++
	}
	return out, nil
}

// correlationValues are the eigenvalues of the correlations of standardised columns, from the smaller of both product matrices.
func correlationValues(z [][]float64) []float64 {
	k, m := len(z), len(z[0])
	if k <= m {
		return linalg.EigenValues(linalg.Gram(z), k)
	}
	return append(linalg.EigenValues(linalg.Gram(transposed(z)), m), make([]float64, k-m)...)
}
