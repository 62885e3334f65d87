package matrix

import (
	"fmt"
	"math"
	"slices"
)

// SetSym stores v at (i, j) and (j, i) of a square matrix.
func (m *Labelled) SetSym(i, j int, v float64) {
	m.Set(i, j, v)
	m.Set(j, i, v)
}

// SetMissingSym marks (i, j) and (j, i) of a square matrix as missing.
func (m *Labelled) SetMissingSym(i, j int, reason string) {
	m.SetMissing(i, j, reason)
	m.SetMissing(j, i, reason)
}

// Square reports whether rows and columns carry the same labels in the same
// order.
func (m *Labelled) Square() bool { return slices.Equal(m.Rows, m.Cols) }

// CheckSymmetric returns an error that names the first cell in which a matrix
// differs from its transpose by more than tol, or is missing on one side only. It validates the matrix first.
func (m *Labelled) CheckSymmetric(tol float64) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if !m.Square() {
		return fmt.Errorf("matrix %q: rows and columns carry different labels", m.Name)
	}
	for i := range m.Rows {
		for j := range i {
			a, okA := m.At(i, j)
			b, okB := m.At(j, i)
			if okA != okB || math.Abs(a-b) > tol {
				return fmt.Errorf("matrix %q is not symmetric at (%q, %q)", m.Name, m.Rows[i], m.Cols[j])
			}
		}
	}
	return nil
}

// UpperTriangle returns the cells above the diagonal, row by row, as pairs of
// indices and values; missing cells are left out.
func (m *Labelled) UpperTriangle() (pairs [][2]int, values []float64) {
	for i := range m.Rows {
		for j := i + 1; j < len(m.Cols); j++ {
			if v, ok := m.At(i, j); ok {
				pairs = append(pairs, [2]int{i, j})
				values = append(values, v)
			}
		}
	}
	return pairs, values
}
