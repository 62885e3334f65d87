package llamacpp

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/llm/httpreplay"
	"sdmap/internal/llm/llmtest"
	"sdmap/internal/study"
)

// tiny has a vocabulary of 265 tokens, so that whole distributions can be recorded.
const tiny = "../../transformer/testdata/arch-llama3.gguf"

// tinyText fits into its context, and has tokens that a grammar takes and such that it does not.
const tinyText = "7 +é"

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
	"chat":    {func(t testing.TB) string { return gguftest.WithTemplate(t, tiny, chatTemplate) }, []string{"-c", "256"}},
	"trained": {func(testing.TB) string { return planted + "m01.gguf" }, []string{"-c", "256"}},
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
		UTF8: true, Tolerance: 1e-3, Decode: decoder(t, tiny), Texts: []string{tinyText},
	})
}

// What is recorded is what the installed llama-server says. F16 weights are multiplied with activations rounded to F16.
func TestRecordsHold(t *testing.T) {
	for name := range recorded {
		t.Run(name, func(t *testing.T) { recording(t, name).Check(t, 0.02) })
	}
}

// What a trained model's server said is what the engine in process computes: F16 weights are multiplied with activations
// rounded to F16 there.
func TestRecordLikeInProcess(t *testing.T) {
	r := recording(t, "trained")
	d, e := open(t, r.Serve(t)), inProcess(t, r.Paths["model"])
	m := planting(t)
	texts := append(m.questions[:3:3], m.pieces[:3]...)
	sameIdentity(t, d, e)
	seqs := sequences(t, e, texts)
	if got := sequences(t, d, texts); !reflect.DeepEqual(got, seqs) {
		t.Error("the server's tokens are others")
	}
	for _, seq := range seqs[:3] { // choices behind one context
		n := len(seq.Tokens)
		seqs = append(seqs, llm.Sequence{Tokens: seq.Tokens, From: n - 2},
			llm.Sequence{Tokens: append(seq.Tokens[:n-2:n-2], 300, 310), From: n - 2})
	}
	diff, n := farthest(score(t, d, seqs), score(t, e, seqs))
	if diff > 0.03 || n < 60 {
		t.Errorf("%d log-probabilities differ by up to %v nats", n, diff)
	}
	sameContinuations(t, d, e, texts[:4])
}

// What the backend opens is the model of the servers that a study names, if one of them answers.
func TestKindOpens(t *testing.T) {
	url := recording(t, "suite").Serve(t)
	env := &backend.Env{Digest: digest, Now: time.Now, Getenv: func(string) string { return "" }, Log: func(string) {}}
	opened, err := Kind().Open(t.Context(), env, study.Model{ID: "a", URL: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	id, err := opened.Driver.Identify(t.Context())
	if err != nil || id.Unpinned || opened.Asks != opened.Measures || opened.Asks.Name != url {
		t.Errorf("%+v, %+v, %v", opened, id, err)
	}
	nobody := []string{"http://127.0.0.1:1"}
	if _, err := Kind().Open(t.Context(), env, study.Model{ID: "a", URL: nobody}); err == nil || !strings.Contains(err.Error(), nobody[0]) {
		t.Errorf("nobody listens: %v", err)
	}
	if start := Start(url); !strings.Contains(start, "--port "+url[strings.LastIndex(url, ":")+1:]+" ") {
		t.Errorf("the command is %s", start)
	}
	modes := Modes()
	if first, last := modes[0].Capabilities, modes[len(modes)-1].Capabilities; first.Embed || last != llm.CapabilitiesOf(opened.Driver) {
		t.Errorf("modes are %+v; a server of the last offers %+v", modes, llm.CapabilitiesOf(opened.Driver))
	}
}
