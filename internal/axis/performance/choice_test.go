package performance

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// words is a tokenizer whose tokens are the pieces of a fixed list, longest first, else single bytes, so that a test can
// say exactly where tokens join.
type words struct {
	list    []string
	context int
	bos     bool
}

func (w words) Vocabulary(context.Context) (llm.Vocabulary, error) {
	v := llm.Vocabulary{BOS: -1, EOS: 999, Context: w.context, AddBOS: w.bos}
	if w.bos {
		v.BOS = 1
	}
	return v, nil
}

func (w words) Tokenize(_ context.Context, text string) ([]llm.Token, error) {
	var out []llm.Token
	if w.bos {
		out = append(out, llm.Token{ID: 1})
	}
	for at := 0; at < len(text); {
		id, n := int32(100)+int32(text[at]), 1
		for k, word := range w.list {
			if strings.HasPrefix(text[at:], word) && len(word) > n {
				id, n = int32(10+k), len(word)
			}
		}
		out = append(out, llm.Token{ID: id, Start: at, End: at + n})
		at += n
	}
	return out, nil
}

func encode(t *testing.T, w words, prompt, rest string) (span, error) {
	t.Helper()
	ctx := context.Background()
	a, err := newAsker(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := w.Tokenize(ctx, prompt)
	if err != nil {
		t.Fatal(err)
	}
	return a.choice(ctx, before{text: prompt, tokens: encoded}, rest)
}

func TestChoiceTokens(t *testing.T) {
	w := words{list: []string{"Q:", " yes", " no", "s yes", "is"}, context: 50, bos: true}
	for _, c := range []struct {
		name, prompt, rest string
		tokens             []int32
		from               int
		straddled          bool
	}{
		{"a prefix", "Q: a", " yes", []int32{1, 10, 132, 197, 11}, 4, false},
		{"two tokens", "Q: a", " no!", []int32{1, 10, 132, 197, 12, 133}, 4, false},
		{"the join inside a token: from the first token that ends behind it", "Q: s", " yes", []int32{1, 10, 132, 13}, 3, true},
		{"an empty prompt behind BOS", "", " yes", []int32{1, 11}, 1, false},
	} {
		s, err := encode(t, w, c.prompt, c.rest)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if !slices.Equal(s.Tokens, c.tokens) || s.From != c.from || s.straddled != c.straddled || s.truncated {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
	w.bos = false
	s, err := encode(t, w, "", " yes")
	if err != nil || !slices.Equal(s.Tokens, []int32{999, 11}) || s.From != 1 {
		t.Errorf("without BOS an empty prompt begins with EOS: %+v, %v", s, err)
	}
}

func TestLongPromptsLoseTheirBeginning(t *testing.T) {
	w := words{context: 6, bos: true}
	s, err := encode(t, w, "abcdefgh", "ij")
	if err != nil || !s.truncated || len(s.Tokens) != 6 || s.From != 4 || s.tokens() != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := encode(t, w, "ab", "cdefghij"); err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("a choice longer than the context: %v", err)
	}
	if _, err := encode(t, w, "ab", ""); err == nil {
		t.Error("an empty choice was accepted")
	}
}

// ends scores a token by its id, so that sums can be checked by hand.
type ends struct{ calls, sequences int }

func (e *ends) Score(_ context.Context, seqs []llm.Sequence) ([]llm.Scores, error) {
	e.calls++
	e.sequences += len(seqs)
	out := make([]llm.Scores, len(seqs))
	for k, s := range seqs {
		for _, id := range s.Tokens[s.From:] {
			out[k] = append(out[k], -float64(id))
		}
	}
	return out, nil
}

func TestAskChoices(t *testing.T) {
	ctx := context.Background()
	w := words{list: []string{" yes", " no"}, context: 50, bos: true}
	a, err := newAsker(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	a.delimiter = " "
	items := []benchmark.Item{{ID: "1", Prompt: "a", Delimiter: "\n ", Choices: []string{"yes", "no"}},
		{ID: "2", Prompt: "b", Delimiter: " ", Choices: []string{"no", "no!", "yes"}}}
	for _, unconditional := range []bool{false, true} {
		scorer := &ends{}
		replies, err := askChoices(ctx, a, scorer, items, unconditional)
		if err != nil {
			t.Fatal(err)
		}
		if r := replies[1].Choice; !slices.Equal(r.LogProbs, []float64{-11, -11 - 133, -10}) ||
			!slices.Equal(r.Tokens, []int{1, 2, 1}) {
			t.Errorf("%+v", r)
		}
		want, sequences := []float64(nil), 5
		if unconditional {
			want, sequences = []float64{-10, -11}, 10
		}
		if r := replies[0].Choice; !slices.Equal(r.Uncond, want) || scorer.calls != 1 || scorer.sequences != sequences {
			t.Errorf("unconditional %v: %+v, %d calls, %d sequences", unconditional, r, scorer.calls, scorer.sequences)
		}
	}
	if _, _, err := sums([]llm.Scores{{math.Inf(-1)}}, 1); err == nil {
		t.Error("an infinite log-probability was accepted")
	}
}

func TestSharedItems(t *testing.T) {
	make := func(generate bool, questions ...string) *benchmark.Benchmark {
		b := &benchmark.Benchmark{}
		for k, q := range questions {
			item := benchmark.Item{Question: q, Choices: []string{"b", "a"}}
			if k == 0 {
				item.Choices = []string{"a", "b"}
			}
			if generate {
				item.Choices = nil
			}
			b.Items = append(b.Items, item)
		}
		return b
	}
	got := sharedItems([]*benchmark.Benchmark{make(false, "p", "q"), make(false, "q", "r"), make(true, "p"), make(false, "z")})
	if fmt.Sprint(got) != "[{0 1 1} {0 2 1}]" {
		t.Errorf("%v", got)
	}
}

// Whatever stands in the store, replies are decoded or refused, and scoring what was decoded does not crash.
func FuzzReplies(f *testing.F) {
	f.Add([]byte(`[{"Choice":{"LogProbs":[-1,-2],"Tokens":[1,1]}}]`))
	f.Add([]byte(`[{"Text":"7"}]`))
	f.Add([]byte(`[{"Refused":"too long"}]`))
	f.Add([]byte(`[{"Choice":{"LogProbs":[1e308,-1e308,0]}},{}]`))
	b := &benchmark.Benchmark{Spec: study.Benchmark{ID: "b", Task: study.Choice, Metric: "acc_token"},
		Items: []benchmark.Item{{ID: "1", Choices: []string{"x", "y"}}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		table := axis.NewScoreTable([]study.Model{{ID: "m"}}, []study.Benchmark{b.Spec})
		replies, err := RepliesTo(b, data)
		if err != nil {
			return
		}
		addBenchmark(table, 0, b, [][]Reply{replies}, make([]string, 1))
		if _, err := table.Encode(); err != nil {
			t.Error(err)
		}
	})
}
