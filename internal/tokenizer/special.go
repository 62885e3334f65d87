package tokenizer

import (
	"cmp"
	"slices"
	"strings"
)

// specials finds the texts of special tokens: the leftmost, and there the longest.
//
// User-defined tokens are found always. Control and unknown tokens are found only where the caller asks for it, since in
// text from outside they would let data speak as the chat template does.
type specials struct {
	always, asked finder
}

// finder holds texts by their first byte, longest first.
type finder [256][]specialText

type specialText struct {
	text string
	id   int32
}

func newSpecials(v *vocabulary) specials {
	var s specials
	for i, token := range v.tokens {
		if token == "" || !v.types[i].special() {
			continue
		}
		one := specialText{token, int32(i)}
		s.asked[token[0]] = append(s.asked[token[0]], one)
		if v.types[i] == typeUserDefined {
			s.always[token[0]] = append(s.always[token[0]], one)
		}
	}
	s.always.sort()
	s.asked.sort()
	return s
}

func (f *finder) sort() {
	for _, list := range f {
		slices.SortFunc(list, func(a, b specialText) int {
			return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text))
		})
	}
}

// next returns the first special token at or after position from; without one, begin and end are len(text).
func (s *specials) next(text string, from int, parseSpecial bool) (begin, end int, id int32) {
	find := &s.always
	if parseSpecial {
		find = &s.asked
	}
	for i := from; i < len(text); i++ {
		for _, one := range find[text[i]] {
			if strings.HasPrefix(text[i:], one.text) {
				return i, i + len(one.text), one.id
			}
		}
	}
	return len(text), len(text), -1
}
