package plan

import (
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/benchmark"
	"sdmap/internal/study"
)

// perplexity joins what the axis measures, the primary part first.
func (b *builder) perplexity() *action.Action {
	var parts []*action.Action
	if b.reads() && b.reading() >= minModels[axis.Perplexity] {
		for _, text := range b.Study.Axes.Perplexity.Familiarity {
			parts = append(parts, b.familiarity(text))
		}
	}
	if b.Surprisals != nil || b.signs() {
		signatures := b.signatures()
		if b.Study.Axes.Perplexity.Primary == study.Signature {
			parts = slices.Insert(parts, 0, signatures)
		} else {
			parts = append(parts, signatures)
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	joined := perplexity.Joined(parts)
	for _, p := range parts {
		joined.Cost.Bytes += p.Cost.Bytes
	}
	return joined
}

// signs says whether models give signatures on the corpus.
func (b *builder) signs() bool {
	return b.Corpus != nil && b.scoring() >= minModels[axis.Perplexity]
}

// familiarity has every model read what stands in the items, with scores beside it where there are any.
func (b *builder) familiarity(text string) *action.Action {
	r := b.Study.Report
	p := perplexity.FamiliarityParams{Models: b.readers(), Benchmarks: b.Study.Benchmarks, Text: text, Seed: b.Study.Seed,
		Replicates: r.Replicates, Items: make([][]string, len(b.Benchmarks))}
	p.Overlaps = performance.Overlaps{Options: performance.Options{Seed: b.Study.Seed, Replicates: r.Replicates, Q: r.Q,
		Performance: study.Performance{Splits: perplexity.FamiliarityHalves, Bootstrap: perplexity.FamiliarityDraws,
			Permutations: perplexity.FamiliarityPermutations}}}
	for j, bench := range b.Benchmarks {
		if bench == nil {
			continue
		}
		p.Items[j] = []string{}
		for _, item := range bench.Items {
			p.Items[j] = append(p.Items[j], item.ID)
		}
	}
	readings := make([][]*action.Action, len(p.Models))
	for i, spec := range p.Models {
		at := slices.IndexFunc(b.Models, func(m Model) bool { return m.ID == spec.ID })
		if at < 0 || !b.Models[at].scores() {
			continue
		}
		m := b.Models[at]
		readings[i] = b.eachOnce(func(bench *benchmark.Benchmark) *action.Action {
			return in(m.Measures, perplexity.Familiarity(m.Model, m.Identity, bench, text))
		})
	}
	if b.Study.Truth != nil && text == perplexity.Question {
		b.plan.Subsets.Familiarity = perplexity.FamiliarityTable(p, readings)
	}
	a := perplexity.FamiliarityAxis(p, readings, b.plan.Scores)
	a.Cost.Bytes = b.replicateBytes(2)
	return a
}

// readers are the models whose familiarity is compared: those with scores where enough of them run, so that half-samples are the
// study's, else those that run.
func (b *builder) readers() []study.Model {
	if b.scoring() >= minModels[axis.Perplexity] {
		return b.Study.Scored()
	}
	return b.Study.Models
}

// reading counts the models that can score given text.
func (b *builder) reading() (n int) {
	for _, m := range b.Models {
		if m.scores() {
			n++
		}
	}
	return n
}

// reads says whether the study wants familiarity and has items to read.
func (b *builder) reads() bool {
	p := b.Study.Axes.Perplexity
	return p != nil && len(p.Familiarity) > 0 && len(b.withItems()) > 0
}
