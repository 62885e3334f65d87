package matrix

import (
	"math"
	"strings"
	"testing"
)

func sample() *Labelled {
	m := New("overlap", "1", []string{"a", "b"}, []string{"x", "y", "z"})
	m.Set(0, 0, 0.1)
	m.Set(0, 1, math.Copysign(0, -1))
	m.Set(0, 2, math.SmallestNonzeroFloat64)
	m.Set(1, 0, -math.MaxFloat64)
	m.SetMissing(1, 2, "a constant vector has no correlation")
	return m
}

func TestCells(t *testing.T) {
	m := sample()
	if v, ok := m.At(0, 0); !ok || v != 0.1 {
		t.Errorf("At(0, 0) = %v, %v", v, ok)
	}
	if v, ok := m.At(1, 2); ok || v != 0 {
		t.Errorf("a missing cell reads %v, %v", v, ok)
	}
	if got := m.Reason(1, 2); got != "a constant vector has no correlation" {
		t.Errorf("Reason = %q", got)
	}
	m.Set(1, 2, 3)
	if v, ok := m.At(1, 2); !ok || v != 3 || m.Reason(1, 2) != "" {
		t.Errorf("after Set: %v, %v, %q", v, ok, m.Reason(1, 2))
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m.Set(0, 1, bad)
		if _, ok := m.At(0, 1); ok || !strings.Contains(m.Reason(0, 1), "finite") {
			t.Errorf("Set(%v) left a value", bad)
		}
	}
	m.SetMissing(0, 0, "")
	if m.Reason(0, 0) == "" {
		t.Error("a missing cell without a reason")
	}
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
}

func TestCellOutsideIsNotAnotherCell(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("column 3 of a matrix with three columns was read from the next row")
		}
	}()
	sample().At(0, 3)
}

func TestRowsAndColumns(t *testing.T) {
	m := sample()
	if _, ok := m.Row(1); ok {
		t.Error("Row returned a row with a missing cell")
	}
	row, ok := m.Row(0)
	if !ok || row[0] != 0.1 {
		t.Errorf("Row(0) = %v, %v", row, ok)
	}
	row[0] = 9
	if v, _ := m.At(0, 0); v != 0.1 {
		t.Error("Row shares memory with the matrix")
	}
	if col, ok := m.Col(0); !ok || col[1] != -math.MaxFloat64 {
		t.Errorf("Col(0) = %v, %v", col, ok)
	}
	if _, ok := m.Col(2); ok {
		t.Error("Col returned a column with a missing cell")
	}
	if m.RowIndex("b") != 1 || m.ColIndex("z") != 2 || m.RowIndex("z") != -1 {
		t.Error("label indices are wrong")
	}
}

func TestSub(t *testing.T) {
	m := sample()
	s, err := m.Sub([]string{"b", "a"}, []string{"z", "x"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Reason(0, 0) != m.Reason(1, 2) {
		t.Error("the reason did not move with its cell")
	}
	if v, ok := s.At(1, 1); !ok || v != 0.1 {
		t.Errorf("(a, x) = %v, %v", v, ok)
	}
	if _, err := m.Sub([]string{"c"}, m.Cols); err == nil || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("error does not name the label: %v", err)
	}
}

func TestSymmetric(t *testing.T) {
	m := NewSquare("s", "1", []string{"a", "b", "c"})
	m.SetSym(0, 1, 0.5)
	m.SetMissingSym(1, 2, "too few models")
	if err := m.CheckSymmetric(0); err != nil {
		t.Error(err)
	}
	pairs, values := m.UpperTriangle()
	if len(pairs) != 2 || pairs[0] != [2]int{0, 1} || values[0] != 0.5 || pairs[1] != [2]int{0, 2} {
		t.Errorf("UpperTriangle = %v, %v", pairs, values)
	}
	m.Set(2, 1, 0)
	if err := m.CheckSymmetric(0); err == nil {
		t.Error("a cell that is missing on one side only passed")
	}
	m.SetMissing(2, 1, "too few models")
	m.Data[1], m.Data[3] = math.NaN(), math.NaN()
	if err := m.CheckSymmetric(0); err == nil {
		t.Error("NaN passed")
	}
	if sample().Square() || sample().CheckSymmetric(1) == nil {
		t.Error("a 2 x 3 matrix passed as square")
	}
}

func TestValidate(t *testing.T) {
	for name, break_ := range map[string]func(*Labelled){
		"short data":      func(m *Labelled) { m.Data = m.Data[:3] },
		"twice":           func(m *Labelled) { m.Rows[1] = "a" },
		"NaN":             func(m *Labelled) { m.Data[0] = math.NaN() },
		"too few reasons": func(m *Labelled) { m.missing = m.missing[:3] },
		"no such reason":  func(m *Labelled) { m.missing[5] = 9 },
		"missing not 0":   func(m *Labelled) { m.missing[0] = 1 },
		"endless label":   func(m *Labelled) { m.Cols[0] = strings.Repeat("x", maxString+1) },
		"reason is empty": func(m *Labelled) { m.reasons[0] = "" },
	} {
		m := sample()
		break_(m)
		if m.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
