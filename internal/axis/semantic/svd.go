package semantic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"sdmap/internal/linalg"
)

// ritzTolerance is the residual, relative to the largest eigenvalue, below which a Ritz pair counts as found.
const ritzTolerance = 1e-10

// truncatedSVD returns U S of the k largest singular values, n x k row-major, and these values, of which fewer than k are
// returned where the rank is smaller. Each right singular vector has its largest entry in absolute value positive (the
// first of equals), so that signs follow from the data.
//
// Method: Lanczos on X'X with full reorthogonalisation from a fixed start (Golub & Van Loan 2013, section 10.1), the
// projected tridiagonal matrix by gonum's EigenSym; steps are doubled until the residual of every wanted pair is below
// ritzTolerance, at most to the number of columns, where it is a full decomposition.
func truncatedSVD(x sparse, k int) (scores, singular []float64, err error) {
	n := len(x.index)
	k = min(k, n, x.columns)
	if k < 1 {
		return nil, nil, fmt.Errorf("no singular values of a %d x %d matrix", n, x.columns)
	}
	l := newLanczos(x)
	for steps := min(x.columns, 2*k+40); ; steps = min(x.columns, 2*steps) {
		l.extend(steps)
		values, vectors, err := l.ritz(k)
		if err != nil {
			return nil, nil, err
		}
		if vectors != nil || steps == x.columns {
			if vectors == nil {
				return nil, nil, fmt.Errorf("the singular value decomposition of a %d x %d matrix did not converge", n, x.columns)
			}
			return project(x, values, vectors)
		}
	}
}

// project gives scores and singular values from eigenpairs of X'X, dropping those that are rounding only.
func project(x sparse, values []float64, vectors [][]float64) (scores, singular []float64, err error) {
	rank := 0
	for rank < len(values) && values[rank] > 1e-12*values[0] {
		rank++
	}
	if rank == 0 {
		return nil, nil, fmt.Errorf("the matrix is zero")
	}
	n := len(x.index)
	scores = make([]float64, n*rank)
	column := make([]float64, n)
	for c := range rank {
		sign, largest := 1.0, 0.0
		for _, v := range vectors[c] {
			if math.Abs(v) > largest*(1+1e-9) {
				largest, sign = math.Abs(v), math.Copysign(1, v)
			}
		}
		x.times(vectors[c], column)
		for i, v := range column {
			scores[i*rank+c] = sign * v
		}
		singular = append(singular, math.Sqrt(values[c]))
	}
	return scores, singular, nil
}

// lanczos holds an orthonormal basis in which X'X is tridiagonal.
type lanczos struct {
	x           sparse
	rng         *rand.Rand
	basis       [][]float64
	alpha, beta []float64 // diagonal, and the coupling of each step to the next
}

func newLanczos(x sparse) *lanczos {
	l := &lanczos{x: x, rng: rand.New(rand.NewPCG(1, 0))}
	l.basis = [][]float64{l.fresh()}
	return l
}

// fresh is a unit vector orthogonal to the basis; nil where the basis is complete.
func (l *lanczos) fresh() []float64 {
	for range 3 {
		v := make([]float64, l.x.columns)
		for i := range v {
			v[i] = l.rng.NormFloat64()
		}
		before := linalg.Norm(v)
		if after := l.orthogonalise(v); after > 1e-8*before {
			scale(v, 1/after)
			return v
		}
	}
	return nil
}

// orthogonalise takes the basis out of v, twice, and returns what length is left.
func (l *lanczos) orthogonalise(v []float64) float64 {
	for range 2 {
		for _, b := range l.basis {
			dot := linalg.Dot(b, v)
			for i := range v {
				v[i] -= dot * b[i]
			}
		}
	}
	return linalg.Norm(v)
}

// extend runs the recurrence until the basis has the given number of processed vectors, or cannot grow.
func (l *lanczos) extend(steps int) {
	u := make([]float64, len(l.x.index))
	for len(l.alpha) < steps && len(l.alpha) < len(l.basis) {
		q := l.basis[len(l.alpha)]
		w := make([]float64, l.x.columns)
		l.x.times(q, u)
		l.x.transposedTimes(u, w)
		alpha := linalg.Dot(q, w)
		before := linalg.Norm(w)
		after := l.orthogonalise(w)
		l.alpha = append(l.alpha, alpha)
		if after > 1e-12*max(before, 1e-300) && len(l.basis) < l.x.columns {
			scale(w, 1/after)
			l.basis, l.beta = append(l.basis, w), append(l.beta, after)
			continue
		}
		l.beta = append(l.beta, 0) // an invariant subspace: go on in what is left
		if v := l.fresh(); v != nil && len(l.basis) < l.x.columns {
			l.basis = append(l.basis, v)
		}
	}
}

// ritz returns the k largest Ritz pairs, descending, or no vectors where one has not converged.
func (l *lanczos) ritz(k int) (values []float64, vectors [][]float64, err error) {
	m := len(l.alpha)
	k = min(k, m)
	t := mat.NewSymDense(m, nil)
	for i, a := range l.alpha {
		t.SetSym(i, i, a)
		if i+1 < m {
			t.SetSym(i, i+1, l.beta[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, true) {
		return nil, nil, fmt.Errorf("the eigenvalues of a %d x %d tridiagonal matrix did not converge", m, m)
	}
	all := eigen.Values(nil)
	var s mat.Dense
	eigen.VectorsTo(&s)
	for c := range k {
		j := m - 1 - c
		if complete := m == l.x.columns; !complete && math.Abs(l.beta[m-1]*s.At(m-1, j)) > ritzTolerance*all[m-1] {
			return nil, nil, nil
		}
		values = append(values, math.Max(all[j], 0))
		v := make([]float64, l.x.columns)
		for i := range m {
			for p, b := range l.basis[i] {
				v[p] += s.At(i, j) * b
			}
		}
		vectors = append(vectors, v)
	}
	return values, vectors, nil
}

func scale(v []float64, by float64) {
	for i := range v {
		v[i] *= by
	}
}
