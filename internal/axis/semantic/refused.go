package semantic

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/wording"
)

// refusals are the items, by their place among those given, that a model cannot take: too long for it, or with bytes that it has
// no tokens for.
type refusals map[int]error

// leaveOut takes refused items out of a block, which holds the vectors of the others. list is the texts of all.
func (b *Block) leaveOut(refused refusals, list []string) error {
	if len(refused) == 0 {
		return nil
	}
	var kept, items []string
	for i, text := range list {
		if _, gone := refused[i]; !gone {
			kept, items, b.At = append(kept, text), append(items, b.Items[i]), append(b.At, i)
		}
	}
	if len(kept) == 0 {
		return fmt.Errorf("none of %s can be taken: %w", wording.Count(len(list), "item"), refused[0])
	}
	b.Items, b.Texts, b.Refused = items, shorts(kept), len(refused)
	return nil
}

// refusedWarnings count the items that a provider's model left out.
func refusedWarnings(provider Provider, blocks []Block) (out []string) {
	for _, b := range blocks {
		if b.Refused > 0 {
			out = append(out, fmt.Sprintf("%s: of %s, %s left out, too long for the model or with bytes that it has "+
				"no tokens for",
				provider.Title, b.Benchmark, wording.Are(b.Refused, "item")))
		}
	}
	return out
}

// refusedAlarms tell of benchmarks of which an embedding lacks more than a few items: whichever it is, its numbers are of the
// items that are left.
func refusedAlarms(provider Provider, blocks []Block) (out []axis.Alarm) {
	for _, b := range blocks {
		all := b.Refused + len(b.Items)
		if share := float64(b.Refused) / float64(max(1, all)); share > toldRefused {
			out = append(out, axis.Alarm{Kind: "refused", Benchmark: b.Benchmark,
				Text: fmt.Sprintf("Of %s, %d of %d texts could not be embedded (%s): they are too long, or hold bytes that the "+
					"model has no tokens for. They are left out of this embedding; up to %s would be no alarm.", b.Benchmark,
					b.Refused, all, provider.Title, wording.Percent(toldRefused)),
				Advice: "Shorten the items, or embed by a model that can take them."})
		}
	}
	return out
}

// toldRefused is the share of a benchmark's texts that could not be embedded from which on an alarm says so.
const toldRefused = 0.01
