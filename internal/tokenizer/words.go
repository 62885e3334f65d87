package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// words describes the family of pre-tokenizers that begins with GPT-4's and Llama 3's. Each is one regular expression with
// these alternatives, in this order (optional parts by field):
//
//	'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]     contractions
//	[^\r\n\p{L}\p{N}]?\p{L}+                                  a word, with one character in front that is no letter
//	\p{N}{1,digits}
//	 ?[^\s\p{L}\p{N}]+[\r\n]*                                 signs, with the line ends behind them
//	\s*[\r\n]+|\s+(?!\S)|\s+
//
// They need look-ahead, which Go's regexp does not have, so they are scanned by hand.
type words struct {
	contractions bool
	digits       int
	marks        bool // words may hold combining marks: [\p{L}\p{M}]+, and signs may not
	cased        bool // a word ends where its capitals begin again: see cased
	suffix       bool // a contraction belongs to the word before it
	slash        bool // [\r\n/]* behind signs
}

var (
	llama3Words = words{contractions: true, digits: 3}
	qwen2Words  = words{contractions: true, digits: 1}
	qwen35Words = words{contractions: true, digits: 1, marks: true}
	gpt4oWords  = words{digits: 3, cased: true, suffix: true, slash: true}
	tekkenWords = words{digits: 1, cased: true, slash: true}
)

// split is the splitter that w describes.
func (w words) split(s string) int {
	if w.contractions {
		if n := contraction(s, true); n > 0 {
			return n
		}
	}
	class, size := w.front(s)
	if class == letter {
		return w.word(s)
	}
	if class == number {
		return upTo(w.digits, s, number)
	}
	if next, _ := w.front(s[size:]); next == letter && s[0] != '\r' && s[0] != '\n' {
		return size + w.word(s[size:])
	}
	lead := 0
	if s[0] == ' ' {
		lead = 1
	}
	if class, _ := w.front(s[lead:]); class == other {
		return lead + w.signs(s[lead:])
	}
	blank := s[:run(s, space)]
	if newline := strings.LastIndexAny(blank, "\r\n"); newline >= 0 {
		return newline + 1
	}
	return whitespace(s)
}

// front is the class of the first character, where a mark counts as a letter if words may hold marks.
func (w words) front(s string) (class, int) {
	c, size := front(s)
	if w.marks && c == other && size > 1 {
		if r, _ := utf8.DecodeRuneInString(s); unicode.IsMark(r) {
			return letter, size
		}
	}
	return c, size
}

func (w words) runOf(s string, c class) int {
	n := 0
	for n < len(s) {
		next, size := w.front(s[n:])
		if next != c {
			break
		}
		n += size
	}
	return n
}

// signs is the length of the signs at the front of s and of the line ends behind them.
func (w words) signs(s string) int {
	n, tail := w.runOf(s, other), "\r\n"
	if w.slash {
		tail = "\r\n/"
	}
	return n + len(s[n:]) - len(strings.TrimLeft(s[n:], tail))
}

// word is the length of the word at the front of s, which begins with a letter.
func (w words) word(s string) int {
	n := w.runOf(s, letter)
	if w.cased {
		n = cased(s[:n])
	}
	if w.suffix && n < len(s) {
		n += contraction(s[n:], true)
	}
	return n
}

// cased is the length of the first match in a run of letters of llama.cpp's
//
//	U*V+|U+V*   with U = a letter but a-z, V = a letter but A-Z
//
// "camelCase" is "camel", "Case"; "HTTPServer" stays whole. The tokenizers that are imitated have all small and capital
// letters of Unicode, and marks, in the place of a-z and A-Z; llama.cpp's rule is what the files are run with.
func cased(run string) int {
	small := strings.IndexFunc(run, func(r rune) bool { return r >= 'a' && r <= 'z' })
	if small >= 0 {
		if capital := strings.IndexFunc(run[small:], isCapital); capital >= 0 {
			return small + capital
		}
		return len(run)
	}
	// U* has taken all; it gives back until V+ finds a letter that is no A-Z.
	if last := strings.LastIndexFunc(run, func(r rune) bool { return !isCapital(r) }); last >= 0 {
		_, size := utf8.DecodeRuneInString(run[last:])
		return last + size
	}
	return len(run)
}

func isCapital(r rune) bool { return r >= 'A' && r <= 'Z' }
