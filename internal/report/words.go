package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sdmap/internal/axis"
	"sdmap/internal/narrative"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// esc makes text from outside safe in Markdown.
func esc(text string) string { return narrative.Escape(text) }

// code shows names of the program as code; what cannot be such a name is text.
func code(names ...string) string {
	var out []string
	for _, n := range names {
		if codeName.MatchString(n) {
			out = append(out, "`"+n+"`")
		} else {
			out = append(out, esc(n))
		}
	}
	return strings.Join(out, ", ")
}

// outside is how packages that give the methods show what came from outside.
var outside = wording.Outside{Text: esc, Code: code}

var codeName = regexp.MustCompile(`^[\w.:/-]+$`)

// withInterval prints an estimate with its interval, or why it is missing; it is Markdown.
func withInterval(e stats.Estimate) string {
	if !e.OK() {
		return "not computed (" + esc(e.Missing) + ")"
	}
	if e.Level > 0 {
		return fmt.Sprintf("%s (%s interval %s to %s)", two(e.Value), percent(e.Level), two(e.Lo), two(e.Hi))
	}
	return two(e.Value)
}

func pValue(p float64) string {
	if p < 0.001 {
		rounded, _ := strconv.ParseFloat(fmt.Sprintf("%.1g", p), 64) // what was just printed
		return strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	return num(p, 3)
}

// Numbers and lists are said as everywhere.
func num(v float64, digits int) string { return wording.Rounded(v, digits) }
func two(v float64) string             { return wording.Rounded(v, 2) }
func percent(v float64) string         { return wording.RoundedPercent(v) }
func count(n int, noun string) string  { return wording.Count(n, noun) }
func group(n int) string               { return wording.Group(n) }
func spelt(n int) string               { return wording.Spelt(n) }
func and(words []string) string        { return wording.And(words) }

// sentence ends a text with one full stop and begins it with a capital.
func sentence(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), ".")
	if s == "" {
		return ""
	}
	return capital(s) + "."
}

// capital begins a text with a capital.
func capital(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// axisTitle names an axis, or a variant of one, in running text.
func axisTitle(id string) string { return narrative.AxisName(id) }

// shortTitle names them in a table's heading.
func shortTitle(id string) string {
	if id == axis.Performance+"."+gfree {
		return "g-free performance"
	}
	return id
}

// gfree is the variant of performance without the general factor.
const gfree = "gfree"

// anchor makes an id of any text: ordinary ids stay as they are, other bytes become "~" and two hex digits, so that different
// texts never share an anchor.
func anchor(parts ...string) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString("~~")
		}
		for _, c := range []byte(p) {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-", c) >= 0 {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "~%02x", c)
			}
		}
	}
	return b.String()
}

// sortedBy returns a copy in the order of a text made from each, letters before case.
func sortedBy(list []string, by func(string) string) []string {
	out := slices.Clone(list)
	slices.SortFunc(out, func(x, y string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(by(x)), strings.ToLower(by(y))), cmp.Compare(x, y))
	})
	return out
}

// distinct keeps the first of each.
func distinct(values []string) []string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
