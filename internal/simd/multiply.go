// Package simd computes what is worth vector instructions: products of matrices of float32 numbers, the order in which they are
// read, and exponentials.
//
// With AVX2 and FMA (amd64) or NEON (arm64) products round once a step, elsewhere as the compiler sees fit; Arithmetic says
// which, since numbers depend on it. Exponentials have the same bits everywhere.
package simd

import "sync"

// Width is the number of columns of a panel.
const Width = 16

// height is the number of rows that are multiplied at once: 6 x 16 sums fill 12 of AVX2's 16 registers, or 24 of NEON's 32.
const height = 6

// A product is computed in tiles, so that what is used again is in a near cache: a tile of a panel (16 KB) in the first,
// the tiles of A and B in the second.
const (
	tileSum  = 256
	tileRows = 16 * height
)

// Right is the right factor of a product, k x n.
type Right struct {
	Data   []float32
	Stride int // from one row of a panel to the next
	Panel  int // from one panel to the next
}

// Rows is a matrix whose rows are stride numbers apart.
func Rows(data []float32, stride int) Right { return Right{data, stride, Width} }

// Panels is a matrix of k rows whose panels stand one after the other, the last one filled up with anything: they are read in
// one go, which is fastest.
func Panels(data []float32, k int) Right { return Right{data, Width, k * Width} }

// PanelsLen is the length of a matrix in panels.
func PanelsLen(k, n int) int { return (n + Width - 1) / Width * Width * k }

// Multiply sets C (m x n, rows ldc apart) to A (m x k, rows lda apart) times B, or adds the product to it.
//
// Bits do not depend on how a product is cut: every element of C is the sum over k in ascending order, one multiplication and
// addition a step, whatever m and n are and wherever in a larger matrix the element stands.
func Multiply(m, n, k int, a []float32, lda int, b Right, c []float32, ldc int, add bool) {
	if !add {
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
	}
	if m == 0 || n == 0 || k == 0 {
		return
	}
	_ = a[(m-1)*lda+k-1] // the assembly checks no bounds
	_ = c[(m-1)*ldc+n-1]
	_ = b.Data[(n-1)/Width*b.Panel+(k-1)*b.Stride+(n-1)%Width]
	for l := 0; l < k; l += tileSum {
		sum := min(tileSum, k-l)
		for i := 0; i < m; i += tileRows {
			rows := min(tileRows, m-i)
			for j := 0; j < n; j += Width {
				panel := b.Data[j/Width*b.Panel+l*b.Stride:]
				if cols := n - j; cols < Width {
					narrow(rows, cols, sum, a[i*lda+l:], lda, panel, b.Stride, c[i*ldc+j:], ldc)
				} else {
					wide(rows, sum, a[i*lda+l:], lda, panel, b.Stride, c[i*ldc+j:], ldc)
				}
			}
		}
	}
}

// wide adds the product with a whole panel to C.
func wide(m, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	i := 0
	for ; i+height <= m; i += height {
		block(height, k, a[i*lda:], lda, b, ldb, c[i*ldc:], ldc)
	}
	if i < m {
		block(m-i, k, a[i*lda:], lda, b, ldb, c[i*ldc:], ldc)
	}
}

// narrowPanels hold panels whose last columns are whatever was there: what they give is not used.
var narrowPanels = sync.Pool{New: func() any { return new([tileSum * Width]float32) }}

// narrow adds the product with a panel of fewer columns to C.
func narrow(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	panel := narrowPanels.Get().(*[tileSum * Width]float32)
	defer narrowPanels.Put(panel)
	for l := range k {
		copy(panel[l*Width:l*Width+n], b[l*ldb:])
	}
	var sums [height * Width]float32
	for i := 0; i < m; i += height {
		rows := min(height, m-i)
		for r := range rows {
			copy(sums[r*Width:], c[(i+r)*ldc:(i+r)*ldc+n])
		}
		block(rows, k, a[i*lda:], lda, panel[:], Width, sums[:], Width)
		for r := range rows {
			copy(c[(i+r)*ldc:(i+r)*ldc+n], sums[r*Width:])
		}
	}
}
