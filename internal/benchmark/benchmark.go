// Package benchmark turns files of rows into items that can be asked of a model, and replies into item scores.
//
// The pipeline: files -> rows (package rows) -> templates fill in the row's fields -> Items with prompt and choices -> all
// answers together say how they are to be read -> [a model replies] -> a score for each item by the benchmark's metric.
//
// The opinion: a row that cannot be used is named by file and line, and nothing is asked of a model before every row is
// good or was knowingly skipped. Prompts follow EleutherAI's lm-evaluation-harness: white space at the end of a prompt moves
// to the front of every choice, and stays where a model is to go on by itself. What is asked (RequestsDigest) and what is
// scored (Digest) are told apart, so that a corrected answer never asks a model again.
package benchmark

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"sdmap/internal/study"
)

// Benchmark is a named set of items with a scoring rule.
type Benchmark struct {
	Spec    study.Benchmark
	Items   []Item       // in the order of the file
	Skipped []SkippedRow // rows that on_bad_row = "skip" left out
}

// Item is one question. For task choice Choices and Answer are set, for generate Reference alone.
type Item struct {
	ID        string // the row's "id", else "row-N" with N counted from 1
	Line      int    // of the file, from 1
	Question  string // the rendered prompt without examples and outer white space
	Prompt    string // with examples; before choices without white space at its end
	Delimiter string // between Prompt and each choice: white space at the prompt's end, then the benchmark's delimiter
	Choices   []string
	Lettered  string // the prompt with its choices under letters, see lettered; empty for generate
	Answer    int    // index in Choices; -1 for generate
	Reference string // text of the right choice, or the first reference of a generated answer
	Wording   string // name of the wording that the row was made from; empty where the benchmark's spec names no field

	References []string // of a generated answer, of which the best counts
	Truths     []bool   // by choice, where the file says it of each; Answer is the first true one
	// With a blank in the prompt: by choice, what stands before it with the choice put in, and what is scored behind that,
	// the same but for the white space in front.
	Contexts, Continuations []string
}

// Scored is what is scored of choice k: the choice, or what stands behind the blank that it fills.
func (it Item) Scored(k int) string {
	if it.Continuations != nil {
		return it.Continuations[k]
	}
	return it.Choices[k]
}

// SkippedRow is a row that was left out, and why.
type SkippedRow struct {
	File   string
	Line   int // or the row's number, where the form of the file has no lines
	Reason string
}

// Without is the benchmark without the items that are left out.
func (b *Benchmark) Without(out []bool) *Benchmark {
	rest := *b
	rest.Items = nil
	for i, item := range b.Items {
		if !out[i] {
			rest.Items = append(rest.Items, item)
		}
	}
	return &rest
}

// Chance is the score that guessing has on item i.
func (b *Benchmark) Chance(i int) float64 {
	switch {
	case b.Spec.Chance != nil:
		return *b.Spec.Chance
	case b.Spec.Metric == study.MC2:
		return b.Items[i].trueMass(make([]float64, len(b.Items[i].Choices))) // of equal choices
	case b.Spec.Task == study.Choice:
		return 1 / float64(len(b.Items[i].Choices))
	default:
		return 0
	}
}

// NeedsUnconditional says whether the metric, or another from the same replies, also wants each choice's log-probability
// without its prompt.
func (b *Benchmark) NeedsUnconditional() bool {
	return b.Spec.Metric == "acc_mutual_info" || b.Spec.Unconditional
}

// RequestsDigest identifies what is asked of a model: prompts, delimiters, choices, reply length, stops and chat. Answers are
// not in it: correcting one asks nothing again.
func (b *Benchmark) RequestsDigest() string {
	d := newDigest("requests/1", string(b.Spec.Task))
	if b.Spec.Task == study.Generate {
		d.line("max_tokens", fmt.Sprint(b.Spec.MaxTokens))
		d.line("stop", b.Spec.Stop...)
	}
	if b.Spec.Chat {
		d.line("chat")
	}
	d.line("unconditional", fmt.Sprint(b.NeedsUnconditional()))
	if b.NeedsUnconditional() && b.endInSpace() {
		d.line("alone", "without the prompt's white space")
	}
	for _, it := range b.Items {
		d.line("ask", append([]string{it.Prompt, it.Delimiter}, it.Choices...)...)
		if it.Contexts != nil {
			d.line("partial", append(slices.Clone(it.Contexts), it.Continuations...)...)
		}
	}
	return d.String()
}

// endInSpace says whether white space of a prompt, or of the chat template's end, may stand in front of a choice. Without such
// space the key of the requests need not say that a choice alone is asked without it.
func (b *Benchmark) endInSpace() bool {
	return b.Spec.Chat || slices.ContainsFunc(b.Items, func(it Item) bool { return it.Delimiter != b.Spec.Delimiter })
}

// Digest identifies everything that scores and texts depend on: the requests, ids, questions, answers and the rule.
func (b *Benchmark) Digest() string {
	d := newDigest("benchmark/1", b.RequestsDigest(), b.Spec.Metric, b.Spec.Pattern)
	if b.Spec.Chance != nil {
		d.line("chance", fmt.Sprint(*b.Spec.Chance))
	}
	if b.Spec.Metric == "numeric" || b.Spec.Metric == "regex" {
		d.line("numbers/2") // what they were before they knew signs, exponents and fractions has no line
	}
	if b.Spec.Last {
		d.line("last")
	}
	for _, it := range b.Items {
		d.line("item", it.ID, it.Question, fmt.Sprint(it.Answer), it.Reference)
		if len(it.References) > 1 {
			d.line("references", it.References...)
		}
		if it.Truths != nil {
			d.line("true", fmt.Sprint(it.Truths))
		}
	}
	return d.String()
}

// digest hashes labelled lines of quoted texts, so that no two different lists look alike.
type digest struct{ hash.Hash }

func newDigest(kind string, texts ...string) digest {
	d := digest{sha256.New()}
	d.line(kind, texts...)
	return d
}

func (d digest) line(label string, texts ...string) { fmt.Fprintf(d, "%s %q\n", label, texts) }

func (d digest) String() string { return fmt.Sprintf("sha256:%x", d.Sum(nil)) }
