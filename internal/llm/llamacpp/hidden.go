package llamacpp

import (
	"context"
	"fmt"
	"strings"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

// pooling is what a server's /embedding gives.
type pooling uint8

const (
	noPooling pooling = iota // nothing: it was started without --embeddings
	byServer                 // one vector a text, pooled as the server was told or as the model wants
	eachToken                // hidden states of every token after the final norm: --pooling none
)

func (p pooling) String() string {
	switch p {
	case byServer:
		return "pooled by the server"
	case eachToken:
		return "mean of final states without BOS"
	}
	return "none"
}

type embeddingRequest struct {
	Content   []int32 `json:"content"`
	Normalise int     `json:"embd_normalize"` // -1: as they are
}

// learnCapabilities asks every server what it offers.
func (d *Driver) learnCapabilities(ctx context.Context) error {
	var first *server
	for _, s := range d.all() {
		if !d.isAsked(s) {
			continue
		}
		scores, pooling, err := d.offers(ctx, s)
		if d.lost(s, err) && d.isAsked(d.first()) {
			continue
		}
		if err != nil {
			return err
		}
		if first != nil && (scores != d.scores || pooling != d.pooling) {
			return fmt.Errorf("%s and %s do not offer the same; start them with the same --embeddings and --pooling", first.url,
				s.url)
		}
		if first != nil && !alike(first.answers, s.answers) {
			return fmt.Errorf("%s and %s give other numbers for the same text; start them with the same model and options "+
				"(adapters, --rope-*, --override-kv)", first.url, s.url)
		}
		if first == nil {
			d.fingerprint = s.fingerprint
		}
		d.scores, d.pooling, first = scores, pooling, s
	}
	return nil
}

// offers asks a server for one token and for one embedding. What it refuses, it does not offer; what it answers wrongly is an
// error. The numbers of its answers are its model's fingerprint.
func (d *Driver) offers(ctx context.Context, s *server) (scores bool, p pooling, err error) {
	s.answers = nil
	if scores, err = d.generates(ctx, s); err != nil {
		return scores, p, err
	}
	var top []entry
	if scores {
		if top, err = d.likeliest(ctx, s); err != nil {
			return scores, p, err
		}
	}
	p, embedding, err := d.embeds(ctx, s)
	if err == nil {
		err = s.takeFingerprint(top, embedding)
	}
	return scores, p, err
}

func (d *Driver) generates(ctx context.Context, s *server) (bool, error) {
	req := greedy(slot{s, 0}, []int32{d.special.letter}, 1)
	req.Probs = 1
	req.prefer(d.special.letter)
	c, err := d.complete(ctx, slot{s, 0}, req)
	if err != nil {
		return offered(err)
	}
	if s.answers, err = c.forced([]int32{d.special.letter}); err != nil {
		return false, fmt.Errorf("%s/completion: %w; a llama-server is needed that shows log-probabilities and obeys logit_bias",
			s.url, err)
	}
	return true, nil
}

// embeds gives the embedding of the fixed text; of a server that shows all tokens' states, that of the last one.
func (d *Driver) embeds(ctx context.Context, s *server) (pooling, []float32, error) {
	var e embeddings
	err := d.post(d.ample(ctx, len(d.special.fixed)), s, "/embedding", embeddingRequest{d.special.fixed, -1}, &e)
	if err != nil {
		_, err = offered(err)
		return noPooling, nil, err
	}
	if vectors, err := e.vectors(1, d.facts.width); err == nil {
		return byServer, vectors[0], nil
	}
	if vectors, err := e.vectors(len(d.special.fixed), d.facts.width); err == nil {
		return eachToken, vectors[len(vectors)-1], nil
	}
	return noPooling, nil, nil // scores of a reranker, or something else that is no embedding
}

// offered turns the server's word that it does not do something into false.
func offered(err error) (bool, error) {
	if e, ok := asAPIError(err); ok && (e.status == 501 || e.status == 400 || e.status == 404 ||
		strings.Contains(e.message, noLogits)) {
		return false, nil
	}
	return err == nil, err
}

// ample allows for a reply with the states of so many tokens, and of those that the server may add.
func (d *Driver) ample(ctx context.Context, tokens int) context.Context {
	const bytesOfNumber = 40 // as text, with white space
	return remote.AtMost(ctx, int64(tokens+8)*int64(d.facts.width)*bytesOfNumber)
}

// states are the vectors that /embedding gives for ids: rows of them.
func (d *Driver) states(ctx context.Context, ids []int32, rows int) (out [][]float32, err error) {
	err = d.onSlot(ctx, len(ids)+1, func(s slot) error {
		var e embeddings
		if err := d.post(d.ample(ctx, len(ids)), s.server, "/embedding", embeddingRequest{ids, -1}, &e); err != nil {
			return err
		}
		if out, err = e.vectors(rows, d.facts.width); err != nil {
			return fmt.Errorf("%s/embedding: %w", s.server.url, err)
		}
		return nil
	})
	return out, err
}

// Embed gives one vector a text, not normalised. A server that pools does it over all tokens that the model wants, special
// ones included; of a server with --pooling none it is the mean over the text's own tokens, BOS left out.
func (d *Driver) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	if d.pooling == noPooling {
		return nil, fmt.Errorf("%s gives no embeddings; start llama-server with --embeddings", d.first().url)
	}
	out := make([][]float32, len(texts))
	err := d.each(ctx, len(texts), func(ctx context.Context, i int) error {
		if texts[i] == "" {
			return fmt.Errorf("text %d is empty; it has no embedding", i)
		}
		ids, err := d.encode(ctx, texts[i])
		if err == nil {
			if d.pooling == byServer {
				ids = append(ids, d.special.after...)
			}
			err = d.checkTokens("text", i, ids)
		}
		if err != nil {
			return fmt.Errorf("text %d: %w", i, err)
		}
		if d.pooling == byServer {
			vectors, err := d.states(ctx, ids, 1)
			if err != nil {
				return fmt.Errorf("text %d: %w", i, err)
			}
			out[i] = vectors[0]
			return nil
		}
		states, err := d.states(ctx, ids, len(ids))
		if err != nil {
			return fmt.Errorf("text %d: %w", i, err)
		}
		out[i] = mean(states[len(d.special.before):])
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

// Trace shows hidden states after the final norm, which is all that a server shows, if it was started with --embeddings
// --pooling none. Layers, Hidden and Heads of the traces are 0.
func (d *Driver) Trace(ctx context.Context, seqs [][]int32, want llm.Want, visit func(i int, t *llm.Trace) error) error {
	if d.pooling != eachToken {
		return fmt.Errorf("%s shows no hidden states; start llama-server with --embeddings --pooling none", d.first().url)
	}
	if want&^llm.WantFinal != 0 {
		return fmt.Errorf("%s shows hidden states after the last layer only; a GGUF file read in this process shows all",
			d.first().url)
	}
	for i, ids := range seqs {
		if err := d.checkTokens("sequence", i, ids); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	together := d.width()
	for first := 0; first < len(seqs); first += together {
		now := seqs[first:min(first+together, len(seqs))]
		traces := make([]llm.Trace, len(now))
		err := d.each(ctx, len(now), func(ctx context.Context, i int) error {
			traces[i] = llm.Trace{T: len(now[i]), Width: d.facts.width, Vocab: d.facts.vocab}
			if want == 0 {
				return nil
			}
			states, err := d.states(ctx, now[i], len(now[i]))
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
