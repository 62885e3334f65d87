package safetensors_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/safetensors"
)

// file lays a header in front of data.
func file(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

// Two tensors, not in the order of their data: a matrix of binary32 and a vector of binary16.
const twoTensors = `{"__metadata__":{"format":"pt"},"half":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},` +
	`"a":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}}  `

func twoData() []byte {
	var data []byte
	for _, bits := range []uint32{0x3f800000, 0x40000000, 0xbf800000, 0, 0x3f000000, 0x7f800000} {
		data = binary.LittleEndian.AppendUint32(data, bits)
	}
	return append(data, 0x00, 0x3c, 0x00, 0xc1) // 1, -2.5
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, file(twoTensors, twoData()), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ts := f.Tensors()
	if len(ts) != 2 || ts[0].Name != "a" || ts[0].Rows() != 3 || ts[0].Cols() != 2 || ts[1].Rows() != 1 || ts[1].Cols() != 2 {
		t.Fatalf("tensors are %+v", ts)
	}
	rows := make([]float32, 4)
	if err := ts[0].Dequantise(rows, 1, 3); err != nil || !slices.Equal(rows[:3], []float32{-1, 0, 0.5}) {
		t.Errorf("rows 1 and 2 are %v, %v", rows, err)
	}
	half := make([]float32, 2)
	if err := ts[1].Dequantise(half, 0, 1); err != nil || !slices.Equal(half, []float32{1, -2.5}) {
		t.Errorf("the vector is %v, %v", half, err)
	}
	for _, wrong := range [][2]int{{-1, 1}, {2, 1}, {2, 4}, {0, 1}} {
		if err := ts[0].Dequantise(rows, wrong[0], wrong[1]); err == nil {
			t.Errorf("rows %v are no error", wrong)
		}
	}
}

// A file that became shorter is an error when it is read, not a fault of the program.
func TestShortened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, file(twoTensors, twoData()), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 180); err != nil {
		t.Fatal(err)
	}
	if err := f.Tensors()[1].Dequantise(make([]float32, 2), 0, 1); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("reading gives %v", err)
	}
}

func TestBroken(t *testing.T) {
	one := func(entry string) string { return `{"a":` + entry + `}` }
	for _, c := range []struct {
		header string
		data   int // bytes
		want   string
	}{
		{`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8,
			`tensor "a": the name is there twice`},
		{one(`{"dtype":"F7","shape":[1],"data_offsets":[0,4]}`), 4, `element type "F7" is unknown`},
		{one(`{"dtype":"F32","shape":[2],"data_offsets":[0,4]}`), 4, `4 bytes for F32 of shape [2], which takes 8`},
		{one(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`), 4, `data_offsets [4 0]`},
		{one(`{"dtype":"F32","shape":[1],"data_offsets":[0]}`), 4, `data_offsets [0]`},
		{one(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`), 4, `tensor "a": json: cannot unmarshal number -1`},
		{one(`{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`), 0, `supported: dimensions from 1`},
		{one(`{"dtype":"U8","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}`), 4, `is not supported`},
		{one(`{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`), 8, `begins at byte 4; that of the tensor before ends at 0`},
		{one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`), 3, `ends at byte 4 of 3`},
		{one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`), 5, `1 bytes of data belong to no tensor`},
		{one(`{"dtype":"F32","shape":[` + strings.Repeat("1,", 64) + `1],"data_offsets":[0,4]}`), 4, `65 dimensions`},
		{`{"a":7}`, 0, `tensor "a": json`},
		{`{"a":{}} {}`, 0, `unknown`},
		{`{} {}`, 0, `more than one object`},
		{`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},`, 1, `its header`},
		{`{  `, 0, `its header`},
	} {
		_, err := safetensors.Parse(file(c.header, make([]byte, c.data)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s gives %v, want %q", c.header, err, c.want)
		}
	}
}

func TestNotSafetensors(t *testing.T) {
	for text, want := range map[string]string{
		"": "0 bytes are too few", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n": "git lfs pull",
		"<!doctype html><html>": "a page of HTML", "PK\x03\x04 and more": "a zip archive",
		"GGUF\x03\x00\x00\x00 and more":          "not a safetensors file",
		"\xff\xff\xff\xff\xff\xff\xff\x7f{\"a\"": "a header of 9223372036854775807 bytes is announced",
	} {
		if _, err := safetensors.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	long := binary.LittleEndian.AppendUint64(nil, 17<<20)
	long = append(append(long, '{'), make([]byte, 17<<20)...)
	if _, err := safetensors.Parse(long); err == nil || !strings.Contains(err.Error(), "at most 16777216 are read") {
		t.Errorf("a long header gives %v", err)
	}
}

// Whatever opens can be read to its end, and its tensors tile the data.
func FuzzParse(f *testing.F) {
	f.Add(file(twoTensors, twoData()))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}`, make([]byte, 2)))
	f.Add(file(`{"a":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]}}`, make([]byte, 8)))
	f.Add([]byte(fmt.Sprintf("%08d{}", 2)))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := safetensors.Parse(data)
		if err != nil {
			return
		}
		total := 0
		for _, tensor := range file.Tensors() {
			n := tensor.Rows() * tensor.Cols()
			if total += n; n < 1 || total > len(data) {
				t.Fatalf("tensor %q has %d elements in %d bytes", tensor.Name, n, len(data))
			}
			err := tensor.Dequantise(make([]float32, n), 0, tensor.Rows())
			if (err == nil) != tensor.Supported() {
				t.Fatalf("tensor %q of type %s: %v", tensor.Name, tensor.Type, err)
			}
		}
	})
}
