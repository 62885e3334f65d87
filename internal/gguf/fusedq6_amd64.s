#include "textflag.h"
#include "fused_amd64.h"

// Kernels of Q6_K.

DATA ·highOfPairs<>+0(SB)/4, $0xaaaaaaaa
GLOBL ·highOfPairs<>(SB), RODATA|NOPTR, $4
DATA ·sixUnder<>+0(SB)/4, $0x3c000000
GLOBL ·sixUnder<>(SB), RODATA|NOPTR, $4
DATA ·sixTop<>+0(SB)/4, $0xc0000000
GLOBL ·sixTop<>(SB), RODATA|NOPTR, $4
DATA ·two26<>+0(SB)/4, $0x32800000 // 2^-26
GLOBL ·two26<>(SB), RODATA|NOPTR, $4

// Q6_K: a number less 32 is its six bits with the first one turned, signed; at the top of a lane, 2^26 times that. Kept are 64
// bytes of low halves, all high bits from 1024 on, the scales from 2048 on, and what these are multiplied by.
#define SIGNED_SCALE \
	VMOVDQU   (R14), Y2;         \
	VMOVDQU   32(R14), Y3;       \
	VPSLLD    $24, Y2, Y4;       \
	VPSLLD    $24, Y3, Y5;       \
	VPSRAD    $24, Y4, Y4;       \
	VPSRAD    $24, Y5, Y5;       \
	VCVTDQ2PS Y4, Y4;            \
	VCVTDQ2PS Y5, Y5;            \
	VMULPS    2304(SP), Y4, Y10; \
	VMULPS    2336(SP), Y5, Y11; \
	VPSRLD    $8, Y2, Y2;        \
	VPSRLD    $8, Y3, Y3;        \
	VMOVDQU   Y2, (R14);         \
	VMOVDQU   Y3, 32(R14)

#define Q6_K_HEADER \
	TRANSPOSE(194, 2048);                \
	VMOVDQU      2240(SP), Y7;           \
	VMOVDQU      2272(SP), Y8;           \
	UPPER(Y7, Y8);                       \
	WIDEN(Y10, Y11);                     \
	VBROADCASTSS ·two26<>(SB), Y6;       \
	VMULPS       Y6, Y10, Y10;           \
	VMULPS       Y6, Y11, Y11;           \
	VMOVUPS      Y10, 2304(SP);          \
	VMOVUPS      Y11, 2336(SP);          \
	TRANSPOSE(192, 2048);                \
	TRANSPOSE(128, 1024);                \
	TRANSPOSE(144, 1280);                \
	TRANSPOSE(160, 1536);                \
	TRANSPOSE(176, 1792);                \
	VPBROADCASTD ·highOfPairs<>(SB), Y6; \
	LEAQ         1024(SP), DI;           \
	MOVQ         $32, SI;                \
turn:                                 \
	VPXOR        (DI), Y6, Y7;           \
	VMOVDQU      Y7, (DI);               \
	ADDQ         $32, DI;                \
	DECQ         SI;                     \
	JNZ          turn;                   \
	LEAQ         1024(SP), DI;           \
	LEAQ         2048(SP), R14

#define BODY_Q6_K(EMIT, step) \
	VPBROADCASTD ·sixUnder<>(SB), Y14; \
	VPBROADCASTD ·sixTop<>(SB), Y15;   \
block:                              \
	Q6_K_HEADER;                       \
part:                               \
	TRANSPOSE(0, 0);                   \
	TRANSPOSE(16, 256);                \
	TRANSPOSE(32, 512);                \
	TRANSPOSE(48, 768);                \
	MOVQ         SP, BX;               \
	MOVQ         $16, SI;              \
low:                                \
	TESTQ        $3, SI;               \
	JNZ          lowSame;              \
	SIGNED_SCALE;                      \
	CMPQ         SI, $8;               \
	JNE          lowSame;              \
	SUBQ         $512, DI;             \
lowSame:                            \
	VMOVDQU      (DI), Y8;             \
	VMOVDQU      32(DI), Y9;           \
	COLUMN;                            \
	SHIFT(VPSLLD, 26);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 30);                   \
	SCALE;                             \
	EMIT(0);                           \
	SHIFT(VPSLLD, 18);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 22);                   \
	SCALE;                             \
	EMIT(1);                           \
	SHIFT(VPSLLD, 10);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 14);                   \
	SCALE;                             \
	EMIT(2);                           \
	SHIFT(VPSLLD, 2);                  \
	MASK(Y14);                         \
	BIT(VPSLLD, 6);                    \
	SCALE;                             \
	EMIT(3);                           \
	VPSRLD       $2, Y8, Y8;           \
	VPSRLD       $2, Y9, Y9;           \
	VMOVDQU      Y8, (DI);             \
	VMOVDQU      Y9, 32(DI);           \
	ADDQ         $64, DI;              \
	NEXT(step, 52);                    \
	JNZ          low;                  \
	ADDQ         $64, R14;             \
	MOVQ         SP, BX;               \
	MOVQ         $16, SI;              \
high:                               \
	TESTQ        $3, SI;               \
	JNZ          highSame;             \
	SIGNED_SCALE;                      \
	TESTQ        $7, SI;               \
	JNE          highSame;             \
	SUBQ         $512, DI;             \
highSame:                           \
	VMOVDQU      (DI), Y8;             \
	VMOVDQU      32(DI), Y9;           \
	COLUMN;                            \
	SHIFT(VPSLLD, 22);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 30);                   \
	SCALE;                             \
	EMIT(0);                           \
	SHIFT(VPSLLD, 14);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 22);                   \
	SCALE;                             \
	EMIT(1);                           \
	SHIFT(VPSLLD, 6);                  \
	MASK(Y14);                         \
	BIT(VPSLLD, 14);                   \
	SCALE;                             \
	EMIT(2);                           \
	SHIFT(VPSRLD, 2);                  \
	MASK(Y14);                         \
	BIT(VPSLLD, 6);                    \
	SCALE;                             \
	EMIT(3);                           \
	VPSRLD       $2, Y8, Y8;           \
	VPSRLD       $2, Y9, Y9;           \
	VMOVDQU      Y8, (DI);             \
	VMOVDQU      Y9, 32(DI);           \
	ADDQ         $64, DI;              \
	NEXT(step, 52);                    \
	JNZ          high;                 \
	ADDQ         $64, R14;             \
	ADVANCE(64);                       \
	LEAQ         2304(SP), SI;         \
	CMPQ         R14, SI;              \
	JNE          part;                 \
	ADVANCE(82);                       \
	DECQ         CX;                   \
	JNZ          block

// func dotQ6_K(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ6_K(SB), 0, $2368-40
	ARGUMENTS
	ZERO
	BODY_Q6_K(SUM, 16)
	RESULT
	RET

// func panelQ6_K(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ6_K(SB), 0, $2368-32
	ARGUMENTS
	BODY_Q6_K(KEEP, 256)
	VZEROUPPER
	RET
