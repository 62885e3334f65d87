package llamacpp

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/testenv"
)

// The random models of the benchmark: 19 million parameters beside the embeddings, Q8_0.
const (
	benchWidth, benchHidden, benchLayers, benchHeads = 512, 1536, 6, 8

	benchContext = 256
	benchChunks  = 8 // sequences of one context each, by both programs
)

// BenchmarkAgainstPerplexity prints the speed of scoring whole texts through this driver with 8 slots and that of
// llama-perplexity's evaluation of prompts, of one file with one thread each, and their ratio; and the ratio of processor
// time that both programs take, which is less disturbed by what else the machine does.
//
//	go test -bench AgainstPerplexity -benchtime 1x ./internal/llm/llamacpp
//
// What bounds the ratio (milliseconds a token of one AMD core, build 11669, Q8_0, vocabularies of 8192 and 32,000). Evaluating
// 8 tokens a step in place of 512 costs next to nothing: 3.1 to 2.9. Comparing the grammar with the whole vocabulary costs
// 0.9 and 3.6; a request for every token, which is what is done with the larger one, costs 1.0, and leaves steps half empty: the
// server begins one as soon as the first of 8 slots has its next request. Showing the entry costs 0.1 and 0.2.
func BenchmarkAgainstPerplexity(b *testing.B) {
	for _, vocab := range []int{8192, 32000} { // forced by grammar, and by bias
		b.Run(fmt.Sprintf("vocabulary=%d", vocab), func(b *testing.B) {
			program := testenv.Program(b, "llama-perplexity", "llama-perplexity")
			path := quantize(b, randomModel(b, vocab), "Q8_0")
			text := filepath.Join(b.TempDir(), "text")
			if err := os.WriteFile(text, []byte(letters(4*benchChunks*benchContext)), 0o600); err != nil {
				b.Fatal(err)
			}
			var ours, theirs spent
			for b.Loop() {
				ours = ours.plus(driverSpends(b, path, benchChunks)).minus(driverSpends(b, path, 0))
				theirs = theirs.plus(perplexitySpends(b, program, path, text, benchChunks+2)).minus(perplexitySpends(b, program,
					path, text, 2))
			}
			tokens := float64(b.N * benchChunks * benchContext)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(tokens/ours.wall.Seconds(), "driver-tokens/s")
			b.ReportMetric(tokens/theirs.wall.Seconds(), "perplexity-tokens/s")
			b.ReportMetric(theirs.wall.Seconds()/ours.wall.Seconds(), "ratio")
			b.ReportMetric(theirs.cpu.Seconds()/ours.cpu.Seconds(), "cpu-ratio")
		})
	}
}

