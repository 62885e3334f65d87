package bibtex

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is a person's, in BibTeX's four parts, or that of an organisation, which is all in Last. Others stands for "and others".
type Name struct {
	First, Von, Last, Jr string
	Others               bool
}

// Family is the name under which text cites: "de Leeuw".
func (n Name) Family() string { return strings.TrimSpace(n.Von + " " + n.Last) }

// String is the name as a list of references has it: "de Leeuw, Jan".
func (n Name) String() string {
	if n.Others {
		return "et al."
	}
	parts := []string{n.Family()}
	for _, p := range []string{n.Jr, n.First} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func joinNames(names []Name) string {
	var out []string
	for _, n := range names {
		out = append(out, n.String())
	}
	return strings.Join(out, "; ")
}

// names takes a list of names apart: "and" divides them where it stands outside of braces.
func (d *decoder) names(raw string) []Name {
	var out []Name
	for _, one := range divide(raw, isAnd) {
		one = strings.TrimSpace(one)
		switch {
		case one == "":
		case one == "others":
			out = append(out, Name{Others: true})
		default:
			out = append(out, d.name(one))
		}
	}
	return out
}

// name reads "First von Last", "von Last, First" or "von Last, Jr, First". One that stands in braces as a whole is an
// organisation's.
func (d *decoder) name(raw string) Name {
	if whole(raw) {
		return Name{Last: d.text(raw)}
	}
	parts := divide(raw, isComma)
	words := divide(strings.TrimSpace(parts[0]), isBlank)
	if len(parts) == 1 {
		return d.natural(words)
	}
	von := 0 // leading words in small letters; the last word is never one
	for von < len(words)-1 && small(d.peek(words[von])) {
		von++
	}
	n := Name{Von: d.join(words[:von]), Last: d.join(words[von:])}
	if len(parts) > 3 {
		d.commas = append(d.commas, raw)
	}
	if len(parts) > 2 {
		n.Jr = d.text(parts[1])
		n.First = d.text(strings.Join(parts[2:], ","))
	} else {
		n.First = d.text(parts[1])
	}
	return n
}

// natural reads a name without commas: the words in small letters, from the first to the last of them, are the von part; without
// any the last word is the family name.
func (d *decoder) natural(words []string) Name {
	first, last := -1, -1
	for i := 0; i < len(words)-1; i++ {
		if small(d.peek(words[i])) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		first, last = len(words)-1, len(words)-2
	}
	return Name{First: d.join(words[:first]), Von: d.join(words[first : last+1]), Last: d.join(words[last+1:])}
}

func (d *decoder) join(words []string) string { return d.text(strings.Join(words, " ")) }

// peek is a word's text, read only to look at its first letter.
func (d *decoder) peek(word string) string {
	if strings.HasPrefix(word, "{") && !strings.HasPrefix(word, `{\`) {
		return "" // braces hide a word's case
	}
	return (&decoder{}).text(word)
}

// small says whether a word begins with a small letter.
func small(word string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }))
	return unicode.IsLower(r)
}

// whole says whether one pair of braces holds everything.
func whole(raw string) bool {
	if len(raw) < 2 || raw[0] != '{' || raw[len(raw)-1] != '}' {
		return false
	}
	depth := 0
	for i := 0; i < len(raw)-1; i++ {
		switch raw[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return false
		}
	}
	return !strings.HasPrefix(raw, `{\`)
}

// divide cuts text outside of braces where cut says how many bytes divide it.
func divide(text string, cut func(rest string, before byte) int) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		before := byte(' ')
		if i > 0 {
			before = text[i-1]
		}
		if depth != 0 {
			continue
		}
		if n := cut(text[i:], before); n > 0 {
			out = append(out, text[start:i])
			start = i + n
			i = start - 1
		}
	}
	return append(out, text[start:])
}

func isComma(rest string, _ byte) int {
	if rest[0] == ',' {
		return 1
	}
	return 0
}

func isBlank(rest string, _ byte) int {
	return len(rest) - len(strings.TrimLeft(rest, " \t\r\n~"))
}

// isAnd finds the word "and" between blanks.
func isAnd(rest string, before byte) int {
	if strings.IndexByte(" \t\r\n", before) < 0 || len(rest) < 3 || !strings.EqualFold(rest[:3], "and") {
		return 0
	}
	if len(rest) > 3 && strings.IndexByte(" \t\r\n", rest[3]) < 0 {
		return 0
	}
	return 3
}
