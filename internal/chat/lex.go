package chat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	endOfSource kind = iota
	data             // text between tags
	printBegin       // {{
	printEnd         // }}
	blockBegin       // {%
	blockEnd         // %}
	name
	stringLiteral
	integer
	float
	operator
)

// token is a piece of the source.
type token struct {
	kind kind
	text string // of a string literal: what it stands for
	at   int    // byte of the source
}

// lexer cuts the source into tokens and applies white-space control: with trim_blocks the line end behind a block or
// comment goes, with lstrip_blocks the blanks before it when nothing else stands before it on its line; - takes all white
// space on its side, + keeps it.
type lexer struct {
	source    string
	at        int
	lineStart bool // the text that comes begins a line
	tokens    []token
}

func lex(source string) []token {
	l := &lexer{source: source, lineStart: true}
	for l.at < len(l.source) {
		l.text()
	}
	l.add(endOfSource, "", l.at)
	return l.tokens
}

func (l *lexer) add(k kind, text string, at int) { l.tokens = append(l.tokens, token{k, text, at}) }

func (l *lexer) rest() string { return l.source[l.at:] }

// text takes the text up to the next tag, and the tag.
func (l *lexer) text() {
	start, open := l.at, -1
	for i := l.at; i+1 < len(l.source); i++ {
		if l.source[i] == '{' && strings.IndexByte("{%#", l.source[i+1]) >= 0 {
			open = i
			break
		}
	}
	if open < 0 {
		l.at = len(l.source)
		l.data(l.source[start:], start)
		return
	}
	l.at = open + 2
	sign := byte(0)
	if l.at < len(l.source) && (l.source[l.at] == '-' || l.source[l.at] == '+') {
		sign = l.source[l.at]
		l.at++
	}
	tag := l.source[open+1]
	l.data(l.before(l.source[start:open], sign, tag != '{'), start)
	switch tag {
	case '#':
		l.comment(open)
	case '{':
		l.add(printBegin, "{{", open)
		l.inside(open, printEnd, "}}")
	default:
		if !l.raw(open) {
			l.add(blockBegin, "{%", open)
			l.inside(open, blockEnd, "%}")
		}
	}
}

func (l *lexer) data(text string, at int) {
	if text != "" {
		l.add(data, text, at)
	}
}

// before is the text in front of a tag without what the tag takes from it.
func (l *lexer) before(text string, sign byte, block bool) string {
	if sign == '-' {
		return strings.TrimRightFunc(text, isSpace)
	}
	line := strings.LastIndexByte(text, '\n') + 1
	if sign == '+' || !block || line == 0 && !l.lineStart || strings.TrimFunc(text[line:], isSpace) != "" {
		return text
	}
	return text[:line]
}

// close takes the end of a tag, if it is here, and what the tag takes from the text behind it.
func (l *lexer) close(end string, block bool) bool {
	rest, sign := l.rest(), byte(0)
	if rest != "" && (rest[0] == '-' || block && rest[0] == '+') {
		sign, rest = rest[0], rest[1:]
	}
	if !strings.HasPrefix(rest, end) {
		return false
	}
	rest = rest[len(end):]
	switch {
	case sign == '-':
		rest = strings.TrimLeftFunc(rest, isSpace)
	case sign == 0 && block:
		rest = strings.TrimPrefix(rest, "\n")
	}
	l.at = len(l.source) - len(rest)
	l.lineStart = l.source[l.at-1] == '\n'
	return true
}

func (l *lexer) comment(open int) {
	if l.at == len(l.source) {
		return // Jinja minds no comment that begins where the source ends
	}
	for ; l.at < len(l.source); l.at++ {
		if l.close("#}", true) {
			return
		}
	}
	fail(open, "the comment does not end; #} is missing")
}

// raw takes {% raw %} with its text, up to and with {% endraw %}.
func (l *lexer) raw(open int) bool {
	from := l.at
	if !l.word("raw") {
		return false
	}
	trims := strings.HasPrefix(l.rest(), "-%}")
	if !trims && !strings.HasPrefix(l.rest(), "%}") {
		l.at = from
		return false
	}
	l.at += strings.Index(l.rest(), "%}") + 2
	if trims {
		l.at = len(l.source) - len(strings.TrimLeftFunc(l.rest(), isSpace))
	}
	l.lineStart = l.source[l.at-1] == '\n'
	for start := l.at; ; {
		i := strings.Index(l.rest(), "{%")
		if i < 0 {
			fail(open, "the raw block does not end; {%% endraw %%} is missing")
		}
		end, sign := l.at+i, byte(0)
		l.at = end + 2
		if r := l.rest(); r != "" && (r[0] == '-' || r[0] == '+') {
			sign = r[0]
			l.at++
		}
		if l.word("endraw") && l.close("%}", true) {
			l.data(l.before(l.source[start:end], sign, true), start)
			return true
		}
	}
}

// word takes white space, the word, and white space, if they are here.
func (l *lexer) word(w string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(l.rest(), isSpace), w)
	if ok {
		l.at = len(l.source) - len(strings.TrimLeftFunc(rest, isSpace))
	}
	return ok
}

var operators = []string{"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
	"=", ".", ":", "|", ",", ";"}

// inside takes what stands in a tag and the tag's end. Inside brackets }} is two brackets.
func (l *lexer) inside(open int, end kind, mark string) {
	var brackets []byte
	for {
		l.at = len(l.source) - len(strings.TrimLeftFunc(l.rest(), isSpace))
		if at := l.at; len(brackets) == 0 && l.close(mark, end == blockEnd) {
			l.add(end, mark, at)
			return
		}
		if l.at == len(l.source) {
			fail(open, "the tag does not end; %s is missing", mark)
		}
		first, _ := utf8.DecodeRuneInString(l.rest())
		switch {
		case first == '\'' || first == '"':
			l.stringLiteral()
		case first >= '0' && first <= '9':
			l.number()
		case first == '_' || unicode.IsLetter(first):
			n := strings.IndexFunc(l.rest(), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			l.take(name, n)
		default:
			brackets = l.operator(brackets)
		}
	}
}

// take makes a token of the next n bytes, or of all that is left if n < 0.
func (l *lexer) take(k kind, n int) {
	if n < 0 {
		n = len(l.rest())
	}
	l.add(k, l.rest()[:n], l.at)
	l.at += n
}

func (l *lexer) operator(brackets []byte) []byte {
	i := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(l.rest(), o) })
	if i < 0 {
		r, _ := utf8.DecodeRuneInString(l.rest())
		fail(l.at, "unexpected character %q", r)
	}
	op := operators[i]
	if at := strings.Index("([{", op); at >= 0 {
		brackets = append(brackets, ")]}"[at])
	} else if strings.Contains(")]}", op) {
		if len(brackets) == 0 || brackets[len(brackets)-1] != op[0] {
			fail(l.at, "unexpected %q", op)
		}
		brackets = brackets[:len(brackets)-1]
	}
	l.take(operator, len(op))
	return brackets
}
