package chat

import (
	"fmt"
	"strings"
)

// toJSON is the filter of Hugging Face transformers: json.dumps without escapes for characters beyond ASCII.
func toJSON(m *machine, v value, c call) value {
	for name := range c.named {
		if name != "indent" && name != "ensure_ascii" || name == "ensure_ascii" && truth(c.named[name]) {
			fail(c.at, "tojson: the argument %s is not supported; supported: indent", name)
		}
	}
	w := &jsonWriter{m: m, at: c.at, indent: -1}
	if n, ok := intOf(c.named["indent"]); ok {
		w.indent = int(max(0, min(n, 16)))
	}
	w.write(v, 0)
	if w.dirty {
		return untrusted(w.b.String())
	}
	return plain(w.b.String())
}

type jsonWriter struct {
	m      *machine
	at     int
	indent int // blanks a level; -1: all on one line
	b      strings.Builder
	dirty  bool // holds something from outside
}

func (w *jsonWriter) write(v value, level int) {
	defer w.m.nest(w.at)()
	w.m.step(w.at)
	switch v := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		fmt.Fprint(&w.b, v)
	case int64, float64:
		w.b.WriteString(scalar(v))
	case text:
		w.text(v)
	case *list:
		w.sequence("[]", level, len(v.items), func(i int) { w.write(v.items[i], level+1) })
	case *dict:
		w.sequence("{}", level, len(v.keys), func(i int) {
			key, ok := v.keys[i].(text)
			if !ok {
				key = plain(scalar(v.keys[i]))
			}
			w.text(key)
			w.b.WriteString(": ")
			w.write(v.values[i], level+1)
		})
	default:
		fail(w.at, "a value of type %s cannot be written as JSON", typeName(v))
	}
}

func (w *jsonWriter) sequence(brackets string, level, n int, item func(i int)) {
	w.b.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			w.b.WriteByte(',')
			if w.indent < 0 {
				w.b.WriteByte(' ')
			}
		}
		w.line(level + 1)
		item(i)
	}
	if n > 0 {
		w.line(level)
	}
	w.b.WriteByte(brackets[1])
}

func (w *jsonWriter) line(level int) {
	if w.indent >= 0 {
		w.m.charge(w.at, 1+w.indent*level)
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat(" ", w.indent*level))
	}
}

func (w *jsonWriter) text(t text) {
	w.m.charge(w.at, 2*len(t.s))
	w.dirty = w.dirty || len(t.untrusted) > 0
	w.b.WriteByte('"')
	for _, r := range t.s {
		switch r {
		case '"', '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(r)
		case '\n':
			w.b.WriteString(`\n`)
		case '\r':
			w.b.WriteString(`\r`)
		case '\t':
			w.b.WriteString(`\t`)
		case '\b':
			w.b.WriteString(`\b`)
		case '\f':
			w.b.WriteString(`\f`)
		default:
			if r < 0x20 {
				fmt.Fprintf(&w.b, `\u%04x`, r)
				continue
			}
			w.b.WriteRune(r)
		}
	}
	w.b.WriteByte('"')
}
