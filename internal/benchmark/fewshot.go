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
	prompts := make([]string, len(b.Items))
	for i, it := range b.Items {
		prefix, found := l.examples(pool, order, it, spec.Count)
		if found < spec.Count {
			l.fault("fewshot.count", fmt.Sprintf("benchmark %q has too few rows for %d examples", b.Spec.ID, spec.Count),
				fmt.Sprintf("Item %q can draw from %d; rows with its own question are passed over.", it.ID, found))
			return
		}
		prompts[i] = prefix + it.Prompt
	}
	for i := range b.Items {
		b.Items[i].Prompt = prompts[i]
	}
}

// streamFewshot tells this use of the seed from others.
const streamFewshot = 0x666577 // "few"

// examples are the first count items of the pool, in the drawn order, whose question differs from the item's.
func (l *loader) examples(pool []Item, order []int, it Item, count int) (prefix string, found int) {
	var b strings.Builder
	for _, k := range order {
		example := pool[k]
		if found == count {
			break
		}
		if example.Question == it.Question {
			continue
		}
		b.WriteString(example.Prompt + l.spec.Delimiter + example.Reference + exampleSeparator)
		found++
	}
	return b.String(), found
}
