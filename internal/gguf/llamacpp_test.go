package gguf_test

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/testenv"
)

// llamaFile begins a file that llama-quantize takes for a model.
func llamaFile() *gguftest.Writer {
	w := &gguftest.Writer{}
	w.KV("general.architecture", "llama")
	w.KV("llama.context_length", uint32(8))
	w.KV("llama.embedding_length", uint32(256))
	w.KV("llama.block_count", uint32(1))
	w.KV("llama.feed_forward_length", uint32(256))
	w.KV("llama.attention.head_count", uint32(1))
	w.KV("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	return w
}

// tensorOf is a name that llama-quantize is ready to convert.
func tensorOf(typ gguf.Type) string { return "blk.0." + strings.ToLower(typ.String()) + ".weight" }

// compareWithF32 has llama-quantize dequantise the file at path, and asks for the same bits of every tensor.
func compareWithF32(t *testing.T, quantize, path string, types []gguf.Type) {
	t.Helper()
	plain := path + ".f32"
	run(t, quantize, "--allow-requantize", path, plain, "F32", "1")
	got, want := open(t, path), open(t, plain)
	for _, typ := range types {
		a, foundA := got.Tensor(tensorOf(typ))
		b, foundB := want.Tensor(tensorOf(typ))
		if !foundA || !foundB || a.Type != typ || b.Type != gguf.F32 {
			t.Fatalf("%s: tensor %v became %v", typ, a, b)
		}
		x, y := make([]float32, a.Rows()*a.Cols()), make([]float32, b.Rows()*b.Cols())
		if err := a.Dequantise(x, 0, a.Rows()); err != nil {
			t.Fatal(err)
		}
		if err := b.Dequantise(y, 0, b.Rows()); err != nil {
			t.Fatal(err)
		}
		different := 0
		for i := range x {
			if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
				different++
			}
		}
		if t.Logf("%s: %d values", typ, len(x)); different > 0 || slices.Max(x) == 0 {
			t.Errorf("%s: %d of %d values differ from llama.cpp's", typ, different, len(x))
		}
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}

func open(t *testing.T, path string) *gguf.File {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// llama.cpp quantises a random matrix to every type, and dequantises it again.
func TestAgreesWithLlamaQuantize(t *testing.T) {
	quantize := testenv.Program(t, "llama-quantize", "llama-quantize")
	random := rand.New(rand.NewPCG(3, 0))
	w, types := llamaFile(), gguf.SupportedTypes()
	var args []string
	for _, typ := range types {
		values := make([]float32, 1024*24)
		for i := range values {
			values[i] = float32(random.NormFloat64() * math.Exp(random.NormFloat64()))
		}
		w.F32(tensorOf(typ), []int{1024, 24}, values)
		name := strings.ToLower(typ.String())
		args = append(args, "--tensor-type", "blk.0."+name+".="+name)
	}
	path := filepath.Join(t.TempDir(), "f32.gguf")
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, quantize, append(args, path, path+".q", "Q8_0", "1")...)
	compareWithF32(t, quantize, path+".q", types)
}

// llama.cpp dequantises random bytes; it refuses scales that are not finite, so these are drawn anew.
func TestAgreesWithLlamaQuantizeOnRandomBytes(t *testing.T) {
	quantize := testenv.Program(t, "llama-quantize", "llama-quantize")
	chacha := rand.NewChaCha8([32]byte{4})
	w := llamaFile()
	var types []gguf.Type
	for _, g := range readBlocks(t) {
		types = append(types, g.Type)
		values := len(g.Blocks[0].Values) / 4
		var data []byte
		for range 1024 * 24 / values {
			block := make([]byte, len(g.Blocks[0].Raw))
			for chacha.Read(block); !finite(dequantised(t, g.Type, values, 1, block)); {
				chacha.Read(block)
			}
			data = append(data, block...)
		}
		w.Tensor(tensorOf(g.Type), uint32(g.Type), []int{1024, 24}, data)
	}
	path := filepath.Join(t.TempDir(), "random.gguf")
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	compareWithF32(t, quantize, path, types)
}

func finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v-v != 0 })
}
