package gemm

import "golang.org/x/sys/cpu"

var hasFMA = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Arithmetic names how products are rounded.
func Arithmetic() string {
	if hasFMA {
		return "avx2 fma"
	}
	return "portable"
}

// block adds A (rows x k) times B (k x Width) to C (rows x Width), 1 to height rows.
func block(rows, k int, a *float32, lda int, b *float32, ldb int, c *float32, ldc int) {
	if !hasFMA {
		portable(rows, k, a, lda, b, ldb, c, ldc)
		return
	}
	switch rows {
	case 6:
		block6(k, a, lda, b, ldb, c, ldc)
		return
	case 5, 4:
		block4(k, a, lda, b, ldb, c, ldc)
		rows, a, c = rows-4, at(a, 4*lda), at(c, 4*ldc)
	case 3, 2:
		block2(k, a, lda, b, ldb, c, ldc)
		rows, a, c = rows-2, at(a, 2*lda), at(c, 2*ldc)
	}
	if rows == 1 {
		block1(k, a, b, ldb, c)
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
