package bibtex

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// decoder turns text with LaTeX in it into plain text.
type decoder struct {
	verbatim bool     // dashes, tildes and quotes stand for themselves
	unknown  []string // commands that stay as they are
	commas   []string // names with too many
	quotes   int      // single ones that are open
}

// text is raw as people read it: without braces, on one line, with single blanks.
func (d *decoder) text(raw string) string {
	var b strings.Builder
	d.write(&b, raw, 0)
	return norm.NFC.String(strings.Join(strings.Fields(b.String()), " "))
}

// write decodes raw into b.
func (d *decoder) write(b *strings.Builder, raw string, depth int) {
	if depth > deepest {
		b.WriteString(raw)
		return
	}
	for raw != "" {
		switch c := raw[0]; {
		case c == '\\':
			raw = d.command(b, raw[1:], depth)
		case c == '{' || c == '}' || c == '$' && !d.verbatim:
			raw = raw[1:]
		case d.verbatim:
			b.WriteByte(c)
			raw = raw[1:]
		default:
			raw = d.sign(b, raw)
		}
	}
}

// signs are sequences of characters that LaTeX sets as one, the longest first.
var signs = []struct{ from, to string }{
	{"---", "—"}, {"--", "–"}, {"``", "“"}, {"''", "”"}, {"~", " "}, {"`", "‘"},
}

// sign writes the next character, or what several stand for. An apostrophe closes a single quote where one is open and no
// letter follows; any other stays as it is.
func (d *decoder) sign(b *strings.Builder, raw string) string {
	for _, s := range signs {
		if strings.HasPrefix(raw, s.from) {
			b.WriteString(s.to)
			if s.to == "‘" {
				d.quotes++
			}
			return raw[len(s.from):]
		}
	}
	next, size := utf8.DecodeRuneInString(raw)
	if after, _ := utf8.DecodeRuneInString(raw[size:]); next == '\'' && d.quotes > 0 && !unicode.IsLetter(after) {
		d.quotes--
		b.WriteString("’")
		return raw[size:]
	}
	b.WriteString(raw[:size])
	return raw[size:]
}

// command writes what a command and its arguments stand for, and returns the rest; raw begins behind the backslash.
func (d *decoder) command(b *strings.Builder, raw string, depth int) string {
	name, rest := commandName(raw)
	mark, ok := accents[name]
	if ok && d.verbatim && !unicode.IsLetter(rune(name[0])) { // a tilde of an address, which LaTeX would not take without
		b.WriteString(name)
		return rest
	}
	if ok {
		arg, rest := argument(rest)
		d.accent(b, mark, arg, depth)
		return rest
	}
	if text, ok := symbols[name]; ok {
		b.WriteString(text)
		return rest
	}
	switch {
	case transparent[name]:
		return rest
	case dropped[name]:
		_, rest = argument(rest)
		return rest
	case name == "href": // of an address and a text the text is read
		_, rest = argument(rest)
		return rest
	case name == "url":
		arg, rest := argument(rest)
		(&decoder{verbatim: true}).write(b, arg, depth+1)
		return rest
	case name == "enquote":
		arg, rest := argument(rest)
		b.WriteString("“")
		d.write(b, arg, depth+1)
		b.WriteString("”")
		return rest
	}
	d.unknown = append(d.unknown, `\`+name)
	b.WriteString(`\` + name)
	if rest != "" && rest[0] == '{' {
		b.WriteByte(' ')
	}
	return rest
}

// commandName is a run of letters, with the blanks behind it, or one other character.
func commandName(raw string) (name, rest string) {
	n := 0
	for n < len(raw) && (raw[n] >= 'a' && raw[n] <= 'z' || raw[n] >= 'A' && raw[n] <= 'Z') {
		n++
	}
	if n == 0 {
		_, size := utf8.DecodeRuneInString(raw)
		return raw[:size], raw[size:]
	}
	return raw[:n], strings.TrimLeft(raw[n:], " \t\r\n")
}

// argument is a group in braces, a command, or one character.
func argument(raw string) (arg, rest string) {
	raw = strings.TrimLeft(raw, " \t\r\n")
	if raw == "" {
		return "", ""
	}
	switch raw[0] {
	case '{':
		s := &scanner{src: raw}
		if text, err := s.braced('{'); err == nil {
			return text, raw[s.at:]
		}
		return raw[1:], ""
	case '\\':
		name, rest := commandName(raw[1:])
		return `\` + name, rest
	}
	_, size := utf8.DecodeRuneInString(raw)
	return raw[:size], raw[size:]
}

// accent puts a mark on the first letter of what it is given; i and j lose their dots anyway.
func (d *decoder) accent(b *strings.Builder, mark, arg string, depth int) {
	var inner strings.Builder
	d.write(&inner, arg, depth+1)
	text := strings.TrimLeft(inner.String(), " ")
	if dotless, ok := strings.CutPrefix(text, "ı"); ok {
		text = "i" + dotless
	} else if dotless, ok := strings.CutPrefix(text, "ȷ"); ok {
		text = "j" + dotless
	}
	if text == "" {
		b.WriteString(spacing[mark]) // an accent on nothing is itself
		return
	}
	_, size := utf8.DecodeRuneInString(text)
	b.WriteString(norm.NFC.String(text[:size] + mark))
	b.WriteString(text[size:])
}
