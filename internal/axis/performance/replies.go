package performance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// Reply is what a model said to one item; nothing in it depends on the answer.
type Reply struct {
	Choice  benchmark.ChoiceReply `json:",omitzero"`
	Letters []llm.LetterScore     `json:",omitempty"` // of a choice by letter, in place of Choice
	Text    string                `json:",omitempty"` // of a generation
	Tokens  int                   `json:",omitempty"` // generated
	Reason  string                `json:",omitempty"` // why the generation ended
	// the prompt lost its beginning, or the generation ended at the context's end
	Truncated bool `json:",omitempty"`
	// why the model could not take the item, which then has no reply
	Refused string `json:",omitempty"`
}

// batch is how many items are asked at once: enough to share work, few enough to lose little when interrupted.
const batch = 16

// Replies is the action that asks one model all items of one benchmark. Its output is JSON, one Reply an item
// (DecodeReplies).
func Replies(m *llm.Model, id llm.Identity, b *benchmark.Benchmark) *action.Action {
	unconditional := b.NeedsUnconditional()
	return &action.Action{
		Kind: "performance/replies", Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: append(replyFacts(id, b), action.F("requests", b.RequestsDigest())),
		Cost:  costOf(b, unconditional),
		Run: func(ctx context.Context, r action.Runtime) ([]byte, error) {
			ask, err := questioner(ctx, m, b, unconditional)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", m.ID, b.Spec.ID, err)
			}
			return answers(ctx, r, m, b, ask)
		},
	}
}

// replyFacts are the lines of a key that do not depend on how the items are asked.
func replyFacts(id llm.Identity, b *benchmark.Benchmark) []action.Fact {
	facts := []action.Fact{
		action.F("weights", id.Weights), action.F("engine", id.Engine), action.F("route", id.Route),
		action.F("options", id.Options), action.F("unpinned", id.Unpinned), action.F("task", string(b.Spec.Task)),
	}
	if longestRequest(b) > surelyFits {
		facts = append(facts, action.F("cut", "the beginning but for BOS"))
	}
	return facts
}

// surelyFits is how many bytes fit into the context of any model that answers benchmarks, a token a byte: shorter requests are
// never
// cut, and their keys need not say how that is done.
const surelyFits = 512

// longestRequest is the most bytes of a prompt with a choice behind it.
func longestRequest(b *benchmark.Benchmark) int {
	longest := 0
	for _, item := range b.Items {
		for _, choice := range item.Choices {
			longest = max(longest, len(item.Prompt)+len(item.Delimiter)+len(choice))
		}
	}
	return longest
}

// answers are the replies to all items, as Replies gives them.
func answers(ctx context.Context, r action.Runtime, m *llm.Model, b *benchmark.Benchmark, ask asking) ([]byte, error) {
	replies, err := askAll(ctx, r, b, ask)
	if n := len(replies); err == nil && n > 0 && countRefused(replies) == n {
		err = fmt.Errorf("none of %s can be taken: %s", wording.Count(n, "item"), replies[0].Refused)
	}
	if err != nil {
		return nil, fmt.Errorf("%s on %s: %w", m.ID, b.Spec.ID, err)
	}
	return json.Marshal(replies)
}

// DecodeReplies reads the output of Replies.
func DecodeReplies(data []byte) ([]Reply, error) {
	var out []Reply
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("replies: %w", err)
	}
	return out, nil
}

// costOf estimates a token as four bytes of text: plans are made before any model is opened.
func costOf(b *benchmark.Benchmark, unconditional bool) action.Cost {
	c := action.Cost{}
	for _, item := range b.Items {
		c.Requests++
		bytes := len(item.Prompt)
		for _, choice := range item.Choices {
			n := len(item.Delimiter) + len(choice)
			bytes += n
			if unconditional {
				bytes += n
			}
		}
		c.Tokens += bytes/4 + 1
		if b.Spec.Task == study.Generate {
			c.Tokens += b.Spec.MaxTokens
		}
		c.Bytes += int64(60 + 24*len(item.Choices))
	}
	return c
}

// asking answers a batch of a benchmark's items, given by their indices.
type asking func(ctx context.Context, items []int) ([]Reply, error)

