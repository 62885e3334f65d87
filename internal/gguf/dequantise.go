package gguf

import (
	"encoding/binary"
	"math"
)

// Dequantisers of plain numbers and of blocks of 32. Here and in kquants.go and iquants.go, each writes the whole of dst
// from exactly the bytes that hold it, by the float32 operations of ggml's dequantize_row functions in their order (source:
// ggml/src/ggml-quants.c). Where a product meets a sum, the product is converted to float32 in so many words: without that
// Go may fuse the two into one rounding on processors that can.

func fromF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func fromF16(dst []float32, src []byte) {
	if n := len(dst) &^ 7; n > 0 && haveVectors {
		_ = src[2*n-1]
		widen8(&dst[0], &src[0], n)
		dst, src = dst[n:], src[2*n:]
	}
	fromF16Singly(dst, src)
}

func fromF16Singly(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(uint16(src[2*i]) | uint16(src[2*i+1])<<8)
	}
}

func fromBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(src[2*i])<<16 | uint32(src[2*i+1])<<24)
	}
}

// half widens an IEEE 754 binary16 number. Its exponent and fraction, put into a binary32's fields, read as the number
// times 2^-112 (the difference of the two exponent biases), subnormals included; multiplying by 2^112 is exact.
func half(h uint16) float32 {
	bits := uint32(h&0x8000)<<16 | uint32(h&0x7fff)<<13
	if h&0x7c00 == 0x7c00 { // infinity or NaN: all exponent bits stay set
		return math.Float32frombits(bits | 0x7f800000)
	}
	return math.Float32frombits(bits) * 0x1p112
}

// halfAt reads a binary16 number at the beginning of b.
func halfAt(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }

// fromQ8_0 reads blocks of a scale d and 32 signed bytes q: value = q d.
func fromQ8_0(dst []float32, src []byte) {
	if n := len(dst) / 32; n > 0 && haveVectors {
		_ = src[34*n-1]
		scale32(&dst[0], &src[0], n)
		return
	}
	fromQ8_0Singly(dst, src)
}

func fromQ8_0Singly(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[34:] {
		d := halfAt(src)
		q, y := (*[32]byte)(src[2:]), (*[32]float32)(dst)
		for i, b := range q {
			y[i] = float32(int8(b)) * d
		}
	}
}

// nibbles writes 32 values that 16 bytes choose from a table: byte i names value i by its low and value i+16 by its high half.
func nibbles(y *[32]float32, q *[16]byte, table *[16]float32) {
	for i, b := range q {
		y[i] = table[b&15]
		y[i+16] = table[b>>4]
	}
}

// fromQ4_0 reads blocks of a scale d and 32 halves of bytes q (see nibbles): value = (q - 8) d.
func fromQ4_0(dst []float32, src []byte) {
	var table [16]float32
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		d := halfAt(src)
		for q := range table {
			table[q] = float32(q-8) * d
		}
		nibbles((*[32]float32)(dst), (*[16]byte)(src[2:]), &table)
	}
}

// fromQ4_1 reads blocks of a scale d, an offset m and 32 halves of bytes q: value = q d + m.
func fromQ4_1(dst []float32, src []byte) {
	var table [16]float32
	for ; len(dst) > 0; dst, src = dst[32:], src[20:] {
		d, m := halfAt(src), halfAt(src[2:])
		for q := range table {
			table[q] = float32(float32(q)*d) + m
		}
		nibbles((*[32]float32)(dst), (*[16]byte)(src[4:]), &table)
	}
}

// fromQ5_0 reads blocks of a scale d, 32 high bits (bit i is value i's) and 32 low halves of bytes: value = (q - 16) d.
func fromQ5_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[22:] {
		d, high := halfAt(src), binary.LittleEndian.Uint32(src[2:])
		low, y := (*[16]byte)(src[6:]), (*[32]float32)(dst)
		for i, b := range low {
			y[i] = float32(int32(b&15)|int32(high&1)<<4-16) * d
			y[i+16] = float32(int32(b>>4)|int32(high>>12&16)-16) * d
			high >>= 1
		}
	}
}

// fromQ5_1 reads blocks of a scale d, an offset m, 32 high bits and 32 low halves of bytes: value = q d + m.
func fromQ5_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[24:] {
		d, m, high := halfAt(src), halfAt(src[2:]), binary.LittleEndian.Uint32(src[4:])
		low, y := (*[16]byte)(src[8:]), (*[32]float32)(dst)
		for i, b := range low {
			y[i] = float32(float32(int32(b&15)|int32(high&1)<<4)*d) + m
			y[i+16] = float32(float32(int32(b>>4)|int32(high>>12&16))*d) + m
			high >>= 1
		}
	}
}
