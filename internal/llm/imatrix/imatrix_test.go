package imatrix

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

// written is a file of llama-imatrix in small: two blocks, the second with two experts, and the output matrix.
func written(change func(w *gguftest.Writer)) []byte {
	w := &gguftest.Writer{}
	w.KV("general.type", "imatrix")
	w.KV("imatrix.chunk_size", uint32(16))
	for _, name := range []string{"attn_q", "attn_k"} {
		add(w, "blk.0."+name+".weight", 1, []float32{32}, 32, 64, 0)
	}
	add(w, "blk.0.ffn_down.weight", 1, []float32{32}, 8, 16)
	add(w, "blk.1.ffn_gate_inp.weight", 1, []float32{32}, 3, 6, 9)
	add(w, "blk.1.ffn_up_exps.weight", 2, []float32{24, 8}, 1, 2, 3, 5, 10, 15)
	add(w, "blk.1.ffn_down_exps.weight", 2, []float32{24, 8}, 16, 16, 32, 64)
	add(w, "output.weight", 1, []float32{32}, 1)
	if change != nil {
		change(w)
	}
	return w.Bytes()
}

func add(w *gguftest.Writer, weight string, experts int, tokens []float32, squares ...float32) {
	w.F32(weight+sums, []int{len(squares) / experts, experts}, squares)
	w.F32(weight+counts, []int{1, len(tokens)}, tokens)
}

func TestBlocks(t *testing.T) {
	f, err := parse(written(nil))
	if err != nil {
		t.Fatal(err)
	}
	if f.Chunk != 16 || f.Tokens != 32 || len(f.Matrices) != 6 {
		t.Errorf("chunks of %d, %d tokens, %d matrices", f.Chunk, f.Tokens, len(f.Matrices))
	}
	want := []Block{
		{Names: []string{"attn_k", "ffn_down"}, Channels: []int{3, 2}, Energy: []float64{1, 2, 0, 0.25, 0.5}},
		{Names: []string{"ffn_down_exps", "ffn_gate_inp"}, Channels: []int{2, 3},
			Energy: []float64{1, 3, 3. / 32, 6. / 32, 9. / 32}},
	}
	if got := f.Blocks(); !reflect.DeepEqual(got, want) {
		t.Errorf("blocks %+v, want %+v", got, want)
	}
	w := &gguftest.Writer{} // a block that is no first one, of experts without a router
	add(w, "blk.2.ffn_up_exps.weight", 2, []float32{4, 0}, 8, 4, 0, 0)
	if f, err = parse(w.Bytes()); err != nil {
		t.Fatal(err)
	}
	if got := f.Blocks(); len(got) != 3 || len(got[0].Energy) > 0 || !slices.Equal(got[2].Energy, []float64{2, 1}) {
		t.Errorf("blocks %+v", got)
	}
}

// Every fault of a file is an error that says what is wrong.
func TestReadRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for want, change := range map[string]func(w *gguftest.Writer){
		"sums and no counts":           func(w *gguftest.Writer) { w.F32("blk.9.x.weight.in_sum2", []int{1}, []float32{1}) },
		"counts and no sums":           func(w *gguftest.Writer) { w.F32("blk.9.x.weight.counts", []int{1}, []float32{1}) },
		"3 sums for 2 counts":          func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{1, 1}, 1, 2, 3) },
		"-1 is no count":               func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{-1}, 1) },
		"NaN is no count":              func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{nan}, 1) },
		"1.5 is no count":              func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{1.5}, 1) },
		"+Inf is no count":             func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{inf}, 1) },
		"channel 1 has -1 for a sum":   func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{1}, 1, -1) },
		"channel 0 has NaN for a sum":  func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{1}, nan) },
		"channel 0 has +Inf for a sum": func(w *gguftest.Writer) { add(w, "blk.9.x.weight", 1, []float32{1}, inf) },
		"type F16, not of F32": func(w *gguftest.Writer) {
			w.Tensor("blk.9.x.in_sum2", 1, []int{1}, []byte{0, 0})
			w.F32("blk.9.x.counts", []int{1}, []float32{1})
		},
		"chunks of 4294967295 tokens": func(w *gguftest.Writer) {
			*w = gguftest.Writer{}
			w.KV("imatrix.chunk_size",
				uint32(math.MaxUint32))
		},
		"of type \"model\" and none of": func(w *gguftest.Writer) { *w = gguftest.Writer{}; w.KV("general.type", "model") },
		"no sums of any token":          func(w *gguftest.Writer) { *w = gguftest.Writer{}; w.KV("general.type", "imatrix") },
		"holds no sums of any token; lla": func(w *gguftest.Writer) {
			*w = gguftest.Writer{}
			add(w, "output.weight", 1,
				[]float32{4}, 1)
		},
	} {
		if _, err := parse(written(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	data := written(nil)
	for n := range data {
		if _, err := parse(data[:n]); err == nil {
			t.Fatalf("%d bytes of %d are read as a whole file", n, len(data))
		}
	}
}

func TestReadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"old.dat": "\x02\x00\x00\x00blk.0", "empty": "", "bad.gguf": "GGUF",
		"other.gguf": string((&gguftest.Writer{}).Bytes())} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if old := name == "old.dat" || name == "empty"; err != nil &&
			strings.Contains(err.Error(), "--output-format gguf") != old {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// What is read has the shape that it says, and blocks come out of it.
func FuzzParse(f *testing.F) {
	f.Add(written(nil))
	f.Add(written(func(w *gguftest.Writer) { add(w, "blk.9999.x_exps", 2, []float32{0, 3}, 1, 2, 3, 4) }))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse(data)
		if err != nil {
			return
		}
		for i, b := range file.Blocks() {
			total := 0
			for _, n := range b.Channels {
				total += n
			}
			if total != len(b.Energy) || len(b.Names) != len(b.Channels) {
				t.Fatalf("block %d: %d channels, %d energies", i, total, len(b.Energy))
			}
			for _, e := range b.Energy {
				if !(e >= 0) || math.IsInf(e, 0) {
					t.Fatalf("block %d: an energy of %v", i, e)
				}
			}
		}
	})
}

