package llamacpp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// completionRequest is what is sent to /completion. Prompts are ids: texts would be encoded with special tokens.
type completionRequest struct {
	Prompt      []int32  `json:"prompt"`
	Slot        int      `json:"id_slot"`
	Predict     int      `json:"n_predict"`
	Probs       int      `json:"n_probs"`
	CachePrompt bool     `json:"cache_prompt"`
	Samplers    []string `json:"samplers"`
	Temperature float64  `json:"temperature"`
	TopK        int      `json:"top_k"`
	Seed        uint32   `json:"seed"`
	Stop        []string `json:"stop,omitempty"`
	Grammar     string   `json:"grammar,omitempty"`
	Bias        [][2]any `json:"logit_bias,omitempty"`

	ReturnTokens bool     `json:"return_tokens"`
	Fields       []string `json:"response_fields"` // the reply is cut to these
}

// greedy asks for the likeliest token at every step.
func greedy(s slot, prompt []int32, predict int) completionRequest {
	return completionRequest{Prompt: prompt, Slot: s.id, Predict: predict, Samplers: []string{"top_k"}, TopK: 1,
		Fields: []string{"completion_probabilities", "truncated", "timings/prompt_n"}}
}

// force allows nothing but ids, one after the other.
func (r *completionRequest) force(ids []int32) {
	var b strings.Builder
	b.Grow(8 + 10*len(ids))
	b.WriteString("root ::=")
	for _, id := range ids {
		b.WriteString(" <[")
		b.WriteString(strconv.Itoa(int(id)))
		b.WriteString("]>")
	}
	r.Grammar = b.String()
}

// prefer makes id the likeliest token by far. Log-probabilities are those without it.
func (r *completionRequest) prefer(id int32) { r.Bias = [][2]any{{id, 1e9}} }

// completion is the reply of /completion.
type completion struct {
	Truncated bool    `json:"truncated"`
	StopType  string  `json:"stop_type"`
	Tokens    []int32 `json:"tokens"`
	Predicted int     `json:"tokens_predicted"`
	Entries   []entry `json:"completion_probabilities"`
	Evaluated *int    `json:"timings/prompt_n"` // tokens of the prompt that were not cached
}

// entry is one token that was generated, or one that might have been.
type entry struct {
	ID      *int32   `json:"id"`
	LogProb *float64 `json:"logprob"` // nats
	Bytes   []byte   `json:"bytes"`   // a list of numbers
	Top     []entry  `json:"top_logprobs"`
}

// value is the entry's log-probability if it is one. Rounding may put it a little above 0.
func (e entry) value() (float64, error) {
	switch {
	case e.LogProb == nil:
		return 0, fmt.Errorf("an entry has no log-probability")
	case math.IsNaN(*e.LogProb) || *e.LogProb > 1e-5:
		return 0, fmt.Errorf("the log-probability %v is none", *e.LogProb)
	case *e.LogProb < -1e4: // log of 0, as the lowest float32
		return 0, fmt.Errorf("the server rounds the probability to zero")
	}
	return min(*e.LogProb, 0), nil
}

// forced reads the log-probabilities of ids, which the reply must hold one by one.
func (c completion) forced(ids []int32) ([]float64, error) {
	if c.Truncated || len(c.Entries) != len(ids) {
		return nil, fmt.Errorf("the reply has %d of %d tokens (truncated: %v)", len(c.Entries), len(ids), c.Truncated)
	}
	out := make([]float64, len(ids))
	for i, e := range c.Entries {
		if e.ID == nil || *e.ID != ids[i] {
			return nil, fmt.Errorf("token %d of the reply is %s; %d was forced", i, e.name(), ids[i])
		}
		var err error
		if out[i], err = e.value(); err != nil {
			return nil, fmt.Errorf("token %d of the reply, %d: %w", i, ids[i], err)
		}
	}
	return out, nil
}

func (e entry) name() string {
	if e.ID == nil {
		return "nameless"
	}
	return strconv.Itoa(int(*e.ID))
}

// distribution reads the whole vocabulary's entries after the prompt, indexed by id. Log-probabilities that are asked for
// are checked by the caller with value.
func (c completion) distribution(vocab int) ([]entry, error) {
	if len(c.Entries) != 1 {
		return nil, fmt.Errorf("the reply has %d tokens; 1 was asked for", len(c.Entries))
	}
	top := c.Entries[0].Top
	if len(top) != vocab {
		return nil, fmt.Errorf("the reply shows %d tokens; the vocabulary has %d", len(top), vocab)
	}
	out := make([]entry, vocab)
	var sum float64
	for _, e := range top {
		if e.ID == nil || *e.ID < 0 || int(*e.ID) >= vocab || out[*e.ID].ID != nil {
			return nil, fmt.Errorf("the reply's distribution has the token %s twice, or it is unknown", e.name())
		}
		if e.LogProb == nil || math.IsNaN(*e.LogProb) {
			return nil, fmt.Errorf("the reply's distribution has no log-probability of token %d", *e.ID)
		}
		sum += math.Exp(*e.LogProb)
		out[*e.ID] = e
	}
	if math.Abs(sum-1) > 1e-3 {
		return nil, fmt.Errorf("the reply's distribution sums to %v", sum)
	}
	return out, nil
}

// embeddings is the reply of /embedding: for every input its vectors, one or one a token.
type embeddings []struct {
	Vectors json.RawMessage `json:"embedding"`
}

// vectors are those of the only input, rows of width numbers.
func (e embeddings) vectors(rows, width int) ([][]float32, error) {
	if len(e) != 1 {
		return nil, fmt.Errorf("the reply is about %d inputs; 1 was sent", len(e))
	}
	if bytes.Contains(e[0].Vectors, []byte("null")) { // JSON's word for what is not finite
		return nil, fmt.Errorf("a vector has numbers that are not finite")
	}
	var out [][]float32
	if err := json.Unmarshal(e[0].Vectors, &out); err != nil {
		return nil, fmt.Errorf("the reply's vectors cannot be read: %w", err)
	}
	if len(out) != rows {
		return nil, fmt.Errorf("the reply has %d vectors; %d should be there", len(out), rows)
	}
	for _, v := range out {
		if len(v) != width {
			return nil, fmt.Errorf("a vector has %d numbers; the model's width is %d", len(v), width)
		}
	}
	return out, nil
}

// piece is a token of /tokenize: text, or bytes where it is none.
type piece struct {
	ID   int32
	Text []byte
}

func (p *piece) UnmarshalJSON(data []byte) error {
	var raw struct {
		ID    *int32          `json:"id"`
		Piece json.RawMessage `json:"piece"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw.ID == nil || raw.Piece == nil {
		return fmt.Errorf("a token has no id or no piece")
	}
	p.ID = *raw.ID
	var text string
	if json.Unmarshal(raw.Piece, &text) == nil {
		p.Text = []byte(text)
		return nil
	}
	var numbers []byte
	if raw.Piece[0] != '[' {
		return fmt.Errorf("the piece of token %d is neither text nor bytes", p.ID)
	}
	if err := json.Unmarshal(raw.Piece, &numbers); err != nil {
		return fmt.Errorf("the piece of token %d: %w", p.ID, err)
	}
	p.Text = numbers
	return nil
}
