package gguf

// Dequantisers of the K types: super-blocks of 256 values, which are blocks of 16 or 32 with scales (and minima) of their
// own, themselves small integers times a binary16 number of the super-block. Layouts: ggml/src/ggml-common.h.
//
// In Q2_K, Q3_K and Q6_K byte l (< 32) of a half super-block of 128 holds bits of the values l, l+32, l+64 and l+96. So
// their loops take a side of a half, 16 bytes, at a time: with them go the four blocks of 16 that begin 32 values apart.

// fromQ2_K reads 16 bytes of scales (low half: scale, high half: minimum), 64 bytes of 2-bit values, d and m: 16 blocks of
// 16 with value = (d scale) q - (m minimum).
func fromQ2_K(dst []float32, src []byte) {
	var tables [4][4]float32
	for ; len(dst) > 0; dst, src = dst[256:], src[84:] {
		d, m := halfAt(src[80:]), halfAt(src[82:])
		for side := range 4 {
			part, side := side/2, side%2
			for k := range tables {
				s := src[8*part+2*k+side]
				scale, minimum := d*float32(s&15), m*float32(s>>4)
				for q := range tables[k] {
					tables[k][q] = float32(scale*float32(q)) - minimum
				}
			}
			low, y := (*[16]byte)(src[16+32*part+16*side:]), (*[112]float32)(dst[128*part+16*side:])
			for i, b := range low {
				y[i] = tables[0][b&3]
				y[i+32] = tables[1][b>>2&3]
				y[i+64] = tables[2][b>>4&3]
				y[i+96] = tables[3][b>>6]
			}
		}
	}
}

// fromQ3_K reads 32 bytes of high bits, 64 bytes of low 2 bits, 12 bytes of scales and d: 16 blocks of 16 with
// value = (d (scale - 32)) (q - 4). Byte l of the high bits holds those of the values l, l+32, ..., l+224.
func fromQ3_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[110:] {
		d := halfAt(src[108:])
		scales := sixBitScales((*[12]byte)(src[96:]))
		for side := range 4 {
			part, side := side/2, side%2
			var scale [4]float32
			for k := range scale {
				scale[k] = d * float32(scales[8*part+2*k+side])
			}
			high, low := (*[16]byte)(src[16*side:]), (*[16]byte)(src[32+32*part+16*side:])
			y := (*[112]float32)(dst[128*part+16*side:])
			for i, b := range low {
				h := high[i] >> (4 * part & 7)
				y[i] = scale[0] * float32(int32(b&3|h&1<<2)-4)
				y[i+32] = scale[1] * float32(int32(b>>2&3|h&2<<1)-4)
				y[i+64] = scale[2] * float32(int32(b>>4&3|h&4)-4)
				y[i+96] = scale[3] * float32(int32(b>>6|h&8>>1)-4)
			}
		}
	}
}

// sixBitScales unpacks the scales of Q3_K, less their offset of 32: the low 4 bits of scale j are a half of byte j mod 8,
// the high 2 bits lie in byte 8 + j mod 4.
func sixBitScales(b *[12]byte) (scales [16]int32) {
	for j := range scales {
		scales[j] = int32(b[j%8]>>(j/8*4)&15|b[8+j%4]>>(j/4*2)&3<<4) - 32
	}
	return scales
}

// fromQ4_K reads d, m, 12 bytes of scales and minima and 128 bytes of halves: 8 blocks of 32 with
// value = (d scale) q - (m minimum). Of each 32 bytes the low halves are one block, the high halves the next.
func fromQ4_K(dst []float32, src []byte) {
	var tables [2][16]float32
	for ; len(dst) > 0; dst, src = dst[256:], src[144:] {
		d, m := halfAt(src), halfAt(src[2:])
		scales := (*[12]byte)(src[4:])
		for pair := range 4 {
			for k := range tables {
				scale, minimum := scaleMin(scales, 2*pair+k, d, m)
				for q := range tables[k] {
					tables[k][q] = float32(scale*float32(q)) - minimum
				}
			}
			halves, y := (*[32]byte)(src[16+32*pair:]), (*[64]float32)(dst[64*pair:])
			for i, b := range halves {
				y[i] = tables[0][b&15]
				y[i+32] = tables[1][b>>4]
			}
		}
	}
}

// fromQ5_K reads d, m, 12 bytes of scales and minima, 32 bytes of high bits (as in Q3_K) and 128 bytes of low halves (as in
// Q4_K): value = (d scale) q - (m minimum).
func fromQ5_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[176:] {
		d, m := halfAt(src), halfAt(src[2:])
		scales, high := (*[12]byte)(src[4:]), (*[32]byte)(src[16:])
		for pair := range 4 {
			scale0, minimum0 := scaleMin(scales, 2*pair, d, m)
			scale1, minimum1 := scaleMin(scales, 2*pair+1, d, m)
			low, y := (*[32]byte)(src[48+32*pair:]), (*[64]float32)(dst[64*pair:])
			for i, b := range low {
				h := high[i] >> (2 * pair & 7)
				y[i] = float32(scale0*float32(int32(b&15|h&1<<4))) - minimum0
				y[i+32] = float32(scale1*float32(int32(b>>4|h&2<<3))) - minimum1
			}
		}
	}
}

// scaleMin is d scale and m minimum of block j in Q4_K and Q5_K, 6 bits each: those of the first four blocks are the low
// bits of the bytes j and j+4; of the others, the low 4 bits are the halves of byte j+4, and the high 2 bits are what the
// first four left over.
func scaleMin(b *[12]byte, j int, d, m float32) (scale, minimum float32) {
	if j < 4 {
		return d * float32(b[j]&63), m * float32(b[j+4]&63)
	}
	return d * float32(b[j+4]&15|b[j-4]>>6<<4), m * float32(b[j+4]>>4|b[j]>>6<<4)
}

// fromQ6_K reads 128 bytes of low halves, 64 bytes of high 2 bits, 16 signed scales and d: 16 blocks of 16 with
// value = (d scale) (q - 32). A half super-block has 64 bytes of low halves, byte l holding those of the values l and l+64.
func fromQ6_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[210:] {
		d := halfAt(src[208:])
		for side := range 4 {
			part, side := side/2, side%2
			var scale [4]float32
			for k := range scale {
				scale[k] = d * float32(int8(src[192+8*part+2*k+side]))
			}
			low, high := (*[48]byte)(src[64*part+16*side:]), (*[16]byte)(src[128+32*part+16*side:])
			y := (*[112]float32)(dst[128*part+16*side:])
			for i, h := range high {
				a, b := low[i], low[i+32]
				y[i] = scale[0] * float32(int32(a&15|h&3<<4)-32)
				y[i+32] = scale[1] * float32(int32(b&15|h>>2&3<<4)-32)
				y[i+64] = scale[2] * float32(int32(a>>4|h>>4&3<<4)-32)
				y[i+96] = scale[3] * float32(int32(b>>4|h>>6<<4)-32)
			}
		}
	}
}
