package gguf_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

// small is a file with one value of each metadata type and tensors of several types.
func small() *gguftest.Writer {
	w := &gguftest.Writer{}
	w.KV("u8", uint8(200))
	w.KV("i8", int8(-3))
	w.KV("u16", uint16(60000))
	w.KV("i16", int16(-300))
	w.KV("u32", uint32(4e9))
	w.KV("i32", int32(-70000))
	w.KV("f32", float32(0.5))
	w.KV("bool", true)
	w.KV("string", "llama")
	w.KV("u64", uint64(math.MaxUint64))
	w.KV("i64", int64(1<<40))
	w.KV("f64", 1e-5)
	w.KV("strings", []string{"a", "", "\xff\x00"})
	w.KV("i32s", []int32{-1, 2})
	w.KV("u64s", []uint64{1, math.MaxUint64})
	w.KV("f32s", []float32{1.5, -2})
	w.KV("empty", []string{})
	w.F32("vector", []int{3}, []float32{1, 2, 3})
	w.F32("matrix", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	w.Tensor("cube", uint32(gguf.F16), []int{1, 2, 2}, []byte{0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c})
	w.Tensor("k", 16, []int{256, 2}, make([]byte, 132))
	w.Tensor("k2", 16, []int{256}, make([]byte, 66))
	return w
}

func parse(t testing.TB, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestMetadata(t *testing.T) {
	f := parse(t, small().Bytes())
	check := func(key string, got any, err error, want any) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %v, %v; want %v", key, got, err, want)
		}
	}
	for key, want := range map[string]uint64{"u8": 200, "u16": 60000, "u32": 4e9, "u64": math.MaxUint64, "i64": 1 << 40} {
		got, err := f.Uint(key)
		check(key, got, err, want)
	}
	for key, want := range map[string]float64{"f32": 0.5, "f64": 1e-5} {
		got, err := f.Float(key)
		check(key, got, err, want)
	}
	s, err := f.String("string")
	check("string", s, err, "llama")
	b, err := f.Bool("bool")
	check("bool", b, err, true)
	list, err := f.Strings("strings")
	check("strings", list, err, []string{"a", "", "\xff\x00"})
	list, err = f.Strings("empty")
	check("empty", list, err, []string{})
	ints, err := f.Ints("i32s")
	check("i32s", ints, err, []int64{-1, 2})
	floats, err := f.Floats("f32s")
	check("f32s", floats, err, []float32{1.5, -2})
	n, err := f.UintOr("absent", 7)
	check("absent", n, err, uint64(7))
	x, err := f.FloatOr("absent", 1e4)
	check("absent", x, err, 1e4)
	if keys := f.Keys(); len(keys) != 17 || keys[0] != "u8" || keys[16] != "empty" {
		t.Errorf("keys %q are not in file order", keys)
	}
}

