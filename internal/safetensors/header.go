package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
)

// maxDims bounds a tensor's dimensions; NumPy and PyTorch allow no more.
const maxDims = 64

// sizes are the bytes of the types whose elements are whole bytes, as the format names them.
var sizes = map[string]uint64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
	"U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8, "C64": 8,
}

// description is what the header says of a tensor.
type description struct {
	Type    string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

// parse reads the header, in front of so many bytes of data.
func (f *File) parse(header []byte, room uint64) error {
	d := json.NewDecoder(bytes.NewReader(header))
	if _, err := d.Token(); err != nil { // the brace, which was seen
		return f.fail("", "its header: "+err.Error(), downloadAgain)
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return f.fail("", "its header: "+err.Error(), downloadAgain)
		}
		name := key.(string) // a key of an object
		if seen[name] {
			return f.fail(name, "the name is there twice", downloadAgain)
		}
		seen[name] = true
		if err := f.parseEntry(d, name); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return f.fail("", "its header: "+err.Error(), downloadAgain)
	}
	if _, err := d.Token(); err != io.EOF {
		return f.fail("", "its header has more than one object", downloadAgain)
	}
	return f.place(room)
}

func (f *File) parseEntry(d *json.Decoder, name string) error {
	if name == "__metadata__" { // notes of the program that wrote the file
		return d.Decode(new(json.RawMessage))
	}
	var is description
	if err := d.Decode(&is); err != nil {
		return f.fail(name, err.Error(), downloadAgain)
	}
	t := &Tensor{Name: name, Type: is.Type, file: f, rows: 1, cols: 1}
	if problem := t.measure(is); problem != "" {
		return f.fail(name, problem, downloadAgain)
	}
	f.tensors = append(f.tensors, t)
	return nil
}

// measure takes in what the header says, or says what is wrong with it.
func (t *Tensor) measure(is description) (problem string) {
	size, known := sizes[is.Type]
	switch {
	case !known:
		return fmt.Sprintf("element type %q is unknown", is.Type)
	case len(is.Shape) > maxDims:
		return fmt.Sprintf("%d dimensions; at most %d are allowed", len(is.Shape), maxDims)
	case len(is.Offsets) != 2 || is.Offsets[0] > is.Offsets[1]:
		return fmt.Sprintf("data_offsets %v are not where its data begins and ends", is.Offsets)
	}
	for i, d := range is.Shape {
		over, product := bits.Mul64(size, d)
		if over != 0 || d == 0 || d > math.MaxInt32 {
			return fmt.Sprintf("the shape %v is not supported; supported: dimensions from 1 to 2^31-1", is.Shape)
		}
		size = product
		t.Shape = append(t.Shape, int(d))
		if i < len(is.Shape)-1 {
			t.rows *= int(d) // means nothing where the size exceeds that of the data, which is refused below
		} else {
			t.cols = int(d)
		}
	}
	if t.from, t.size = is.Offsets[0], is.Offsets[1]-is.Offsets[0]; t.size != size {
		return fmt.Sprintf("%d bytes for %s of shape %v, which takes %d", t.size, is.Type, is.Shape, size)
	}
	return ""
}

// place sees to it that the tensors tile the data.
func (f *File) place(room uint64) error {
	slices.SortStableFunc(f.tensors, func(a, b *Tensor) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.size, b.size))
	})
	end := uint64(0)
	for _, t := range f.tensors {
		if t.from != end {
			return f.fail(t.Name, fmt.Sprintf("its data begins at byte %d; that of the tensor before ends at %d", t.from, end),
				downloadAgain)
		}
		if t.size > room-end {
			return f.fail(t.Name, fmt.Sprintf("its data ends at byte %d of %d", t.from+t.size, room), downloadAgain)
		}
		end += t.size
	}
	if end != room {
		return f.fail("", fmt.Sprintf("%d bytes of data belong to no tensor", room-end), downloadAgain)
	}
	return nil
}
