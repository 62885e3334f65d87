#include "textflag.h"
#include "wide_amd64.h"

// Q4_0, Q4_1 and Q8_0.

// 0 to 15
DATA ·fourBits<>+0(SB)/8, $0x3f80000000000000
DATA ·fourBits<>+8(SB)/8, $0x4040000040000000
DATA ·fourBits<>+16(SB)/8, $0x40a0000040800000
DATA ·fourBits<>+24(SB)/8, $0x40e0000040c00000
DATA ·fourBits<>+32(SB)/8, $0x4110000041000000
DATA ·fourBits<>+40(SB)/8, $0x4130000041200000
DATA ·fourBits<>+48(SB)/8, $0x4150000041400000
DATA ·fourBits<>+56(SB)/8, $0x4170000041600000
GLOBL ·fourBits<>(SB), RODATA|NOPTR, $64
// -8 to 7
DATA ·fourSigned<>+0(SB)/8, $0xc0e00000c1000000
DATA ·fourSigned<>+8(SB)/8, $0xc0a00000c0c00000
DATA ·fourSigned<>+16(SB)/8, $0xc0400000c0800000
DATA ·fourSigned<>+24(SB)/8, $0xbf800000c0000000
DATA ·fourSigned<>+32(SB)/8, $0x3f80000000000000
DATA ·fourSigned<>+40(SB)/8, $0x4040000040000000
DATA ·fourSigned<>+48(SB)/8, $0x40a0000040800000
DATA ·fourSigned<>+56(SB)/8, $0x40e0000040c00000
GLOBL ·fourSigned<>(SB), RODATA|NOPTR, $64
// The bytes of four numbers, of which one is brought to the top.
DATA ·toTop<>+0(SB)/8, $0x0480808000808080
DATA ·toTop<>+8(SB)/8, $0x0c80808008808080
DATA ·toTop<>+16(SB)/8, $0x0580808001808080
DATA ·toTop<>+24(SB)/8, $0x0d80808009808080
DATA ·toTop<>+32(SB)/8, $0x0680808002808080
DATA ·toTop<>+40(SB)/8, $0x0e8080800a808080
DATA ·toTop<>+48(SB)/8, $0x0780808003808080
DATA ·toTop<>+56(SB)/8, $0x0f8080800b808080
GLOBL ·toTop<>(SB), RODATA|NOPTR, $64
DATA ·scale24<>+0(SB)/4, $0x33800000 // 2^-24
GLOBL ·scale24<>(SB), RODATA|NOPTR, $4

// func wideQ4_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ4_0(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS ·fourSigned<>(SB), Z14
	MOVQ    $72, BX

block:
	SCALES(Z10)
	TURN(2, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	SCALES(Z11)
	TURN(2, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	BLOCK32(TIMES)
	MOVE(ADDQ, $18)
	DECQ CX
	JNZ  block

	END
	RET

// func wideQ4_1(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ4_1(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS ·fourBits<>(SB), Z14
	MOVQ    $80, BX

block:
	OFFSETS(Z10, Z12)
	TURN(4, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	OFFSETS(Z11, Z13)
	TURN(4, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	BLOCK32(TIMES_PLUS)
	MOVE(ADDQ, $20)
	DECQ CX
	JNZ  block

	END
	RET

// BYTE is a step for signed bytes, as in Q8_0 of fused_amd64.s.
#define BYTE(a, b, place, i) \
	VPSHUFB   place, a, Z16; \
	VPSHUFB   place, b, Z17; \
	VCVTDQ2PS Z16, Z16;      \
	VCVTDQ2PS Z17, Z17;      \
	TIMES;                   \
	ADD(i)

#define BYTES(a, b, i) \
	BYTE(a, b, Z24, i);   \
	BYTE(a, b, Z25, i+1); \
	BYTE(a, b, Z26, i+2); \
	BYTE(a, b, Z27, i+3); \
	PREFETCHT0 (R15);     \
	PREFETCHT0 64(R15);   \
	ADDQ       BX, R15

#define BYTES16(o, i) \
	TURN(o, Z2, Z3, Z4, Z5); \
	MOVE(ADDQ, DI);          \
	TURN(o, Z6, Z7, Z8, Z9); \
	MOVE(SUBQ, DI);          \
	BYTES(Z2, Z6, i);        \
	BYTES(Z3, Z7, i+4);      \
	BYTES(Z4, Z8, i+8);      \
	BYTES(Z5, Z9, i+12)

// func wideQ8_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ8_0(SB), NOSPLIT, $0-40
	BEGIN
	VBROADCASTI32X4 ·toTop<>+0(SB), Z24
	VBROADCASTI32X4 ·toTop<>+16(SB), Z25
	VBROADCASTI32X4 ·toTop<>+32(SB), Z26
	VBROADCASTI32X4 ·toTop<>+48(SB), Z27
	VBROADCASTSS    ·scale24<>(SB), Z14
	MOVQ            $136, BX

block:
	SCALES(Z10)
	MOVE(ADDQ, DI)
	SCALES(Z11)
	MOVE(SUBQ, DI)
	VMULPS Z14, Z10, Z10
	VMULPS Z14, Z11, Z11
	BYTES16(2, 0)
	BYTES16(18, 16)
	ADDQ $128, DX
	MOVE(ADDQ, $34)
	DECQ CX
	JNZ  block

	END
	RET
