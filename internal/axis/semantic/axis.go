package semantic

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Params is what the axis needs to know of a study beside its embeddings.
type Params struct {
	Seed       uint64
	Benchmarks []string // ids, in the study's order
	Loaded     []int    // items of each benchmark as loaded: shared half-samples are drawn from these
	Lineages   []string // of the study's models, for the same reason
	Replicates int      // shared half-samples
	Options    study.Semantic
}

// Provider is one embedding of all benchmarks.
type Provider struct {
	Name     string // of its variants: "hidden" or "tfidf"; a second of a kind is "hidden:<model>"
	Title    string
	Method   string // how vectors are made, one sentence
	Centre   bool   // cosines are taken after the mean of all items is subtracted
	Baseline bool
	Blocks   []*action.Action // one a benchmark, in the study's order, or one for all
}

// LearnedBy is the provider of the hidden states of a model, from one Hidden action a benchmark.
func LearnedBy(name, model string, blocks []*action.Action) Provider {
	return Provider{
		Name: name, Title: "hidden states of " + model, Centre: true, Blocks: blocks,
		Method: "mean over a text's tokens of the residual stream of " + model + " after its last block, before the final norm",
	}
}

// Lexical is the provider of the lexical baseline.
func Lexical(tfidf *action.Action) Provider {
	return Provider{
		Name: "tfidf", Title: "bag of words (lexical baseline)", Baseline: true, Blocks: []*action.Action{tfidf},
		Method: "TF-IDF of lower-cased words and symbols (1 + ln tf, smooth idf, rows of length 1), truncated SVD",
	}
}

// Output is what the axis' action writes: a Result, and beside it what only this axis has.
type Output struct {
	axis.Result
	Detail Detail
}

// Detail is read by the section on the semantic axis.
type Detail struct {
	// Precision holds, by provider, the mean best-match cosine of a row's items among a column's; its transpose is the
	// recall. B x B, not symmetric; the diagonal is that of a benchmark's items among its other items.
	Precision map[string]*matrix.Labelled
	// Floor is the split-half distribution of the primary embedding's MMD_u^2 by benchmark, splitDraws each.
	Floor []axis.Floats
	// WithinFloor lists the pairs (indices) whose distance at half size does not exceed the larger of the two floors.
	WithinFloor [][2]int
}

// Encode gives the action's output.
func (o *Output) Encode() ([]byte, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(o)
}

// Decode reads the action's output; axis.Decode reads the Result alone from the same bytes.
func Decode(data []byte) (*Output, error) {
	var o Output
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("result of the semantic axis: %w", err)
	}
	return &o, o.Validate()
}

// Axis relates the benchmarks by the given embeddings; the first is primary and enters the map. wu may be nil.
func Axis(p Params, providers []Provider, wu *action.Action) *action.Action {
	a := &action.Action{
		Kind: "semantic/axis", Version: 2, Subject: fmt.Sprintf("%d benchmarks", len(p.Benchmarks)),
		Facts: []action.Fact{
			action.F("seed", p.Seed), action.F("benchmarks", fmt.Sprintf("%q", p.Benchmarks)), action.F("loaded", p.Loaded),
			action.F("lineages", fmt.Sprintf("%q", p.Lineages)), action.F("replicates", p.Replicates),
			action.F("dimensions", p.Options.Dimensions), action.F("permutations", p.Options.Permutations),
		},
	}
	for i, v := range providers {
		a.Facts = append(a.Facts, action.F(fmt.Sprintf("provider %d", i), fmt.Sprintf("%s: %s, %s", v.Name, v.Title, v.Method)))
		for j, b := range v.Blocks {
			a.Inputs = append(a.Inputs, action.Input{Name: inputName(i, j), From: b})
		}
	}
	if wu != nil {
		a.Inputs = append(a.Inputs, action.Input{Name: "wu", From: wu})
	}
	pairs := len(p.Benchmarks) * (len(p.Benchmarks) - 1) / 2
	a.Cost = action.Cost{Bytes: int64(12 * p.Replicates * len(p.Benchmarks) * len(p.Benchmarks))}
	items := 0.0
	for _, n := range p.Loaded {
		if p.Options.Items > 0 {
			n = min(n, p.Options.Items)
		}
		items += float64(n)
	}
	a.Cost.Flops = float64(axis.Replicates(pairs, p.Options.Permutations)) * items * items / 2
	a.Run = func(ctx context.Context, rt action.Runtime) ([]byte, error) {
		return run(ctx, rt, p, providers, wu != nil)
	}
	return a
}

