// Package wording says numbers and rules in words, as every text of sdmap does.
//
// What a report says of its methods is written by the packages that do the computing, each in its methods.go, from the very
// constants and options that they compute with: neither can change without the other. Package wordingtest holds them to it.
//
// The opinion: a rule is printed exactly and never rounded, since a reader repeats it; only what was measured is rounded.
package wording

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Paragraph is the sentences of one paragraph, in Markdown: a formula stands in backquotes, a source of the built-in
// bibliography as [@key], and text from outside is escaped. Empty sentences are left out.
type Paragraph []string

// String joins the sentences.
func (p Paragraph) String() string {
	var kept []string
	for _, s := range p {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, " ")
}

// Outside shows text from outside as Markdown in which it does nothing: names of models as text, names of the program as code.
// Who places a paragraph says how.
type Outside struct {
	Text func(text string) string
	Code func(names ...string) string
}

// Join puts paragraphs one under the other, an empty line between them.
func Join(paragraphs []Paragraph) string {
	var out []string
	for _, p := range paragraphs {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n\n")
}

// Count prints a number with its noun: "1 study", "2 studies", "12,000 models".
func Count(n int, noun string) string {
	if n != 1 {
		noun = plural(noun)
	}
	return Group(n) + " " + noun
}

func plural(noun string) string {
	switch {
	case strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "s"):
		return noun + "es"
	case strings.HasSuffix(noun, "y"):
		return noun[:len(noun)-1] + "ies"
	}
	return noun + "s"
}

// Are is Count with the verb: "1 study is", "2 studies are".
func Are(n int, noun string) string {
	if n == 1 {
		return Count(n, noun) + " is"
	}
	return Count(n, noun) + " are"
}

// First says a beginning: "the first item", "the first 80 items".
func First(n int, noun string) string {
	if n == 1 {
		return "the first " + noun
	}
	return "the first " + Count(n, noun)
}

// Group puts commas between thousands.
func Group(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Spelt writes numbers up to twelve as words.
func Spelt(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return Group(n)
}

// And joins words as a sentence does.
func And(words []string) string { return joined(words, " and ") }

// Or joins words as alternatives.
func Or(words []string) string { return joined(words, " or ") }

func joined(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}

// Number prints a rule's number with all its digits and a real minus sign.
func Number(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", "−", 1)
}

// Rounded prints a measured number with so many digits behind the point and a real minus sign, which 0 never has.
func Rounded(v float64, digits int) string {
	s := fmt.Sprintf("%.*f", digits, v)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// RoundedPercent prints a measured share in whole per cent; number and sign stay on one line.
func RoundedPercent(v float64) string { return fmt.Sprintf("%.0f\u00a0%%", 100*v) }

// Level prints a level as statistics do, with two digits behind the point, or more where it has more: "0.10", "0.005".
func Level(v float64) string {
	short := fmt.Sprintf("%.2f", v)
	if same, _ := strconv.ParseFloat(short, 64); same == v {
		return short
	}
	return Number(v)
}

// Percent prints a rule's share in per cent with all its digits; number and sign stay on one line.
func Percent(v float64) string { return fmt.Sprintf("%.12g\u00a0%%", 100*v) }

// parts are the names of one over n.
var parts = map[int]string{2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 10: "a tenth"}

// Share names a share: "half", "a fifth", else in per cent.
func Share(v float64) string {
	if name, ok := parts[denominator(v)]; ok {
		return name
	}
	return Percent(v)
}

// Times is a share of a symbol in a formula: "x/2", "0.4 x".
func Times(v float64, symbol string) string {
	if n := denominator(v); n > 0 {
		return symbol + "/" + strconv.Itoa(n)
	}
	return Number(v) + " " + symbol
}

// denominator is n where v is one over it; 0 for any other share.
func denominator(v float64) int {
	if n := math.Round(1 / v); n > 1 && n <= 10 && 1/n == v {
		return int(n)
	}
	return 0
}

// InTen says a share of things: "nine models in ten", "four times in five", else "95 % of models".
func InTen(v float64, noun string) string {
	for n := 2; n <= 10; n++ {
		if k := math.Round(v * float64(n)); k > 0 && k < float64(n) && k/float64(n) == v {
			words := noun
			if k > 1 {
				words += "s"
			}
			return Spelt(int(k)) + " " + words + " in " + Spelt(n)
		}
	}
	return Percent(v) + " of " + noun + "s"
}
