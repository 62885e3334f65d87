package atlas

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

// CrossProduct is S = J s J with J = I - 11'/B, the double-centred overlap. For correlation-like overlaps it equals
// -1/2 J D^2 J with D^2 = 2(1 - s); a squared distance D^2 enters as the overlap -D^2/2. It may have negative
// eigenvalues (see NonNegative). A missing diagonal counts as 1, a missing cell off it is an error.
func CrossProduct(overlap *matrix.Labelled) (*matrix.Labelled, error) {
	s, err := complete(overlap)
	if err != nil {
		return nil, err
	}
	out := matrix.NewSquare("cross-product of "+overlap.Name, overlap.Unit, overlap.Rows)
	copy(out.Data, linalg.DoubleCentred(s, len(overlap.Rows)))
	return out, nil
}

// NonNegative sets the negative eigenvalues of a cross-product to 0. share is the part of the absolute eigenvalues that
// was negative: how much of the matrix no configuration of points can show.
func NonNegative(s *matrix.Labelled) (out *matrix.Labelled, share float64, err error) {
	flat, err := complete(s)
	if err != nil {
		return nil, 0, err
	}
	out = matrix.NewSquare(s.Name, s.Unit, s.Rows)
	clipped, share := nonNegative(flat, len(s.Rows))
	copy(out.Data, clipped)
	return out, share, nil
}

// complete returns the cells of a symmetric matrix, exactly symmetric.
func complete(m *matrix.Labelled) ([]float64, error) {
	if err := m.CheckSymmetric(1e-9); err != nil {
		return nil, err
	}
	n := len(m.Rows)
	s := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			v, ok := m.At(i, j)
			if !ok && i != j {
				return nil, fmt.Errorf("no overlap of %q and %q: %s", m.Rows[i], m.Rows[j], m.Reason(i, j))
			}
			if !ok {
				v = 1
			}
			s[i*n+j], s[j*n+i] = v, v
		}
	}
	return s, nil
}

// nonNegative returns a copy without negative eigenvalues, and their share of the absolute sum.
func nonNegative(s []float64, n int) ([]float64, float64) {
	out := slices.Clone(s)
	values, vectors := linalg.EigenSym(s, n)
	var negative, total float64
	for d, value := range values {
		total += math.Abs(value)
		if value >= -1e-12*math.Abs(values[0]) {
			continue
		}
		negative -= value
		for i, a := range vectors[d] {
			for j, b := range vectors[d] {
				out[i*n+j] -= value * a * b
			}
		}
	}
	if negative == 0 {
		return out, 0
	}
	return out, negative / total
}

// size is what a scaling divides by.
func size(s []float64, n int, scaling Scaling) (float64, error) {
	switch scaling {
	case Trace:
		var trace float64
		for i := range n {
			trace += s[i*n+i]
		}
		return trace, nil
	case MFA:
		values, _ := linalg.EigenSym(s, n)
		return values[0], nil
	}
	return 0, fmt.Errorf("unknown scaling %q; there are %q and %q", scaling, Trace, MFA)
}

// orient fixes the sign of a dimension: the entry of largest size is positive; of entries that are equal within 1e-9 the
// first counts.
func orient(v []float64) {
	at := 0
	for i, x := range v {
		if math.Abs(x) > math.Abs(v[at])*(1+1e-9) {
			at = i
		}
	}
	if v[at] < 0 {
		for i := range v {
			v[i] = -v[i]
		}
	}
}