// Goldens of llama-imatrix for models of several architectures: every block has its four inputs.
func TestBlocksOfGoldens(t *testing.T) {
	files, err := filepath.Glob("../inprocess/testdata/imatrix/*.gguf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, path := range files {
		f, err := Read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		g, err := gguf.Open("../../transformer/testdata/" + filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		architecture, _ := g.String("general.architecture")
		layers, _ := g.Uint(architecture + ".block_count")
		g.Close()
		blocks := f.Blocks()
		if len(blocks) != int(layers) || f.Tokens != 32 || f.Chunk != 32 {
			t.Errorf("%s: %d blocks of %d, %d tokens in chunks of %d", path, len(blocks), layers, f.Tokens, f.Chunk)
		}
		for i, b := range blocks {
			if len(b.Names) != 4 {
				t.Errorf("%s: block %d has the inputs %s", path, i, fmt.Sprint(b.Names))
			}
		}
	}
}

// A mixture of experts as llama-imatrix sees it (testdata/moe.py): what goes into experts went into the router, once for each of
// the two experts of a token, and every expert has one energy.
func TestExperts(t *testing.T) {
	f, err := Read("testdata/moe-imatrix.gguf")
	if err != nil {
		t.Fatal(err)
	}
	blocks := f.Blocks()
	if got, want := fmt.Sprint(blocks[1].Names, blocks[1].Channels), "[attn_k attn_output ffn_down_exps ffn_down_shexp "+
		"ffn_gate_inp] [32 32 4 16 32]"; got != want {
		t.Errorf("the second block has %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(blocks[0].Names, blocks[0].Channels),
		"[attn_k attn_output ffn_down ffn_gate] [32 32 48 32]"; got != want {
		t.Errorf("the first block has %s, want %s", got, want)
	}
	find := func(name string) Matrix {
		t.Helper()
		i := slices.IndexFunc(f.Matrices, func(m Matrix) bool { return m.Block == 1 && m.Name == name })
		if i < 0 {
			t.Fatalf("no %s", name)
		}
		return f.Matrices[i]
	}
	up, gate, down := find("ffn_up_exps"), find(router), find(experts)
	tokens := 0.0
	for _, n := range up.Counts {
		tokens += n
	}
	if tokens != 2*gate.Counts[0] || f.Tokens != 32 || !slices.Equal(up.Counts, down.Counts) {
		t.Errorf("experts met %v tokens of %v", up.Counts, gate.Counts)
	}
	for c, e := range up.pooled() {
		if want := gate.pooled()[c]; math.Abs(e-want) > 1e-5*want {
			t.Errorf("channel %d: %v into experts, %v into the router", c, e, want)
		}
	}
	for x, e := range down.byExpert(f.Tokens) {
		if (e > 0) != (down.Counts[x] > 0) {
			t.Errorf("expert %d met %v tokens and has the energy %v", x, down.Counts[x], e)
		}
	}
}
