#include "textflag.h"

// func ranks16(m int, to, values *float32, half float32)
//
// Y0 and Y1 are a row of the panel, Y2 and Y3 how many rows are below it less how many are above, Y8 is a half.
TEXT ·ranks16(SB), NOSPLIT, $0-28
	MOVQ m+0(FP), CX
	MOVQ to+8(FP), DI
	MOVQ values+16(FP), SI
	VBROADCASTSS half+24(FP), Y8
	MOVQ SI, R8
	MOVQ CX, R9

row:
	VMOVUPS (R8), Y0
	VMOVUPS 32(R8), Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3
	MOVQ    SI, R10
	MOVQ    CX, R11

against:
	VCMPPS $0x1E, (R10), Y0, Y4
	VCMPPS $0x1E, 32(R10), Y1, Y5
	VCMPPS $0x11, (R10), Y0, Y6
	VCMPPS $0x11, 32(R10), Y1, Y7
	VPSUBD Y4, Y2, Y2
	VPSUBD Y5, Y3, Y3
	VPADDD Y6, Y2, Y2
	VPADDD Y7, Y3, Y3
	ADDQ   $64, R10
	DECQ   R11
	JNZ    against

	VCVTDQ2PS Y2, Y2
	VCVTDQ2PS Y3, Y3
	VMULPS    Y8, Y2, Y2
	VMULPS    Y8, Y3, Y3
	VMOVUPS   Y2, (DI)
	VMOVUPS   Y3, 32(DI)
	ADDQ      $64, R8
	ADDQ      $64, DI
	DECQ      R9
	JNZ       row

	VZEROUPPER
	RET

// func ranksApart16(m int, to, values *float32, middle float32, total int32) bool
//
// As ranks16, but it counts the rows below alone, and takes the middle from that: half of the work. It is wrong where two rows are
// equal, and then the counts, summed in Y10 and Y11, do not make the total.
TEXT ·ranksApart16(SB), NOSPLIT, $0-33
	MOVQ m+0(FP), CX
	MOVQ to+8(FP), DI
	MOVQ values+16(FP), SI
	VBROADCASTSS middle+24(FP), Y8
	VBROADCASTSS total+28(FP), Y9
	VPXOR Y10, Y10, Y10
	VPXOR Y11, Y11, Y11
	MOVQ SI, R8
	MOVQ CX, R9

row:
	VMOVUPS (R8), Y0
	VMOVUPS 32(R8), Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3
	MOVQ    SI, R10
	MOVQ    CX, R11

against:
	VCMPPS $0x1E, (R10), Y0, Y4
	VCMPPS $0x1E, 32(R10), Y1, Y5
	VPSUBD Y4, Y2, Y2
	VPSUBD Y5, Y3, Y3
	ADDQ   $64, R10
	DECQ   R11
	JNZ    against

	VPADDD    Y2, Y10, Y10
	VPADDD    Y3, Y11, Y11
	VCVTDQ2PS Y2, Y2
	VCVTDQ2PS Y3, Y3
	VSUBPS    Y8, Y2, Y2
	VSUBPS    Y8, Y3, Y3
	VMOVUPS   Y2, (DI)
	VMOVUPS   Y3, 32(DI)
	ADDQ      $64, R8
	ADDQ      $64, DI
	DECQ      R9
	JNZ       row

	VPCMPEQD  Y9, Y10, Y10
	VPCMPEQD  Y9, Y11, Y11
	VPAND     Y10, Y11, Y10
	VMOVMSKPS Y10, AX
	CMPQ      AX, $0xFF
	SETEQ     ret+32(FP)
	VZEROUPPER
	RET

// func beyond64(words int, below, above *uint64, values *float32, low, high float32)
//
// Each word of marks is shifted in from the top, eight values at a time: Y8 and Y9 are the bounds, R8 and R9 the words.
TEXT ·beyond64(SB), NOSPLIT, $0-40
	MOVQ words+0(FP), CX
	MOVQ below+8(FP), DI
	MOVQ above+16(FP), DX
	MOVQ values+24(FP), SI
	VBROADCASTSS low+32(FP), Y8
	VBROADCASTSS high+36(FP), Y9

next:
	MOVQ $8, R10

eight:
	VMOVUPS   (SI), Y0
	VCMPPS    $0x12, Y8, Y0, Y1
	VCMPPS    $0x1D, Y9, Y0, Y2
	VMOVMSKPS Y1, AX
	VMOVMSKPS Y2, BX
	SHRQ      $8, R8
	SHRQ      $8, R9
	SHLQ      $56, AX
	SHLQ      $56, BX
	ORQ       AX, R8
	ORQ       BX, R9
	ADDQ      $32, SI
	DECQ      R10
	JNZ       eight

	MOVQ R8, (DI)
	MOVQ R9, (DX)
	ADDQ $8, DI
	ADDQ $8, DX
	DECQ CX
	JNZ  next

	VZEROUPPER
	RET
