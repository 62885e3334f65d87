package gguf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

// tiny has one key and two tensors, so that the places of its fields are easy to say.
func tiny() *gguftest.Writer {
	w := &gguftest.Writer{}
	w.KV("name", "tiny")
	w.F32("a", []int{2, 3}, make([]float32, 6))
	w.F32("b", []int{4}, make([]float32, 4))
	return w
}

// after returns the position just behind the only place in data where name stands with its length before it.
func after(t *testing.T, data []byte, name string) int {
	t.Helper()
	needle := append(binary.LittleEndian.AppendUint64(nil, uint64(len(name))), name...)
	if bytes.Count(data, needle) != 1 {
		t.Fatalf("%q is not there exactly once", name)
	}
	return bytes.Index(data, needle) + len(needle)
}

func put64(data []byte, at int, v uint64) { binary.LittleEndian.PutUint64(data[at:], v) }
func put32(data []byte, at int, v uint32) { binary.LittleEndian.PutUint32(data[at:], v) }

// Each case breaks one field of a good file. A tensor's description is: name, dimensions (4 bytes), each dimension (8),
// type (4), offset (8).
func TestBrokenFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(b []byte) []byte
		want   string
	}{
		{"other format", func(b []byte) []byte { copy(b, "QQ\x03\x04"); return b },
			`not a GGUF file: it begins with "QQ\x03\x04"`},
		{"version 1", func(b []byte) []byte { put32(b, 4, 1); return b }, "GGUF version 1 is not supported; supported: 2, 3"},
		{"big-endian", func(b []byte) []byte { put32(b, 4, 3<<24); return b }, "the file is big-endian"},
		{"2^63 tensors", func(b []byte) []byte { put64(b, 8, 1<<63); return b }, "tensor 3 of 9223372036854775808: "},
		{"2^64-1 keys", func(b []byte) []byte { put64(b, 16, math.MaxUint64); return b }, "of 18446744073709551615: "},
		{"no keys announced", func(b []byte) []byte { put64(b, 16, 0); return b }, `tensor "name": 8 dimensions; at most 4`},
		{"long key", func(b []byte) []byte { put64(b, 24, 1<<40); return b },
			"metadata entry 1 of 1: a name of 1099511627776 bytes is announced at offset 32; 1 to 65535"},
		{"unknown value type", func(b []byte) []byte { put32(b, after(t, b, "name"), 99); return b },
			`key "name": value type 99 is unknown`},
		{"long string", func(b []byte) []byte { put64(b, after(t, b, "name")+4, math.MaxUint64); return b },
			`key "name": 18446744073709551615 bytes are announced at offset 48, the file has `},
		{"five dimensions", func(b []byte) []byte { put32(b, after(t, b, "a"), 5); return b }, `tensor "a": 5 dimensions`},
		{"zero dimension", func(b []byte) []byte { put64(b, after(t, b, "a")+12, 0); return b }, `tensor "a": dimension 1 is 0`},
		{"huge dimension", func(b []byte) []byte { put64(b, after(t, b, "a")+4, 1<<40); return b },
			`tensor "a": dimension 0 is 1099511627776`},
		{"oversized", func(b []byte) []byte { put64(b, after(t, b, "a")+4, 1<<20); return b },
			`tensor "a": 12582912 bytes at offset 0 lie outside of the 48 bytes of data`},
		{"unknown type", func(b []byte) []byte { put32(b, after(t, b, "a")+20, 77); return b },
			`tensor "a": element type 77 is unknown; supported: F32,`},
		{"partial block", func(b []byte) []byte { put32(b, after(t, b, "a")+20, 8); return b },
			`tensor "a": rows of 2 values are not whole Q8_0 blocks of 32`},
		{"misaligned", func(b []byte) []byte { put64(b, after(t, b, "b")+16, 33); return b },
			`tensor "b": its offset 33 is not a multiple of the alignment 32`},
		{"overlap", func(b []byte) []byte { put64(b, after(t, b, "b")+16, 0); return b },
			`tensor "b": its data overlaps that of tensor "a"`},
		{"offset beyond the file", func(b []byte) []byte { put64(b, after(t, b, "b")+16, math.MaxUint64-31); return b },
			`tensor "b": 16 bytes at offset 18446744073709551584 lie outside`},
		{"truncated data", func(b []byte) []byte { return b[:len(b)-1] }, `tensor "b": 16 bytes at offset 32 lie outside`},
		{"data gone", func(b []byte) []byte { return b[:after(t, b, "b")+24] },
			`tensor "a": 24 bytes at offset 0 lie outside of the 0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantError(t, c.damage(tiny().Bytes()), c.want)
		})
	}
}

// Each case writes a file that is well-formed but means nothing.
func TestBrokenContents(t *testing.T) {
	array := func(elem uint32, n uint64) func(w *gguftest.Writer) []byte {
		return func(w *gguftest.Writer) []byte {
			w.KV("list", []uint32{1, 2})
			data := w.Bytes()
			at := after(t, data, "list")
			put32(data, at+4, elem)
			put64(data, at+8, n)
			return data
		}
	}
	for _, c := range []struct {
		name  string
		write func(w *gguftest.Writer) []byte
		want  string
	}{
		{"same key twice", func(w *gguftest.Writer) []byte { w.KV("name", "x"); return w.Bytes() },
			`key "name": the key is there twice`},
		{"same tensor twice", func(w *gguftest.Writer) []byte { w.F32("a", []int{1}, []float32{1}); return w.Bytes() },
			`tensor "a": the name is there twice`},
		{"array of arrays", array(9, 1), `key "list": arrays of arrays are not supported here`},
		{"array of 2^61 integers", array(10, 1<<61), `key "list": an array of 2305843009213693952 uint64 is announced`},
		{"array of 2^62 strings", array(8, 1<<62), `key "list": `},
		{"dimensions overflow", func(w *gguftest.Writer) []byte {
			w.Tensor("c", 0, []int{1 << 30, 1 << 30, 1 << 30, 1 << 30}, nil)
			return w.Bytes()
		}, `tensor "c": the dimensions [1073741824 1073741824 1073741824 1073741824] overflow`},
		{"alignment 24", func(w *gguftest.Writer) []byte { w.Alignment = 24; return w.Bytes() },
			`key "general.alignment": 24 is not a power of two`},
		{"alignment of wrong type", func(w *gguftest.Writer) []byte { w.KV("general.alignment", "32"); return w.Bytes() },
			`key "general.alignment": it is string; an unsigned integer is needed`},
		{"hostile name", func(w *gguftest.Writer) []byte {
			w.Tensor("\x1b[2J"+strings.Repeat("x", 200), 77, []int{1}, nil)
			return w.Bytes()
		}, `tensor "\x1b[2J` + strings.Repeat("x", 116) + `"...: element type 77`},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantError(t, c.write(tiny()), c.want)
		})
	}
}

func wantError(t *testing.T, data []byte, want string) {
	t.Helper()
	_, err := gguf.Parse(data)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("got  %v\nwant %s", err, want)
	}
	if _, ok := errors.AsType[*gguf.Error](err); !ok {
		t.Errorf("%T is not a *gguf.Error", err)
	}
}

// Every shorter file is an error, wherever it ends.
func TestEveryTruncation(t *testing.T) {
	data := tiny().Bytes()
	for n := range data {
		if _, err := gguf.Parse(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes parse", n, len(data))
		}
	}
}

func TestVersion2AndOtherAlignment(t *testing.T) {
	w := &gguftest.Writer{Version: 2, Alignment: 64}
	w.F32("a", []int{1}, []float32{1})
	w.F32("b", []int{1}, []float32{2})
	f := parse(t, w.Bytes())
	b, _ := f.Tensor("b")
	value := make([]float32, 1)
	if err := b.Dequantise(value, 0, 1); err != nil || value[0] != 2 || f.Version != 2 || f.Alignment != 64 {
		t.Errorf("version %d, alignment %d, b = %v, %v", f.Version, f.Alignment, value, err)
	}
}

// A claim of many elements must not cost memory: the whole parse of a hostile file allocates little.
func TestHostileCountsAllocateLittle(t *testing.T) {
	data := tiny().Bytes()
	put64(data, 8, 1<<60)
	put64(data, 16, 1<<60)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := gguf.Parse(data); err == nil {
		t.Fatal("parsed")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<10 {
		t.Errorf("%d bytes are allocated for a file of %d", n, len(data))
	}
}

// Sizes of blocks: rows that are not whole, tensors that are too large, too many dimensions, one byte too few.
func TestHostileSizesOfEveryType(t *testing.T) {
	for _, g := range readBlocks(t) {
		block, values := g.Blocks[0].Raw, len(g.Blocks[0].Values)/4
		write := func(dims ...int) []byte {
			w := &gguftest.Writer{}
			w.Tensor("t", uint32(g.Type), dims, block)
			return w.Bytes()
		}
		parse(t, write(values, 1, 1))
		for _, cols := range []int{1, values / 2, values + 1, values + values/2} {
			wantError(t, write(cols), fmt.Sprintf(`tensor "t": rows of %d values are not whole %s blocks of %d`, cols, g.Name,
				values))
		}
		for _, dims := range [][]int{{values * 2}, {values, 2}, {values, 1, 1, 2}, {values, math.MaxInt32},
			{values, math.MaxInt32, 1 << 20}} {
			wantError(t, write(dims...), "lie outside of the")
		}
		wantError(t, write(values<<20, math.MaxInt32, math.MaxInt32, math.MaxInt32), "overflow")
		wantError(t, write(values)[:len(write(values))-1], fmt.Sprintf("%d bytes at offset 0 lie outside of the %d bytes",
			len(block), len(block)-1))
	}
}

// everyType has a tensor of random bytes for each type of block.
func everyType(t testing.TB, w *gguftest.Writer) *gguftest.Writer {
	for _, g := range readBlocks(t) {
		w.Tensor(g.Name, uint32(g.Type), []int{len(g.Blocks[0].Values) / 4, 2}, slices.Concat(g.Blocks[0].Raw, g.Blocks[1].Raw))
	}
	return w
}

// FuzzSplit takes any two files for the two parts of a model.
func FuzzSplit(f *testing.F) {
	second := everyType(f, part(1, 2, 14))
	first := part(0, 2, 14)
	first.F32("t", []int{2}, []float32{1, 2})
	parts := [][]byte{first.Bytes(), second.Bytes()}
	if _, err := gguf.Parse(parts...); err != nil {
		f.Fatal(err)
	}
	f.Add(parts[0], parts[1])
	f.Add(parts[1], parts[0])
	f.Add(parts[0], tiny().Bytes())
	f.Fuzz(func(t *testing.T, a, b []byte) {
		file, err := gguf.Parse(a, b)
		checkParsed(t, file, err, len(a)+len(b))
		if err == nil && len(file.Parts()) != 2 {
			t.Fatalf("%d parts", len(file.Parts()))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(tiny().Bytes())
	f.Add(everyType(f, &gguftest.Writer{}).Bytes())
	f.Add(small().Bytes())
	f.Add((&gguftest.Writer{Version: 2, Alignment: 64}).Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		checkParsed(t, file, err, len(data))
	})
}

// checkParsed reads all that a file of so many bytes offers, if it was accepted.
func checkParsed(t *testing.T, file *gguf.File, err error, size int) {
	if err != nil {
		if _, ok := errors.AsType[*gguf.Error](err); !ok {
			t.Fatalf("%T is not a *gguf.Error: %v", err, err)
		}
		return
	}
	for _, key := range file.Keys() {
		readAll(file, key)
	}
	for _, one := range file.Tensors() {
		if one.Rows()*one.Cols() > 8*size {
			t.Fatalf("%q has more values than the file can hold", one.Name)
		}
		row := make([]float32, one.Cols())
		if err := one.Dequantise(row, one.Rows()-1, one.Rows()); (err == nil) != one.Type.Supported() {
			t.Fatalf("%q of %s: %v", one.Name, one.Type, err)
		}
	}
}

// readAll calls every getter: exactly one of them can fit a key, none may panic.
func readAll(f *gguf.File, key string) {
	f.String(key)
	f.Uint(key)
	f.Float(key)
	f.Bool(key)
	f.Strings(key)
	f.Ints(key)
	f.Floats(key)
}
