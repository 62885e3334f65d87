package simd

// Arithmetic names how products are rounded.
func Arithmetic() string {
	if hasFMA {
		return "neon fma"
	}
	return "portable"
}

// hasFMA is true: every arm64 processor that Go runs on has NEON. Tests turn it off.
var hasFMA = true

// block adds A (rows x k) times B (k x Width) to C (rows x Width), 1 to height rows.
func block(rows, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	switch {
	case !hasFMA:
		portable(rows, k, a, lda, b, ldb, c, ldc)
	case rows == 1:
		block1(k, &a[0], &b[0], ldb, &c[0])
	default:
		// Rows that are not there are the last one again: it is computed, and stored, several times.
		last := rows - 1
		block6(k, &b[0], ldb, &a[0], &a[lda], &a[min(2, last)*lda], &a[min(3, last)*lda], &a[min(4, last)*lda], &a[last*lda],
			&c[0], &c[ldc], &c[min(2, last)*ldc], &c[min(3, last)*ldc], &c[min(4, last)*ldc], &c[last*ldc])
	}
}

//go:noescape
func block6(k int, b *float32, ldb int, a0, a1, a2, a3, a4, a5, c0, c1, c2, c3, c4, c5 *float32)

//go:noescape
func block1(k int, a *float32, b *float32, ldb int, c *float32)

func expVectors([]float32) int { return 0 }

func packVectors(_, _ []float32, _ int) int { return 0 }

func ranksVectors(_, _ []float32, _ int) bool { return false }

func beyondVectors(_, _ []uint64, _ []float32, _, _ float32) bool { return false }

func sumRowsVectors(_, _ []float32, _ []int32) bool { return false }
