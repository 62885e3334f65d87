package neural

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// traceBatch prompts are traced between two looks at the context.
const traceBatch = 16

// Extract runs the prompts of one benchmark through one model and keeps its Patterns. All measures of Options are taken in
// the same pass. A prompt that is longer than the model's context is an error.
func Extract(m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Neural) *action.Action {
	items := first(b, o.Items)
	want := Wanted(o.Measures)
	h := sha256.New()
	length := 0
	for _, it := range items {
		fmt.Fprintf(h, "%d\n%s%d\n%s", len(it.ID), it.ID, len(it.Prompt), it.Prompt)
		length += len(it.Prompt)
	}
	return &action.Action{
		Kind: "neural/patterns", Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: []action.Fact{
			action.F("weights", id.Weights), action.F("engine", id.Engine), action.F("route", id.Route),
			action.F("options", fmt.Sprintf("%q", id.Options)),
			action.F("model", m.ID), action.F("benchmark", b.Spec.ID), action.F("items", len(items)),
			action.F("prompts", "sha256:"+hex.EncodeToString(h.Sum(nil))), action.F("want", int(want)),
		},
		Cost: action.Cost{Requests: len(items), Tokens: length / 4, Bytes: int64(len(items)) * 1024},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			p, err := extract(ctx, m, b.Spec.ID, items, want, rt.Progress)
			if err != nil {
				return nil, fmt.Errorf("model %s on %s: %w", m.ID, b.Spec.ID, err)
			}
			return p.Encode()
		},
	}
}

func extract(ctx context.Context, m *llm.Model, name string, items []benchmark.Item, want llm.Want,
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
	c := &collector{p: &Patterns{Model: m.ID, Benchmark: name}}
	for from := 0; from < len(items); from += traceBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		batch := items[from:min(from+traceBatch, len(items))]
		seqs, starts := make([][]int32, len(batch)), make([]int, len(batch))
		for i, it := range batch {
			tokens, err := tokenizer.Tokenize(ctx, it.Prompt)
			if err != nil {
				return nil, fmt.Errorf("item %s: %w", it.ID, err)
			}
			if len(tokens) > v.Context {
				return nil, fmt.Errorf("item %s: the prompt has %d tokens and the model reads %d; use fewer solved examples or "+
					"leave the model out of axes.neural.models",
					it.ID, len(tokens), v.Context)
			}
			starts[i] = slices.IndexFunc(tokens, func(t llm.Token) bool { return t.End > t.Start })
			if starts[i] < 0 {
				return nil, fmt.Errorf("item %s: the prompt has no tokens", it.ID)
			}
			for _, t := range tokens {
				seqs[i] = append(seqs[i], t.ID)
			}
			c.p.Items = append(c.p.Items, it.ID)
		}
		err := tracer.Trace(ctx, seqs, want, func(i int, t *llm.Trace) error { return c.add(t, starts[i]) })
		if err != nil {
			return nil, err
		}
		progress(from+len(batch), len(items))
	}
	return c.finish()
}

// collector gathers the traces of a benchmark's items.
type collector struct {
	p                       *Patterns
	hidden, active, attends gather
	final, energy           gather
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
		c.final.add(columnMeans(t.Final, start, t.T, p.Width, func(v float32) float64 { return float64(v) }))
	}
	p.Tokens += t.T - start
	var hidden, active, attends, energy []float64
	for l := range p.Layers {
		states := t.Residual[l+1]
		p.Last = append(p.Last, states[(t.T-1)*p.Width:t.T*p.Width]...)
		hidden = append(hidden, columnMeans(states, start, t.T, p.Width, func(v float32) float64 { return float64(v) })...)
		if p.Gates > 0 {
			active = append(active, columnMeans(t.Gate[l], start, t.T, p.Gates, open)...)
		}
		if p.Channels > 0 {
			energy = append(energy, energies(t.Inputs[l], start, t.T, p.Channels)...)
		}
		for h := range p.Heads {
			f := attend(t.Attention[l][h*t.T*t.T:(h+1)*t.T*t.T], t.T)
			attends = append(attends, f[:]...)
		}
	}
	c.hidden.add(hidden)
	c.active.add(active)
	c.attends.add(attends)
	c.energy.add(energy)
	return nil
}

// open is 1 where a gate lets its neuron's value pass undamped: its pre-activation is positive.
func open(v float32) float64 {
	if v > 0 {
		return 1
	}
	return 0
}

// energies are, by channel, the log of the mean over the rows from start on of squared inputs (a T x width matrix): the log
// of what llama-imatrix writes as in_sum2 over counts, for the tokens of one item. Logs, because energies are positive and
// spread over orders of magnitude, within a channel too: on their own scale a few items with huge activations would make up
// a benchmark's mean. A channel without any energy, such as one whose norm has the gain 0, is missing (NaN).
func energies(inputs []float32, start, rows, width int) []float64 {
	out := columnMeans(inputs, start, rows, width, func(v float32) float64 { return float64(v) * float64(v) })
	for p, e := range out {
		if out[p] = math.Log(e); e == 0 {
			out[p] = math.NaN()
		}
	}
	return out
}

// columnMeans is the mean over the rows from start on of a function of a T x width matrix.
func columnMeans(x []float32, start, rows, width int, of func(float32) float64) []float64 {
	out := make([]float64, width)
	for t := start; t < rows; t++ {
		for p, v := range x[t*width : (t+1)*width] {
			out[p] += of(v)
		}
	}
	for p := range out {
		out[p] /= float64(rows - start)
	}
	return out
}

func (c *collector) finish() (*Patterns, error) {
	if c.p.Width == 0 {
		return nil, fmt.Errorf("no items to trace")
	}
	c.p.FinalMean, c.p.Energy = c.final.moments(), c.energy.moments()
	c.p.HiddenMean, c.p.Active, c.p.Attention = c.hidden.moments(), c.active.moments(), c.attends.moments()
	return c.p, nil
}
