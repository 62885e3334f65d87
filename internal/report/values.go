package report

import (
	"maps"
	"slices"
	"strings"

	"sdmap/internal/stats"
)

// value names a number for prose; one that is missing has no name.
func (b *builder) value(v Value) {
	if v.Path != "" {
		b.values[v.Path] = v
	}
}

// of fills a value from an estimate; a missing one loses its path, so that it is not named.
func (v Value) of(e stats.Estimate) Value {
	if !e.OK() {
		return Value{}
	}
	v.Number, v.N, v.Method = e.Value, e.N, e.Method
	if e.Level > 0 {
		v.Lo, v.Hi = &e.Lo, &e.Hi
	}
	return v
}

// nameValues adds the numbers that belong to no section and sorts all by path.
func (b *builder) nameValues() {
	n := func(path, title string, k int, at string) {
		if k > 0 {
			b.value(Value{Path: "/n/" + path, Title: "number of " + title, Number: float64(k), Anchor: at})
		}
	}
	n("benchmarks", "benchmarks", len(b.a.Benchmarks), "scores")
	n("models", "models", len(b.in.Study.Models), "provenance")
	n("items", "items", b.items(), "scores")
	n("pairs", "pairs", len(b.a.Pairs), "disagreement")
	n("lineages", "lineages", b.lineages(), "provenance")
	if b.in.Corpus != nil {
		n("pieces", "corpus pieces", b.in.Corpus.Pieces, "signatures")
		n("documents", "corpus documents", b.in.Corpus.Documents, "signatures")
	}
	for name, r := range b.in.Axes {
		for _, f := range r.Facts {
			path := "/fact/" + name + "/" + f.Name
			if b.values[path].Path == "" && !strings.ContainsAny(path, " {}|") {
				b.value(Value{Path: path, Title: f.Title, Number: f.Value, Lo: f.Lo, Hi: f.Hi, N: f.N, Method: f.Method,
					Anchor: anchor("fact", name, f.Name)})
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(b.values)) {
		b.r.Values = append(b.r.Values, b.values[path])
	}
}

func (b *builder) lineages() int {
	var all []string
	for _, m := range b.in.Study.Models {
		all = append(all, m.Lineage)
	}
	return len(distinct(all))
}
