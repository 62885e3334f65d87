package benchmark

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ChoiceReply is what a model says about the choices of one item.
type ChoiceReply struct {
	LogProbs  []float64 // sum over each choice's tokens given the prompt, nats
	Tokens    []int     // number of those tokens
	Uncond    []float64 // the same sums without the prompt, nats; for acc_mutual_info only
	Straddled bool      // encode(prompt) was not a prefix of encode(prompt + choice)
}

// ScoreChoice scores item i: 1 if the right choice has the greatest value, else 0. The value of a choice is its
// log-probability
//
//	acc              as it is
//	acc_norm         divided by the number of characters of the choice, without delimiter
//	acc_bytes        divided by its UTF-8 bytes
//	acc_mutual_info  minus its log-probability without the prompt
//	acc_token        divided by its number of tokens
//
// the first four as in lm-evaluation-harness, the last our own. Of equal greatest values the lowest index wins and tie is
// true. The score is NaN if the reply does not fit the item or holds a NaN.
func (b *Benchmark) ScoreChoice(i int, r ChoiceReply) (score float64, tie bool) {
	values, ok := b.values(b.Items[i], r)
	if !ok {
		return math.NaN(), false
	}
	best, tie := greatest(values)
	return indicator(best == b.Items[i].Answer), tie
}

// greatest is the index of the greatest value, the lowest of equals, and whether there are equals.
func greatest(values []float64) (best int, tie bool) {
	for k, v := range values {
		if v > values[best] {
			best, tie = k, false
		} else if k > 0 && v == values[best] {
			tie = true
		}
	}
	return best, tie
}

// values are the choices' values under the metric.
func (b *Benchmark) values(it Item, r ChoiceReply) ([]float64, bool) {
	n := len(it.Choices)
	if n == 0 || len(r.LogProbs) != n || b.Spec.Metric == "acc_token" && len(r.Tokens) != n || b.NeedsUnconditional() &&
		len(r.Uncond) != n {
		return nil, false
	}
	values := make([]float64, n)
	for k, choice := range it.Choices {
		v := r.LogProbs[k]
		switch b.Spec.Metric {
		case "acc_norm":
			v /= float64(utf8.RuneCountInString(choice))
		case "acc_bytes":
			v /= float64(len(choice))
		case "acc_mutual_info":
			v -= r.Uncond[k]
		case "acc_token":
			v /= float64(r.Tokens[k])
		}
		if math.IsNaN(v) {
			return nil, false
		}
		values[k] = v
	}
	return values, true
}

// ScoreText scores a generated reply to item i, from 0 to 1:
//
//	exact    1 if reply and reference are equal after lower-casing, trimming, making every run of white space one space and
//	         dropping one full stop at the end
//	numeric  1 if the last numbers of both are equal as numbers; commas between digits are ignored
//	regex    exact, on the first group of the pattern's first match; the reference's group where it matches too. No match is 0
//	f1       harmonic mean of precision and recall of the words they share (SQuAD: lower case, without punctuation of ASCII
//	         and without a, an, the)
func (b *Benchmark) ScoreText(i int, text string) float64 {
	reference := b.Items[i].Reference
	switch b.Spec.Metric {
	case "numeric":
		x, y := lastNumber(text), lastNumber(reference)
		return indicator(x != nil && y != nil && x.Cmp(y) == 0)
	case "regex":
		return scorePattern(b.Spec.Pattern, text, reference)
	case "f1":
		return scoreF1(words(text), words(reference))
	default:
		return indicator(normalise(text) == normalise(reference))
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func normalise(s string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.Join(strings.Fields(strings.ToLower(s)), " "), "."))
}

var numberPattern = regexp.MustCompile(`[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+`)

// longestNumber bounds the digits of a number that is compared; replies can repeat a digit without end.
const longestNumber = 400

// lastNumber is the last decimal number of s, nil if there is none. A minus counts unless a letter or digit stands before
// it ("17-4" ends in 4).
func lastNumber(s string) *big.Rat {
	all := numberPattern.FindAllStringIndex(s, -1)
	if len(all) == 0 {
		return nil
	}
	at := all[len(all)-1]
	digits := strings.ReplaceAll(s[at[0]:at[1]], ",", "")
	if len(digits) > longestNumber {
		return nil
	}
	x, ok := new(big.Rat).SetString(digits)
	if !ok {
		return nil
	}
	if isNegative(s[:at[0]]) {
		x.Neg(x)
	}
	return x
}

// isNegative says whether the text before a number ends in a minus that belongs to it.
func isNegative(before string) bool {
	rest := strings.TrimSuffix(strings.TrimSuffix(before, "-"), "−")
	if rest == before {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(rest)
	return !unicode.IsLetter(last) && !unicode.IsDigit(last)
}

func scorePattern(pattern, text, reference string) float64 {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return math.NaN()
	}
	group := func(s string) (string, bool) {
		m := re.FindStringSubmatch(s)
		if len(m) < 2 {
			return "", false
		}
		return m[1], true
	}
	got, ok := group(text)
	if !ok {
		return 0
	}
	if g, matches := group(reference); matches {
		reference = g
	}
	return indicator(normalise(got) == normalise(reference))
}

// words are SQuAD's normalised tokens.
func words(s string) []string {
	s = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	var kept []string
	for _, w := range strings.Fields(s) {
		if w != "a" && w != "an" && w != "the" {
			kept = append(kept, w)
		}
	}
	return kept
}

// scoreF1 counts shared words as often as both have them; two texts without words are equal.
func scoreF1(got, want []string) float64 {
	if len(got) == 0 || len(want) == 0 {
		return indicator(len(got) == len(want))
	}
	left := map[string]int{}
	for _, w := range want {
		left[w]++
	}
	shared := 0
	for _, w := range got {
		if left[w] > 0 {
			left[w]--
			shared++
		}
	}
	return 2 * float64(shared) / float64(len(got)+len(want))
}
