package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is what the pre-tokenizers' expressions distinguish.
type class uint8

const (
	none   class = iota // the end of the text
	letter              // \p{L}
	number              // \p{N}
	space               // \s, the property White_Space
	other               // the rest; invalid UTF-8 too, as U+FFFD would be
)

// classOf classifies by Unicode 16, the version of the `tokenizers` library that models are trained with. Go's tables
// are of version 15 and lack the letters, numbers and punctuation of the scripts that 15.1 and 16 added.
func classOf(r rune) class {
	switch {
	case unicode.IsLetter(r) || unicode.Is(newLetters, r):
		return letter
	case unicode.IsNumber(r) || unicode.Is(newNumbers, r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

func isPunctuation(r rune) bool { return unicode.IsPunct(r) || unicode.Is(newPunctuation, r) }

// asciiClass spares the look-up for most text.
var asciiClass = func() (table [utf8.RuneSelf]class) {
	for b := range table {
		table[b] = classOf(rune(b))
	}
	return table
}()

// front returns the class and the length of the character at the front of s.
func front(s string) (c class, size int) {
	if s == "" {
		return none, 0
	}
	if s[0] < utf8.RuneSelf {
		return asciiClass[s[0]], 1
	}
	r, size := utf8.DecodeRuneInString(s)
	return classOf(r), size
}

// run returns the length of the longest prefix of s with all characters of class c.
func run(s string, c class) int { return upTo(len(s), s, c) }

// upTo is run for at most limit characters.
func upTo(limit int, s string, c class) int {
	n := 0
	for range limit {
		next, size := front(s[n:])
		if next != c {
			break
		}
		n += size
	}
	return n
}

// The characters that Unicode 15.1 and 16 added to \p{L}, \p{N} and \p{P}.
var (
	newLetters = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x1C89, 0x1C8A, 1},
			{0xA7CB, 0xA7CD, 1},
			{0xA7DA, 0xA7DC, 1},
		},
		R32: []unicode.Range32{
			{0x105C0, 0x105F3, 1},
			{0x10D4A, 0x10D65, 1},
			{0x10D6F, 0x10D85, 1},
			{0x10EC2, 0x10EC4, 1},
			{0x11380, 0x11389, 1},
			{0x1138B, 0x1138B, 1},
			{0x1138E, 0x1138E, 1},
			{0x11390, 0x113B5, 1},
			{0x113B7, 0x113B7, 1},
			{0x113D1, 0x113D1, 1},
			{0x113D3, 0x113D3, 1},
			{0x11BC0, 0x11BE0, 1},
			{0x13460, 0x143FA, 1},
			{0x16100, 0x1611D, 1},
			{0x16D40, 0x16D6C, 1},
			{0x18CFF, 0x18CFF, 1},
			{0x1E5D0, 0x1E5ED, 1},
			{0x1E5F0, 0x1E5F0, 1},
			{0x2EBF0, 0x2EE5D, 1},
		},
	}
	newNumbers = &unicode.RangeTable{
		R32: []unicode.Range32{
			{0x10D40, 0x10D49, 1},
			{0x116D0, 0x116E3, 1},
			{0x11BF0, 0x11BF9, 1},
			{0x16130, 0x16139, 1},
			{0x16D70, 0x16D79, 1},
			{0x1CCF0, 0x1CCF9, 1},
			{0x1E5F1, 0x1E5FA, 1},
		},
	}
	newPunctuation = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x1B4E, 0x1B4F, 1},
			{0x1B7F, 0x1B7F, 1},
		},
		R32: []unicode.Range32{
			{0x10D6E, 0x10D6E, 1},
			{0x113D4, 0x113D5, 1},
			{0x113D7, 0x113D8, 1},
			{0x11BE1, 0x11BE1, 1},
			{0x16D6D, 0x16D6F, 1},
			{0x1E5FF, 0x1E5FF, 1},
		},
	}
)
