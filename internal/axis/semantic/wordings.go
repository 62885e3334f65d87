package semantic

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/study"
)

// Wordings are those of one benchmark's items: items of one wording differ in numbers, names and the like, and are no independent
// witnesses of what the benchmark says.
type Wordings struct {
	Benchmark string
	Given     bool     // by the rows of the benchmark; else they were found, see cluster
	Of        []string // by item, in the benchmark's order: a digest of its wording, which benchmarks may share
}

// FindWordings is the action that groups the items of all benchmarks by wording.
func FindWordings(bs []*benchmark.Benchmark, o study.Semantic) *action.Action {
	lists := make([][]string, len(bs))
	made := make([]Wordings, len(bs))
	keys := make([]string, len(bs))
	for i, b := range bs {
		list, _, err := texts(b, o.Text, o.Items)
		if err != nil {
			list = nil // who embeds it says so
		}
		lists[i], made[i] = list, given(b, len(list))
		keys[i] = digest([]string{b.Spec.ID}, list, made[i].Of)
	}
	return &action.Action{
		Kind: "semantic/wordings", Version: 1, Subject: fmt.Sprintf("%d benchmarks", len(bs)),
		Facts: []action.Fact{action.F("text", o.Text), action.F("benchmarks", len(bs)), action.F("texts", digest(keys))},
		Run: func(context.Context, action.Runtime) ([]byte, error) {
			find(made, lists)
			return json.Marshal(made)
		},
	}
}

// given are the wordings that the first items of a benchmark name, where its rows do.
func given(b *benchmark.Benchmark, items int) Wordings {
	w := Wordings{Benchmark: b.Spec.ID, Given: b.Spec.Wording != ""}
	for _, item := range b.Items[:items] {
		if w.Given {
			w.Of = append(w.Of, short(b.Spec.ID+"\n"+item.Wording))
		}
	}
	return w
}

// find fills in the wordings that are not given: those of all benchmarks together, since two may share one.
func find(made []Wordings, lists [][]string) {
	var all [][]string
	for i, list := range lists {
		if !made[i].Given {
			all = append(all, masked(list)...)
		}
	}
	leaders := cluster(all)
	for i, list := range lists {
		if made[i].Given {
			continue
		}
		made[i].Of = make([]string, len(list))
		for k := range list {
			made[i].Of[k] = short(fmt.Sprint(all[leaders[k]]))
		}
		leaders = leaders[len(list):]
	}
}

// inBlocks gives the items of blocks their wordings.
func inBlocks(blocks []Block, data []byte) error {
	var found []Wordings
	if err := json.Unmarshal(data, &found); err != nil {
		return fmt.Errorf("wordings: %w", err)
	}
	for i := range blocks {
		b := &blocks[i]
		k := slices.IndexFunc(found, func(w Wordings) bool { return w.Benchmark == b.Benchmark })
		b.Templates = nil
		for row := range b.Items {
			if at := b.place(row); k >= 0 && at < len(found[k].Of) {
				b.Templates = append(b.Templates, found[k].Of[at])
			}
		}
		if len(b.Templates) != len(b.Items) {
			return fmt.Errorf("no wordings of %d items of %q", len(b.Items), b.Benchmark)
		}
	}
	return nil
}