func inputName(provider, block int) string { return fmt.Sprintf("embedding %d.%d", provider, block) }

func run(ctx context.Context, rt action.Runtime, p Params, providers []Provider, wu bool) ([]byte, error) {
	out := &Output{Detail: Detail{Precision: map[string]*matrix.Labelled{}}}
	out.Axis, out.Benchmarks, out.R = axis.Semantic, p.Benchmarks, p.Replicates
	for i, provider := range providers {
		var blocks []Block
		for j := range provider.Blocks {
			data, err := rt.Input(inputName(i, j))
			if err != nil {
				return nil, err
			}
			b, err := DecodeBlocks(data)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, b...)
		}
		if err := measure(ctx, rt, out, p, provider, blocks, i == 0); err != nil {
			return nil, fmt.Errorf("embedding %s: %w", provider.Name, err)
		}
	}
	if wu {
		if err := addWu(rt, out); err != nil {
			return nil, err
		}
	}
	return out.Encode()
}

// measurement is one embedding at work.
type measurement struct {
	p        Params
	provider Provider
	primary  bool
	s        *space
	c        *clouds
	out      *Output
	cosines  []float64 // R x K x K on shared half-samples, and so on
	mmds     []float64
	energies []float64
}

func measure(ctx context.Context, rt action.Runtime, out *Output, p Params, provider Provider, blocks []Block,
	primary bool) error {
	s, err := newSpace(p.Benchmarks, blocks)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		out.Facts = append(out.Facts, b.Facts...)
	}
	m := &measurement{p: p, provider: provider, primary: primary, s: s, out: out}
	if m.c, err = newClouds(s); err != nil {
		m.undefined(err)
		return ctx.Err()
	}
	halves := sharedHalves(p, s)
	over, err := halves.replicates(m.c.kernel, s, cosine, mmd)
	if err != nil {
		return err
	}
	m.cosines, m.mmds = over[0], over[1]
	if over, err = halves.replicates(m.c.distances, s, energy); err != nil {
		return err
	}
	m.energies = over[0]
	if err := ctx.Err(); err != nil {
		return err
	}
	m.c.distances = nil // large, and used up
	m.distances()
	if err := m.items(ctx, rt.Workers()); err != nil {
		return err
	}
	if primary {
		m.keepReplicates()
		m.floors()
		return m.tests(ctx, rt)
	}
	return nil
}

// undefined records an embedding in which no distance can be measured.
func (m *measurement) undefined(why error) {
	overlap := matrix.NewSquare("kernel cosine", "1", m.s.benchmarks)
	for a := range m.s.benchmarks {
		for b := range a + 1 {
			overlap.SetMissingSym(a, b, why.Error())
		}
	}
	m.add("", "", "Gaussian kernel on the median distance", overlap, nil, nil, false)
	if m.primary {
		b := len(m.s.benchmarks)
		missing := make(axis.Floats, m.p.Replicates*b*b)
		for i := range missing {
			missing[i] = math.NaN()
		}
		m.out.Replicates = map[string]axis.Floats{m.provider.Name: missing}
	}
}

// add appends a variant; the kernel cosine of a provider carries the provider's name alone.
func (m *measurement) add(suffix, title, method string, overlap, lo, hi *matrix.Labelled, distance bool) *axis.Variant {
	name, full := m.provider.Name, m.provider.Title
	if suffix != "" {
		name, full = name+"."+suffix, full+": "+title
	}
	v := axis.Variant{
		Name: name, Title: full, Method: method + "; " + m.provider.Method + ".", Overlap: overlap, Lo: lo, Hi: hi,
		N: m.s.items(), Unit: "items", Distance: distance, Baseline: m.provider.Baseline && !m.primary,
	}
	if lo != nil {
		v.Level = level
		v.Method += fmt.Sprintf(" Intervals: %d half-samples of the items, percentiles, bandwidth kept.", m.p.Replicates)
	}
	m.out.Variants = append(m.out.Variants, v)
	return &m.out.Variants[len(m.out.Variants)-1]
}

// interval gives the bounds of each pair from its replicates, or none where there are too few replicates.
func (m *measurement) interval(name string, replicates []float64) (lo, hi *matrix.Labelled) {
	if m.p.Replicates < axis.FewestForSpread {
		return nil, nil
	}
	blocks := len(m.s.present)
	bound := func(upper bool) *matrix.Labelled {
		return m.s.symmetric(name, "1", func(k, l int) (float64, error) {
			low, high, err := stats.PercentileInterval(axis.Finite(replicates, blocks*blocks, k*blocks+l), level)
			if upper {
				return high, err
			}
			return low, err
		})
	}
	return bound(false), bound(true)
}

