#include "textflag.h"
#include "wide_amd64.h"

// Q6_K. Its super-blocks are read as in fusedq6_amd64.s. In the frame lie 64 bytes of low halves, those of the second strip 1024
// bytes behind, from 2048 on the high bits, likewise, and from 4096 on what scales are multiplied by.
//
//	Z24 to Z27  scales, a byte each, in ascending order; Z28 to Z31 of the second strip

DATA ·highOfPairs<>+0(SB)/4, $0xaaaaaaaa
GLOBL ·highOfPairs<>(SB), RODATA|NOPTR, $4
DATA ·sixTop<>+0(SB)/4, $0xc0000000
GLOBL ·sixTop<>(SB), RODATA|NOPTR, $4
DATA ·sixAll<>+0(SB)/4, $0xfc000000
GLOBL ·sixAll<>(SB), RODATA|NOPTR, $4
DATA ·two26<>+0(SB)/4, $0x32800000 // 2^-26
GLOBL ·two26<>(SB), RODATA|NOPTR, $4

#define STORE(place) \
	VMOVDQU32 Z2, (place)(SP);     \
	VMOVDQU32 Z3, (place+64)(SP);  \
	VMOVDQU32 Z4, (place+128)(SP); \
	VMOVDQU32 Z5, (place+192)(SP)

#define LOWS(o, place) \
	TURN(o, Z2, Z3, Z4, Z5); \
	STORE(place)

#define HIGHS(o, place) \
	TURN(o, Z2, Z3, Z4, Z5); \
	VPXORD Z12, Z2, Z2;      \
	VPXORD Z12, Z3, Z3;      \
	VPXORD Z12, Z4, Z4;      \
	VPXORD Z12, Z5, Z5;      \
	STORE(place)

// HEADER reads all of a strip but the low halves. The last 16 bytes that are read are the last of the super-block.
#define HEADER(high, factor, s0, s1, s2, s3) \
	TURN(194, Z2, Z3, Z4, Z5);      \
	VPSRLD       $16, Z5, Z16;      \
	HALF(Z16);                      \
	VBROADCASTSS ·two26<>(SB), Z17; \
	VMULPS       Z17, Z16, Z16;     \
	VMOVUPS      Z16, (factor)(SP); \
	TURN(192, s0, s1, s2, s3);      \
	HIGHS(128, high);               \
	HIGHS(144, high+256);           \
	HIGHS(160, high+512);           \
	HIGHS(176, high+768)

#define SCALE(bytes, n, factor, to) \
	VPSLLD    $n, bytes, Z16; \
	VPSRAD    $24, Z16, Z16;  \
	VCVTDQ2PS Z16, Z16;       \
	VMULPS    (factor)(SP), Z16, to

// SIX is a step: the low four bits are brought under the two at the top.
#define SIX(op, n, high, by, i) \
	op         $n, (SI), Z16;             \
	op         $n, 1024(SI), Z17;         \
	VPSLLD     $by, (high)(SI), Z18;      \
	VPSLLD     $by, (high+1024)(SI), Z19; \
	VPTERNLOGD $0xd8, Z14, Z18, Z16;      \
	VPTERNLOGD $0xd8, Z14, Z19, Z17;      \
	VPANDD     Z15, Z16, Z16;             \
	VPANDD     Z15, Z17, Z17;             \
	VCVTDQ2PS  Z16, Z16;                  \
	VCVTDQ2PS  Z17, Z17;                  \
	TIMES;                                \
	ADD(i)

// SIXTEEN are values with a scale, the byte at bit 24-n: n0 to n3 bring the low bits to their place, and by the high ones of
// the first byte.
#define SIXTEEN(label, s, s2, n, low, high, n0, n1, n2, last, n3, by) \
	SCALE(s, n, 4096, Z10);          \
	SCALE(s2, n, 4160, Z11);         \
	LEAQ       (low)(SP), SI;        \
	MOVQ       $4, R14;              \
label:                            \
	SIX(VPSLLD, n0, high, by, 0);    \
	SIX(VPSLLD, n1, high, by-8, 1);  \
	SIX(VPSLLD, n2, high, by-16, 2); \
	SIX(last, n3, high, by-24, 3);   \
	PREFETCHT0 (R15);                \
	PREFETCHT0 64(R15);              \
	ADDQ       BX, R15;              \
	ADDQ       $64, SI;              \
	ADDQ       $16, DX;              \
	DECQ       R14;                  \
	JNZ        label

// PART is half a super-block.
#define PART(l0, l1, l2, l3, h0, h1, h2, h3, s, t, s2, t2, bits) \
	LOWS(0, 0);                                                      \
	LOWS(16, 256);                                                   \
	LOWS(32, 512);                                                   \
	LOWS(48, 768);                                                   \
	MOVE(ADDQ, DI);                                                  \
	LOWS(0, 1024);                                                   \
	LOWS(16, 1280);                                                  \
	LOWS(32, 1536);                                                  \
	LOWS(48, 1792);                                                  \
	MOVE(SUBQ, DI);                                                  \
	SIXTEEN(l0, s, s2, 24, 0, bits, 26, 18, 10, VPSLLD, 2, 30);      \
	SIXTEEN(l1, s, s2, 16, 256, bits, 26, 18, 10, VPSLLD, 2, 30);    \
	SIXTEEN(l2, s, s2, 8, 512, bits-512, 26, 18, 10, VPSLLD, 2, 28); \
	SIXTEEN(l3, s, s2, 0, 768, bits-512, 26, 18, 10, VPSLLD, 2, 28); \
	SIXTEEN(h0, t, t2, 24, 0, bits, 22, 14, 6, VPSRLD, 2, 26);       \
	SIXTEEN(h1, t, t2, 16, 256, bits, 22, 14, 6, VPSRLD, 2, 26);     \
	SIXTEEN(h2, t, t2, 8, 512, bits-512, 22, 14, 6, VPSRLD, 2, 24);  \
	SIXTEEN(h3, t, t2, 0, 768, bits-512, 22, 14, 6, VPSRLD, 2, 24)

// func wideQ6_K(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ6_K(SB), 0, $4224-40
	BEGIN
	VPBROADCASTD ·sixTop<>(SB), Z14
	VPBROADCASTD ·sixAll<>(SB), Z15
	MOVQ         $105, BX

block:
	VPBROADCASTD ·highOfPairs<>(SB), Z12
	HEADER(2048, 4096, Z24, Z25, Z26, Z27)
	MOVE(ADDQ, DI)
	HEADER(3072, 4160, Z28, Z29, Z30, Z31)
	MOVE(SUBQ, DI)
	PART(l0, l1, l2, l3, h0, h1, h2, h3, Z24, Z25, Z28, Z29, 2048)
	MOVE(ADDQ, $64)
	PART(m0, m1, m2, m3, k0, k1, k2, k3, Z26, Z27, Z30, Z31, 2560)
	MOVE(ADDQ, $146)
	DECQ CX
	JNZ  block

	END
	RET
