package llamacpp

import (
	"context"
	"errors"
	"fmt"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

type embeddingRequest struct {
	Content   []int32 `json:"content"`
	Normalise int     `json:"embd_normalize"` // -1: as they are
}

// embeddings asks a server for what it makes of ids. The reply may be as long as the states of all tokens, and of those that
// the server may add.
func (f *fleet) embeddings(ctx context.Context, s *server, ids []int32) (out embeddings, err error) {
	const bytesOfNumber = 40 // as text, with white space
	ample := remote.AtMost(ctx, int64(len(ids)+8)*int64(f.facts.width)*bytesOfNumber)
	err = f.post(ample, s, "/embedding", embeddingRequest{ids, -1}, &out)
	return out, err
}

// hidden asks for vectors: hidden states, and what is pooled from them.
type hidden struct{ *encoder }

// states are the vectors that /embedding gives for ids: rows of them.
func (h *hidden) states(ctx context.Context, ids []int32, rows int) (out [][]float32, err error) {
	err = h.onSlot(ctx, len(ids)+1, func(s slot) error {
		e, err := h.embeddings(ctx, s.server, ids)
		if err != nil {
			return err
		}
		if out, err = e.vectors(rows, h.facts.width); err != nil {
			return fmt.Errorf("%s/embedding: %w", s.server.url, err)
		}
		return nil
	})
	return out, err
}

// embed is Driver.Embed.
func (h *hidden) embed(ctx context.Context, texts []string) ([][]float32, error) {
	if h.offer.pooling == noPooling {
		return nil, fmt.Errorf("%s gives no embeddings; start llama-server with --embeddings", h.first().url)
	}
	out := make([][]float32, len(texts))
	err := h.each(ctx, len(texts), func(ctx context.Context, i int) error {
		if texts[i] == "" {
			return llm.At("text", i, llm.Unaskable{Err: errors.New("it is empty; it has no embedding")})
		}
		ids, err := h.encode(ctx, texts[i])
		if err == nil {
			if h.offer.pooling == byServer {
				ids = append(ids, h.special.after...)
			}
			err = h.check("text", i, ids)
		}
		if err != nil {
			return llm.At("text", i, err)
		}
		if h.offer.pooling == byServer {
			vectors, err := h.states(ctx, ids, 1)
			if err != nil {
				return llm.At("text", i, err)
			}
			out[i] = vectors[0]
			return nil
		}
		states, err := h.states(ctx, ids, len(ids))
		if err != nil {
			return llm.At("text", i, err)
		}
		out[i] = mean(states[len(h.special.before):])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// mean of vectors of one length, summed in float64.
func mean(vectors [][]float32) []float32 {
	out := make([]float32, len(vectors[0]))
	for j := range out {
		var sum float64
		for _, v := range vectors {
			sum += float64(v[j])
		}
		out[j] = float32(sum / float64(len(vectors)))
	}
	return out
}

// trace is Driver.Trace.
func (h *hidden) trace(ctx context.Context, seqs [][]int32, want llm.Want, visit func(i int, t *llm.Trace) error) error {
	if h.offer.pooling != eachToken {
		return fmt.Errorf("%s shows no hidden states; start llama-server with --embeddings --pooling none", h.first().url)
	}
	if want&^llm.WantFinal != 0 {
		return fmt.Errorf("%s shows hidden states after the last layer only; a GGUF file read in this process shows all",
			h.first().url)
	}
	for i, ids := range seqs {
		if err := h.check("sequence", i, ids); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	together := h.width()
	for first := 0; first < len(seqs); first += together {
		now := seqs[first:min(first+together, len(seqs))]
		traces := make([]llm.Trace, len(now))
		err := h.each(ctx, len(now), func(ctx context.Context, i int) error {
			traces[i] = llm.Trace{T: len(now[i]), Width: h.facts.width, Vocab: h.facts.vocab}
			if want == 0 {
				return nil
			}
			states, err := h.states(ctx, now[i], len(now[i]))
			if err != nil {
				return fmt.Errorf("sequence %d: %w", first+i, err)
			}
			for _, row := range states {
				traces[i].Final = append(traces[i].Final, row...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i := range traces {
			if err := visit(first+i, &traces[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
