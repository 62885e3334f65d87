#include "textflag.h"

// Kernels of two strips, 32 rows, with AVX-512: a register holds the same of 16 rows, two sums run beside each other since each
// addition waits for the one before, and four or five bits choose their number from a table. The rest is as in fused_amd64.h.
//
//	R8 to R13  rows 0, 3, 6, 8, 11, 14 of a strip; DI bytes from the first to the second one
//	R15        what is fetched ahead, BX bytes further at each step
//	Z0, Z1     sums of the strips
//	Z2 to Z5   16 bytes of every row of the first strip, four in a register; Z6 to Z9 of the second
//	Z10, Z11   scales, Z12, Z13 offsets
//	Z14, Z15   the table

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
// -8 to 7
DATA ·fourSigned<>+0(SB)/8, $0xc0e00000c1000000
DATA ·fourSigned<>+8(SB)/8, $0xc0a00000c0c00000
DATA ·fourSigned<>+16(SB)/8, $0xc0400000c0800000
DATA ·fourSigned<>+24(SB)/8, $0xbf800000c0000000
DATA ·fourSigned<>+32(SB)/8, $0x3f80000000000000
DATA ·fourSigned<>+40(SB)/8, $0x4040000040000000
DATA ·fourSigned<>+48(SB)/8, $0x40a0000040800000
DATA ·fourSigned<>+56(SB)/8, $0x40e0000040c00000
GLOBL ·fourSigned<>(SB), RODATA|NOPTR, $64
// -16 to 15
DATA ·fiveSigned<>+0(SB)/8, $0xc1700000c1800000
DATA ·fiveSigned<>+8(SB)/8, $0xc1500000c1600000
DATA ·fiveSigned<>+16(SB)/8, $0xc1300000c1400000
DATA ·fiveSigned<>+24(SB)/8, $0xc1100000c1200000
DATA ·fiveSigned<>+32(SB)/8, $0xc0e00000c1000000
DATA ·fiveSigned<>+40(SB)/8, $0xc0a00000c0c00000
DATA ·fiveSigned<>+48(SB)/8, $0xc0400000c0800000
DATA ·fiveSigned<>+56(SB)/8, $0xbf800000c0000000
DATA ·fiveSigned<>+64(SB)/8, $0x3f80000000000000
DATA ·fiveSigned<>+72(SB)/8, $0x4040000040000000
DATA ·fiveSigned<>+80(SB)/8, $0x40a0000040800000
DATA ·fiveSigned<>+88(SB)/8, $0x40e0000040c00000
DATA ·fiveSigned<>+96(SB)/8, $0x4110000041000000
DATA ·fiveSigned<>+104(SB)/8, $0x4130000041200000
DATA ·fiveSigned<>+112(SB)/8, $0x4150000041400000
DATA ·fiveSigned<>+120(SB)/8, $0x4170000041600000
GLOBL ·fiveSigned<>(SB), RODATA|NOPTR, $128
// The bytes of four numbers, of which one is brought to the top.
DATA ·toTop<>+0(SB)/8, $0x0480808000808080
DATA ·toTop<>+8(SB)/8, $0x0c80808008808080
DATA ·toTop<>+16(SB)/8, $0x0580808001808080
DATA ·toTop<>+24(SB)/8, $0x0d80808009808080
DATA ·toTop<>+32(SB)/8, $0x0680808002808080
DATA ·toTop<>+40(SB)/8, $0x0e8080800a808080
DATA ·toTop<>+48(SB)/8, $0x0780808003808080
DATA ·toTop<>+56(SB)/8, $0x0f8080800b808080
GLOBL ·toTop<>(SB), RODATA|NOPTR, $64
DATA ·scale24<>+0(SB)/4, $0x33800000 // 2^-24
GLOBL ·scale24<>(SB), RODATA|NOPTR, $4
DATA ·bit4<>+0(SB)/4, $0x00000010
GLOBL ·bit4<>(SB), RODATA|NOPTR, $4

#define BEGIN \
	MOVQ   n+0(FP), CX;       \
	MOVQ   rows+8(FP), R8;    \
	MOVQ   stride+16(FP), AX; \
	MOVQ   x+24(FP), DX;      \
	LEAQ   (R8)(AX*2), R9;    \
	ADDQ   AX, R9;            \
	LEAQ   (R9)(AX*2), R10;   \
	ADDQ   AX, R10;           \
	LEAQ   (R8)(AX*8), R11;   \
	LEAQ   (R9)(AX*8), R12;   \
	LEAQ   (R10)(AX*8), R13;  \
	MOVQ   AX, DI;            \
	SHLQ   $4, DI;            \
	LEAQ   (R8)(DI*2), R15;   \
	VPXORD Z0, Z0, Z0;        \
	VPXORD Z1, Z1, Z1

