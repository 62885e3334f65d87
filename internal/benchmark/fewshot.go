package benchmark

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// exampleSeparator stands after every solved example, as in lm-evaluation-harness.
const exampleSeparator = "\n\n"

// fewshot puts solved examples in front of every prompt. One seeded draw serves all items, so that they differ in
// nothing but themselves and share their prefix; an item that was drawn is replaced, in its own prompt, by the next one
// of the draw. An item and an example with the same question count as the same.
func (l *loader) fewshot(b *Benchmark) {
	spec := b.Spec.Fewshot
	pool := b.Items
	if spec.Source != "" {
		pool, _ = l.items(spec.Source, 0, "fewshot.source")
		if l.list.HasErrors() {
			return
		}
	}
	order := rand.New(rand.NewPCG(spec.Seed, streamFewshot)).Perm(len(pool))
	solved := make([]Item, len(b.Items))
	for i, it := range b.Items {
		examples := examplesFor(it, pool, order, spec.Count)
		if len(examples) < spec.Count {
			l.fault("fewshot.count", fmt.Sprintf("benchmark %q has too few rows for %d examples", b.Spec.ID, spec.Count),
				fmt.Sprintf("Item %q can draw from %d; rows with its own question are passed over.", it.ID, len(examples)))
			return
		}
		solved[i] = l.behind(examples, it)
	}
	copy(b.Items, solved)
}

// streamFewshot tells this use of the seed from others.
const streamFewshot = 0x666577 // "few"

// examplesFor are the first count items of the pool, in the drawn order, whose question differs from the item's.
func examplesFor(it Item, pool []Item, order []int, count int) []Item {
	var out []Item
	for _, k := range order {
		if len(out) == count {
			break
		}
		if pool[k].Question != it.Question {
			out = append(out, pool[k])
		}
	}
	return out
}

// behind puts solved examples in front of the item's prompts.
func (l *loader) behind(examples []Item, it Item) Item {
	var plain, lettered strings.Builder
	for _, e := range examples {
		plain.WriteString(e.Prompt + l.spec.Delimiter + e.Reference + exampleSeparator)
		if e.Lettered != "" {
			lettered.WriteString(e.Lettered + " " + letter(e.Answer) + exampleSeparator)
		}
	}
	it.Prompt = plain.String() + it.Prompt
	if it.Lettered != "" {
		it.Lettered = lettered.String() + it.Lettered
	}
	return it
}
