package semantic

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// traceBatch texts are traced between two looks at the context.
const traceBatch = 16

// Hidden embeds the items of one benchmark by a model's hidden states: the mean over the text's tokens of the residual
// stream after the last block, before the final norm (whose division by the root mean square would discard length).
// Tokens that stand for no text (BOS, a space put in front) are left out, since their states are the model's attention
// sinks rather than the text's. Vectors are not centred; comparisons by cosine are made after the mean of all items of the
// study is subtracted, because hidden states share a few large dimensions (Timkey & van Schijndel 2021).
//
// A text that is longer than the model's context is left out.
func Hidden(m *llm.Model, id llm.Identity, b *benchmark.Benchmark, o study.Semantic) *action.Action {
	return itemVectors("semantic/hidden", m, id, b, o, func(ctx context.Context, rt action.Runtime, list []string,
		block *Block) (refusals, error) {
		e, err := newEncoder(ctx, m)
		if err != nil {
			return nil, err
		}
		tokens, refused := make([][]llm.Token, 0, len(list)), refusals{}
		for i, t := range list {
			ts, err := e.tokenize(ctx, t)
			if err != nil {
				err = fmt.Errorf("benchmark %s, item %s: %w", b.Spec.ID, block.Items[i], err)
			}
			switch _, cannot := errors.AsType[llm.Unaskable](err); {
			case cannot:
				refused[i] = err
			case err != nil:
				return nil, err
			default:
				tokens = append(tokens, ts)
			}
		}
		block.Vectors, block.Dim, err = e.embed(ctx, tokens, rt.Progress)
		return refused, err
	})
}

// modelFacts are the lines of a key that identify a model's numbers.
func modelFacts(id llm.Identity) []action.Fact {
	return []action.Fact{
		action.F("weights", id.Weights), action.F("engine", id.Engine), action.F("route", id.Route),
		action.F("options", fmt.Sprintf("%q", id.Options)),
	}
}

// encoder is a model that can be looked into.
type encoder struct {
	id      string
	context int
	llm.Tokenizer
	llm.Tracer
}

func newEncoder(ctx context.Context, m *llm.Model) (*encoder, error) {
	tokenizer, ok := m.Driver.(llm.Tokenizer)
	tracer, traces := m.Driver.(llm.Tracer)
	if !ok || !traces {
		return nil, fmt.Errorf("model %s shows no hidden states; embed by a model that runs in process, or by tfidf", m.ID)
	}
	v, err := tokenizer.Vocabulary(ctx)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.ID, err)
	}
	return &encoder{m.ID, v.Context, tokenizer, tracer}, nil
}

// tokenize encodes a text that must fit the model's context.
func (e *encoder) tokenize(ctx context.Context, text string) ([]llm.Token, error) {
	tokens, err := e.Tokenize(ctx, text)
	if err != nil {
		return nil, err
	}
	if len(tokens) > e.context {
		return nil, llm.Unaskable{Err: fmt.Errorf("the text has %d tokens and model %s reads %d; embed by a model with a longer "+
			"context, or by tfidf", len(tokens), e.id, e.context)}
	}
	if !slices.ContainsFunc(tokens, standsForText) {
		return nil, llm.Unaskable{Err: errors.New("the text has no tokens")}
	}
	return tokens, nil
}

func standsForText(t llm.Token) bool { return t.End > t.Start }

// embed returns one vector a sequence.
func (e *encoder) embed(ctx context.Context, tokens [][]llm.Token, progress func(done, total int)) (vectors []float32, dim int,
	err error) {
	for from := 0; from < len(tokens); from += traceBatch {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		batch := tokens[from:min(from+traceBatch, len(tokens))]
		seqs := make([][]int32, len(batch))
		for i, ts := range batch {
			for _, t := range ts {
				seqs[i] = append(seqs[i], t.ID)
			}
		}
		err := e.Trace(ctx, seqs, llm.WantResidual, func(i int, t *llm.Trace) error {
			dim = t.Width
			vectors = append(vectors, meanState(t.Residual[t.Layers], dim, batch[i])...)
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		progress(from+len(batch), len(tokens))
	}
	return vectors, dim, nil
}

// meanState is the mean of the rows (T x dim) of the tokens that stand for text.
func meanState(states []float32, dim int, tokens []llm.Token) []float32 {
	sum := make([]float64, dim)
	n := 0
	for t, token := range tokens {
		if standsForText(token) {
			n++
			for p, v := range states[t*dim : (t+1)*dim] {
				sum[p] += float64(v)
			}
		}
	}
	out := make([]float32, dim)
	for p, v := range sum {
		out[p] = float32(v / float64(n))
	}
	return out
}

// TFIDF embeds the items of all benchmarks by their words: see tfidf and truncatedSVD. It is the lexical baseline.
func TFIDF(bs []*benchmark.Benchmark, o study.Semantic) *action.Action {
	var all []string
	var failed error
	blocks := make([]Block, len(bs))
	keys := make([]string, len(bs))
	for i, b := range bs {
		list, items, err := texts(b, o.Text, o.Items)
		blocks[i] = Block{Benchmark: b.Spec.ID, Items: items}
		if err != nil {
			failed, list, blocks[i].Items, blocks[i].Missing = err, nil, []string{}, err.Error()
		}
		keys[i] = digest([]string{b.Spec.ID}, list, items)
		all = append(all, list...)
	}
	return &action.Action{
		Kind: "semantic/tfidf", Version: 1, Subject: fmt.Sprintf("%d benchmarks", len(bs)),
		Facts: []action.Fact{action.F("text", o.Text), action.F("dimensions", o.Dimensions), action.F("benchmarks", len(bs)),
			action.F("texts", digest(keys))},
		Cost: action.Cost{Bytes: int64(len(all)) * int64(o.Dimensions) * 4},
		Run: func(ctx context.Context, rt action.Runtime) ([]byte, error) {
			if len(all) == 0 && failed != nil {
				return nil, failed
			}
			return embedWords(slices.Clone(blocks), all, o.Dimensions)
		},
	}
}

// embedWords fills blocks, whose items stand one after the other in all.
func embedWords(blocks []Block, all []string, dimensions int) ([]byte, error) {
	x, vocabulary, err := tfidf(all)
	if err != nil {
		return nil, err
	}
	scores, singular, err := truncatedSVD(x, dimensions)
	if err != nil {
		return nil, err
	}
	dim, row := len(singular), 0
	for i := range blocks {
		n := len(blocks[i].Items)
		blocks[i].Dim, blocks[i].Texts = dim, shorts(all[row:row+n])
		for _, v := range scores[row*dim : (row+n)*dim] {
			blocks[i].Vectors = append(blocks[i].Vectors, float32(v))
		}
		row += n
	}
	var kept float64
	for _, s := range singular {
		kept += s * s
	}
	blocks[0].Facts = []axis.Value{
		{Name: "tfidf.words", Title: "Words of the lexical baseline", Value: float64(len(vocabulary)), N: len(all),
			Method: "lower-cased runs of letters and digits, and runs of other visible characters"},
		{Name: "tfidf.inertia", Title: "Inertia that the lexical baseline keeps", Value: kept / x.squaredNorm(), N: len(all),
			Method: fmt.Sprintf("sum of squares of the first %d singular values over that of all", dim)},
	}
	return encodeBlocks(blocks)
}
