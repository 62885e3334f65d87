package rows

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a text in quotes.
func (p *parser) string() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return p.text[start : p.at-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.wrong(`an escape such as \n or \u0001`)
		}
		p.at++
	}
	return "", notJSON{p.at, endsEarly}
}

// plain are the escapes that stand for one character.
var plain = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads a text from its first escape on.
func (p *parser) escaped(start int) (string, error) {
	out := p.scratch[:0]
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			out = append(out, p.text[start:p.at]...)
			p.at++
			p.scratch = out
			return string(out), nil
		case c == '\\':
			out = append(out, p.text[start:p.at]...)
			var err error
			if out, err = p.escape(out); err != nil {
				return "", err
			}
			start = p.at
		case c < ' ':
			return "", p.wrong(`an escape such as \n or \u0001`)
		default:
			p.at++
		}
	}
	return "", notJSON{p.at, endsEarly}
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
