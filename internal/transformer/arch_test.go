package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/llm"
)

// Files of studies/planted/make/random_architectures.py, with what a float64 forward pass says of them.
func archFiles(t *testing.T) []goldenFile { return readGolden(t, "testdata/architectures.json.gz") }

func openModel(t *testing.T, name string, expandBelow int) *Model {
	t.Helper()
	f, err := gguf.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return mustLoad(t, f, expandBelow)
}

func TestArchitectures(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range archFiles(t) {
		t.Run(g.File, func(t *testing.T) {
			checkGolden(t, "testdata/"+g.File, g.Sequences)
			m := openModel(t, g.File, expandBelow)
			seen[m.Architecture] = true
			for i, s := range g.Sequences {
				checkLast(t, fmt.Sprintf("sequence %d", i), m, s)
			}
		})
	}
	for _, a := range architectures {
		if !seen[a.name] {
			t.Errorf("architecture %q has no golden", a.name)
		}
	}
}

// checkLast compares gates and attention of the last token.
func checkLast(t *testing.T, what string, m *Model, s goldenSequence) {
	err := m.Trace(t.Context(), [][]int32{s.IDs}, llm.WantGate|llm.WantAttention, func(_ int, tr *llm.Trace) error {
		last := tr.T - 1
		for l := range tr.Layers {
			checkClose(t, fmt.Sprintf("%s gate %d", what, l), tr.Gate[l][last*m.Hidden:], s.LastGate[l])
			var rows []float32
			for head := range m.Heads {
				rows = append(rows, tr.Attention[l][(head*tr.T+last)*tr.T:(head*tr.T+last+1)*tr.T]...)
			}
			checkClose(t, fmt.Sprintf("%s attention %d", what, l), rows, s.LastAttention[l])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// byLlamaCpp are llama.cpp's own answers: the command is in studies/planted/make/llamacpp_golden.py, version 0.7.0 (build
// 11669) on x86-64. The rest says how far they are at most from others' answers.
type byLlamaCpp struct {
	File    string      `json:"file"`
	Answers [][]float64 `json:"answers"` // log-probabilities of ids[1:]; of encoders the pooled embedding
	F16     float64     `json:"f16"`     // llama.cpp's own with F16 matrices: it rounds activations to F16 then
	Float64 float64     `json:"float64"` // numpy's
	Table   float64     `json:"table"`   // numpy's with GELU from a table of 16-bit floats, as llama.cpp has it
}

func TestLlamaCppAgrees(t *testing.T) {
	sequences := map[string][]goldenSequence{}
	for _, g := range archFiles(t) {
		sequences[g.File] = g.Sequences
	}
	var golden []byLlamaCpp
	readGzip(t, "testdata/llamacpp.json.gz", &golden)
	if len(golden) != len(sequences) {
		t.Errorf("llama.cpp was asked about %d of %d files", len(golden), len(sequences))
	}
	for _, g := range golden {
		t.Run(g.File, func(t *testing.T) {
			m := openModel(t, g.File, expandBelow)
			if m.Encoder {
				checkCosines(t, m, sequences[g.File], g)
				return
			}
			worst := 0.0
			for i, s := range sequences[g.File] {
				got := must(m.Score(t.Context(), []llm.Sequence{{Tokens: s.IDs, From: 1}}))[0]
				for j, want := range g.Answers[i] {
					worst = max(worst, math.Abs(got[j]-want))
				}
			}
			t.Logf("largest difference %.2g nats; F16 matrices move llama.cpp by %.2g", worst, g.F16)
			if g.Float64 > 1e-4 && !(m.GELU && g.Table < 1e-3) {
				t.Errorf("llama.cpp is %v nats from float64, and no table explains it", g.Float64)
			}
			if !(worst < g.Float64+tolerance) {
				t.Errorf("largest difference is %v nats; float64 differs by %v", worst, g.Float64)
			}
		})
	}
}

func checkCosines(t *testing.T, m *Model, sequences []goldenSequence, g byLlamaCpp) {
	worst := 1.0
	for i, s := range sequences {
		var dot, a, b float64
		for j, x := range must(m.Pooled(t.Context(), [][]int32{s.IDs}))[0] {
			dot, a, b = dot+float64(x)*g.Answers[i][j], a+float64(x)*float64(x), b+g.Answers[i][j]*g.Answers[i][j]
		}
		worst = min(worst, dot/math.Sqrt(a*b))
	}
	t.Logf("smallest cosine 1 - %.2g", 1-worst)
	if !(worst > 1-1e-5) {
		t.Errorf("smallest cosine is %v", worst)
	}
}

func checkPooled(t *testing.T, m *Model, sequences []goldenSequence) {
	for i, s := range sequences {
		checkClose(t, fmt.Sprintf("embedding %d", i), must(m.Pooled(t.Context(), [][]int32{s.IDs}))[0], s.Pooled)
	}
	if len(sequences) == 0 {
		t.Error("no sequences")
	}
}

func TestEncoderRefusesWhatItHasNot(t *testing.T) {
	m := openModel(t, "arch-bert-mean.gguf", expandBelow)
	_, score := m.Score(t.Context(), []llm.Sequence{{Tokens: []int32{2, 5}, From: 1}})
	_, generate := m.Generate(t.Context(), []Continuation{{Prompt: []int32{2}, MaxTokens: 1}})
	lens := m.Trace(t.Context(), [][]int32{{2}}, llm.WantLens, nil)
	for what, err := range map[string]error{"log-probabilities": score, "a next token": generate, "a logit lens": lens} {
		if err == nil || !strings.Contains(err.Error(), `architecture "bert" is an encoder`) ||
			!strings.HasSuffix(err.Error(), "not "+what) {
			t.Errorf("asked for %s, the error is %v", what, err)
		}
	}
}

// What a decoder's scores, and what an encoder's hidden states are, in bits that can be compared.
func bitsOf(t *testing.T, m *Model, seqs []llm.Sequence) [][]float64 {
	t.Helper()
	out := make([][]float64, len(seqs))
	if !m.Encoder {
		for i, s := range must(m.Score(t.Context(), seqs)) {
			out[i] = s
		}
		return out
	}
	for i, vector := range must(m.MeanHidden(t.Context(), seqs)) {
		for _, x := range vector {
			out[i] = append(out[i], float64(x))
		}
	}
	return out
}

func TestBitsOfArchitectures(t *testing.T) {
	for _, g := range archFiles(t) {
		t.Run(g.File, func(t *testing.T) {
			m := openModel(t, g.File, expandBelow)
			checkBits(t, m, openModel(t, g.File, 0), prefixSharing(rand.New(rand.NewPCG(4, 0)), shape{vocab: m.Vocab})[:30])
		})
	}
}

func TestTracesOfArchitectures(t *testing.T) {
	for _, g := range archFiles(t) {
		t.Run(g.File, func(t *testing.T) {
			m := openModel(t, g.File, expandBelow)
			var seqs [][]int32
			for _, seq := range prefixSharing(rand.New(rand.NewPCG(5, 0)), shape{vocab: m.Vocab})[:15] {
				seqs = append(seqs, seq.Tokens)
			}
			checkTraceBits(t, m, seqs)
			checkWindows(t, m, seqs[0])
		})
	}
}

// checkWindows looks at which attention weights are zero.
func checkWindows(t *testing.T, m *Model, seq []int32) {
	hidden := 0
	err := m.Trace(t.Context(), [][]int32{seq}, llm.WantAttention, func(_ int, tr *llm.Trace) error {
		for l := range tr.Layers {
			for i := range tr.T {
				for j, w := range tr.Attention[l][i*tr.T : (i+1)*tr.T] {
					sees := m.Encoder || j <= i && (!m.Slides(l) || i-j < m.Window)
					if sees != (w > 0) {
						t.Errorf("layer %d: token %d gives token %d weight %v", l, i, j, w)
					}
					if !sees && j <= i {
						hidden++
					}
				}
			}
		}
		return nil
	})
	if err != nil || m.Window > 0 && hidden == 0 {
		t.Errorf("%d weights hidden by windows, %v", hidden, err)
	}
}

// Decoding token by token, past the windows, takes what a trace of the whole text says is likeliest.
func TestGenerationOfArchitectures(t *testing.T) {
	for _, g := range archFiles(t) {
		m := openModel(t, g.File, expandBelow)
		if m.Encoder {
			continue
		}
		t.Run(g.File, func(t *testing.T) {
			asked := continuations(rand.New(rand.NewPCG(6, 0)), shape{vocab: m.Vocab})[:8]
			batch := must(m.Generate(t.Context(), asked))
			for i, a := range asked {
				alone := must(m.Generate(t.Context(), asked[i:i+1]))[0]
				if !slices.Equal(alone.Tokens, batch[i].Tokens) {
					t.Errorf("continuation %d alone: %v; in a batch: %v", i, alone.Tokens, batch[i].Tokens)
				}
				if a.Temperature == 0 {
					checkGreedy(t, m, a.Prompt, batch[i].Tokens)
				}
			}
		})
	}
}

func checkGreedy(t *testing.T, m *Model, prompt, tokens []int32) {
	err := m.Trace(t.Context(), [][]int32{slices.Concat(prompt, tokens)}, llm.WantLens, func(_ int, tr *llm.Trace) error {
		for i, token := range tokens {
			row := tr.Lens[m.Layers][(len(prompt)-1+i)*m.Vocab:][:m.Vocab]
			if row[token] != slices.Max(row) {
				t.Errorf("token %d of %d is %d at %v; the likeliest has %v", i, len(tokens), token, row[token], slices.Max(row))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
