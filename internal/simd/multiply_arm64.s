#include "textflag.h"

// Each function adds A (rows x k) times B (k x 16) to C (rows x 16). V0 to V23 are sums, four registers a row; V24 to V27 a row of
// B; V28 and V29 an element of A, four times.

#define RIGHT \
	VLD1 (R1), [V24.S4, V25.S4, V26.S4, V27.S4]; \
	ADD  R2, R1

#define ROW(element, spare, s0, s1, s2, s3) \
	VLD1R.P 4(element), [spare.S4];     \
	VFMLA   V24.S4, spare.S4, s0.S4;    \
	VFMLA   V25.S4, spare.S4, s1.S4;    \
	VFMLA   V26.S4, spare.S4, s2.S4;    \
	VFMLA   V27.S4, spare.S4, s3.S4

// func block6(k int, b *float32, ldb int, a0, a1, a2, a3, a4, a5, c0, c1, c2, c3, c4, c5 *float32)
TEXT ·block6(SB), NOSPLIT, $0-120
	MOVD k+0(FP), R0
	MOVD b+8(FP), R1
	MOVD ldb+16(FP), R2
	LSL  $2, R2
	MOVD a0+24(FP), R3
	MOVD a1+32(FP), R4
	MOVD a2+40(FP), R5
	MOVD a3+48(FP), R6
	MOVD a4+56(FP), R7
	MOVD a5+64(FP), R8
	MOVD c0+72(FP), R9
	MOVD c1+80(FP), R10
	MOVD c2+88(FP), R11
	MOVD c3+96(FP), R12
	MOVD c4+104(FP), R13
	MOVD c5+112(FP), R14
	VLD1 (R9), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1 (R10), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1 (R11), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1 (R12), [V12.S4, V13.S4, V14.S4, V15.S4]
	VLD1 (R13), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1 (R14), [V20.S4, V21.S4, V22.S4, V23.S4]

step6:
	RIGHT
	ROW(R3, V28, V0, V1, V2, V3)
	ROW(R4, V29, V4, V5, V6, V7)
	ROW(R5, V28, V8, V9, V10, V11)
	ROW(R6, V29, V12, V13, V14, V15)
	ROW(R7, V28, V16, V17, V18, V19)
	ROW(R8, V29, V20, V21, V22, V23)
	SUBS $1, R0
	BNE  step6

	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R9)
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R10)
	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R11)
	VST1 [V12.S4, V13.S4, V14.S4, V15.S4], (R12)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R13)
	VST1 [V20.S4, V21.S4, V22.S4, V23.S4], (R14)
	RET

// func block1(k int, a *float32, b *float32, ldb int, c *float32)
TEXT ·block1(SB), NOSPLIT, $0-40
	MOVD k+0(FP), R0
	MOVD a+8(FP), R3
	MOVD b+16(FP), R1
	MOVD ldb+24(FP), R2
	LSL  $2, R2
	MOVD c+32(FP), R9
	VLD1 (R9), [V0.S4, V1.S4, V2.S4, V3.S4]

step1:
	RIGHT
	ROW(R3, V28, V0, V1, V2, V3)
	SUBS $1, R0
	BNE  step1

	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R9)
	RET
