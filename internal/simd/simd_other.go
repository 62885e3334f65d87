//go:build !amd64 && !arm64

package simd

// Arithmetic names how products are rounded.
func Arithmetic() string { return "portable" }

func block(rows, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	portable(rows, k, a, lda, b, ldb, c, ldc)
}

func expVectors([]float32) int { return 0 }

func packVectors(_, _ []float32, _ int) int { return 0 }

func ranksVectors(_, _ []float32, _ int) bool { return false }

func beyondVectors(_, _ []uint64, _ []float32, _, _ float32) bool { return false }

func sumRowsVectors(_, _ []float32, _ []int32) bool { return false }
