package llamacpp

import (
	"path/filepath"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/llm"
	"sdmap/internal/llm/llmtest"
	"sdmap/internal/tokenizer"
)

// TestConformance runs the suite of all drivers against llama-server with a trained model and with random ones: byte-level
// BPE, SentencePiece, a server that also shows hidden states, one that does not.
func TestConformance(t *testing.T) {
	hidden := []string{"--embeddings", "--pooling", "none", "-b", "512", "-ub", "512"}
	for _, test := range []struct {
		path    string
		args    []string
		offered llm.Capabilities
	}{
		{planted + "m01.gguf", append([]string{"-np", "4", "-c", "1280"}, hidden...),
			llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true, Trace: llm.WantFinal}},
		{"../../transformer/testdata/random-spm.gguf", []string{"-np", "2", "-c", "512"},
			llm.Capabilities{Generate: true, Score: true, Tokenize: true}},
		{"../../transformer/testdata/random-gqa.gguf", []string{"-np", "2", "-c", "512", "--embeddings", "--pooling", "mean"},
			llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true}},
	} {
		t.Run(filepath.Base(test.path), func(t *testing.T) {
			s := serve(t, quantize(t, test.path, "F32"), append(test.args, exact...)...)
			llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, s.url) }, llmtest.Options{
				Capabilities: test.offered, UTF8: true, Tolerance: 1e-5, Decode: decoder(t, test.path),
			})
		})
	}
}

func decoder(t *testing.T, path string) func(ids []int32) string {
	file, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	tok, err := tokenizer.FromGGUF(file)
	if err != nil {
		t.Fatal(err)
	}
	return func(ids []int32) string { return string(tok.DecodeContinuation(ids)) }
}
