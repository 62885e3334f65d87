#include "textflag.h"

// func transpose8(dst, src *float32, stride, n int)
//
// Writes 8 rows of src, stride numbers apart, as 8 columns of dst, whose rows are 16 numbers apart; n, the length of the rows, is
// a positive multiple of 4. The halves of a register hold rows i and i+4.
TEXT ·transpose8(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), R8
	MOVQ stride+16(FP), AX
	SHLQ $2, AX
	MOVQ n+24(FP), CX
	LEAQ (R8)(AX*2), R9
	ADDQ AX, R9              // row 3
	LEAQ (R9)(AX*2), R10
	ADDQ AX, R10             // row 6

next:
	VMOVUPS     (R8), X0
	VINSERTF128 $1, (R8)(AX*4), Y0, Y0
	VMOVUPS     (R8)(AX*1), X1
	VINSERTF128 $1, (R9)(AX*2), Y1, Y1
	VMOVUPS     (R8)(AX*2), X2
	VINSERTF128 $1, (R10), Y2, Y2
	VMOVUPS     (R9), X3
	VINSERTF128 $1, (R10)(AX*1), Y3, Y3
	VUNPCKLPS   Y1, Y0, Y4   // columns 0 and 1 of rows 0 and 1
	VUNPCKHPS   Y1, Y0, Y5   // columns 2 and 3
	VUNPCKLPS   Y3, Y2, Y6   // the same of rows 2 and 3
	VUNPCKHPS   Y3, Y2, Y7
	VUNPCKLPD   Y6, Y4, Y0
	VUNPCKHPD   Y6, Y4, Y1
	VUNPCKLPD   Y7, Y5, Y2
	VUNPCKHPD   Y7, Y5, Y3
	VMOVUPS     Y0, (DI)
	VMOVUPS     Y1, 64(DI)
	VMOVUPS     Y2, 128(DI)
	VMOVUPS     Y3, 192(DI)
	ADDQ        $16, R8
	ADDQ        $16, R9
	ADDQ        $16, R10
	ADDQ        $256, DI
	SUBQ        $4, CX
	JNZ         next

	VZEROUPPER
	RET
