package transformer

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/llm"
)

// planted is the shape of the planted study's models.
var planted = shape{vocab: 1000, context: 128, width: 64, hidden: 160, layers: 3, heads: 4, kvHeads: 4, headDim: 16, ropeDims: 16}

// documents are sequences that share nothing: every token but the last is run and every one but the first is scored.
func documents(vocab, n, length int) (seqs []llm.Sequence, tokens int) {
	random := rand.New(rand.NewPCG(1, 0))
	for range n {
		seqs = append(seqs, llm.Sequence{Tokens: randomTokens(random, vocab, length), From: 1})
	}
	return seqs, n * length
}

// choices are multiple-choice items: four choices of two tokens after a context. Tokens count the contexts once.
func choices(vocab, n, length int) (seqs []llm.Sequence, tokens int) {
	random := rand.New(rand.NewPCG(1, 0))
	for range n {
		context := randomTokens(random, vocab, length)
		for range 4 {
			choice := randomTokens(random, vocab, 2)
			seqs = append(seqs, llm.Sequence{Tokens: append(context[:length:length], choice...), From: length})
		}
	}
	return seqs, n * (length + 8)
}

// BenchmarkPlanted reports tokens/s as the engine gets them: many calls at once, each on one goroutine.
func BenchmarkPlanted(b *testing.B) {
	m := mustLoad(b, planted.file(b, 1), expandBelow)
	all, total := documents(planted.vocab, 64, 120)
	items, itemTokens := choices(planted.vocab, 64, 50)
	var whole [][]int32
	for _, seq := range all {
		whole = append(whole, seq.Tokens)
	}
	score := func(seqs []llm.Sequence) func() error {
		return func() error { _, err := m.Score(b.Context(), seqs); return err }
	}
	trace := func(want llm.Want) func() error {
		return func() error {
			return m.Trace(b.Context(), whole, want, func(int, *llm.Trace) error { return nil })
		}
	}
	for _, bench := range []struct {
		name   string
		tokens int
		call   func() error
	}{
		{"every token scored", total, score(all)},
		{"multiple choice", itemTokens, score(items)},
		{"trace residual+gate", total, trace(llm.WantResidual | llm.WantGate)},
		{"trace attention", total, trace(llm.WantAttention)},
		{"trace all", total, trace(llm.WantResidual | llm.WantGate | llm.WantAttention | llm.WantLens)},
		{"generate 64 x 20", 64 * 20, func() error {
			var asked []Continuation
			for _, seq := range all {
				asked = append(asked, Continuation{Prompt: seq.Tokens[:40], MaxTokens: 20})
			}
			_, err := m.Generate(b.Context(), asked)
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := bench.call(); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(bench.tokens)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkLarge scores with a random model of 125 M parameters in F16, which is dequantised by panels.
func BenchmarkLarge(b *testing.B) {
	path := filepath.Join(b.TempDir(), "125m.gguf")
	sh := shape{vocab: 32000, context: 1024, width: 768, hidden: 2048, layers: 11, heads: 12, kvHeads: 12, headDim: 64,
		ropeDims: 64, untied: true, half: true}
	if err := os.WriteFile(path, sh.write(1).Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	m := mustLoad(b, f, expandBelow)
	b.Logf("%d M parameters, %d workers", tensorsOf(f).parameters(m.Config)/1e6, m.workers)
	seqs, tokens := documents(sh.vocab, 2, 256)
	for b.Loop() {
		if _, err := m.Score(b.Context(), seqs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(tokens)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}
