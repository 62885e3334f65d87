package llamacpp

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis/performance"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/corpus"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

// material is what the planted study asks: questions, pieces of its corpus, benchmarks of choices.
type material struct {
	questions, pieces []string
	choices           []*benchmark.Benchmark
}

func planting(t testing.TB) material {
	t.Helper()
	root, err := os.OpenRoot("../../../studies/planted")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	sources, err := fs.Glob(root.FS(), "benchmarks/*.jsonl")
	if err != nil || len(sources) < 20 {
		t.Fatalf("%d planted benchmarks, %v", len(sources), err)
	}
	var m material
	for _, source := range sources {
		spec := study.Benchmark{ID: source, Source: source, Task: study.Choice, Prompt: "{question}", Choices: "choices",
			Answer: "answer", Delimiter: " ", Metric: "acc", OnBadRow: "stop"}
		b, list := benchmark.Load(root, spec)
		if list.HasErrors() {
			continue // it asks for a text
		}
		for i := 0; i < 6; i++ {
			m.questions = append(m.questions, b.Items[i*23].Question)
		}
		if len(m.choices) < 4 {
			b.Items = b.Items[:25]
			m.choices = append(m.choices, b)
		}
	}
	m.questions = m.questions[:100]
	c, list := corpus.Load(root, study.Corpus{Source: "corpus.txt"})
	if list.HasErrors() {
		t.Fatal(list)
	}
	for i := range 100 {
		text := c.Docs[i%len(c.Docs)].Text
		m.pieces = append(m.pieces, text[:min(len(text), 60+2*i)])
	}
	return m
}

func sequences(t testing.TB, d llm.Tokenizer, texts []string) []llm.Sequence {
	t.Helper()
	seqs := make([]llm.Sequence, len(texts))
	for i, text := range texts {
		tokens, err := d.Tokenize(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			seqs[i].Tokens = append(seqs[i].Tokens, token.ID)
		}
		seqs[i].From = 1
	}
	return seqs
}

