package study

import (
	"os"
	"slices"

	"sdmap/internal/diag"
)

// reader carries what every step of reading one study needs.
type reader struct {
	name string // of the file, as diagnostics show it
	src  []byte
	root *os.Root
	list diag.List
}

func (r *reader) at(s span) diag.Range { return diag.Span(r.name, r.src, s.start, s.end) }

// report adds an error.
func (r *reader) report(at diag.Range, summary, detail, suggestion string) {
	r.list = append(r.list, diag.Diagnostic{Summary: summary, Detail: detail, Suggestion: suggestion, Range: at})
}

// table is one decoded table: its schema path, its values and where they stand. After validate the values have the Go
// types of their kinds, and those that were wrong are gone, so that one fault is told once.
type table struct {
	*reader
	path   string
	values map[string]any
	pos    *node
}

// has says whether the study gives the key a usable value.
func (t table) has(key string) bool { _, ok := t.values[key]; return ok }

// place is where the key's value stands, or the table itself where the key was left out.
func (t table) place(key string) diag.Range {
	n := t.pos.children[key]
	switch {
	case n == nil:
		return t.at(t.pos.key)
	case n.value.end > 0:
		return t.at(n.value)
	default:
		return t.at(n.key)
	}
}

// places is where every given key's value stands.
func (t table) places() map[string]diag.Range {
	m := map[string]diag.Range{}
	for name := range t.pos.children {
		m[name] = t.place(name)
	}
	return m
}

// get is the value of a key or its default; the zero value where it has neither.
func get[T any](t table, key string) T {
	v, ok := t.values[key].(T)
	if !ok {
		o, _ := find(join(t.path, key))
		v, _ = o.Default.(T)
	}
	return v
}

func (t table) text(key string) string { return get[string](t, key) }
func (t table) integer(key string) int { return get[int](t, key) }
func (t table) texts(key string) []string {
	return slices.Clone(get[[]string](t, key))
}

// table is a table inside t; absent ones are empty and stand where t stands.
func (t table) table(key string) table {
	inner := table{reader: t.reader, path: join(t.path, key), pos: t.pos.children[key]}
	inner.values, _ = t.values[key].(map[string]any)
	if inner.pos == nil {
		inner.pos = &node{key: t.pos.key}
	}
	return inner
}

// tables are the elements of an array of tables.
func (t table) tables(key string) []table {
	list, _ := t.values[key].([]map[string]any)
	out := make([]table, len(list))
	for i, values := range list {
		out[i] = table{t.reader, join(t.path, key), values, t.pos.children[key].elems[i]}
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// header is how a study writes the table.
func header(path string) string {
	switch o, _ := find(path); {
	case path == "":
		return "the study"
	case o.Kind == Tables:
		return "[[" + path + "]]"
	default:
		return "[" + path + "]"
	}
}
