#include "textflag.h"
#include "fused_amd64.h"

// Kernels of Q8_0, Q4_0 and Q4_1.

DATA ·topByte<>+0(SB)/4, $0xff000000
GLOBL ·topByte<>(SB), RODATA|NOPTR, $4
DATA ·topNibble<>+0(SB)/4, $0xf0000000
GLOBL ·topNibble<>(SB), RODATA|NOPTR, $4
DATA ·eights<>+0(SB)/4, $0x88888888
GLOBL ·eights<>(SB), RODATA|NOPTR, $4
DATA ·nibble<>+0(SB)/4, $0x0000000f
GLOBL ·nibble<>(SB), RODATA|NOPTR, $4
DATA ·two24<>+0(SB)/4, $0x33800000 // 2^-24
GLOBL ·two24<>(SB), RODATA|NOPTR, $4
DATA ·two28<>+0(SB)/4, $0x31800000 // 2^-28
GLOBL ·two28<>(SB), RODATA|NOPTR, $4

// Q8_0: a signed byte is brought to the top of its lane, which is 2^24 times the number.
#define BODY_Q8_0(EMIT, step) \
	VPBROADCASTD ·topByte<>(SB), Y14; \
block:                             \
	SCALES(·two24<>(SB));             \
	TRANSPOSE(2, 0);                  \
	TRANSPOSE(18, 256);               \
	MOVQ         SP, BX;              \
	MOVQ         $8, SI;              \
column:                            \
	COLUMN;                           \
	SHIFT(VPSLLD, 24);                \
	SCALE;                            \
	EMIT(0);                          \
	SHIFT(VPSLLD, 16);                \
	MASK(Y14);                        \
	SCALE;                            \
	EMIT(1);                          \
	SHIFT(VPSLLD, 8);                 \
	MASK(Y14);                        \
	SCALE;                            \
	EMIT(2);                          \
	TAKE(Y14);                        \
	SCALE;                            \
	EMIT(3);                          \
	NEXT(step, 68);                   \
	JNZ          column;              \
	ADVANCE(34);                      \
	DECQ         CX;                  \
	JNZ          block

// func dotQ8_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ8_0(SB), NOSPLIT, $512-40
	ARGUMENTS
	ZERO
	BODY_Q8_0(SUM, 16)
	RESULT
	RET

// func panelQ8_0(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ8_0(SB), NOSPLIT, $512-32
	ARGUMENTS
	BODY_Q8_0(KEEP, 256)
	VZEROUPPER
	RET

// Q4_0: a number less 8 is its four bits with the first one turned, signed; at the top of a lane, 2^28 times that.
#define BODY_Q4_0(EMIT, step) \
	VPBROADCASTD ·topNibble<>(SB), Y14; \
	VPBROADCASTD ·eights<>(SB), Y15;    \
block:                               \
	SCALES(·two28<>(SB));               \
	TRANSPOSE(2, 0);                    \
	MOVQ         SP, BX;                \
	MOVQ         $4, SI;                \
low:                                 \
	COLUMN;                             \
	VPXOR        Y15, Y2, Y2;           \
	VPXOR        Y15, Y3, Y3;           \
	SHIFT(VPSLLD, 28);                  \
	SCALE;                              \
	EMIT(0);                            \
	SHIFT(VPSLLD, 20);                  \
	MASK(Y14);                          \
	SCALE;                              \
	EMIT(1);                            \
	SHIFT(VPSLLD, 12);                  \
	MASK(Y14);                          \
	SCALE;                              \
	EMIT(2);                            \
	SHIFT(VPSLLD, 4);                   \
	MASK(Y14);                          \
	SCALE;                              \
	EMIT(3);                            \
	NEXT(step, 36);                     \
	JNZ          low;                   \
	MOVQ         SP, BX;                \
	MOVQ         $4, SI;                \
high:                                \
	COLUMN;                             \
	VPXOR        Y15, Y2, Y2;           \
	VPXOR        Y15, Y3, Y3;           \
	SHIFT(VPSLLD, 24);                  \
	MASK(Y14);                          \
	SCALE;                              \
	EMIT(0);                            \
	SHIFT(VPSLLD, 16);                  \
	MASK(Y14);                          \
	SCALE;                              \
	EMIT(1);                            \
	SHIFT(VPSLLD, 8);                   \
	MASK(Y14);                          \
	SCALE;                              \
	EMIT(2);                            \
	TAKE(Y14);                          \
	SCALE;                              \
	EMIT(3);                            \
	NEXT(step, 36);                     \
	JNZ          high;                  \
	ADVANCE(18);                        \
	DECQ         CX;                    \
	JNZ          block

// func dotQ4_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ4_0(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_Q4_0(SUM, 16)
	RESULT
	RET

// func panelQ4_0(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ4_0(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_Q4_0(KEEP, 256)
	VZEROUPPER
	RET

#define BODY_Q4_1(EMIT, step) \
	VPBROADCASTD ·nibble<>(SB), Y14; \
block:                            \
	OFFSETS;                         \
	TRANSPOSE(4, 0);                 \
	MOVQ         SP, BX;             \
	MOVQ         $4, SI;             \
low:                              \
	COLUMN;                          \
	TAKE(Y14);                       \
	SCALE_ADD;                       \
	EMIT(0);                         \
	SHIFT(VPSRLD, 8);                \
	MASK(Y14);                       \
	SCALE_ADD;                       \
	EMIT(1);                         \
	SHIFT(VPSRLD, 16);               \
	MASK(Y14);                       \
	SCALE_ADD;                       \
	EMIT(2);                         \
	SHIFT(VPSRLD, 24);               \
	MASK(Y14);                       \
	SCALE_ADD;                       \
	EMIT(3);                         \
	NEXT(step, 40);                  \
	JNZ          low;                \
	MOVQ         SP, BX;             \
	MOVQ         $4, SI;             \
high:                             \
	COLUMN;                          \
	SHIFT(VPSRLD, 4);                \
	MASK(Y14);                       \
	SCALE_ADD;                       \
	EMIT(0);                         \
	SHIFT(VPSRLD, 12);               \
	MASK(Y14);                       \
	SCALE_ADD;                       \
	EMIT(1);                         \
	SHIFT(VPSRLD, 20);               \
	MASK(Y14);                       \
	SCALE_ADD;                       \
	EMIT(2);                         \
	SHIFT(VPSRLD, 28);               \
	SCALE_ADD;                       \
	EMIT(3);                         \
	NEXT(step, 40);                  \
	JNZ          high;               \
	ADVANCE(20);                     \
	DECQ         CX;                 \
	JNZ          block

// func dotQ4_1(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotQ4_1(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_Q4_1(SUM, 16)
	RESULT
	RET

// func panelQ4_1(n int, rows *byte, stride int, panel *float32)
TEXT ·panelQ4_1(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_Q4_1(KEEP, 256)
	VZEROUPPER
	RET
