package benchmark

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"sdmap/internal/study"
)

// exampleSeparator stands after every solved example, as in lm-evaluation-harness.
const exampleSeparator = "\n\n"

// fewshot puts solved examples in front of every prompt, from the whole file, whatever part of it the items are. One seeded
// draw serves all items, so that they differ in nothing but themselves and share their prefix; an item that was drawn is
// replaced, in its own prompt, by the next one of the draw. An item and an example with the same question count as the same.
func (l *loader) fewshot(b *Benchmark, pool []Item) {
	spec := b.Spec.Fewshot
	if spec.Source != "" {
		pool, _ = l.items([]string{spec.Source}, 0, "fewshot.source")
		if l.list.HasErrors() {
			return
		}
	}
	order := orderOf(spec, len(pool))
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

// orderOf is the order in which examples are taken from a pool.
func orderOf(spec *study.Fewshot, pool int) []int {
	if !spec.InOrder {
		return rand.New(rand.NewPCG(spec.Seed, streamFewshot)).Perm(pool)
	}
	order := make([]int, pool)
	for i := range order {
		order[i] = i
	}
	return order
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
		plain.WriteString(e.solved(l.spec.Delimiter) + exampleSeparator)
		if e.Lettered != "" {
			lettered.WriteString(e.Lettered + " " + letter(e.Answer) + exampleSeparator)
		}
	}
	it.Prompt = plain.String() + it.Prompt
	it.Contexts = slices.Clone(it.Contexts)
	for i, c := range it.Contexts {
		it.Contexts[i] = plain.String() + c
	}
	if it.Lettered != "" {
		it.Lettered = lettered.String() + it.Lettered
	}
	return it
}
