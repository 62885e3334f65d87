package benchmark

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/rows"
	"sdmap/internal/study"
)

// tests are columns that hold programs to be run against an answer.
var tests = [][]string{{"canonical_solution", "test"}, {"code", "test_list"}}

const whyNoPrograms = "HumanEval and its like need code that models wrote to be run, and sdmap runs none; how like a program " +
	"is to the reference says nothing. Score it elsewhere and give the scores in [scores]."

// isCode refuses rows whose answers are programs: right is what passes their tests, not what reads like the reference.
func (l *loader) isCode(columns []string, key string) bool {
	has := func(c string) bool { return slices.Contains(columns, c) }
	for _, t := range tests {
		if has(t[0]) && has(t[1]) {
			l.fault(key, fmt.Sprintf("the rows of benchmark %q ask for programs, which are right if they pass the tests in %q",
				l.spec.ID, t[1]), whyNoPrograms)
			return true
		}
	}
	return false
}

// An answer of DROP as its authors publish it is a table of a number, a date and spans of the passage, of which one is not empty;
// those of other people who answered the question stand beside it.
const otherAnswers = "validated_answers"

// withOthers is the answer together with those of others, each once.
func withOthers(answer any, row rows.Object) any {
	first, ok := answer.(rows.Object)
	text, isSpan := spanText(first)
	if !ok || !isSpan {
		return answer
	}
	all, said := []any{answer}, []string{text}
	others, _ := row.Get(otherAnswers)
	list, _ := others.([]any)
	for _, other := range list {
		table, _ := other.(rows.Object)
		if text, ok := spanText(table); ok && strings.TrimSpace(text) != "" && !slices.Contains(said, text) {
			all, said = append(all, other), append(said, text)
		}
	}
	return all
}

// spanText is the text of such an answer: its number, else its spans, else its date.
func spanText(answer rows.Object) (string, bool) {
	number, okNumber := answer.Get("number")
	spans, okSpans := answer.Get("spans")
	date, okDate := answer.Get("date")
	if !okNumber || !okSpans || !okDate {
		return "", false
	}
	if text, ok := scalarText(number); ok && text != "" {
		return text, true
	}
	parts, _ := spans.([]any)
	if table, ok := date.(rows.Object); ok && len(parts) == 0 {
		for _, part := range []string{"day", "month", "year"} {
			value, _ := table.Get(part)
			parts = append(parts, value)
		}
	}
	var texts []string
	for _, part := range parts {
		if text, ok := scalarText(part); ok && text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " "), true
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

// otherLayout says which layout the rows have, if the columns of a known one are there; of several, those that ask for most.
func (l *loader) otherLayout(first rows.Object, key string) bool {
	most := 0
	var lines, whose []string
	for _, k := range study.Layouts {
		n := depthOf(first, k.Columns)
		if k.Name == l.spec.Layout || n < most || n == 0 {
			continue
		}
		if n > most {
			most, lines, whose = n, nil, nil
		}
		lines, whose = append(lines, fmt.Sprintf("layout = %q", k.Name)), append(whose, k.Of)
	}
	if len(lines) == 0 {
		return false
	}
	l.fault(key, fmt.Sprintf("no row of benchmark %q can be read as its table says", l.spec.ID),
		fmt.Sprintf("The columns are %s, as of %s.", clip(strings.Join(first.Names(), ", ")), strings.Join(whose, "; or of ")))
	l.list[len(l.list)-1].Suggestion = fmt.Sprintf("Write %s in its table.", strings.Join(lines, " or "))
	return true
}

// depthOf is how many steps lead to the columns in a row; 0 if one of them is not there.
func depthOf(row rows.Object, columns string) int {
	n := 0
	for _, c := range strings.Fields(columns) {
		path, err := ParsePath(c)
		if err != nil {
			return 0
		}
		value, err := path.Value(row)
		if members, ok := value.([]any); err != nil || ok && path[0].name == every && len(members) == 0 {
			return 0
		}
		n += len(path)
	}
	return n
}
