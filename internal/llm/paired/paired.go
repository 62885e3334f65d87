// Package paired makes one model of two backends that have the same weights: one speaks (it generates, and embeds if it can),
// the other measures (tokens, log-probabilities, traces).
//
//	Ollama --------> Generate, Embed
//	llama-server --> Tokenize, Score, Trace, Probe
//
// The opinion: that the weights are the same is checked where both sides can say which they have, and where one cannot, the
// model is unpinned.
package paired

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sdmap/internal/llm"
)

// Measurer is what the measuring side has to be.
type Measurer interface {
	llm.Driver
	llm.Scorer
	llm.Tokenizer
	llm.Tracer
	llm.Embedder
	llm.Prober
}

// Driver is the paired model. It is safe for concurrent use.
type Driver struct {
	Measurer
	speaks llm.Driver
	id     llm.Identity
}

var _ llm.Capable = (*Driver)(nil)

// New joins two backends. weights is the digest of the speaking side's weights ("sha256:<hex>"), empty if it cannot say.
func New(ctx context.Context, speaks llm.Driver, weights string, measures Measurer) (*Driver, error) {
	said, err := speaks.Identify(ctx)
	if err != nil {
		return nil, err
	}
	id, err := measures.Identify(ctx)
	if err != nil {
		return nil, err
	}
	if id.Weights != "" && weights != "" && id.Weights != weights {
		return nil, fmt.Errorf("the server that measures has other weights (%s) than the model that generates (%s)", id.Weights,
			weights)
	}
	id.Unpinned = id.Weights == "" || weights == ""
	if id.Weights == "" {
		id.Weights = weights
	}
	id.Options = append(slices.Clone(id.Options), "speaks="+said.Engine+" "+said.Weights+" "+strings.Join(said.Options, " "))
	slices.Sort(id.Options)
	return &Driver{measures, speaks, id}, nil
}

// Identify names both sides: numbers depend on the one that measures, texts on the one that speaks.
func (d *Driver) Identify(ctx context.Context) (llm.Identity, error) { return d.id, ctx.Err() }

// Generate is the speaking side's.
func (d *Driver) Generate(ctx context.Context, reqs []llm.GenerateRequest) ([]llm.Generation, error) {
	return d.speaks.Generate(ctx, reqs)
}

// Embed is the speaking side's where it embeds.
func (d *Driver) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if e, ok := d.speaks.(llm.Embedder); ok && llm.CapabilitiesOf(d.speaks).Embed {
		return e.Embed(ctx, texts)
	}
	return d.Measurer.Embed(ctx, texts)
}

// LocalFile is that of the side that has one, both having the same weights.
func (d *Driver) LocalFile(ctx context.Context) (string, error) {
	var errs []error
	for _, side := range []llm.Driver{d.speaks, d.Measurer} {
		if l, ok := side.(llm.Local); ok {
			path, err := l.LocalFile(ctx)
			if err == nil {
				return path, nil
			}
			errs = append(errs, err)
		}
	}
	return "", errors.Join(errs...)
}

// Capabilities are those of the measuring side, the embeddings of either, and the chat template of the side that speaks.
func (d *Driver) Capabilities() llm.Capabilities {
	c := llm.CapabilitiesOf(d.Measurer)
	said := llm.CapabilitiesOf(d.speaks)
	c.Generate, c.Embed, c.Chat, c.ChatChoices = said.Generate, c.Embed || said.Embed, said.Chat, false // templates are two
	return c
}

// Probe is the measuring side's.
func (d *Driver) Probe(ctx context.Context, now func() time.Time) (llm.ProbeReport, error) {
	return d.Measurer.Probe(ctx, now)
}
