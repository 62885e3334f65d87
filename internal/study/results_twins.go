package study

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sdmap/internal/diag"
	"sdmap/internal/results"
	"sdmap/internal/wording"
)

// modelNames are the models of logs: by their name in the study, their first name in the logs and the columns that have them.
type modelNames struct {
	logged map[string]string
	in     map[string]map[int]bool
}

func namesOfModels(columns []*results.Column) modelNames {
	n := modelNames{map[string]string{}, map[string]map[int]bool{}}
	for k, c := range columns {
		for _, r := range c.Runs {
			if n.in[r.ModelName] == nil {
				n.logged[r.ModelName], n.in[r.ModelName] = r.Model, map[int]bool{}
			}
			n.in[r.ModelName][k] = true
		}
	}
	return n
}

// twins are pairs of names that one model may have: harnesses put before it what served it ("hf/owner/model"), or write it in
// other cases. Names that share a benchmark are two on purpose.
func (n modelNames) twins() (pairs [][2]string) {
	names := slices.Sorted(maps.Keys(n.in))
	byLower := map[string][]string{}
	for _, name := range names {
		byLower[strings.ToLower(name)] = append(byLower[strings.ToLower(name)], name)
	}
	for _, long := range names {
		for end, more := strings.ToLower(long), true; more; _, end, more = strings.Cut(end, "/") {
			for _, short := range byLower[end] {
				if (len(short) < len(long) || short < long) && !n.meet(short, long) {
					pairs = append(pairs, [2]string{short, long})
				}
			}
		}
	}
	return pairs
}

// meet says whether two models have scores on one benchmark.
func (n modelNames) meet(a, b string) bool {
	for k := range n.in[a] {
		if n.in[b][k] {
			return true
		}
	}
	return false
}

// renames is the entry of rename that makes one of two names; where only what stands before differs, for all that have it.
func (n modelNames) renames(short, long string) string {
	from := n.logged[long]
	if before, ok := strings.CutSuffix(from, short); ok && from == long && !strings.Contains(before, "*") {
		return fmt.Sprintf("rename = { %q = %q }", before+"*", "*")
	}
	return fmt.Sprintf("rename = { %q = %q }", from, short)
}

// tellTwins warns of models that may stand under two names: their scores by two harnesses would never meet.
func (l *logs) tellTwins(columns []*results.Column) {
	names := namesOfModels(columns)
	pairs := names.twins()
	if len(pairs) == 0 {
		return
	}
	short, long := pairs[0][0], pairs[0][1]
	summary := fmt.Sprintf("%q and %q may be one model", short, long)
	if n := len(pairs) - 1; n > 0 {
		summary += fmt.Sprintf("; so it is with %s of names", wording.Count(n, "more pair"))
	}
	l.tables[0].found.Add(diag.Diagnostic{Severity: diag.Warning, Summary: summary,
		Detail:     "The two share no benchmark, so that what they score is never compared.",
		Suggestion: names.renames(short, long) + " in [[results]] makes one of them.", Range: l.at})
}
