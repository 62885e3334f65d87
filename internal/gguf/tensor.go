package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
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

// measure sets rows, cols and size from Dims and Type, or says what is wrong with them.
func (t *Tensor) measure() (problem string) {
	if len(t.Dims) > 0 {
		t.cols = t.Dims[0]
	}
	l, known := layouts[t.Type]
	if !known {
		return fmt.Sprintf("element %s is unknown; supported: %s", t.Type, supportedList())
	}
	if t.cols%l.elements != 0 {
		return fmt.Sprintf("rows of %d values are not whole %s blocks of %d", t.cols, t.Type, l.elements)
	}
	size := uint64(t.cols/l.elements) * uint64(l.bytes)
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
// The values are exactly those of ggml's to_float functions: F16 and BF16 widen without rounding; Q8_0 and Q4_0 are the
// integer times the block's scale, one float32 multiplication.
func (t *Tensor) Dequantise(dst []float32, row0, row1 int) error {
	switch {
	case row0 < 0 || row1 < row0 || row1 > t.rows:
		return t.fail(fmt.Sprintf("rows %d to %d of %d do not exist", row0, row1, t.rows), "")
	case len(dst) != (row1-row0)*t.cols:
		return t.fail(fmt.Sprintf("a destination of %d values cannot hold %d rows of %d", len(dst), row1-row0, t.cols), "")
	case !t.Type.Supported():
		return t.fail(fmt.Sprintf("%s is not supported; supported: %s", t.Type, supportedList()),
			"convert the model again, for instance with --outtype q8_0")
	}
	return t.file.guarded(func() error {
		if t.file.data == nil {
			return t.file.closed()
		}
		rowBytes := int(t.size) / t.rows
		src := t.data[row0*rowBytes : row1*rowBytes]
		switch t.Type {
		case F32:
			fromF32(dst, src)
		case F16:
			fromF16(dst, src)
		case BF16:
			fromBF16(dst, src)
		case Q8_0:
			fromQ8(dst, src)
		case Q4_0:
			fromQ4(dst, src)
		}
		return nil
	})
}

func (t *Tensor) fail(problem, remedy string) *Error {
	return &Error{File: t.file.Path, Tensor: t.Name, Problem: problem, Remedy: remedy}
}

func fromF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func fromF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func fromBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

const blockValues = 32 // values in a block of Q8_0 and of Q4_0

// fromQ8 reads blocks of a scale d and 32 signed bytes q: value = q d.
func fromQ8(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[blockValues:], src[2+blockValues:] {
		d := half(binary.LittleEndian.Uint16(src))
		block := src[2 : 2+blockValues]
		for i, q := range block {
			dst[i] = float32(int8(q)) * d
		}
	}
}

// fromQ4 reads blocks of a scale d and 16 bytes; byte i holds value i in its low and value i+16 in its high half:
// value = (q - 8) d.
func fromQ4(dst []float32, src []byte) {
	const half4 = blockValues / 2
	for ; len(dst) > 0; dst, src = dst[blockValues:], src[2+half4:] {
		d := half(binary.LittleEndian.Uint16(src))
		block := src[2 : 2+half4]
		for i, q := range block {
			dst[i] = float32(int(q&15)-8) * d
			dst[i+half4] = float32(int(q>>4)-8) * d
		}
	}
}

// half widens an IEEE 754 binary16 number. Its exponent and fraction, put into a binary32's fields, read as the number
// times 2^-112 (the difference of the two exponent biases), subnormals included; multiplying by 2^112 is exact.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	magnitude := uint32(h&0x7fff) << 13
	if h&0x7c00 == 0x7c00 { // infinity or NaN: all exponent bits stay set
		return math.Float32frombits(sign | 0x7f800000 | magnitude)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(magnitude)*0x1p112))
}
