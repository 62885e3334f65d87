// Package matrix holds labelled matrices: the form in which axes hand their
// results to the comparison of axes, to the map and to the report.
//
// A Labelled is dense and row-major, with one label per row and column, a unit
// and, for every cell that could not be computed, the reason why. A missing
// cell is never 0 and never NaN to a reader: At says that it is missing, JSON
// says null, and Reason says why. Two codecs leave the package: a binary one
// that keeps every bit (Encode, Decode) and JSON for people and browsers.
package matrix

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
)

// Labelled is a len(Rows) x len(Cols) matrix with labels, a unit and reasons
// for missing cells. Read and write cells by At, Set and SetMissing, which keep
// Data and reasons in step: the Data of a missing cell is 0.
type Labelled struct {
	Name string   // what the numbers are, such as "performance overlap"
	Unit string   // "1" where there is none, else such as "nats" or "bits per byte"
	Rows []string // row labels, unique
	Cols []string // column labels, unique

	Data []float64 // len(Rows) * len(Cols), row-major, finite

	// Of missing cells: a table of a hundred thousand rows lacks millions of cells for the same few reasons.
	missing []uint32          // by cell: the number of its reason, from 1; 0 where it is not missing; nil where none is
	reasons []string          // by number less 1, never empty
	numbers map[string]uint32 // of reasons
}

// New returns a matrix of zeros; the labels are copied.
func New(name, unit string, rows, cols []string) *Labelled {
	return &Labelled{
		Name: name, Unit: unit,
		Rows: slices.Clone(rows), Cols: slices.Clone(cols),
		Data: make([]float64, len(rows)*len(cols)),
	}
}

// NewSquare returns a matrix of zeros with the same labels on both sides.
func NewSquare(name, unit string, labels []string) *Labelled {
	return New(name, unit, labels, labels)
}

// At returns the cell in row i and column j; false where it is missing.
func (m *Labelled) At(i, j int) (float64, bool) {
	k := m.cell(i, j)
	return m.Data[k], m.missing == nil || m.missing[k] == 0
}

// Set stores v. A v that is not finite is stored as missing, with that reason,
// so that no NaN leaves the matrix.
func (m *Labelled) Set(i, j int, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		m.SetMissing(i, j, "not a finite number ("+strconv.FormatFloat(v, 'g', -1, 64)+")")
		return
	}
	k := m.cell(i, j)
	m.Data[k] = v
	if m.missing != nil {
		m.missing[k] = 0
	}
}

// SetMissing marks a cell as missing; an empty reason becomes "not computed".
func (m *Labelled) SetMissing(i, j int, reason string) {
	if reason == "" {
		reason = "not computed"
	}
	m.setMissing(m.cell(i, j), reason)
}

func (m *Labelled) setMissing(k int, reason string) {
	if m.missing == nil {
		m.missing, m.numbers = make([]uint32, len(m.Data)), map[string]uint32{}
	}
	number, known := m.numbers[reason]
	if !known {
		m.reasons = append(m.reasons, reason)
		number = uint32(len(m.reasons))
		m.numbers[reason] = number
	}
	m.Data[k], m.missing[k] = 0, number
}

// Reason says why a cell is missing; "" where it is not.
func (m *Labelled) Reason(i, j int) string { return m.reason(m.cell(i, j)) }

func (m *Labelled) reason(k int) string {
	if m.missing == nil || m.missing[k] == 0 {
		return ""
	}
	return m.reasons[m.missing[k]-1]
}

// cell is the index of (i, j) in Data. A column outside the matrix must not
// silently become a cell of another row.
func (m *Labelled) cell(i, j int) int {
	if i < 0 || i >= len(m.Rows) || j < 0 || j >= len(m.Cols) {
		panic(fmt.Sprintf("matrix %q: cell (%d, %d) outside %d x %d", m.Name, i, j, len(m.Rows), len(m.Cols)))
	}
	return i*len(m.Cols) + j
}

// RowIndex returns the index of a row label, -1 where there is none.
func (m *Labelled) RowIndex(label string) int { return slices.Index(m.Rows, label) }

// ColIndex returns the index of a column label, -1 where there is none.
func (m *Labelled) ColIndex(label string) int { return slices.Index(m.Cols, label) }

// Row returns a copy of row i; false where one of its cells is missing.
func (m *Labelled) Row(i int) ([]float64, bool) {
	out := make([]float64, len(m.Cols))
	for j := range out {
		v, ok := m.At(i, j)
		if !ok {
			return nil, false
		}
		out[j] = v
	}
	return out, true
}

