package gguf

// Dequantisers of the K types: super-blocks of 256 values, which are blocks of 16 or 32 with scales (and minima) of their
// own, themselves small integers times a binary16 number of the super-block. Layouts: ggml/src/ggml-common.h.

// fromQ2_K reads 16 bytes of scales (low half: scale, high half: minimum), 64 bytes of 2-bit values, d and m: 16 blocks of
// 16 with value = (d scale) q - (m minimum). Byte l of 32 holds the values l, l+32, l+64 and l+96 of a half super-block.
func fromQ2_K(dst []float32, src []byte) {
	var table [4]float32
	for ; len(dst) > 0; dst, src = dst[256:], src[84:] {
		d, m := halfAt(src[80:]), halfAt(src[82:])
		for block, sc := range src[:16] {
			scale, minimum := d*float32(sc&15), m*float32(sc>>4)
			for q := range table {
				table[q] = float32(scale*float32(q)) - minimum
			}
			low, y := twoBits(src[16:80], block), (*[16]float32)(dst[16*block:])
			shift := block / 2 * 2 & 6
			for i, b := range low {
				y[i] = table[b>>shift&3]
			}
		}
	}
}

// twoBits finds the bytes of a block of 16 values in Q2_K and Q3_K: 8 blocks share 32 bytes, two of them the same two bits.
func twoBits(q []byte, block int) *[16]byte { return (*[16]byte)(q[block/8*32+block%2*16:]) }

// fromQ3_K reads 32 bytes of high bits, 64 bytes of 2-bit values (as in Q2_K), 12 bytes of scales and d: 16 blocks of 16
// with value = (d (scale - 32)) (q - 4). Byte l holds the high bits of the values l, l+32, ..., l+224.
func fromQ3_K(dst []float32, src []byte) {
	var table [8]float32
	for ; len(dst) > 0; dst, src = dst[256:], src[110:] {
		d := halfAt(src[108:])
		scales := sixBitScales((*[12]byte)(src[96:]))
		for block, sc := range scales {
			scale := d * float32(int32(sc)-32)
			for q := range table {
				table[q] = scale * float32(q-4)
			}
			high, low := (*[16]byte)(src[block%2*16:]), twoBits(src[32:96], block)
			y := (*[16]float32)(dst[16*block:])
			shift, bit := block/2*2&6, block/2
			for i, b := range low {
				y[i] = table[b>>shift&3|high[i]>>bit&1<<2]
			}
		}
	}
}

// sixBitScales unpacks the scales of Q3_K: the low 4 bits of scale j are a half of byte j mod 8, the high 2 bits lie in
// byte 8 + j mod 4.
func sixBitScales(b *[12]byte) (scales [16]byte) {
	for j := range scales {
		scales[j] = b[j%8]>>(j/8*4)&15 | b[8+j%4]>>(j/4*2)&3<<4
	}
	return scales
}

// scaleMin unpacks scale and minimum j of Q4_K and Q5_K, 6 bits each: those of the first four blocks are the low bits of
// bytes j and j+4; of the others the low 4 bits are the halves of byte j+4, the high 2 bits those that the first left over.
func scaleMin(b *[12]byte, j int) (scale, minimum byte) {
	if j < 4 {
		return b[j] & 63, b[j+4] & 63
	}
	return b[j+4]&15 | b[j-4]>>6<<4, b[j+4]>>4 | b[j]>>6<<4
}

// fromQ4_K reads d, m, 12 bytes of scales and minima (see scaleMin) and 128 bytes of halves: 8 blocks of 32 with
// value = (d scale) q - (m minimum). Of each 32 bytes the low halves are one block, the high halves the next.
func fromQ4_K(dst []float32, src []byte) {
	var tables [2][16]float32
	for ; len(dst) > 0; dst, src = dst[256:], src[144:] {
		d, m := halfAt(src), halfAt(src[2:])
		scales := (*[12]byte)(src[4:])
		for pair := range 4 {
			for k := range tables {
				s, n := scaleMin(scales, 2*pair+k)
				scale, minimum := d*float32(s), m*float32(n)
				for q := range tables[k] {
					tables[k][q] = float32(scale*float32(q)) - minimum
				}
			}
			q, y := (*[32]byte)(src[16+32*pair:]), (*[64]float32)(dst[64*pair:])
			for i, b := range q {
				y[i] = tables[0][b&15]
				y[i+32] = tables[1][b>>4]
			}
		}
	}
}

// fromQ5_K reads d, m, 12 bytes of scales and minima, 32 bytes of high bits (as in Q3_K) and 128 bytes of halves (as in
// Q4_K): value = (d scale) q - (m minimum).
func fromQ5_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[176:] {
		d, m := halfAt(src), halfAt(src[2:])
		scales, high := (*[12]byte)(src[4:]), (*[32]byte)(src[16:])
		for pair := range 4 {
			s, n := scaleMin(scales, 2*pair)
			scale0, minimum0 := d*float32(s), m*float32(n)
			s, n = scaleMin(scales, 2*pair+1)
			scale1, minimum1 := d*float32(s), m*float32(n)
			q, y := (*[32]byte)(src[48+32*pair:]), (*[64]float32)(dst[64*pair:])
			for i, b := range q {
				h := high[i] >> (2 * pair)
				y[i] = float32(scale0*float32(int32(b&15|h&1<<4))) - minimum0
				y[i+32] = float32(scale1*float32(int32(b>>4|h&2<<3))) - minimum1
			}
		}
	}
}

// fromQ6_K reads 128 bytes of low halves, 64 bytes of high 2 bits, 16 signed scales and d: 16 blocks of 16 with
// value = (d scale) (q - 32). Of a half super-block, 64 bytes hold the low bits of value l in the low half of byte l (l < 64)
// or in the high half of byte l-64; byte l of 32 holds the high bits of the values l, l+32, l+64 and l+96.
func fromQ6_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[210:] {
		d := halfAt(src[208:])
		for block, sc := range src[192:208] {
			scale := d * float32(int8(sc))
			part, l := block/8, block%8*16
			low, high := (*[16]byte)(src[64*part+l%64:]), (*[16]byte)(src[128+32*part+l%32:])
			y := (*[16]float32)(dst[16*block:])
			lowShift, highShift := l/64*4, l/32*2
			for i, b := range low {
				y[i] = scale * float32(int32(b>>lowShift&15|high[i]>>highShift&3<<4)-32)
			}
		}
	}
}
