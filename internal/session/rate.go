package session

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
	"sdmap/internal/engine"
	"sdmap/internal/llm"
	"sdmap/internal/plan"
)

const (
	measureAtMost = 10 * time.Second // all models of a study together
	measuredTexts = 16               // at once, as benchmarks are asked
	measuredText  = 1000             // bytes of each at most
)

// Measure lets models in this process that were never measured on this machine read a few texts, so that a plan can say how long
// a
// run takes. The rates go to the store. It stops when its time is over; servers are not asked.
func (x *Session) Measure(ctx context.Context, p *engine.Preview) {
	ctx, cancel := context.WithTimeout(ctx, measureAtMost)
	defer cancel()
	specs := EveryModel(x.Study)
	for i, m := range x.everyModel() {
		weights := action.F(engine.WeightsFact, m.Identity.Weights)
		if ctx.Err() != nil || specs[i].Remote() || !slices.Contains(p.Unmeasured, weights.Value) {
			continue
		}
		if tokens, took, ok := x.pace(ctx, m); ok {
			x.world.Store.Keep(cas.Made{Kind: "session/rate", Subject: m.ID, Tokens: tokens, Seconds: took.Seconds(),
				Description: fmt.Sprintf("kind session/rate\nversion 1\nfact %s %s\n", weights.Label, weights.Value)}, nil)
		}
	}
}

// pace is how long a model takes for so many tokens, counted as plans do: four bytes each. The time is that of one worker, while
// all others are at work, too. The first text is read alone, which brings weights into memory, and again, which says whether
// there
// is time for more: they are faster together.
func (x *Session) pace(ctx context.Context, m plan.Model) (tokens int, took time.Duration, ok bool) {
	workers := time.Duration(max(1, x.world.Workers))
	if x.world.Workers == 0 {
		workers = time.Duration(runtime.GOMAXPROCS(0))
	}
	texts := x.someTexts()
	for _, n := range []int{1, 1, len(texts)} {
		deadline, _ := ctx.Deadline()
		if n > 1 && took*time.Duration(n) > deadline.Sub(x.world.Now()) {
			break
		}
		begun := x.world.Now()
		if err := readTexts(ctx, m, texts[:n]); err != nil {
			break
		}
		tokens, took, ok = len(strings.Join(texts[:n], ""))/4, x.world.Now().Sub(begun), true
	}
	return tokens, took * workers, ok && tokens > 0 && took > 0
}

// someTexts are of the study's own: of each benchmark in turn an item's prompt with a choice behind it, else of its corpus.
func (x *Session) someTexts() (texts []string) {
	for k := 0; k < measuredTexts && len(texts) < measuredTexts; k++ {
		for _, b := range x.Benchmarks {
			if b == nil || k >= len(b.Items) || len(texts) == measuredTexts {
				continue
			}
			item := b.Items[k]
			text := item.Prompt
			if len(item.Choices) > 0 {
				text += item.Delimiter + item.Choices[0]
			}
			texts = append(texts, cut(text))
		}
	}
	if x.Corpus != nil {
		for _, d := range x.Corpus.Docs[:min(len(x.Corpus.Docs), measuredTexts-len(texts))] {
			texts = append(texts, cut(d.Text))
		}
	}
	if len(texts) == 0 {
		return []string{llm.ProbeText}
	}
	return texts
}

// cut is the beginning of a text.
func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), measuredText)], "") }

// readTexts has a model read texts: to score them, or else to embed them.
func readTexts(ctx context.Context, m plan.Model, texts []string) error {
	scorer, ok := m.Driver.(llm.Scorer)
	tokenizer, tokenizes := m.Driver.(llm.Tokenizer)
	if c := llm.CapabilitiesOf(m.Driver); !ok || !tokenizes || !c.Score {
		embedder, embeds := m.Driver.(llm.Embedder)
		if !embeds || !c.Embed {
			return fmt.Errorf("model %s neither scores nor embeds", m.ID)
		}
		_, err := embedder.Embed(ctx, texts)
		return err
	}
	v, err := tokenizer.Vocabulary(ctx)
	if err != nil {
		return err
	}
	var seqs []llm.Sequence
	for _, text := range texts {
		tokens, err := tokenizer.Tokenize(ctx, text)
		if err != nil {
			return err
		}
		seq := llm.Sequence{From: 1}
		for _, t := range tokens[:min(len(tokens), v.Context)] {
			seq.Tokens = append(seq.Tokens, t.ID)
		}
		seqs = append(seqs, seq)
	}
	_, err = scorer.Score(ctx, seqs)
	return err
}
