package llamacpp

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"sdmap/internal/chat"
	"sdmap/internal/llm"
)

// chatML marks the turns of the template that llama-server reports for a file that has none.
const chatML = "<|im_start|>"

// learnTemplate takes the server's chat template: that of the file, or of its option --chat-template-file. A model without one is
// given ChatML by the server; where the vocabulary lacks its tokens that is no template of this model.
func (d *Driver) learnTemplate(ctx context.Context) error {
	if strings.Contains(d.facts.template, chatML) {
		id, err := d.named(ctx, chatML)
		if err != nil || id < 0 {
			return err
		}
	}
	d.template = d.facts.template
	return nil
}

// RenderChat applies the server's chat template to one user message.
func (d *Driver) RenderChat(ctx context.Context, user string) (llm.Rendered, error) {
	if err := ctx.Err(); err != nil {
		return llm.Rendered{}, err
	}
	if d.template == "" {
		return llm.Rendered{}, fmt.Errorf("%s: the model has no chat_template of its own (key tokenizer.chat_template of its file); "+
			"ask without chat = true, serve a file of the instruction-tuned model, or start llama-server with --chat-template-file", d.servers[0].url)
	}
	r, err := chat.Prompt(d.template, user, d.facts.bos, d.facts.eos)
	if err != nil {
		return llm.Rendered{}, fmt.Errorf("%s: %w", d.servers[0].url, err)
	}
	return r, nil
}

// TokeniseChat encodes what RenderChat wrote, and what was put behind it. The server parses special tokens everywhere or nowhere;
// where it finds one that touches what came from outside, the stretches between the others are encoded one by one without parsing,
// which is how it goes about a text itself. Tokens that it parses in any case, and that look like the marks of a conversation, are
// an error there.
func (d *Driver) TokeniseChat(ctx context.Context, r llm.Rendered) ([]llm.Token, error) {
	table, err := d.vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	if eos := d.special.eos; eos >= 0 && len(table[eos]) > 0 {
		return nil, fmt.Errorf("%s shows special tokens as text (--special), so that they cannot be told from it; start it without", d.servers[0].url)
	}
	whole, err := d.tokenize(ctx, tokenizeRequest{Content: r.Text, Parse: true})
	if err != nil {
		return nil, err
	}
	parts, err := partsOf(r.Text, whole, func(id int32) bool { return len(table[id]) == 0 })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.servers[0].url, err)
	}
	tokens, err := d.join(ctx, r, parts)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		if text := r.Text[t.Start:t.End]; strings.HasPrefix(text, "<|") && strings.HasSuffix(text, "|>") && len(table[t.ID]) > 0 && touches(r.Foreign, t.Start, t.End) {
			return nil, fmt.Errorf("%s takes %q for a token wherever it stands, and it stands in what is asked; ask without chat = true", d.servers[0].url, text)
		}
	}
	if len(d.special.before) > 0 && (len(tokens) == 0 || tokens[0].ID != d.special.before[0]) {
		tokens = append([]llm.Token{{ID: d.special.before[0]}}, tokens...)
	}
	return tokens, nil
}

// part is a special token, or the tokens of a stretch between two of them.
type part struct {
	start, end int // bytes of the text
	special    bool
	pieces     []piece
}

// partsOf finds out where in a text its tokens stand. The server may put a space in front of a stretch, and swallow the white space
// behind a special token, which then belongs to that.
func partsOf(text string, tokens []piece, special func(id int32) bool) ([]part, error) {
	var parts []part
	at := 0
	for len(tokens) > 0 || at < len(text) {
		n := 0
		var stretch bytes.Buffer
		for n < len(tokens) && !special(tokens[n].ID) {
			stretch.Write(tokens[n].Text)
			n++
		}
		next := ""
		if n < len(tokens) {
			next = string(tokens[n].Text)
		}
		start, end, ok := place(text, at, stretch.String(), next, n == len(tokens))
		if !ok || next == "" && n < len(tokens) {
			return nil, fmt.Errorf("the tokens of %s are together another text: this model's tokenizer changes texts, so that its scores cannot be assigned", quote(text))
		}
		if len(parts) > 0 {
			parts[len(parts)-1].end = start
		}
		if n > 0 {
			parts = append(parts, part{start, end, false, tokens[:n]})
		}
		if at = end; n < len(tokens) {
			parts = append(parts, part{at, at + len(next), true, tokens[n : n+1]})
			at, n = at+len(next), n+1
		}
		tokens = tokens[n:]
	}
	return parts, nil
}

// place finds a stretch at or behind at, with the next special token, or the end of the text, behind it.
func place(text string, at int, stretch, next string, last bool) (start, end int, ok bool) {
	swallowed := len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\n\v\f\r"))
	for _, skip := range []int{0, swallowed} {
		for _, s := range []string{stretch, strings.TrimPrefix(stretch, " ")} {
			rest, found := strings.CutPrefix(text[at+skip:], s)
			if found && strings.HasPrefix(rest, next) && (!last || rest == "") {
				return at + skip, len(text) - len(rest), true
			}
		}
	}
	return 0, 0, false
}

// join gives the tokens of all parts, those of stretches that were read as special tokens in foreign text encoded anew.
func (d *Driver) join(ctx context.Context, r llm.Rendered, parts []part) ([]llm.Token, error) {
	var tokens []llm.Token
	for i := 0; i < len(parts); {
		if p := parts[i]; p.special && !touches(r.Foreign, p.start, p.end) {
			tokens = append(tokens, llm.Token{ID: p.pieces[0].ID, Start: p.start, End: p.end})
			i++
			continue
		}
		start, pieces, mixed := parts[i].start, parts[i].pieces, parts[i].special
		end := parts[i].end
		for i++; i < len(parts) && !(parts[i].special && !touches(r.Foreign, parts[i].start, parts[i].end)); i++ {
			end, mixed = parts[i].end, true
		}
		if mixed {
			var err error
			if pieces, err = d.tokenize(ctx, tokenizeRequest{Content: r.Text[start:end]}); err != nil {
				return nil, err
			}
		}
		n := len(tokens)
		var err error
		if tokens, err = tile(tokens, r.Text[start:end], pieces); err != nil {
			return nil, fmt.Errorf("%s: %w", d.servers[0].url, err)
		}
		for k := n; k < len(tokens); k++ {
			tokens[k].Start, tokens[k].End = tokens[k].Start+start, tokens[k].End+start
		}
	}
	return tokens, nil
}

// touches says whether [start, end) overlaps one of the stretches.
func touches(stretches []llm.Stretch, start, end int) bool {
	for _, s := range stretches {
		if s.Start < end && start < s.End {
			return true
		}
	}
	return false
}
