package diag

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Plain makes hostile text safe and honest on a terminal: control characters, invisible formatting (such as those that
// reverse the direction of writing) and bytes that are not UTF-8 are written as escapes. Line breaks and tabs are
// escaped too, so the result is one line.
func Plain(s string) string {
	if !strings.ContainsFunc(s, needsEscape) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case needsEscape(r):
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// Shown makes hostile text safe in a document that people read: one line of characters that can be seen. Breaks of lines and
// tabs become spaces; control characters, invisible formatting and what is not UTF-8 become U+FFFD, which fonts draw as a
// question mark. The two joiners that scripts such as Persian or Hindi are written with stay.
func Shown(s string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	return strings.Map(shown, s)
}

// ShownLines is Shown for a whole document, whose own line feeds and tabs stay.
func ShownLines(doc []byte) []byte {
	if bytes.IndexByte(doc, '\r') >= 0 {
		doc = bytes.ReplaceAll(doc, []byte("\r\n"), []byte("\n"))
		doc = bytes.ReplaceAll(doc, []byte("\r"), []byte("\n"))
	}
	return bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return shown(r)
	}, doc)
}

// shown is what stands for a character in a document; a byte that is not UTF-8 comes as U+FFFD and leaves as it.
func shown(r rune) rune {
	switch {
	case !hidden(r):
		return r
	case unicode.IsSpace(r):
		return ' '
	default:
		return utf8.RuneError
	}
}

// hidden says whether a character cannot be seen in a document.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r != nonJoiner && r != joiner && needsEscape(r)
}

// PlainJSON escapes in JSON what Plain escapes in other text. The values stay the same: what reads JSON reads them exactly.
func PlainJSON(text []byte) []byte {
	unsafe := func(r rune) bool { return r >= 0x7f && needsEscape(r) } // below, JSON has only its own spaces
	if !bytes.ContainsFunc(text, unsafe) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch hi, lo := utf16.EncodeRune(r); {
		case !unsafe(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}

// needsEscape says whether a character does something other than to be seen: it steers terminals, turns the direction of
// writing, takes no room, or is no character at all. Some signs of Arabic are formatting by their class, and are seen.
func needsEscape(r rune) bool {
	if ' ' <= r && r <= '~' {
		return false
	}
	return (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co,
		unicode.Noncharacter_Code_Point)) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	default:
		return fmt.Sprintf(`\u{%x}`, r)
	}
}

// NotUTF8 is the first byte of src that is not UTF-8, if there is one.
func NotUTF8(src []byte) (at int, found bool) {
	for at < len(src) {
		r, size := utf8.DecodeRune(src[at:])
		if r == utf8.RuneError && size == 1 {
			return at, true
		}
		at += size
	}
	return 0, false
}

// longestWord bounds, in characters, what DidYouMean looks at: nobody mistypes longer names letter by letter.
const longestWord = 256

// DidYouMean is the word of known that is most like word, or "" where none is like it. Likeness is the
// optimal-string-alignment distance (insert, delete, replace, swap neighbours), case ignored; a third of the letters may
// differ. Of equally near words the first in known wins.
func DidYouMean(word string, known []string) string {
	if len(word) > utf8.UTFMax*longestWord {
		return ""
	}
	of := []rune(strings.ToLower(word))
	best, bestDistance := "", max(1, len(of)/3)+1
	for _, k := range known {
		if n := utf8.RuneCountInString(k); n > longestWord || len(of) > longestWord || max(n-len(of), len(of)-n) >= bestDistance {
			continue
		}
		if d := distance(of, []rune(strings.ToLower(k))); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance needs three rows: swapping neighbours looks two back.
func distance(s, t []rune) int {
	var rows [3][longestWord + 1]int
	twoBack, last, row := rows[0][:len(t)+1], rows[1][:len(t)+1], rows[2][:len(t)+1]
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		twoBack, last, row = last, row, twoBack
		row[0] = i
		for j := 1; j <= len(t); j++ {
			replace := last[j-1]
			if s[i-1] != t[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], twoBack[j-2]+1)
			}
		}
	}
	return row[len(t)]
}
