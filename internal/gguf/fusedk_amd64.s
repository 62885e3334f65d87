#include "textflag.h"
#include "fused_amd64.h"

DATA ·nibble<>+0(SB)/4, $0x0000000f
GLOBL ·nibble<>(SB), RODATA|NOPTR, $4
DATA ·sixteen<>+0(SB)/4, $0x00000010
GLOBL ·sixteen<>(SB), RODATA|NOPTR, $4
DATA ·sixBits<>+0(SB)/4, $0x3f3f3f3f
GLOBL ·sixBits<>(SB), RODATA|NOPTR, $4
DATA ·nibbles<>+0(SB)/4, $0x0f0f0f0f
GLOBL ·nibbles<>(SB), RODATA|NOPTR, $4
DATA ·highPairs<>+0(SB)/4, $0x30303030
GLOBL ·highPairs<>(SB), RODATA|NOPTR, $4
DATA ·sixBit<>+0(SB)/4, $0x0000003f
GLOBL ·sixBit<>(SB), RODATA|NOPTR, $4
DATA ·highOfPairs<>+0(SB)/4, $0xaaaaaaaa
GLOBL ·highOfPairs<>(SB), RODATA|NOPTR, $4
DATA ·sixUnder<>+0(SB)/4, $0x3c000000
GLOBL ·sixUnder<>(SB), RODATA|NOPTR, $4
DATA ·sixTop<>+0(SB)/4, $0xc0000000
GLOBL ·sixTop<>(SB), RODATA|NOPTR, $4
DATA ·two26<>+0(SB)/4, $0x32800000 // 2^-26
GLOBL ·two26<>(SB), RODATA|NOPTR, $4

// Kernels of super-blocks of 256.

// What Q4_K and Q5_K keep behind the first 512 bytes: four scales and four minima of the rows, a byte each, the same of the
// other four blocks, and what the super-block multiplies scales and minima by.
#define K_HEADER \
	TRANSPOSE(0, 512); \
	VMOVDQU 512(SP), Y7; \
	VMOVDQU 544(SP), Y8; \
	LOWER(Y7, Y8); \
	WIDEN(Y10, Y11); \
	UPPER(Y7, Y8); \
	WIDEN(Y12, Y13); \
	VMOVUPS Y10, 768(SP); \
	VMOVUPS Y11, 800(SP); \
	VMOVUPS Y12, 832(SP); \
	VMOVUPS Y13, 864(SP); \
	SIX_BITS(576, 640, 704, 512); \
	SIX_BITS(608, 672, 736, 544)

// SIX_BITS unpacks 12 bytes of each of eight rows.
#define SIX_BITS(first, second, third, to) \
	VMOVDQU (first)(SP), Y2; \
	VMOVDQU (second)(SP), Y3; \
	VMOVDQU (third)(SP), Y4; \
	VPBROADCASTD ·sixBits<>(SB), Y5; \
	VPAND Y5, Y2, Y6; \
	VPAND Y5, Y3, Y7; \
	VMOVDQU Y6, (to)(SP); \
	VMOVDQU Y7, (to+64)(SP); \
	VPBROADCASTD ·nibbles<>(SB), Y5; \
	VPAND Y5, Y4, Y6; \
	VPSRLD $4, Y4, Y4; \
	VPAND Y5, Y4, Y7; \
	VPBROADCASTD ·highPairs<>(SB), Y5; \
	VPSRLD $2, Y2, Y2; \
	VPSRLD $2, Y3, Y3; \
	VPAND Y5, Y2, Y2; \
	VPAND Y5, Y3, Y3; \
	VPOR Y2, Y6, Y6; \
	VPOR Y3, Y7, Y7; \
	VMOVDQU Y6, (to+128)(SP); \
	VMOVDQU Y7, (to+192)(SP)

// K_SCALES takes the next scales and minima.
#define K_SCALES \
	VPBROADCASTD ·sixBit<>(SB), Y6; \
	NEXT_SCALE(0, 768, Y10); \
	NEXT_SCALE(32, 800, Y11); \
	NEXT_SCALE(64, 832, Y12); \
	NEXT_SCALE(96, 864, Y13)

