package gguf_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/testenv"
)

// part begins part no (from 0) of a model; the first part has the metadata.
func part(no, count, tensors int) *gguftest.Writer {
	w := &gguftest.Writer{}
	if no == 0 {
		w.KV("general.name", "split")
	}
	w.KV("split.no", uint16(no))
	w.KV("split.count", uint16(count))
	w.KV("split.tensors.count", int32(tensors))
	return w
}

// threeParts are the parts of a model of five tensors, the first without any; part 2 is aligned in its own way.
func threeParts() []*gguftest.Writer {
	parts := []*gguftest.Writer{part(0, 3, 5), part(1, 3, 5), part(2, 3, 5)}
	parts[1].Alignment = 64
	for i := range 5 {
		parts[1+i/3].F32(fmt.Sprintf("t%d", i), []int{2}, []float32{float32(i), -1})
	}
	return parts
}

func partNames(dir string, count int) []string {
	var paths []string
	for i := range count {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("m-%05d-of-%05d.gguf", i+1, count)))
	}
	return paths
}

func writeParts(t *testing.T, parts []*gguftest.Writer) []string {
	t.Helper()
	paths := partNames(t.TempDir(), len(parts))
	for i, w := range parts {
		if err := os.WriteFile(paths[i], w.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func TestSplit(t *testing.T) {
	paths := writeParts(t, threeParts())
	var lines strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "sha256:%x\n", sha256.Sum256(data))
	}
	sum := sha256.Sum256([]byte(lines.String()))
	for _, path := range paths {
		f := open(t, path)
		if digest, err := f.Digest(); err != nil || digest != "sha256:"+hex.EncodeToString(sum[:]) {
			t.Errorf("%s: digest %s, %v", path, digest, err)
		}
		if name, err := f.String("general.name"); err != nil || name != "split" || !slices.Equal(f.Parts(), paths) {
			t.Errorf("%s: name %q of %q, %v", path, name, f.Parts(), err)
		}
		if f.Path != paths[0] || len(f.Tensors()) != 5 {
			t.Errorf("%s: %s has %d tensors", path, f.Path, len(f.Tensors()))
		}
		for i, one := range f.Tensors() {
			value := make([]float32, 2)
			if err := one.Dequantise(value, 0, 1); err != nil || one.Name != fmt.Sprintf("t%d", i) || value[0] != float32(i) {
				t.Errorf("%s: tensor %d is %q = %v, %v", path, i, one.Name, value, err)
			}
		}
		last, _ := f.Tensor("t4")
		if err := errors.Join(f.Close(), f.Close()); err != nil {
			t.Error(err)
		}
		if err := last.Dequantise(make([]float32, 2), 0, 1); err == nil || err.Error() != paths[2]+
			": the file is already closed" {
			t.Errorf("after Close: %v", err)
		}
		if _, err := f.Digest(); err == nil {
			t.Error("a digest after Close")
		}
	}
}

// A name alone says what belongs together.
func TestPartsOf(t *testing.T) {
	for path, want := range map[string][]string{
		"d/m-00002-of-00002.gguf":  {"d/m-00001-of-00002.gguf", "d/m-00002-of-00002.gguf"},
		"m-00001-of-00001.gguf":    {"m-00001-of-00001.gguf"},
		"m-00000-of-00002.gguf":    nil,
		"m-00003-of-00002.gguf":    nil,
		"m-+0001-of-00002.gguf":    nil,
		"m-00001-of-99999.gguf":    nil,
		"m-00001_of_00002.gguf":    nil,
		"-00001-of-00002.gguf":     nil,
		"m-00001-of-00002.gguf.gz": nil,
		"m.gguf":                   nil,
	} {
		name, got := gguf.PartsOf(path)
		if !slices.Equal(got, want) || (name == "") != (want == nil) || len(want) > 0 &&
			!strings.HasPrefix(want[0], name+"-00001") {
			t.Errorf("%s: %q, %q; want %q", path, name, got, want)
		}
	}
}

// Each case damages the parts of a good model on disk; the error must name the file, and say what to do.
func TestSplitRefuses(t *testing.T) {
	replace := func(i int, w *gguftest.Writer) func(t *testing.T, paths []string) {
		return func(t *testing.T, paths []string) {
			if err := os.WriteFile(paths[i], w.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	move := func(from, to string) func(t *testing.T, paths []string) {
		return func(t *testing.T, paths []string) {
			dir := filepath.Dir(paths[0])
			if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	foreign, twice, renamed := threeParts()[2], part(2, 3, 5), part(2, 3, 5)
	foreign.KV("general.name", "other")
	twice.F32("t2", []int{2}, make([]float32, 2))
	twice.F32("t4", []int{2}, make([]float32, 2))
	renamed.F32("t3", []int{2}, make([]float32, 2))
	const together = "put all parts of the model into one folder under the names that llama-gguf-split gave them"
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, paths []string)
		open   string
		want   string // after the folder's path
	}{
		{"missing", func(t *testing.T, paths []string) { os.Remove(paths[1]) }, "m-00003-of-00003.gguf",
			"m-00002-of-00003.gguf: part 2 of 3 of the model is missing (" + together + ")"},
		{"alone under another name", move("m-00001-of-00003.gguf", "m.gguf"), "m.gguf",
			"m.gguf: this is part 1 of 3 of a model, but its name does not end in -00001-of-00003.gguf (" + together + ")"},
		{"under another part's name", move("m-00002-of-00003.gguf", "m-00003-of-00003.gguf"), "m-00003-of-00003.gguf",
			"m-00003-of-00003.gguf: this is part 2 of 3 of a model, but its name does not end in -00002-of-00003.gguf (" +
				together + ")"},
		{"part of more parts", replace(2, part(2, 4, 5)), "m-00001-of-00003.gguf",
			"m-00003-of-00003.gguf: by its keys it is part 3 of 4 with 5 tensors in all; part 3 of 3 with 5 tensors in all is " +
				"needed (it is of another model: " + together + ")"},
		{"part of more tensors", replace(1, part(1, 3, 6)), "m-00001-of-00003.gguf",
			"m-00002-of-00003.gguf: by its keys it is part 2 of 3 with 6 tensors in all; part 2 of 3 with 5 tensors in all is " +
				"needed (it is of another model: " + together + ")"},
		{"no part", replace(1, tiny()), "m-00001-of-00003.gguf",
			"m-00002-of-00003.gguf: by its keys it is a model of its own; part 2 of 3 with 5 tensors in all is needed (it is " +
				"of another model: " + together + ")"},
		{"a whole model under a part's name", replace(1, tiny()), "m-00002-of-00003.gguf",
			"m-00002-of-00003.gguf: its name says that it is one of 3 parts of a model, its keys do not (give it another name, " +
				"or download it again)"},
		{"other metadata", replace(2, foreign), "m-00001-of-00003.gguf",
			`m-00003-of-00003.gguf: key "general.name": it is not as in part 1 (it is of another model: ` + together + ")"},
		{"tensor twice", replace(2, twice), "m-00001-of-00003.gguf",
			`m-00003-of-00003.gguf: tensor "t2": part 3 of the model holds it, and part 2 does too (the file is truncated or ` +
				`corrupt: download or convert it again)`},
		{"too few tensors", replace(2, renamed), "m-00002-of-00003.gguf",
			`m-00001-of-00003.gguf: key "split.tensors.count": 5 tensors are announced, the 3 parts hold 4 (the file is ` +
				`truncated or corrupt: download or convert it again)`},
		{"broken part", func(t *testing.T, paths []string) { os.Truncate(paths[2], 30) }, "m-00001-of-00003.gguf",
			"m-00003-of-00003.gguf: metadata entry 1 of 3: 8 bytes are announced at offset 24, the file has 6 more (the file " +
				"is truncated or corrupt: download or convert it again)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			paths := writeParts(t, threeParts())
			c.damage(t, paths)
			dir := filepath.Dir(paths[0]) + string(filepath.Separator)
			_, err := gguf.Open(dir + c.open)
			if err == nil || err.Error() != dir+c.want {
				t.Fatalf("got  %v\nwant %s%s", err, dir, c.want)
			}
			if c.name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v is not fs.ErrNotExist", err)
			}
		})
	}
}

// Each case writes hostile keys.
func TestSplitKeys(t *testing.T) {
	for _, c := range []struct {
		kv   map[string]any
		want string
	}{
		{map[string]any{"split.count": uint64(1 << 40)}, `key "split.count": 1099511627776 parts; at most 65535 are allowed`},
		{map[string]any{"split.count": "3"}, `key "split.count": it is string; an unsigned integer is needed`},
		{map[string]any{"split.count": uint16(3)}, `key "split.no": the key is missing`},
		{map[string]any{"split.count": uint16(3), "split.no": uint16(3)},
			`key "split.no": 3 is not below the number of parts, 3`},
		{map[string]any{"split.count": uint16(3), "split.no": uint16(0)}, `key "split.tensors.count": the key is missing`},
		{map[string]any{"split.count": uint16(3), "split.no": uint16(0), "split.tensors.count": int32(-1)},
			`key "split.tensors.count": it is -1; an unsigned integer is needed`},
		{map[string]any{"split.count": uint16(3), "split.no": uint16(0), "split.tensors.count": int32(2)},
			`by its keys it is part 1 of 3 with 2 tensors in all; part 1 of 1 with 2 tensors in all is needed`},
	} {
		w := tiny()
		for key, value := range c.kv {
			w.KV(key, value)
		}
		wantError(t, w.Bytes(), c.want)
	}
	for _, count := range []uint16{0, 1} { // 0 is left by a merge
		w := tiny()
		w.KV("split.count", count)
		parse(t, w.Bytes())
	}
}

// llama.cpp's own tool splits a file; opened as parts it is what it was.
func TestSplitByLlamaGGUFSplit(t *testing.T) {
	program := testenv.Program(t, "llama-gguf-split", "llama-gguf-split")
	const model = "../transformer/testdata/random-q8_0.gguf"
	whole := open(t, model)
	for _, args := range [][]string{{"--split-max-tensors", "7"}, {"--split-max-tensors", "7", "--no-tensor-first-split"}} {
		prefix := filepath.Join(t.TempDir(), "m")
		run(t, program, append(append([]string{"--split"}, args...), model, prefix)...)
		first, err := filepath.Glob(prefix + "-00001-of-*.gguf")
		if err != nil || len(first) != 1 {
			t.Fatalf("%q, %v", first, err)
		}
		f := open(t, first[0])
		if len(f.Parts()) < 3 || len(f.Tensors()) != len(whole.Tensors()) {
			t.Errorf("%d parts with %d tensors, %d in the whole", len(f.Parts()), len(f.Tensors()), len(whole.Tensors()))
		}
		for _, key := range whole.Keys() {
			if !f.Has(key) {
				t.Errorf("key %q is lost", key)
			}
		}
		for _, want := range whole.Tensors() {
			got, found := f.Tensor(want.Name)
			if !found || got.Type != want.Type || !slices.Equal(got.Dims, want.Dims) {
				t.Fatalf("tensor %q became %v", want.Name, got)
			}
			x, y := make([]float32, got.Rows()*got.Cols()), make([]float32, got.Rows()*got.Cols())
			if err := errors.Join(got.Dequantise(x, 0, got.Rows()), want.Dequantise(y, 0, got.Rows())); err != nil ||
				!slices.Equal(x, y) {
				t.Errorf("tensor %q differs, %v", want.Name, err)
			}
		}
	}
}
