#include "textflag.h"

// func exp8(n int, xs *float32, table *[14][8]float32)
//
// Replaces n times 8 numbers x. Y0 is x, then f; Y1 is r with n in its low bits; Y2 is r, then the square of f; Y3 to Y5 are parts
// of the polynomial; Y8 to Y15 are the table's first rows. VMAXPS and VMINPS give x where it is not a number.
TEXT ·exp8(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ xs+8(FP), SI
	MOVQ table+16(FP), DX
	VMOVUPS (DX), Y8
	VMOVUPS 32(DX), Y9
	VMOVUPS 64(DX), Y10
	VMOVUPS 96(DX), Y11
	VMOVUPS 128(DX), Y12
	VMOVUPS 160(DX), Y13
	VMOVUPS 192(DX), Y14
	VMOVUPS 224(DX), Y15

next:
	VMOVUPS (SI), Y0
	VMAXPS  Y0, Y8, Y0
	VMINPS  Y0, Y9, Y0
	VMULPS  Y10, Y0, Y1
	VADDPS  Y11, Y1, Y1
	VSUBPS  Y11, Y1, Y2
	VMULPS  Y12, Y2, Y3
	VSUBPS  Y3, Y0, Y0
	VMULPS  Y13, Y2, Y3
	VSUBPS  Y3, Y0, Y0
	VMULPS  Y0, Y0, Y2
	VMULPS  256(DX), Y0, Y3
	VADDPS  288(DX), Y3, Y3
	VMULPS  320(DX), Y0, Y4
	VADDPS  352(DX), Y4, Y4
	VMULPS  384(DX), Y0, Y5
	VADDPS  416(DX), Y5, Y5
	VMULPS  Y2, Y3, Y3
	VADDPS  Y4, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y5, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y0, Y3, Y3
	VADDPS  Y14, Y3, Y3
	VPADDD  Y15, Y1, Y1
	VPSLLD  $23, Y1, Y1
	VMULPS  Y1, Y3, Y3
	VMOVUPS Y3, (SI)
	ADDQ    $32, SI
	DECQ    CX
	JNZ     next

	VZEROUPPER
	RET
