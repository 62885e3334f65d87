#include "textflag.h"

// func sumRows(width int, to, table *float32, rows *int32, n int)
//
// 64 numbers at a time, whose sums fill Y0 to Y7, then 16. CX is how many numbers are left, R9 the bytes of a row.
TEXT ·sumRows(SB), NOSPLIT, $0-40
	MOVQ width+0(FP), CX
	MOVQ to+8(FP), DI
	MOVQ table+16(FP), SI
	MOVQ rows+24(FP), R8
	MOVQ n+32(FP), R10
	MOVQ CX, R9
	SHLQ $2, R9

many:
	CMPQ CX, $64
	JLT  few
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	MOVQ R8, R11
	MOVQ R10, R12

row:
	MOVLQSX (R11), AX
	IMULQ   R9, AX
	VADDPS  (SI)(AX*1), Y0, Y0
	VADDPS  32(SI)(AX*1), Y1, Y1
	VADDPS  64(SI)(AX*1), Y2, Y2
	VADDPS  96(SI)(AX*1), Y3, Y3
	VADDPS  128(SI)(AX*1), Y4, Y4
	VADDPS  160(SI)(AX*1), Y5, Y5
	VADDPS  192(SI)(AX*1), Y6, Y6
	VADDPS  224(SI)(AX*1), Y7, Y7
	ADDQ    $4, R11
	DECQ    R12
	JNZ     row

	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	ADDQ    $256, SI
	ADDQ    $256, DI
	SUBQ    $64, CX
	JMP     many

few:
	CMPQ CX, $16
	JLT  done
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ R8, R11
	MOVQ R10, R12

fewRow:
	MOVLQSX (R11), AX
	IMULQ   R9, AX
	VADDPS  (SI)(AX*1), Y0, Y0
	VADDPS  32(SI)(AX*1), Y1, Y1
	ADDQ    $4, R11
	DECQ    R12
	JNZ     fewRow

	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JMP     few

done:
	VZEROUPPER
	RET