// BenchmarkInProcess prints the speed of scoring whole texts in this process beside that of llama-perplexity, of one file with
// one thread each.
//
//	go test -bench InProcess -benchtime 1x ./internal/llm/llamacpp
func BenchmarkInProcess(b *testing.B) {
	program := testenv.Program(b, "llama-perplexity", "llama-perplexity")
	model := randomModel(b, 8192)
	for _, kind := range []string{"F32", "F16", "Q8_0", "Q4_K_M"} {
		b.Run(kind, func(b *testing.B) {
			path := quantize(b, model, kind)
			text := filepath.Join(b.TempDir(), "text")
			if err := os.WriteFile(text, []byte(letters(4*benchChunks*benchContext)), 0o600); err != nil {
				b.Fatal(err)
			}
			var ours, theirs time.Duration
			for b.Loop() {
				ours += inProcessSpends(b, path)
				theirs += perplexitySpends(b, program, path, text, benchChunks+2).minus(perplexitySpends(b, program, path, text,
					2)).wall
			}
			tokens := float64(b.N * benchChunks * benchContext)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(tokens/ours.Seconds(), "ours-tokens/s")
			b.ReportMetric(tokens/theirs.Seconds(), "perplexity-tokens/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
		})
	}
}

// inProcessSpends scores so many sequences of one context, after the file was opened and read once.
func inProcessSpends(b *testing.B, path string) time.Duration {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // here, since every benchmark sets it anew
	d, err := inprocess.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	random := rand.New(rand.NewPCG(3, 0))
	seqs := make([]llm.Sequence, benchChunks)
	for i := range seqs {
		seqs[i].From = 1
		for range benchContext {
			seqs[i].Tokens = append(seqs[i].Tokens, random.Int32N(256))
		}
	}
	score := func(seqs []llm.Sequence) {
		if _, err := d.Score(b.Context(), seqs); err != nil {
			b.Fatal(err)
		}
	}
	score([]llm.Sequence{{Tokens: seqs[0].Tokens[:2], From: 1}})
	start := time.Now()
	score(seqs)
	return time.Since(start)
}

// letters is a text of short words.
func letters(bytes int) string {
	random := rand.New(rand.NewPCG(1, 0))
	var words strings.Builder
	for words.Len() < bytes {
		for range 1 + random.IntN(9) {
			words.WriteByte('a' + byte(random.IntN(26)))
		}
		words.WriteByte(' ')
	}
	return words.String()
}

// spent is the time of a computation, and the processor time of the other program in it.
type spent struct{ wall, cpu time.Duration }

func (s spent) plus(o spent) spent  { return spent{s.wall + o.wall, s.cpu + o.cpu} }
func (s spent) minus(o spent) spent { return spent{s.wall - o.wall, s.cpu - o.cpu} }

func cpuOf(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// driverSpends scores so many sequences of one context. Time to start the server is in cpu, not in wall.
func driverSpends(b *testing.B, path string, n int) (s spent) {
	server := serve(b, path, append([]string{"-np", "8", "-c", fmt.Sprint(8 * 2 * benchContext)}, exact...)...)
	d := open(b, server.url)
	ids := sequences(b, d, []string{letters(n*benchContext + 1)})[0].Tokens
	if _, err := d.encoder.table(b.Context()); err != nil { // is fetched once
		b.Fatal(err)
	}
	var seqs []llm.Sequence
	for ; len(seqs) < n; ids = ids[benchContext:] {
		seqs = append(seqs, llm.Sequence{Tokens: ids[:benchContext:benchContext], From: 1})
	}
	start := time.Now()
	score(b, d, seqs)
	s.wall = time.Since(start)
	server.kill()
	s.cpu = cpuOf(server.cmd)
	return s
}

// perplexitySpends lets llama-perplexity evaluate so many contexts.
func perplexitySpends(b *testing.B, program, path, text string, chunks int) spent {
	cmd := exec.Command(program, append([]string{"-m", path, "-f", text, "-c", fmt.Sprint(benchContext), "--chunks",
		fmt.Sprint(chunks)}, exact...)...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("llama-perplexity: %v\n%s", err, out)
	}
	return spent{time.Since(start), cpuOf(cmd)}
}

// randomModel writes a llama model with random weights and the 256 bytes as its first tokens.
func randomModel(t testing.TB, vocab int) string {
	w := &gguftest.Writer{}
	w.KV("general.architecture", "llama")
	w.KV("llama.context_length", uint32(2*benchContext))
	w.KV("llama.embedding_length", uint32(benchWidth))
	w.KV("llama.block_count", uint32(benchLayers))
	w.KV("llama.feed_forward_length", uint32(benchHidden))
	w.KV("llama.attention.head_count", uint32(benchHeads))
	w.KV("llama.attention.head_count_kv", uint32(benchHeads))
	w.KV("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	w.KV("llama.rope.dimension_count", uint32(benchWidth/benchHeads))
	w.KV("llama.vocab_size", uint32(vocab))
	w.KV("tokenizer.ggml.model", "gpt2")
	w.KV("tokenizer.ggml.pre", "gpt-2")
	w.KV("tokenizer.ggml.tokens", byteTokens(vocab))
	w.KV("tokenizer.ggml.merges", []string{"q q"})
	w.KV("tokenizer.ggml.bos_token_id", uint32(vocab-1))
	w.KV("tokenizer.ggml.eos_token_id", uint32(vocab-1))
	random := rand.New(rand.NewPCG(2, 0))
	matrix := func(name string, cols, rows int) {
		values := make([]float32, cols*rows)
		for i := range values {
			values[i] = float32(random.NormFloat64()) * 0.04
		}
		w.F32(name, []int{cols, rows}, values)
	}
	ones := func(name string) {
		values := make([]float32, benchWidth)
		for i := range values {
			values[i] = 1
		}
		w.F32(name, []int{benchWidth}, values)
	}
	matrix("token_embd.weight", benchWidth, vocab)
	ones("output_norm.weight")
	for l := range benchLayers {
		block := fmt.Sprintf("blk.%d.", l)
		ones(block + "attn_norm.weight")
		ones(block + "ffn_norm.weight")
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			matrix(block+name+".weight", benchWidth, benchWidth)
		}
		matrix(block+"ffn_gate.weight", benchWidth, benchHidden)
		matrix(block+"ffn_up.weight", benchWidth, benchHidden)
		matrix(block+"ffn_down.weight", benchHidden, benchWidth)
	}
	path := filepath.Join(t.TempDir(), "random.gguf")
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// byteTokens is a vocabulary of GPT-2's 256 byte tokens, one merge, unused names and the end of text.
func byteTokens(vocab int) []string {
	tokens := make([]string, vocab)
	moved := rune(256)
	for i := range tokens {
		switch r := rune(i); {
		case i > 256:
			tokens[i] = fmt.Sprintf("unused%d", i)
		case i == 256:
			tokens[i] = "qq"
		case r > ' ' && r <= '~', r >= '¡' && r <= '¬', r >= '®':
			tokens[i] = string(r)
		default:
			tokens[i] = string(moved)
			moved++
		}
	}
	tokens[vocab-1] = "<|endoftext|>"
	return tokens
}
