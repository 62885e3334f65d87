#include "textflag.h"
#include "wide_amd64.h"

// Q4_K. Its super-blocks are read as in fusedq45_amd64.s; a pair of blocks, which 32 bytes hold, lies in the first 1024 bytes of
// the frame, the first strip's before the second's, and what scales and minima are multiplied by behind it.
//
//	Z24, Z25  scales and minima of the first four blocks, a byte each, Z26, Z27 of the others; Z28 to Z31 of the second strip

// 0 to 15
DATA ·fourBits<>+0(SB)/8, $0x3f80000000000000
DATA ·fourBits<>+8(SB)/8, $0x4040000040000000
DATA ·fourBits<>+16(SB)/8, $0x40a0000040800000
DATA ·fourBits<>+24(SB)/8, $0x40e0000040c00000
DATA ·fourBits<>+32(SB)/8, $0x4110000041000000
DATA ·fourBits<>+40(SB)/8, $0x4130000041200000
DATA ·fourBits<>+48(SB)/8, $0x4150000041400000
DATA ·fourBits<>+56(SB)/8, $0x4170000041600000
GLOBL ·fourBits<>(SB), RODATA|NOPTR, $64
DATA ·sixBits<>+0(SB)/4, $0x3f3f3f3f
GLOBL ·sixBits<>(SB), RODATA|NOPTR, $4
DATA ·nibbles<>+0(SB)/4, $0x0f0f0f0f
GLOBL ·nibbles<>(SB), RODATA|NOPTR, $4
DATA ·highPairs<>+0(SB)/4, $0x30303030
GLOBL ·highPairs<>(SB), RODATA|NOPTR, $4
DATA ·sixBit<>+0(SB)/4, $0x0000003f
GLOBL ·sixBit<>(SB), RODATA|NOPTR, $4

#define HEADER(place, scales, minima, scales2, minima2) \
	TURN(0, Z2, Z3, Z4, Z5);            \
	VMOVDQA32    Z2, Z16;               \
	HALF(Z20);                          \
	VPSRLD       $16, Z2, Z16;          \
	HALF(Z21);                          \
	VMOVUPS      Z20, (place)(SP);      \
	VMOVUPS      Z21, (place+64)(SP);   \
	VPBROADCASTD ·sixBits<>(SB), Z16;   \
	VPANDD       Z16, Z3, scales;       \
	VPANDD       Z16, Z4, minima;       \
	VPBROADCASTD ·nibbles<>(SB), Z16;   \
	VPANDD       Z16, Z5, scales2;      \
	VPSRLD       $4, Z5, Z5;            \
	VPANDD       Z16, Z5, minima2;      \
	VPBROADCASTD ·highPairs<>(SB), Z16; \
	VPSRLD       $2, Z3, Z3;            \
	VPSRLD       $2, Z4, Z4;            \
	VPANDD       Z16, Z3, Z3;           \
	VPANDD       Z16, Z4, Z4;           \
	VPORD        Z3, scales2, scales2;  \
	VPORD        Z4, minima2, minima2

// KEEP stores 16 bytes of all rows of a strip.
#define KEEP(o, place) \
	TURN(o, Z2, Z3, Z4, Z5);       \
	VMOVDQU32 Z2, (place)(SP);     \
	VMOVDQU32 Z3, (place+64)(SP);  \
	VMOVDQU32 Z4, (place+128)(SP); \
	VMOVDQU32 Z5, (place+192)(SP)

// SCALE takes those of the block whose bytes begin at bit n.
#define SCALE(bytes, n, place, to) \
	VPSRLD    $n, bytes, Z16; \
	VPANDD    Z15, Z16, Z16;  \
	VCVTDQ2PS Z16, Z16;       \
	VMULPS    (place)(SP), Z16, to

#define TIMES_MINUS \
	VFMSUB213PS Z12, Z10, Z16; \
	VFMSUB213PS Z13, Z11, Z17

#define BLOCK(label, s, m, s2, m2, n, half) \
	SCALE(s, n, 1024, Z10);                       \
	SCALE(m, n, 1088, Z12);                       \
	SCALE(s2, n, 1152, Z11);                      \
	SCALE(m2, n, 1216, Z13);                      \
	MOVQ SP, SI;                                  \
	MOVQ $8, R14;                                 \
label:                                         \
	NIBBLES((SI), 512(SI), half, TIMES_MINUS, 0); \
	ADDQ $64, SI;                                 \
	ADDQ $16, DX;                                 \
	DECQ R14;                                     \
	JNZ  label

#define PAIR(low, high, s, m, s2, m2, n) \
	KEEP(16, 0);                       \
	KEEP(32, 256);                     \
	MOVE(ADDQ, DI);                    \
	KEEP(16, 512);                     \
	KEEP(32, 768);                     \
	MOVE(SUBQ, DI);                    \
	BLOCK(low, s, m, s2, m2, n, 0);    \
	BLOCK(high, s, m, s2, m2, n+8, 4); \
	MOVE(ADDQ, $32)

// func wideQ4_K(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ4_K(SB), 0, $1280-40
	BEGIN
	VMOVUPS      ·fourBits<>(SB), Z14
	VPBROADCASTD ·sixBit<>(SB), Z15
	MOVQ         $72, BX

block:
	HEADER(1024, Z24, Z25, Z26, Z27)
	MOVE(ADDQ, DI)
	HEADER(1152, Z28, Z29, Z30, Z31)
	MOVE(SUBQ, DI)
	PAIR(low0, high0, Z24, Z25, Z28, Z29, 0)
	PAIR(low1, high1, Z24, Z25, Z28, Z29, 16)
	PAIR(low2, high2, Z26, Z27, Z30, Z31, 0)
	PAIR(low3, high3, Z26, Z27, Z30, Z31, 16)
	MOVE(ADDQ, $16)
	DECQ CX
	JNZ  block

	END
	RET
