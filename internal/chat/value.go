package chat

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// value is what expressions evaluate to: nil (none), bool, int64, float64, text, undefined, *list, *dict, *namespace or
// *function.
type value any

// undefined is the value of a name, attribute or item that does not exist: empty text and no items, but an error to look
// into or to compute with.
type undefined struct{ name string }

// list is a Python list or tuple; it does not change once made.
type list struct {
	items []value
	tuple bool
}

// dict keeps its entries in the order in which they were put in; it does not change once made.
type dict struct {
	keys, values []value
	index        map[any]int
}

// namespace is the one thing that a template can change.
type namespace struct{ *dict }

// function is a function, method or macro.
type function struct {
	name string
	call func(m *machine, c call) value
}

func newDict() *dict { return &dict{index: map[any]int{}} }

func (d *dict) set(key, v value) {
	k, ok := hashed(key)
	if !ok {
		return
	}
	if i, known := d.index[k]; known {
		d.values[i] = v
		return
	}
	d.index[k] = len(d.keys)
	d.keys, d.values = append(d.keys, key), append(d.values, v)
}

func (d *dict) get(key value) (value, bool) {
	k, ok := hashed(key)
	if !ok {
		return nil, false
	}
	i, ok := d.index[k]
	if !ok {
		return nil, false
	}
	return d.values[i], true
}

// hashed makes equal keys equal in Go; ok is false for what cannot be a key.
func hashed(key value) (k any, ok bool) {
	switch v := key.(type) {
	case text:
		return v.s, true
	case bool:
		return numberOf(v), true
	case int64, float64:
		return numberOf(v), true
	case nil:
		return nil, true
	}
	return nil, false
}

// numberOf is v as a float64, where it is a number; otherwise NaN.
func numberOf(v value) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}

func isNumber(v value) bool {
	switch v.(type) {
	case bool, int64, float64:
		return true
	}
	return false
}

// intOf is v as an integer, as Python would index with it.
func intOf(v value) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		return int64(numberOf(v)), true
	}
	return 0, false
}

func truth(v value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case text:
		return v.s != ""
	case *list:
		return len(v.items) > 0
	case *dict:
		return len(v.keys) > 0
	case *namespace, *function:
		return true
	}
	return numberOf(v) != 0
}

// typeName is Python's name of v's type.
func typeName(v value) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case text:
		return "str"
	case *list:
		if v.tuple {
			return "tuple"
		}
		return "list"
	case *dict:
		return "dict"
	case *namespace:
		return "namespace"
	case *function:
		return "function"
	}
	return "undefined"
}

// str is Python's str(v).
func (m *machine) str(at int, v value) text {
	switch v := v.(type) {
	case text:
		return v
	case undefined:
		return text{}
	case *list, *dict:
		var b strings.Builder
		dirty := m.repr(at, &b, v)
		if dirty {
			return untrusted(b.String())
		}
		return plain(b.String())
	}
	return plain(scalar(v))
}

func scalar(v value) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return floatString(v)
	case *function:
		return "<function " + v.name + ">"
	}
	return "<" + typeName(v) + ">"
}

// floatString is Python's repr of a float.
func floatString(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	if a := math.Abs(v); v != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// repr writes Python's repr(v) and says whether any of it came from outside.
func (m *machine) repr(at int, b *strings.Builder, v value) (dirty bool) {
	defer m.nest(at)()
	m.step(at)
	switch v := v.(type) {
	case text:
		m.charge(at, len(v.s))
		b.WriteString(quoted(v.s))
		return len(v.untrusted) > 0
	case *list:
		open, end := "[", "]"
		if v.tuple {
			open, end = "(", ")"
			if len(v.items) == 1 {
				end = ",)"
			}
		}
		b.WriteString(open)
		for i, item := range v.items {
			if i > 0 {
				b.WriteString(", ")
			}
			dirty = m.repr(at, b, item) || dirty
		}
		b.WriteString(end)
	case *dict:
		b.WriteString("{")
		for i, key := range v.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			dirty = m.repr(at, b, key) || dirty
			b.WriteString(": ")
			dirty = m.repr(at, b, v.values[i]) || dirty
		}
		b.WriteString("}")
	case undefined:
		b.WriteString("Undefined")
	default:
		b.WriteString(scalar(v))
	}
	return dirty
}

// quoted is Python's repr of a string.
func quoted(s string) string {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// equal is Python's ==.
func (m *machine) equal(at int, a, b value) bool {
	defer m.nest(at)()
	m.step(at)
	if isNumber(a) && isNumber(b) {
		return numberOf(a) == numberOf(b)
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	case text:
		b, ok := b.(text)
		return ok && a.s == b.s
	case *list:
		b, ok := b.(*list)
		return ok && a.tuple == b.tuple &&
			slices.EqualFunc(a.items, b.items, func(x, y value) bool { return m.equal(at, x, y) })
	case *dict:
		b, ok := b.(*dict)
		if !ok || len(a.keys) != len(b.keys) {
			return false
		}
		for i, key := range a.keys {
			if v, known := b.get(key); !known || !m.equal(at, a.values[i], v) {
				return false
			}
		}
		return true
	}
	return !isNumber(a) && !isNumber(b) && typeName(a) == typeName(b) && a == b
}

// isSpace is Python's str.isspace.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }
