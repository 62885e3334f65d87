package transformer

import (
	"fmt"
	"math"
	"os"
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
// types need rows of whole super-blocks, which half of this model's have not: llama-quantize takes Q5_0 and Q8_0 there.)
//
//	go test -run - -bench Decode -benchtime 5x ./internal/transformer
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
			ours, theirs := math.Inf(1), math.Inf(1)
			for b.Loop() {
				ours = min(ours, millisecondsAToken(func(n int) time.Duration { return continued(b, m, n) }))
				theirs = min(theirs, millisecondsAToken(func(n int) time.Duration { return llamaBench(b, peer, path, n) }))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ours, "ms/token")
			b.ReportMetric(theirs, "ms/token-of-llama.cpp")
			b.ReportMetric(ours/theirs, "ratio")
		})
	}
}

// millisecondsAToken is what a token costs after the eighth, up to the 72nd.
func millisecondsAToken(decode func(tokens int) time.Duration) float64 {
	few, many := decode(8), decode(72)
	return float64(many-few) / 64 / float64(time.Millisecond)
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
	run.Stderr = os.Stderr
	if testing.Verbose() {
		run.Stdout = os.Stdout
	} else {
		run.Stderr = nil
	}
	if err := run.Run(); err != nil {
		b.Fatal(err)
	}
	return run.ProcessState.UserTime() + run.ProcessState.SystemTime()
}
