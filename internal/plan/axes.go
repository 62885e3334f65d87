package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/axis/semantic"
	"sdmap/internal/benchmark"
	"sdmap/internal/corpus"
	"sdmap/internal/diag"
	"sdmap/internal/study"
	"sdmap/internal/wording"
)

// countRows notes how many items the study's own files have of benchmarks whose scores come from logs.
func (b *builder) countRows() {
	if b.Study.Scores.Logs == nil {
		return
	}
	columns := b.Study.Scores.Logs.Columns
	for j, bench := range b.Benchmarks {
		for k := range columns {
			if spec := b.Study.Benchmarks[j]; bench != nil && columns[k].Name == cmp.Or(spec.Label, spec.ID) {
				columns[k].Rows = len(bench.Items)
			}
		}
	}
}

// scores plans the table of scores, which other axes use too.
func (b *builder) scores() {
	s := b.Study
	if s.Scores != nil {
		b.countRows()
		b.plan.Scores = performance.Imported(s.Scored(), s.Benchmarks, s.Scores)
		return
	}
	if !b.asks() {
		return
	}
	for _, m := range b.Models {
		row := make([]*action.Action, len(b.Benchmarks))
		for j, bench := range b.Benchmarks {
			row[j] = replies(m, bench)
		}
		b.plan.Replies = append(b.plan.Replies, row)
	}
	b.plan.Scores = performance.Scores(s.Models, b.Benchmarks, b.plan.Replies)
	for _, bench := range b.Benchmarks {
		b.plan.Scores.Cost.Bytes += int64(len(s.Models)) * int64(len(bench.Items)) * scoreBytes
	}
}

// asks says whether models are asked for their scores: wherever the performance axis is on, as the table of scores and its alarms
// are worth having of few models, too; and where it is off, for signatures, which are chosen with scores.
func (b *builder) asks() bool {
	s := b.Study
	if s.Scores != nil || len(b.Models) == 0 {
		return false
	}
	return s.Axes.Performance != nil || b.signs() && b.impossible(axis.Perplexity) == ""
}

// whatFor says why models are asked for scores though there is no performance axis; empty where they are not asked.
func (b *builder) whatFor() string {
	switch {
	case !b.asks():
		return ""
	case b.Study.Axes.Performance == nil:
		return "; models are asked for scores all the same, with which signatures are chosen"
	default:
		return "; models are asked for scores all the same, for their table: on = false in [axes.performance] turns that off"
	}
}

// scoreBytes is about what one item's score takes.
const scoreBytes = 12

// replies asks a model one benchmark: for texts, for log-probabilities of choices, or for letters where it has none.
func replies(m Model, b *benchmark.Benchmark) *action.Action {
	switch {
	case b.Spec.Task == study.Generate:
		return in(m.Asks, performance.Replies(m.Model, m.Identity, b))
	case m.scores():
		return in(m.Measures, performance.Replies(m.Model, m.Identity, b))
	default:
		return in(m.Asks, performance.ByLetter(m.Model, m.Identity, b))
	}
}

// in puts an action into a pool.
func in(pool action.Pool, a *action.Action) *action.Action {
	a.Pool = pool
	return a
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
	o := performance.Options{Performance: *b.Study.Axes.Performance, Seed: b.Study.Seed, Replicates: r.Replicates, Q: r.Q,
		Imported: b.Study.Scores != nil, NoHigh: b.noHigh()}
	if !slices.ContainsFunc(axis.Names(), func(name string) bool {
		return name != axis.Performance &&
			b.impossible(name) == ""
	}) {
		o.Replicates = 0 // there is no map of one axis
	}
	a := performance.Axis(o, b.plan.Scores)
	if o.Replicates > 0 {
		a.Cost.Bytes = b.replicateBytes(2)
	}
	return a
}

// noHigh says why no label can take a test of a high overlap; empty where one can.
func (b *builder) noHigh() string {
	var needed, lacking []string
	for _, label := range axis.BesideHigh() {
		whole := true
		for _, name := range label {
			if b.tests(name) {
				continue
			}
			whole = false
			if no := b.lacks(name); !slices.Contains(lacking, no) {
				lacking = append(lacking, no)
			}
		}
		if whole {
			return ""
		}
		needed = append(needed, "the "+strings.Join(label, " and the "))
	}
	return fmt.Sprintf("a label that takes it needs %s axis as well, and there is %s", strings.Join(needed, " axis, or "),
		wording.And(lacking))
}