// Col returns a copy of column j; false where one of its cells is missing.
func (m *Labelled) Col(j int) ([]float64, bool) {
	out := make([]float64, len(m.Rows))
	for i := range out {
		v, ok := m.At(i, j)
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// Sub returns a copy with the given rows and columns in the given order. A
// label that the matrix lacks is an error.
func (m *Labelled) Sub(rows, cols []string) (*Labelled, error) {
	ri, err := indices(m.Name, "row", m.Rows, rows)
	if err != nil {
		return nil, err
	}
	ci, err := indices(m.Name, "column", m.Cols, cols)
	if err != nil {
		return nil, err
	}
	out := New(m.Name, m.Unit, rows, cols)
	for i, si := range ri {
		for j, sj := range ci {
			if v, ok := m.At(si, sj); ok {
				out.Set(i, j, v)
			} else {
				out.SetMissing(i, j, m.Reason(si, sj))
			}
		}
	}
	return out, nil
}

func indices(name, side string, have, want []string) ([]int, error) {
	at := make(map[string]int, len(have))
	for i, label := range have {
		at[label] = i
	}
	out := make([]int, len(want))
	for i, label := range want {
		k, ok := at[label]
		if !ok {
			return nil, fmt.Errorf("matrix %q has no %s %q", name, side, label)
		}
		out[i] = k
	}
	return out, nil
}

// MissingCells walks the missing cells in row-major order.
func (m *Labelled) MissingCells() iter.Seq2[[2]int, string] {
	return func(yield func([2]int, string) bool) {
		for k, number := range m.missing {
			if number != 0 && !yield([2]int{k / len(m.Cols), k % len(m.Cols)}, m.reasons[number-1]) {
				return
			}
		}
	}
}

// Equal reports whether two matrices have the same labels, name, unit, reasons
// and bits.
func (m *Labelled) Equal(o *Labelled) bool {
	if m.Name != o.Name || m.Unit != o.Unit ||
		!slices.Equal(m.Rows, o.Rows) || !slices.Equal(m.Cols, o.Cols) || len(m.Data) != len(o.Data) {
		return false
	}
	for k, v := range m.Data {
		if math.Float64bits(v) != math.Float64bits(o.Data[k]) || m.reason(k) != o.reason(k) {
			return false
		}
	}
	return true
}

// Validate checks what the methods keep true, for a matrix that was built by
// hand or read from a file.
func (m *Labelled) Validate() error {
	if len(m.Data) != len(m.Rows)*len(m.Cols) {
		return fmt.Errorf("matrix %q: %d numbers for %d rows and %d columns", m.Name, len(m.Data), len(m.Rows), len(m.Cols))
	}
	for _, texts := range [][]string{{m.Name, m.Unit}, m.Rows, m.Cols} {
		for _, s := range texts {
			if len(s) > maxString {
				return fmt.Errorf("matrix %.40q: a label or name of %d bytes, at most %d can be stored", m.Name, len(s),
					maxString)
			}
		}
	}
	if label, ok := duplicate(m.Rows); ok {
		return fmt.Errorf("matrix %q: row label %q occurs twice", m.Name, label)
	}
	if label, ok := duplicate(m.Cols); ok {
		return fmt.Errorf("matrix %q: column label %q occurs twice", m.Name, label)
	}
	for k, v := range m.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("matrix %q: cell (%q, %q) is not finite", m.Name, m.Rows[k/len(m.Cols)], m.Cols[k%len(m.Cols)])
		}
	}
	return m.validateMissing()
}

func (m *Labelled) validateMissing() error {
	if m.missing != nil && len(m.missing) != len(m.Data) {
		return fmt.Errorf("matrix %q: reasons of %d cells of %d", m.Name, len(m.missing), len(m.Data))
	}
	for _, reason := range m.reasons {
		if reason == "" || len(reason) > maxString {
			return fmt.Errorf("matrix %q: the reason of a missing cell is empty or too long", m.Name)
		}
	}
	for k, number := range m.missing {
		if number > uint32(len(m.reasons)) || number != 0 && m.Data[k] != 0 {
			return fmt.Errorf("matrix %q: missing cell %d holds a number, or has no reason", m.Name, k)
		}
	}
	return nil
}

func duplicate(labels []string) (string, bool) {
	seen := make(map[string]bool, len(labels))
	for _, label := range labels {
		if seen[label] {
			return label, true
		}
		seen[label] = true
	}
	return "", false
}
