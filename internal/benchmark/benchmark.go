// Package benchmark turns files of rows into items that can be asked of a model, and replies into item scores.
//
// The pipeline: file (JSON Lines or one JSON array, gzip or not, streamed) -> rows -> templates fill in the row's fields
// -> Items with prompt, choices and answer -> [a model replies] -> a score for each item by the benchmark's metric.
//
// The opinion: a row that cannot be used is named by file and line, and nothing is asked of a model before every row is
// good or was knowingly skipped. Multiple choice follows EleutherAI's lm-evaluation-harness: white space at the end of a
// prompt moves to the front of every choice. What is asked (RequestsDigest) and what is scored (Digest) are told apart,
// so that a corrected answer never asks a model again.
package benchmark

import (
	"crypto/sha256"
	"fmt"
	"hash"

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
	Prompt    string // with examples; no white space at its end, that is in Delimiter
	Delimiter string // between Prompt and each choice: white space taken from the prompt, then the benchmark's delimiter
	Choices   []string
	Lettered  string // the prompt with its choices under letters, see lettered; empty for generate
	Answer    int    // index in Choices; -1 for generate
	Reference string // text of the right choice, or the reference of a generated answer
}

// SkippedRow is a row that was left out, and why.
type SkippedRow struct {
	Line   int
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
	case b.Spec.Task == study.Choice:
		return 1 / float64(len(b.Items[i].Choices))
	default:
		return 0
	}
}

// NeedsUnconditional says whether the metric also wants each choice's log-probability without its prompt.
func (b *Benchmark) NeedsUnconditional() bool { return b.Spec.Metric == "acc_mutual_info" }

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
	for _, it := range b.Items {
		d.line("ask", append([]string{it.Prompt, it.Delimiter}, it.Choices...)...)
	}
	return d.String()
}

// Digest identifies everything that scores and texts depend on: the requests, ids, questions, answers and the rule.
func (b *Benchmark) Digest() string {
	d := newDigest("benchmark/1", b.RequestsDigest(), b.Spec.Metric, b.Spec.Pattern)
	if b.Spec.Chance != nil {
		d.line("chance", fmt.Sprint(*b.Spec.Chance))
	}
	for _, it := range b.Items {
		d.line("item", it.ID, it.Question, fmt.Sprint(it.Answer), it.Reference)
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