#define END \
	MOVQ    sums+32(FP), DI; \
	VMOVUPS Z0, (DI);        \
	VMOVUPS Z1, 64(DI);      \
	VZEROUPPER

#define MOVE(op, by) \
	op by, R8;  \
	op by, R9;  \
	op by, R10; \
	op by, R11; \
	op by, R12; \
	op by, R13

#define LOAD4(a, b, c, d, x, z) \
	VMOVDQU32    a, x;        \
	VINSERTI32X4 $1, b, z, z; \
	VINSERTI32X4 $2, c, z, z; \
	VINSERTI32X4 $3, d, z, z

// LOAD loads 16 bytes of 16 rows, every fourth one of them into a register.
#define LOAD(o) \
	LOAD4(o(R8), o(R8)(AX*4), o(R11), o(R11)(AX*4), X16, Z16);             \
	LOAD4(o(R8)(AX*1), o(R9)(AX*2), o(R11)(AX*1), o(R12)(AX*2), X17, Z17); \
	LOAD4(o(R8)(AX*2), o(R10), o(R11)(AX*2), o(R13), X18, Z18);            \
	LOAD4(o(R9), o(R10)(AX*1), o(R12), o(R13)(AX*1), X19, Z19)

// TURN has each four of them in a register.
#define TURN(o, c0, c1, c2, c3) \
	LOAD(o);                   \
	VPUNPCKLDQ  Z17, Z16, Z20; \
	VPUNPCKHDQ  Z17, Z16, Z21; \
	VPUNPCKLDQ  Z19, Z18, Z22; \
	VPUNPCKHDQ  Z19, Z18, Z23; \
	VPUNPCKLQDQ Z22, Z20, c0;  \
	VPUNPCKHQDQ Z22, Z20, c1;  \
	VPUNPCKLQDQ Z23, Z21, c2;  \
	VPUNPCKHQDQ Z23, Z21, c3

// FIRST has the first four of them.
#define FIRST(o, to) \
	LOAD(o);                   \
	VPUNPCKLDQ  Z17, Z16, Z16; \
	VPUNPCKLDQ  Z19, Z18, Z18; \
	VPUNPCKLQDQ Z18, Z16, to

// HALF makes floats of the lower halves of Z16.
#define HALF(to) \
	VPMOVDW   Z16, Y16; \
	VCVTPH2PS Y16, to

#define SCALES(to) \
	FIRST(0, Z16); \
	HALF(to)

#define OFFSETS(scale, offset) \
	FIRST(0, Z20);           \
	VMOVDQA32 Z20, Z16;      \
	HALF(scale);             \
	VPSRLD    $16, Z20, Z16; \
	HALF(offset)

// ADD adds the products of column i.
#define ADD(i) \
	VFMADD231PS.BCST (4*(i))(DX), Z16, Z0; \
	VFMADD231PS.BCST (4*(i))(DX), Z17, Z1

#define TIMES \
	VMULPS Z10, Z16, Z16; \
	VMULPS Z11, Z17, Z17

#define TIMES_PLUS \
	VFMADD213PS Z12, Z10, Z16; \
	VFMADD213PS Z13, Z11, Z17

// FOUR is a step for numbers of four bits, which begin at bit n of a and b.
#define FOUR(a, b, n, NUMBER, i) \
	VPSRLD  $n, a, Z16;    \
	VPSRLD  $n, b, Z17;    \
	VPERMPS Z14, Z16, Z16; \
	VPERMPS Z14, Z17, Z17; \
	NUMBER;                \
	ADD(i)

// NIBBLES are the steps of four bytes, of which those bits begin at bit n.
#define NIBBLES(a, b, n, NUMBER, i) \
	FOUR(a, b, n, NUMBER, i);      \
	FOUR(a, b, n+8, NUMBER, i+1);  \
	FOUR(a, b, n+16, NUMBER, i+2); \
	FOUR(a, b, n+24, NUMBER, i+3); \
	PREFETCHT0 (R15);              \
	ADDQ       BX, R15

// BLOCK32 is a block of 32 of them.
#define BLOCK32(NUMBER) \
	NIBBLES(Z2, Z6, 0, NUMBER, 0);  \
	NIBBLES(Z3, Z7, 0, NUMBER, 4);  \
	NIBBLES(Z4, Z8, 0, NUMBER, 8);  \
	NIBBLES(Z5, Z9, 0, NUMBER, 12); \
	NIBBLES(Z2, Z6, 4, NUMBER, 16); \
	NIBBLES(Z3, Z7, 4, NUMBER, 20); \
	NIBBLES(Z4, Z8, 4, NUMBER, 24); \
	NIBBLES(Z5, Z9, 4, NUMBER, 28); \
	ADDQ $128, DX

// func wideQ4_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ4_0(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS ·fourSigned<>(SB), Z14
	MOVQ    $72, BX

