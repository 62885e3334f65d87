#include "textflag.h"
#include "fused_amd64.h"

// Kernels of Q4_K and Q5_K.

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

// What Q4_K and Q5_K keep behind the first 512 bytes: four scales and four minima of the rows, a byte each, the same of the
// other four blocks, and what the super-block multiplies scales and minima by.
#define K_HEADER \
	TRANSPOSE(0, 512);            \
	VMOVDQU 512(SP), Y7;          \
	VMOVDQU 544(SP), Y8;          \
	LOWER(Y7, Y8);                \
	WIDEN(Y10, Y11);              \
	UPPER(Y7, Y8);                \
	WIDEN(Y12, Y13);              \
	VMOVUPS Y10, 768(SP);         \
	VMOVUPS Y11, 800(SP);         \
	VMOVUPS Y12, 832(SP);         \
	VMOVUPS Y13, 864(SP);         \
	SIX_BITS(576, 640, 704, 512); \
	SIX_BITS(608, 672, 736, 544)

// SIX_BITS unpacks 12 bytes of each of eight rows.
#define SIX_BITS(first, second, third, to) \
	VMOVDQU      (first)(SP), Y2;      \
	VMOVDQU      (second)(SP), Y3;     \
	VMOVDQU      (third)(SP), Y4;      \
	VPBROADCASTD ·sixBits<>(SB), Y5;   \
	VPAND        Y5, Y2, Y6;           \
	VPAND        Y5, Y3, Y7;           \
	VMOVDQU      Y6, (to)(SP);         \
	VMOVDQU      Y7, (to+64)(SP);      \
	VPBROADCASTD ·nibbles<>(SB), Y5;   \
	VPAND        Y5, Y4, Y6;           \
	VPSRLD       $4, Y4, Y4;           \
	VPAND        Y5, Y4, Y7;           \
	VPBROADCASTD ·highPairs<>(SB), Y5; \
	VPSRLD       $2, Y2, Y2;           \
	VPSRLD       $2, Y3, Y3;           \
	VPAND        Y5, Y2, Y2;           \
	VPAND        Y5, Y3, Y3;           \
	VPOR         Y2, Y6, Y6;           \
	VPOR         Y3, Y7, Y7;           \
	VMOVDQU      Y6, (to+128)(SP);     \
	VMOVDQU      Y7, (to+192)(SP)

// K_SCALES takes the next scales and minima.
#define K_SCALES \
	VPBROADCASTD ·sixBit<>(SB), Y6; \
	NEXT_SCALE(0, 768, Y10);        \
	NEXT_SCALE(32, 800, Y11);       \
	NEXT_SCALE(64, 832, Y12);       \
	NEXT_SCALE(96, 864, Y13)

#define NEXT_SCALE(place, factor, to) \
	VMOVDQU   (place)(DI), Y2;      \
	VPAND     Y6, Y2, Y3;           \
	VCVTDQ2PS Y3, Y3;               \
	VMULPS    (factor)(SP), Y3, to; \
	VPSRLD    $8, Y2, Y2;           \
	VMOVDQU   Y2, (place)(DI)

#define BODY_Q4_K(EMIT, step) \
	VPBROADCASTD ·nibble<>(SB), Y14; \
block:                            \
	K_HEADER;                        \
	LEAQ         512(SP), DI;        \
	MOVQ         $4, R14;            \
pair:                             \
	TRANSPOSE(16, 0);                \
	TRANSPOSE(16+16, 256);           \
	K_SCALES;                        \
	MOVQ         SP, BX;             \
	MOVQ         $8, SI;             \
low:                              \
	COLUMN;                          \
	TAKE(Y14);                       \
	SCALE_SUB;                       \
	EMIT(0);                         \
	SHIFT(VPSRLD, 8);                \
	MASK(Y14);                       \
	SCALE_SUB;                       \
	EMIT(1);                         \
	SHIFT(VPSRLD, 16);               \
	MASK(Y14);                       \
	SCALE_SUB;                       \
	EMIT(2);                         \
	SHIFT(VPSRLD, 24);               \
	MASK(Y14);                       \
	SCALE_SUB;                       \
	EMIT(3);                         \
	NEXT(step, 36);                  \
	JNZ          low;                \
	K_SCALES;                        \
	MOVQ         SP, BX;             \
	MOVQ         $8, SI;             \
