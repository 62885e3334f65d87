package inprocess

import (
	"bytes"
	"context"
	"fmt"

	"sdmap/internal/llm"
	"sdmap/internal/tokenizer"
	"sdmap/internal/transformer"
)

// Generate continues prompts, until a token that ends a generation (EOS, or the end of a turn or message). Tokens counts
// what was chosen, also the tokens that a stop text cut off, but not the one that ended it. Text is the model's bytes: a
// continuation may end inside a character.
func (d *Driver) Generate(ctx context.Context, reqs []llm.GenerateRequest) (_ []llm.Generation, err error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer d.done(leave, &err)
	tok, err := d.tokenizer()
	if err != nil {
		return nil, err
	}
	model, err := d.model()
	if err != nil {
		return nil, err
	}
	asked, texts := make([]transformer.Continuation, len(reqs)), make([]continuation, len(reqs))
	for i, req := range reqs {
		for j, stop := range req.Stop {
			if stop == "" {
				return nil, fmt.Errorf("request %d: stop text %d is empty", i, j)
			}
		}
		c := &texts[i]
		*c = continuation{tok: tok, stop: req.Stop}
		prompt, err := d.prompt(tok, req)
		if err != nil {
			return nil, llm.At("request", i, err)
		}
		asked[i] = transformer.Continuation{
			Prompt:    prompt,
			MaxTokens: req.MaxTokens, Temperature: req.Temperature, Seed: req.Seed,
			Accept: c.accept,
		}
	}
	continued, err := model.Generate(ctx, asked)
	if err != nil {
		return nil, err
	}
	out := make([]llm.Generation, len(reqs))
	for i, c := range texts {
		out[i] = llm.Generation{Text: string(c.text), Tokens: c.tokens, Reason: c.reason}
		if c.reason == "" {
			out[i].Reason = continued[i].Reason
		}
	}
	return out, nil
}

// prompt is what the model reads of a request.
func (d *Driver) prompt(tok *tokenizer.Tokenizer, req llm.GenerateRequest) ([]int32, error) {
	ids, err := d.encodePrompt(tok, req)
	if err == nil && len(ids) > d.config.Context {
		err = llm.Unaskable{Err: fmt.Errorf("the prompt has %d tokens, the model's context %d", len(ids), d.config.Context)}
	}
	return ids, err
}

func (d *Driver) encodePrompt(tok *tokenizer.Tokenizer, req llm.GenerateRequest) ([]int32, error) {
	if !req.Chat {
		if err := tok.Check(req.Prompt, false); err != nil {
			return nil, llm.Unaskable{Err: err}
		}
		return tok.Encode(req.Prompt, tok.AddBOS(), false), nil
	}
	r, err := d.render(tok, req.Prompt)
	if err != nil {
		return nil, err
	}
	ids, _, err := encodeChat(tok, r)
	return ids, err
}

// continuation is the text of one request as it grows.
type continuation struct {
	tok    *tokenizer.Tokenizer
	stop   []string
	text   []byte
	tokens int
	reason string // "stop" or "eos" once one of them ended it
}

// accept takes one more token; false ends the continuation.
func (c *continuation) accept(token int32) bool {
	if c.tok.EndsGeneration(token) {
		c.reason = "eos"
		return false
	}
	c.tokens++
	before := len(c.text)
	if !c.tok.IsControl(token) { // as llama-server does: what marks the parts of a conversation is no text
		c.text = append(c.text, c.tok.Piece(token)...)
	}
	cut := -1
	for _, stop := range c.stop {
		from := max(0, before-len(stop)+1) // a match that ends earlier would have been seen earlier
		if at := bytes.Index(c.text[from:], []byte(stop)); at >= 0 && (cut < 0 || from+at < cut) {
			cut = from + at
		}
	}
	if cut >= 0 {
		c.text, c.reason = c.text[:cut], "stop"
		return false
	}
	return true
}
