package diag

import (
	"fmt"
	"strings"
	"unicode"
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

func needsEscape(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
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
