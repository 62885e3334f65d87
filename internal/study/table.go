package study

import (
	"os"
	"slices"

	"sdmap/internal/diag"
	"sdmap/internal/tomltext"
)

// reader carries what every step of reading one study needs.
type reader struct {
	format *Format
	name   string // of the file, as diagnostics show it
	root   *os.Root

	places *diag.Places
	found  diag.Collector
	steps  int             // of the regular expressions so far
	globs  int             // how often folders were searched
	hosts  map[string]bool // of allow_hosts, in lower case; made when the first is asked for

	elsewhere  Elsewhere
	wanted     []Named        // files that are named by address
	wantedAt   map[string]int // index in wanted, by the address
	outside    Outside
	incomplete bool // a file is not here without which the rest cannot be read
}

func (f *Format) newReader(file string, src []byte, root *os.Root, e Elsewhere) *reader {
	return &reader{format: f, name: file, root: root, places: diag.Index(file, src), elsewhere: e, wantedAt: map[string]int{},
		outside: Outside{}}
}

func (r *reader) at(s tomltext.Span) diag.Range { return r.places.Span(s.Start, s.End) }

// report adds an error.
func (r *reader) report(at diag.Range, summary, detail, suggestion string) {
	r.found.Add(diag.Diagnostic{Summary: summary, Detail: detail, Suggestion: suggestion, Range: at})
}

// table is one decoded table: its schema path, its values and where they stand. After validate the values have the Go
// types of their kinds, and those that were wrong are gone, so that one fault is told once.
type table struct {
	*reader
	path   string
	values map[string]any
	pos    *tomltext.Node
}

// has says whether the study gives the key a usable value.
func (t table) has(key string) bool { _, ok := t.values[key]; return ok }

// place is where the key's value stands, or the table itself where the key was left out.
func (t table) place(key string) diag.Range {
	n := t.pos.Children[key]
	switch {
	case n == nil:
		return t.at(t.pos.Key)
	case n.Value.End > 0:
		return t.at(n.Value)
	default:
		return t.at(n.Key)
	}
}

// places is where every given key's value stands.
func (t table) places() map[string]diag.Range {
	m := map[string]diag.Range{}
	for name := range t.pos.Children {
		m[name] = t.place(name)
	}
	return m
}

// get is the value of a key or its default; the zero value where it has neither.
func get[T any](t table, key string) T {
	v, ok := t.values[key].(T)
	if !ok {
		o, _ := t.format.find(join(t.path, key))
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
	inner := table{reader: t.reader, path: join(t.path, key), pos: t.pos.Children[key]}
	inner.values, _ = t.values[key].(map[string]any)
	if inner.pos == nil {
		inner.pos = &tomltext.Node{Key: t.pos.Key}
	}
	return inner
}

// tables are the elements of an array of tables.
func (t table) tables(key string) []table {
	list, _ := t.values[key].([]map[string]any)
	out := make([]table, len(list))
	for i, values := range list {
		out[i] = table{t.reader, join(t.path, key), values, t.pos.Children[key].Elems[i]}
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
	switch {
	case path == "":
		return "the study"
	case slices.ContainsFunc(schema, func(o Option) bool { return o.Key == path && o.Kind == Tables }):
		return "[[" + path + "]]"
	default:
		return "[" + path + "]"
	}
}
