package study

import "strings"

// ModelHeader reads a heading that names a model: as it is, or as the pair ('family', 'owner/model') that pandas prints of a
// column with two levels. family is empty where there is none.
func ModelHeader(heading string) (family, model string) {
	inner, opened := strings.CutPrefix(strings.TrimSpace(heading), "(")
	inner, closed := strings.CutSuffix(inner, ")")
	if !opened || !closed {
		return "", heading
	}
	family, rest, ok := inQuotes(inner)
	if !ok {
		return "", heading
	}
	rest, comma := strings.CutPrefix(strings.TrimSpace(rest), ",")
	model, rest, ok = inQuotes(rest)
	if !comma || !ok || strings.Trim(rest, " ,") != "" || model == "" {
		return "", heading
	}
	return family, model
}

// inQuotes takes a text in single or double quotes from the front.
func inQuotes(s string) (text, rest string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", s, false
	}
	return strings.Cut(s[1:], s[:1])
}
