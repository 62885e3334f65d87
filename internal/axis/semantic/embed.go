package semantic

import (
	"context"
	"fmt"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Embed embeds the items of one benchmark as the model's backend does: what its embedding is, only the backend knows, so the
// identity stands in the provider's title. A text that the backend would cut is an error.
func Embed(m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Semantic) *action.Action {
	return itemVectors("semantic/embed", m, id, b, o, func(ctx context.Context, rt action.Runtime, list []string,
		block *Block) error {
		embedder, ok := m.Driver.(llm.Embedder)
		if !ok {
			return fmt.Errorf("model %s does not embed texts", m.ID)
		}
		if err := block.embed(ctx, embedder, list, rt.Progress); err != nil {
			return fmt.Errorf("model %s on %s: %w", m.ID, b.Spec.ID, err)
		}
		return nil
	})
}

// itemVectors is the action that embeds the items of one benchmark by a model; fill gives the block its vectors.
func itemVectors(kind string, m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Semantic,
	fill func(ctx context.Context, rt action.Runtime, list []string, block *Block) error) *action.Action {
	list, items, err := texts(b, o.Text, o.Items)
	length := 0
	for _, t := range list {
		length += len(t)
	}
	return &action.Action{
		Kind: kind, Version: 1, Subject: m.ID + " on " + b.Spec.ID,
		Facts: append(modelFacts(id), action.F("benchmark", b.Spec.ID), action.F("text", o.Text), action.F("items", len(list)),
			action.F("texts", digest(list, items))),
		Cost: action.Cost{Requests: len(list), Tokens: length / 4, Bytes: int64(len(list)) * 256},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			if err != nil {
				return nil, err
			}
			block := Block{Benchmark: b.Spec.ID, Items: items, Templates: templates(list), Texts: shorts(list)}
			if err := fill(ctx, rt, list, &block); err != nil {
				return nil, err
			}
			return encodeBlocks([]Block{block})
		},
	}
}

// embed fills in the vectors of a block's items.
func (b *Block) embed(ctx context.Context, e llm.Embedder, list []string, progress func(done, total int)) error {
	for from := 0; from < len(list); from += traceBatch {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := list[from:min(from+traceBatch, len(list))]
		vectors, err := e.Embed(ctx, part)
		if err != nil {
			return fmt.Errorf("items %s to %s: %w", b.Items[from], b.Items[from+len(part)-1], err)
		}
		if len(vectors) != len(part) {
			return fmt.Errorf("%d vectors for %d texts", len(vectors), len(part))
		}
		for i, v := range vectors {
			if b.Dim == 0 {
				b.Dim = len(v)
			}
			if len(v) != b.Dim {
				return fmt.Errorf("item %s has a vector of %d numbers, others of %d", b.Items[from+i], len(v), b.Dim)
			}
			b.Vectors = append(b.Vectors, v...)
		}
		progress(from+len(part), len(list))
	}
	return nil
}

// EmbeddedBy is the provider of a backend's own embedding, from one Embed action a benchmark.
func EmbeddedBy(name, model string, id llm.Identity, blocks []*action.Action) Provider {
	how := id.Engine
	if facts := append([]string{id.Route}, id.Options...); id.Route != "" {
		how += " (" + strings.Join(facts, ", ") + ")"
	}
	return Provider{Name: name, Title: "embeddings by " + model, Centre: true, Blocks: blocks, Method: "embedding of a text by " +
		model + ", as " + how + " makes it"}
}
