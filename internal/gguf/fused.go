package gguf

import (
	"fmt"
	"slices"
	"sync"

	"sdmap/internal/simd"
)

// kernel is the assembly for one type. It takes a strip, simd.Width rows that are stride bytes apart, of n times values values
// each.
type kernel struct {
	values int
	dot    func(n int, rows *byte, stride int, x, sums *float32)
	panel  func(n int, rows *byte, stride int, panel *float32)
	wide   func(n int, rows *byte, stride int, x, sums *float32) // dot of two strips; may be nil
}

// strips are consecutive rows of a tensor, and how they are read.
type strips struct {
	format
	kernel // none: values is 0
	rows   []byte
	n      int
	cols   int
	stride int
}

// Multiply writes the products of rows row0 up to, not including, row1 with x, which must hold Cols values, to dst. Each is, to
// the last bit, the sum that simd.Multiply makes of the values of Dequantise; most types are multiplied as they are read.
func (t *Tensor) Multiply(dst, x []float32, row0, row1 int) error {
	if len(x) != t.cols {
		return t.fail(fmt.Sprintf("%d values cannot be multiplied with rows of %d", len(x), t.cols), "")
	}
	return t.read(row0, row1, len(dst), row1-row0, func(s strips) {
		for i := 0; i < s.n; {
			i += s.multiply(dst, x, i)
		}
	})
}

// multiply multiplies the rows from i on that can be taken at once, and returns how many these are.
func (s *strips) multiply(dst, x []float32, i int) int {
	switch {
	case s.wide != nil && s.whole(i+simd.Width):
		s.wide(s.cols/s.values, &s.rows[i*s.stride], s.stride, &x[0], &dst[i])
		return 2 * simd.Width
	case s.whole(i):
		s.dot(s.cols/s.values, &s.rows[i*s.stride], s.stride, &x[0], &dst[i])
		return simd.Width
	}
	own := stripBuffers.Get().(*stripBuffer)
	defer stripBuffers.Put(own)
	n := s.dequantiseAt(own, i)
	own.panel = slices.Grow(own.panel[:0], simd.Width*s.cols)[:simd.Width*s.cols]
	simd.Pack(own.panel, own.rows, n, s.cols)
	simd.Multiply(1, n, s.cols, x, s.cols, simd.Panels(own.panel, s.cols), dst[i:i+n], n, false)
	return n
}

// Panels writes rows row0 up to, not including, row1 as simd.Pack writes the values of Dequantise. What fills the last panel up
// is left as it is.
func (t *Tensor) Panels(dst []float32, row0, row1 int) error {
	return t.read(row0, row1, len(dst), simd.PanelsLen(t.cols, row1-row0), func(s strips) {
		for i := 0; i < s.n; i += simd.Width {
			panel := dst[i*s.cols : (i+simd.Width)*s.cols]
			if s.whole(i) {
				s.panel(s.cols/s.values, &s.rows[i*s.stride], s.stride, &panel[0])
				continue
			}
			own := stripBuffers.Get().(*stripBuffer)
			n := s.dequantiseAt(own, i)
			simd.Pack(panel, own.rows, n, s.cols)
			stripBuffers.Put(own)
		}
	})
}

// whole says whether the kernel can take the strip that begins with row i.
func (s *strips) whole(i int) bool { return s.values > 0 && i+simd.Width <= s.n }

// stripBuffer holds a strip that is dequantised: one for which there is no kernel, or the rows that are left over.
type stripBuffer struct{ rows, panel []float32 }

var stripBuffers = sync.Pool{New: func() any { return new(stripBuffer) }}

// dequantiseAt dequantises the strip that begins with row i, and returns its number of rows.
func (s *strips) dequantiseAt(own *stripBuffer, i int) int {
	n := min(simd.Width, s.n-i)
	own.rows = slices.Grow(own.rows[:0], n*s.cols)[:n*s.cols]
	s.dequantise(own.rows, s.rows[i*s.stride:(i+n)*s.stride])
	return n
}
