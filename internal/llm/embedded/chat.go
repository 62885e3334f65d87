package embedded

import (
	"context"
	"fmt"
	"time"

	"sdmap/internal/chat"
	"sdmap/internal/llm"
	"sdmap/internal/tokenizer"
)

// templateDate is what templates that ask for the date are told, so that prompts do not change from day to day. It is the
// date that Llama 3's template falls back on.
var templateDate = time.Date(2024, time.July, 26, 0, 0, 0, 0, time.UTC)

// RenderChat applies the file's chat template (key tokenizer.chat_template) to one user message.
func (d *Driver) RenderChat(ctx context.Context, user string) (llm.Rendered, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return llm.Rendered{}, err
	}
	defer leave()
	tok, err := d.tokenizer()
	if err != nil {
		return llm.Rendered{}, err
	}
	return d.render(tok, user)
}

func (d *Driver) render(tok *tokenizer.Tokenizer, user string) (llm.Rendered, error) {
	template := tok.ChatTemplate()
	if template == "" {
		return llm.Rendered{}, fmt.Errorf("%s: the file has no chat_template (key tokenizer.chat_template); "+
			"ask without chat = true, or use a file of the instruction-tuned model", d.path)
	}
	options := chat.Options{AddGenerationPrompt: true, Now: templateDate}
	if id, ok := tok.BOS(); ok {
		options.BOS = tok.Token(id)
	}
	if id, ok := tok.EOS(); ok {
		options.EOS = tok.Token(id)
	}
	r, err := chat.Render(template, []chat.Message{{Role: "user", Content: user}}, options)
	if err != nil {
		return llm.Rendered{}, fmt.Errorf("%s: %w", d.path, err)
	}
	out := llm.Rendered{Text: r.Text}
	for _, s := range r.Foreign {
		out.Foreign = append(out.Foreign, llm.Stretch(s))
	}
	return out, nil
}

// TokeniseChat encodes what RenderChat wrote, and what was put behind it.
func (d *Driver) TokeniseChat(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	tok, err := d.tokenizer()
	if err != nil {
		return nil, err
	}
	return tokensOf(encodeChat(tok, r)), nil
}

func encodeChat(tok *tokenizer.Tokenizer, r llm.Rendered) ([]int32, []tokenizer.Span) {
	var foreign []tokenizer.Span
	for _, s := range r.Foreign {
		foreign = append(foreign, tokenizer.Span(s))
	}
	return tok.EncodeChat(r.Text, foreign)
}
