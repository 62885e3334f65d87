package simd

import (
	"math"

	"golang.org/x/sys/cpu"
)

var hasFMA = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Arithmetic names how products are rounded.
func Arithmetic() string {
	if hasFMA {
		return "avx2 fma"
	}
	return "portable"
}

// block adds A (rows x k) times B (k x Width) to C (rows x Width), 1 to height rows.
func block(rows, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	if !hasFMA {
		portable(rows, k, a, lda, b, ldb, c, ldc)
		return
	}
	switch rows {
	case 6:
		block6(k, &a[0], lda, &b[0], ldb, &c[0], ldc)
	case 5, 4:
		block4(k, &a[0], lda, &b[0], ldb, &c[0], ldc)
	case 3, 2:
		block2(k, &a[0], lda, &b[0], ldb, &c[0], ldc)
	}
	if last := rows - 1; rows%2 == 1 {
		block1(k, &a[last*lda], &b[0], ldb, &c[last*ldc])
	}
}

//go:noescape
func block6(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func block4(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func block2(k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int)

//go:noescape
func block1(k int, a *float32, b *float32, ldb int, c *float32)

// packVectors packs the first rows of a whole panel and returns how many these are.
func packVectors(panel, columns []float32, k int) int {
	n := k &^ 3
	if !hasFMA || n == 0 || len(columns) < Width*k {
		return 0
	}
	_ = panel[n*Width-1]
	transpose8(&panel[0], &columns[0], k, n)
	transpose8(&panel[8], &columns[8*k], k, n)
	return n
}

//go:noescape
func transpose8(dst, src *float32, stride, n int)

// expVectors does the first len(xs)/8 times 8 of Exp and returns how many these are. The instructions are expPortable's
// operations one by one, so that the bits are the same.
func expVectors(xs []float32) int {
	n := len(xs) &^ 7
	if !hasFMA || n == 0 {
		return 0
	}
	exp8(n/8, &xs[0], &expTable)
	return n
}

// expTable has every constant eight times.
var expTable = func() (table [14][8]float32) {
	for i, c := range []float32{expLowest, expHighest, math.Log2E, expRound, ln2High, ln2Low, 1,
		math.Float32frombits(exponentBias),
		expC7, expC6, expC5, expC4, expC3, expC2} {
		for j := range table[i] {
			table[i][j] = c
		}
	}
	return table
}()

//go:noescape
func exp8(n int, xs *float32, table *[14][8]float32)

// ranksVectors does CentredRanks where the processor can.
func ranksVectors(to, values []float32, m int) bool {
	if hasFMA && !ranksApart16(m, &to[0], &values[0], float32(m-1)/2, int32(m*(m-1)/2)) {
		ranks16(m, &to[0], &values[0], 0.5)
	}
	return hasFMA
}

//go:noescape
func ranksApart16(m int, to, values *float32, middle float32, total int32) bool

//go:noescape
func ranks16(m int, to, values *float32, half float32)

// beyondVectors does the whole words of Beyond where the processor can.
func beyondVectors(below, above []uint64, values []float32, low, high float32) bool {
	if hasFMA && len(values) > 0 {
		beyond64(len(values)/word, &below[0], &above[0], &values[0], low, high)
	}
	return hasFMA
}

//go:noescape
func beyond64(words int, below, above *uint64, values *float32, low, high float32)

// sumRowsVectors does SumRows where the processor can.
func sumRowsVectors(to, table []float32, rows []int32) bool {
	if hasFMA {
		sumRows(len(to), &to[0], &table[0], &rows[0], len(rows))
	}
	return hasFMA
}

//go:noescape
func sumRows(width int, to, table *float32, rows *int32, n int)
