package session

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/llm"
	"sdmap/internal/llm/backend"
	"sdmap/internal/plan"
	"sdmap/internal/wording"
)

// Probe is what a model's check of itself found.
type Probe struct {
	Model           string  `json:"model"`
	RouteA          string  `json:"route_a,omitempty"`
	RouteB          string  `json:"route_b,omitempty"`
	MaxDiff         float64 `json:"max_diff"` // nats, of one token
	Floor           float64 `json:"floor"`
	Tokens          int     `json:"tokens"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	// between the beginning and the end of the run; nats, or of an embedding of length 1
	Drift *float64 `json:"drift,omitempty"`
}

// Probes are a run's: a probe belongs to a run and never to the store.
type Probes struct {
	All []Probe

	world   *World
	watched []watched
}

// watched is a model behind a server, with what it said of a fixed text when the run began.
type watched struct {
	model plan.Model
	pool  action.Pool
	index int // of its probe
	first []float64
}

// letterFloor is how far log-probabilities of letters may lie apart between two requests of the same: Ollama keeps states of
// the last prompt as 16-bit numbers and begins from them.
const letterFloor = 0.05

// ProbeModel lets a model check itself; nothing is found of one that has no log-probabilities to compare.
func (w *World) ProbeModel(ctx context.Context, m plan.Model) (Probe, error) {
	out := Probe{Model: m.ID}
	p, ok := m.Driver.(llm.Prober)
	if c := llm.CapabilitiesOf(m.Driver); !ok || !c.Score && !c.Choose {
		return out, nil
	}
	r, err := p.Probe(ctx, w.Now)
	out.RouteA, out.RouteB, out.MaxDiff, out.Floor, out.Tokens, out.TokensPerSecond = r.RouteA, r.RouteB, r.MaxDiff, r.Floor,
		r.Tokens, r.TokensPerSecond
	return out, err
}

// Probe has every model behind a server check itself before anything is asked, unless there is nothing to ask.
func (x *Session) Probe(ctx context.Context, preview *engine.Preview) (*Probes, error) {
	out := &Probes{world: x.world}
	if preview.Runs+preview.Waits == 0 {
		return out, nil
	}
	specs := EveryModel(x.Study)
	for i, m := range x.everyModel() {
		if !specs[i].Remote() {
			continue
		}
		found, err := x.world.ProbeModel(ctx, m)
		w := watched{model: m, index: len(out.All)}
		if err == nil {
			w.first, w.pool, err = fixedText(ctx, m)
		}
		if err != nil {
			return nil, distrust(m, err)
		}
		out.All = append(out.All, found)
		if w.pool.Name != "" {
			out.watched = append(out.watched, w)
		}
	}
	return out, nil
}

// distrust is the error of a run that does not begin, because a model's answers cannot be what they should.
func distrust(m plan.Model, err error) error {
	if u, ok := backend.Unreachable(err); ok {
		return Error{Unreachable, fmt.Errorf("model %s: %w; nothing was run", m.ID, u)}
	}
	return Error{Partial, fmt.Errorf("alarm: model %s does not pass its probe: %w; nothing was run. sdmap doctor tells more",
		m.ID, err)}
}

// choiceText is a choice that any model has an opinion on.
const choiceText = "Which of these is the largest?\nA. a mouse\nB. a house\nC. a flea\nAnswer:"

// embeddingFloor is how far entries of an embedding, scaled to length 1, may lie apart between two requests of the same.
const embeddingFloor = 0.001

// fixedText is what a server says of a fixed text and the pool that it was asked in; nothing of a model that is measured in
// this process, which does not drift. It is log-probabilities in nats, NaN for letters that were not shown; of an embedder, the
// text's embedding, scaled to length 1.
func fixedText(ctx context.Context, m plan.Model) ([]float64, action.Pool, error) {
	c := llm.CapabilitiesOf(m.Driver)
	switch {
	case c.Score && c.Tokenize && m.Measures.Name != "":
		values, err := scored(ctx, m)
		return values, m.Measures, err
	case !c.Score && c.Choose:
		out, err := m.Driver.(llm.Chooser).Choose(ctx,
			[]llm.ChooseRequest{{Prompt: choiceText, Letters: []string{"A", "B", "C"}}})
		if err != nil {
			return nil, m.Asks, err
		}
		var values []float64
		for _, l := range out[0] {
			if !l.Seen {
				l.LogProb = math.NaN()
			}
			values = append(values, l.LogProb)
		}
		return values, m.Asks, nil
	}
	if !c.Generate && c.Embed && m.Asks.Name != "" {
		out, err := m.Driver.(llm.Embedder).Embed(ctx, []string{choiceText})
		if err != nil {
			return nil, m.Asks, err
		}
		return unit(out[0]), m.Asks, nil
	}
	return nil, action.Pool{}, nil
}

func unit(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	if n := floats.Norm(out, 2); n > 0 {
		floats.Scale(1/n, out)
	}
	return out
}

func scored(ctx context.Context, m plan.Model) ([]float64, error) {
	tokenizer, scorer := m.Driver.(llm.Tokenizer), m.Driver.(llm.Scorer)
	v, err := tokenizer.Vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := tokenizer.Tokenize(ctx, llm.ProbeText)
	if err != nil {
		return nil, err
	}
	tokens = tokens[:min(len(tokens), v.Context-1)]
	ids := make([]int32, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	scores, err := scorer.Score(ctx, []llm.Sequence{{Tokens: ids, From: 1}})
	if err != nil {
		return nil, err
	}
	return scores[0], nil
}

// Again asks the same again when a run ends, and names every server that says something else now: it was restarted, or
// does not repeat itself, and nobody knows which of its answers are right.
func (p *Probes) Again(ctx context.Context) (drifted []Drift) {
	for _, w := range p.watched {
		again, _, err := fixedText(ctx, w.model)
		if err != nil {
			p.world.Say("warning: model %s could not be asked again at the end of the run, so nobody knows whether "+
				"it drifted: %s",
				w.model.ID, err)
			continue
		}
		now := Drift{w.model.ID, w.pool, "log-probabilities", " nats", farthest(w.first, again), p.All[w.index].Floor}
		switch c := llm.CapabilitiesOf(w.model.Driver); {
		case !c.Generate:
			now.what, now.unit, now.floor = "an embedding of length 1", "", embeddingFloor
		case !c.Score:
			now.floor = letterFloor
		}
		p.All[w.index].Drift = &now.by
		if now.by > now.floor {
			drifted = append(drifted, now)
		}
	}
	return drifted
}

// Drift is a server that says something else at the end of a run than at its beginning.
type Drift struct {
	model      string
	pool       action.Pool
	what, unit string
	by, floor  float64
}

func (d Drift) size() string {
	return fmt.Sprintf("%.3g%s, where up to %.3g is no fault", d.by, d.unit, d.floor)
}

func (d Drift) alarm() axis.Alarm {
	return axis.Alarm{Kind: "drift", Other: d.model, Blocks: true,
		Text: fmt.Sprintf("Asked for the same text at the beginning and at the end of the run, the server of %s gave %s that "+
			"differ by %s: it was restarted with something else, or does not repeat itself, and nobody knows which of its "+
			"numbers are right.", d.model, d.what, d.size()),
		Advice: "Do not cite this report: what the server gave in this run was forgotten, and the next run asks it again."}
}

// Forget removes from the store what servers that drifted gave in this run, and returns the error with which the run ends.
func (c *Computed) Forget(store *cas.Store, drifted []Drift) error {
	var names []string
	for _, d := range drifted {
		if err := c.forget(store, d.pool); err != nil {
			return err
		}
		names = append(names, fmt.Sprintf("%s (by %s)", d.model, d.size()))
	}
	return Error{Partial, fmt.Errorf("alarm: of a fixed text a server says something else at the end of the run than at its "+
		"beginning: %s. The report says so; what these servers gave in this run is forgotten, and the next run asks them again. "+
		"Was one of them restarted?", wording.And(names))}
}

// forget removes what this run got in a pool.
func (c *Computed) forget(store *cas.Store, pool action.Pool) error {
	for x, o := range c.results.All() {
		if x.Pool.Name == pool.Name && o.State == engine.Ran {
			if err := store.Forget(o.Entry.Action); err != nil {
				return err
			}
		}
	}
	return nil
}

// farthest is the largest difference of two lists; what one of them lacks says nothing, unless their lengths differ.
func farthest(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	d := 0.0
	for i := range a {
		if !math.IsNaN(a[i]) && !math.IsNaN(b[i]) {
			d = max(d, math.Abs(a[i]-b[i]))
		}
	}
	return d
}
