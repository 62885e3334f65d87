package axis

import (
	"testing"

	"sdmap/internal/matrix"
)

// What stands behind a measure is what its pairs with a value rest on.
func TestUsed(t *testing.T) {
	m := matrix.NewSquare("overlap", "1", []string{"a", "b", "c"})
	m.SetSym(0, 1, .5)
	m.SetSym(0, 2, .5)
	m.SetMissingSym(1, 2, "too few")
	v := Variant{N: 148, Overlap: m}
	if least, most := v.Used(); least != 148 || most != 148 {
		t.Errorf("%d to %d without gaps", least, most)
	}
	v.Ns = []int{148, 109, 123, 109, 148, 3, 123, 3, 148}
	if least, most := v.Used(); least != 109 || most != 123 {
		t.Errorf("%d to %d, want 109 to 123", least, most)
	}
}
