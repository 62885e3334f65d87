// Kernels of a strip, 16 rows of a matrix that are R bytes apart. Each type has two of them: dot adds up the products with a
// vector x, one multiplication and addition a value, in ascending order; panel writes the values, those of one column of the
// matrix beside each other. A lane of a register belongs to a row: what is to be read is brought there four bytes at a time,
// and then made a number in all rows at once. Products of integers and scales are exact in float32 wherever they are formed in
// another order than in dequantise.go.
//
//	R8 to R13  rows 0, 3, 6, 8, 11, 14; AX bytes from row to row
//	CX         blocks to do
//	DX         x, or the panel
//	R15        what is fetched ahead: rows 16 and so on, as they lie
//	BX         what TRANSPOSE has stored: 64 bytes for each four bytes of a row
//	Y0, Y1     sums of rows 0 to 7 and 8 to 15
//	Y2, Y3     four bytes of every row
//	Y4, Y5     a value of every row
//	Y10 to Y13 scales and offsets of the rows

#define ARGUMENTS \
	MOVQ n+0(FP), CX;       \
	MOVQ rows+8(FP), R8;    \
	MOVQ stride+16(FP), AX; \
	MOVQ x+24(FP), DX;      \
	LEAQ (R8)(AX*2), R9;    \
	ADDQ AX, R9;            \
	LEAQ (R9)(AX*2), R10;   \
	ADDQ AX, R10;           \
	LEAQ (R8)(AX*8), R11;   \
	LEAQ (R11)(AX*8), R15;  \
	LEAQ (R9)(AX*8), R12;   \
	LEAQ (R10)(AX*8), R13

#define ZERO \
	VXORPS Y0, Y0, Y0; \
	VXORPS Y1, Y1, Y1

#define RESULT \
	MOVQ    sums+32(FP), DI; \
	VMOVUPS Y0, (DI);        \
	VMOVUPS Y1, 32(DI);      \
	VZEROUPPER

#define ADVANCE(bytes) \
	ADDQ $bytes, R8;  \
	ADDQ $bytes, R9;  \
	ADDQ $bytes, R10; \
	ADDQ $bytes, R11; \
	ADDQ $bytes, R12; \
	ADDQ $bytes, R13

// SUM and KEEP take column i of four.
#define SUM(i) \
	VBROADCASTSS (4*i)(DX), Y6; \
	VFMADD231PS  Y6, Y4, Y0;    \
	VFMADD231PS  Y6, Y5, Y1

#define KEEP(i) \
	VMOVUPS Y4, (64*i)(DX); \
	VMOVUPS Y5, (64*i+32)(DX)

// ROWS loads 16 bytes of rows a to d, and of e to h into the upper halves.
#define ROWS(a, b, c, d, e, f, g, h) \
	VMOVDQU     a, X2;         \
	VINSERTI128 $1, e, Y2, Y2; \
	VMOVDQU     b, X3;         \
	VINSERTI128 $1, f, Y3, Y3; \
	VMOVDQU     c, X4;         \
	VINSERTI128 $1, g, Y4, Y4; \
	VMOVDQU     d, X5;         \
	VINSERTI128 $1, h, Y5, Y5

#define LOW(o) ROWS(o(R8), o(R8)(AX*1), o(R8)(AX*2), o(R9), o(R8)(AX*4), o(R9)(AX*2), o(R10), o(R10)(AX*1))

#define HIGH(o) ROWS(o(R11), o(R11)(AX*1), o(R11)(AX*2), o(R12), o(R11)(AX*4), o(R12)(AX*2), o(R13), o(R13)(AX*1))

// EVEN and ODD have rows 0, 2, ... 14 and 1, 3, ... 15.
#define EVEN ROWS((R8), (R8)(AX*2), (R8)(AX*4), (R10), (R11), (R11)(AX*2), (R11)(AX*4), (R13))
#define ODD ROWS((R8)(AX*1), (R9), (R9)(AX*2), (R9)(AX*4), (R11)(AX*1), (R12), (R12)(AX*2), (R12)(AX*4))

// TURN stores what ROWS has loaded, every four bytes of the eight rows in a register.
#define TURN(place) \
	VPUNPCKLDQ  Y3, Y2, Y6;          \
	VPUNPCKHDQ  Y3, Y2, Y7;          \
	VPUNPCKLDQ  Y5, Y4, Y8;          \
	VPUNPCKHDQ  Y5, Y4, Y9;          \
	VPUNPCKLQDQ Y8, Y6, Y2;          \
	VPUNPCKHQDQ Y8, Y6, Y3;          \
	VPUNPCKLQDQ Y9, Y7, Y4;          \
	VPUNPCKHQDQ Y9, Y7, Y5;          \
	VMOVDQU     Y2, (place)(SP);     \
	VMOVDQU     Y3, (place+64)(SP);  \
	VMOVDQU     Y4, (place+128)(SP); \
	VMOVDQU     Y5, (place+192)(SP)

