package llamacpp

import (
	"context"
	"fmt"
	"strings"

	"sdmap/internal/llm"
)

// offer is what a server does, which depends on how it was started.
type offer struct {
	scores  bool // /completion answers
	pooling pooling
}

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

// examiner finds out what servers offer, and whether they are alike.
type examiner struct{ *encoder }

// learn asks every server what it offers.
func (x *examiner) learn(ctx context.Context) error {
	if err := x.learnFixed(ctx); err != nil {
		return err
	}
	var first *server
	for _, s := range x.all() {
		if !x.isAsked(s) {
			continue
		}
		offer, err := x.offers(ctx, s)
		if x.lost(s, err) && x.isAsked(x.first()) {
			continue
		}
		if err != nil {
			return err
		}
		if first != nil && offer != x.offer {
			return fmt.Errorf("%s and %s do not offer the same; start them with the same --embeddings and --pooling", first.url,
				s.url)
		}
		if first != nil && !alike(first.answers, s.answers) {
			return fmt.Errorf("%s and %s give other numbers for the same text; start them with the same model and options "+
				"(adapters, --rope-*, --override-kv)", first.url, s.url)
		}
		if first == nil {
			x.fingerprint = s.fingerprint
		}
		x.offer, first = offer, s
	}
	return nil
}

// learnFixed encodes the text whose answers are a model's fingerprint.
func (x *examiner) learnFixed(ctx context.Context) error {
	tokens, err := x.encode(ctx, llm.ProbeText)
	if err == nil {
		x.special.fixed = tokens[:min(len(tokens), fingerprintTokens, x.longest())]
	}
	return err
}

// offers asks a server for one token and for one embedding. What it refuses, it does not offer; what it answers wrongly is an
// error. The numbers of its answers are its model's fingerprint.
func (x *examiner) offers(ctx context.Context, s *server) (o offer, err error) {
	s.answers = nil
	if o.scores, err = x.generates(ctx, s); err != nil {
		return o, err
	}
	var top []entry
	if o.scores {
		if top, err = x.likeliest(ctx, s); err != nil {
			return o, err
		}
	}
	var embedding []float32
	if o.pooling, embedding, err = x.embeds(ctx, s); err == nil {
		err = s.takeFingerprint(top, embedding)
	}
	return o, err
}

func (x *examiner) generates(ctx context.Context, s *server) (bool, error) {
	req := greedy(slot{s, 0}, []int32{x.special.letter}, 1)
	req.Probs = 1
	req.prefer(x.special.letter)
	c, err := x.complete(ctx, slot{s, 0}, req)
	if err != nil {
		return offered(err)
	}
	if s.answers, err = c.forced([]int32{x.special.letter}); err != nil {
		return false, fmt.Errorf("%s/completion: %w; a llama-server is needed that shows log-probabilities and obeys logit_bias",
			s.url, err)
	}
	return true, nil
}

// embeds gives the embedding of the fixed text; of a server that shows all tokens' states, that of the last one.
func (x *examiner) embeds(ctx context.Context, s *server) (pooling, []float32, error) {
	e, err := x.embeddings(ctx, s, x.special.fixed)
	if err != nil {
		_, err = offered(err)
		return noPooling, nil, err
	}
	if vectors, err := e.vectors(1, x.facts.width); err == nil {
		return byServer, vectors[0], nil
	}
	if vectors, err := e.vectors(len(x.special.fixed), x.facts.width); err == nil {
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

// likeliest are the first tokens behind the fixed text with their log-probabilities.
func (x *examiner) likeliest(ctx context.Context, s *server) ([]entry, error) {
	req := greedy(slot{s, 0}, x.special.fixed, 1)
	req.Probs = fingerprintTop
	req.prefer(x.special.letter) // half a character would have no entry
	c, err := x.complete(ctx, slot{s, 0}, req)
	if err != nil {
		return nil, err
	}
	if len(c.Entries) != 1 || len(c.Entries[0].Top) != min(fingerprintTop, x.facts.vocab) {
		return nil, fmt.Errorf("%s/completion: the reply lacks the likeliest tokens that were asked for", s.url)
	}
	for _, e := range c.Entries[0].Top {
		if e.ID == nil {
			return nil, fmt.Errorf("%s/completion: the reply has a likeliest token without id", s.url)
		}
	}
	return c.Entries[0].Top, nil
}
