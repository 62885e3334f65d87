package benchmark

import (
	"math"
	"strings"

	"sdmap/internal/study"
)

// MostLetters is how many choices can stand under letters.
const MostLetters = 26

// letter is the letter of a choice: A for the first.
func letter(choice int) string { return string(rune('A' + choice)) }

// AnswerLine ends a lettered prompt: the letter comes next.
const AnswerLine = "Answer:"

// lettered is a prompt for models that can only be asked which letter they would answer with:
//
//	the question
//	A. the first choice
//	B. the second
//	Answer:
//
// An "Answer:" at the question's own end moves behind the choices. Choices that are the letters A, B, ... themselves are
// listed by the question already.
func lettered(question string, choices []string) string {
	if len(choices) > MostLetters {
		return ""
	}
	question = strings.TrimRightFunc(strings.TrimSuffix(question, AnswerLine), IsSpace)
	var b strings.Builder
	b.Grow(len(question) + len(strings.Join(choices, "A. \n")) + len("A. \n\n"+AnswerLine))
	b.WriteString(question + "\n")
	if !areLetters(choices) {
		for k, c := range choices {
			b.WriteString(letter(k) + ". " + strings.TrimFunc(c, IsSpace) + "\n")
		}
	}
	b.WriteString(AnswerLine)
	return b.String()
}

func areLetters(choices []string) bool {
	for k, c := range choices {
		if strings.TrimFunc(c, IsSpace) != letter(k) {
			return false
		}
	}
	return true
}

// Letters are the letters under which item i lists its choices.
func (b *Benchmark) Letters(i int) []string {
	out := make([]string, len(b.Items[i].Choices))
	for k := range out {
		out[k] = letter(k)
	}
	return out
}

// Unlettered is the id of the first item with too many choices for letters; empty if there is none.
func (b *Benchmark) Unlettered() string {
	for _, it := range b.Items {
		if b.Spec.Task == study.Choice && it.Lettered == "" {
			return it.ID
		}
	}
	return ""
}

// LettersDigest identifies what is asked of a model whose answers are read by their first letter. Like RequestsDigest it does
// not know the answers.
func (b *Benchmark) LettersDigest() string {
	d := newDigest("letters/1")
	for i, it := range b.Items {
		d.line("ask", append([]string{it.Lettered}, b.Letters(i)...)...)
	}
	return d.String()
}

// ScoreLetters scores item i by one value a letter: 1 if the right choice's is the greatest, else 0. A letter that the model
// did not show has the value -Inf. Of equal greatest values the lowest index wins and tie is true. The score is NaN if the
// values do not fit the item. No other rule of the benchmark applies: every letter is one token of one byte.
func (b *Benchmark) ScoreLetters(i int, values []float64) (score float64, tie bool) {
	if len(values) != len(b.Items[i].Choices) || len(values) == 0 {
		return math.NaN(), false
	}
	for _, v := range values {
		if math.IsNaN(v) {
			return math.NaN(), false
		}
	}
	best, tie := greatest(values)
	return indicator(best == b.Items[i].Answer), tie
}