func TestMetadataErrorsNameTheKey(t *testing.T) {
	f := parse(t, small().Bytes())
	for _, c := range []struct {
		read func() error
		want string
	}{
		{func() error { _, err := f.Uint("absent"); return err },
			`key "absent": the key is missing; an unsigned integer is needed (convert the model again by a current llama.cpp)`},
		{func() error { _, err := f.Uint("string"); return err }, `key "string": it is string; an unsigned integer is needed`},
		{func() error { _, err := f.Uint("i32"); return err }, `key "i32": it is -70000; an unsigned integer is needed`},
		{func() error { _, err := f.Uint("i32s"); return err },
			`key "i32s": it is array of 2 int32; an unsigned integer is needed`},
		{func() error { _, err := f.UintOr("f32", 1); return err }, `key "f32": it is float32; an unsigned integer is needed`},
		{func() error { _, err := f.Ints("u64s"); return err },
			`key "u64s": element 1, 18446744073709551615, does not fit into 63 bits`},
		{func() error { _, err := f.Strings("f32s"); return err },
			`key "f32s": it is array of 2 float32; an array of strings is needed`},
		{func() error { _, err := f.Float("u8"); return err }, `key "u8": it is uint8; a float is needed`},
		{func() error { _, err := f.BoolOr("u8", true); return err }, `key "u8": it is uint8; a bool is needed`},
		{func() error { _, err := f.StringOr("u8", ""); return err }, `key "u8": it is uint8; a string is needed`},
		{func() error { _, err := f.Floats("f64"); return err }, `key "f64": it is float64; an array of float32 is needed`},
	} {
		if err := c.read(); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	_, err := f.Uint("absent")
	if e, ok := errors.AsType[*gguf.Error](err); !ok || !e.Missing || e.Key != "absent" {
		t.Errorf("%#v is not a typed error of a missing key", err)
	}
}

func TestTensors(t *testing.T) {
	f := parse(t, small().Bytes())
	var names []string
	for _, one := range f.Tensors() {
		names = append(names, one.Name)
	}
	if !slices.Equal(names, []string{"vector", "matrix", "cube", "k", "k2"}) {
		t.Errorf("tensors %q are not in file order", names)
	}
	for _, c := range []struct {
		name             string
		rows, cols, a, b int
		want             []float32
	}{
		{"vector", 1, 3, 0, 1, []float32{1, 2, 3}},
		{"matrix", 3, 2, 1, 3, []float32{3, 4, 5, 6}},
		{"matrix", 3, 2, 2, 2, []float32{}},
		{"cube", 4, 1, 0, 4, []float32{1, -2, 0x1p-24, float32(math.Inf(1))}},
	} {
		one, ok := f.Tensor(c.name)
		if !ok || one.Rows() != c.rows || one.Cols() != c.cols {
			t.Fatalf("%s: found %v, want %d x %d", c.name, one, c.rows, c.cols)
		}
		got := make([]float32, len(c.want))
		if err := one.Dequantise(got, c.a, c.b); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s[%d:%d] = %v, %v; want %v", c.name, c.a, c.b, got, err, c.want)
		}
	}
	if _, ok := f.Tensor("absent"); ok {
		t.Error("found a tensor that is not there")
	}
}

func TestDequantiseRefuses(t *testing.T) {
	f := parse(t, small().Bytes())
	for _, c := range []struct {
		name     string
		n, a, b  int
		wantText string
	}{
		{"matrix", 2, 3, 4, `tensor "matrix": rows 3 to 4 of 3 do not exist`},
		{"matrix", 2, -1, 0, `tensor "matrix": rows -1 to 0 of 3 do not exist`},
		{"matrix", 2, 1, 0, `tensor "matrix": rows 1 to 0 of 3 do not exist`},
		{"matrix", 3, 0, 2, `tensor "matrix": a destination of 3 values cannot hold 2 rows of 2`},
		{"k", 256, 0, 1, `tensor "k": IQ2_XXS is not supported; supported: F32, F16, Q4_0, Q4_1, ` +
			`Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, BF16, MXFP4 (convert the model again, for ` +
			`instance with --outtype q8_0)`},
	} {
		one, _ := f.Tensor(c.name)
		if err := one.Dequantise(make([]float32, c.n), c.a, c.b); err == nil || err.Error() != c.wantText {
			t.Errorf("got  %v\nwant %s", err, c.wantText)
		}
	}
	want := []string{`IQ2_XXS (2 tensors, the first is "k")`}
	if got := f.Unsupported(); !slices.Equal(got, want) {
		t.Errorf("unsupported %q, want %q", got, want)
	}
}

func TestOpen(t *testing.T) {
	data := small().Bytes()
	path := filepath.Join(t.TempDir(), "small.gguf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if digest, err := f.Digest(); err != nil || digest != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("digest %s, %v", digest, err)
	}
	one, _ := f.Tensor("vector")
	if err := errors.Join(one.Dequantise(make([]float32, 3), 0, 1), f.Close(), f.Close()); err != nil {
		t.Error(err)
	}
	_, keyErr := f.Uint("u8")
	_, digestErr := f.Digest()
	for _, err := range []error{one.Dequantise(make([]float32, 3), 0, 1), keyErr, digestErr} {
		if want := path + ": the file is already closed"; err == nil || err.Error() != want {
			t.Errorf("after Close: %v, want %s", err, want)
		}
	}
}

