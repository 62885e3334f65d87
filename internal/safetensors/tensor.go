package safetensors

import (
	"fmt"

	"sdmap/internal/gguf"
)

// Tensor is one named array, Rows x Cols, row-major. Its data stays in the file until Dequantise.
type Tensor struct {
	Name  string
	Type  string // as the format names it, such as "F32"
	Shape []int  // as in the file: the last dimension is contiguous

	file       *File
	rows, cols int
	from, size uint64 // bytes of the data
}

// floats are the types that Dequantise reads.
var floats = map[string]gguf.Type{"F32": gguf.F32, "F16": gguf.F16, "BF16": gguf.BF16}

// Cols is the number of contiguous values, the last dimension.
func (t *Tensor) Cols() int { return t.cols }

// Rows is the product of the other dimensions, 1 for a vector.
func (t *Tensor) Rows() int { return t.rows }

// Supported says whether Dequantise reads the type.
func (t *Tensor) Supported() bool { _, ok := floats[t.Type]; return ok }

// Dequantise writes rows row0 up to, not including, row1 as float32 to dst, which must hold (row1-row0) x Cols values. (It is
// called as in package gguf; here all that it can do is widen.)
func (t *Tensor) Dequantise(dst []float32, row0, row1 int) error {
	kind, ok := floats[t.Type]
	switch {
	case !ok:
		return t.file.fail(t.Name, fmt.Sprintf("%s is not supported; supported: F32, F16, BF16", t.Type), "")
	case row0 < 0 || row1 < row0 || row1 > t.rows:
		return t.file.fail(t.Name, fmt.Sprintf("rows %d to %d of %d do not exist", row0, row1, t.rows), "")
	case len(dst) != (row1-row0)*t.cols:
		return t.file.fail(t.Name, fmt.Sprintf("a destination of %d values cannot hold %d rows of %d", len(dst), row1-row0,
			t.cols), "")
	}
	row := t.cols * int(sizes[t.Type])
	data := make([]byte, (row1-row0)*row)
	if _, err := t.file.data.ReadAt(data, int64(t.from)+int64(row0*row)); err != nil {
		return fmt.Errorf("%s: tensor %s: %w", t.file.name(), quote(t.Name), err)
	}
	kind.Widen(dst, data)
	return nil
}
