package plan

import (
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/axis/semantic"
)

// scores plans the table of scores, which other axes use too.
func (b *builder) scores() {
	s := b.Study
	if s.Scores != nil {
		b.plan.Scores = performance.Imported(s.Models, s.Benchmarks, s.Scores.Values, s.Scores.Items)
		return
	}
	if len(b.Models) == 0 {
		return
	}
	for _, m := range b.Models {
		row := make([]*action.Action, len(b.Benchmarks))
		for j, bench := range b.Benchmarks {
			row[j] = performance.Replies(m.Model, m.Identity, bench)
		}
		b.plan.Replies = append(b.plan.Replies, row)
	}
	b.plan.Scores = performance.Scores(s.Models, b.Benchmarks, b.plan.Replies)
}

func (b *builder) axis(name string) *action.Action {
	switch name {
	case axis.Performance:
		return b.performance()
	case axis.Perplexity:
		return b.perplexity()
	case axis.Semantic:
		return b.semantic()
	default:
		return b.neural()
	}
}

func (b *builder) performance() *action.Action {
	r := b.Study.Report
	return performance.Axis(performance.Options{Performance: *b.Study.Axes.Performance, Seed: b.Study.Seed, Replicates: r.Replicates, Q: r.Q},
		b.plan.Scores)
}

// shardPieces bounds what one model scores in one action.
const shardPieces = 5000

func (b *builder) perplexity() *action.Action {
	o := perplexity.Options{Perplexity: *b.Study.Axes.Perplexity, Seed: b.Study.Seed, Replicates: b.Study.Report.Replicates}
	shards := b.Corpus.Shards(shardPieces)
	columns := make([][]*action.Action, len(b.Models))
	for i, m := range b.Models {
		for _, s := range shards {
			columns[i] = append(columns[i], perplexity.Surprisal(m.Model, m.Identity, s, o.Perplexity))
		}
	}
	b.plan.Signatures = perplexity.Signatures(o, b.Corpus, columns, b.plan.Scores)
	return perplexity.Axis(o, b.Corpus, columns, b.plan.Scores)
}

func (b *builder) semantic() *action.Action {
	o := *b.Study.Axes.Semantic
	p := semantic.Params{Seed: b.Study.Seed, Benchmarks: b.ids(), Loaded: b.loaded(), Lineages: b.lineages(),
		Replicates: b.Study.Report.Replicates, Options: o}
	var providers []semantic.Provider
	var wu *action.Action
	learned := 0
	for _, e := range o.Embeddings {
		id := hiddenModel(e)
		if id == "" {
			providers = append(providers, semantic.Lexical(semantic.TFIDF(b.Benchmarks, o)))
			continue
		}
		m := b.model(id)
		var blocks []*action.Action
		for _, bench := range b.Benchmarks {
			blocks = append(blocks, semantic.Hidden(m.Model, m.Identity, bench, o))
		}
		name := "hidden"
		if learned++; learned > 1 {
			name = e
		} else if o.Wu {
			wu = semantic.Wu(m.Model, m.Identity, b.Benchmarks, b.Study.Seed, o)
		}
		providers = append(providers, semantic.LearnedBy(name, id, blocks))
	}
	return semantic.Axis(p, providers, wu)
}

func (b *builder) neural() *action.Action {
	o := *b.Study.Axes.Neural
	p := neural.Params{Seed: b.Study.Seed, Benchmarks: b.ids(), Loaded: b.loaded(), Lineages: b.lineages(),
		Replicates: b.Study.Report.Replicates, Options: o}
	patterns := make([][]*action.Action, len(b.Models))
	for i, m := range b.Models {
		p.Models = append(p.Models, m.ID)
		if !slices.Contains(o.Models, m.ID) {
			continue
		}
		for _, bench := range b.Benchmarks {
			patterns[i] = append(patterns[i], neural.Extract(m.Model, m.Identity, bench, o))
		}
	}
	return neural.Axis(p, patterns)
}

func (b *builder) ids() []string {
	var out []string
	for _, s := range b.Study.Benchmarks {
		out = append(out, s.ID)
	}
	return out
}

// loaded counts the items of each benchmark.
func (b *builder) loaded() []int {
	out := make([]int, len(b.Benchmarks))
	for i, bench := range b.Benchmarks {
		if bench != nil {
			out[i] = len(bench.Items)
		}
	}
	return out
}

func (b *builder) lineages() []string {
	var out []string
	for _, m := range b.Study.Models {
		out = append(out, m.Lineage)
	}
	return out
}

// model finds a model by its id; the study was checked for it.
func (b *builder) model(id string) Model {
	for _, m := range b.Models {
		if m.ID == id {
			return m
		}
	}
	return Model{}
}
