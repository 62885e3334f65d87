package neural

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/wording"
)

// mostRefused is the share of a benchmark's items that a model may be unable to take and still take part: beyond it, what is left
// for all models would be up to one of them.
const mostRefused = 0.1

// toldRefused is the share of prompts that could not be traced from which on an alarm says so.
const toldRefused = 0.01

// prompt is an item as tokens; those before start stand for no text.
type prompt struct {
	tokens []int32
	start  int
}

// tokenize encodes an item's prompt, which must fit the model's context of so many tokens.
func tokenize(ctx context.Context, t llm.Tokenizer, it benchmark.Item, context int) (prompt, error) {
	tokens, err := t.Tokenize(ctx, it.Prompt)
	if err != nil {
		return prompt{}, err
	}
	if len(tokens) > context {
		return prompt{}, llm.Unaskable{Err: fmt.Errorf("the prompt has %d tokens and the model reads %d; use fewer solved "+
			"examples or leave the model out of axes.neural.models", len(tokens), context)}
	}
	p := prompt{start: slices.IndexFunc(tokens, func(t llm.Token) bool { return t.End > t.Start })}
	if p.start < 0 {
		return prompt{}, llm.Unaskable{Err: errors.New("the prompt has no tokens")}
	}
	for _, t := range tokens {
		p.tokens = append(p.tokens, t.ID)
	}
	return p, nil
}

// takeable are the prompts of a benchmark that the model can take, and the items that they are of, by their places. That it can
// take none is an error.
func takeable(ctx context.Context, t llm.Tokenizer, items []benchmark.Item, context int) (prompts []prompt, at []int, err error) {
	var first error
	for i, it := range items {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		p, err := tokenize(ctx, t, it, context)
		if err != nil {
			err = fmt.Errorf("item %s: %w", it.ID, err)
		}
		switch _, cannot := errors.AsType[llm.Unaskable](err); {
		case cannot && first == nil:
			first = err
		case cannot:
		case err != nil:
			return nil, nil, err
		default:
			prompts, at = append(prompts, p), append(at, i)
		}
	}
	if len(prompts) == 0 && first != nil {
		return nil, nil, fmt.Errorf("none of %s can be taken: %w", wording.Count(len(items), "item"), first)
	}
	return prompts, at, nil
}

// refuse takes a model's patterns on a benchmark out of which it could take too few items.
func (g *grid) refuse() {
	for _, m := range g.models {
		for _, b := range g.columns {
			p := g.patterns[m][b]
			if p == nil || p.Refused < 2 || float64(p.Refused) <= mostRefused*float64(p.Refused+len(p.Items)) {
				continue
			}
			g.failed = append(g.failed, axis.Lost{What: inputName(g.p, m, b),
				Why: fmt.Sprintf("the model could not take %d of %d items, which is more than %s", p.Refused,
					p.Refused+len(p.Items), wording.Percent(mostRefused))})
			g.patterns[m][b] = nil
		}
	}
}

// together leaves out of a benchmark's patterns what some model that is left could not take, so that all are compared on the
// same items.
func (g *grid) together(b int) {
	var common []int
	some := false
	for i, m := range g.models {
		p := g.patterns[m][b]
		if some = some || p.Refused > 0; i == 0 {
			common = p.places()
			continue
		}
		taken := p.places()
		common = slices.DeleteFunc(common, func(at int) bool { return !slices.Contains(taken, at) })
	}
	if !some {
		return
	}
	all := 0
	for _, m := range g.models {
		p := g.patterns[m][b]
		all = p.Refused + len(p.Items)
		g.patterns[m][b] = p.only(common)
	}
	g.warnRefused(b, all, all-len(common))
}

// places are those of the items among all that were given.
func (p *Patterns) places() []int {
	if p.At != nil {
		return slices.Clone(p.At)
	}
	out := make([]int, len(p.Items))
	for i := range out {
		out[i] = i
	}
	return out
}

// only are the patterns of the items at some places. Means over a benchmark's items stay those over all that the model took.
func (p *Patterns) only(places []int) *Patterns {
	out := *p
	out.Items, out.Last, out.Final, out.At = nil, nil, nil, places
	last, final := p.Layers*p.Width, p.finals()
	for i, at := range p.places() {
		if slices.Contains(places, at) {
			out.Items = append(out.Items, p.Items[i])
			out.Last = append(out.Last, p.Last[i*last:(i+1)*last]...)
			out.Final = append(out.Final, p.Final[i*final:(i+1)*final]...)
		}
	}
	return &out
}

// warnRefused counts what the models could not take of a benchmark, and raises an alarm where it is much.
func (g *grid) warnRefused(b, items, dropped int) {
	sum, models := 0, []string(nil)
	for _, m := range g.models {
		if n := g.patterns[m][b].Refused; n > 0 {
			sum, models = sum+n, append(models, fmt.Sprintf("%s: %d", g.p.Models[m], n))
		}
	}
	name, prompts := g.p.Benchmarks[b], items*len(g.models)
	text := fmt.Sprintf("Of %s, %d of %d prompts could not be traced (%s): they are too long, or hold bytes that the model has "+
		"no tokens for. %s left out on the neural axis for all models, but for means over items, which are over those that each "+
		"model took", name, sum, prompts, wording.And(models), wording.Are(dropped, "item"))
	g.dropped = append(g.dropped, text)
	if float64(sum) > toldRefused*float64(prompts) {
		g.alarms = append(g.alarms, axis.Alarm{Kind: "refused", Benchmark: name,
			Text:   fmt.Sprintf("%s; up to %s of prompts would be no alarm.", text, wording.Percent(toldRefused)),
			Advice: "Shorten the items, or leave out the models that cannot take them (axes.neural.models)."})
	}
}
