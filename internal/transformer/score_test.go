package transformer

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/llm"
)

// tolerance is what the package promises against float64, in nats.
const tolerance = 1e-4

// Shapes that the committed files do not have: odd vocabularies, one key head for all, heads that do not add up to the
// width, partly rotated heads, products longer and wider than a tile.
var shapes = map[string]shape{
	"small":       small,
	"multi-query": {vocab: 65, context: 40, width: 24, hidden: 40, layers: 2, heads: 3, kvHeads: 1, headDim: 8, ropeDims: 8},
	"narrow heads": {vocab: 50, context: 40, width: 30, hidden: 20, layers: 1, heads: 5, kvHeads: 5, headDim: 4, ropeDims: 2,
		untied: true},
	"longer rotary": {vocab: 50, context: 80, width: 16, hidden: 32, layers: 2, heads: 2, kvHeads: 1, headDim: 8, ropeDims: 8,
		base: 500000, scaling: 4},
	"more than tile": {vocab: 211, context: 300, width: 200, hidden: 260, layers: 1, heads: 4, kvHeads: 2, headDim: 56,
		ropeDims: 56},
}

func TestScoreAgreesWithReference(t *testing.T) {
	for name, sh := range shapes {
		t.Run(name, func(t *testing.T) {
			f := sh.file(t, 1)
			ref, m := newReference(t, f), mustLoad(t, f, expandBelow)
			random := rand.New(rand.NewPCG(2, 0))
			var seqs []llm.Sequence
			for _, n := range []int{2, 3, 17, sh.context} {
				seqs = append(seqs, llm.Sequence{Tokens: randomTokens(random, sh.vocab, n), From: 1})
			}
			got, err := m.Score(t.Context(), seqs)
			if err != nil {
				t.Fatal(err)
			}
			for i, seq := range seqs {
				lens := ref.run(seq.Tokens).lens[sh.layers]
				for j, lp := range got[i] {
					if want := lens[j][seq.Tokens[j+1]]; math.Abs(lp-want) > tolerance {
						t.Errorf("sequence %d, token %d: %v, reference %v", i, j+1, lp, want)
					}
				}
			}
		})
	}
}

// goldenSequence is one sequence of a committed golden file: computed in float64 by studies/planted/make.
type goldenSequence struct {
	IDs          []int32     `json:"ids"`
	LogProbs     []float64   `json:"logprobs"`      // of ids[1:]
	LastResidual [][]float64 `json:"last_residual"` // Layers+1 of Width, at the last token
	LastFinal    []float64   `json:"last_final"`    // after the final norm

	// Of architectures only, at the last token.
	LastGate      [][]float64 `json:"last_gate"`      // Layers of Hidden
	LastAttention [][]float64 `json:"last_attention"` // Layers of Heads x T
	Pooled        []float64   `json:"pooled"`         // of encoders
}

type goldenFile struct {
	File      string           `json:"file"`
	Sequences []goldenSequence `json:"sequences"`
}

func readGolden(t *testing.T, path string) (golden []goldenFile) {
	readGzip(t, path, &golden)
	return golden
}

func readGzip(t *testing.T, path string, to any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unzipped).Decode(to); err != nil {
		t.Fatal(err)
	}
}

func TestGoldens(t *testing.T) {
	for golden, dir := range map[string]string{
		"testdata/random.json.gz":  "testdata",
		"testdata/planted.json.gz": "../../studies/planted/models",
	} {
		for _, g := range readGolden(t, golden) {
			t.Run(g.File, func(t *testing.T) { checkGolden(t, filepath.Join(dir, g.File), g.Sequences) })
		}
	}
}