// TRANSPOSE stores 16 bytes of all rows.
#define TRANSPOSE(offset, place) \
	LOW(offset);  \
	TURN(place);  \
	HIGH(offset); \
	TURN(place+32)

// FIRST brings the first four bytes of what ROWS has loaded into a register.
#define FIRST(to) \
	VPUNPCKLDQ  Y3, Y2, Y2; \
	VPUNPCKLDQ  Y5, Y4, Y4; \
	VPUNPCKLQDQ Y4, Y2, to

// HEADERS brings four bytes of rows 0 to 7 and 8 to 15 into two registers; 16 are read.
#define HEADERS(offset, low, high) \
	LOW(offset);  \
	FIRST(low);   \
	HIGH(offset); \
	FIRST(high)

// WIDEN makes the halves that are in the lower, after a shift by 16, part of Y4 and Y5 floats.
#define WIDEN(low, high) \
	VPACKUSDW    Y5, Y4, Y4;    \
	VPERMQ       $0xd8, Y4, Y4; \
	VEXTRACTI128 $1, Y4, X5;    \
	VCVTPH2PS    X4, low;       \
	VCVTPH2PS    X5, high

#define LOWER(low, high) \
	VPSLLD $16, low, Y4;  \
	VPSLLD $16, high, Y5; \
	VPSRLD $16, Y4, Y4;   \
	VPSRLD $16, Y5, Y5

#define UPPER(low, high) \
	VPSRLD $16, low, Y4; \
	VPSRLD $16, high, Y5

// SCALES reads scales at the beginning of blocks, and multiplies them by a power of two.
#define SCALES(power) \
	HEADERS(0, Y7, Y8);        \
	LOWER(Y7, Y8);             \
	WIDEN(Y10, Y11);           \
	VBROADCASTSS power, Y6;    \
	VMULPS       Y6, Y10, Y10; \
	VMULPS       Y6, Y11, Y11

// OFFSETS reads scales and offsets at the beginning of blocks.
#define OFFSETS \
	HEADERS(0, Y7, Y8); \
	LOWER(Y7, Y8);      \
	WIDEN(Y10, Y11);    \
	UPPER(Y7, Y8);      \
	WIDEN(Y12, Y13)

#define COLUMN \
	VMOVDQU (BX), Y2; \
	VMOVDQU 32(BX), Y3

#define SHIFT(op, bits) \
	op $bits, Y2, Y4; \
	op $bits, Y3, Y5

#define MASK(mask) \
	VPAND mask, Y4, Y4; \
	VPAND mask, Y5, Y5

#define SCALE \
	VCVTDQ2PS Y4, Y4;      \
	VCVTDQ2PS Y5, Y5;      \
	VMULPS    Y10, Y4, Y4; \
	VMULPS    Y11, Y5, Y5

#define SCALE_ADD \
	VCVTDQ2PS   Y4, Y4;       \
	VCVTDQ2PS   Y5, Y5;       \
	VFMADD213PS Y12, Y10, Y4; \
	VFMADD213PS Y13, Y11, Y5

#define SCALE_SUB \
	VCVTDQ2PS   Y4, Y4;       \
	VCVTDQ2PS   Y5, Y5;       \
	VFMSUB213PS Y12, Y10, Y4; \
	VFMSUB213PS Y13, Y11, Y5

// TAKE masks what has not to be shifted.
#define TAKE(mask) \
	VPAND mask, Y2, Y4; \
	VPAND mask, Y3, Y5

// BIT adds what is masked by Y15 of Y8 and Y9.
#define BIT(op, bits) \
	op    $bits, Y8, Y6; \
	op    $bits, Y9, Y7; \
	VPAND Y15, Y6, Y6;   \
	VPAND Y15, Y7, Y7;   \
	VPOR  Y6, Y4, Y4;    \
	VPOR  Y7, Y5, Y5

#define HALVES \
	VEXTRACTI128 $1, Y4, X5; \
	VCVTPH2PS    X4, Y4;     \
	VCVTPH2PS    X5, Y5

// NEXT goes on to the next four bytes of all rows, which are those many bytes of the matrix.
#define NEXT(step, bytes) \
	ADDQ       $64, BX;     \
	ADDQ       $step, DX;   \
	PREFETCHT0 (R15);       \
	ADDQ       $bytes, R15; \
	DECQ       SI
