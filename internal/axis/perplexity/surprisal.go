package perplexity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/corpus"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// documentsAtOnce go to the scorer together: enough to share work, few enough to lose little when interrupted.
const documentsAtOnce = 8

// Surprisal is the action that scores the pieces of one shard with one model. Its output is a Column (DecodeColumn).
//
// A piece's surprisal is the sum of -log2 p over the tokens whose bytes lie in it, over its bytes: bits per byte. A token
// that straddles pieces is shared out by bytes, and counted. With unit last_token it is -ln p of the last of them. The first
// Before pieces of a document are context only.
// Context never crosses a document, and each document begins as the model wants it, with BOS.
func Surprisal(m *llm.Model, id llm.Identity, shard corpus.Shard, o study.Perplexity) *action.Action {
	return &action.Action{
		Kind: "perplexity/surprisal", Version: 1, Subject: fmt.Sprintf("%s on documents %d to %d", m.ID, shard.First+1,
			shard.First+len(shard.Docs)),
		Facts: []action.Fact{
			action.F("weights", id.Weights), action.F("engine", id.Engine), action.F("route", id.Route),
			action.F("options", id.Options), action.F("unpinned", id.Unpinned),
			action.F("shard", shard.Digest), action.F("unit", o.Unit), action.F("context", o.Context),
			action.F("before", o.Before), action.F("window", maxWindow),
		},
		Cost: costOf(shard, o),
		Run: func(ctx context.Context, r action.Runtime) ([]byte, error) {
			c, err := scoreShard(ctx, r, m, shard, o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.ID, err)
			}
			return c.Encode(), nil
		},
	}
}

// costOf estimates a token as four bytes of text; the faithful window reads each piece's context anew.
func costOf(shard corpus.Shard, o study.Perplexity) action.Cost {
	bytes := 0
	for _, d := range shard.Docs {
		bytes += len(d.Text)
	}
	tokens := bytes/4 + len(shard.Docs)
	if o.Context == "window" {
		tokens *= o.Before + 1
	}
	return action.Cost{Requests: len(shard.Docs), Tokens: tokens, Bytes: int64(4*shard.Pieces + columnHead)}
}

func scoreShard(ctx context.Context, r action.Runtime, m *llm.Model, shard corpus.Shard, o study.Perplexity) (*Column, error) {
	scorer, okScore := m.Driver.(llm.Scorer)
	tokenizer, okTokens := m.Driver.(llm.Tokenizer)
	if !okScore || !okTokens {
		return nil, fmt.Errorf("surprisal needs a backend that tokenizes and scores")
	}
	vocabulary, err := tokenizer.Vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	reader := &reader{tokenizer: tokenizer, scorer: scorer, window: min(vocabulary.Context, maxWindow), before: o.Before,
		windows: o.Context == "window", unit: o.Unit}
	column := &Column{}
	journal := r.Journal()
	for first := 0; first < len(shard.Docs); first += documentsAtOnce {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		docs := shard.Docs[first:min(first+documentsAtOnce, len(shard.Docs))]
		key := fmt.Sprintf("documents %d", first)
		part, err := journalled(journal.Get(key))
		if part == nil || err != nil || len(part.Values) != pieceCount(docs) {
			if part, err = reader.read(ctx, docs); err != nil {
				return nil, err
			}
			if err := journal.Append(key, part.Encode()); err != nil {
				return nil, err
			}
		}
		column.append(part)
		r.Progress(min(first+documentsAtOnce, len(shard.Docs)), len(shard.Docs))
	}
	return column, nil
}

func journalled(data []byte, ok bool) (*Column, error) {
	if !ok {
		return nil, nil
	}
	return DecodeColumn(data)
}

func pieceCount(docs []corpus.Document) int {
	n := 0
	for _, d := range docs {
		n += len(d.Pieces)
	}
	return n
}

// reader scores documents with one model.
type reader struct {
	tokenizer      llm.Tokenizer
	scorer         llm.Scorer
	window, before int
	windows        bool // one pass for every piece
	unit           string
}

