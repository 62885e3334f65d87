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

// chats makes tokens of conversations.
type chats struct {
	*encoder
	template   string // empty if the model has none
	swallowing swallowing
}

// learn takes the server's chat template: that of the file, or of its option --chat-template-file. The server's own
// ChatML is no template of the model, even where the vocabulary has its marks: in process the file has none either. Under
// --chat-template NAME the server reports the name alone, which as a template would make one prompt of all items.
func (c *chats) learn(ctx context.Context) error {
	if c.facts.template == builtIn || nameOnly(c.facts.template) {
		return nil
	}
	if strings.Contains(c.facts.template, chatML) {
		id, err := c.named(ctx, chatML)
		if err != nil || id < 0 {
			return err
		}
	}
	c.template = c.facts.template
	return nil
}

// nameOnly says whether what the server reports names a template and is none: it would show nothing of a conversation.
func nameOnly(template string) bool { return template != "" && !strings.Contains(template, "{") }

// render is Driver.RenderChat.
func (c *chats) render(ctx context.Context, user string) (llm.Rendered, error) {
	if err := ctx.Err(); err != nil {
		return llm.Rendered{}, err
	}
	if nameOnly(c.facts.template) {
		return llm.Rendered{}, fmt.Errorf("%s reports only the name of its chat_template, %s, so that it cannot be "+
			"applied here; "+
			"start llama-server without --chat-template, or with --chat-template-file", c.first().url, quote(c.facts.template))
	}
	if c.template == "" {
		said := ""
		if c.facts.template != "" {
			said = ", and the ChatML that llama-server reports is not made for it"
		}
		return llm.Rendered{}, fmt.Errorf("%s: the model has no chat_template of its own (key tokenizer.chat_template of "+
			"its file)%s; "+
			"ask without chat = true, serve a file of the instruction-tuned model, or start llama-server with "+
			"--chat-template-file", c.first().url, said)
	}
	r, err := chat.Prompt(c.template, user, c.facts.bos, c.facts.eos)
	if err != nil {
		return llm.Rendered{}, fmt.Errorf("%s: %w", c.first().url, err)
	}
	return r, nil
}

// tokens encodes what render wrote, and what was put behind it. The server parses special tokens everywhere or nowhere.
// Where it parses none that touches what came from outside, its tokens of the whole are right. Else the template's own special
// tokens are found with letters in place of what came from outside, and the spans between them are encoded one by one without
// parsing, which is how the server goes about a text itself. User-defined tokens it parses in any case: those that look like
// the marks of a conversation are an error there.
func (c *chats) tokens(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	table, err := c.table(ctx)
	if err != nil {
		return nil, err
	}
	if eos := c.special.eos; eos >= 0 && len(table[eos]) > 0 {
		return nil, fmt.Errorf("%s shows special tokens as text (--special), so that they cannot be told from it; "+
			"start it without", c.first().url)
	}
	mark := func(id int32) bool { return len(table[id]) == 0 || tokenizer.IsMark(string(table[id])) }
	parts, err := c.parse(ctx, r.Text, mark)
	if err == nil && slices.ContainsFunc(parts, func(p part) bool { return p.touches(r.Untrusted) }) {
		parts, err = c.apart(ctx, r, mark)
	}
	if err != nil {
		return nil, err
	}
	var tokens []llm.Token
	for _, p := range parts {
		if tokens, err = p.tile(tokens, r.Text); err != nil {
			return nil, fmt.Errorf("%s: %w", c.first().url, err)
		}
	}
	if first := c.special.before; len(first) > 0 && (len(tokens) == 0 || tokens[0].ID != first[0]) {
		tokens = slices.Insert(tokens, 0, llm.Token{ID: first[0]})
	}
	return tokens, nil
}

// parse encodes a text with its special tokens.
func (c *chats) parse(ctx context.Context, text string, mark func(id int32) bool) ([]part, error) {
	whole, err := c.tokenize(ctx, tokenizeRequest{Content: text, Parse: true})
	if err != nil {
		return nil, err
	}
	swallow := map[int32]bool{} // the marks among the tokens
	for _, p := range whole {
		if mark(p.ID) {
			if swallow[p.ID], err = c.swallows(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	parts, err := partsOf(text, whole, swallow)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.first().url, err)
	}
	return parts, nil
}

// swallowing remembers which special tokens swallow the white space behind them.
type swallowing struct {
	mu    sync.Mutex
	known map[int32]bool // has those that were asked about
}

// swallows asks the server, once, whether it makes a difference to a special token that a space follows.
func (c *chats) swallows(ctx context.Context, mark piece) (bool, error) {
	c.swallowing.mu.Lock()
	defer c.swallowing.mu.Unlock()
	if known, ok := c.swallowing.known[mark.ID]; ok {
		return known, nil
	}
	var got [2][]int32
	for i, behind := range []string{"A", " A"} {
		pieces, err := c.tokenize(ctx, tokenizeRequest{Content: string(mark.Text) + behind, Parse: true})
		if err != nil {
			return false, err
		}
		got[i] = ids(pieces)
	}
	if c.swallowing.known == nil {
		c.swallowing.known = map[int32]bool{}
	}
	c.swallowing.known[mark.ID] = slices.Equal(got[0], got[1])
	return c.swallowing.known[mark.ID], nil
}

// apart encodes a conversation whose untrusted spans would be read as special tokens.
func (c *chats) apart(ctx context.Context, r llm.Rendered, mark func(id int32) bool) ([]part, error) {
	found, err := c.parse(ctx, masked(r), mark)
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
		pieces, err := c.tokenize(ctx, tokenizeRequest{Content: text})
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(pieces, func(p piece) bool { return mark(p.ID) }); i >= 0 {
			return fmt.Errorf("%s takes %q for a token wherever it stands, and it stands in what is asked; ask "+
				"without chat = true", c.first().url, pieces[i].Text)
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
				"without chat = true", c.first().url, p.pieces[0].Text)
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