high:                             \
	COLUMN;                          \
	SHIFT(VPSRLD, 4);                \
	MASK(Y14);                       \
	SCALE_SUB;                       \
	EMIT(0);                         \
	SHIFT(VPSRLD, 12);               \
	MASK(Y14);                       \
	SCALE_SUB;                       \
	EMIT(1);                         \
	SHIFT(VPSRLD, 20);               \
	MASK(Y14);                       \
	SCALE_SUB;                       \
	EMIT(2);                         \
	SHIFT(VPSRLD, 28);               \
	SCALE_SUB;                       \
	EMIT(3);                         \
	NEXT(step, 36);                  \
	JNZ          high;               \
	ADVANCE(32);                     \
	DECQ         R14;                \
	JZ           done;               \
	CMPQ         R14, $2;            \
	JNE          pair;               \
	ADDQ         $128, DI;           \
	JMP          pair;               \
done:                             \
	ADVANCE(16);                     \
	DECQ         CX;                 \
	JNZ          block



// Q5_K keeps the high bits behind all that; those of the next block come first in their bytes.
#define BODY_Q5_K(EMIT, step) \
	VPBROADCASTD ·nibble<>(SB), Y14;  \
	VPBROADCASTD ·sixteen<>(SB), Y15; \
block:                             \
	K_HEADER;                         \
	TRANSPOSE(16, 896);               \
	TRANSPOSE(32, 1152);              \
	LEAQ         512(SP), DI;         \
	MOVQ         $4, R14;             \
pair:                              \
	TRANSPOSE(48, 0);                 \
	TRANSPOSE(48+16, 256);            \
	K_SCALES;                         \
	MOVQ         SP, BX;              \
	MOVQ         $8, SI;              \
low:                               \
	COLUMN;                           \
	VMOVDQU      896(BX), Y8;         \
	VMOVDQU      928(BX), Y9;         \
	TAKE(Y14);                        \
	BIT(VPSLLD, 4);                   \
	SCALE_SUB;                        \
	EMIT(0);                          \
	SHIFT(VPSRLD, 8);                 \
	MASK(Y14);                        \
	BIT(VPSRLD, 4);                   \
	SCALE_SUB;                        \
	EMIT(1);                          \
	SHIFT(VPSRLD, 16);                \
	MASK(Y14);                        \
	BIT(VPSRLD, 12);                  \
	SCALE_SUB;                        \
	EMIT(2);                          \
	SHIFT(VPSRLD, 24);                \
	MASK(Y14);                        \
	BIT(VPSRLD, 20);                  \
	SCALE_SUB;                        \
	EMIT(3);                          \
	VPSRLD       $1, Y8, Y8;          \
	VPSRLD       $1, Y9, Y9;          \
	VMOVDQU      Y8, 896(BX);         \
	VMOVDQU      Y9, 928(BX);         \
	NEXT(step, 44);                   \
	JNZ          low;                 \
	K_SCALES;                         \
	MOVQ         SP, BX;              \
	MOVQ         $8, SI;              \
high:                              \
	COLUMN;                           \
	VMOVDQU      896(BX), Y8;         \
	VMOVDQU      928(BX), Y9;         \
	SHIFT(VPSRLD, 4);                 \
	MASK(Y14);                        \
	BIT(VPSLLD, 4);                   \
	SCALE_SUB;                        \
	EMIT(0);                          \
	SHIFT(VPSRLD, 12);                \
	MASK(Y14);                        \
	BIT(VPSRLD, 4);                   \
	SCALE_SUB;                        \
	EMIT(1);                          \
	SHIFT(VPSRLD, 20);                \
	MASK(Y14);                        \
	BIT(VPSRLD, 12);                  \
	SCALE_SUB;                        \
	EMIT(2);                          \
	SHIFT(VPSRLD, 28);                \
	MASK(Y14);                        \
	BIT(VPSRLD, 20);                  \
	SCALE_SUB;                        \
	EMIT(3);                          \
	VPSRLD       $1, Y8, Y8;          \
	VPSRLD       $1, Y9, Y9;          \
	VMOVDQU      Y8, 896(BX);         \
	VMOVDQU      Y9, 928(BX);         \
	NEXT(step, 44);                   \
	JNZ          high;                \
	ADVANCE(32);                      \
	DECQ         R14;                 \
	JZ           done;                \
	CMPQ         R14, $2;             \
	JNE          pair;                \
	ADDQ         $128, DI;            \
	JMP          pair;                \
done:                              \
	ADVANCE(48);                      \
	DECQ         CX;                  \
	JNZ          block

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
