//go:build unix

package ollama

import (
	"bytes"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sdmap/internal/llm"
	"sdmap/internal/testenv"
)

// clock moves on by a millisecond whenever it is looked at.
func clock() func() time.Time {
	at := time.Unix(0, 0)
	return func() time.Time { at = at.Add(time.Millisecond); return at }
}

func TestProbe(t *testing.T) {
	url := recording(t).Serve(t)
	o := options(t, url, "m01")
	for _, measure := range []string{MeasureBlob, MeasureOptionLetters} {
		o.Measure = measure
		r, err := open(t, o).Probe(t.Context(), clock())
		t.Logf("%s: %+v", measure, r)
		if err != nil || r.Tokens < 20 || r.TokensPerSecond <= 0 || r.MaxDiff > 0.03 {
			t.Errorf("%s: %+v, %v", measure, r, err)
		}
	}

	// A server that answers with other numbers than the file's.
	p := newProxy(t, url)
	o = options(t, p.URL, "m01")
	d := open(t, o)
	p.set(nil, func(_ string, _ int, body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"logprob":-0.`), []byte(`"logprob":-0.9`))
	})
	if r, err := d.Probe(t.Context(), clock()); err == nil || !strings.Contains(err.Error(), "is no fault") {
		t.Errorf("wrong numbers give %+v, %v", r, err)
	}
}

// Quantised weights: Ollama rounds activations to 8 bits, the engine of this process does not.
func TestQuantised(t *testing.T) {
	quantize := testenv.Program(t, "llama-quantize", "llama-quantize")
	s := sharedServer(t)
	path := filepath.Join(t.TempDir(), "q8.gguf")
	if out, err := exec.Command(quantize, planted+"m20.gguf", path, "Q8_0", "1").CombinedOutput(); err != nil {
		t.Fatalf("llama-quantize: %v\n%s", err, out)
	}
	s.create(t, "q8", path, nil)
	d := open(t, options(t, s.url(), "q8"))
	r, err := d.Probe(t.Context(), clock())
	t.Logf("%+v", r)
	if err != nil || r.Floor != floorQuantised || r.MaxDiff > 0.25 {
		t.Errorf("%+v, %v", r, err)
	}
	var reqs []llm.GenerateRequest
	for _, prompt := range prompts(t, 40) {
		reqs = append(reqs, llm.GenerateRequest{Prompt: prompt, MaxTokens: 24})
	}
	first := compareGreedy(t, d, reqs, 0.1)
	// Who asked before matters to Ollama, which keeps the last prompt's states.
	slices.Reverse(reqs)
	second, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(second)
	other := 0
	for i := range first {
		if first[i] != second[i] {
			other++
		}
	}
	t.Logf("%d of %d replies are others when asked in the opposite order", other, len(reqs))
	if float64(other) > math.Ceil(0.1*float64(len(reqs))) {
		t.Errorf("%d of %d replies depend on the order", other, len(reqs))
	}
}