func checkGolden(t *testing.T, path string, sequences []goldenSequence) {
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := mustLoad(t, f, expandBelow)
	if m.Encoder {
		checkPooled(t, m, sequences)
	} else {
		checkLogProbs(t, m, sequences)
	}
	for i, s := range sequences {
		last := len(s.IDs) - 1
		err := m.Trace(t.Context(), [][]int32{s.IDs}, llm.WantResidual, func(_ int, tr *llm.Trace) error {
			for l, want := range s.LastResidual {
				checkClose(t, fmt.Sprintf("sequence %d residual %d", i, l), tr.Residual[l][last*m.Width:(last+1)*m.Width], want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.LastFinal) > 0 {
			final, err := m.MeanHidden(t.Context(), []llm.Sequence{{Tokens: s.IDs, From: last}})
			if err != nil {
				t.Fatal(err)
			}
			checkClose(t, fmt.Sprintf("sequence %d final", i), final[0], s.LastFinal)
		}
	}
}

func checkLogProbs(t *testing.T, m *Model, sequences []goldenSequence) {
	var seqs []llm.Sequence
	for _, s := range sequences {
		seqs = append(seqs, llm.Sequence{Tokens: s.IDs, From: 1})
	}
	got, err := m.Score(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	worst, tokens := 0.0, 0
	for i, s := range sequences {
		for j, want := range s.LogProbs {
			worst = max(worst, math.Abs(got[i][j]-want))
			tokens++
		}
	}
	t.Logf("largest error %.2g nats over %d tokens", worst, tokens)
	if !(worst < tolerance) || tokens == 0 {
		t.Errorf("largest error %v nats over %d tokens", worst, tokens)
	}
}

// checkClose compares vectors by their largest difference relative to the largest entry.
func checkClose(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d entries; want %d", what, len(got), len(want))
		return
	}
	worst, top := 0.0, 0.0
	for i := range want {
		worst, top = max(worst, math.Abs(float64(got[i])-want[i])), max(top, math.Abs(want[i]))
	}
	if !(worst <= 2e-5*top+1e-7) {
		t.Errorf("%s differs by %v; its largest entry is %v", what, worst, top)
	}
}

// A model that shares prefixes, at different lengths, in a batch that needs several chunks.
func prefixSharing(random *rand.Rand, sh shape) []llm.Sequence {
	var seqs []llm.Sequence
	for range 12 {
		context := randomTokens(random, sh.vocab, 5+random.IntN(40))
		for range 4 {
			at := 1 + random.IntN(len(context))
			tokens := slices.Concat(context[:at], randomTokens(random, sh.vocab, 1+random.IntN(20)))
			seqs = append(seqs, llm.Sequence{Tokens: tokens, From: 1 + random.IntN(len(tokens)-1)})
		}
		seqs = append(seqs, llm.Sequence{Tokens: context, From: 2}, llm.Sequence{Tokens: context[:3], From: 1})
	}
	return seqs
}

func TestBitsDependOnTheSequenceOnly(t *testing.T) {
	for _, sh := range []shape{small, shapes["more than tile"]} {
		f := sh.file(t, 3)
		checkBits(t, mustLoad(t, f, expandBelow), mustLoad(t, f, 0), prefixSharing(rand.New(rand.NewPCG(4, 0)), sh))
	}
}

// checkBits compares what sequences give alone with what they give in batches of all sorts; large is m again, but
// dequantised by panels, in parallel.
func checkBits(t *testing.T, m, large *Model, seqs []llm.Sequence) {
	random := rand.New(rand.NewPCG(5, 0))
	alone := make([][]float64, len(seqs))
	for i := range seqs {
		alone[i] = bitsOf(t, m, seqs[i:i+1])[0]
	}
	check := func(what string, m *Model, order []int) {
		t.Helper()
		shuffled := make([]llm.Sequence, len(order))
		for i, o := range order {
			shuffled[i] = seqs[o]
		}
		for i, got := range bitsOf(t, m, shuffled) {
			if !slices.Equal(got, alone[order[i]]) {
				t.Fatalf("%s: sequence %d has other bits", what, order[i])
			}
		}
	}
	check("one batch", m, random.Perm(len(seqs)))
	check("half a batch", m, random.Perm(len(seqs))[:len(seqs)/2])
	m.batchRows = 50
	check("many chunks", m, random.Perm(len(seqs)))
	large.blockRows = 7
	for _, procs := range []int{1, 3} {
		previous := runtime.GOMAXPROCS(procs)
		large.workers = procs
		check(fmt.Sprintf("panels on %d", procs), large, random.Perm(len(seqs)))
		runtime.GOMAXPROCS(previous)
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func TestScoreRefuses(t *testing.T) {
	m := mustLoad(t, small.file(t, 1), expandBelow)
	good := llm.Sequence{Tokens: []int32{1, 2}, From: 1}
	for want, bad := range map[string]llm.Sequence{
		"sequence 1 is empty":                           {},
		"sequence 1 has 97 tokens; the model's context": {Tokens: make([]int32, small.context+1), From: 1},
		"token 1 has id 97; the vocabulary has 97":      {Tokens: []int32{0, 97}, From: 1},
		"token 0 has id -1":                             {Tokens: []int32{-1, 0}, From: 1},
		"from token 0 on, of 2":                         {Tokens: []int32{1, 2}},
		"from token 2 on, of 2":                         {Tokens: []int32{1, 2}, From: 2},
	} {
		if _, err := m.Score(t.Context(), []llm.Sequence{good, bad}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v; want %q", err, want)
		}
	}
	if _, err := m.MeanHidden(t.Context(), []llm.Sequence{{Tokens: []int32{1}, From: 1}}); err == nil {
		t.Error("a mean over nothing is no error")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Score(cancelled, []llm.Sequence{good}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	if got, err := m.Score(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("no sequences: %v, %v", got, err)
	}
}

func TestMeanHidden(t *testing.T) {
	f := small.file(t, 5)
	m, ref := mustLoad(t, f, expandBelow), newReference(t, f)
	random := rand.New(rand.NewPCG(6, 0))
	first := randomTokens(random, small.vocab, 20)
	seqs := []llm.Sequence{{Tokens: first, From: 1}, {Tokens: first[:7], From: 0}}
	got := must(m.MeanHidden(t.Context(), seqs))
	for i, seq := range seqs {
		residual := ref.run(seq.Tokens).residual[small.layers]
		mean := make([]float64, small.width)
		for _, h := range residual[seq.From:] {
			for j, x := range ref.norm("output_norm.weight", h) {
				mean[j] += x / float64(len(seq.Tokens)-seq.From)
			}
		}
		checkClose(t, fmt.Sprintf("mean %d", i), got[i], mean)
	}
}

func TestDamagedWeights(t *testing.T) {
	w := small.write(1)
	f, err := gguf.Parse(w.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m := mustLoad(t, f, expandBelow)
	m.blocks[1].down.resident[5] = float32(math.NaN())
	_, err = m.Score(t.Context(), []llm.Sequence{{Tokens: []int32{1, 2}, From: 1}})
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error is %v", err)
	}
	if _, err := m.Generate(t.Context(), []Continuation{{Prompt: []int32{1}, MaxTokens: 3}}); err == nil {
		t.Error("generation from damaged weights succeeds")
	}
}
