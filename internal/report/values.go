package report

import (
	"maps"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// valueSet collects the numbers that prose may name, by path.
type valueSet map[string]Value

// add names a number; one that is missing has no name.
func (s valueSet) add(v Value) {
	if v.Path != "" {
		s[v.Path] = v
	}
}

func (s valueSet) paths() []string { return slices.Sorted(maps.Keys(s)) }

// list is the numbers sorted by path.
func (s valueSet) list() []Value {
	var out []Value
	for _, path := range s.paths() {
		out = append(out, s[path])
	}
	return out
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

// addRepaired names what a number is with models re-paired, under its own path and "/repaired"; nothing where there is no such.
func (s valueSet) addRepaired(path, title, at string, e stats.Estimate) {
	if e.NullRange != nil {
		s.add(Value{Path: path + "/repaired", Title: title + ", models re-paired", Number: *e.Null, Lo: &e.NullRange[0],
			Hi: &e.NullRange[1], N: e.N, Anchor: at})
	}
}

// addCounts names the numbers of things in the study, which belong to no section.
func (s valueSet) addCounts(in Input, a *analysis.Analysis) {
	n := func(path, title string, k int, at string) {
		if k > 0 {
			s.add(Value{Path: "/n/" + path, Title: "number of " + title, Number: float64(k), Anchor: at})
		}
	}
	n("benchmarks", "benchmarks", len(a.Benchmarks), "scores")
	n("models", "models", len(in.Study.Scored()), "provenance")
	n("items", "items", items(in.Scores), "scores")
	n("pairs", "pairs", len(a.Pairs), "disagreement")
	n("lineages", "lineages", lineages(in.Study.Scored()), "provenance")
	if in.Corpus != nil {
		n("pieces", "corpus pieces", in.Corpus.Pieces, "signatures")
		n("documents", "corpus documents", in.Corpus.Documents, "signatures")
	}
}

// addFacts names the single numbers of the axes where no section has named them.
func (s valueSet) addFacts(axes map[string]*axis.Result) {
	for name, r := range axes {
		for _, f := range r.Facts {
			path := "/fact/" + name + "/" + f.Name
			if s[path].Path == "" && !strings.ContainsAny(path, " {}|") {
				s.add(Value{Path: path, Title: f.Title, Number: f.Value, Lo: f.Lo, Hi: f.Hi, N: f.N, Method: f.Method,
					Anchor: anchor("fact", name, f.Name)})
			}
		}
	}
}

func lineages(models []study.Model) int {
	var all []string
	for _, m := range models {
		all = append(all, m.Lineage)
	}
	return len(distinct(all))
}
