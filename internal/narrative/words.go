package narrative

import (
	"fmt"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// Numbers are said as everywhere.
func two(v float64) string     { return wording.Rounded(v, 2) }
func percent(v float64) string { return wording.RoundedPercent(v) }

// estimate prints a number with its interval, or says that it is missing.
func estimate(e stats.Estimate) string { return estimateTo(2, e) }

// estimateTo is an estimate with so many digits behind the point.
func estimateTo(digits int, e stats.Estimate) string {
	if !e.OK() {
		return "not computed"
	}
	if e.Level > 0 {
		of := ""
		if e.Of != "" {
			of = " of " + e.Of
		}
		return fmt.Sprintf("%s, %s interval%s %s to %s", wording.Rounded(e.Value, digits), percent(e.Level), of,
			wording.Rounded(e.Lo, digits), wording.Rounded(e.Hi, digits))
	}
	return wording.Rounded(e.Value, digits)
}

// repaired sets beside a number that was chosen with the scores what it is with models re-paired; empty for others.
func repaired(e stats.Estimate) string {
	if e.NullRange == nil {
		return ""
	}
	return fmt.Sprintf(" (with models re-paired %s, %s of re-pairings between %s and %s)", two(*e.Null), percent(stats.NullLevel),
		two(e.NullRange[0]), two(e.NullRange[1]))
}

// rho prints a correlation over models with interval and n.
func rho(e stats.Estimate, symbol bool) string {
	if !e.OK() {
		return "not computed: " + Escape(e.Missing)
	}
	head := ""
	if symbol {
		head = "ρ = "
	}
	s := head + estimate(e)
	if e.N > 0 {
		s += fmt.Sprintf(", n = %d models", e.N)
	}
	if e.Without != nil {
		s += fmt.Sprintf("; %s to %s when any one lineage is left out", two(e.Without.Least), two(e.Without.Most))
	}
	if e.Level > 0 && e.Lo <= 0 && e.Hi >= 0 {
		s += "; the interval includes zero"
	}
	return s
}

func without(e stats.Estimate) string {
	if !e.OK() {
		return ""
	}
	return "; " + two(e.Value) + " without the general factor"
}

// pValue prints a p-value; the smallest that permutations can give is printed as it is.
func pValue(p *float64) string {
	switch {
	case p == nil:
		return "p not computed"
	case *p < 0.001:
		return fmt.Sprintf("p = %.1g", *p)
	}
	return fmt.Sprintf("p = %.3f", *p)
}

func bold(name string) string { return "**" + Escape(name) + "**" }

func pairOf(b []string) string { return bold(b[0]) + " and " + bold(b[1]) }

// list joins names as a sentence does.
func list(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, bold(n))
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// shown is how many further pairs a sentence names before it only counts.
const shown = 4

// others names what else carries a finding's label.
func others(f analysis.Finding, one, many string) string {
	n := len(f.Others)
	if n == 0 {
		return ""
	}
	var names []string
	for _, o := range f.Others[:min(n, shown)] {
		names = append(names, Escape(strings.Join(o, " and ")))
	}
	word := many
	if n == 1 {
		word = one
	}
	s := fmt.Sprintf(" %d more %s: %s", n, word, strings.Join(names, "; "))
	if n > shown {
		s += " …"
	}
	return s + "."
}

// upper begins a sentence.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// AxisName says an axis, or a variant of it, as prose does.
func AxisName(id string) string {
	switch id {
	case "performance":
		return "raw performance"
	case "performance.gfree":
		return "performance without the general factor"
	case "perplexity.signature":
		return "perplexity signatures"
	case "perplexity.familiarity":
		return "familiarity"
	case "perplexity.familiarity.gfree":
		return "familiarity without the general factor"
	case "semantic.tfidf":
		return "bag of words (lexical baseline)"
	case "semantic":
		return "semantics"
	case "neural":
		return "neural representation"
	}
	return Escape(id)
}