// questioner picks how a benchmark is asked.
func questioner(ctx context.Context, m *llm.Model, b *benchmark.Benchmark, unconditional bool) (asking, error) {
	if b.Spec.Task == study.Generate {
		return func(ctx context.Context, items []int) ([]Reply, error) {
			return askTexts(ctx, m, b.Spec, pick(b, items))
		}, nil
	}
	scorer, okScore := m.Driver.(llm.Scorer)
	tokenizer, okTokens := m.Driver.(llm.Tokenizer)
	if !okScore || !okTokens {
		return nil, fmt.Errorf("multiple choice needs a backend that tokenizes and scores")
	}
	a, err := newAsker(ctx, tokenizer)
	if err != nil {
		return nil, err
	}
	a.delimiter = b.Spec.Delimiter
	if b.Spec.Chat {
		chatter, ok := m.Driver.(llm.Chatter)
		if !ok {
			return nil, fmt.Errorf("multiple choice in a chat template needs a backend that applies the template " +
				"and tokenizes it")
		}
		a.chatter = chatter
	}
	return func(ctx context.Context, items []int) ([]Reply, error) {
		return askChoices(ctx, a, scorer, pick(b, items), unconditional)
	}, nil
}

func pick(b *benchmark.Benchmark, items []int) []benchmark.Item {
	out := make([]benchmark.Item, len(items))
	for k, i := range items {
		out[k] = b.Items[i]
	}
	return out
}

func askTexts(ctx context.Context, d llm.Driver, spec study.Benchmark, items []benchmark.Item) ([]Reply, error) {
	reqs := make([]llm.GenerateRequest, len(items))
	for k, item := range items {
		reqs[k] = llm.GenerateRequest{Prompt: item.Prompt, MaxTokens: spec.MaxTokens, Stop: spec.Stop, Chat: spec.Chat}
	}
	out, err := d.Generate(ctx, reqs)
	if err != nil {
		return nil, err
	}
	if len(out) != len(reqs) {
		return nil, fmt.Errorf("the model answered %d of %d prompts", len(out), len(reqs))
	}
	replies := make([]Reply, len(items))
	for k, g := range out {
		replies[k] = Reply{Text: g.Text, Tokens: g.Tokens, Reason: g.Reason, Truncated: g.Reason == "context"}
	}
	return replies, nil
}

// askAll asks what the journal does not hold yet, and writes every reply to it.
func askAll(ctx context.Context, r action.Runtime, b *benchmark.Benchmark, ask asking) ([]Reply, error) {
	replies := make([]Reply, len(b.Items))
	journal := r.Journal()
	var open []int
	for i := range b.Items {
		if data, ok := journal.Get(journalKey(i)); !ok || json.Unmarshal(data, &replies[i]) != nil {
			replies[i] = Reply{}
			open = append(open, i)
		}
	}
	done := len(b.Items) - len(open)
	for len(open) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := open[:min(batch, len(open))]
		open = open[len(now):]
		answers, err := askTakeable(ctx, ask, now)
		if err != nil {
			return nil, err
		}
		for k, i := range now {
			replies[i] = answers[k]
			data, err := json.Marshal(answers[k])
			if err != nil {
				return nil, err
			}
			if err := journal.Append(journalKey(i), data); err != nil {
				return nil, err
			}
		}
		done += len(now)
		r.Progress(done, len(b.Items))
	}
	return replies, nil
}

// askTakeable asks a batch of items. Those that the model cannot take are left out, one by one, and get the reason as their
// reply.
func askTakeable(ctx context.Context, ask asking, items []int) ([]Reply, error) {
	replies := make([]Reply, len(items))
	at := make([]int, len(items)) // where the reply to each that is left goes
	for k := range at {
		at[k] = k
	}
	for left := slices.Clone(items); len(left) > 0; {
		answers, err := ask(ctx, left)
		if u, ok := errors.AsType[llm.Unaskable](err); ok && u.Request < len(left) {
			replies[at[u.Request]] = Reply{Refused: u.Error()}
			left, at = slices.Delete(left, u.Request, u.Request+1), slices.Delete(at, u.Request, u.Request+1)
			continue
		}
		if err != nil {
			return nil, err
		}
		for k, a := range answers {
			replies[at[k]] = a
		}
		break
	}
	return replies, nil
}

func journalKey(item int) string { return fmt.Sprintf("item %d", item) }
