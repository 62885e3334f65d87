package benchmark

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberPattern finds numbers as people and programs write them: 7, 1,250, 1{,}250 (TeX), .5, 1.5e3, 3/8. Commas part thousands
// or nothing: "3,4" is two numbers.
var numberPattern = regexp.MustCompile(
	`(?:[0-9]{1,3}(?:(?:,|\{,\})[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+−–]?[0-9]+)?(?:/[0-9]+)?`)

// longestNumber bounds the digits of a number that is compared; replies can repeat a digit without end.
const longestNumber = 400

// lastNumber is the last number of s, nil if there is none. A minus (-, − or –) counts, before or behind the sign of a currency,
// unless a letter or digit stands before it ("17-4" ends in 4).
func lastNumber(s string) *big.Rat {
	x, _, _ := numberIn(s)
	return x
}

// numberIn is the last number of s and what stands before and behind it.
func numberIn(s string) (x *big.Rat, before, behind string) {
	start, end := aroundLastDigit(s)
	all := numberPattern.FindAllStringIndex(s[start:end], -1)
	if len(all) == 0 {
		return nil, "", ""
	}
	at := start + all[len(all)-1][0] // a number ends in a digit, the last one in the last
	before, behind = s[:at], s[end:]
	if x = rational(s[at:end]); x == nil {
		return nil, before, behind
	}
	rest, negative := cutMinus(strings.TrimRight(before, currencies))
	if !negative {
		rest, negative = cutMinus(before)
	}
	if negative {
		before = rest
		x.Neg(x)
	}
	return x, before, behind
}

// aroundLastDigit is the part of s that ends in its last digit and holds nothing but what numbers are written with. No number
// reaches into it from before, so that the pattern need not search the whole of a long text.
func aroundLastDigit(s string) (start, end int) {
	end = strings.LastIndexAny(s, "0123456789") + 1
	foreign := func(r rune) bool { return !strings.ContainsRune("0123456789.,{}eE+/"+minuses, r) }
	if start = strings.LastIndexFunc(s[:end], foreign); start < 0 {
		return 0, end
	}
	_, size := utf8.DecodeRuneInString(s[start:])
	return start + size, end
}

const (
	currencies = "$€£¥"
	minuses    = "-−–"
)

// cutMinus takes a minus off the end of the text before a number, if it belongs to the number.
func cutMinus(before string) (rest string, negative bool) {
	last, size := utf8.DecodeLastRuneInString(before)
	rest = before[:len(before)-size]
	if size == 0 || !strings.ContainsRune(minuses, last) {
		return before, false
	}
	last, _ = utf8.DecodeLastRuneInString(rest)
	if unicode.IsLetter(last) || unicode.IsDigit(last) {
		return before, false
	}
	return rest, true
}

// rational is the value of what numberPattern found; nil where it is beyond the bound or divided by zero.
func rational(text string) *big.Rat {
	text = asGoWrites.Replace(text)
	text, divisor, divided := strings.Cut(text, "/")
	digits, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	if len(digits) > longestNumber || len(divisor) > longestNumber || scientific && len(exponent) > 4 {
		return nil
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok || !divided {
		return x
	}
	by, ok := new(big.Rat).SetString(divisor)
	if !ok || by.Sign() == 0 {
		return nil
	}
	return x.Quo(x, by)
}

var asGoWrites = strings.NewReplacer("{,}", "", ",", "", "−", "-", "–", "-")

// checkNumber refuses a reference whose last number is a part of something larger, which would be compared as if it were all:
// a point, a power, a root, a product with a letter.
func checkNumber(reference string) error {
	x, before, behind := numberIn(reference)
	if x == nil {
		return fmt.Errorf("the answer %q has no number, which metric numeric needs", clip(reference))
	}
	if part := partOf(before, behind); part != "" {
		return fmt.Errorf("the answer %q is %s, which metric numeric cannot compare; metric exact can", clip(reference), part)
	}
	return nil
}

var (
	opensTuple = regexp.MustCompile(`[(\[{][^()\[\]{}]*[0-9][^()\[\]{}]*[,;]\s*$`)
	closes     = regexp.MustCompile(`^\s*[)\]}]`)
	operator   = regexp.MustCompile(`[0-9)}\pL]\s*[-−–+*/^·×÷:_]$|[0-9]\s*[,;]\s*$|[0-9]\s+$|[\^_\\{√]$|\\[a-z]+\s*$`)
	product    = regexp.MustCompile(`^\s?(?:[\^\\{√π°/:]|[*+×÷]\s*[0-9(])|^[a-zA-Z](?:[^\pL]|$)`)
)

// partOf says what a number is a part of, by what stands around it; empty where it stands for itself.
func partOf(before, behind string) string {
	last, _ := utf8.DecodeLastRuneInString(before)
	switch {
	case closes.MatchString(behind) && opensTuple.MatchString(before):
		return "several numbers in one"
	case operator.MatchString(lastWord(before)), unicode.IsLetter(last), product.MatchString(behind):
		return "an expression"
	}
	return ""
}

// lastWord is the end of a text: its last word with the white space around it, and what stands before that. An operator looks no
// further back.
func lastWord(s string) string {
	rest := strings.TrimRightFunc(s, unicode.IsSpace)
	rest = strings.TrimRightFunc(strings.TrimRightFunc(rest, notSpace), unicode.IsSpace)
	_, size := utf8.DecodeLastRuneInString(rest)
	return s[len(rest)-size:]
}

func notSpace(r rune) bool { return !unicode.IsSpace(r) }

// thousands are numbers with separators between their digits.
var thousands = regexp.MustCompile(`\b[0-9]{1,3}(?:(?:,|\{,\})[0-9]{3})+\b`)

// withoutSeparators takes the separators of thousands out of a text.
func withoutSeparators(s string) string {
	return thousands.ReplaceAllStringFunc(s, func(n string) string { return strings.NewReplacer("{,}", "", ",", "").Replace(n) })
}
