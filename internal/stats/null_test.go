package stats

import (
	"math"
	"testing"
)

// An estimate against a simulated null has its median, its range and the share of what reaches it.
func TestAgainst(t *testing.T) {
	var null []float64
	for i := range 99 {
		null = append(null, float64(i))
	}
	e := NewEstimate(90, 5, "x").Against(null)
	if *e.Null != 49 || math.Abs(e.NullRange[0]-4.9) > 1e-9 || math.Abs(e.NullRange[1]-93.1) > 1e-9 || *e.P != 0.1 {
		t.Errorf("null %v, range %v, p %v", *e.Null, *e.NullRange, *e.P)
	}
	if e := NewEstimate(0.1, 5, "x").Against([]float64{float64(float32(0.1)), float64(float32(0.1))}); *e.P != 1 {
		t.Error("a value that is kept with fewer digits does not lie below itself: p", *e.P)
	}
	for _, e := range []Estimate{NewEstimate(1, 5, "x").Against(nil), MissingEstimate("none", 5, "x").Against(null)} {
		if e.P != nil || e.Null != nil || e.NullRange != nil {
			t.Errorf("nothing to set side by side: %+v", e)
		}
	}
}