// read scores all passes of some documents in one batch.
func (r *reader) read(ctx context.Context, docs []corpus.Document) (*Column, error) {
	type planned struct {
		tokens []llm.Token
		of     []touch
		passes []pass

		refused bool // the model has no tokens for some of its bytes
	}
	plans := make([]planned, len(docs))
	var seqs []llm.Sequence
	for k, d := range docs {
		tokens, err := r.tokenizer.Tokenize(ctx, d.Text)
		if _, cannot := errors.AsType[llm.Unaskable](err); cannot {
			plans[k].refused = true
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("document %s: %w", d.ID, err)
		}
		p := planned{tokens: tokens, of: touches(tokens, d.Pieces)}
		if r.windows {
			p.passes = windows(p.of, r.before, r.window)
		} else {
			p.passes = strides(p.of, r.before, r.window)
		}
		for _, w := range p.passes {
			seqs = append(seqs, llm.Sequence{Tokens: idsOf(tokens[w.start:w.end]), From: w.from - w.start})
		}
		plans[k] = p
	}
	scores, err := r.scorer.Score(ctx, seqs)
	if err != nil {
		return nil, err
	}
	if len(scores) != len(seqs) {
		return nil, fmt.Errorf("the model answered %d of %d sequences", len(scores), len(seqs))
	}
	out := &Column{}
	for k, d := range docs {
		p := plans[k]
		if p.refused {
			out.append(unscored(d, r.before))
			continue
		}
		part, err := share(d, p.tokens, p.of, p.passes, scores[:len(p.passes)], r.before, r.unit)
		if err != nil {
			return nil, fmt.Errorf("document %s: %w", d.ID, err)
		}
		scores = scores[len(p.passes):]
		out.append(part)
	}
	return out, nil
}

// unscored is a document of which the model can read no piece.
func unscored(d corpus.Document, before int) *Column {
	return &Column{Values: slices.Repeat([]float32{float32(math.NaN())}, len(d.Pieces)), Unscored: max(0, len(d.Pieces)-before)}
}

// share turns the log-probabilities of a document's passes into bits per byte of its pieces, or nats of their last tokens.
// Where passes overlap, the one that was planned for a piece counts: passes are in the order of the pieces, and each covers the
// pieces up to its end.
func share(d corpus.Document, tokens []llm.Token, of []touch, passes []pass, scores []llm.Scores, before int,
	unit string) (*Column, error) {
	c := &Column{Values: slices.Repeat([]float32{float32(math.NaN())}, len(d.Pieces))}
	at := 0
	for p := before; p < len(d.Pieces); p++ {
		for at < len(passes) && passes[at].end < of[p].hi {
			at++
		}
		if at == len(passes) || passes[at].from > of[p].lo {
			c.Unscored++ // the piece is longer than the window: some of its tokens have no context
			continue
		}
		w := passes[at]
		run := tokens[of[p].lo:of[p].hi]
		v := scores[at][of[p].lo-w.from : of[p].hi-w.from]
		for k := range v {
			if math.IsNaN(v[k]) || math.IsInf(v[k], 0) {
				return nil, fmt.Errorf("token %d has the log-probability %v", of[p].lo+k, v[k])
			}
		}
		if unit == study.LastToken {
			c.Tokens++
			c.Values[p] = float32(-v[len(v)-1])
			continue
		}
		c.Tokens += len(run)
		c.Values[p] = c.bitsPerByte(d.Pieces[p], run, v)
	}
	return c, nil
}

// bitsPerByte is the surprisal of a piece's tokens over its bytes; a token that straddles pieces is shared out by bytes.
func (c *Column) bitsPerByte(p corpus.Piece, tokens []llm.Token, logProbs []float64) float32 {
	var nats float64
	for k, t := range tokens {
		part := shared(t, p)
		if part < t.End-t.Start {
			c.Straddled++
		}
		nats -= logProbs[k] * float64(part) / float64(t.End-t.Start)
	}
	return float32(nats / math.Ln2 / float64(p.End-p.Start))
}

func idsOf(tokens []llm.Token) []int32 {
	out := make([]int32, len(tokens))
	for i, t := range tokens {
		out[i] = t.ID
	}
	return out
}
