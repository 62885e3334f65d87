package benchmark

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"sdmap/internal/study"
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
// the first four as in lm-evaluation-harness, the last our own; mc2 is the probability of the true choices among all, as there.
// Of equal greatest values the lowest index wins and tie is
// true. The score is NaN if the reply does not fit the item or holds a NaN.
func (b *Benchmark) ScoreChoice(i int, r ChoiceReply) (score float64, tie bool) {
	values, ok := b.values(b.Items[i], r)
	if !ok {
		return math.NaN(), false
	}
	if b.Spec.Metric == study.MC2 {
		return b.Items[i].trueMass(values), false
	}
	best, tie := greatest(values)
	return indicator(b.Items[i].isTrue(best)), tie
}

// isTrue says whether choice k is right.
func (it Item) isTrue(k int) bool {
	if it.Truths != nil {
		return it.Truths[k]
	}
	return k == it.Answer
}

// trueMass is the probability of the true choices among all, given the logarithms of all.
func (it Item) trueMass(logs []float64) float64 {
	most, _ := greatest(logs)
	var right, all float64
	for k, v := range logs {
		p := math.Exp(v - logs[most])
		if all += p; it.isTrue(k) {
			right += p
		}
	}
	return right / all
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
	if n == 0 || len(r.LogProbs) != n || b.Spec.Metric == "acc_token" && len(r.Tokens) != n || b.Spec.Metric ==
		"acc_mutual_info" && len(r.Uncond) != n {
		return nil, false
	}
	values := make([]float64, n)
	for k := range it.Choices {
		v, choice := r.LogProbs[k], it.Scored(k)
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
//	numeric  1 if the last numbers of both are equal as numbers; separators of thousands are ignored
//	regex    exact, on the first group of the pattern's first match, or its last; the reference's group where it matches too;
//	         separators of thousands are ignored. No match is 0
//	f1       harmonic mean of precision and recall of the words they share (SQuAD: lower case, without punctuation of ASCII
//	         and without a, an, the)
//
// Of several references the best counts.
func (b *Benchmark) ScoreText(i int, text string) float64 {
	it := b.Items[i]
	if len(it.References) == 0 {
		return b.scoreText(text, it.Reference)
	}
	best := math.Inf(-1)
	for _, r := range it.References {
		score := b.scoreText(text, r)
		if math.IsNaN(score) {
			return score
		}
		best = max(best, score)
	}
	return best
}

func (b *Benchmark) scoreText(text, reference string) float64 {
	switch b.Spec.Metric {
	case "numeric":
		x, y := lastNumber(text), lastNumber(reference)
		return indicator(x != nil && y != nil && x.Cmp(y) == 0)
	case "regex":
		re, err := regexp.Compile(b.Spec.Pattern)
		if err != nil {
			return math.NaN()
		}
		return scorePattern(re, b.Spec.Last, text, reference)
	case "f1":
		return scoreF1(words(text), words(reference))
	default:
		return indicator(normalise(text) == normalise(reference))
	}
}

// FindsAnswer says whether the rule finds an answer to compare in a reply: a number, or what the pattern matches. Other rules
// take any text.
func (b *Benchmark) FindsAnswer(text string) bool {
	switch b.Spec.Metric {
	case "numeric":
		return lastNumber(text) != nil
	case "regex":
		re, err := regexp.Compile(b.Spec.Pattern)
		if err != nil {
			return false
		}
		_, ok := group(re, text, b.Spec.Last)
		return ok
	}
	return true
}

// Searches says whether the rule looks for an answer inside a reply.
func (b *Benchmark) Searches() bool { return b.Spec.Metric == "numeric" || b.Spec.Metric == "regex" }

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func normalise(s string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.Join(strings.Fields(strings.ToLower(s)), " "), "."))
}

// scorePattern compares what the pattern finds in both texts, without separators of thousands.
func scorePattern(re *regexp.Regexp, last bool, text, reference string) float64 {
	got, ok := group(re, text, last)
	if !ok {
		return 0
	}
	if g, matches := group(re, reference, last); matches {
		reference = g
	}
	return indicator(withoutSeparators(normalise(got)) == withoutSeparators(normalise(reference)))
}

// group is the first group of the pattern's first or last match.
func group(re *regexp.Regexp, s string, last bool) (string, bool) {
	n := 1
	if last {
		n = -1
	}
	all := re.FindAllStringSubmatch(s, n)
	if len(all) == 0 || len(all[0]) < 2 {
		return "", false
	}
	return all[len(all)-1][1], true
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
