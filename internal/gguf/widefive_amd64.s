#include "textflag.h"
#include "wide_amd64.h"

// Q5_0 and Q5_1.

// 0 to 31
DATA ·fiveBits<>+0(SB)/8, $0x3f80000000000000
DATA ·fiveBits<>+8(SB)/8, $0x4040000040000000
DATA ·fiveBits<>+16(SB)/8, $0x40a0000040800000
DATA ·fiveBits<>+24(SB)/8, $0x40e0000040c00000
DATA ·fiveBits<>+32(SB)/8, $0x4110000041000000
DATA ·fiveBits<>+40(SB)/8, $0x4130000041200000
DATA ·fiveBits<>+48(SB)/8, $0x4150000041400000
DATA ·fiveBits<>+56(SB)/8, $0x4170000041600000
DATA ·fiveBits<>+64(SB)/8, $0x4188000041800000
DATA ·fiveBits<>+72(SB)/8, $0x4198000041900000
DATA ·fiveBits<>+80(SB)/8, $0x41a8000041a00000
DATA ·fiveBits<>+88(SB)/8, $0x41b8000041b00000
DATA ·fiveBits<>+96(SB)/8, $0x41c8000041c00000
DATA ·fiveBits<>+104(SB)/8, $0x41d8000041d00000
DATA ·fiveBits<>+112(SB)/8, $0x41e8000041e00000
DATA ·fiveBits<>+120(SB)/8, $0x41f8000041f00000
GLOBL ·fiveBits<>(SB), RODATA|NOPTR, $128
// -16 to 15
DATA ·fiveSigned<>+0(SB)/8, $0xc1700000c1800000
DATA ·fiveSigned<>+8(SB)/8, $0xc1500000c1600000
DATA ·fiveSigned<>+16(SB)/8, $0xc1300000c1400000
DATA ·fiveSigned<>+24(SB)/8, $0xc1100000c1200000
DATA ·fiveSigned<>+32(SB)/8, $0xc0e00000c1000000
DATA ·fiveSigned<>+40(SB)/8, $0xc0a00000c0c00000
DATA ·fiveSigned<>+48(SB)/8, $0xc0400000c0800000
DATA ·fiveSigned<>+56(SB)/8, $0xbf800000c0000000
DATA ·fiveSigned<>+64(SB)/8, $0x3f80000000000000
DATA ·fiveSigned<>+72(SB)/8, $0x4040000040000000
DATA ·fiveSigned<>+80(SB)/8, $0x40a0000040800000
DATA ·fiveSigned<>+88(SB)/8, $0x40e0000040c00000
DATA ·fiveSigned<>+96(SB)/8, $0x4110000041000000
DATA ·fiveSigned<>+104(SB)/8, $0x4130000041200000
DATA ·fiveSigned<>+112(SB)/8, $0x4150000041400000
DATA ·fiveSigned<>+120(SB)/8, $0x4170000041600000
GLOBL ·fiveSigned<>(SB), RODATA|NOPTR, $128
DATA ·bit4<>+0(SB)/4, $0x00000010
GLOBL ·bit4<>(SB), RODATA|NOPTR, $4

// FIVE is a step for numbers of five bits: four begin at bit n of a and b, the fifth is brought to the place behind.
#define FIVE(a, b, n, op, by, NUMBER, i) \
	VPSRLD     $n, a, Z16;           \
	VPSRLD     $n, b, Z17;           \
	op         $by, Z28, Z18;        \
	op         $by, Z29, Z19;        \
	VPTERNLOGD $0xd8, Z30, Z18, Z16; \
	VPTERNLOGD $0xd8, Z30, Z19, Z17; \
	VPERMI2PS  Z15, Z14, Z16;        \
	VPERMI2PS  Z15, Z14, Z17;        \
	NUMBER;                          \
	ADD(i)

#define FIVES(a, b, n, NUMBER, i) \
	FIVE(a, b, n, VPSLLD, 4, NUMBER, i);      \
	FIVE(a, b, n+8, VPSLLD, 3, NUMBER, i+1);  \
	FIVE(a, b, n+16, VPSLLD, 2, NUMBER, i+2); \
	FIVE(a, b, n+24, VPSLLD, 1, NUMBER, i+3); \
	VPSRLD     $4, Z28, Z28;                  \
	VPSRLD     $4, Z29, Z29;                  \
	PREFETCHT0 (R15);                         \
	ADDQ       BX, R15

#define FIVES32(NUMBER) \
	FIVES(Z2, Z6, 0, NUMBER, 0);  \
	FIVES(Z3, Z7, 0, NUMBER, 4);  \
	FIVES(Z4, Z8, 0, NUMBER, 8);  \
	FIVES(Z5, Z9, 0, NUMBER, 12); \
	FIVES(Z2, Z6, 4, NUMBER, 16); \
	FIVES(Z3, Z7, 4, NUMBER, 20); \
	FIVES(Z4, Z8, 4, NUMBER, 24); \
	FIVES(Z5, Z9, 4, NUMBER, 28); \
	ADDQ $128, DX

// func wideQ5_0(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ5_0(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS      ·fiveSigned<>+0(SB), Z14
	VMOVUPS      ·fiveSigned<>+64(SB), Z15
	VPBROADCASTD ·bit4<>(SB), Z30
	MOVQ         $88, BX

block:
	SCALES(Z10)
	FIRST(2, Z28)
	TURN(6, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	SCALES(Z11)
	FIRST(2, Z29)
	TURN(6, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	FIVES32(TIMES)
	MOVE(ADDQ, $22)
	DECQ CX
	JNZ  block

	END
	RET

// func wideQ5_1(n int, rows *byte, stride int, x, sums *float32)
TEXT ·wideQ5_1(SB), NOSPLIT, $0-40
	BEGIN
	VMOVUPS      ·fiveBits<>+0(SB), Z14
	VMOVUPS      ·fiveBits<>+64(SB), Z15
	VPBROADCASTD ·bit4<>(SB), Z30
	MOVQ         $96, BX

block:
	OFFSETS(Z10, Z12)
	FIRST(4, Z28)
	TURN(8, Z2, Z3, Z4, Z5)
	MOVE(ADDQ, DI)
	OFFSETS(Z11, Z13)
	FIRST(4, Z29)
	TURN(8, Z6, Z7, Z8, Z9)
	MOVE(SUBQ, DI)
	FIVES32(TIMES_PLUS)
	MOVE(ADDQ, $24)
	DECQ CX
	JNZ  block

	END
	RET