// lacks says that an axis is not there, or not with tests that labels take.
func (b *builder) lacks(name string) string {
	if b.impossible(name) == "" {
		return "no familiarity on the " + name + " axis (signatures enter no label)"
	}
	return "no " + name + " axis"
}

// tests says whether the axis is there with tests that labels take: of the perplexity axis, signatures have none.
func (b *builder) tests(name string) bool {
	if name == axis.Perplexity && !(b.reads() && b.reading() >= minModels[name]) {
		return false
	}
	return b.impossible(name) == ""
}

// replicateBytes is about what the half-samples of so many overlaps take: most of an axis' output.
func (b *builder) replicateBytes(overlaps int) int64 {
	n := int64(len(b.Study.Benchmarks))
	return 12 * int64(overlaps) * int64(b.Study.Report.Replicates) * n * n
}

// shardPieces bounds what one model scores in one action.
const shardPieces = 5000

// signatures is the part of the perplexity axis that rests on a corpus.
func (b *builder) signatures() *action.Action {
	o := perplexity.Options{Perplexity: *b.Study.Axes.Perplexity, Seed: b.Study.Seed, Replicates: b.Study.Report.Replicates}
	from := b.Corpus
	var columns [][]*action.Action
	if b.Surprisals != nil {
		from, columns = b.Surprisals.Corpus, b.importedColumns()
	} else {
		columns = b.measuredColumns(o.Perplexity)
	}
	b.largeSignatures(from)
	b.plan.Signatures = perplexity.Signatures(o, from, columns, b.plan.Scores, b.questions())
	if b.Study.Truth != nil {
		b.plan.Subsets.Signatures = perplexity.Subsets(o, from, columns, b.plan.Scores)
	}
	a := perplexity.Axis(o, from, columns, b.plan.Scores)
	a.Cost.Bytes = b.replicateBytes(1)
	return a
}

// largeSignatures warns where signatures are to have more pieces than there are. Regressions choose how many they take.
func (b *builder) largeSignatures(from *corpus.Corpus) {
	o, pieces := b.Study.Axes.Perplexity, from.PieceCount()
	if o.K <= pieces || o.Selectors[0] != perplexity.Good && o.Selectors[0] != perplexity.Signed {
		return
	}
	b.list = append(b.list, diag.Diagnostic{Severity: diag.Warning, Range: o.At,
		Summary: fmt.Sprintf("signatures of %d pieces are wanted, and there are %d", o.K, pieces),
		Detail:  "A tail holds half of the pieces at most, and what is chosen from so few says little.",
		Suggestion: fmt.Sprintf("Write k = %d or less in [axes.perplexity], or give more text.",
			max(1, pieces/2))})
}

// questions are the texts of each benchmark's items.
func (b *builder) questions() []perplexity.Questions {
	var out []perplexity.Questions
	for k, bench := range b.Benchmarks {
		q := perplexity.Questions{Benchmark: b.Study.Benchmarks[k].ID}
		if bench != nil {
			for _, item := range bench.Items {
				q.Texts = append(q.Texts, item.Question)
			}
		}
		out = append(out, q)
	}
	return out
}

// importedColumns are those of a table, one action a model.
func (b *builder) importedColumns() [][]*action.Action {
	columns := make([][]*action.Action, len(b.Study.Scored()))
	for k, m := range b.Study.Scored() {
		if b.Surprisals.Columns[k] != nil {
			columns[k] = []*action.Action{b.Surprisals.Column(k, m.ID)}
		}
	}
	return columns
}

// measuredColumns are those of the models that run, one action a shard of the corpus.
func (b *builder) measuredColumns(o study.Perplexity) [][]*action.Action {
	shards := b.Corpus.Shards(shardPieces)
	columns := make([][]*action.Action, len(b.Study.Scored()))
	for k, spec := range b.Study.Scored() {
		i := slices.IndexFunc(b.Models, func(m Model) bool { return m.ID == spec.ID })
		if i < 0 || !b.Models[i].scores() {
			continue // it is left out, as the author was told to accept
		}
		m := b.Models[i]
		for _, s := range shards {
			columns[k] = append(columns[k], in(m.Measures, perplexity.Surprisal(m.Model, m.Identity, s, o)))
		}
	}
	return columns
}

