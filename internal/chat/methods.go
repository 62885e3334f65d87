package chat

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// textMethods are the methods of Python's str that are supported.
var textMethods = map[string]func(m *machine, t text, c call) value{
	"strip":  func(m *machine, t text, c call) value { return t.trim(cutset(c), true, true) },
	"lstrip": func(m *machine, t text, c call) value { return t.trim(cutset(c), true, false) },
	"rstrip": func(m *machine, t text, c call) value { return t.trim(cutset(c), false, true) },
	"split":  splitMethod, "splitlines": splitLines,
	"startswith": func(m *machine, t text, c call) value { return affixed(c, t, strings.HasPrefix) },
	"endswith":   func(m *machine, t text, c call) value { return affixed(c, t, strings.HasSuffix) },
	"upper":      func(m *machine, t text, c call) value { return m.changed(c.at, t, strings.ToUpper) },
	"lower":      func(m *machine, t text, c call) value { return m.changed(c.at, t, strings.ToLower) },
	"capitalize": func(m *machine, t text, c call) value { return m.changed(c.at, t, capitalised) },
	"replace": func(m *machine, t text, c call) value {
		return m.replaced(c.at, t, c.textArg(0, "old", nil), c.textArg(1, "new", nil), int(c.intArg(2, "count", -1)))
	},
	"find": func(m *machine, t text, c call) value {
		i := strings.Index(t.s, c.textArg(0, "sub", nil).s)
		if i < 0 {
			return int64(-1)
		}
		return runeCount(t.slice(0, i))
	},
	"count": func(m *machine, t text, c call) value {
		return int64(strings.Count(t.s, c.textArg(0, "sub", nil).s))
	},
	"join": func(m *machine, t text, c call) value { return m.joinItems(c.at, c.arg(0, "iterable", undefined{}), t) },
	"removeprefix": func(m *machine, t text, c call) value {
		return t.slice(len(t.s)-len(strings.TrimPrefix(t.s, c.textArg(0, "prefix", nil).s)), len(t.s))
	},
	"removesuffix": func(m *machine, t text, c call) value {
		return t.slice(0, len(strings.TrimSuffix(t.s, c.textArg(0, "suffix", nil).s)))
	},
	"isdigit": func(m *machine, t text, c call) value { return all(t.s, unicode.IsDigit) },
	"isalpha": func(m *machine, t text, c call) value { return all(t.s, unicode.IsLetter) },
	"isspace": func(m *machine, t text, c call) value { return all(t.s, isSpace) },
}

// dictMethods are the methods of Python's dict that are supported: those that change nothing.
var dictMethods = map[string]func(m *machine, d *dict, c call) value{
	"get": func(m *machine, d *dict, c call) value {
		if v, ok := d.get(c.arg(0, "key", nil)); ok {
			return v
		}
		return c.arg(1, "default", nil)
	},
	"keys":   func(m *machine, d *dict, c call) value { return m.listOf(c.at, slices.Clone(d.keys)) },
	"values": func(m *machine, d *dict, c call) value { return m.listOf(c.at, slices.Clone(d.values)) },
	"items":  func(m *machine, d *dict, c call) value { return m.pairs(c.at, d) },
}

// methodOf is the method of v with that name.
func methodOf(v value, name string) (value, bool) {
	switch v := v.(type) {
	case text:
		if f, ok := textMethods[name]; ok {
			return &function{name, func(m *machine, c call) value {
				m.charge(c.at, len(v.s)) // for the time that it takes
				return f(m, v, c)
			}}, true
		}
	case *dict:
		if f, ok := dictMethods[name]; ok {
			return &function{name, func(m *machine, c call) value { return f(m, v, c) }}, true
		}
	}
	return nil, false
}

// cutset is the characters that strip takes off: white space, or those of its argument.
func cutset(c call) func(rune) bool {
	if c.arg(0, "chars", nil) == nil {
		return isSpace
	}
	chars := c.textArg(0, "chars", nil).s
	return func(r rune) bool { return strings.ContainsRune(chars, r) }
}

func splitMethod(m *machine, t text, c call) value {
	n := int(c.intArg(1, "maxsplit", -1))
	if c.arg(0, "sep", nil) == nil {
		return m.texts(c.at, t.fields(n))
	}
	separator := c.textArg(0, "sep", nil).s
	if separator == "" {
		fail(c.at, "a text cannot be split at an empty text")
	}
	m.charge(c.at, 64*strings.Count(t.s, separator))
	return m.texts(c.at, t.split(separator, n))
}

func splitLines(m *machine, t text, c call) value {
	parts := t.split("\n", -1)
	if last := len(parts) - 1; parts[last].s == "" {
		parts = parts[:last]
	}
	return m.texts(c.at, parts)
}

// texts is a list of texts.
func (m *machine) texts(at int, parts []text) value {
	items := make([]value, len(parts))
	for i, part := range parts {
		items[i] = part
	}
	m.charge(at, 48*len(parts))
	return m.listOf(at, items)
}

// affixed is startswith and endswith, of one text or any of a tuple.
func affixed(c call, t text, has func(s, affix string) bool) value {
	options := []value{c.arg(0, "prefix", nil)}
	if l, ok := options[0].(*list); ok && l.tuple {
		options = l.items
	}
	for _, o := range options {
		affix, ok := o.(text)
		if !ok {
			fail(c.at, "a text cannot begin or end with a value of type %s", typeName(o))
		}
		if has(t.s, affix.s) {
			return true
		}
	}
	return false
}

// changed is t with its characters changed by f.
func (m *machine) changed(at int, t text, f func(string) string) text {
	out := made(f(t.s), t)
	m.charge(at, len(out.s))
	return out
}

func capitalised(s string) string {
	for i := range s {
		if i > 0 {
			return strings.ToUpper(s[:i]) + strings.ToLower(s[i:])
		}
	}
	return strings.ToUpper(s)
}

// replaced puts after in the place of before, at most n times if n >= 0.
func (m *machine) replaced(at int, t, before, after text, n int) text {
	if before.s == "" {
		fail(at, "an empty text cannot be replaced")
	}
	found := strings.Count(t.s, before.s)
	m.charge(at, len(t.s)+found*(64+len(after.s)))
	return join(t.split(before.s, n), after)
}

// joinItems joins the items of v as texts.
func (m *machine) joinItems(at int, v value, separator text) text {
	var parts []text
	for _, item := range m.items(at, v) {
		m.step(at)
		parts = append(parts, m.str(at, item))
		m.charge(at, 64+len(parts[len(parts)-1].s)+len(separator.s))
	}
	return join(parts, separator)
}

// pairs is the entries of d as tuples.
func (m *machine) pairs(at int, d *dict) value {
	items := make([]value, len(d.keys))
	for i, key := range d.keys {
		items[i] = &list{items: []value{key, d.values[i]}, tuple: true}
	}
	m.charge(at, 64*len(items))
	return m.listOf(at, items)
}

// all says whether s has characters and in accepts all of them.
func all(s string, in func(rune) bool) value {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !in(r) }) < 0
}

// supported lists the names of a table, for messages.
func supported[F any](table map[string]F) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