#define NEXT_SCALE(place, factor, to) \
	VMOVDQU (place)(DI), Y2; \
	VPAND Y6, Y2, Y3; \
	VCVTDQ2PS Y3, Y3; \
	VMULPS (factor)(SP), Y3, to; \
	VPSRLD $8, Y2, Y2; \
	VMOVDQU Y2, (place)(DI)

#define BODY_Q4_K(EMIT, step) \
	VPBROADCASTD ·nibble<>(SB), Y14; \
block: \
	K_HEADER; \
	LEAQ 512(SP), DI; \
	MOVQ $4, R14; \
pair: \
	TRANSPOSE(16, 0); \
	TRANSPOSE(16+16, 256); \
	K_SCALES; \
	MOVQ SP, BX; \
	MOVQ $8, SI; \
low: \
	COLUMN; \
	TAKE(Y14); \
	SCALE_SUB; \
	EMIT(0); \
	SHIFT(VPSRLD, 8); \
	MASK(Y14); \
	SCALE_SUB; \
	EMIT(1); \
	SHIFT(VPSRLD, 16); \
	MASK(Y14); \
	SCALE_SUB; \
	EMIT(2); \
	SHIFT(VPSRLD, 24); \
	MASK(Y14); \
	SCALE_SUB; \
	EMIT(3); \
	ADDQ $64, BX; \
	ADDQ $step, DX; \
	DECQ SI; \
	JNZ low; \
	K_SCALES; \
	MOVQ SP, BX; \
	MOVQ $8, SI; \
high: \
	COLUMN; \
	SHIFT(VPSRLD, 4); \
	MASK(Y14); \
	SCALE_SUB; \
	EMIT(0); \
	SHIFT(VPSRLD, 12); \
	MASK(Y14); \
	SCALE_SUB; \
	EMIT(1); \
	SHIFT(VPSRLD, 20); \
	MASK(Y14); \
	SCALE_SUB; \
	EMIT(2); \
	SHIFT(VPSRLD, 28); \
	SCALE_SUB; \
	EMIT(3); \
	ADDQ $64, BX; \
	ADDQ $step, DX; \
	DECQ SI; \
	JNZ high; \
	ADVANCE(32); \
	DECQ R14; \
	JZ done; \
	CMPQ R14, $2; \
	JNE pair; \
	ADDQ $128, DI; \
	JMP pair; \
done: \
	ADVANCE(16); \
	DECQ CX; \
	JNZ block

// func dotQ4_K(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ4_K(SB), 0, $896-40
	ARGUMENTS
	ZERO
	BODY_Q4_K(SUM, 16)
	RESULT
	RET

// func panelQ4_K(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ4_K(SB), 0, $896-32
	ARGUMENTS
	BODY_Q4_K(KEEP, 256)
	VZEROUPPER
	RET

// Q5_K keeps the high bits behind all that; those of the next block come first in their bytes.
#define BODY_Q5_K(EMIT, step) \
	VPBROADCASTD ·nibble<>(SB), Y14; \
	VPBROADCASTD ·sixteen<>(SB), Y15; \
block: \
	K_HEADER; \
	TRANSPOSE(16, 896); \
	TRANSPOSE(32, 1152); \
	LEAQ 512(SP), DI; \
	MOVQ $4, R14; \
pair: \
	TRANSPOSE(48, 0); \
	TRANSPOSE(48+16, 256); \
	K_SCALES; \
	MOVQ SP, BX; \
	MOVQ $8, SI; \
