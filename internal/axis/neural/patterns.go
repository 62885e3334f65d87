package neural

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// traceBatch prompts are traced between two looks at the context.
const traceBatch = 16

// Extract runs the prompts of one benchmark through one model and keeps its Patterns. All measures of Options are taken in
// the same pass. A prompt that the model cannot take, such as one longer than its context, is left out.
func Extract(m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Neural) *action.Action {
	items := first(b, o.Items)
	want, own := Wanted(o.Measures), keptIfAsked(o.Measures)
	h := sha256.New()
	length := 0
	for _, it := range items {
		fmt.Fprintf(h, "%d\n%s%d\n%s", len(it.ID), it.ID, len(it.Prompt), it.Prompt)
		length += len(it.Prompt)
	}
	return &action.Action{
		Kind: "neural/patterns", Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: append([]action.Fact{
			action.F("weights", id.Weights), action.F("engine", id.Engine), action.F("route", id.Route),
			action.F("options", fmt.Sprintf("%q", id.Options)),
			action.F("model", m.ID), action.F("benchmark", b.Spec.ID), action.F("items", len(items)),
			action.F("prompts", "sha256:"+hex.EncodeToString(h.Sum(nil))), action.F("want", int(want)),
		}, asked(own)...),
		Cost: action.Cost{Requests: len(items), Tokens: length / 4, Bytes: int64(len(items)) * 1024},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			p, err := extract(ctx, m, b.Spec.ID, items, want, own, rt.Progress)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", m.ID, b.Spec.ID, err)
			}
			return p.Encode()
		},
	}
}

// asked is the line of a key that names measures which are kept only where they are asked for.
func asked(measures []string) []action.Fact {
	if len(measures) == 0 {
		return nil
	}
	return []action.Fact{action.F("measures", fmt.Sprintf("%q", measures))}
}

func extract(ctx context.Context, m *llm.Model, name string, items []benchmark.Item, want llm.Want, own []string,
	progress func(done, total int)) (*Patterns, error) {
	tokenizer, ok := m.Driver.(llm.Tokenizer)
	tracer, traces := m.Driver.(llm.Tracer)
	if !ok || !traces {
		return nil, fmt.Errorf("the model shows no hidden states")
	}
	v, err := tokenizer.Vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	prompts, at, err := takeable(ctx, tokenizer, items, v.Context)
	if err != nil {
		return nil, err
	}
	c := newCollector(&Patterns{Model: m.ID, Benchmark: name}, own)
	if c.p.Refused = len(items) - len(at); c.p.Refused > 0 {
		c.p.At = at
	}
	for _, i := range at {
		c.p.Items = append(c.p.Items, items[i].ID)
	}
	for from := 0; from < len(prompts); from += traceBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		batch := prompts[from:min(from+traceBatch, len(prompts))]
		seqs := make([][]int32, len(batch))
		for i, p := range batch {
			seqs[i] = p.tokens
		}
		err := tracer.Trace(ctx, seqs, want, func(i int, t *llm.Trace) error { return c.add(t, batch[i].start) })
		if err != nil {
			return nil, err
		}
		progress(from+len(batch), len(prompts))
	}
	return c.finish()
}

// collector gathers the traces of a benchmark's items.
type collector struct {
	p        *Patterns
	measures []measure
	kept     []gather // by measure
}

// newCollector keeps what every trace shows, and the measures that are kept only where they are asked for.
func newCollector(p *Patterns, own []string) *collector {
	c := &collector{p: p}
	for _, m := range table {
		if m.item != nil && (m.size != nil || slices.Contains(own, m.name)) {
			c.measures = append(c.measures, m)
		}
	}
	c.kept = make([]gather, len(c.measures))
	return c
}

// add takes one item in. Tokens before start stand for no text (BOS, a space put in front): their states are no part of
// means over tokens, but they stay visible as keys of attention.
func (c *collector) add(t *llm.Trace, start int) error {
	p := c.p
	if p.Width == 0 {
		p.Width, p.Finals = t.Width, t.Final != nil
		if t.Residual != nil {
			p.Layers = t.Layers
		}
		if t.Gate != nil {
			p.Gates = t.Hidden
		}
		if t.Attention != nil {
			p.Heads = t.Heads
		}
		if t.Inputs != nil {
			p.Channels = t.Channels
		}
	}
	if p.Layers > 0 && t.Layers != p.Layers || t.Width != p.Width || p.Finals && len(t.Final) != t.T*t.Width {
		return fmt.Errorf("traces of one model have different shapes")
	}
	if p.Finals {
		p.Final = append(p.Final, t.Final[(t.T-1)*p.Width:]...)
	}
	p.Tokens += t.T - start
	for l := range p.Layers {
		p.Last = append(p.Last, t.Residual[l+1][(t.T-1)*p.Width:t.T*p.Width]...)
	}
	for i, m := range c.measures {
		features := m.item(t, start)
		if had := len(c.kept[i].n); had > 0 && len(features) != had {
			return fmt.Errorf("traces of one model have different shapes: %d and %d features of %s", had, len(features), m.name)
		}
		c.kept[i].add(features)
	}
	return nil
}

func (c *collector) finish() (*Patterns, error) {
	if c.p.Width == 0 {
		return nil, fmt.Errorf("no items to trace")
	}
	c.p.Moments = map[string]Moments{}
	for i, m := range c.measures {
		c.p.Moments[m.name] = c.kept[i].moments()
		if m.size != nil {
			continue
		}
		if c.p.Features == nil {
			c.p.Features = map[string]int{}
		}
		c.p.Features[m.name] = len(c.kept[i].mean)
	}
	return c.p, nil
}
