package inprocess

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/llmtest"
)

// The models of the suite: a trained one, random ones with byte-level BPE and with SentencePiece, and one in two parts.
var models = []string{
	"../../../studies/planted/models/m01.gguf",
	"../../transformer/testdata/random-q8_0.gguf",
	"../../transformer/testdata/random-gqa.gguf",
	"../../transformer/testdata/random-spm.gguf",
	"../../transformer/testdata/random-blocks-00001-of-00002.gguf",
	"../../transformer/testdata/arch-llama3.gguf",
	"../../transformer/testdata/arch-qwen2.gguf",
	"../../transformer/testdata/arch-qwen3.gguf",
	"../../transformer/testdata/arch-gemma3.gguf",
	"../../transformer/testdata/arch-gemma2.gguf",
	"../../transformer/testdata/arch-phi3.gguf",
}

func open(t *testing.T, path string) *Driver {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestConformance(t *testing.T) {
	for _, path := range models {
		t.Run(filepath.Base(path), func(t *testing.T) {
			tok, err := open(t, path).tokenizer()
			if err != nil {
				t.Fatal(err)
			}
			llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, path) }, llmtest.Options{
				Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Trace: llm.WantAll, Embed: true},
				Decode:       func(ids []int32) string { return string(tok.DecodeContinuation(ids)) },
			})
		})
	}
}

// An encoder opens, says what it lacks, and refuses that by name.
func TestEncoder(t *testing.T) {
	d := open(t, "../../transformer/testdata/arch-bert-cls.gguf")
	if c := llm.CapabilitiesOf(d); c.Score || !c.Embed || !c.Tokenize || c.Trace&llm.WantLens != 0 ||
		c.Trace&llm.WantResidual == 0 {
		t.Errorf("capabilities are %+v", c)
	}
	_, err := d.Score(t.Context(), []llm.Sequence{{Tokens: []int32{2, 5}, From: 1}})
	if err == nil || !strings.Contains(err.Error(), `architecture "bert" is an encoder`) {
		t.Errorf("scoring gives %v", err)
	}
}

func TestIdentify(t *testing.T) {
	d := open(t, models[1])
	calls := 0
	d.Digest = func(path string) (string, error) { calls++; return "sha256:of " + path, nil }
	for range 2 {
		id, err := d.Identify(t.Context())
		if err != nil || id.Weights != "sha256:of "+models[1] || id.Engine != "embedded/2" || id.Route != "in-process f32" {
			t.Errorf("identity is %+v, %v", id, err)
		}
	}
	if calls != 1 {
		t.Errorf("the digest was computed %d times", calls)
	}
	split := open(t, "../../transformer/testdata/random-blocks-00002-of-00002.gguf")
	whole, err := split.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts := open(t, models[4])
	parts.Digest = func(path string) (string, error) {
		data, err := os.ReadFile(path)
		calls++
		return fmt.Sprintf("sha256:%x", sha256.Sum256(data)), err
	}
	if id, err := parts.Identify(t.Context()); err != nil || id.Weights != whole.Weights || calls != 3 {
		t.Errorf("by parts the weights are %s, %v; as a whole %s; %d digests", id.Weights, err, whole.Weights, calls)
	}
	failing := open(t, models[1])
	failing.Digest = func(string) (string, error) { return "", errors.New("disk on fire") }
	if _, err := failing.Identify(t.Context()); err == nil {
		t.Error("a digest that fails is no error")
	}
}

func TestClosed(t *testing.T) {
	d := open(t, models[1])
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	_, tokenize := d.Tokenize(t.Context(), "a")
	_, score := d.Score(t.Context(), []llm.Sequence{{Tokens: []int32{1, 2}, From: 1}})
	_, identify := d.Identify(t.Context())
	for _, err := range []error{tokenize, score, identify} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("after closing the error is %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, path := range models {
		if problems, err := Check(path); err != nil || len(problems) > 0 {
			t.Errorf("%s: %q, %v", path, problems, err)
		}
	}
	write := func(change func(w *gguftest.Writer)) string {
		w := &gguftest.Writer{}
		change(w)
		path := filepath.Join(t.TempDir(), "model.gguf")
		if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := write(func(w *gguftest.Writer) {
		w.KV("general.architecture", "mamba")
		w.KV("tokenizer.ggml.model", "rwkv")
	})
	problems, err := Check(other)
	all := strings.Join(problems, "\n")
	for _, want := range []string{`architecture "mamba" is not supported; supported: llama, qwen2, qwen3, gemma3, ` +
		`gemma2, phi3, bert`, `tokenizer "rwkv" is not supported`} {
		if err != nil || !strings.Contains(all, want) {
			t.Errorf("problems are %q, %v; want %q", problems, err, want)
		}
	}
	if _, err := Open(other); err == nil || !strings.Contains(err.Error(), other) || !strings.Contains(err.Error(), "mamba") {
		t.Errorf("opening gives %v", err)
	}
	if _, err := Check(filepath.Join(t.TempDir(), "none.gguf")); err == nil {
		t.Error("a file that is not there is no error")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.gguf")); err == nil {
		t.Error("a file that is not there opens")
	}
}

func TestGenerateEndsAtEOS(t *testing.T) {
	d := open(t, models[0])
	v, err := d.Vocabulary(t.Context())
	if err != nil || v.EOS < 0 {
		t.Fatalf("vocabulary %+v, %v", v, err)
	}
	// Hot enough that every token, and so EOS, is drawn within a context's length by some seed.
	var reqs []llm.GenerateRequest
	for seed := range 40 {
		reqs = append(reqs, llm.GenerateRequest{Prompt: "the", MaxTokens: 1000, Temperature: 20, Seed: uint64(seed)})
	}
	got, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]int{}
	for _, g := range got {
		reasons[g.Reason]++
	}
	if reasons["eos"] == 0 || reasons["context"] == 0 || reasons["eos"]+reasons["context"] != len(reqs) {
		t.Errorf("reasons are %v", reasons)
	}
}
