package llamacpp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sdmap/internal/chat"
	"sdmap/internal/llm"
	"sdmap/internal/tokenizer"
)

// builtIn is the template that llama-server reports for a file that has none, and under --chat-template chatml (build 11669).
const builtIn = "{%- for message in messages -%}\n  {{- '<|im_start|>' + message.role + '\n' + message.content + " +
	"'<|im_end|>\n' -}}\n{%- endfor -%}\n" +
	"{%- if add_generation_prompt -%}\n  {{- '<|im_start|>assistant\n' -}}\n{%- endif -%}"

// chatML marks the turns of that template. Should other builds write it otherwise, vocabularies without the mark tell.
const chatML = "<|im_start|>"

// learnTemplate takes the server's chat template: that of the file, or of its option --chat-template-file. The server's own
// ChatML
// is no template of the model, even where the vocabulary has its marks: in process the file has none either. Under
// --chat-template
// NAME the server reports the name alone, which as a template would make one prompt of all items.
func (d *Driver) learnTemplate(ctx context.Context) error {
	if d.facts.template == builtIn || nameOnly(d.facts.template) {
		return nil
	}
	if strings.Contains(d.facts.template, chatML) {
		id, err := d.named(ctx, chatML)
		if err != nil || id < 0 {
			return err
		}
	}
	d.template = d.facts.template
	return nil
}

// nameOnly says whether what the server reports names a template and is none: it would show nothing of a conversation.
func nameOnly(template string) bool { return template != "" && !strings.Contains(template, "{") }

// RenderChat applies the server's chat template to one user message.
func (d *Driver) RenderChat(ctx context.Context, user string) (llm.Rendered, error) {
	if err := ctx.Err(); err != nil {
		return llm.Rendered{}, err
	}
	if nameOnly(d.facts.template) {
		return llm.Rendered{}, fmt.Errorf("%s reports only the name of its chat_template, %s, so that it cannot be "+
			"applied here; "+
			"start llama-server without --chat-template, or with --chat-template-file", d.first().url, quote(d.facts.template))
	}
	if d.template == "" {
		said := ""
		if d.facts.template != "" {
			said = ", and the ChatML that llama-server reports is not made for it"
		}
		return llm.Rendered{}, fmt.Errorf("%s: the model has no chat_template of its own (key tokenizer.chat_template of "+
			"its file)%s; "+
			"ask without chat = true, serve a file of the instruction-tuned model, or start llama-server with "+
			"--chat-template-file", d.first().url, said)
	}
	r, err := chat.Prompt(d.template, user, d.facts.bos, d.facts.eos)
	if err != nil {
		return llm.Rendered{}, fmt.Errorf("%s: %w", d.first().url, err)
	}
	return r, nil
}

// TokenizeChat encodes what RenderChat wrote, and what was put behind it. The server parses special tokens everywhere or nowhere.
// Where it parses none that touches what came from outside, its tokens of the whole are right. Else the template's own special
// tokens are found with letters in place of what came from outside, and the spans between them are encoded one by one without
// parsing, which is how the server goes about a text itself. User-defined tokens it parses in any case: those that look like
// the marks of a conversation are an error there.
func (d *Driver) TokenizeChat(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	table, err := d.vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	if eos := d.special.eos; eos >= 0 && len(table[eos]) > 0 {
		return nil, fmt.Errorf("%s shows special tokens as text (--special), so that they cannot be told from it; "+
			"start it without", d.first().url)
	}
	mark := func(id int32) bool { return len(table[id]) == 0 || tokenizer.IsMark(string(table[id])) }
	parts, err := d.parse(ctx, r.Text, mark)
	if err == nil && slices.ContainsFunc(parts, func(p part) bool { return p.touches(r.Untrusted) }) {
		parts, err = d.apart(ctx, r, mark)
	}
	if err != nil {
		return nil, err
	}
	var tokens []llm.Token
	for _, p := range parts {
		if tokens, err = p.tile(tokens, r.Text); err != nil {
			return nil, fmt.Errorf("%s: %w", d.first().url, err)
		}
	}
	if first := d.special.before; len(first) > 0 && (len(tokens) == 0 || tokens[0].ID != first[0]) {
		tokens = slices.Insert(tokens, 0, llm.Token{ID: first[0]})
	}
	return tokens, nil
}

// parse encodes a text with its special tokens.
func (d *Driver) parse(ctx context.Context, text string, mark func(id int32) bool) ([]part, error) {
	whole, err := d.tokenize(ctx, tokenizeRequest{Content: text, Parse: true})
	if err != nil {
		return nil, err
	}
	swallow := map[int32]bool{} // the marks among the tokens
	for _, p := range whole {
		if mark(p.ID) {
			if swallow[p.ID], err = d.swallows(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	parts, err := partsOf(text, whole, swallow)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.first().url, err)
	}
	return parts, nil
}

// swallowing remembers which special tokens swallow the white space behind them.
type swallowing struct {
	mu    sync.Mutex
	known map[int32]bool // has those that were asked about
}

// swallows asks the server, once, whether it makes a difference to a special token that a space follows.
func (d *Driver) swallows(ctx context.Context, mark piece) (bool, error) {
	d.swallowing.mu.Lock()
	defer d.swallowing.mu.Unlock()
	if known, ok := d.swallowing.known[mark.ID]; ok {
		return known, nil
	}
	var got [2][]int32
	for i, behind := range []string{"A", " A"} {
		pieces, err := d.tokenize(ctx, tokenizeRequest{Content: string(mark.Text) + behind, Parse: true})
		if err != nil {
			return false, err
		}
		got[i] = ids(pieces)
	}
	if d.swallowing.known == nil {
		d.swallowing.known = map[int32]bool{}
	}
	d.swallowing.known[mark.ID] = slices.Equal(got[0], got[1])
	return d.swallowing.known[mark.ID], nil
}

// apart encodes a conversation whose untrusted spans would be read as special tokens.
func (d *Driver) apart(ctx context.Context, r llm.Rendered, mark func(id int32) bool) ([]part, error) {
	found, err := d.parse(ctx, masked(r), mark)
	if err != nil {
		return nil, err
	}
	var parts []part
	at := 0
	between := func(end int) error {
		if at == end {
			return nil
		}
		text := r.Text[at:end]
		pieces, err := d.tokenize(ctx, tokenizeRequest{Content: text})
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(pieces, func(p piece) bool { return mark(p.ID) }); i >= 0 {
			return fmt.Errorf("%s takes %q for a token wherever it stands, and it stands in what is asked; ask "+
				"without chat = true", d.first().url, pieces[i].Text)
		}
		parts = append(parts, part{start: at, end: end, pieces: pieces})
		return nil
	}
	for _, p := range found {
		if !p.special {
			continue
		}
		if p.touches(r.Untrusted) {
			return nil, fmt.Errorf("%s: the letters of what is asked make the chat template's %q a special token; ask "+
				"without chat = true", d.first().url, p.pieces[0].Text)
		}
		if err := between(p.start); err != nil {
			return nil, err
		}
		parts = append(parts, p)
		at = p.end
	}
	err = between(len(r.Text))
	return parts, err
}

// masked has the letter A for every untrusted byte but white space, which special tokens may swallow.
func masked(r llm.Rendered) string {
	text := []byte(r.Text)
	for _, s := range r.Untrusted {
		for i := s.Start; i < s.End; i++ {
			if !strings.ContainsRune(blanks, rune(text[i])) {
				text[i] = 'A'
			}
		}
	}
	return string(text)
}

// blanks are C's white space.
const blanks = " \t\n\v\f\r"
