package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sdmap/internal/gguf"
)

// wordPiece is BERT's WordPiece (Devlin et al. 2019; Schuster and Nakajima 2012): the text is split
// at white space and around punctuation and Chinese characters, letters lose case and accents, and each word is cut from
// the left into the longest tokens; a word that cannot be cut up is the unknown token as a whole.
//
// The vocabulary of a GGUF file is read as llama.cpp does it, that of a tokenizer.json as the `tokenizers` library (libraryText).
// llama.cpp differs in that: of a character's decomposition only the first character stays (so of a Hangul syllable its first
// letter); all marks go, not just those without width; vertical tab, form feed and U+0085 part words, where the library removes
// them; unassigned characters stay; words may be of any length.
//
// Characters that make no token belong to the span of the token behind them, at the end to the last token ([CLS], if no
// other). The original text cannot be had back.
type wordPiece struct {
	ids          map[string]int32
	unknown      int32
	longest      int                                      // bytes of the longest token
	begins, goes string                                   // what a token that begins a word has in front, and one that goes on
	most         int                                      // characters of a word that is cut up; 0 for any number
	words        func(text string, emit func(w bertWord)) // calls emit with the words of text
}

func newWordPiece(f *gguf.File, v *vocabulary) (model, error) {
	m := &wordPiece{ids: v.ids, unknown: -1, begins: escapedSpace}
	var err error
	if m.unknown, err = v.readID(f, keyUnknown, 100); err != nil {
		return nil, err
	}
	if m.unknown < 0 {
		return nil, fault(f, keyUnknown, "the key is missing, but words that are not in the vocabulary need the token")
	}
	var text llamaText
	if text.lower, err = f.BoolOr(keyLowercase, true); err != nil {
		return nil, err
	}
	if text.strip, err = f.BoolOr(keyStripAccents, text.lower); err != nil {
		return nil, err
	}
	m.words = text.words
	for id, token := range v.tokens {
		m.longest = max(m.longest, len(token))
		v.pieces[id] = []byte(token)
		if !v.types[id].special() {
			v.pieces[id] = []byte(strings.ReplaceAll(token, escapedSpace, " "))
		}
	}
	v.addSpacePrefix = true // as Decode sees it: the first word's space was added
	return m, nil
}

// bertWord is a word as it is looked up, and where each of its bytes, and its end, come from.
type bertWord struct {
	text   []byte
	origin []int
}

func (m *wordPiece) encode(text string, base int, out *encoding) {
	covered := base
	m.words(text, func(w bertWord) {
		for _, piece := range m.cut(w.text) {
			end := base + w.origin[piece.end]
			out.add(piece.id, covered, end)
			covered = end
		}
	})
	if end := base + len(text); covered < end {
		out.extend(end)
	}
}

// llamaText finds words as llama.cpp does.
type llamaText struct{ lower, strip bool }

// words calls emit with the words of text. A character stands between the origins of its first byte and of the next
// character's.
func (m llamaText) words(text string, emit func(bertWord)) {
	var w bertWord
	finish := func() {
		if len(w.text) > 0 {
			emit(w)
		}
		w = bertWord{}
	}
	for i, size := 0, 0; i < len(text); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(text[i:])
		if m.strip {
			r = baseOf(r)
		}
		switch {
		case unicode.IsSpace(r):
			finish()
			continue
		case r == 0 || r == utf8.RuneError || isControl(r) || m.strip && unicode.IsMark(r):
			continue
		}
		alone := isBertPunctuation(r) || isChinese(r)
		if m.lower {
			r = unicode.ToLower(r)
		}
		if alone {
			finish()
		}
		if w.origin == nil {
			w.origin = []int{i}
		}
		before := len(w.text)
		w.text = utf8.AppendRune(w.text, r)
		for range len(w.text) - before {
			w.origin = append(w.origin, i+size)
		}
		if alone {
			finish()
		}
	}
	finish()
}

// cutPiece is a token of a word and the byte of the word at which it ends.
type cutPiece struct {
	id  int32
	end int
}

// cut finds the tokens of a word.
func (m *wordPiece) cut(word []byte) []cutPiece {
	if m.most > 0 && utf8.RuneCount(word) > m.most {
		return []cutPiece{{m.unknown, len(word)}}
	}
	marked := append([]byte(m.begins), word...)
	var out []cutPiece
	for at := 0; at < len(marked); {
		front := ""
		if at > 0 {
			front = m.goes
		}
		end, id := min(len(marked), at+m.longest), int32(-1)
		for ; end > at; end-- {
			if known, ok := m.ids[front+string(marked[at:end])]; ok {
				id = known
				break
			}
		}
		if id < 0 {
			return []cutPiece{{m.unknown, len(word)}}
		}
		at = end
		out = append(out, cutPiece{id, max(0, end-len(m.begins))})
	}
	return out
}

// baseOf is the first character of r's canonical decomposition.
func baseOf(r rune) rune {
	const firstSyllable, lastSyllable, firstLetter, perLetter = 0xAC00, 0xD7A3, 0x1100, 588
	if r < utf8.RuneSelf {
		return r
	}
	if r >= firstSyllable && r <= lastSyllable {
		return firstLetter + (r-firstSyllable)/perLetter
	}
	first, _ := utf8.DecodeRune(norm.NFD.PropertiesString(string(r)).Decomposition())
	if first == utf8.RuneError {
		return r
	}
	return first
}

// isControl says whether r is of a category C, but for unassigned characters.
func isControl(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) }

// isChinese is the range of characters that BERT takes for words of their own.
func isChinese(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B73F || r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}
