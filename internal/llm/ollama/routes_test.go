//go:build unix

package ollama

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ollama/ollama/api"

	"sdmap/internal/llm"
)

// prompts are beginnings of the planted corpus's documents.
func prompts(t *testing.T, n int) []string {
	t.Helper()
	data, err := os.ReadFile("../../../studies/planted/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) < 8 {
			continue
		}
		if out = append(out, strings.Join(words[:4+len(out)%4], " ")); len(out) == n {
			return out
		}
	}
	t.Fatalf("the corpus gives %d prompts of %d", len(out), n)
	return nil
}

// nearTie is what Ollama's log-probabilities may differ by from the engine's: it keeps keys and values as 16-bit numbers,
// and multiplies F16 weights with activations rounded to F16.
const nearTie = 0.05

// Greedy text by Ollama is the text of the engine in this process on the same file, token for token; where they part, the
// engine finds the two tokens about equally likely.
func TestGenerationAgreesWithEngine(t *testing.T) {
	s := sharedServer(t)
	for _, name := range []string{"m01", "m12", "m20", "m32"} {
		s.create(t, name, planted+name+".gguf", nil)
		d := open(t, options(t, s.url(), name))
		var reqs []llm.GenerateRequest
		for _, prompt := range prompts(t, 30) {
			reqs = append(reqs, llm.GenerateRequest{Prompt: prompt, MaxTokens: 24})
		}
		compareGreedy(t, d, reqs, nearTie)
	}
}

// compareGreedy compares greedy replies of the server, which it returns, with those of the engine.
func compareGreedy(t *testing.T, d *Driver, reqs []llm.GenerateRequest, nearTie float64) (server []llm.Generation) {
	t.Helper()
	server, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := d.blob.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	equal, tokens, worst := 0, 0, 0.0
	for i, req := range reqs {
		tokens += server[i].Tokens
		if server[i] == engine[i] {
			equal++
			continue
		}
		if server[i].Reason == "repeat" && strings.HasPrefix(engine[i].Text, server[i].Text) {
			continue
		}
		gap := parting(t, d, req.Prompt, server[i].Text, engine[i].Text)
		worst = max(worst, gap)
		if gap > nearTie {
			t.Errorf("%q: Ollama %+v, engine %+v; where they part the engine prefers its own by %.4f nats", req.Prompt, server[i],
				engine[i], gap)
		}
	}
	t.Logf("%s: %d of %d greedy replies (%d tokens) are equal; where others part, the engine prefers its own by "+
		"%.4f nats at most",
		d.model.name, equal, len(reqs), tokens, worst)
	if equal < len(reqs)*8/10 {
		t.Errorf("only %d of %d replies are equal", equal, len(reqs))
	}
	return server
}

// parting is by how many nats the engine prefers its own token to Ollama's where two continuations part.
func parting(t *testing.T, d *Driver, prompt, server, engine string) float64 {
	t.Helper()
	ids := func(text string) (out []int32) {
		tokens, err := d.Tokenize(t.Context(), prompt+text)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			out = append(out, token.ID)
		}
		return out
	}
	v, err := d.Vocabulary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, b := append(ids(server), v.EOS), append(ids(engine), v.EOS)
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	if n == min(len(a), len(b)) {
		return math.Inf(1)
	}
	scores, err := d.Score(t.Context(), []llm.Sequence{{Tokens: a[:n+1], From: n}, {Tokens: b[:n+1], From: n}})
	if err != nil {
		t.Fatal(err)
	}
	return scores[1][0] - scores[0][0]
}

