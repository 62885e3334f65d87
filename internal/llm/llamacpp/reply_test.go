package llamacpp

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"sdmap/internal/llm"
)

func TestTile(t *testing.T) {
	p := func(texts ...string) (out []piece) {
		for i, text := range texts {
			out = append(out, piece{int32(i), []byte(text)})
		}
		return out
	}
	for _, test := range []struct {
		text   string
		pieces []piece
		ends   []int // nil where it must fail
	}{
		{"a b", p("a", " b"), []int{1, 3}},
		{"a b", p(" a", " b"), []int{1, 3}}, // SentencePiece puts a space in front
		{"a", p(" ", "a"), []int{0, 1}},
		{" a", p(" ", " a"), []int{0, 2}},
		{"é", p("\xc3", "\xa9"), []int{1, 2}},
		{"", nil, []int{}},
		{"", p(""), []int{0}},
		{"a  b", p("a", " b"), nil},
		{"A", p("a"), nil},
		{"a", p("  a"), nil},
		{"a", nil, nil},
	} {
		tokens, err := tile([]llm.Token{}, test.text, test.pieces)
		if (err == nil) != (test.ends != nil) {
			t.Errorf("%q of %q: %v", test.text, test.pieces, err)
			continue
		}
		ends := []int{}
		for _, token := range tokens {
			ends = append(ends, token.End)
		}
		if err == nil && !reflect.DeepEqual(ends, test.ends) {
			t.Errorf("%q of %q: ends %v; want %v", test.text, test.pieces, ends, test.ends)
		}
	}
}

func TestGenerationOfReplies(t *testing.T) {
	table := pieces{[]byte("so"), []byte(" it"), []byte("."), {}, []byte("\xc3")}
	asked := llm.GenerateRequest{MaxTokens: 3, Stop: []string{"t."}}
	for what, test := range map[string]struct {
		c    completion
		want llm.Generation // Reason "" where it must fail
	}{
		"length": {completion{StopType: "limit", Tokens: []int32{0, 1, 4}, Predicted: 3},
			llm.Generation{Text: "so it\xc3", Tokens: 3, Reason: "length"}},
		"eos": {completion{StopType: "eos", Tokens: []int32{0, 3}, Predicted: 2},
			llm.Generation{Text: "so", Tokens: 1, Reason: "eos"}},
		"stop": {completion{StopType: "word", Tokens: []int32{0, 1, 2}, Predicted: 3},
			llm.Generation{Text: "so i", Tokens: 3, Reason: "stop"}},
		"stop unsaid": {completion{StopType: "limit", Tokens: []int32{1, 2, 0}, Predicted: 3},
			llm.Generation{Text: " i", Tokens: 2, Reason: "stop"}},
		"context": {completion{StopType: "limit", Truncated: true, Tokens: []int32{0}, Predicted: 1},
			llm.Generation{Text: "so", Tokens: 1, Reason: "context"}},
		"short":           {completion{StopType: "limit", Tokens: []int32{0}, Predicted: 1}, llm.Generation{}},
		"lost tokens":     {completion{StopType: "limit", Tokens: []int32{0, 1}, Predicted: 3}, llm.Generation{}},
		"too many":        {completion{StopType: "limit", Tokens: []int32{0, 1, 2, 0}, Predicted: 4}, llm.Generation{}},
		"no stop text":    {completion{StopType: "word", Tokens: []int32{0}, Predicted: 1}, llm.Generation{}},
		"unknown id":      {completion{StopType: "limit", Tokens: []int32{0, 9, 1}, Predicted: 3}, llm.Generation{}},
		"negative id":     {completion{StopType: "limit", Tokens: []int32{0, -9, 1}, Predicted: 3}, llm.Generation{}},
		"eos of nothing":  {completion{StopType: "eos"}, llm.Generation{}},
		"an empty reply":  {completion{}, llm.Generation{}},
		"unknown reason":  {completion{StopType: "tired", Tokens: []int32{0, 1, 2}, Predicted: 3}, llm.Generation{}},
		"nothing at once": {completion{StopType: "eos", Tokens: []int32{3}, Predicted: 1}, llm.Generation{Reason: "eos"}},
	} {
		got, err := test.c.generation(table, asked, 3)
		if (err == nil) != (test.want.Reason != "") || (err == nil && got != test.want) {
			t.Errorf("%s: %+v, %v; want %+v", what, got, err, test.want)
		}
	}
}

