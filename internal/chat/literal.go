package chat

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// number takes an integer or a floating-point number.
func (l *lexer) number() {
	digits := func(from int) int {
		n := from
		for n < len(l.rest()) && (l.rest()[n] >= '0' && l.rest()[n] <= '9' || l.rest()[n] == '_') {
			n++
		}
		return n
	}
	n, k := digits(0), integer
	if fraction := digits(n + 1); n < len(l.rest()) && l.rest()[n] == '.' && fraction > n+1 {
		n, k = fraction, float
	}
	if n < len(l.rest()) && (l.rest()[n] == 'e' || l.rest()[n] == 'E') {
		from := n + 1
		if from < len(l.rest()) && (l.rest()[from] == '+' || l.rest()[from] == '-') {
			from++
		}
		if exponent := digits(from); exponent > from {
			n, k = exponent, float
		}
	}
	l.take(k, n)
}

// stringLiteral takes a string in quotes.
func (l *lexer) stringLiteral() {
	open, quote := l.at, l.source[l.at]
	for i := open + 1; i < len(l.source); i++ {
		switch l.source[i] {
		case '\\':
			i++
		case quote:
			l.at = i + 1
			l.add(stringLiteral, unescape(l.source[open+1:i], open), open)
			return
		}
	}
	fail(open, "the string does not end; %c is missing", quote)
}

var escapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f",
	'v': "\v", '\n': ""}

// unescape reads the escapes of Python's strings.
func unescape(s string, at int) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if plain, ok := escapes[s[i]]; ok {
			b.WriteString(plain)
			continue
		}
		switch c := s[i]; {
		case c == 'x' || c == 'u' || c == 'U':
			n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			b.WriteRune(codePoint(s[i+1:], n, 16, at))
			i += n
		case c >= '0' && c <= '7':
			n := 1
			for n < 3 && i+n < len(s) && s[i+n] >= '0' && s[i+n] <= '7' {
				n++
			}
			b.WriteRune(codePoint(s[i:], n, 8, at))
			i += n - 1
		case c == 'N':
			fail(at, `the escape \N is not supported; write the character`)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}

func codePoint(s string, digits, base, at int) rune {
	v, err := strconv.ParseUint(s[:min(digits, len(s))], base, 32)
	if err != nil || len(s) < digits || v > utf8.MaxRune || v >= 0xD800 && v < 0xE000 {
		fail(at, "the string has an escape that is no character")
	}
	return rune(v)
}
