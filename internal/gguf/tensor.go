package gguf

import (
	"fmt"
	"math/bits"
)

// Tensor is one named array of weights, Rows x Cols, row-major. Its data stays in the mapped file until Dequantise.
type Tensor struct {
	Name string
	Type Type
	Dims []int // as in the file: Dims[0] is contiguous; up to 4, each at least 1

	file       *File
	rows, cols int
	size       uint64 // bytes
	data       []byte
}

// Cols is the number of contiguous values, Dims[0].
func (t *Tensor) Cols() int { return t.cols }

// Rows is the product of the other dimensions, 1 for a vector.
func (t *Tensor) Rows() int { return t.rows }

// Bytes is the size of its data.
func (t *Tensor) Bytes() int64 { return int64(t.size) }

// measure sets rows, cols and size from Dims and Type, or says what is wrong with them.
func (t *Tensor) measure() (problem string) {
	if len(t.Dims) > 0 {
		t.cols = t.Dims[0]
	}
	f, known := t.Type.format()
	if !known {
		return fmt.Sprintf("element %s is unknown; supported: %s", t.Type, SupportedList())
	}
	if t.cols%f.elements != 0 {
		return fmt.Sprintf("rows of %d values are not whole %s blocks of %d", t.cols, t.Type, f.elements)
	}
	size := uint64(t.cols/f.elements) * uint64(f.bytes)
	for _, d := range t.Dims[min(1, len(t.Dims)):] {
		over, product := bits.Mul64(size, uint64(d))
		if over != 0 {
			return fmt.Sprintf("the dimensions %v overflow", t.Dims)
		}
		size = product
		t.rows *= d // means nothing where size exceeds the file, which placeTensors refuses
	}
	t.size = size
	return ""
}

// Dequantise writes rows row0 up to, not including, row1 as float32 to dst, which must hold (row1-row0) x Cols values.
// The values are exactly those of ggml's to_float functions (as compiled without fused multiply-add; what is not a number
// may differ in its payload).
func (t *Tensor) Dequantise(dst []float32, row0, row1 int) error {
	return t.read(row0, row1, len(dst), (row1-row0)*t.cols, func(s strips) { s.dequantise(dst, s.rows) })
}

// read shows rows row0 up to, not including, row1, if what comes of them, so many values, is what there is room for.
func (t *Tensor) read(row0, row1, room, values int, show func(s strips)) error {
	f, _ := t.Type.format()
	switch {
	case row0 < 0 || row1 < row0 || row1 > t.rows:
		return t.fail(fmt.Sprintf("rows %d to %d of %d do not exist", row0, row1, t.rows), "")
	case room != values:
		return t.fail(fmt.Sprintf("a destination of %d values cannot hold %d rows of %d", room, row1-row0, t.cols), "")
	case f.dequantise == nil:
		return t.fail(fmt.Sprintf("%s is not supported; supported: %s", t.Type, SupportedList()),
			"convert the model again, for instance with --outtype q8_0")
	}
	return t.file.guarded(func() error {
		if t.file.data == nil {
			return t.file.closed()
		}
		s := strips{format: f, n: row1 - row0, cols: t.cols, stride: int(t.size) / t.rows}
		s.rows = t.data[row0*s.stride : row1*s.stride]
		if k := kernelOf(t.Type); k.values > 0 && t.cols%k.values == 0 {
			s.kernel = k
		}
		show(s)
		return nil
	})
}

func (t *Tensor) fail(problem, remedy string) *Error {
	return &Error{File: t.file.Path, Tensor: t.Name, Problem: problem, Remedy: remedy}
}
