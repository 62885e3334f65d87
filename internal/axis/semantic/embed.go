package semantic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Embed embeds the items of one benchmark as the model's backend does: what its embedding is, only the backend knows, so the
// identity stands in the provider's title. A text that the backend would cut, or cannot take otherwise, is left out.
func Embed(m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Semantic) *action.Action {
	return itemVectors("semantic/embed", m, id, b, o, func(ctx context.Context, rt action.Runtime, list []string,
		block *Block) (refusals, error) {
		embedder, ok := m.Driver.(llm.Embedder)
		if !ok {
			return nil, fmt.Errorf("model %s does not embed texts", m.ID)
		}
		refused, err := block.embed(ctx, embedder, list, rt.Progress)
		if err != nil {
			return nil, fmt.Errorf("%s on %s: %w", m.ID, b.Spec.ID, err)
		}
		return refused, nil
	})
}

// itemVectors is the action that embeds the items of one benchmark by a model; fill gives the block the vectors of all items
// that the model takes.
func itemVectors(kind string, m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Semantic,
	fill func(ctx context.Context, rt action.Runtime, list []string, block *Block) (refusals, error)) *action.Action {
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
			block := Block{Benchmark: b.Spec.ID, Items: items, Texts: shorts(list)}
			refused, err := fill(ctx, rt, list, &block)
			if err == nil {
				err = block.leaveOut(refused, list)
			}
			if err != nil {
				return nil, err
			}
			return encodeBlocks([]Block{block})
		},
	}
}

// embed fills in the vectors of the block's items that the embedder takes.
func (b *Block) embed(ctx context.Context, e llm.Embedder, list []string, progress func(done, total int)) (refusals, error) {
	refused := refusals{}
	for from := 0; from < len(list); from += traceBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := list[from:min(from+traceBatch, len(list))]
		vectors, err := embedTakeable(ctx, e, part, from, refused)
		if err != nil {
			return nil, fmt.Errorf("items %s to %s: %w", b.Items[from], b.Items[from+len(part)-1], err)
		}
		for _, v := range vectors {
			if b.Dim == 0 {
				b.Dim = len(v)
			}
			if len(v) != b.Dim {
				return nil, fmt.Errorf("a text among items %s to %s has a vector of %d numbers, others of %d", b.Items[from],
					b.Items[from+len(part)-1], len(v), b.Dim)
			}
			b.Vectors = append(b.Vectors, v...)
		}
		progress(from+len(part), len(list))
	}
	return refused, nil
}

// embedTakeable embeds a batch of texts, the first of which is the from-th of the benchmark. Those that the embedder cannot take
// are left out, one by one.
func embedTakeable(ctx context.Context, e llm.Embedder, texts []string, from int, refused refusals) ([][]float32, error) {
	left, at := slices.Clone(texts), make([]int, len(texts))
	for i := range at {
		at[i] = from + i
	}
	for len(left) > 0 {
		vectors, err := e.Embed(ctx, left)
		if u, ok := errors.AsType[llm.Unaskable](err); ok && u.Request < len(left) {
			refused[at[u.Request]] = err
			left, at = slices.Delete(left, u.Request, u.Request+1), slices.Delete(at, u.Request, u.Request+1)
			continue
		}
		if err == nil && len(vectors) != len(left) {
			err = fmt.Errorf("%d vectors for %d texts", len(vectors), len(left))
		}
		return vectors, err
	}
	return nil, nil
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
