package stats

import (
	"math"

	"sdmap/internal/linalg"
)

// LeavingOut finds the first principal component of columns without some of them from the eigenvectors of all, so that one
// decomposition serves every pair that is left out.
//
// C is the correlation matrix with eigenvalues l_1 >= l_2 >= ... and unit vectors as columns of Q, F what is left out, q the
// first column of Q_F, and G(l) = sum_{d > 1} Q_Fd Q_Fd'/(l - l_d). The first eigenvalue l without F solves the secular equation
// l = l_1 - q'G(l)^-1 q (Golub 1973; the Schur complement of l - C), by Newton's method. With w = G^-1 q and H = -dG/dl, the
// products of the columns of F with the component's unnormalised scores are w/sqrt(1 + w'Hw), and over sqrt(l) correlations.
// Poles of G near l are summed one by one, the others by the powers of their expansion about the middle of the range of l, which
// Rayleigh's quotient bounds: l_1 (1 - q'q) <= l <= l_1. Not for use by several goroutines at once.
//
// GeneralOfOthers leaves out single columns only, and is faster than this where models are few; see there.
type LeavingOut struct {
	n      int
	values []float64   // eigenvalues that are not 0, descending
	q      [][]float64 // by column: its entries in their vectors
	near   int         // so many eigenvalues are summed one by one, the first among them
	middle float64     // of the range of l
	terms  int
	powers []float64 // n x n x terms: of the others' (middle - C)^-1
	solver secularOf
}

const (
	mostOut   = 6     // columns left out; more are seldom, and asked for by few sets
	mostNear  = 16    // eigenvalues summed one by one
	mostTerms = 60    // of the expansion
	fairTerms = 12    // for which no more eigenvalues are taken out of it
	secular   = 1e-11 // relative error of the expansion and of l
)

// LeaveOut prepares for leaving out one or two of the groups of columns. It is nil where the columns have no leading component
// that stays apart from the others when groups are left out; then General must be asked.
func (c *Components) LeaveOut(groups [][]int) *LeavingOut {
	d := &LeavingOut{n: len(c.z)}
	if d.n < 3 {
		return nil
	}
	d.decompose(c)
	if !d.expand(d.heaviest(groups)) {
		return nil
	}
	return d
}

// decompose takes the smaller of both product matrices.
func (d *LeavingOut) decompose(c *Components) {
	m := len(c.z[0])
	var vectors [][]float64
	if d.n <= m {
		d.values, vectors = linalg.EigenSym(c.corr, d.n)
	} else {
		d.values, vectors = linalg.EigenSym(linalg.Gram(transposed(c.z)), m)
	}
	rank := 0
	for rank < len(d.values) && d.values[rank] > 1e-12*d.values[0] {
		rank++
	}
	d.values, vectors = d.values[:rank], vectors[:rank]
	if d.n > m {
		vectors = times(vectors, transposed(c.z), d.values)
	}
	d.q = transposed(vectors)
}

// transposed turns rows into columns.
func transposed(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows[0]))
	for j := range out {
		out[j] = make([]float64, len(rows))
		for i := range rows {
			out[j][i] = rows[i][j]
		}
	}
	return out
}

// times combines rows by the weights of each vector and divides by the root of its value: the singular vectors of the other side.
func times(vectors, rows [][]float64, values []float64) [][]float64 {
	out := make([][]float64, len(vectors))
	for d, v := range vectors {
		out[d] = make([]float64, len(rows[0]))
		for j, w := range v {
			w /= math.Sqrt(values[d])
			for i, x := range rows[j] {
				out[d][i] += w * x
			}
		}
	}
	return out
}

// heaviest is the greatest share of the first vector that two groups hold.
func (d *LeavingOut) heaviest(groups [][]int) float64 {
	var first, second float64
	for _, g := range groups {
		if len(g) >= mostOut {
			continue
		}
		var s float64
		for _, j := range g {
			s += d.q[j][0] * d.q[j][0]
		}
		if s > first {
			first, second = s, first
		} else {
			second = max(second, s)
		}
	}
	return first + second
}

// expand chooses which eigenvalues are summed one by one, and makes the powers of the others.
func (d *LeavingOut) expand(share float64) bool {
	radius := d.values[0] * share / 2
	d.middle, d.terms = d.values[0]-radius, mostTerms+1
	for near := 1; near <= min(mostNear, len(d.values)) && d.terms > fairTerms; near++ {
		next := 0.0
		if near < len(d.values) {
			next = d.values[near]
		}
		if terms := termsFor(radius / (d.middle - next)); next < d.middle-radius && terms < d.terms {
			d.near, d.terms = near, terms
		}
	}
	if d.terms > mostTerms {
		return false
	}
	d.powers = make([]float64, d.n*d.n*d.terms)
	rows := make([][]float64, d.n)
	for j := range rows {
		rows[j] = make([]float64, len(d.values)-d.near)
	}
	for k := range d.terms {
		d.power(k, rows)
	}
	return true
}

// termsFor is how many terms of a geometric series leave an error of secular.
func termsFor(ratio float64) int {
	if ratio >= 1 {
		return mostTerms + 1
	}
	return 2 + int(math.Log(secular)/math.Log(ratio))
}

// power makes term k, the power k+1: what eigenvalues of 0 would give, more by what others differ from it, without the near ones.
func (d *LeavingOut) power(k int, rows [][]float64) {
	zero := math.Pow(d.middle, -float64(k+1))
	for e, v := range d.values[d.near:] {
		root := math.Sqrt(math.Max(0, math.Pow(d.middle-v, -float64(k+1))-zero))
		for j := range rows {
			rows[j][e] = root * d.q[j][d.near+e]
		}
	}
	for at, v := range linalg.Gram(rows) {
		i, j := at/d.n, at%d.n
		v -= zero * linalg.Dot(d.q[i][:d.near], d.q[j][:d.near])
		if i == j {
			v += zero
		}
		d.powers[at*d.terms+k] = v
	}
}

// Without gives the correlations of the columns that are left out with the first component of the others, all of them with one
// sign or its opposite, and that component's eigenvalue. It is false where it cannot be told from the next. The correlations
// stand until the next call.
func (d *LeavingOut) Without(out []int) (with []float64, value float64, ok bool) {
	if len(out) == 0 || len(out) > mostOut || len(out) >= d.n-1 {
		return nil, 0, false
	}
	s := &d.solver
	s.d, s.out, s.f = d, out, len(out)
	if value, ok = s.solve(); !ok {
		return nil, 0, false
	}
	length := math.Sqrt((1 + s.curve) * value)
	for i := range out {
		s.w[i] /= length
	}
	return s.w[:len(out)], value, true
}

// Scores are the unit scores of the component whose correlations with what it leaves out Without gave; its weights have a
// positive sum. c holds the columns that d was made of.
func (d *LeavingOut) Scores(c *Components, out []int, with []float64, value float64) []float64 {
	weights := make([]float64, d.n)
	for e, v := range d.values {
		var t float64
		for k, j := range out {
			t += d.q[j][e] * with[k]
		}
		t *= 1/(v-value) + 1/value
		for j := range weights {
			weights[j] += d.q[j][e] * t
		}
	}
	for k, j := range out {
		weights[j] -= with[k] / value // 0 but for rounding
	}
	orient(weights)
	g := make([]float64, len(c.z[0]))
	for j, w := range weights {
		for i, z := range c.z[j] {
			g[i] += w * z
		}
	}
	return linalg.Standardised(g)
}
