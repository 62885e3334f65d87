package performance

import (
	"context"
	"fmt"
	"math"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
)

// ByLetter is Replies for a model that cannot score given text: choices stand under letters in the prompt, and the model's
// choice is the most likely letter to begin its answer with. Backends show their most likely tokens only: a letter not among
// them counts as less likely than any that is, and such letters are equal among themselves.
func ByLetter(m *llm.Model, id llm.Identity, b *benchmark.Benchmark) *action.Action {
	a := Replies(m, id, b)
	a.Facts = append(replyFacts(id, b), action.F("asked", axis.Letter), action.F("requests", b.LettersDigest()))
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		chooser, ok := m.Driver.(llm.Chooser)
		if !ok {
			return nil, fmt.Errorf("%s on %s: the backend shows no first letters", m.ID, b.Spec.ID)
		}
		return answers(ctx, r, m, b, func(ctx context.Context, items []int) ([]Reply, error) {
			return askLetters(ctx, chooser, b, items)
		})
	}
	return a
}

func askLetters(ctx context.Context, c llm.Chooser, b *benchmark.Benchmark, items []int) ([]Reply, error) {
	reqs := make([]llm.ChooseRequest, len(items))
	for k, i := range items {
		reqs[k] = llm.ChooseRequest{Prompt: b.Items[i].Lettered, Letters: b.Letters(i)}
	}
	out, err := c.Choose(ctx, reqs)
	if err != nil {
		return nil, err
	}
	if len(out) != len(reqs) {
		return nil, fmt.Errorf("the model answered %d of %d prompts", len(out), len(reqs))
	}
	replies := make([]Reply, len(items))
	for k, i := range items {
		if len(out[k]) != len(reqs[k].Letters) {
			return nil, fmt.Errorf("item %s: the model gives %d letters of %d", b.Items[i].ID, len(out[k]), len(reqs[k].Letters))
		}
		for _, l := range out[k] {
			if l.Seen && (math.IsNaN(l.LogProb) || math.IsInf(l.LogProb, 0)) {
				return nil, fmt.Errorf("item %s: the log-probability of a letter is %v", b.Items[i].ID, l.LogProb)
			}
			if !l.Seen {
				l.LogProb = 0 // it has none
			}
			replies[k].Letters = append(replies[k].Letters, l)
		}
	}
	return replies, nil
}

// letterValues are a reply's letters as benchmark.ScoreLetters takes them, and how many were not shown.
func letterValues(letters []llm.LetterScore) (values []float64, unseen int) {
	for _, l := range letters {
		v := l.LogProb
		if !l.Seen {
			v = math.Inf(-1)
			unseen++
		}
		values = append(values, v)
	}
	return values, unseen
}
