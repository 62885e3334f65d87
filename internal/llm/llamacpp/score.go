package llamacpp

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sdmap/internal/llm"
)

// manyNext is the number of single tokens after one context from which the whole distribution is asked for instead.
const manyNext = 64

// scoring asks for log-probabilities of given tokens.
type scoring struct {
	*encoder
	grammar bool // runs of tokens are forced by a grammar
}

func (s *scoring) means() string {
	if s.grammar {
		return "grammar"
	}
	return "bias"
}

// score is Driver.Score.
func (s *scoring) score(ctx context.Context, seqs []llm.Sequence) ([]llm.Scores, error) {
	if !s.offer.scores {
		return nil, fmt.Errorf("%s does not generate, so that it cannot score", s.first().url)
	}
	for i, seq := range seqs {
		if err := s.check("sequence", i, seq.Tokens); err != nil {
			return nil, err
		}
		if seq.From < 1 || seq.From >= len(seq.Tokens) {
			return nil, fmt.Errorf("sequence %d: scores are asked from token %d on, of %d tokens (the first has no context)",
				i, seq.From, len(seq.Tokens))
		}
	}
	if len(seqs) == 0 {
		return nil, ctx.Err()
	}
	table, err := s.table(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]llm.Scores, len(seqs))
	groups := byContext(seqs)
	err = s.each(ctx, len(groups), func(ctx context.Context, g int) error {
		longest := 0
		for _, i := range groups[g] {
			longest = max(longest, len(seqs[i].Tokens))
		}
		return s.onSlot(ctx, longest+1, func(on slot) error {
			return scorer{s, table, on}.group(ctx, seqs, groups[g], out)
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// byContext groups the indices of sequences that have one context. Whole texts stay alone: their context is a token.
func byContext(seqs []llm.Sequence) (groups [][]int) {
	order := make([]int, len(seqs))
	for i := range order {
		order[i] = i
	}
	context := func(i int) []int32 { return seqs[i].Tokens[:seqs[i].From] }
	slices.SortStableFunc(order, func(a, b int) int { return slices.Compare(context(a), context(b)) })
	for k, i := range order {
		if k > 0 && seqs[i].From > 1 && slices.Equal(context(i), context(order[k-1])) {
			last := &groups[len(groups)-1]
			*last = append(*last, i)
			continue
		}
		groups = append(groups, []int{i})
	}
	// Groups that were asked for first are answered first, so that an error names an early one.
	slices.SortStableFunc(groups, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return groups
}

// scorer asks upon one slot.
type scorer struct {
	*scoring
	table pieces
	slot  slot
}

// group scores sequences with one context.
func (s scorer) group(ctx context.Context, seqs []llm.Sequence, group []int, out []llm.Scores) error {
	first := seqs[group[0]]
	cached := first.From > 1
	if cached {
		// The context fills the slot's cache from nothing; each continuation then starts from the same.
		if _, err := s.complete(ctx, s.slot, greedy(s.slot, first.Tokens[:first.From], 1)); err != nil {
			return fmt.Errorf("sequence %d: its context: %w", group[0], err)
		}
	}
	single := func(i int) bool { return len(seqs[i].Tokens) == first.From+1 }
	var next []entry
	many := 0
	for _, i := range group {
		if single(i) {
			many++
		}
	}
	if many >= manyNext {
		var err error
		if next, err = s.whole(ctx, s.slot, first.Tokens[:first.From], cached); err != nil {
			return fmt.Errorf("sequence %d: %w", group[0], err)
		}
	}
	for _, i := range group {
		var err error
		if next != nil && single(i) {
			out[i] = make(llm.Scores, 1)
			out[i][0], err = next[seqs[i].Tokens[first.From]].value()
		} else {
			out[i], err = s.sequence(ctx, seqs[i], cached)
		}
		if err != nil {
			return fmt.Errorf("sequence %d: %w", i, err)
		}
	}
	return nil
}

// sequence scores one: runs that a grammar takes at once, other tokens one by one.
func (s scorer) sequence(ctx context.Context, seq llm.Sequence, cached bool) (llm.Scores, error) {
	scores := make(llm.Scores, 0, len(seq.Tokens)-seq.From)
	for at := seq.From; at < len(seq.Tokens); at = seq.From + len(scores) {
		end := at
		for s.grammar && end < len(seq.Tokens) && s.table.grammatical(seq.Tokens[end]) {
			end++
		}
		if end > at {
			run, err := s.run(ctx, seq.Tokens[:at], seq.Tokens[at:end], cached)
			if err == nil {
				scores, cached = append(scores, run...), true
				continue
			}
			if !isRefusal(err, grammarRefused) {
				return nil, fmt.Errorf("tokens %d to %d: %w", at, end-1, err)
			}
		}
		for end = max(end, at+1); at < end; at++ {
			one, err := s.step(ctx, seq.Tokens[:at], seq.Tokens[at], cached)
			if err != nil {
				return nil, fmt.Errorf("token %d: %w", at, err)
			}
			scores, cached = append(scores, one), true
		}
	}
	return scores, nil
}

// run forces ids by a grammar.
func (s scorer) run(ctx context.Context, prompt, ids []int32, cached bool) ([]float64, error) {
	req := greedy(s.slot, prompt, len(ids))
	req.Probs, req.CachePrompt = 1, cached
	req.force(ids)
	c, err := s.complete(ctx, s.slot, req)
	if err != nil {
		return nil, err
	}
	run, err := c.forced(ids)
	return run, s.fault(err)
}

// step forces one token by a bias, and where the reply does not show it, looks it up among all.
func (s scorer) step(ctx context.Context, prompt []int32, id int32, cached bool) (float64, error) {
	req := greedy(s.slot, prompt, 1)
	req.Probs, req.CachePrompt = 1, cached
	req.prefer(id)
	c, err := s.complete(ctx, s.slot, req)
	if err != nil {
		return 0, err
	}
	if len(c.Entries) > 0 {
		one, err := c.forced([]int32{id})
		if err != nil {
			return 0, s.fault(err)
		}
		return one[0], nil
	}
	all, err := s.whole(ctx, s.slot, prompt, true)
	if err != nil {
		return 0, err
	}
	lp, err := all[id].value()
	return lp, s.fault(err)
}

func (s scorer) fault(err error) error {
	if err != nil {
		err = fmt.Errorf("%s/completion: %w", s.slot.server.url, err)
	}
	return err
}
