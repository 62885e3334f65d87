package rows

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// deepest bounds how far lists and objects of a row can be nested.
const deepest = 1000

// parser reads one JSON value from text. Unlike encoding/json it keeps the order of fields and tells what it had to change;
// strings without escapes share memory with the text.
type parser struct {
	text  string
	at    int
	depth int
	field string // the last key, for notes
	notes []Note

	scratch []byte // the text that is being read, kept from row to row
	members int    // of the last row: about what the next one has
}

// notJSON is a fault of the text, at a byte.
type notJSON struct {
	at     int
	reason string
}

func (e notJSON) Error() string { return e.reason }

var endsEarly = "it ends too early"

// parse decodes one JSON object.
func (p *parser) parse(text string) (Object, []Note, string) {
	if !utf8.ValidString(text) {
		return nil, nil, "the row is not UTF-8"
	}
	*p = parser{text: text, scratch: p.scratch, members: p.members}
	value, err := p.whole()
	if err != nil {
		return nil, nil, "the row is not JSON: " + err.Error()
	}
	fields, ok := value.(Object)
	if !ok {
		return nil, nil, fmt.Sprintf("the row is %s; it must be an object in braces", KindOf(value))
	}
	p.members = len(fields)
	return fields, p.notes, ""
}

func (p *parser) whole() (any, error) {
	p.space()
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, notJSON{p.at, "something follows its end"}
	}
	return value, nil
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// wrong says what stands where something else was expected.
func (p *parser) wrong(expected string) error {
	if p.at >= len(p.text) {
		return notJSON{p.at, endsEarly}
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return notJSON{p.at, fmt.Sprintf("%q stands at character %d, where %s is expected", r,
		utf8.RuneCountInString(p.text[:p.at])+1, expected)}
}

func (p *parser) value() (any, error) {
	if p.at >= len(p.text) {
		return nil, notJSON{p.at, endsEarly}
	}
	switch c := p.text[p.at]; {
	case c == '"':
		return p.string()
	case c == '{':
		return nested(p, p.object)
	case c == '[':
		return nested(p, p.list)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, word := range []struct {
		text  string
		value any
	}{{"true", true}, {"false", false}, {"null", nil}} {
		if strings.HasPrefix(p.text[p.at:], word.text) {
			p.at += len(word.text)
			return word.value, nil
		}
		if strings.HasPrefix(word.text, p.text[p.at:]) {
			return nil, notJSON{p.at, endsEarly}
		}
	}
	return nil, p.wrong("a value")
}

// nested reads a list or an object, within the bound on depth.
func nested[T any](p *parser, read func() (T, error)) (any, error) {
	if p.depth++; p.depth > deepest {
		return nil, notJSON{p.at, fmt.Sprintf("it is nested deeper than %d", deepest)}
	}
	value, err := read()
	p.depth--
	return value, err
}

func (p *parser) object() (Object, error) {
	out := make(Object, 0, max(min(p.members, few), 1))
	p.at++
	if p.space(); p.take('}') {
		return out, nil
	}
	var seen map[string]int
	for {
		if p.space(); p.at >= len(p.text) || p.text[p.at] != '"' {
			return nil, p.wrong("a key in quotes")
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		p.field = name
		if p.space(); !p.take(':') {
			return nil, p.wrong("a colon")
		}
		p.space()
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		out = p.put(out, &seen, name, value)
		if p.space(); p.take('}') {
			return out, nil
		}
		if !p.take(',') {
			return nil, p.wrong("a comma or a closing brace")
		}
	}
}

// few is up to how many fields are compared one by one.
const few = 16

// put adds a field; of fields with one name the last counts, as in other decoders, and that is noted.
func (p *parser) put(o Object, seen *map[string]int, name string, value any) Object {
	at := -1
	if len(o) <= few {
		for i, f := range o {
			if f.Name == name {
				at = i
			}
		}
	} else {
		if *seen == nil {
			*seen = map[string]int{}
		}
		for i := len(*seen); i < len(o); i++ {
			(*seen)[o[i].Name] = i
		}
		if i, taken := (*seen)[name]; taken {
			at = i
		}
	}
	if at < 0 {
		return append(o, Field{name, value})
	}
	p.note(DuplicateKey, name)
	o[at].Value = value
	return o
}

func (p *parser) list() ([]any, error) {
	out := make([]any, 0, 4)
	p.at++
	if p.space(); p.take(']') {
		return out, nil
	}
	for {
		p.space()
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, value)
		if p.space(); p.take(']') {
			return out, nil
		}
		if !p.take(',') {
			return nil, p.wrong("a comma or a closing bracket")
		}
	}
}

func (p *parser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// note keeps the first of each kind and text.
func (p *parser) note(kind NoteKind, text string) {
	for _, n := range p.notes {
		if n == (Note{kind, text}) {
			return
		}
	}
	p.notes = append(p.notes, Note{kind, strings.Clone(text)})
}

// number takes the longest run of characters of numbers and checks it by JSON's grammar.
func (p *parser) number() (json.Number, error) {
	start := p.at
	p.take('-')
	if !p.take('0') && !p.digits() {
		return "", p.wrong("a digit")
	}
	if p.take('.') && !p.digits() {
		return "", p.wrong("a digit")
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		if !p.digits() {
			return "", p.wrong("a digit")
		}
	}
	return json.Number(p.text[start:p.at]), nil
}

func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

// KindOf is what a value is, in words.
func KindOf(value any) string {
	switch v := value.(type) {
	case []any:
		return "a list"
	case Object:
		return "a table"
	case string:
		return "text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case Opaque:
		return string(v)
	default:
		return "null"
	}
}
