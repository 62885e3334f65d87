package transformer

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

// continuations share prompts and differ in length, temperature and seed.
func continuations(random *rand.Rand, sh shape) (asked []Continuation) {
	for range 5 {
		prompt := randomTokens(random, sh.vocab, 3+random.IntN(20))
		for i := range 4 {
			asked = append(asked, Continuation{Prompt: prompt[:len(prompt)-i%3], MaxTokens: 1 + random.IntN(90),
				Temperature: float64(i%2) * 0.8, Seed: uint64(i / 2)})
		}
	}
	return asked
}

func TestGenerateBitsDependOnTheRequestOnly(t *testing.T) {
	f := small.file(t, 11)
	m := mustLoad(t, f, expandBelow)
	asked := continuations(rand.New(rand.NewPCG(12, 0)), small)
	batch := must(m.Generate(t.Context(), asked))
	for i := range asked {
		alone := must(m.Generate(t.Context(), asked[i:i+1]))[0]
		if !slices.Equal(alone.Tokens, batch[i].Tokens) || alone.Reason != batch[i].Reason {
			t.Errorf("continuation %d alone: %v; in a batch: %v", i, alone, batch[i])
		}
	}
	previous := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(previous)
	large := mustLoad(t, f, 0)
	large.batchRows = 20
	for i, c := range must(large.Generate(t.Context(), asked)) {
		if !slices.Equal(c.Tokens, batch[i].Tokens) {
			t.Errorf("continuation %d by panels: %v; expanded: %v", i, c, batch[i])
		}
	}
}

func TestGreedyTokensAreTheLikeliest(t *testing.T) {
	f := small.file(t, 13)
	m, ref := mustLoad(t, f, expandBelow), newReference(t, f)
	prompt := []int32{5, 6, 7}
	got := must(m.Generate(t.Context(), []Continuation{{Prompt: prompt, MaxTokens: 75}}))[0]
	if len(got.Tokens) != 75 || got.Reason != "length" {
		t.Fatalf("%d tokens, reason %q", len(got.Tokens), got.Reason)
	}
	lens := ref.run(slices.Concat(prompt, got.Tokens)).lens[small.layers]
	for i, token := range got.Tokens {
		for other, lp := range lens[len(prompt)-1+i] {
			if lp > lens[len(prompt)-1+i][token]+tolerance {
				t.Errorf("token %d is %d; %d is likelier", i, token, other)
			}
		}
	}
}

func TestGenerateEnds(t *testing.T) {
	m := mustLoad(t, small.file(t, 14), expandBelow)
	full := make([]int32, small.context)
	seen := 0
	got := must(m.Generate(t.Context(), []Continuation{
		{Prompt: full, MaxTokens: 5},
		{Prompt: full[:small.context-3], MaxTokens: 50},
		{Prompt: full[:4], MaxTokens: 50, Accept: func(int32) bool { seen++; return seen < 3 }},
		{Prompt: full[:4], MaxTokens: 2},
	}))
	for i, want := range []struct {
		tokens int
		reason string
	}{{1, "context"}, {4, "context"}, {2, "stop"}, {2, "length"}} {
		if len(got[i].Tokens) != want.tokens || got[i].Reason != want.reason {
			t.Errorf("continuation %d: %d tokens, %q; want %+v", i, len(got[i].Tokens), got[i].Reason, want)
		}
	}
}

// Sampled first tokens follow the softmax at the temperature: a chi-square test with a fixed seed.
func TestSamplingFollowsTheSoftmax(t *testing.T) {
	sh := small
	sh.vocab = 9
	m := mustLoad(t, sh.file(t, 15), expandBelow)
	const draws, temperature = 4000, 1.5
	var asked []Continuation
	for i := range draws {
		asked = append(asked, Continuation{Prompt: []int32{1, 2}, MaxTokens: 1, Temperature: temperature, Seed: uint64(i)})
	}
	count := make([]float64, sh.vocab)
	for _, c := range must(m.Generate(t.Context(), asked)) {
		count[c.Tokens[0]]++
	}
	p, sum := make([]float64, sh.vocab), 0.0
	for i := range p {
		lp := must(m.Score(t.Context(), []llm.Sequence{{Tokens: []int32{1, 2, int32(i)}, From: 2}}))[0][0]
		p[i] = math.Exp(lp / temperature)
		sum += p[i]
	}
	var chi2 float64
	for i := range p {
		expected := draws * p[i] / sum
		chi2 += (count[i] - expected) * (count[i] - expected) / expected
	}
	if chi2 > 26.12 { // R 4.2: qchisq(0.999, 8)
		t.Errorf("chi-square is %v; counts %v", chi2, count)
	}
}

func TestGenerateRefuses(t *testing.T) {
	m := mustLoad(t, small.file(t, 1), expandBelow)
	for want, bad := range map[string]Continuation{
		"sequence 0 is empty":    {MaxTokens: 1},
		"0 tokens are asked":     {Prompt: []int32{1}},
		"temperature is NaN":     {Prompt: []int32{1}, MaxTokens: 1, Temperature: math.NaN()},
		"temperature is -1":      {Prompt: []int32{1}, MaxTokens: 1, Temperature: -1},
		"the model's context is": {Prompt: make([]int32, small.context+1), MaxTokens: 1},
	} {
		if _, err := m.Generate(t.Context(), []Continuation{bad}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v; want %q", err, want)
		}
	}
}
