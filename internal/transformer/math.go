package transformer

import (
	"math"

	"sdmap/internal/simd"
)

// softmax replaces xs by exp(x - max) / sum.
func softmax(xs []float32) {
	top := maximum(xs)
	for i := range xs {
		xs[i] -= top
	}
	simd.Exp(xs)
	var sum float64
	for _, e := range xs {
		sum += float64(e)
	}
	scale := float32(1 / sum)
	for i := range xs {
		xs[i] *= scale
	}
}

// logSumExp is ln sum exp(x), summed in float64 in order.
func logSumExp(xs []float32) float64 {
	var chunk [256]float32
	top := maximum(xs)
	var sum float64
	for len(xs) > 0 {
		n := copy(chunk[:], xs)
		part := chunk[:n]
		for i := range part {
			part[i] -= top
		}
		simd.Exp(part)
		for _, e := range part {
			sum += float64(e)
		}
		xs = xs[n:]
	}
	return float64(top) + math.Log(sum)
}

func maximum(xs []float32) float32 {
	top := xs[0]
	for _, x := range xs[1:] {
		if x > top {
			top = x
		}
	}
	return top
}

// softCap replaces every x by limit tanh(x/limit), to an absolute error below 2e-7 limit; tanh(y) = 1 - 2/(exp(2y)+1).
func softCap(xs []float32, limit float64) {
	scale, top := float32(2/limit), float32(limit)
	for i := range xs {
		xs[i] *= scale
	}
	simd.Exp(xs)
	for i, e := range xs {
		xs[i] = top - 2*top/(e+1)
	}
}

// rmsNorm writes x / sqrt(mean(x^2) + epsilon) * gain to dst.
func rmsNorm(dst, x, gain []float32, epsilon float64) {
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		a, b := float64(x[i]), float64(x[i+1])
		s0 += float64(a * a)
		s1 += float64(b * b)
	}
	if i < len(x) {
		last := float64(x[i])
		s0 += float64(last * last)
	}
	scale := float32(1 / math.Sqrt((s0+s1)/float64(len(x))+epsilon))
	dst, gain = dst[:len(x)], gain[:len(x)]
	for i, v := range x {
		dst[i] = float32(v*scale) * gain[i]
	}
}

// layerNorm writes (x - mean) / sqrt(variance + epsilon) * gain + shift to dst; the variance is over len(x).
func layerNorm(dst, x, gain, shift []float32, epsilon float64) {
	var sum, square float64
	for _, v := range x {
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		d := float64(v) - mean
		square += float64(d * d)
	}
	scale := 1 / math.Sqrt(square/float64(len(x))+epsilon)
	for i, v := range x {
		dst[i] = float32(float32((float64(v)-mean)*scale)*gain[i]) + shift[i]
	}
}

// exactGELU writes x/2 (1 + erf(x / sqrt 2)) to dst, which must not overlap gate, to an absolute error below 1e-7 |x|.
//
// Source of the error function: Abramowitz and Stegun 1964, formula 7.1.26.
func exactGELU(dst, gate []float32) {
	dst = dst[:len(gate)]
	for i, g := range gate {
		dst[i] = -0.5 * g * g
	}
	simd.Exp(dst)
	for i, g := range gate {
		t := 1 / (1 + float32(float32(0.3275911/math.Sqrt2)*float32(math.Abs(float64(g)))))
		high := float32(t * (-1.453152027 + float32(t*1.061405429)))
		p := t * (0.254829592 + float32(t*(-0.284496736+float32(t*(1.421413741+high)))))
		half := 0.5 * float32(p*dst[i]) // of the error function's distance to 1
		if g > 0 {
			half = 1 - half
		}
		dst[i] = g * half
	}
}

// activate writes silu(gate) to dst, silu(x) = x / (1 + exp(-x)), or with gelu x / (1 + exp(-2u)),
// u = sqrt(2/pi) (x + 0.044715 x^3), which is GELU's tanh form 0.5 x (1 + tanh u); both times up unless it is empty. dst
// must not overlap the others.
//
// llama.cpp looks GELU up in a table of 16-bit floats on CPUs, so that its values are off by up to 5e-4 of themselves.
func activate(dst, gate, up []float32, gelu bool) {
	dst = dst[:len(gate)]
	if gelu {
		const a = -2 * 0.7978845608028654 // sqrt(2/pi)
		for i, g := range gate {
			dst[i] = a * g * (1 + float32(0.044715*g*g))
		}
	} else {
		for i, g := range gate {
			dst[i] = -g
		}
	}
	simd.Exp(dst)
	if len(up) == 0 {
		for i, g := range gate {
			dst[i] = g / (1 + dst[i])
		}
		return
	}
	up = up[:len(gate)]
	for i, g := range gate {
		dst[i] = g / (1 + dst[i]) * up[i]
	}
}
