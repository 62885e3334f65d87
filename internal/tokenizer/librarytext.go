package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// libraryText finds words as the `tokenizers` library does, by BertNormalizer and BertPreTokenizer. (The library knows the marks,
// controls and punctuation of Unicode 8 only; here the 600 characters that are younger count for what they are.)
type libraryText struct{ clean, chinese, lower, strip bool }

// traced is a text and, for each of its bytes, where the character of the original text ends that it comes from.
type traced struct {
	text []byte
	ends []int
}

func (t *traced) add(r rune, end int) {
	before := len(t.text)
	t.text = utf8.AppendRune(t.text, r)
	for range len(t.text) - before {
		t.ends = append(t.ends, end)
	}
}

func (l libraryText) words(text string, emit func(bertWord)) {
	t := l.cleaned(text)
	if l.strip {
		t = t.stripped()
	}
	var w bertWord
	finish := func() {
		if len(w.text) > 0 {
			emit(w)
		}
		w = bertWord{origin: []int{0}}
	}
	finish()
	for i, size := 0, 0; i < len(t.text); i += size {
		var r rune
		r, size = utf8.DecodeRune(t.text[i:])
		if unicode.IsSpace(r) {
			finish()
			continue
		}
		alone := isBertPunctuation(r)
		if alone {
			finish()
		}
		part := traced{w.text, w.origin}
		if l.lower {
			part.lower(r, t.ends[i])
		} else {
			part.add(r, t.ends[i])
		}
		w.text, w.origin = part.text, part.ends
		if alone {
			finish()
		}
	}
	finish()
}

// cleaned is text without controls, and with spaces around Chinese characters. Bytes that are no UTF-8 are taken for U+FFFD.
func (l libraryText) cleaned(text string) (t traced) {
	for i, size := 0, 0; i < len(text); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(text[i:])
		switch end := i + size; {
		case l.clean && (r == 0 || r == utf8.RuneError || isOther(r)):
		case l.chinese && isChinese(r):
			t.add(' ', i)
			t.add(r, end)
			t.add(' ', end)
		default:
			t.add(r, end)
		}
	}
	return t
}

// stripped is t decomposed (NFD) and without the marks that take no room.
func (t traced) stripped() (out traced) {
	var segments norm.Iter
	segments.Init(norm.NFD, t.text)
	for !segments.Done() {
		for _, r := range string(segments.Next()) {
			if !isNonspacing(r) {
				out.add(r, t.ends[segments.Pos()-1])
			}
		}
	}
	return out
}

// lower adds the small form of r, which for one letter is two characters.
func (t *traced) lower(r rune, end int) {
	t.add(unicode.ToLower(r), end)
	if r == 'İ' { // which Go makes an i alone
		t.add('\u0307', end)
	}
}

// isOther says whether r is a control, and no white space of ASCII that BERT knows.
func isOther(r rune) bool { return isControl(r) && r != '\t' && r != '\n' && r != '\r' }

func isNonspacing(r rune) bool { return unicode.Is(unicode.Mn, r) }

// isBertPunctuation counts all signs of ASCII as punctuation.
func isBertPunctuation(r rune) bool { return isPunctuation(r) || r < 0x7F && unicode.IsSymbol(r) }