block:
	SCALES(Z10)
	TURN(2, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	SCALES(Z11)
	TURN(2, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	BLOCK32(TIMES)
	MOVE(ADDQ, $18)
	DECQ CX
	JNZ  block

	END
	RET

// func wideQ4_1(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ4_1(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS ·fourBits<>(SB), Z14
	MOVQ    $80, BX

block:
	OFFSETS(Z10, Z12)
	TURN(4, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	OFFSETS(Z11, Z13)
	TURN(4, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	BLOCK32(TIMES_PLUS)
	MOVE(ADDQ, $20)
	DECQ CX
	JNZ  block

	END
	RET

// BYTE is a step for signed bytes, as in Q8_0 of fused_amd64.s.
#define BYTE(a, b, place, i) \
	VPSHUFB   place, a, Z16; \
	VPSHUFB   place, b, Z17; \
	VCVTDQ2PS Z16, Z16;      \
	VCVTDQ2PS Z17, Z17;      \
	TIMES;                   \
	ADD(i)

#define BYTES(a, b, i) \
	BYTE(a, b, Z24, i);   \
	BYTE(a, b, Z25, i+1); \
	BYTE(a, b, Z26, i+2); \
	BYTE(a, b, Z27, i+3); \
	PREFETCHT0 (R15);     \
	PREFETCHT0 64(R15);   \
	ADDQ       BX, R15

#define BYTES16(o, i) \
	TURN(o, Z2, Z3, Z4, Z5); \
	MOVE(ADDQ, DI);          \
	TURN(o, Z6, Z7, Z8, Z9); \
	MOVE(SUBQ, DI);          \
	BYTES(Z2, Z6, i);        \
	BYTES(Z3, Z7, i+4);      \
	BYTES(Z4, Z8, i+8);      \
	BYTES(Z5, Z9, i+12)

// func wideQ8_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ8_0(SB), NOSPLIT, $0-40
	BEGIN
	VBROADCASTI32X4 ·toTop<>+0(SB), Z24
	VBROADCASTI32X4 ·toTop<>+16(SB), Z25
	VBROADCASTI32X4 ·toTop<>+32(SB), Z26
	VBROADCASTI32X4 ·toTop<>+48(SB), Z27
	VBROADCASTSS    ·scale24<>(SB), Z14
	MOVQ            $136, BX

block:
	SCALES(Z10)
	MOVE(ADDQ, DI)
	SCALES(Z11)
	MOVE(SUBQ, DI)
	VMULPS Z14, Z10, Z10
	VMULPS Z14, Z11, Z11
	BYTES16(2, 0)
	BYTES16(18, 16)
	ADDQ $128, DX
	MOVE(ADDQ, $34)
	DECQ CX
	JNZ  block

	END
	RET

// FIVE is a step for numbers of five bits: four begin at bit n of a and b, the fifth is brought to the place behind.
#define FIVE(a, b, n, op, by, i) \
	VPSRLD     $n, a, Z16;           \
	VPSRLD     $n, b, Z17;           \
	op         $by, Z28, Z18;        \
	op         $by, Z29, Z19;        \
	VPTERNLOGD $0xd8, Z30, Z18, Z16; \
	VPTERNLOGD $0xd8, Z30, Z19, Z17; \
	VPERMI2PS  Z15, Z14, Z16;        \
	VPERMI2PS  Z15, Z14, Z17;        \
	TIMES;                           \
	ADD(i)

#define FIVES(a, b, n, i) \
	FIVE(a, b, n, VPSLLD, 4, i);      \
	FIVE(a, b, n+8, VPSLLD, 3, i+1);  \
	FIVE(a, b, n+16, VPSLLD, 2, i+2); \
	FIVE(a, b, n+24, VPSLLD, 1, i+3); \
	VPSRLD     $4, Z28, Z28;          \
	VPSRLD     $4, Z29, Z29;          \
	PREFETCHT0 (R15);                 \
	ADDQ       BX, R15

// func wideQ5_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ5_0(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS      ·fiveSigned<>+0(SB), Z14
	VMOVUPS      ·fiveSigned<>+64(SB), Z15
	VPBROADCASTD ·bit4<>(SB), Z30
	MOVQ         $88, BX

block:
	SCALES(Z10)
	FIRST(2, Z28)
	TURN(6, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	SCALES(Z11)
	FIRST(2, Z29)
	TURN(6, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	FIVES(Z2, Z6, 0, 0)
	FIVES(Z3, Z7, 0, 4)
	FIVES(Z4, Z8, 0, 8)
	FIVES(Z5, Z9, 0, 12)
	FIVES(Z2, Z6, 4, 16)
	FIVES(Z3, Z7, 4, 20)
	FIVES(Z4, Z8, 4, 24)
	FIVES(Z5, Z9, 4, 28)
	ADDQ $128, DX
	MOVE(ADDQ, $22)
	DECQ CX
	JNZ  block

	END
	RET