func score(t testing.TB, d llm.Scorer, seqs []llm.Sequence) []llm.Scores {
	t.Helper()
	scores, err := d.Score(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	return scores
}

// farthest is the largest difference of one token, in nats, and the number of tokens.
func farthest(a, b []llm.Scores) (diff float64, tokens int) {
	for i := range a {
		for j := range a[i] {
			diff = max(diff, math.Abs(a[i][j]-b[i][j]))
			tokens++
		}
	}
	return diff, tokens
}

// TestAgainstTheEmbeddedEngine compares everything with the driver that computes in this process, on F32 copies of four
// planted models and 200 texts each.
func TestAgainstTheEmbeddedEngine(t *testing.T) {
	m := planting(t)
	texts := append(m.questions, m.pieces...)
	for _, name := range []string{"m01", "m09", "m17", "m32"} {
		t.Run(name, func(t *testing.T) {
			path := quantize(t, planted+name+".gguf", "F32")
			s := serve(t, path, append([]string{"-np", "4", "-c", "1280", "--embeddings", "--pooling", "none", "-b", "512", "-ub",
				"512"}, exact...)...)
			d, e := open(t, s.url), inProcess(t, path)
			sameIdentity(t, d, e)

			seqs := sequences(t, e, texts)
			if got := sequences(t, d, texts); !reflect.DeepEqual(got, seqs) {
				t.Error("the server's tokens are others")
			}
			diff, n := farthest(score(t, d, seqs), score(t, e, seqs))
			t.Logf("whole texts: %d tokens, at most %.2g nats", n, diff)
			var halves []llm.Sequence
			for _, seq := range seqs {
				halves = append(halves, llm.Sequence{Tokens: seq.Tokens, From: max(1, len(seq.Tokens)-4)})
			}
			ends, n := farthest(score(t, d, halves), score(t, e, halves))
			t.Logf("ends behind cached contexts: %d tokens, at most %.2g nats", n, ends)
			d.scoring.grammar = false
			bias, n := farthest(score(t, d, seqs[:8]), score(t, e, seqs[:8]))
			d.scoring.grammar = true
			t.Logf("by bias: %d tokens, at most %.2g nats", n, bias)
			if max(diff, ends, bias) > 1e-4 { // 2e-3 is promised, 3e-5 was seen
				t.Errorf("log-probabilities differ by %v nats", max(diff, ends, bias))
			}
			sameDecisions(t, d, e, m.choices)
			sameContinuations(t, d, e, texts[:60])
			sameHidden(t, d, e, texts[80:120])
		})
	}
}

func sameIdentity(t *testing.T, d *Driver, e *inprocess.Driver) {
	t.Helper()
	got, err := d.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.Identify(t.Context())
	if err != nil || got.Weights != want.Weights || got.Unpinned || !strings.Contains(got.Engine, "llama.cpp/"+meaning+" b") {
		t.Errorf("identity %+v; in this process %+v, %v", got, want, err)
	}
}

// journal forgets everything; it is what an action needs to run.
type journal struct{}

func (journal) Input(name string) ([]byte, error)     { return nil, errors.New("no input " + name) }
func (journal) Progress(done, total int)              {}
func (journal) Journal() cas.Journal                  { return journal{} }
func (journal) Workers() int                          { return 2 }
func (journal) Get(key string) ([]byte, bool)         { return nil, false }
func (journal) Append(key string, value []byte) error { return nil }

func sameDecisions(t *testing.T, d, e llm.Driver, choices []*benchmark.Benchmark) {
	t.Helper()
	decide := func(d llm.Driver, b *benchmark.Benchmark) []performance.Reply {
		id, err := d.Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		data, err := performance.Replies(&llm.Model{ID: "m", Driver: d}, id, b).Run(t.Context(), journal{})
		if err != nil {
			t.Fatal(err)
		}
		replies, err := performance.DecodeReplies(data)
		if err != nil {
			t.Fatal(err)
		}
		return replies
	}
	items, differing := 0, 0
	for _, b := range choices {
		got, want := decide(d, b), decide(e, b)
		for i := range b.Items {
			items++
			a, tieA := b.ScoreChoice(i, got[i].Choice)
			w, tieW := b.ScoreChoice(i, want[i].Choice)
			if a != w || tieA != tieW {
				differing++
				t.Errorf("%s, item %s: log-probabilities %v; in this process %v", b.Spec.ID, b.Items[i].ID,
					got[i].Choice.LogProbs, want[i].Choice.LogProbs)
			}
		}
	}
	t.Logf("decisions: %d of %d differ", differing, items)
}

// sameContinuations compares greedy generations. They may part where the model has two likeliest tokens.
func sameContinuations(t *testing.T, d *Driver, e *inprocess.Driver, prompts []string) {
	t.Helper()
	var reqs []llm.GenerateRequest
	for i, p := range prompts {
		reqs = append(reqs, llm.GenerateRequest{Prompt: p, MaxTokens: 12, Stop: [][]string{nil, {"."}}[i%2]})
	}
	got, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	differing := 0
	for i := range reqs {
		if got[i] == want[i] {
			continue
		}
		differing++
		seqs := sequences(t, e, []string{prompts[i] + got[i].Text, prompts[i] + want[i].Text})
		scores := score(t, e, seqs)
		n := 0
		for n < min(len(scores[0]), len(scores[1])) && seqs[0].Tokens[n+1] == seqs[1].Tokens[n+1] {
			n++
		}
		if n == min(len(scores[0]), len(scores[1])) || math.Abs(scores[0][n]-scores[1][n]) > 1e-3 {
			t.Errorf("after %q: %+v; in this process %+v", prompts[i], got[i], want[i])
		}
	}
	t.Logf("greedy continuations: %d of %d part at a tie", differing, len(reqs))
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

func sameHidden(t *testing.T, d *Driver, e *inprocess.Driver, texts []string) {
	t.Helper()
	got, err := d.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	least := 1.0
	for i := range texts {
		least = min(least, cosine(got[i], want[i]))
	}
	if least < 0.9999 {
		t.Errorf("embeddings have a cosine of %v", least)
	}
	finals := finalStates(t, d, texts)
	var most float64
	for i, states := range finalStates(t, e, texts) {
		for j := range states {
			most = max(most, math.Abs(float64(states[j]-finals[i][j])))
		}
	}
	if most > 1e-3 {
		t.Errorf("final hidden states differ by %v", most)
	}
	t.Logf("embeddings: cosine %.8f at least; final states: %.2g at most", least, most)
}

func finalStates(t *testing.T, d interface {
	llm.Tokenizer
	llm.Tracer
}, texts []string) (out [][]float32) {
	t.Helper()
	var ids [][]int32
	for _, seq := range sequences(t, d, texts) {
		ids = append(ids, seq.Tokens)
	}
	err := d.Trace(t.Context(), ids, llm.WantFinal, func(i int, tr *llm.Trace) error {
		out = append(out, slices.Clone(tr.Final))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPooledByTheServer: --pooling mean is the mean of the final states of all tokens, BOS included.
func TestPooledByTheServer(t *testing.T) {
	path := quantize(t, planted+"m01.gguf", "F32")
	d, e := open(t, serve(t, path, append([]string{"-np", "2", "-c", "640", "--embeddings", "--pooling", "mean"},
		exact...)...).url), inProcess(t, path)
	texts := planting(t).pieces[:30]
	got, err := d.Embed(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	width := len(got[0])
	for i, states := range finalStates(t, e, texts) {
		var rows [][]float32
		for ; len(states) > 0; states = states[width:] {
			rows = append(rows, states[:width])
		}
		want := mean(rows)
		for j := range want {
			if math.Abs(float64(want[j]-got[i][j])) > 1e-4 {
				t.Fatalf("text %d, number %d: %v; the mean of states in this process is %v", i, j, got[i][j], want[j])
			}
		}
	}
	if err := d.Trace(t.Context(), [][]int32{{1}}, llm.WantFinal, nil); err == nil ||
		!strings.Contains(err.Error(), "--pooling none") {
		t.Errorf("traces of a server that pools: %v", err)
	}
}

// TestHalfPrecision says how far F16 weights go from the embedded engine, which rounds no activations: ggml does.
func TestHalfPrecision(t *testing.T) {
	path := planted + "m01.gguf"
	d, e := open(t, serve(t, path, append([]string{"-np", "4", "-c", "1280"}, exact...)...).url), inProcess(t, path)
	seqs := sequences(t, e, planting(t).pieces)
	diff, n := farthest(score(t, d, seqs), score(t, e, seqs))
	t.Logf("F16 weights: %d tokens, at most %.2g nats", n, diff)
	if diff > 0.03 {
		t.Errorf("log-probabilities differ by %v nats", diff)
	}
}