// The server's embeddings are the state of the last token after the final norm, brought to unit length.
func TestEmbeddingsAgreeWithEngine(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	o := options(t, s.url(), "m01")
	o.EmbedByServer = true
	d := open(t, o)
	all := append(prompts(t, 30), texts...)
	vectors, err := d.Embed(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	worst := 1.0
	for i, text := range all {
		tokens, err := d.Tokenize(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, token := range tokens {
			ids = append(ids, token.ID)
		}
		err = d.Trace(t.Context(), [][]int32{ids}, llm.WantFinal, func(_ int, tr *llm.Trace) error {
			worst = min(worst, cosine(vectors[i], tr.Final[(tr.T-1)*tr.Width:]))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("the least cosine is 1 - %.2g", 1-worst)
	if worst < 0.9999 {
		t.Errorf("the cosine of the server's embedding and the engine's last state is %v", worst)
	}
	long := strings.Repeat("the sum of ", 100)
	for text, want := range map[string]string{"": "text 1: the text is empty", "\xff": "text 1: the text is not UTF-8",
		long: "text 1"} {
		if _, err := d.Embed(t.Context(), []string{"a", text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v; want %q", text, err, want)
		}
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// Letters get the log-probabilities that the engine computes for the same tokens, also where the likeliest token is one
// beside which Ollama shows nothing.
func TestLettersAgreeWithEngine(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	o := options(t, s.url(), "m01")
	exact := open(t, o)
	o.Measure = MeasureOptionLetters
	d := open(t, o)
	// Letters are whatever the model finds likely: what counts is that they are found and have the right number.
	letters := []string{"the", "a", "4", "5", "6", "12", ".", "true", "false", "row"}
	asked := append(prompts(t, 30), "The sum of 7 and 5 is 12.", "so the sum of 1 and 3 is 4.")
	var reqs []llm.ChooseRequest
	for _, prompt := range asked {
		reqs = append(reqs, llm.ChooseRequest{Prompt: prompt, Letters: letters})
	}
	scores, err := d.Choose(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	seen, worst := 0, 0.0
	for i, prompt := range asked {
		if eos, err := exact.blob.Generate(t.Context(), []llm.GenerateRequest{{Prompt: prompt, MaxTokens: 1}}); err != nil {
			t.Fatal(err)
		} else if i >= 30 && eos[0].Reason != "eos" {
			t.Errorf("%q is meant to be followed by the end of sequence, but is by %+v", prompt, eos[0])
		}
		for j, letter := range letters {
			want := likelier(t, exact, prompt, letter)
			if got := scores[i][j]; got.Seen {
				seen++
				worst = max(worst, math.Abs(got.LogProb-want))
			} else if want > -3 {
				t.Errorf("%q: %q is not seen, with a log-probability of %v", prompt, letter, want)
			}
		}
	}
	t.Logf("%d letters seen, the largest error is %.4f nats", seen, worst)
	if seen < 30 || worst > nearTie {
		t.Errorf("%d letters are seen, the largest error is %v", seen, worst)
	}
}

// likelier is the log-probability of the letter as a token, with or without a space, whichever is likelier.
func likelier(t *testing.T, d *Driver, prompt, letter string) float64 {
	t.Helper()
	best := math.Inf(-1)
	before, err := d.Tokenize(t.Context(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{letter, " " + letter} {
		after, err := d.Tokenize(t.Context(), prompt+text)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, token := range after {
			ids = append(ids, token.ID)
		}
		if len(after) != len(before)+1 || !slices.Equal(after[:len(before)], before) {
			continue // it merges with the prompt, or is no single token
		}
		scores, err := d.Score(t.Context(), []llm.Sequence{{Tokens: ids, From: len(ids) - 1}})
		if err != nil {
			t.Fatal(err)
		}
		best = max(best, scores[0][0])
	}
	return best
}

// What a Modelfile sets acts on nothing but chats.
func TestModelfileDoesNotAct(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	s.create(t, "wild", planted+"m01.gguf", func(r *api.CreateRequest) {
		r.System, r.Template = "zok zok", "{{ .System }} so {{ .Prompt }} of"
		r.Parameters = map[string]any{"temperature": 1.9, "num_predict": 1, "stop": []string{"1", "s"}, "repeat_penalty": 1.9,
			"top_k": 3,
			"top_p": 0.2, "min_p": 0.2, "seed": 4, "presence_penalty": 1.5, "frequency_penalty": 1.5, "typical_p": 0.5,
			"num_ctx": 40}
	})
	plain, wild := open(t, options(t, s.url(), "m01")), open(t, options(t, s.url(), "wild"))
	var reqs []llm.GenerateRequest
	for i, prompt := range prompts(t, 10) {
		reqs = append(reqs, llm.GenerateRequest{Prompt: prompt, MaxTokens: 8},
			llm.GenerateRequest{Prompt: prompt, MaxTokens: 8, Temperature: 1.5, Seed: uint64(i)})
	}
	want, err := plain.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wild.Generate(t.Context(), reqs)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("with a wild Modelfile the replies are %+v, %v; without %+v", got, err, want)
	}
	chat, err := wild.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "the sum", MaxTokens: 6, Chat: true}})
	if err != nil {
		t.Fatal(err)
	}
	same, err := plain.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "zok zok so the sum of", MaxTokens: 6}})
	if err != nil || !slices.Equal(chat, same) {
		t.Errorf("a chat gives %+v; its prompt written out %+v, %v", chat, same, err)
	}
}

// Seeds matter where there is chance, and are kept apart.
func TestSeeds(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	d := open(t, options(t, s.url(), "m01"))
	var reqs []llm.GenerateRequest
	for seed := range uint64(20) {
		reqs = append(reqs, llm.GenerateRequest{Prompt: "the", MaxTokens: 10, Temperature: 2, Seed: seed << (3 * seed)})
	}
	first, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Generate(t.Context(), reqs)
	if err != nil || !slices.Equal(first, second) {
		t.Errorf("the same seeds give %+v, then %+v, %v", first, second, err)
	}
	different := map[string]bool{}
	for _, g := range first {
		different[g.Text] = true
	}
	if len(different) < 15 {
		t.Errorf("20 seeds give %d different texts", len(different))
	}
	for _, seed := range []uint64{0, 1, math.MaxUint32, 1 << 31, 1 << 62, math.MaxUint64} {
		if folded := foldSeed(seed); folded < 0 || folded > math.MaxInt32 || (seed < 1<<31 && uint64(folded) != seed) {
			t.Errorf("seed %d is folded to %d", seed, folded)
		}
	}
}
