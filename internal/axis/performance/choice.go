package performance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
)

// Choices are scored as lm-evaluation-harness does it: context and choice are encoded jointly, and the log-probabilities of
// the tokens behind the context are summed. The harness takes whole[len(encode(context)):]; where encode(context) is no
// prefix of the whole, that cuts at a token that has nothing to do with the choice, so there the choice begins with the
// first token that ends after the join, and the item is counted as straddled.
//
// Under a chat template the context is the rendered conversation, and there is no delimiter; the white space at the
// context's end goes to the front of the choice, as it does without a template.

// asker turns items into token sequences for one model.
type asker struct {
	llm.Tokenizer
	vocabulary llm.Vocabulary
	delimiter  string      // the benchmark's, in front of a choice without its prompt
	chatter    llm.Chatter // nil where items are asked without a chat template
}

func newAsker(ctx context.Context, t llm.Tokenizer) (*asker, error) {
	v, err := t.Vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	return &asker{Tokenizer: t, vocabulary: v}, nil
}

// before is what stands before a choice.
type before struct {
	text      string
	space     string      // what the chat template ends with; it goes to the front of the choice
	untrusted []llm.Span  // of text, under a chat template
	tokens    []llm.Token // of text alone
}

// before prepares the context of an item's choices.
func (a *asker) before(ctx context.Context, prompt string) (b before, err error) {
	b.text = prompt
	if a.chatter != nil {
		r, err := a.chatter.RenderChat(ctx, prompt)
		if err != nil {
			return before{}, err
		}
		b.text = strings.TrimRightFunc(r.Text, benchmark.IsSpace)
		b.space = r.Text[len(b.text):]
		for _, s := range r.Untrusted {
			if s.End = min(s.End, len(b.text)); s.Start < s.End {
				b.untrusted = append(b.untrusted, s)
			}
		}
	}
	b.tokens, err = a.encode(ctx, b, "")
	return b, err
}

// encode gives the tokens of the context with the continuation behind it.
func (a *asker) encode(ctx context.Context, b before, continuation string) ([]llm.Token, error) {
	if a.chatter == nil {
		return a.Tokenize(ctx, b.text+continuation)
	}
	r := llm.Rendered{Text: b.text + continuation, Untrusted: b.untrusted}
	if start := len(b.text) + len(b.space); start < len(r.Text) {
		r.Untrusted = append(slices.Clone(b.untrusted), llm.Span{Start: start, End: len(r.Text)})
	}
	return a.chatter.TokenizeChat(ctx, r)
}

// continuation is what follows the context where the model gives choice c.
func (a *asker) continuation(b before, item benchmark.Item, c int) string {
	switch {
	case a.chatter != nil:
		return b.space + item.Choices[c]
	case item.Continuations != nil:
		return item.Continuations[c]
	}
	return item.Delimiter + item.Choices[c]
}

// alone is what is scored of choice c without its prompt: nothing of the prompt stands in front, not even its white space.
func (a *asker) alone(item benchmark.Item, c int) string {
	switch {
	case a.chatter != nil:
		return item.Choices[c]
	case item.Continuations != nil:
		return item.Continuations[c]
	}
	return a.delimiter + item.Choices[c]
}

// span is a choice as it is scored.
type span struct {
	llm.Sequence
	straddled, truncated bool
}

// tokens is how many tokens are scored.
func (s span) tokens() int { return len(s.Tokens) - s.From }

// choice encodes context and continuation, the delimiter in front of the choice included.
func (a *asker) choice(ctx context.Context, b before, continuation string) (span, error) {
	whole, err := a.encode(ctx, b, continuation)
	if err != nil {
		return span{}, err
	}
	s := span{Sequence: llm.Sequence{Tokens: ids(whole), From: len(b.tokens)}}
	if !prefix(b.tokens, whole) || len(b.tokens) >= len(whole) {
		s.straddled = true
		s.From = len(whole)
		for i, t := range whole {
			if t.End > len(b.text) {
				s.From = i
				break
			}
		}
	}
	return a.fit(s)
}

// unconditional encodes a text behind nothing but the prefix token, for acc_mutual_info.
func (a *asker) unconditional(ctx context.Context, text string) (span, error) {
	tokens, err := a.Tokenize(ctx, text)
	if err != nil {
		return span{}, err
	}
	s := span{Sequence: llm.Sequence{Tokens: ids(tokens)}}
	if a.vocabulary.AddBOS && len(tokens) > 0 && tokens[0].ID == a.vocabulary.BOS {
		s.From = 1
	}
	return a.fit(s)
}

