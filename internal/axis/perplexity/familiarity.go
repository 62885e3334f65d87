package perplexity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/wording"
)

// What of an item is read to a model, by its name in a study.
const (
	Question = "question" // the question alone: no choices, no answer, no solved examples
	Answer   = "answer"   // and the right answer behind it, which uses the key
)

// textOf is what is read of an item.
func textOf(item benchmark.Item, text string) string {
	if text != Answer {
		return item.Question
	}
	answer := item.Reference
	if item.Answer >= 0 && item.Answer < len(item.Choices) {
		answer = item.Choices[item.Answer]
	}
	return item.Question + item.Delimiter + answer
}

// Reading is how well a model predicts the texts of a benchmark's items.
type Reading struct {
	Bits    axis.Floats // by item: bits per byte of its text; NaN where it has none
	Tokens  int         // behind these numbers
	Long    int         // items that are longer than the model's context
	Refused int         // items that it cannot take for another reason, such as bytes that it has no tokens for
}

func (r *Reading) append(part *Reading) {
	r.Bits = append(r.Bits, part.Bits...)
	r.Tokens += part.Tokens
	r.Long += part.Long
	r.Refused += part.Refused
}

// unread counts the items without a number.
func (r *Reading) unread() int { return r.Long + r.Refused }

// DecodeReading reads the output of Familiarity.
func DecodeReading(data []byte) (*Reading, error) {
	var r Reading
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("bits per byte of items: %w", err)
	}
	return &r, nil
}

// itemsAtOnce go to the scorer together: items of one benchmark often begin alike, and what they share is computed once.
const itemsAtOnce = 32

// Familiarity is the action that reads the items of one benchmark to one model. Its output is a Reading (DecodeReading).
//
// The bits per byte of an item are the sum of -log2 p over all tokens of its text over the bytes of the text, with BOS in
// front (EOS where the model has no BOS). No score enters, and of the key nothing unless text is Answer.
func Familiarity(m *llm.Model, id llm.Identity, b *benchmark.Benchmark, text string) *action.Action {
	texts, bytes := make([]string, len(b.Items)), 0
	for i, item := range b.Items {
		texts[i] = textOf(item, text)
		bytes += len(texts[i])
	}
	return &action.Action{
		Kind: "perplexity/familiarity", Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: []action.Fact{
			action.F("weights", id.Weights), action.F("engine", id.Engine), action.F("route", id.Route),
			action.F("options", id.Options), action.F("unpinned", id.Unpinned), action.F("texts", digestOf(texts)),
		},
		Cost: action.Cost{Requests: len(texts), Tokens: bytes/4 + len(texts), Bytes: int64(11*len(texts) + 60)},
		Run: func(ctx context.Context, r action.Runtime) ([]byte, error) {
			out, err := readAll(ctx, r, m, texts)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", m.ID, b.Spec.ID, err)
			}
			return json.Marshal(out)
		},
	}
}

// digestOf identifies a list of texts, whatever they hold.
func digestOf(texts []string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d\n%s", len(t), t)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

func readAll(ctx context.Context, r action.Runtime, m *llm.Model, texts []string) (*Reading, error) {
	q, err := newItemReader(ctx, m)
	if err != nil {
		return nil, err
	}
	out, journal := &Reading{}, r.Journal()
	for first := 0; first < len(texts); first += itemsAtOnce {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, key := texts[first:min(first+itemsAtOnce, len(texts))], fmt.Sprintf("items %d", first)
		part := &Reading{}
		if data, ok := journal.Get(key); !ok || json.Unmarshal(data, part) != nil || len(part.Bits) != len(some) {
			if part, err = q.read(ctx, some); err != nil {
				return nil, err
			}
			data, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			if err := journal.Append(key, data); err != nil {
				return nil, err
			}
		}
		out.append(part)
		r.Progress(first+len(some), len(texts))
	}
	if n := len(texts); n > 0 && out.unread() == n {
		return nil, fmt.Errorf("none of %s can be read: %d are too long, %d hold what the model cannot take",
			wording.Count(n, "item"), out.Long, out.Refused)
	}
	return out, nil
}

// itemReader reads items to one model.
type itemReader struct {
	tokenizer  llm.Tokenizer
	scorer     llm.Scorer
	vocabulary llm.Vocabulary
}

func newItemReader(ctx context.Context, m *llm.Model) (*itemReader, error) {
	scorer, okScore := m.Driver.(llm.Scorer)
	tokenizer, okTokens := m.Driver.(llm.Tokenizer)
	if !okScore || !okTokens {
		return nil, fmt.Errorf("familiarity needs a backend that tokenizes and scores")
	}
	vocabulary, err := tokenizer.Vocabulary(ctx)
	if err == nil && vocabulary.BOS < 0 && vocabulary.EOS < 0 {
		err = errors.New("the model has neither a BOS nor an EOS token for a text to begin with")
	}
	return &itemReader{tokenizer, scorer, vocabulary}, err
}

// read scores some items in one batch. What the model cannot take costs itself.
func (q *itemReader) read(ctx context.Context, texts []string) (*Reading, error) {
	out := &Reading{Bits: slices.Repeat(axis.Floats{math.NaN()}, len(texts))}
	var seqs []llm.Sequence
	var at []int
	for i, text := range texts {
		tokens, err := q.tokenizer.Tokenize(ctx, text)
		if _, cannot := errors.AsType[llm.Unaskable](err); cannot {
			out.Refused++
			continue
		}
		if err != nil {
			return nil, err
		}
		if s := q.sequence(tokens); len(s.Tokens) > q.vocabulary.Context {
			out.Long++
		} else {
			seqs, at = append(seqs, s), append(at, i)
		}
	}
	scores, err := q.score(ctx, &seqs, &at, out)
	if err != nil {
		return nil, err
	}
	for k, i := range at {
		if out.Bits[i], err = bitsPerByte(scores[k], len(texts[i])); err != nil {
			return nil, err
		}
		out.Tokens += len(scores[k])
	}
	return out, nil
}

// sequence is a whole text behind BOS, all of it scored.
func (q *itemReader) sequence(tokens []llm.Token) llm.Sequence {
	v, ids := q.vocabulary, idsOf(tokens)
	if v.AddBOS && len(ids) > 0 && ids[0] == v.BOS {
		return llm.Sequence{Tokens: ids, From: 1}
	}
	first := v.BOS
	if first < 0 {
		first = v.EOS
	}
	return llm.Sequence{Tokens: append([]int32{first}, ids...), From: 1}
}

// score asks for all sequences, and again without the one that the backend says it cannot take.
func (q *itemReader) score(ctx context.Context, seqs *[]llm.Sequence, at *[]int, out *Reading) ([]llm.Scores, error) {
	for len(*seqs) > 0 {
		scores, err := q.scorer.Score(ctx, *seqs)
		if u, cannot := errors.AsType[llm.Unaskable](err); cannot && u.Request < len(*seqs) {
			*seqs, *at = slices.Delete(*seqs, u.Request, u.Request+1), slices.Delete(*at, u.Request, u.Request+1)
			out.Refused++
			continue
		}
		if err == nil && len(scores) != len(*seqs) {
			err = fmt.Errorf("the model answered %d of %d sequences", len(scores), len(*seqs))
		}
		return scores, err
	}
	return nil, nil
}

func bitsPerByte(scores llm.Scores, bytes int) (float64, error) {
	var nats float64
	for k, v := range scores {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("token %d has the log-probability %v", k, v)
		}
		nats -= v
	}
	return nats / math.Ln2 / float64(bytes), nil
}
