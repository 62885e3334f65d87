package simd

import (
	"math"
	"testing"
)

// TestExp: both ways to compute it are within 1e-7 of math.Exp, and have the same bits.
func TestExp(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	edges := []float32{0, float32(math.Copysign(0, -1)), -inf, inf, nan, -87, 88, math.Nextafter32(-87, 0),
		math.SmallestNonzeroFloat32, math.MaxFloat32}
	xs := append([]float32{}, edges...)
	for x := float32(-90); x < 90; x += 0.00137 {
		xs = append(xs, x)
	}
	for len(xs)%8 != 5 { // some are left over
		xs = append(xs, 1)
	}
	got, portable := append([]float32{}, xs...), append([]float32{}, xs...)
	Exp(got)
	expPortable(portable)
	worst := 0.0
	for i, x := range xs {
		if math.Float32bits(got[i]) != math.Float32bits(portable[i]) && x == x {
			t.Fatalf("exp(%v) is %v, and %v without vectors", x, got[i], portable[i])
		}
		if want := math.Exp(float64(x)); x >= -87 && x <= 88 {
			worst = max(worst, math.Abs(float64(got[i])-want)/want)
		}
	}
	if worst > 1e-7 {
		t.Errorf("relative error is %v", worst)
	}
	if got[0] != 1 || got[1] != 1 || got[2] > 2e-38 || got[3] < 1e38 || got[3] == inf || got[4] == got[4] ||
		portable[4] == portable[4] {
		t.Errorf("exp of 0, -0, -Inf, Inf, NaN is %v", got[:5])
	}
	for n := range 20 { // nothing beyond the slice changes
		all := append(append([]float32{}, edges...), xs[:20]...)
		Exp(all[1 : 1+n])
		if all[0] != edges[0] || n+1 < len(edges) && all[n+1] == all[n+1] && all[n+1] != edges[n+1] {
			t.Errorf("exp of %d numbers changes others", n)
		}
	}
}
