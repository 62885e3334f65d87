package neural

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
	"sdmap/internal/testenv"
)

func TestFolds(t *testing.T) {
	b := &benchmark.Benchmark{}
	for i := range 7 {
		b.Items = append(b.Items, benchmark.Item{Prompt: fmt.Sprint(i)})
	}
	texts, n := Folds(b, 0, 3)
	if n != 7 || !slices.Equal(texts, []string{"0\n3\n6", "1\n4", "2\n5"}) {
		t.Errorf("%d items in %q", n, texts)
	}
	if texts, n = Folds(b, 2, 3); n != 2 || !slices.Equal(texts, []string{"0", "1", ""}) {
		t.Errorf("%d items in %q", n, texts)
	}
	for bytes, want := range map[int]int{0: 16, 767: 16, 768: 32, 12287: 256, 12288: 512, 1 << 30: 512} {
		if got := Context(bytes); got != want {
			t.Errorf("%d bytes are read in chunks of %d, not %d", bytes, got, want)
		}
	}
}

// imatrixFile writes a file of two blocks, the second without the last matrix, whose channels have these mean squares.
func imatrixFile(t *testing.T, path string, chunk uint32, energy ...float32) {
	t.Helper()
	w := &gguftest.Writer{}
	w.KV("imatrix.chunk_size", chunk)
	for i, name := range []string{"blk.0.attn_q.weight", "blk.0.ffn_up.weight", "blk.1.attn_q.weight"} {
		var sums []float32
		for _, e := range energy[2*i : 2*i+2] {
			sums = append(sums, 40*e)
		}
		w.F32(name+".in_sum2", []int{2, 1}, sums)
		w.F32(name+".counts", []int{1, 1}, []float32{40})
	}
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func decoded(t *testing.T, a *action.Action) *Patterns {
	t.Helper()
	data, err := a.Run(t.Context(), runtime{workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := DecodePatterns(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.Encode(); err != nil || !bytes.Equal(again, data) {
		t.Errorf("decoding and encoding changes the bytes: %v", err)
	}
	for cut := range data {
		if _, err := DecodePatterns(data[:cut]); err == nil {
			t.Fatalf("patterns cut at %d of %d bytes are read", cut, len(data))
		}
	}
	return p
}

func TestGiven(t *testing.T) {
	dir := t.TempDir()
	one, two, other := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3")
	imatrixFile(t, one, 16, 1, 2, 3, 4, 5, 6)
	imatrixFile(t, two, 16, 1, 2, 3, 0, 5, 6)
	m, b := &llm.Model{ID: "m"}, &benchmark.Benchmark{Spec: study.Benchmark{ID: "b"}}
	p := decoded(t, Given(m, b, []string{one, two}, []string{"x", "y"}))
	if p.Layers != 2 || p.Channels != 4 || p.Tokens != 80 || p.Imatrix.Padding != 2 ||
		!slices.Equal(p.Items, []string{"fold 1", "fold 2"}) || !slices.Equal(p.Imatrix.Chunks, []int{16, 16}) {
		t.Fatalf("%+v", p)
	}
	nan := math.NaN()
	for k, want := range []float64{1, 2, 3, 4, 5, 6, nan, nan, 1, 2, 3, nan, 5, 6, nan, nan} {
		if got := float64(p.Folds[k]); math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-math.Log(want)) > 1e-6 {
			t.Errorf("fold energy %d is %v, not log %v", k, got, want)
		}
	}
	w := &gguftest.Writer{}
	w.F32("blk.0.attn_q.weight.in_sum2", []int{2, 1}, []float32{1, 2})
	w.F32("blk.0.attn_q.weight.counts", []int{1, 1}, []float32{40})
	if err := os.WriteFile(other, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, paths := range map[string][]string{"other matrices than the first": {one, other},
		"no such file": {one, other + "x"}} {
		if _, err := Given(m, b, paths, paths).Run(t.Context(), runtime{}); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "m on b") {
			t.Errorf("%v; want %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Given(m, b, []string{one}, nil).Run(ctx, runtime{}); err != context.Canceled {
		t.Error(err)
	}
}

// madeFolds are patterns of one model with some folds a benchmark, whose channels differ by benchmark more than by fold.
func madeFolds(t *testing.T, chunks []uint32, folds ...int) (Params, [][]*Patterns) {
	t.Helper()
	p := Params{Seed: 3, Models: []string{"m", "n"}, Lineages: []string{"m", "n"}, Loaded: folds, Replicates: 40,
		Options: study.Neural{Measures: []string{Energy}, Permutations: 199, Imatrix: &study.Imatrix{}}}
	dir, rng := t.TempDir(), rand.New(rand.NewPCG(1, 1))
	rows := make([][]*Patterns, 2)
	for b, n := range folds {
		p.Benchmarks = append(p.Benchmarks, fmt.Sprint("b", b))
		for m := range rows {
			centre := make([]float64, 6)
			for k := range centre {
				centre[k] = rng.NormFloat64()
			}
			var paths []string
			for i := range n {
				var energy []float32
				for _, c := range centre {
					energy = append(energy, float32(math.Exp(c+rng.NormFloat64()/10)))
				}
				if m == 0 && b == 0 && i == 0 {
					energy[3] = 0
				}
				paths = append(paths, filepath.Join(dir, fmt.Sprint(m, b, i)))
				imatrixFile(t, paths[i], chunks[b%len(chunks)], energy...)
			}
			rows[m] = append(rows[m], decoded(t,
				Given(&llm.Model{ID: p.Models[m]}, &benchmark.Benchmark{Spec: study.Benchmark{ID: p.Benchmarks[b]}}, paths, nil)))
		}
	}
	return p, rows
}

func TestAxisOfFolds(t *testing.T) {
	p, rows := madeFolds(t, []uint32{16, 32}, 5, 6, 5)
	_, out := runAxis(t, p, rows, 2)
	v := out.Primary()
	if v.Name != Energy || v.Lo == nil || len(out.Replicates[Energy]) != 40*9 || out.Test("low") == nil ||
		out.Variant("crossnobis").Lo == nil || len(out.Variants) != 2 {
		t.Errorf("%d variants, the first %s", len(out.Variants), v.Name)
	}
	for text, in := range map[string]string{"files of llama-imatrix that the study gives, 5 to 6 folds a benchmark": v.Method,
		"models (by lineage) and folds":                   v.Method,
		"1 channels (over all models) are without energy": strings.Join(v.Warnings, ";"),
		"16 to 32 tokens":                                 strings.Join(v.Warnings, ";"),
		"half of each benchmark's folds":                  out.Test("low").Method,
		"folds' log energies":                             out.Variant("crossnobis").Method} {
		if !strings.Contains(in, text) {
			t.Errorf("%q is not in %q", text, in)
		}
	}
	for _, w := range out.Variant("crossnobis").Warnings {
		if strings.Contains(w, "hardly vary") {
			t.Errorf("cells that the model does not have count as silent: %s", w)
		}
	}
	// 5 folds have 10 halves
	if low := out.Test("low"); !strings.Contains(strings.Join(low.Warnings, ";"),
		"no p of the pair with the fewest falls below 0.01.") {
		t.Errorf("%q", low.Warnings)
	}
	if p, _ := out.Test("low").P.At(0, 2); p < 1./2 { // two lineages have 2 halves
		t.Errorf("p is %v", p)
	}
	facts := map[string]float64{}
	for _, f := range out.Facts {
		facts[f.Name] = f.Value
	}
	if facts["folds"] != 16 || facts["tokens"] != 2*16*40 || facts["models"] != 2 {
		t.Errorf("facts %v", facts)
	}
	// A pair by hand: the channel without energy in one fold is nowhere; blocks' correlations have weights 1/norm.
	m := &model{layers: 2, width: 4, states: [][]float32{rows[0][0].Folds}, last: make([]Moments, 1)}
	m.dropLost()
	if m.lost != 3 || m.states[0][3] != 0 || m.states[0][8+3] != 0 || m.last[0].Variance[3] != 0 || m.last[0].Variance[0] == 0 {
		t.Errorf("%d cells are lost, %v", m.lost, m.states[0][:8])
	}
}

// A benchmark in one piece has a pattern and nothing that would need a variance.
func TestAxisOfFewFolds(t *testing.T) {
	for _, folds := range [][]int{{1, 1, 1}, {5, 3, 6}} {
		p, rows := madeFolds(t, []uint32{16}, folds...)
		_, out := runAxis(t, p, rows, 1)
		v := out.Primary()
		if len(out.Variants) != 1 || v.Lo != nil || v.Hi != nil || len(out.Replicates) > 0 || len(out.Tests) > 0 {
			t.Errorf("%v folds: %d variants, %d tests", folds, len(out.Variants), len(out.Tests))
		}
		if !strings.Contains(v.Warnings[0], "no interval, no reliability and no test") {
			t.Errorf("%v folds: %q", folds, v.Warnings)
		}
		if _, pairs := v.Overlap.UpperTriangle(); len(pairs) != 3 {
			t.Errorf("%v folds: %d overlaps", folds, len(pairs))
		}
	}
}

// Folds and traces are not mixed, nor folds of different models.
func TestAxisRefusesMixtures(t *testing.T) {
	p, rows := madeFolds(t, []uint32{16}, 4, 4)
	fails := func(want string) {
		t.Helper()
		inputs := map[string][]byte{}
		for m, row := range rows {
			for b, one := range row {
				data, err := one.Encode()
				if err != nil {
					t.Fatal(err)
				}
				inputs[inputName(p, m, b)] = data
			}
		}
		if _, err := Axis(p, make2(rows)).Run(t.Context(), runtime{inputs, 1}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	rows[1][1].Imatrix.Layout = "x"
	fails("are all of one model?")
	rows[1][1].Imatrix.Layout = rows[1][0].Imatrix.Layout
	p.Options.Imatrix = nil
	fails("was measured in another way")
}

func make2(rows [][]*Patterns) [][]*action.Action {
	out := make([][]*action.Action, len(rows))
	for m, row := range rows {
		for range row {
			out[m] = append(out[m], &action.Action{})
		}
	}
	return out
}

// Overlaps by energy of two trained models come out alike from traces of items and from llama-imatrix on folds.
func TestImatrixAgainstTraces(t *testing.T) {
	testenv.Program(t, imatrix.Name, imatrix.Name)
	program, err := imatrix.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const items, folds = 64, 4
	names, models := []string{"sum.eq", "sum.of", "max.of", "max.quiz", "copy.says", "north.home", "logic.hold", "trans.say"},
		[]string{"m01", "m09"}
	p := Params{Seed: 1, Benchmarks: names, Models: models, Lineages: models, Replicates: 20}
	items8, folds8 := study.Neural{Items: items, Measures: []string{Hidden, Energy}, Permutations: 99},
		study.Neural{Items: items, Measures: []string{Energy}, Permutations: 99, Imatrix: &study.Imatrix{Folds: folds}}
	shortest := math.MaxInt
	var benchmarks []*benchmark.Benchmark
	for _, n := range names {
		_, _, b := planted1(t, models[0], n)
		benchmarks = append(benchmarks, b)
		texts, _ := Folds(b, items, folds)
		for _, text := range texts {
			shortest = min(shortest, len(text))
		}
	}
	traced, read := make([][]*Patterns, len(models)), make([][]*Patterns, len(models))
	for i, m := range models {
		model, id, _ := planted1(t, m, names[0])
		for _, b := range benchmarks {
			traced[i] = append(traced[i], decodedOnce(t, Extract(model, id, b, items8)))
			read[i] = append(read[i], decodedOnce(t,
				Run(program, Weighed{model, id.Weights, plantedDir + "/models/" + m + ".gguf"}, b, folds8, Context(shortest))))
		}
	}
	overlaps := func(o study.Neural, loaded int, rows [][]*Patterns) []float64 {
		p.Options, p.Loaded = o, slices.Repeat([]int{loaded}, len(names))
		_, out := runAxis(t, p, rows, 2)
		return upper(t, out.Variant(Energy))
	}
	want, got := overlaps(items8, items, traced), overlaps(folds8, folds, read)
	rank, err := stats.Spearman(want, got)
	if err != nil || rank < 0.9 {
		t.Errorf("overlaps from folds and from traces have a rank correlation of %v, %v", rank, err)
	}
	linear, _ := stats.Pearson(want, got)
	worst := 0.0
	for k := range want {
		worst = max(worst, math.Abs(want[k]-got[k]))
	}
	t.Logf("%d pairs, chunks of %d: Spearman %.3f, Pearson %.3f, overlaps differ by %.3f at most", len(want), Context(shortest),
		rank, linear, worst)
}

func decodedOnce(t *testing.T, a *action.Action) *Patterns {
	t.Helper()
	data, err := a.Run(t.Context(), runtime{workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := DecodePatterns(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A fold that is too short for two chunks says so, with what to do.
func TestRunTooShort(t *testing.T) {
	testenv.Program(t, imatrix.Name, imatrix.Name)
	program, err := imatrix.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	model, id, b := planted1(t, "m01", "sum.eq")
	a := Run(program, Weighed{model, id.Weights, plantedDir + "/models/m01.gguf"}, b,
		study.Neural{Items: 8, Imatrix: &study.Imatrix{Folds: 4}}, 32)
	if _, err := a.Run(t.Context(), runtime{workers: 1}); err == nil || !strings.Contains(err.Error(), "fold 1 of 4") ||
		!strings.Contains(err.Error(), "try fewer folds") {
		t.Error(err)
	}
}
