// Kernels of two strips, 32 rows, with AVX-512: a register holds the same of 16 rows, two sums run beside each other since each
// addition waits for the one before, and four or five bits choose their number from a table. The rest is as in fused_amd64.h.
//
//	R8 to R13  rows 0, 3, 6, 8, 11, 14 of a strip; DI bytes from the first to the second one
//	R15        what is fetched ahead, BX bytes further at each step
//	Z0, Z1     sums of the strips
//	Z2 to Z5   16 bytes of every row of the first strip, four in a register; Z6 to Z9 of the second
//	Z10, Z11   scales, Z12, Z13 offsets
//	Z14, Z15   the table

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
