package tokenizer

import (
	"cmp"
	"slices"
	"strings"
)

// specials finds the texts of special tokens the way llama.cpp cuts them out of a text: the longest special token first,
// everywhere from the left, then the next longest in what remains. Of equally long ones the lower id goes first.
//
// User-defined tokens are found always. Control and unknown tokens are found only where the caller asks for it, since in
// text from outside they would let data speak as the chat template does.
type specials struct {
	always, asked finder
}

// finder holds the special tokens by their first byte.
type finder [256][]specialText

type specialText struct {
	text   string
	id     int32
	strips bool // the token swallows the white space behind it
}

// found is a special token and the bytes [begin, end) that it stands for, swallowed white space included.
type found struct {
	begin, end int
	id         int32
}

func newSpecials(v *vocabulary) specials {
	var s specials
	for i, token := range v.tokens {
		if token == "" || !v.types[i].special() {
			continue
		}
		one := specialText{token, int32(i), v.strips(int32(i))}
		s.asked[token[0]] = append(s.asked[token[0]], one)
		if v.types[i] == typeUserDefined {
			s.always[token[0]] = append(s.always[token[0]], one)
		}
	}
	return s
}

// find returns the special tokens of text in the order of the text. Tokens that let a text speak as the chat template
// does are left out where they touch one of the untrusted spans, which ascend and do not overlap.
func (s *specials) find(text string, parseSpecial bool, untrusted []Span) []found {
	list := &s.always
	if parseSpecial {
		list = &s.asked
	}
	type match struct {
		specialText
		at int
	}
	var matches []match
	for i := range len(text) {
		for _, one := range list[text[i]] {
			if strings.HasPrefix(text[i:], one.text) && !(s.speaks(one) && touches(untrusted, i, i+len(one.text))) {
				matches = append(matches, match{one, i})
			}
		}
	}
	if matches == nil {
		return nil
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.id, b.id), cmp.Compare(a.at, b.at))
	})
	taken := make([]bool, len(text))
	var out []found
	for _, m := range matches {
		end := m.at + len(m.text)
		if slices.Contains(taken[m.at:end], true) {
			continue
		}
		for m.strips && end < len(text) && !taken[end] && isSpaceASCII(text[end]) {
			end++
		}
		for i := m.at; i < end; i++ {
			taken[i] = true
		}
		out = append(out, found{m.at, end, m.id})
	}
	slices.SortFunc(out, func(a, b found) int { return cmp.Compare(a.begin, b.begin) })
	return out
}

// speaks says whether the token marks the parts of a conversation rather than text: every control and unknown token, and
// a user-defined one that is written like them, as older files have "<|user|>".
func (s *specials) speaks(one specialText) bool {
	return !slices.Contains(s.always[one.text[0]], one) || IsMark(one.text)
}

// IsMark says whether a token is written like the marks of a conversation: "<|user|>", "<｜User｜>".
func IsMark(token string) bool {
	inner, bar := strings.CutPrefix(token, "<|")
	wide, wideBar := strings.CutPrefix(token, "<｜")
	return bar && strings.HasSuffix(inner, "|>") || wideBar && strings.HasSuffix(wide, "｜>")
}

// touches says whether [begin, end) overlaps one of the spans.
func touches(spans []Span, begin, end int) bool {
	i, _ := slices.BinarySearchFunc(spans, begin, func(s Span, at int) int {
		if s.End <= at {
			return -1
		}
		return 1
	})
	return i < len(spans) && spans[i].Start < end
}

// isSpaceASCII is C's isspace.
func isSpaceASCII(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
