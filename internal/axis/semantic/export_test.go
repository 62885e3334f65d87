package semantic

import (
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// AddToys adds to the tables, and to what studies may name, until the test ends: an embedding that takes the hidden states of a
// model that is said to need what needs says, and a comparison.
func AddToys(t *testing.T, needs llm.Capabilities) {
	t.Helper()
	kinds, rows, descriptions := embeddings, comparisons, study.Embeddings
	t.Cleanup(func() { embeddings, comparisons, study.Embeddings = kinds, rows, descriptions })
	study.Embeddings = append(descriptions[:len(descriptions):len(descriptions)], study.Measure{Name: "toy", Doc: "a toy's states",
		Needs: needs})
	embeddings = append(kinds[:len(kinds):len(kinds)], embedding{"toy", func(name string, m *llm.Model, id llm.Identity,
		bs []*benchmark.Benchmark, o study.Semantic) Provider {
		return Provider{Name: name, Title: "toys of " + m.ID, Method: "toys", Blocks: each(bs,
			func(b *benchmark.Benchmark) *action.Action { return Hidden(m, id, b, o) })}
	}})
	comparisons = append(rows[:len(rows):len(rows)], comparison{suffix: "gap", title: "toy gap", quantity: "gap",
		method: "Gap of toys", distance: true, beside: "gaps", source: "gretton2012", on: distances, between: energy})
}
