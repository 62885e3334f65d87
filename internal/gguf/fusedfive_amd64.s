#include "textflag.h"
#include "fused_amd64.h"

// Kernels of Q5_0 and Q5_1.

DATA ·underTop<>+0(SB)/4, $0x78000000
GLOBL ·underTop<>(SB), RODATA|NOPTR, $4
DATA ·top<>+0(SB)/4, $0x80000000
GLOBL ·top<>(SB), RODATA|NOPTR, $4
DATA ·nibble<>+0(SB)/4, $0x0000000f
GLOBL ·nibble<>(SB), RODATA|NOPTR, $4
DATA ·sixteen<>+0(SB)/4, $0x00000010
GLOBL ·sixteen<>(SB), RODATA|NOPTR, $4
DATA ·two27<>+0(SB)/4, $0x32000000 // 2^-27
GLOBL ·two27<>(SB), RODATA|NOPTR, $4

// Q5_0: as Q4_0, with five bits at the top of a lane: the highest of them, turned, from the first register of high bits.
#define BODY_Q5_0(EMIT, step) \
	VPBROADCASTD ·underTop<>(SB), Y14; \
	VPBROADCASTD ·top<>(SB), Y15;      \
block:                              \
	SCALES(·two27<>(SB));              \
	TRANSPOSE(6, 0);                   \
	HEADERS(2, Y8, Y9);                \
	VPCMPEQD     Y6, Y6, Y6;           \
	VPXOR        Y6, Y8, Y8;           \
	VPXOR        Y6, Y9, Y9;           \
	MOVQ         SP, BX;               \
	MOVQ         $4, SI;               \
low:                                \
	COLUMN;                            \
	SHIFT(VPSLLD, 27);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 31);                   \
	SCALE;                             \
	EMIT(0);                           \
	SHIFT(VPSLLD, 19);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 30);                   \
	SCALE;                             \
	EMIT(1);                           \
	SHIFT(VPSLLD, 11);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 29);                   \
	SCALE;                             \
	EMIT(2);                           \
	SHIFT(VPSLLD, 3);                  \
	MASK(Y14);                         \
	BIT(VPSLLD, 28);                   \
	SCALE;                             \
	EMIT(3);                           \
	VPSRLD       $4, Y8, Y8;           \
	VPSRLD       $4, Y9, Y9;           \
	NEXT(step, 44);                    \
	JNZ          low;                  \
	MOVQ         SP, BX;               \
	MOVQ         $4, SI;               \
high:                               \
	COLUMN;                            \
	SHIFT(VPSLLD, 23);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 31);                   \
	SCALE;                             \
	EMIT(0);                           \
	SHIFT(VPSLLD, 15);                 \
	MASK(Y14);                         \
	BIT(VPSLLD, 30);                   \
	SCALE;                             \
	EMIT(1);                           \
	SHIFT(VPSLLD, 7);                  \
	MASK(Y14);                         \
	BIT(VPSLLD, 29);                   \
	SCALE;                             \
	EMIT(2);                           \
	SHIFT(VPSRLD, 1);                  \
	MASK(Y14);                         \
	BIT(VPSLLD, 28);                   \
	SCALE;                             \
	EMIT(3);                           \
	VPSRLD       $4, Y8, Y8;           \
	VPSRLD       $4, Y9, Y9;           \
	NEXT(step, 44);                    \
	JNZ          high;                 \
	ADVANCE(22);                       \
	DECQ         CX;                   \
	JNZ          block

// func dotQ5_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ5_0(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_Q5_0(SUM, 16)
	RESULT
	RET

// func panelQ5_0(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ5_0(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_Q5_0(KEEP, 256)
	VZEROUPPER
	RET

#define BODY_Q5_1(EMIT, step) \
	VPBROADCASTD ·nibble<>(SB), Y14;  \
	VPBROADCASTD ·sixteen<>(SB), Y15; \
block:                             \
	OFFSETS;                          \
	TRANSPOSE(8, 0);                  \
	HEADERS(4, Y8, Y9);               \
	MOVQ         SP, BX;              \
	MOVQ         $4, SI;              \
low:                               \
	COLUMN;                           \
	TAKE(Y14);                        \
	BIT(VPSLLD, 4);                   \
	SCALE_ADD;                        \
	EMIT(0);                          \
	SHIFT(VPSRLD, 8);                 \
	MASK(Y14);                        \
	BIT(VPSLLD, 3);                   \
	SCALE_ADD;                        \
	EMIT(1);                          \
	SHIFT(VPSRLD, 16);                \
	MASK(Y14);                        \
	BIT(VPSLLD, 2);                   \
	SCALE_ADD;                        \
	EMIT(2);                          \
	SHIFT(VPSRLD, 24);                \
	MASK(Y14);                        \
	BIT(VPSLLD, 1);                   \
	SCALE_ADD;                        \
	EMIT(3);                          \
	VPSRLD       $4, Y8, Y8;          \
	VPSRLD       $4, Y9, Y9;          \
	NEXT(step, 48);                   \
	JNZ          low;                 \
	MOVQ         SP, BX;              \
	MOVQ         $4, SI;              \
high:                              \
	COLUMN;                           \
	SHIFT(VPSRLD, 4);                 \
	MASK(Y14);                        \
	BIT(VPSLLD, 4);                   \
	SCALE_ADD;                        \
	EMIT(0);                          \
	SHIFT(VPSRLD, 12);                \
	MASK(Y14);                        \
	BIT(VPSLLD, 3);                   \
	SCALE_ADD;                        \
	EMIT(1);                          \
	SHIFT(VPSRLD, 20);                \
	MASK(Y14);                        \
	BIT(VPSLLD, 2);                   \
	SCALE_ADD;                        \
	EMIT(2);                          \
	SHIFT(VPSRLD, 28);                \
	MASK(Y14);                        \
	BIT(VPSLLD, 1);                   \
	SCALE_ADD;                        \
	EMIT(3);                          \
	VPSRLD       $4, Y8, Y8;          \
	VPSRLD       $4, Y9, Y9;          \
	NEXT(step, 48);                   \
	JNZ          high;                \
	ADVANCE(24);                      \
	DECQ         CX;                  \
	JNZ          block

// func dotQ5_1(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ5_1(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_Q5_1(SUM, 16)
	RESULT
	RET

// func panelQ5_1(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ5_1(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_Q5_1(KEEP, 256)
	VZEROUPPER
	RET
