package simd

import "math"

// Exp replaces every x by exp(x), to a relative error below 1e-7 where -87 <= x <= 88; x is clamped to that
// range, and NaN stays NaN. Method: x = n ln 2 + f with |f| <= ln(2)/2, the polynomial of Cephes' expf for exp(f) (in
// Estrin's order), times 2^n. The conversions to float32 forbid fused operations.
func Exp(xs []float32) {
	done := expVectors(xs)
	expPortable(xs[done:])
}

// The constants of Exp.
const (
	expLowest    = -87
	expHighest   = 88
	expRound     = 3 << 22 // adding it leaves an integer in the low bits
	ln2High      = 0.693359375
	ln2Low       = -2.12194440e-4
	exponentBias = 127

	expC7, expC6 = 1.9875691500e-4, 1.3981999507e-3 // of the polynomial, by power of f
	expC5, expC4 = 8.3334519073e-3, 4.1665795894e-2
	expC3, expC2 = 1.6666665459e-1, 5.0000001201e-1
)

func expPortable(xs []float32) {
	for i, x := range xs {
		if x < expLowest {
			x = expLowest
		} else if x > expHighest {
			x = expHighest
		}
		r := float32(x*math.Log2E) + expRound
		n := math.Float32bits(r)
		r -= expRound
		f := x - float32(r*ln2High) - float32(r*ln2Low)
		f2 := float32(f * f)
		high := float32(expC7*f) + expC6
		middle := float32(expC5*f) + expC4
		low := float32(expC3*f) + expC2
		p := float32((float32(float32(high*f2)+middle) * f2)) + low
		p = float32(p*f2) + f + 1
		xs[i] = p * math.Float32frombits((n+exponentBias)<<23)
	}
}
