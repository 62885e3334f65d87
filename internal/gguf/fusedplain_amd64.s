#include "textflag.h"
#include "fused_amd64.h"

DATA ·highHalves<>+0(SB)/4, $0xffff0000
GLOBL ·highHalves<>(SB), RODATA|NOPTR, $4

// Kernels of plain numbers; a block is 16 bytes of them.

#define BODY_F16(EMIT, step) \
block:                       \
	EVEN;                       \
	TURN(0);                    \
	ODD;                        \
	TURN(32);                   \
	MOVQ     SP, BX;            \
	MOVQ     $4, SI;            \
column:                      \
	COLUMN;                     \
	VPSLLD   $16, Y3, Y4;       \
	VPBLENDW $0xaa, Y4, Y2, Y4; \
	HALVES;                     \
	EMIT(0);                    \
	VPSRLD   $16, Y2, Y4;       \
	VPBLENDW $0xaa, Y3, Y4, Y4; \
	HALVES;                     \
	EMIT(1);                    \
	NEXT(step, 64);             \
	JNZ      column;            \
	ADVANCE(16);                \
	DECQ     CX;                \
	JNZ      block

// func dotF16(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotF16(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_F16(SUM, 8)
	RESULT
	RET

// func panelF16(n int, rows *byte, stride int, panel *float32)
TEXT ·panelF16(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_F16(KEEP, 128)
	VZEROUPPER
	RET

#define BODY_BF16(EMIT, step) \
	VPBROADCASTD ·highHalves<>(SB), Y14; \
block:                                \
	TRANSPOSE(0, 0);                     \
	MOVQ         SP, BX;                 \
	MOVQ         $4, SI;                 \
column:                               \
	COLUMN;                              \
	SHIFT(VPSLLD, 16);                   \
	EMIT(0);                             \
	TAKE(Y14);                           \
	EMIT(1);                             \
	NEXT(step, 64);                      \
	JNZ          column;                 \
	ADVANCE(16);                         \
	DECQ         CX;                     \
	JNZ          block

// func dotBF16(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotBF16(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_BF16(SUM, 8)
	RESULT
	RET

// func panelBF16(n int, rows *byte, stride int, panel *float32)
TEXT ·panelBF16(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_BF16(KEEP, 128)
	VZEROUPPER
	RET

#define BODY_F32(EMIT, step) \
block:               \
	TRANSPOSE(0, 0);    \
	MOVQ    SP, BX;     \
	MOVQ    $4, SI;     \
column:              \
	VMOVDQU (BX), Y4;   \
	VMOVDQU 32(BX), Y5; \
	EMIT(0);            \
	NEXT(step, 64);     \
	JNZ     column;     \
	ADVANCE(16);        \
	DECQ    CX;         \
	JNZ     block

// func dotF32(n int, rows *byte, stride int, x, sums *float32)
TEXT ·dotF32(SB), NOSPLIT, $256-40
	ARGUMENTS
	ZERO
	BODY_F32(SUM, 4)
	RESULT
	RET

// func panelF32(n int, rows *byte, stride int, panel *float32)
TEXT ·panelF32(SB), NOSPLIT, $256-32
	ARGUMENTS
	BODY_F32(KEEP, 64)
	VZEROUPPER
	RET
