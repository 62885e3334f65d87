package stats

import (
	"sdmap/internal/linalg"
)

// squarings bounds how often a matrix is squared on the way to its first eigenvector: 2^squarings steps of power iteration,
// which part even eigenvalues that are equal to ten digits.
const squarings = 40

// GeneralOfOthers gives, for each of k columns, the first principal component of the other columns, standardised: its scores up
// to sign and scale, which a residual does not see. Where there are fewer rows than columns it works on the rows' products and
// costs a fraction of k calls of Components.General.
//
// LeavingOut gives the same to nine digits. Both are there for their speed. Signatures are chosen again and again on thirds of
// few models: of 10 models and 30 columns this takes half as long as LeavingOut, which has a decomposition to pay for. Of 32
// models and 40 columns LeavingOut takes a fifth of the time, and it leaves out pairs.
func GeneralOfOthers(columns [][]float64) ([][]float64, error) {
	c, err := NewComponents(columns)
	if err != nil {
		return nil, err
	}
	if len(columns) < 3 {
		return nil, ErrTooFew // one other column is no general factor
	}
	out := make([][]float64, len(columns))
	m := len(columns[0])
	if m >= len(columns) {
		for j := range columns {
			f, err := c.General(j)
			if err != nil {
				return nil, err
			}
			out[j] = f.Scores
		}
		return out, nil
	}
	all := make([]float64, m*m)
	for _, z := range c.z {
		addOuter(all, z, 1)
	}
	work, next := make([]float64, m*m), make([]float64, m*m)
	for j, z := range c.z {
		copy(work, all)
		addOuter(work, z, -1)
		out[j] = firstBySquaring(work, next, m)
	}
	return out, nil
}

// addOuter adds w z z' to the lower triangle of a.
func addOuter(a, z []float64, w float64) {
	for i, x := range z {
		row := a[i*len(z):]
		for j, y := range z[:i+1] {
			row[j] += w * x * y
		}
	}
}

// firstBySquaring is the unit eigenvector of the largest eigenvalue of a positive semi-definite matrix, given by its lower
// triangle: powers of a matrix near the product of that vector with itself. Both matrices are overwritten.
func firstBySquaring(a, next []float64, m int) []float64 {
	for range squarings {
		var trace, squares float64
		for i := range m {
			trace += a[i*m+i]
			for j := range i {
				a[j*m+i] = a[i*m+j]
			}
		}
		squares = linalg.Dot(a, a)
		if squares >= trace*trace*(1-1e-15) {
			break // of rank one
		}
		for i := range m {
			row := next[i*m : i*m+i+1]
			clear(row)
			for k, x := range a[i*m : (i+1)*m] {
				x /= squares
				for j, y := range a[k*m : k*m+i+1] {
					row[j] += x * y
				}
			}
		}
		a, next = next, a
	}
	best := 0
	for i := range m {
		if a[i*m+i] > a[best*m+best] {
			best = i
		}
	}
	v := make([]float64, m)
	for j := range m {
		v[j] = a[max(best, j)*m+min(best, j)]
	}
	linalg.Normalise(v)
	return v
}