// fit puts the prefix token (BOS, or EOS where there is none) in front where nothing else stands before the choice, and
// cuts the beginning, but for BOS, off what is longer than the model's context.
func (a *asker) fit(s span) (span, error) {
	if s.From == 0 {
		first := a.vocabulary.BOS
		if first < 0 {
			first = a.vocabulary.EOS
		}
		if first < 0 {
			return span{}, llm.Unaskable{Err: errors.New("the prompt is empty and the model has neither a BOS nor an EOS token " +
				"to begin with")}
		}
		s.Tokens, s.From = append([]int32{first}, s.Tokens...), 1
	}
	if s.tokens() < 1 {
		return span{}, llm.Unaskable{Err: errors.New("the choice adds no token to the prompt")}
	}
	if over := len(s.Tokens) - a.vocabulary.Context; over > 0 {
		kept := 0 // of the beginning: a model that wants BOS has never seen a text without it
		if v := a.vocabulary; v.AddBOS && s.Tokens[0] == v.BOS {
			kept = 1
		}
		if s.From-over < max(1, kept) {
			return span{}, llm.Unaskable{Err: fmt.Errorf("a choice of %d tokens does not fit the model's context of %d",
				s.tokens(),
				a.vocabulary.Context)}
		}
		s.Tokens = append(slices.Clone(s.Tokens[:kept]), s.Tokens[kept+over:]...)
		s.From, s.truncated = s.From-over, true
	}
	return s, nil
}

// askChoices answers items in one batch, so that the scorer can share their contexts.
func askChoices(ctx context.Context, a *asker, scorer llm.Scorer, items []benchmark.Item, unconditional bool) ([]Reply, error) {
	var seqs []llm.Sequence
	replies := make([]Reply, len(items))
	for k, item := range items {
		b, err := a.before(ctx, item.Prompt)
		if err != nil {
			return nil, atItem(k, "item "+item.ID, err)
		}
		for c := range item.Choices {
			if item.Contexts != nil {
				if b, err = a.before(ctx, item.Contexts[c]); err != nil {
					return nil, fmt.Errorf("item %s, choice %d: %w", item.ID, c+1, err)
				}
			}
			s, err := a.choice(ctx, b, a.continuation(b, item, c))
			if err != nil {
				return nil, atItem(k, fmt.Sprintf("item %s, choice %d", item.ID, c+1), err)
			}
			seqs = append(seqs, s.Sequence)
			replies[k].Choice.Tokens = append(replies[k].Choice.Tokens, s.tokens())
			replies[k].Choice.Straddled = replies[k].Choice.Straddled || s.straddled
			replies[k].Truncated = replies[k].Truncated || s.truncated
		}
		for c := range item.Choices {
			if !unconditional {
				break
			}
			s, err := a.unconditional(ctx, a.alone(item, c))
			if err != nil {
				return nil, atItem(k, fmt.Sprintf("item %s, choice %d alone", item.ID, c+1), err)
			}
			seqs = append(seqs, s.Sequence)
		}
	}
	scores, err := scorer.Score(ctx, seqs)
	if err != nil {
		return nil, err
	}
	if len(scores) != len(seqs) {
		return nil, fmt.Errorf("the model answered %d of %d sequences", len(scores), len(seqs))
	}
	for k, item := range items {
		r := &replies[k].Choice
		if r.LogProbs, scores, err = sums(scores, len(item.Choices)); err == nil && unconditional {
			r.Uncond, scores, err = sums(scores, len(item.Choices))
		}
		if err != nil {
			return nil, fmt.Errorf("item %s: %w", item.ID, err)
		}
	}
	return replies, nil
}

// atItem says of which item an error is; one that the model cannot take stays that.
func atItem(k int, what string, err error) error {
	at := fmt.Errorf("%s: %w", what, err)
	if _, ok := errors.AsType[llm.Unaskable](err); ok {
		return llm.Unaskable{Request: k, Err: at}
	}
	return at
}

// sums adds up the first n scores and returns the rest.
func sums(scores []llm.Scores, n int) ([]float64, []llm.Scores, error) {
	out := make([]float64, n)
	for c, s := range scores[:n] {
		for _, v := range s {
			out[c] += v
		}
		if math.IsNaN(out[c]) || math.IsInf(out[c], 0) {
			return nil, nil, fmt.Errorf("the log-probability of choice %d is %v", c+1, out[c])
		}
	}
	return out, scores[n:], nil
}

func ids(tokens []llm.Token) []int32 {
	out := make([]int32, len(tokens))
	for i, t := range tokens {
		out[i] = t.ID
	}
	return out
}

func prefix(head, whole []llm.Token) bool {
	if len(head) > len(whole) {
		return false
	}
	for i, t := range head {
		if t.ID != whole[i].ID {
			return false
		}
	}
	return true
}
