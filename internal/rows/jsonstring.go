package rows

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a text in quotes.
func (p *parser) string() (string, error) {
	p.at++
	start := p.at
	if p.plainText(); p.at >= len(p.text) {
		return "", notJSON{p.at, endsEarly}
	}
	switch p.text[p.at] {
	case '"':
		p.at++
		return p.text[start : p.at-1], nil
	case '\\':
		return p.escaped(start)
	}
	return "", p.wrong(noControls)
}

const noControls = `an escape such as \n or \u0001`

// plainText passes over characters that stand for themselves: up to a quote, a backslash, a control character or the end. It
// looks at eight bytes at once: in special the high bit of each that is one of them is set; the lowest such bit is right, those
// above it may be too many.
func (p *parser) plainText() {
	const each, high = 0x0101010101010101, 0x8080808080808080
	text, at := p.text, p.at
	for ; at+8 <= len(text); at += 8 {
		t := text[at : at+8]
		x := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 |
			uint64(t[6])<<48 | uint64(t[7])<<56
		quote, slash := x^each*'"', x^each*'\\'
		special := ((x-each*' ')&^x | (quote-each)&^quote | (slash-each)&^slash) & high
		if special != 0 {
			p.at = at + bits.TrailingZeros64(special)/8
			return
		}
	}
	for at < len(text) && text[at] != '"' && text[at] != '\\' && text[at] >= ' ' {
		at++
	}
	p.at = at
}

// plain are the escapes that stand for one character.
var plain = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads a text from its first escape on.
func (p *parser) escaped(start int) (string, error) {
	out := p.scratch[:0]
	for {
		if p.plainText(); p.at >= len(p.text) {
			return "", notJSON{p.at, endsEarly}
		}
		out = append(out, p.text[start:p.at]...)
		switch p.text[p.at] {
		case '"':
			p.at++
			p.scratch = out
			return string(out), nil
		case '\\':
			var err error
			if out, err = p.escape(out); err != nil {
				return "", err
			}
			start = p.at
		default:
			return "", p.wrong(noControls)
		}
	}
}

func (p *parser) escape(out []byte) ([]byte, error) {
	p.at++
	if p.at >= len(p.text) {
		return nil, notJSON{p.at, endsEarly}
	}
	c := p.text[p.at]
	if c != 'u' {
		if plain[c] == 0 {
			return nil, p.wrong("an escape that JSON knows")
		}
		p.at++
		return append(out, plain[c]), nil
	}
	first, ok := p.hex(p.at + 1)
	if !ok {
		return nil, p.wrong("u and four hexadecimal digits")
	}
	p.at += 5
	if !utf16.IsSurrogate(first) {
		return utf8.AppendRune(out, first), nil
	}
	if strings.HasPrefix(p.text[p.at:], `\u`) {
		if second, ok := p.hex(p.at + 2); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				p.at += 6
				return utf8.AppendRune(out, r), nil
			}
		}
	}
	p.note(LoneSurrogate, p.field)
	return utf8.AppendRune(out, utf8.RuneError), nil
}

func (p *parser) hex(at int) (rune, bool) {
	if at+4 > len(p.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[at:at+4], 16, 16)
	return rune(n), err == nil
}