low: \
	COLUMN; \
	VMOVDQU 896(BX), Y8; \
	VMOVDQU 928(BX), Y9; \
	TAKE(Y14); \
	BIT(VPSLLD, 4); \
	SCALE_SUB; \
	EMIT(0); \
	SHIFT(VPSRLD, 8); \
	MASK(Y14); \
	BIT(VPSRLD, 4); \
	SCALE_SUB; \
	EMIT(1); \
	SHIFT(VPSRLD, 16); \
	MASK(Y14); \
	BIT(VPSRLD, 12); \
	SCALE_SUB; \
	EMIT(2); \
	SHIFT(VPSRLD, 24); \
	MASK(Y14); \
	BIT(VPSRLD, 20); \
	SCALE_SUB; \
	EMIT(3); \
	VPSRLD $1, Y8, Y8; \
	VPSRLD $1, Y9, Y9; \
	VMOVDQU Y8, 896(BX); \
	VMOVDQU Y9, 928(BX); \
	ADDQ $64, BX; \
	ADDQ $step, DX; \
	DECQ SI; \
	JNZ low; \
	K_SCALES; \
	MOVQ SP, BX; \
	MOVQ $8, SI; \
high: \
	COLUMN; \
	VMOVDQU 896(BX), Y8; \
	VMOVDQU 928(BX), Y9; \
	SHIFT(VPSRLD, 4); \
	MASK(Y14); \
	BIT(VPSLLD, 4); \
	SCALE_SUB; \
	EMIT(0); \
	SHIFT(VPSRLD, 12); \
	MASK(Y14); \
	BIT(VPSRLD, 4); \
	SCALE_SUB; \
	EMIT(1); \
	SHIFT(VPSRLD, 20); \
	MASK(Y14); \
	BIT(VPSRLD, 12); \
	SCALE_SUB; \
	EMIT(2); \
	SHIFT(VPSRLD, 28); \
	MASK(Y14); \
	BIT(VPSRLD, 20); \
	SCALE_SUB; \
	EMIT(3); \
	VPSRLD $1, Y8, Y8; \
	VPSRLD $1, Y9, Y9; \
	VMOVDQU Y8, 896(BX); \
	VMOVDQU Y9, 928(BX); \
	ADDQ $64, BX; \
	ADDQ $step, DX; \
	DECQ SI; \
	JNZ high; \
	ADVANCE(32); \
	DECQ R14; \
	JZ done; \
	CMPQ R14, $2; \
	JNE pair; \
	ADDQ $128, DI; \
	JMP pair; \
done: \
	ADVANCE(48); \
	DECQ CX; \
	JNZ block

// func dotQ5_K(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ5_K(SB), 0, $1408-40
	ARGUMENTS
	ZERO
	BODY_Q5_K(SUM, 16)
	RESULT
	RET

// func panelQ5_K(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ5_K(SB), 0, $1408-32
	ARGUMENTS
	BODY_Q5_K(KEEP, 256)
	VZEROUPPER
	RET

// Q6_K: a number less 32 is its six bits with the first one turned, signed; at the top of a lane, 2^26 times that. Kept are 64
// bytes of low halves, all high bits from 1024 on, the scales from 2048 on, and what these are multiplied by.
#define SIGNED_SCALE \
	VMOVDQU (R14), Y2; \
	VMOVDQU 32(R14), Y3; \
	VPSLLD $24, Y2, Y4; \
	VPSLLD $24, Y3, Y5; \
	VPSRAD $24, Y4, Y4; \
	VPSRAD $24, Y5, Y5; \
	VCVTDQ2PS Y4, Y4; \
	VCVTDQ2PS Y5, Y5; \
	VMULPS 2304(SP), Y4, Y10; \
	VMULPS 2336(SP), Y5, Y11; \
	VPSRLD $8, Y2, Y2; \
	VPSRLD $8, Y3, Y3; \
	VMOVDQU Y2, (R14); \
	VMOVDQU Y3, 32(R14)

#define Q6_K_HEADER \
	TRANSPOSE(194, 2048); \
	VMOVDQU 2240(SP), Y7; \
	VMOVDQU 2272(SP), Y8; \
	UPPER(Y7, Y8); \
	WIDEN(Y10, Y11); \
	VBROADCASTSS ·two26<>(SB), Y6; \
	VMULPS Y6, Y10, Y10; \
	VMULPS Y6, Y11, Y11; \
	VMOVUPS Y10, 2304(SP); \
	VMOVUPS Y11, 2336(SP); \
	TRANSPOSE(192, 2048); \
	TRANSPOSE(128, 1024); \
	TRANSPOSE(144, 1280); \
	TRANSPOSE(160, 1536); \
	TRANSPOSE(176, 1792); \
	VPBROADCASTD ·highOfPairs<>(SB), Y6; \
	LEAQ 1024(SP), DI; \
	MOVQ $32, SI; \
