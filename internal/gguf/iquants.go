package gguf

import (
	"encoding/binary"
	"math"
)

// Dequantisers of the types whose 4-bit codes stand for numbers that are not evenly spaced.

// iq4 are the numbers of IQ4_NL and IQ4_XS (kvalues_iq4nl in ggml/src/ggml-common.h).
var iq4 = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// fp4 are twice the numbers of the 4-bit float E2M1 (kvalues_fp4): the scale of a block is halved instead. Code 8, minus
// zero, is zero.
var fp4 = [16]float32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// coded writes 32 values scale numbers[q] (see nibbles for the order of q).
func coded(y *[32]float32, q *[16]byte, scale float32, numbers *[16]float32) {
	var table [16]float32
	for i, x := range numbers {
		table[i] = scale * x
	}
	nibbles(y, q, &table)
}

// fromIQ4_NL reads blocks of a scale d and 32 codes: value = d number.
func fromIQ4_NL(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		coded((*[32]float32)(dst), (*[16]byte)(src[2:]), halfAt(src), &iq4)
	}
}

// fromIQ4_XS reads super-blocks of d, 2 bytes with the high 2 bits and 4 bytes with the low 4 bits of 8 scales, and 128
// bytes of codes: 8 blocks of 32 with value = (d (scale - 32)) number.
func fromIQ4_XS(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[136:] {
		d, high := halfAt(src), binary.LittleEndian.Uint16(src[2:])
		for block := range 8 {
			scale := int32(src[4+block/2]>>(block%2*4)&15) | int32(high>>(2*block)&3)<<4
			coded((*[32]float32)(dst[32*block:]), (*[16]byte)(src[8+16*block:]), d*float32(scale-32), &iq4)
		}
	}
}

// fromMXFP4 reads blocks of an exponent byte and 32 codes of E2M1: value = 2^(e-128) (twice the number). Source: OCP
// Microscaling Formats (MX) 1.0; as in ggml, e = 255 is no NaN.
func fromMXFP4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[17:] {
		coded((*[32]float32)(dst), (*[16]byte)(src[1:]), powerOfTwo(src[0]), &fp4)
	}
}

// powerOfTwo is 2^(e-128); the two smallest are subnormal.
func powerOfTwo(e byte) float32 {
	if e < 2 {
		return math.Float32frombits(1 << 21 << e)
	}
	return math.Float32frombits(uint32(e-1) << 23)
}
