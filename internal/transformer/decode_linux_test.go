package transformer

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/gguf"
	"sdmap/internal/testenv"
)

// BenchmarkDecode prints CPU milliseconds a token when one sequence is continued on one thread, beside those of llama.cpp, for
// SmolLM2 in the types that people have. Both run in turns and the least counts, as far as a machine is shared with others. (K
// types need rows of whole super-blocks, which most of this model's have not: llama-quantize takes Q5_0 and Q8_0 there.)
//
//	go test -run - -bench Decode -benchtime 3x ./internal/transformer
func BenchmarkDecode(b *testing.B) {
	model := testenv.Model(b, "smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
	quantize := testenv.Program(b, "llama-quantize", "llama-quantize")
	peer := testenv.Program(b, "llama-bench", "llama-bench")
	for _, typ := range []string{"F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K_M", "Q5_K_M", "Q6_K"} {
		b.Run(typ, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), typ+".gguf")
			if out, err := exec.Command(quantize, "--allow-requantize", model, path, typ, "1").CombinedOutput(); err != nil {
				b.Fatalf("llama-quantize: %v\n%s", err, out)
			}
			f, err := gguf.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			m := mustLoad(b, f, 0)
			m.workers = 1
			ours, theirs := cost{math.MaxInt64, math.MaxInt64}, cost{math.MaxInt64, math.MaxInt64}
			for b.Loop() {
				ours.try(func(n int) time.Duration { return continued(b, m, n) })
				theirs.try(func(n int) time.Duration { return llamaBench(b, peer, path, n) })
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ours.token(), "ms/token")
			b.ReportMetric(theirs.token(), "ms/token-of-llama.cpp")
			b.ReportMetric(ours.token()/theirs.token(), "ratio")
		})
	}
}

// cost is the least time that few tokens took, and many: their difference has no loading and no first token in it.
type cost struct{ few, many time.Duration }

const fewTokens, manyTokens = 8, 136

func (c *cost) try(decode func(tokens int) time.Duration) {
	c.few, c.many = min(c.few, decode(fewTokens)), min(c.many, decode(manyTokens))
}

// token is the milliseconds of one token.
func (c *cost) token() float64 {
	return float64(c.many-c.few) / float64(time.Millisecond) / (manyTokens - fewTokens)
}

// continued is the CPU time in which m decodes n tokens.
func continued(b *testing.B, m *Model, n int) time.Duration {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	got := must(m.Generate(b.Context(), []Continuation{{Prompt: []int32{1}, MaxTokens: n}}))
	if len(got[0].Tokens) != n {
		b.Fatalf("%d tokens of %d", len(got[0].Tokens), n)
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
}

// llamaBench is the CPU time in which llama-bench loads the model and decodes n tokens.
func llamaBench(b *testing.B, program, model string, n int) time.Duration {
	run := exec.Command(program, "-m", model, "-t", "1", "-p", "0", "-n", fmt.Sprint(n), "-r", "1", "--no-warmup")
	if err := run.Run(); err != nil {
		b.Fatal(err)
	}
	return run.ProcessState.UserTime() + run.ProcessState.SystemTime()
}
