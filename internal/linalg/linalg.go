// Package linalg holds the small dense algebra that several packages share: products, centring, and the eigenvectors of
// symmetric matrices. Vectors are []float64; an n x n matrix is its n*n numbers, row by row.
//
// Sums run from the first number to the last, one at a time, so that results are the same bits wherever they are computed.
// That is why these are plain loops, not gonum's, which take several numbers at once on some processors.
package linalg

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Dot is the inner product of two vectors of equal length.
func Dot(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// Norm is the Euclidean length.
func Norm(x []float64) float64 { return math.Sqrt(Dot(x, x)) }

// Normalise gives x the length 1, in place; x is not zero.
func Normalise(x []float64) {
	norm := Norm(x)
	for i := range x {
		x[i] /= norm
	}
}

// Mean is the sum over the count, NaN of nothing.
func Mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Centred returns x minus its mean.
func Centred(x []float64) []float64 {
	m := Mean(x)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - m
	}
	return out
}

// Standardised returns x centred, with sum of squares 1, so that the product of two such vectors is their correlation. x is
// not constant.
func Standardised(x []float64) []float64 {
	out := Centred(x)
	Normalise(out)
	return out
}

// DoubleCentred is J s J with J = I - 11'/n of a symmetric n x n matrix: its rows and columns have mean 0. It is exactly
// symmetric.
func DoubleCentred(s []float64, n int) []float64 {
	means := make([]float64, n)
	var grand float64
	for i := range n {
		for _, v := range s[i*n : (i+1)*n] {
			means[i] += v / float64(n)
		}
		grand += means[i] / float64(n)
	}
	out := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			v := s[i*n+j] - means[i] - means[j] + grand
			out[i*n+j], out[j*n+i] = v, v
		}
	}
	return out
}

// EigenSym returns the eigenvalues of a finite symmetric n x n matrix in descending order, and their unit vectors, whose
// signs are arbitrary.
func EigenSym(a []float64, n int) (values []float64, vectors [][]float64) {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(n, slices.Clone(a)), true) {
		panic("linalg: the eigenvalues of a finite symmetric matrix did not converge")
	}
	values = e.Values(nil)
	slices.Reverse(values)
	var q mat.Dense
	e.VectorsTo(&q)
	vectors = make([][]float64, n)
	for d := range vectors {
		vectors[d] = mat.Col(nil, n-1-d, &q)
	}
	return values, vectors
}

// EigenValues are those of EigenSym, without vectors, which take most of the time.
func EigenValues(a []float64, n int) []float64 {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(n, slices.Clone(a)), false) {
		panic("linalg: the eigenvalues of a finite symmetric matrix did not converge")
	}
	values := e.Values(nil)
	slices.Reverse(values)
	return values
}
