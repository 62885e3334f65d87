package stats

import "math"

// secularOf is one secular equation; see LeavingOut.
type secularOf struct {
	d     *LeavingOut
	out   []int
	f     int
	g, h  [mostOut * mostOut]float64
	w     [mostOut]float64 // G^-1 q
	pole  [mostNear]float64
	curve float64 // w'Hw
}

// solve finds the eigenvalue and leaves w and curve at it.
func (s *secularOf) solve() (value float64, ok bool) {
	first := s.d.values[0]
	value = s.d.middle
	for range 30 {
		if !s.at(value) {
			return 0, false
		}
		var phi float64
		for i, j := range s.out {
			phi += s.d.q[j][0] * s.w[i]
		}
		step := (value - first + phi) / (1 + s.curve)
		if math.Abs(step) <= secular*first {
			return value, s.leads(value)
		}
		value = math.Max(2*s.d.middle-first, math.Min(first, value-step))
	}
	return 0, false
}

// at computes G, H, w and curve for a value of l; false where G is singular.
func (s *secularOf) at(l float64) bool {
	d, x := s.d, s.d.middle-l
	for e := 1; e < d.near; e++ {
		s.pole[e] = 1 / (l - d.values[e])
	}
	for i, a := range s.out {
		for j, b := range s.out[:i+1] {
			var g, h float64
			at := (a*d.n + b) * d.terms
			for k := d.terms - 1; k >= 0; k-- {
				h, g = h*x+g, g*x+d.powers[at+k]
			}
			qa, qb := d.q[a], d.q[b]
			for e := 1; e < d.near; e++ {
				t := qa[e] * qb[e] * s.pole[e]
				g, h = g+t, h+t*s.pole[e]
			}
			s.g[i*mostOut+j], s.g[j*mostOut+i], s.h[i*mostOut+j], s.h[j*mostOut+i] = g, g, h, h
		}
	}
	if !s.eliminate() {
		return false
	}
	s.curve = 0
	for i := range s.f {
		for j := range s.f {
			s.curve += s.w[i] * s.w[j] * s.h[i*mostOut+j]
		}
	}
	return 1+s.curve > 0
}

// eliminate solves G w = q.
func (s *secularOf) eliminate() bool {
	if s.f == 2 {
		return s.eliminateTwo()
	}
	g := s.g
	for i, j := range s.out {
		s.w[i] = s.d.q[j][0]
	}
	for c := range s.f {
		p := c
		for i := c + 1; i < s.f; i++ {
			if math.Abs(g[i*mostOut+c]) > math.Abs(g[p*mostOut+c]) {
				p = i
			}
		}
		if math.Abs(g[p*mostOut+c]) < 1e-300 {
			return false
		}
		for j := c; j < s.f && p != c; j++ {
			g[c*mostOut+j], g[p*mostOut+j] = g[p*mostOut+j], g[c*mostOut+j]
		}
		s.w[c], s.w[p] = s.w[p], s.w[c]
		for i := c + 1; i < s.f; i++ {
			r := g[i*mostOut+c] / g[c*mostOut+c]
			for j := c + 1; j < s.f; j++ {
				g[i*mostOut+j] -= r * g[c*mostOut+j]
			}
			s.w[i] -= r * s.w[c]
		}
	}
	for c := s.f - 1; c >= 0; c-- {
		for j := c + 1; j < s.f; j++ {
			s.w[c] -= g[c*mostOut+j] * s.w[j]
		}
		s.w[c] /= g[c*mostOut+c]
	}
	return true
}

// eliminateTwo is eliminate by Cramer's rule.
func (s *secularOf) eliminateTwo() bool {
	aa, ab, bb := s.g[0], s.g[1], s.g[mostOut+1]
	qa, qb := s.d.q[s.out[0]][0], s.d.q[s.out[1]][0]
	det := aa*bb - ab*ab
	s.w[0], s.w[1] = (bb*qa-ab*qb)/det, (aa*qb-ab*qa)/det
	return det != 0
}

// leads says that no eigenvalue without the columns lies above l: as many do as of C, less the negative eigenvalues of the
// matrix qq'/(l - l_1) + G, which has a 0 at the solution (Haynsworth's inertia). It is certain above the second eigenvalue of
// C, and of two columns it is seen from the matrix' trace.
func (s *secularOf) leads(l float64) bool {
	above := 0
	for above < s.d.near && s.d.values[above] > l {
		above++
	}
	if above < 2 {
		return true
	}
	var trace float64
	for i, j := range s.out {
		trace += s.g[i*mostOut+i] + s.d.q[j][0]*s.d.q[j][0]/(l-s.d.values[0])
	}
	return above == 2 && s.f == 2 && trace < 0
}