// distances adds the three statistics of block means.
func (m *measurement) distances() {
	blocks := len(m.s.present)
	cell := func(f statistic, means []float64) func(k, l int) (float64, error) {
		return func(k, l int) (float64, error) { return f(means, blocks, k, l) }
	}
	lo, hi := m.interval("kernel cosine", m.cosines)
	m.add("", "", "Unbiased kernel cosine k_ab / sqrt(k_aa k_bb), Gaussian kernel, bandwidth the median distance pooled "+
		"over benchmarks",
		m.s.symmetric("kernel cosine", "1", cell(cosine, m.c.kernelMeans)), lo, hi, false)
	lo, hi = m.interval("MMD_u^2", m.mmds)
	m.add("mmd", "maximum mean discrepancy", "MMD_u^2 = k_aa + k_bb - 2 k_ab, unbiased (Gretton et al. 2012)",
		m.s.symmetric("MMD_u^2", "1", cell(mmd, m.c.kernelMeans)), lo, hi, true)
	lo, hi = m.interval("energy distance", m.energies)
	m.add("energy", "energy distance", "2 d_ab - d_aa - d_bb of Euclidean distances, unbiased (Székely & Rizzo 2013)",
		m.s.symmetric("energy distance", "1", cell(energy, m.c.energyMeans)), lo, hi, true)
	m.out.Facts = append(m.out.Facts, axis.Value{
		Name: "bandwidth." + m.provider.Name, Title: "Bandwidth, " + m.provider.Title, Value: m.c.sigma, N: m.s.items(),
		Method: "median Euclidean distance of all pairs of items, pooled over benchmarks",
	})
}

// items adds what compares items rather than clouds: the classifier two-sample test and best matches.
func (m *measurement) items(ctx context.Context, workers int) error {
	from := m.s
	if m.provider.Centre {
		from = m.s.centred()
	}
	blocks := len(m.s.present)
	matches, err := bestMatches(ctx, from, workers)
	if err != nil {
		return err
	}
	m.add("match", "best matches", "F1 of mean best-match cosines between items, both ways, a negative cosine counting 0; the "+
		"diagonal is against a benchmark's other items",
		m.s.symmetric("best-match F1", "1", func(k, l int) (float64, error) {
			return f1(matches[k*blocks+l], matches[l*blocks+k]),
				nil
		}), nil, nil, false)
	precision := m.s.square("best-match precision", "1")
	for k, a := range m.s.present {
		for l, b := range m.s.present {
			precision.Set(a, b, matches[k*blocks+l])
		}
	}
	m.out.Detail.Precision[m.provider.Name] = precision

	reduced, err := m.s.centred().reduced(m.p.Options.Dimensions)
	if err != nil {
		return err
	}
	c := newClassifier(reduced)
	v := m.add("c2st", "classifier two-sample test",
		fmt.Sprintf("AUC of linear discriminant analysis (shrinkage %g), mean of fold AUCs, at most %d folds, items of one "+
			"wording in one fold, %g cannot be told apart (Lopez-Paz & Oquab 2017)",
			c2stShrink, c2stFolds, stats.ChanceAUC),
		m.s.symmetric("C2ST AUC", "1", c.auc), nil, nil, true)
	_, areas := v.Overlap.UpperTriangle()
	perfect, single := 0, 0
	for _, a := range areas {
		if a >= toldApart {
			perfect++
		}
	}
	if perfect > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d of %d pairs are told apart almost always (AUC of %g or more): it does "+
			"not rank them", perfect, len(areas), toldApart))
	}
	for k := range m.s.present {
		if c.wordings(k) == 1 {
			single++
		}
	}
	if single > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d of %d benchmarks have one wording only: pairs with them are cut by "+
			"text, and the classifier may recognise the wording", single, len(m.s.present)))
	}
	return nil
}

// keepReplicates stores the primary overlap on the shared half-samples, R x B x B.
func (m *measurement) keepReplicates() {
	b, blocks := len(m.s.benchmarks), len(m.s.present)
	kept := make(axis.Floats, m.p.Replicates*b*b)
	for i := range kept {
		kept[i] = math.NaN()
	}
	for r := range m.p.Replicates {
		for k, i := range m.s.present {
			for l, j := range m.s.present {
				kept[(r*b+i)*b+j] = m.cosines[(r*blocks+k)*blocks+l]
			}
		}
	}
	m.out.Replicates = map[string]axis.Floats{m.provider.Name: kept}
}
