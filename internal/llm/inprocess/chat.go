package inprocess

import (
	"context"
	"fmt"

	"sdmap/internal/chat"
	"sdmap/internal/llm"
	"sdmap/internal/tokenizer"
)

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
	text := func(id int32, ok bool) string {
		if !ok {
			return ""
		}
		return tok.Token(id)
	}
	r, err := chat.Prompt(template, user, text(tok.BOS()), text(tok.EOS()))
	if err != nil {
		return llm.Rendered{}, fmt.Errorf("%s: %w", d.path, err)
	}
	return r, nil
}

// TokenizeChat encodes what RenderChat wrote, and what was put behind it.
func (d *Driver) TokenizeChat(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	tok, err := d.tokenizer()
	if err != nil {
		return nil, err
	}
	ids, spans, err := encodeChat(tok, r)
	return tokensOf(ids, spans), err
}

func encodeChat(tok *tokenizer.Tokenizer, r llm.Rendered) ([]int32, []tokenizer.Span, error) {
	var untrusted []tokenizer.Span
	for _, s := range r.Untrusted {
		untrusted = append(untrusted, tokenizer.Span(s))
	}
	ids, spans := tok.EncodeChat(r.Text, untrusted)
	if err := tok.CheckChat(r.Text, untrusted); err != nil {
		return nil, nil, llm.Unaskable{Err: err}
	}
	return ids, spans, nil
}