// A large file is mapped: opening it, reading a row and hashing it all allocate next to nothing.
func TestLargeFilesAreNotRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files are not mapped on Windows")
	}
	const rows, cols = 8 << 10, 1 << 10
	w := &gguftest.Writer{}
	w.Tensor("big", uint32(gguf.F32), []int{cols, rows}, nil)
	path := filepath.Join(t.TempDir(), "big.gguf")
	data := w.Bytes()
	if err := errors.Join(os.WriteFile(path, data, 0o600), os.Truncate(path, int64(len(data)+4*rows*cols))); err != nil {
		t.Fatal(err)
	}
	row := make([]float32, cols)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	one, _ := f.Tensor("big")
	_, digestErr := f.Digest()
	if err := errors.Join(digestErr, one.Dequantise(row, rows-1, rows)); err != nil {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes are allocated for a file of %d MB", n, 4*rows*cols>>20)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short.gguf")
	if err := os.WriteFile(short, []byte("GGUF"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		short: short + ": 4 bytes are too few for a GGUF file",
		dir:   dir + ": it is a folder, not a file",
		filepath.Join(dir, "none.gguf"): filepath.Join(dir, "none.gguf") +
			": no such file or directory",
	} {
		if _, err := gguf.Open(path); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := gguf.Open(filepath.Join(dir, "none.gguf")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

// A mapped file that another process shortens must not take the program down, nor where assembly reads it.
func TestFileShortenedWhileMapped(t *testing.T) {
	for typ, bytes := range map[gguf.Type]int{gguf.F32: 4 << 16, gguf.F16: 2 << 16, gguf.Q8_0: 34 << 11} {
		w := &gguftest.Writer{}
		w.Tensor("big", uint32(typ), []int{1024, 64}, make([]byte, bytes))
		path := filepath.Join(t.TempDir(), "big.gguf")
		if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := os.Truncate(path, 8192); err != nil {
			t.Fatal(err)
		}
		one, _ := f.Tensor("big")
		err = one.Dequantise(make([]float32, 1<<16), 0, 64)
		if want := path + ": the file became shorter while it was in use " +
			"(restore it and run again; do not write to a model that is being read)"; err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", typ, err, want)
		}
	}
}

// What lies in place of a GGUF file is named, with what to do.
func TestImpostors(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 98362432\n":                 "a pointer of git-lfs",
		"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>":                          "a page of HTML",
		"\n  <html lang=en><body>not found</body></html>":                                            "a page of HTML",
		"\x28\xb5\x2f\xfd" + strings.Repeat("x", 40):                                                 "compressed by zstd",
		"\x1f\x8b\x08\x00" + strings.Repeat("x", 40):                                                 "compressed by gzip",
		"PK\x03\x04" + strings.Repeat("x", 40):                                                       "a zip archive",
		"\x40\x00\x00\x00\x00\x00\x00\x00{\"weight\":{\"dtype\":\"F32\"}}" + strings.Repeat(" ", 64): "safetensors",
		"tjgg\x03\x00\x00\x00" + strings.Repeat("x", 40):                                             "before GGUF",
		"{\"metadata\": {\"total_size\": 1}, \"weight_map\": {}}":                                    "JSON",
		"something else that is long enough to be a header":                                          "it begins with \"some\"",
	} {
		path := filepath.Join(dir, "model.gguf")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := gguf.Open(path)
		if e, ok := errors.AsType[*gguf.Error](err); !ok || !strings.Contains(e.Error(), want) || e.Remedy == "" {
			t.Errorf("%.20q: %v, want %q", content, err, want)
		}
	}
}
