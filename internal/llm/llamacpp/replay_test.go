package llamacpp

import (
	"path/filepath"
	"testing"

	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/httpreplay"
	"sdmap/internal/llm/llmtest"
)

// tiny has a vocabulary of 265 tokens, so that whole distributions can be recorded.
const tiny = "../../transformer/testdata/arch-llama3.gguf"

// shortTemplate leaves place for a text in a context of a few tokens.
const shortTemplate = `{{ bos_token }}{% for m in messages %}[{{ m.content }}{{ eos_token }}{% endfor %}`

// recorded are servers whose answers are committed, by the name of the record. Each has one slot, so that the same is asked
// in every run.
var recorded = map[string]struct {
	model func(t testing.TB) string
	args  []string
}{
	"suite": {func(t testing.TB) string { return gguftest.WithTemplate(t, tiny, shortTemplate) }, []string{"-c", "256",
		"--override-kv", "llama.context_length=int:12", "--embeddings", "--pooling", "none"}},
	"scores": {func(testing.TB) string { return planted + "m01.gguf" }, []string{"-c", "256"}},
	"states": {func(testing.TB) string { return planted + "m01.gguf" }, []string{"-c", "256", "--embeddings", "--pooling",
		"none"}},
}

// recording is the record of that name.
func recording(t testing.TB, name string) httpreplay.Server {
	t.Helper()
	path, err := filepath.Abs(recorded[name].model(t))
	if err != nil {
		t.Fatal(err)
	}
	return httpreplay.Server{
		File: "testdata/replay/" + name + ".txt", Paths: map[string]string{"model": path},
		Start: func(t testing.TB) (string, map[string]string) {
			return serve(t, path, append(append([]string{"-np", "1"}, recorded[name].args...), exact...)...).url, nil
		},
		Drop: []string{"token", // beside its bytes
			"params", "models", "chat_template_caps", "created", "media_marker"},
		Vary: []string{"timings/prompt_n"},
		Sets: []string{"top_logprobs"},
	}
}

func TestSuiteOnRecord(t *testing.T) {
	url := recording(t, "suite").Serve(t)
	llmtest.Run(t, func(t *testing.T) llm.Driver { return open(t, url) }, llmtest.Options{
		Capabilities: llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true, Trace: llm.WantFinal, Chat: true,
			ChatChoices: true},
		UTF8: true, Tolerance: 1e-3, Decode: decoder(t, tiny), Texts: []string{"7 + 5", "<s>é\n"},
	})
}
