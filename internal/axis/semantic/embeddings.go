package semantic

import (
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Names of embeddings that are known outside this package's table, too.
const (
	HiddenStates = "hidden" // Wu et al.'s overlap is measured with the same model
	Words        = "tfidf"
)

// embedding is how one of study.Embeddings, under the same name, is made. To add one: its description there, and a row of the
// table here.
type embedding struct {
	name string
	// embed makes the provider of all benchmarks; variants get the given name. m is nil for embeddings without a model.
	embed func(name string, m *llm.Model, id llm.Identity, bs []*benchmark.Benchmark, o study.Semantic) Provider
}

var embeddings = []embedding{
	{Words, func(_ string, _ *llm.Model, _ llm.Identity, bs []*benchmark.Benchmark, o study.Semantic) Provider {
		return Lexical(TFIDF(bs, o))
	}},
	{HiddenStates, func(name string, m *llm.Model, id llm.Identity, bs []*benchmark.Benchmark, o study.Semantic) Provider {
		return LearnedBy(name, m.ID, each(bs, func(b *benchmark.Benchmark) *action.Action { return Hidden(m, id, b, o) }))
	}},
	{"embed", func(name string, m *llm.Model, id llm.Identity, bs []*benchmark.Benchmark, o study.Semantic) Provider {
		return EmbeddedBy(name, m.ID, id, each(bs, func(b *benchmark.Benchmark) *action.Action { return Embed(m, id, b, o) }))
	}},
}

// EmbeddingBy is the embedding of a kind, one of study.Embeddings. Its variants are called name.
func EmbeddingBy(kind, name string, m *llm.Model, id llm.Identity, bs []*benchmark.Benchmark, o study.Semantic) Provider {
	i := slices.IndexFunc(embeddings, func(e embedding) bool { return e.name == kind })
	return embeddings[i].embed(name, m, id, bs, o)
}

// each makes a block of every benchmark; those with the same items share one.
func each(bs []*benchmark.Benchmark, make func(*benchmark.Benchmark) *action.Action) []*action.Action {
	var out []*action.Action
	for k, b := range bs {
		if twin := benchmark.Twin(bs, k); twin < k {
			out = append(out, out[twin])
			continue
		}
		out = append(out, make(b))
	}
	return out
}
