package study

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"sdmap/internal/diag"
)

// longestShown bounds a text that readers meet, in characters.
const longestShown = 300

var shownRule = fmt.Sprintf("It stands in headings, figures and tables: one line of at most %d characters, none of them a "+
	"control character or invisible formatting.", longestShown)

// shown checks a text that readers meet, or each of a list.
func (t table) shown(o Option, key string, value any) bool {
	if !o.Shown {
		return true
	}
	if s, ok := value.(string); ok {
		return t.checkShown(key, s, t.place(key))
	}
	good := true
	texts, _ := value.([]string)
	for i, s := range texts {
		good = t.checkShown(key, s, t.at(t.pos.Children[key].Elems[i].Value)) && good
	}
	return good
}

func (t table) checkShown(key, s string, at diag.Range) bool {
	fault := unshown(s)
	if fault == "" {
		return true
	}
	suggestion := ""
	if better := asShown(s); better != "" {
		suggestion = fmt.Sprintf("Write %q.", better)
	}
	t.report(at, fmt.Sprintf("%q %s", key, fault), shownRule, suggestion)
	return false
}

// unshown says why a text cannot be shown in a line; empty if it can.
func unshown(s string) string {
	if n := utf8.RuneCountInString(s); n > longestShown {
		return fmt.Sprintf("has %d characters", n)
	}
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r':
			return "has more than one line"
		case diag.Shown(string(r)) != string(r):
			return fmt.Sprintf("holds %U, which cannot be shown", r)
		}
	}
	return ""
}

// asShown makes a text that can be shown of one that cannot; empty if nothing is left.
func asShown(s string) string {
	s = strings.ReplaceAll(diag.Shown(s), string(utf8.RuneError), "")
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > longestShown {
		return ""
	}
	return s
}
