package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// fusedStep is sum + x y, rounded once: the product is exact in float64, the sum is rounded to odd there (so that what was cut
// off still shows) and then to float32. Source: Boldo and Melquiond, Emulation of a FMA and correctly rounded sums, IEEE
// Transactions on Computers 57(4), 2008.
func fusedStep(sum, x, y float32) float32 {
	product, wide := float64(x)*float64(y), float64(sum)
	total := product + wide
	rest := total - product
	cut := (product - (total - rest)) + (wide - rest) // total + cut is exact
	if cut != 0 && math.Float64bits(total)&1 == 0 {
		total = math.Nextafter(total, math.Copysign(math.Inf(1), cut))
	}
	return float32(total)
}

// Rounding twice, which math.FMA and a conversion to float32 do, is not the same: just below the middle of two float32 numbers,
// by less than a float64 beside them can hold, it rounds up.
func TestFusedStep(t *testing.T) {
	x, y := float32(0x1p-12+0x1p-32), float32(0x1p-12-0x1p-32) // their product is 2^-24 - 2^-64
	for _, c := range []struct{ sum, x, y, want float32 }{
		{1, 0x1p-12, 0x1p-12, 1},
		{1 + 0x1p-23, 0x1p-12, 0x1p-12, 1 + 0x1p-22},
		{1 + 0x1p-23, x, y, 1 + 0x1p-23},
		{-1 - 0x1p-23, -x, y, -1 - 0x1p-23},
	} {
		if got := fusedStep(c.sum, c.x, c.y); got != c.want {
			t.Errorf("%v + %v x %v is %v, not %v", c.sum, c.x, c.y, got, c.want)
		}
	}
	if twice := float32(math.FMA(float64(x), float64(y), 1+0x1p-23)); twice == 1+0x1p-23 {
		t.Error("rounding twice gives the same")
	}
}

// TestBitsOfTheAssembly: an element is the sum in order, each step rounded once, whatever the shape and the layout.
func TestBitsOfTheAssembly(t *testing.T) {
	if Arithmetic() == "portable" {
		t.Skip("this processor has no assembly")
	}
	random := rand.New(rand.NewPCG(8, 0))
	for range 200 {
		m, n, k := 1+random.IntN(20), 1+random.IntN(50), 1+random.IntN(300)
		a, b, start := numbers(m*k, random.Uint64()), numbers(k*n, random.Uint64()), numbers(m*n, 3)
		for layout, right := range map[string]Right{"rows": Rows(b, n), "panels": Panels(pack(b, n, k, n), k)} {
			for i, got := range product(t, m, n, k, a, k, right, start) {
				want := start[i]
				for l := range k {
					want = fusedStep(want, a[i/n*k+l], b[l*n+i%n])
				}
				if math.Float32bits(got) != math.Float32bits(want) {
					t.Fatalf("%d x %d x %d, %s: element %d, %d is %v, not %v", m, n, k, layout, i/n, i%n, got, want)
				}
			}
		}
	}
}
