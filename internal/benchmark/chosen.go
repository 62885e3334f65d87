package benchmark

import (
	"math"
	"regexp"
)

// Chosen is the choice of item i that counts as the model's, and the values of all choices, of which it has the greatest, as
// ScoreChoice and ScoreLetters compare them. It is -1 if the reply does not fit the item.
func (b *Benchmark) Chosen(i int, r ChoiceReply) (best int, values []float64) {
	values, ok := b.values(b.Items[i], r)
	if !ok {
		return -1, nil
	}
	best, _ = greatest(values)
	return best, values
}

// ChosenLetter is Chosen of one value a letter.
func (b *Benchmark) ChosenLetter(i int, values []float64) int {
	if score, _ := b.ScoreLetters(i, values); math.IsNaN(score) {
		return -1
	}
	best, _ := greatest(values)
	return best
}

// Extracted is the part of a generated reply that the rule compares with the reference, as the reply has it: its last number,
// or what the pattern finds; for other rules the whole of it. It is false where there is none.
func (b *Benchmark) Extracted(text string) (string, bool) {
	switch b.Spec.Metric {
	case "numeric":
		x, before, behind := numberIn(text)
		if x == nil {
			return "", false
		}
		return text[len(before) : len(text)-len(behind)], true
	case "regex":
		re, err := regexp.Compile(b.Spec.Pattern)
		if err != nil {
			return "", false
		}
		return group(re, text, b.Spec.Last)
	}
	return text, true
}

// Right says of each choice whether it is right; nil for a generated answer.
func (it Item) Right() []bool {
	if len(it.Choices) == 0 {
		return nil
	}
	out := make([]bool, len(it.Choices))
	for k := range out {
		out[k] = it.isTrue(k)
	}
	return out
}

// Digest identifies what is asked: prompt and choices, and nothing of the answer. Equal items of two benchmarks have one digest.
func (it Item) Digest() string {
	d := newDigest("item/1", append([]string{it.Prompt, it.Delimiter}, it.Choices...)...)
	if it.Contexts != nil {
		d.line("partial", append(append([]string{}, it.Contexts...), it.Continuations...)...)
	}
	return d.String()
}