func (b *builder) semantic() *action.Action {
	o := *b.Study.Axes.Semantic
	p := semantic.Params{Seed: b.Study.Seed, Benchmarks: b.ids(), Loaded: b.loaded(), Lineages: b.lineages(),
		Replicates: b.Study.Report.Replicates, Options: o}
	var providers []semantic.Provider
	var wu *action.Action
	named := map[string]bool{} // the first of a kind is called after its kind
	for _, e := range o.Embeddings {
		kind, id, _ := strings.Cut(e, ":")
		name := e
		if !named[kind] {
			name, named[kind] = kind, true
		}
		m := b.model(id)
		if name == semantic.HiddenStates && o.Wu {
			wu = in(m.Measures, semantic.Wu(m.Model, m.Identity, b.withItems(), b.Study.Seed, o))
		}
		made := semantic.EmbeddingBy(kind, name, m.Model, m.Identity, b.withItems(), o)
		if slices.ContainsFunc(b.Models, func(m Model) bool { return m.ID == id }) {
			made.Model = id
		}
		for _, block := range made.Blocks {
			in(m.embedsBy(kind), block)
		}
		providers = append(providers, made)
	}
	return semantic.Axis(p, providers, semantic.FindWordings(b.withItems(), o), wu)
}

// embedsBy is who is asked for a kind of embedding: what the model shows comes from where it is measured.
func (m Model) embedsBy(kind string) action.Pool {
	if e := study.Embedding(kind); e.Needs.Trace != 0 {
		return m.Measures
	}
	return m.Asks
}

// each makes an action of every benchmark; nil of those that have scores alone.
func (b *builder) each(make func(*benchmark.Benchmark) *action.Action) []*action.Action {
	var out []*action.Action
	for _, bench := range b.Benchmarks {
		if bench == nil {
			out = append(out, nil)
			continue
		}
		out = append(out, make(bench))
	}
	return out
}

// eachOnce is each for what depends on the items alone: benchmarks with the same items share an action.
func (b *builder) eachOnce(make func(*benchmark.Benchmark) *action.Action) []*action.Action {
	var out []*action.Action
	for k, bench := range b.Benchmarks {
		var a *action.Action
		if bench != nil {
			if twin := benchmark.Twin(b.Benchmarks, k); twin < k {
				a = out[twin]
			} else {
				a = make(bench)
			}
		}
		out = append(out, a)
	}
	return out
}

// withItems are the benchmarks of which more than scores are known.
func (b *builder) withItems() (out []*benchmark.Benchmark) {
	for _, bench := range b.Benchmarks {
		if bench != nil {
			out = append(out, bench)
		}
	}
	return out
}

func (b *builder) neural() *action.Action {
	o := *b.Study.Axes.Neural
	p := neural.Params{Seed: b.Study.Seed, Benchmarks: b.ids(), Loaded: b.loaded(), Lineages: b.lineages(),
		Replicates: b.Study.Report.Replicates, Options: o}
	patterns, chunk := make([][]*action.Action, len(b.Models)), 0
	if o.Imatrix != nil {
		p.Loaded = b.folds(*o.Imatrix)
		chunk = b.chunk(o)
	}
	for i, m := range b.Models {
		p.Models = append(p.Models, m.ID)
		if !slices.Contains(o.Models, m.ID) {
			continue
		}
		if o.Imatrix == nil {
			patterns[i] = b.eachOnce(func(bench *benchmark.Benchmark) *action.Action {
				return in(m.Measures, neural.Extract(m.Model, m.Identity, bench, o))
			})
			continue
		}
		patterns[i] = b.each(func(bench *benchmark.Benchmark) *action.Action {
			if o.Imatrix.Files != nil {
				return b.given(m, bench, o.Imatrix.Files[study.Cell{Model: m.ID, Benchmark: bench.Spec.ID}])
			}
			return neural.Run(b.Imatrix, neural.Weighed{Model: m.Model, Weights: m.File.Digest, File: m.File.Path}, bench, o,
				chunk)
		})
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

// model finds a model or an embedder by its id; the study was checked for it.
func (b *builder) model(id string) Model {
	for _, m := range slices.Concat(b.Models, b.Embedders) {
		if m.ID == id {
			return m
		}
	}
	return Model{}
}