func TestSeeds(t *testing.T) {
	seen := map[uint32]bool{}
	for s := range uint64(1000) {
		for _, x := range []uint64{s, s << 32, math.MaxUint32 - s} {
			if folded := seed(x); folded == math.MaxUint32 {
				t.Errorf("seed %d asks for chance", x)
			} else {
				seen[folded] = true
			}
		}
	}
	if len(seen) < 2990 {
		t.Errorf("3000 seeds become %d", len(seen))
	}
}

// FuzzReplies: whatever a server says is read without panic, and what passes is what was asked for.
func FuzzReplies(f *testing.F) {
	for _, seed := range []string{
		`{"truncated":false,"completion_probabilities":[{"id":1,"bytes":[115],"logprob":-4.1,"top_logprobs":[{"id":2,"logprob":-1.5}]},{"id":2,"logprob":-1}]}`,
		`{"completion_probabilities":[{"id":65,"logprob":-1,"top_logprobs":[{"id":0,"logprob":-0.5},{"id":2,"logprob":-2,"bytes":[1]},{"id":1,"logprob":-1.36}]}],"timings/prompt_n":1}`,
		`{"tokens":[1,2],"tokens_predicted":2,"stop_type":"limit"}`,
		`{"tokens":[1,0],"tokens_predicted":2,"stop_type":"eos"}`,
		`[{"index":0,"embedding":[[1,2],[3,4]]}]`, `[{"embedding":[[null]]}]`,
		`{"tokens":[{"id":195,"piece":[195]},{"id":269,"piece":" a"},{"id":1,"piece":7}]}`,
		`{"error":{"code":500,"message":"x"}}`, `null`, `[]`, `{"id":1e99}`, `{"completion_probabilities":[{"logprob":1e999}]}`,
	} {
		f.Add([]byte(seed))
	}
	table := pieces{[]byte("a"), []byte("\xc3"), {}}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c completion
		if json.Unmarshal(data, &c) == nil {
			ids := []int32{1, 2}
			if scores, err := c.forced(ids); err == nil {
				if len(scores) != len(ids) {
					t.Errorf("%d scores of %d", len(scores), len(ids))
				}
				for _, lp := range scores {
					if math.IsNaN(lp) || lp > 0 || lp < -1e4 {
						t.Errorf("score %v", lp)
					}
				}
			}
			if all, err := c.distribution(3); err == nil && (all[0].ID == nil || all[1].ID == nil || all[2].ID == nil) {
				t.Error("a distribution lacks tokens")
			}
			if g, err := c.generation(table, llm.GenerateRequest{MaxTokens: 2, Stop: []string{"aa"}}, 2); err == nil &&
				(g.Reason == "" || g.Tokens > 2) {
				t.Errorf("generation %+v", g)
			}
		}
		var e embeddings
		if json.Unmarshal(data, &e) == nil {
			if v, err := e.vectors(2, 2); err == nil && (len(v) != 2 || len(v[0]) != 2 || len(v[1]) != 2) {
				t.Errorf("vectors %v", v)
			}
		}
		var tokens struct{ Tokens []piece }
		if json.Unmarshal(data, &tokens) == nil {
			if spans, err := tile(nil, "é a", tokens.Tokens); err == nil && (len(spans) == 0 || spans[len(spans)-1].End != 4) {
				t.Errorf("spans %v", spans)
			}
		}
	})
}
