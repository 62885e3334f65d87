package inprocess

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sdmap/internal/llm"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/testenv"
)

const imatrixTokens = 32 // of the single chunk that llama-imatrix reads

// imatrixArgs are those of llama-imatrix for one chunk of a text; with a model in F32 its numbers are exact.
func imatrixArgs(model, text, out string) []string {
	return []string{"-m", model, "-f", text, "-c", fmt.Sprint(imatrixTokens), "-b", fmt.Sprint(imatrixTokens), "--chunks", "1",
		"-t", "1", "-fa", "off", "-ctk", "f32", "-ctv", "f32", "-o", out}
}

// Files of llama-imatrix (llama.cpp b11669) for models of several architectures, made here by
//
//	llama-quantize --allow-requantize ../../transformer/testdata/NAME.gguf f32.gguf F32 1
//	llama-imatrix -m f32.gguf -f testdata/imatrix/text -c 32 -b 32 --chunks 1 -t 1 -fa off -ctk f32 -ctv f32 -o
//
// testdata/imatrix/NAME.gguf
func TestInputsAgainstImatrixGoldens(t *testing.T) {
	const dir = "testdata/imatrix/"
	goldens, err := filepath.Glob(dir + "*.gguf")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, golden := range goldens {
		t.Run(filepath.Base(golden), func(t *testing.T) {
			tolerance := 1e-4
			if strings.HasPrefix(filepath.Base(golden), "arch-gemma") {
				tolerance = 0.01 // llama.cpp looks GELU up in a table of half floats
			}
			checkImatrix(t, "../../transformer/testdata/"+filepath.Base(golden), dir+"text", golden, tolerance)
		})
	}
}

// A trained model as it is (F16, to which llama.cpp rounds what goes into its matrices' products) and in F32.
func TestInputsAgainstImatrix(t *testing.T) {
	imatrix, quantize := testenv.Program(t, "llama-imatrix", "llama-imatrix"),
		testenv.Program(t, "llama-quantize", "llama-quantize")
	dir := t.TempDir()
	plain := filepath.Join(dir, "f32.gguf")
	run := func(program string, args ...string) {
		t.Helper()
		if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", program, err, out)
		}
	}
	run(quantize, "--allow-requantize", models[0], plain, "F32", "1")
	for _, c := range []struct {
		model     string
		tolerance float64
	}{{models[0], 0.05}, {plain, 1e-4}} {
		out, text := filepath.Join(dir, "imatrix.gguf"), "testdata/imatrix/text"
		run(imatrix, imatrixArgs(c.model, text, out)...)
		checkImatrix(t, c.model, text, out, c.tolerance)
	}
}

// checkImatrix compares mean squares of a trace's inputs with every matrix in a file of llama-imatrix. Differences count
// against the matrix' mean over channels.
func checkImatrix(t *testing.T, model, text, path string, tolerance float64) {
	t.Helper()
	data, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, model)
	tokens, err := d.Tokenize(t.Context(), string(data))
	if err != nil {
		t.Fatal(err)
	}
	var ids []int32
	for _, token := range tokens[:imatrixTokens] {
		ids = append(ids, token.ID)
	}
	file, err := imatrix.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	worst := 0.0
	err = d.Trace(t.Context(), [][]int32{ids}, llm.WantInputs, func(_ int, tr *llm.Trace) error {
		at := channels(tr)
		for _, m := range file.Matrices {
			place, known := at[m.Name]
			if !known {
				t.Fatalf("block %d has a matrix %q", m.Block, m.Name)
			}
			seen[m.Name]++
			if len(m.Sums) != place.n || len(m.Counts) != 1 || m.Counts[0] != imatrixTokens {
				t.Fatalf("%s: %d channels, not %d; %v tokens", m.Name, len(m.Sums), place.n, m.Counts)
			}
			var total, off float64
			for c, sum := range m.Sums {
				var ours float64
				for token := range tr.T {
					v := float64(tr.Inputs[m.Block][token*tr.Channels+place.from+c])
					ours += v * v
				}
				total, off = total+ours/float64(len(m.Sums)), max(off, math.Abs(ours-float64(sum)))
			}
			if worst = max(worst, off/total); !(off <= tolerance*total) {
				t.Errorf("%s of block %d: mean squares differ by %v of their mean", m.Name, m.Block, off/total)
			}
		}
		for _, of := range []string{"attn_q attn_qkv", "attn_output", "ffn_up", "ffn_down"} {
			n := 0
			for _, name := range strings.Fields(of) {
				n += seen[name]
			}
			if n < tr.Layers {
				t.Errorf("%s was compared in %d layers of %d", of, n, tr.Layers)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v matrices, largest difference %.2g of a matrix' mean", filepath.Base(model), seen, worst)
}

type span struct{ from, n int }

// channels says which of a trace's input channels go into which matrix.
func channels(tr *llm.Trace) map[string]span {
	in := span{0, tr.Width}
	result := span{tr.Width, tr.Channels - 2*tr.Width - tr.Hidden}
	mlp := span{result.from + result.n, tr.Width}
	return map[string]span{
		"attn_q": in, "attn_k": in, "attn_v": in, "attn_qkv": in, "attn_output": result,
		"ffn_gate": mlp, "ffn_up": mlp, "ffn_down": {tr.Channels - tr.Hidden, tr.Hidden},
	}
}
