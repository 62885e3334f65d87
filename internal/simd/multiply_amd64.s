#include "textflag.h"

// Each function adds A (rows x k) times B (k x 16) to C (rows x 16).
//
//	SI, R11  a row of A, and the third one behind it, moving along k; R8 bytes from row to row
//	DX       a row of B; R9 bytes from row to row
//	DI       C; R10 bytes from row to row
//	Y0-Y11   sums, two registers a row; Y12, Y13 a row of B; Y14, Y15 an element of A, sixteen times

#define ARGUMENTS \
	MOVQ k+0(FP), CX;    \
	MOVQ a+8(FP), SI;    \
	MOVQ lda+16(FP), R8; \
	MOVQ b+24(FP), DX;   \
	MOVQ ldb+32(FP), R9; \
	MOVQ c+40(FP), DI;   \
	MOVQ ldc+48(FP), R10; \
	SHLQ $2, R8;         \
	SHLQ $2, R9;         \
	SHLQ $2, R10

#define RIGHT \
	VMOVUPS (DX), Y12;   \
	VMOVUPS 32(DX), Y13; \
	ADDQ    R9, DX

#define ROW(element, spare, low, high) \
	VBROADCASTSS element, spare;    \
	VFMADD231PS  Y12, spare, low;   \
	VFMADD231PS  Y13, spare, high

#define LOAD(place, low, high) \
	VMOVUPS (place), low;    \
	VMOVUPS 32(place), high

#define STORE(low, high, place) \
	VMOVUPS low, (place);    \
	VMOVUPS high, 32(place)

// func block6(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)
TEXT ·block6(SB), NOSPLIT, $0-56
	ARGUMENTS
	LEAQ (SI)(R8*2), R11
	ADDQ R8, R11
	MOVQ DI, BX
	LOAD(BX, Y0, Y1)
	ADDQ R10, BX
	LOAD(BX, Y2, Y3)
	ADDQ R10, BX
	LOAD(BX, Y4, Y5)
	ADDQ R10, BX
	LOAD(BX, Y6, Y7)
	ADDQ R10, BX
	LOAD(BX, Y8, Y9)
	ADDQ R10, BX
	LOAD(BX, Y10, Y11)

step6:
	RIGHT
	ROW((SI), Y14, Y0, Y1)
	ROW((SI)(R8*1), Y15, Y2, Y3)
	ROW((SI)(R8*2), Y14, Y4, Y5)
	ROW((R11), Y15, Y6, Y7)
	ROW((R11)(R8*1), Y14, Y8, Y9)
	ROW((R11)(R8*2), Y15, Y10, Y11)
	ADDQ $4, SI
	ADDQ $4, R11
	DECQ CX
	JNZ  step6

	STORE(Y0, Y1, DI)
	ADDQ R10, DI
	STORE(Y2, Y3, DI)
	ADDQ R10, DI
	STORE(Y4, Y5, DI)
	ADDQ R10, DI
	STORE(Y6, Y7, DI)
	ADDQ R10, DI
	STORE(Y8, Y9, DI)
	ADDQ R10, DI
	STORE(Y10, Y11, DI)
	VZEROUPPER
	RET

// func block4(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)
TEXT ·block4(SB), NOSPLIT, $0-56
	ARGUMENTS
	LEAQ (SI)(R8*2), R11
	ADDQ R8, R11
	MOVQ DI, BX
	LOAD(BX, Y0, Y1)
	ADDQ R10, BX
	LOAD(BX, Y2, Y3)
	ADDQ R10, BX
	LOAD(BX, Y4, Y5)
	ADDQ R10, BX
	LOAD(BX, Y6, Y7)

step4:
	RIGHT
	ROW((SI), Y14, Y0, Y1)
	ROW((SI)(R8*1), Y15, Y2, Y3)
	ROW((SI)(R8*2), Y14, Y4, Y5)
	ROW((R11), Y15, Y6, Y7)
	ADDQ $4, SI
	ADDQ $4, R11
	DECQ CX
	JNZ  step4

	STORE(Y0, Y1, DI)
	ADDQ R10, DI
	STORE(Y2, Y3, DI)
	ADDQ R10, DI
	STORE(Y4, Y5, DI)
	ADDQ R10, DI
	STORE(Y6, Y7, DI)
	VZEROUPPER
	RET

// func block2(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)
TEXT ·block2(SB), NOSPLIT, $0-56
	ARGUMENTS
	LEAQ (DI)(R10*1), BX
	LOAD(DI, Y0, Y1)
	LOAD(BX, Y2, Y3)

step2:
	RIGHT
	ROW((SI), Y14, Y0, Y1)
	ROW((SI)(R8*1), Y15, Y2, Y3)
	ADDQ $4, SI
	DECQ CX
	JNZ  step2

	STORE(Y0, Y1, DI)
	STORE(Y2, Y3, BX)
	VZEROUPPER
	RET

// func block1(k int, a *float32, b *float32, ldb int, c *float32)
TEXT ·block1(SB), NOSPLIT, $0-40
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ ldb+24(FP), R9
	MOVQ c+32(FP), DI
	SHLQ $2, R9
	LOAD(DI, Y0, Y1)

step1:
	RIGHT
	ROW((SI), Y14, Y0, Y1)
	ADDQ $4, SI
	DECQ CX
	JNZ  step1

	STORE(Y0, Y1, DI)
	VZEROUPPER
	RET
