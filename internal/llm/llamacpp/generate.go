package llamacpp

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"unicode/utf8"

	"sdmap/internal/llm"
)

// generator has the servers continue prompts.
type generator struct{ *chats }

// answer is Driver.Generate.
func (g *generator) answer(ctx context.Context, reqs []llm.GenerateRequest) ([]llm.Generation, error) {
	if !g.offer.scores {
		return nil, fmt.Errorf("%s does not generate", g.first().url)
	}
	for i, req := range reqs {
		if req.MaxTokens < 1 {
			return nil, fmt.Errorf("request %d: %d tokens are asked for; at least 1 is possible", i, req.MaxTokens)
		}
		if !(req.Temperature >= 0) || math.IsInf(req.Temperature, 0) {
			return nil, fmt.Errorf("request %d: the temperature is %v; it must be 0 or positive", i, req.Temperature)
		}
		for j, stop := range req.Stop {
			if stop == "" {
				return nil, fmt.Errorf("request %d: stop text %d is empty", i, j)
			}
		}
	}
	if len(reqs) == 0 {
		return nil, ctx.Err()
	}
	table, err := g.table(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]llm.Generation, len(reqs))
	err = g.each(ctx, len(reqs), func(ctx context.Context, i int) error {
		prompt, err := g.prompt(ctx, reqs[i])
		if err == nil {
			err = g.check("request", i, prompt)
		}
		if err != nil {
			return llm.At("request", i, err)
		}
		err = g.onSlot(ctx, g.facts.context, func(s slot) error {
			out[i], err = g.generate(ctx, s, table, reqs[i], prompt)
			return err
		})
		if err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// prompt gives the ids of what is to be continued.
func (g *generator) prompt(ctx context.Context, req llm.GenerateRequest) ([]int32, error) {
	if !req.Chat {
		return g.encode(ctx, req.Prompt)
	}
	r, err := g.render(ctx, req.Prompt)
	if err != nil {
		return nil, err
	}
	tokens, err := g.tokens(ctx, r)
	ids := make([]int32, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	return ids, err
}

func (g *generator) generate(ctx context.Context, s slot, table pieces, asked llm.GenerateRequest,
	prompt []int32) (llm.Generation, error) {
	most := g.longest() + 1 - len(prompt) // the last token is chosen, and needs no place
	req := greedy(s, prompt, min(asked.MaxTokens, most))
	if asked.Temperature > 0 {
		req.Samplers, req.TopK, req.Temperature = []string{"temperature"}, 0, asked.Temperature
		req.Seed = seed(asked.Seed)
	}
	for _, stop := range asked.Stop {
		if utf8.ValidString(stop) { // others cannot be said; the text is cut here in any case
			req.Stop = append(req.Stop, stop)
		}
	}
	req.ReturnTokens = true
	req.Fields = []string{"tokens", "tokens_predicted", "stop_type", "truncated"}
	c, err := g.complete(ctx, s, req)
	if err != nil {
		return llm.Generation{}, err
	}
	out, err := c.generation(table, asked, req.Predict)
	if err != nil {
		err = fmt.Errorf("%s/completion: %w", s.server.url, err)
	}
	return out, err
}

// seed folds 64 bits into 32; the server takes the largest number for a wish for chance.
func seed(s uint64) uint32 {
	folded := uint32(s>>32)*0x9e3779b1 ^ uint32(s)
	if folded == math.MaxUint32 {
		folded = 0x9e3779b1
	}
	return folded
}

// generation reads the reply to a request for at most predict tokens.
func (c completion) generation(table pieces, asked llm.GenerateRequest, predict int) (llm.Generation, error) {
	g := llm.Generation{}
	tokens := c.Tokens
	if len(tokens) != c.Predicted || len(tokens) > predict {
		return g, fmt.Errorf("the reply has %d tokens, says that it has %d, and %d were asked for", len(tokens), c.Predicted,
			predict)
	}
	switch {
	case c.StopType == "eos" && len(tokens) > 0:
		tokens, g.Reason = tokens[:len(tokens)-1], "eos"
	case c.StopType == "word":
		g.Reason = "stop"
	case c.StopType == "limit" && len(tokens) == asked.MaxTokens:
		g.Reason = "length"
	case c.StopType == "limit" && (len(tokens) == predict || c.Truncated):
		g.Reason = "context"
	default:
		return g, fmt.Errorf("the reply ends after %d of %d tokens with the reason %q", len(tokens), predict, c.StopType)
	}
	var text []byte
	for i, id := range tokens {
		if id < 0 || int(id) >= len(table) {
			return g, fmt.Errorf("the reply's token %d has id %d; the vocabulary has %d", i, id, len(table))
		}
		before := len(text)
		text = append(text, table[id]...)
		if at := firstStop(text, before, asked.Stop); at >= 0 {
			return llm.Generation{Text: string(text[:at]), Tokens: i + 1, Reason: "stop"}, nil
		}
	}
	if g.Reason == "stop" {
		return g, fmt.Errorf("the reply ends at a stop text, but %s has none", quote(string(text)))
	}
	g.Text, g.Tokens = string(text), len(tokens)
	return g, nil
}

// firstStop is where the first stop text begins that ends behind before; -1 if there is none.
func firstStop(text []byte, before int, stops []string) int {
	first := -1
	for _, stop := range stops {
		from := max(0, before-len(stop)+1)
		if at := bytes.Index(text[from:], []byte(stop)); at >= 0 && (first < 0 || from+at < first) {
			first = from + at
		}
	}
	return first
}
