package plan

import (
	"fmt"
	"path/filepath"

	"sdmap/internal/action"
	"sdmap/internal/axis/neural"
	"sdmap/internal/benchmark"
	"sdmap/internal/diag"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/study"
)

// folds counts the folds of each benchmark.
func (b *builder) folds(o study.Imatrix) []int {
	var out []int
	for _, bench := range b.Study.Benchmarks {
		n := o.Folds
		if o.Files != nil {
			n = len(o.Files[study.Cell{Model: b.Study.Axes.Neural.Models[0], Benchmark: bench.ID}])
		}
		out = append(out, n)
	}
	return out
}

// chunk is how many tokens llama-imatrix reads at once.
func (b *builder) chunk(o study.Neural) int {
	if o.Imatrix.Files != nil || o.Imatrix.Chunk > 0 {
		return o.Imatrix.Chunk
	}
	_, shortest := b.shortest(o)
	return neural.Context(shortest)
}

// shortest is the benchmark with the shortest fold, and that fold's bytes.
func (b *builder) shortest(o study.Neural) (id string, bytes int) {
	for _, bench := range b.withItems() {
		texts, _ := neural.Folds(bench, o.Items, o.Imatrix.Folds)
		for _, text := range texts {
			if id == "" || len(text) < bytes {
				id, bytes = bench.Spec.ID, len(text)
			}
		}
	}
	return id, bytes
}

// given is the action that reads a cell's files.
func (b *builder) given(m Model, bench *benchmark.Benchmark, files []string) *action.Action {
	paths, digests := make([]string, len(files)), make([]string, len(files))
	for i, f := range files {
		paths[i], digests[i] = filepath.Join(b.Study.Dir, filepath.FromSlash(f)), b.Digests[f]
	}
	return neural.Given(m.Model, bench, paths, digests)
}

// weights refuses a model whose file llama-imatrix would have to read and cannot.
func (b *builder) weights(spec study.Model, m Model) {
	if b.Study.RunsImatrix() && m.File.Digest == "" {
		b.refuse(spec.At, m.ID, "has no file that llama-imatrix could read", m.File.Why,
			`Leave it out of models = [...] in [axes.neural]; or run llama-imatrix where its file is, and give the files: `+
				`imatrix = "imatrix/{model}/{benchmark}-*.gguf".`)
	}
}

// folded refuses benchmarks that cannot be dealt into folds, or whose folds are too short whatever the vocabulary.
func (b *builder) folded() {
	if !b.Study.RunsImatrix() || len(b.Models) == 0 {
		return
	}
	o := *b.Study.Axes.Neural
	for _, bench := range b.withItems() {
		if _, items := neural.Folds(bench, o.Items, o.Imatrix.Folds); items < o.Imatrix.Folds {
			b.list = append(b.list, diag.Diagnostic{Range: o.Imatrix.At,
				Summary:    fmt.Sprintf("benchmark %q has %d items for %d folds", bench.Spec.ID, items, o.Imatrix.Folds),
				Detail:     "Each fold needs at least one item; intervals and tests rest on how folds differ.",
				Suggestion: "Give it more items, or lower folds."})
			return
		}
	}
	if id, bytes := b.shortest(o); bytes < 2*b.chunk(o) {
		b.list = append(b.list, diag.Diagnostic{Range: o.Imatrix.At,
			Summary:    fmt.Sprintf("a fold of benchmark %q is too short for %s", id, imatrix.Name),
			Detail:     fmt.Sprintf("It has %d bytes of text; two chunks of %d tokens are the least.", bytes, b.chunk(o)),
			Suggestion: "Lower folds or chunk, or give the benchmark more items."})
	}
}
