package benchmark

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/study"
)

// tests are columns that hold programs to be run against an answer.
var tests = [][]string{{"canonical_solution", "test"}, {"code", "test_list"}}

// isCode refuses rows whose answers are programs: right is what passes their tests, not what reads like the reference.
func (l *loader) isCode(columns []string, key string) bool {
	has := func(c string) bool { return slices.Contains(columns, c) }
	for _, t := range tests {
		if has(t[0]) && has(t[1]) {
			l.fault(key, fmt.Sprintf("the rows of benchmark %q ask for programs, which are right if they pass the tests "+
				"in %q", l.spec.ID, t[1]), "HumanEval and its like need code that models wrote to be run, and sdmap runs none; how like a "+
				"program is to the reference says nothing. Score it elsewhere and give the scores in [scores].")
			return true
		}
	}
	return false
}

// lacks says whether the rows have not even the columns that the benchmark's table names.
func (l *loader) lacks(columns []string) bool {
	paths := []Path{l.answer, l.choices}
	for _, t := range append([]Template{l.prompt}, l.fixed...) {
		for _, p := range t.parts {
			paths = append(paths, p.path)
		}
	}
	return slices.ContainsFunc(paths, func(p Path) bool { return p != nil && !slices.Contains(columns, p[0].name) })
}

// otherLayout says which layout the rows have, if they are not read by any and their columns are those of a known one.
func (l *loader) otherLayout(columns []string, key string) bool {
	var like []study.Layout
	for _, k := range study.Layouts {
		if k.Name != l.spec.Layout && k.Columns != "" && hasColumns(columns, k.Columns) {
			like = append(like, k)
		}
	}
	if len(like) == 0 {
		return false
	}
	lines, whose := []string{}, []string{}
	for _, k := range like {
		lines = append(lines, fmt.Sprintf("layout = %q", k.Name))
		whose = append(whose, k.Of)
	}
	l.fault(key, fmt.Sprintf("no row of benchmark %q can be read as its table says", l.spec.ID),
		fmt.Sprintf("The columns are %s, as of %s.", clip(strings.Join(columns, ", ")), strings.Join(whose, "; or ")))
	l.list[len(l.list)-1].Suggestion = fmt.Sprintf("Write %s in its table.", strings.Join(lines, " or "))
	return true
}

// hasColumns compares the outer names of dotted columns.
func hasColumns(columns []string, wanted string) bool {
	for _, w := range strings.Fields(wanted) {
		outer, _, _ := strings.Cut(w, ".")
		if !slices.Contains(columns, outer) {
			return false
		}
	}
	return true
}
