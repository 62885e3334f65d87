package llmtest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/llm"
)

func (s *suite) vocabulary(t *testing.T) llm.Vocabulary {
	t.Helper()
	v, err := s.tokenizer.Vocabulary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tokens encodes text; without a BOS the first token of the text stands in front.
func (s *suite) tokens(t *testing.T, text string) []int32 {
	t.Helper()
	tokens, err := s.tokenizer.Tokenize(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int32
	for _, token := range tokens {
		ids = append(ids, token.ID)
	}
	return ids
}

// sequences are all texts from their second token on, then the first text cut at every length: they share prefixes.
func (s *suite) sequences(t *testing.T) []llm.Sequence {
	t.Helper()
	var seqs []llm.Sequence
	for _, text := range s.Texts {
		if ids := s.tokens(t, text); len(ids) > 1 {
			seqs = append(seqs, llm.Sequence{Tokens: ids, From: 1})
		}
	}
	if len(seqs) == 0 {
		t.Fatal("no text has two tokens")
	}
	for n := 2; n < len(seqs[0].Tokens); n++ {
		seqs = append(seqs, llm.Sequence{Tokens: seqs[0].Tokens[:n], From: n - 1})
	}
	return seqs
}

func (s *suite) score(t *testing.T, seqs []llm.Sequence) []llm.Scores {
	t.Helper()
	scores, err := s.scorer.Score(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	if len(scores) != len(seqs) {
		t.Fatalf("%d sequences get %d scores", len(seqs), len(scores))
	}
	for i, seq := range seqs {
		if len(scores[i]) != len(seq.Tokens)-seq.From {
			t.Fatalf("sequence %d: %d log-probabilities for %d tokens", i, len(scores[i]), len(seq.Tokens)-seq.From)
		}
	}
	return scores
}

func (s *suite) near(a, b float64) bool { return math.Abs(a-b) <= s.Tolerance }

func (s *suite) tokenize(t *testing.T) {
	v := s.vocabulary(t)
	if v.Size < 1 || v.Context < 1 || (v.AddBOS && v.BOS < 0) || int(v.BOS) >= v.Size || int(v.EOS) >= v.Size {
		t.Errorf("vocabulary is %+v", v)
	}
	for _, text := range append([]string{""}, s.Texts...) {
		tokens, err := s.tokenizer.Tokenize(t.Context(), text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		at := 0
		for i, token := range tokens {
			if token.ID < 0 || int(token.ID) >= v.Size {
				t.Errorf("%q: token %d has id %d of %d", text, i, token.ID, v.Size)
			}
			if token.Start != at || token.End < token.Start {
				t.Errorf("%q: token %d spans %d to %d; the one before ends at %d", text, i, token.Start, token.End, at)
			}
			at = token.End
		}
		if at != len(text) {
			t.Errorf("%q: spans end at byte %d of %d", text, at, len(text))
		}
		if v.AddBOS && (len(tokens) == 0 || tokens[0].ID != v.BOS || tokens[0].End != 0) {
			t.Errorf("%q does not begin with BOS: %v", text, tokens)
		}
		if slices.ContainsFunc(tokens, func(token llm.Token) bool { return token.End > token.Start && token.ID == v.EOS }) {
			t.Errorf("%q: text became the end of sequence", text)
		}
	}
}

// scoreBatches: no log-probability depends on what else is in the call, on order, on From, or on a shared prefix; and
// the log-probability of a sequence is the sum of its steps.
func (s *suite) scoreBatches(t *testing.T) {
	seqs := s.sequences(t)
	batch := s.score(t, seqs)
	again := s.score(t, seqs)
	slices.Reverse(seqs)
	reversed := s.score(t, seqs)
	slices.Reverse(seqs)
	slices.Reverse(reversed)
	for i, seq := range seqs {
		alone := s.score(t, seqs[i:i+1])[0]
		var sum, steps float64
		for j, lp := range batch[i] {
			if !(lp <= 1e-6) || math.IsInf(lp, 0) {
				t.Errorf("sequence %d, token %d: log-probability %v", i, j, lp)
			}
			if lp != again[i][j] || !s.near(lp, reversed[i][j]) || !s.near(lp, alone[j]) {
				t.Errorf("sequence %d, token %d: %v, again %v, reversed %v, alone %v", i, j, lp, again[i][j], reversed[i][j],
					alone[j])
			}
			n := seq.From + j + 1
			sum += lp
			steps += s.score(t, []llm.Sequence{{Tokens: seq.Tokens[:n], From: n - 1}})[0][0]
		}
		if math.Abs(sum-steps) > s.Tolerance*float64(len(batch[i])) {
			t.Errorf("sequence %d: %v at once, %v in steps", i, sum, steps)
		}
	}
}

// mostCandidates bounds the vocabularies whose whole distribution is asked for token by token.
const mostCandidates = 2000

// nextTokens asks for the log-probability of every token after prefix.
func (s *suite) nextTokens(t *testing.T, prefix []int32) []float64 {
	t.Helper()
	v := s.vocabulary(t)
	if v.Size > mostCandidates {
		t.Skipf("the vocabulary has %d tokens; distributions are tested up to %d", v.Size, mostCandidates)
	}
	var seqs []llm.Sequence
	for id := range v.Size {
		seqs = append(seqs, llm.Sequence{Tokens: append(slices.Clone(prefix), int32(id)), From: len(prefix)})
	}
	out := make([]float64, v.Size)
	for id, scores := range s.score(t, seqs) {
		out[id] = scores[0]
	}
	return out
}

func (s *suite) scoreSumsToOne(t *testing.T) {
	for _, text := range s.Texts[:min(2, len(s.Texts))] {
		prefix := s.tokens(t, text)
		var sum float64
		for _, lp := range s.nextTokens(t, prefix) {
			sum += math.Exp(lp)
		}
		if math.Abs(sum-1) > max(1e-5, s.Tolerance) {
			t.Errorf("probabilities after %q sum to %v", text, sum)
		}
	}
}

// generateFollowsScore: greedy tokens are those that Score finds likeliest, ties going to the lowest id.
func (s *suite) generateFollowsScore(t *testing.T) {
	const steps = 4
	eos := s.vocabulary(t).EOS
	for _, text := range s.Texts[:min(3, len(s.Texts))] {
		prompt := s.tokens(t, text)
		path, reason := slices.Clone(prompt), "length"
		for len(path) < len(prompt)+steps {
			scores := s.nextTokens(t, path)
			best := int32(slices.Index(scores, slices.Max(scores)))
			if best == eos {
				reason = "eos"
				break
			}
			path = append(path, best)
		}
		want := llm.Generation{Text: s.Decode(path[len(prompt):]), Tokens: len(path) - len(prompt), Reason: reason}
		got, err := s.driver.Generate(t.Context(), []llm.GenerateRequest{{Prompt: text, MaxTokens: steps}})
		if err != nil || got[0] != want {
			t.Errorf("after %q: %+v, %v; by the scores %+v", text, got, err, want)
		}
	}
}

func (s *suite) scoreRefuses(t *testing.T) {
	v := s.vocabulary(t)
	good := s.sequences(t)[0]
	long := slices.Repeat(good.Tokens, v.Context/len(good.Tokens)+1)
	for what, bad := range map[string]llm.Sequence{
		"an empty sequence":                {},
		"a score of the first token":       {Tokens: good.Tokens},
		"a score behind the last token":    {Tokens: good.Tokens, From: len(good.Tokens)},
		"an id outside of the vocabulary":  {Tokens: []int32{good.Tokens[0], int32(v.Size)}, From: 1},
		"a negative id":                    {Tokens: []int32{good.Tokens[0], -1}, From: 1},
		"a sequence longer than a context": {Tokens: long, From: 1},
	} {
		if scores, err := s.scorer.Score(t.Context(), []llm.Sequence{good, bad}); err == nil {
			t.Errorf("%s gives %v", what, scores[1])
		} else if !strings.Contains(err.Error(), "1") {
			t.Errorf("%s: the error does not say that it is sequence 1: %v", what, err)
		}
	}
	if scores, err := s.scorer.Score(t.Context(), nil); err != nil || len(scores) != 0 {
		t.Errorf("no sequences give %v, %v", scores, err)
	}
}
