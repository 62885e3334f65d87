package llamacpp

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/llm"
)

// part is a special token, or the tokens of a span between two of them.
type part struct {
	start, end int // bytes of the text
	special    bool
	pieces     []piece
}

// partsOf finds out where in a text its tokens stand. swallow holds the special tokens among them, and whether they swallow the
// white space behind, which then belongs to them.
func partsOf(text string, tokens []piece, swallow map[int32]bool) ([]part, error) {
	mark := func(p piece) bool { _, ok := swallow[p.ID]; return ok }
	var parts []part
	for at := 0; len(tokens) > 0 || at < len(text); {
		p := part{start: at}
		n := slices.IndexFunc(tokens, mark)
		switch {
		case n == 0:
			rest, ok := strings.CutPrefix(text[at:], string(tokens[0].Text))
			if !ok || len(tokens[0].Text) == 0 {
				return nil, changed(text)
			}
			if swallow[tokens[0].ID] {
				rest = strings.TrimLeft(rest, blanks)
			}
			p.end, p.special, n = len(text)-len(rest), true, 1
		case n < 0:
			p.end, n = len(text), len(tokens)
			if !spells(tokens, text[at:]) {
				return nil, changed(text)
			}
		default:
			var ok bool
			if p.end, ok = place(text, at, tokens[:n], string(tokens[n].Text)); !ok {
				return nil, changed(text)
			}
		}
		p.pieces, tokens, at = tokens[:n], tokens[n:], p.end
		parts = append(parts, p)
	}
	return parts, nil
}

// place gives the end of a span that begins at at and has the special token next behind it.
func place(text string, at int, span []piece, next string) (end int, ok bool) {
	length := 0
	for _, p := range span {
		length += len(p.Text)
	}
	for _, end := range []int{at + length, at + length - 1} { // with a space in front that the server put there
		if end >= at && end <= len(text) && strings.HasPrefix(text[end:], next) && spells(span, text[at:end]) {
			return end, true
		}
	}
	return 0, false
}

// spells says whether tokens make a text, or the text with a space in front.
func spells(tokens []piece, text string) bool {
	_, err := tile(nil, text, tokens)
	return err == nil
}

func changed(text string) error {
	return fmt.Errorf("the tokens of %s are together another text: this model's tokenizer changes texts, so that its scores "+
		"cannot be assigned", quote(text))
}

// touches says whether a special token's own bytes, without white space that it swallowed, overlap one of the spans.
func (p part) touches(spans []llm.Span) bool {
	end := p.start + len(p.pieces[0].Text)
	return p.special && slices.ContainsFunc(spans, func(s llm.Span) bool { return s.Start < end && p.start < s.End })
}

// tile appends the part's tokens with their spans.
func (p part) tile(tokens []llm.Token, text string) ([]llm.Token, error) {
	if p.special {
		return append(tokens, llm.Token{ID: p.pieces[0].ID, Start: p.start, End: p.end}), nil
	}
	n := len(tokens)
	tokens, err := tile(tokens, text[p.start:p.end], p.pieces)
	for i := n; i < len(tokens); i++ {
		tokens[i].Start, tokens[i].End = tokens[i].Start+p.start, tokens[i].End+p.start
	}
	return tokens, err
}