turn: \
	VPXOR (DI), Y6, Y7; \
	VMOVDQU Y7, (DI); \
	ADDQ $32, DI; \
	DECQ SI; \
	JNZ turn; \
	LEAQ 1024(SP), DI; \
	LEAQ 2048(SP), R14

#define BODY_Q6_K(EMIT, step) \
	VPBROADCASTD ·sixUnder<>(SB), Y14; \
	VPBROADCASTD ·sixTop<>(SB), Y15; \
block: \
	Q6_K_HEADER; \
part: \
	TRANSPOSE(0, 0); \
	TRANSPOSE(16, 256); \
	TRANSPOSE(32, 512); \
	TRANSPOSE(48, 768); \
	MOVQ SP, BX; \
	MOVQ $16, SI; \
low: \
	TESTQ $3, SI; \
	JNZ lowSame; \
	SIGNED_SCALE; \
	CMPQ SI, $8; \
	JNE lowSame; \
	SUBQ $512, DI; \
lowSame: \
	VMOVDQU (DI), Y8; \
	VMOVDQU 32(DI), Y9; \
	COLUMN; \
	SHIFT(VPSLLD, 26); \
	MASK(Y14); \
	BIT(VPSLLD, 30); \
	SCALE; \
	EMIT(0); \
	SHIFT(VPSLLD, 18); \
	MASK(Y14); \
	BIT(VPSLLD, 22); \
	SCALE; \
	EMIT(1); \
	SHIFT(VPSLLD, 10); \
	MASK(Y14); \
	BIT(VPSLLD, 14); \
	SCALE; \
	EMIT(2); \
	SHIFT(VPSLLD, 2); \
	MASK(Y14); \
	BIT(VPSLLD, 6); \
	SCALE; \
	EMIT(3); \
	VPSRLD $2, Y8, Y8; \
	VPSRLD $2, Y9, Y9; \
	VMOVDQU Y8, (DI); \
	VMOVDQU Y9, 32(DI); \
	ADDQ $64, DI; \
	ADDQ $64, BX; \
	ADDQ $step, DX; \
	DECQ SI; \
	JNZ low; \
	ADDQ $64, R14; \
	MOVQ SP, BX; \
	MOVQ $16, SI; \
high: \
	TESTQ $3, SI; \
	JNZ highSame; \
	SIGNED_SCALE; \
	TESTQ $7, SI; \
	JNE highSame; \
	SUBQ $512, DI; \
highSame: \
	VMOVDQU (DI), Y8; \
	VMOVDQU 32(DI), Y9; \
	COLUMN; \
	SHIFT(VPSLLD, 22); \
	MASK(Y14); \
	BIT(VPSLLD, 30); \
	SCALE; \
	EMIT(0); \
	SHIFT(VPSLLD, 14); \
	MASK(Y14); \
	BIT(VPSLLD, 22); \
	SCALE; \
	EMIT(1); \
	SHIFT(VPSLLD, 6); \
	MASK(Y14); \
	BIT(VPSLLD, 14); \
	SCALE; \
	EMIT(2); \
	SHIFT(VPSRLD, 2); \
	MASK(Y14); \
	BIT(VPSLLD, 6); \
	SCALE; \
	EMIT(3); \
	VPSRLD $2, Y8, Y8; \
	VPSRLD $2, Y9, Y9; \
	VMOVDQU Y8, (DI); \
	VMOVDQU Y9, 32(DI); \
	ADDQ $64, DI; \
	ADDQ $64, BX; \
	ADDQ $step, DX; \
	DECQ SI; \
	JNZ high; \
	ADDQ $64, R14; \
	ADVANCE(64); \
	LEAQ 2304(SP), SI; \
	CMPQ R14, SI; \
	JNE part; \
	ADVANCE(82); \
	DECQ CX; \
	JNZ block

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
