package analysis

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/tomltext"
)

// truthKeys are what each table of a truth file may say. Beside what recovery reads stands what people and the scripts that
// plant a study note there.
var truthKeys = map[string][]string{
	"benchmark": {"id", "surface", "skills", "columns", "family", "format", "task", "chance", "note"},
	"pair":      {"a", "b", "kind", "name", "expect", "in_auc", "note"},
	"model":     {"id", "lineage", "steps", "exposures", "note"},
	"column":    {"id", "strength", "sources", "note"},
}

// truthNeeds are the keys of each table without which it says nothing.
var truthNeeds = map[string][]string{"benchmark": {"id"}, "pair": {"a", "b", "kind", "expect"}, "model": {"id"},
	"column": {"id", "strength"}}

// keys reports unknown tables and keys, which would pass in silence, and needed ones that are not there.
func (r *truthReader) keys() {
	tables := []string{"benchmark", "pair", "column", "model"}
	for _, name := range r.root.Names {
		n := r.root.Children[name]
		if !slices.Contains(tables, name) {
			r.unknown(name, "the truth file", n.Key, tables, "[["+strings.Join(tables, "]], [[")+"]]")
			continue
		}
		for i, e := range n.Elems {
			for _, key := range e.Names {
				if !slices.Contains(truthKeys[name], key) {
					r.unknown(key, "[["+name+"]]", e.Children[key].Key, truthKeys[name], strings.Join(truthKeys[name], ", "))
				}
			}
			for _, key := range truthNeeds[name] {
				if e.Children[key] == nil {
					r.fault(name, i, key, fmt.Sprintf("[[%s]] needs %q", name, key), "")
				}
			}
		}
	}
}

// unknown reports one key that nothing reads.
func (r *truthReader) unknown(key, in string, at tomltext.Span, known []string, list string) {
	d := diag.Diagnostic{Summary: fmt.Sprintf("unknown key %q in %s", key, in), Detail: "Known here: " + list + ".",
		Range: r.places.Span(at.Start, at.End)}
	if near := diag.DidYouMean(key, known); near != "" {
		d.Suggestion = fmt.Sprintf("Did you mean %q?", near)
	}
	r.found.Add(d)
}
