package semantic

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
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
	Model    string // of the study, whose own states or vectors these are; empty where the embedding comes from outside
	Centre   bool   // cosines are taken after the mean of all items is subtracted
	Baseline bool
	Blocks   []*action.Action // one a benchmark, of those that have items, in the study's order, or one for all
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

// Axis relates the benchmarks by the given embeddings; the first is primary and enters the map. wordings is FindWordings of the
// same benchmarks; wu may be nil.
func Axis(p Params, providers []Provider, wordings, wu *action.Action) *action.Action {
	a := &action.Action{
		Kind: "semantic/axis", Version: 7, Subject: fmt.Sprintf("%d benchmarks", len(p.Benchmarks)),
		Facts: []action.Fact{
			action.F("seed", p.Seed), action.F("benchmarks", fmt.Sprintf("%q", p.Benchmarks)), action.F("loaded", p.Loaded),
			action.F("lineages", fmt.Sprintf("%q", p.Lineages)), action.F("replicates", p.Replicates),
			action.F("dimensions", p.Options.Dimensions), action.F("permutations", p.Options.Permutations),
		},
	}
	a.Facts = append(a.Facts, axis.ReplicateFacts(p.Options.Permutations)...)
	for i, v := range providers {
		a.Facts = append(a.Facts, action.F(fmt.Sprintf("provider %d", i), fmt.Sprintf("%s: %s, %s", v.Name, v.Title, v.Method)),
			action.F(fmt.Sprintf("provider %d is of the study", i), v.Model))
		for j, b := range v.Blocks {
			a.Inputs = append(a.Inputs, action.Input{Name: inputName(i, j), From: b, Optional: true})
		}
	}
	a.Inputs = append(a.Inputs, action.Input{Name: "wordings", From: wordings})
	if wu != nil {
		a.Inputs = append(a.Inputs, action.Input{Name: "wu", From: wu, Optional: true})
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
	wordings, err := rt.Input("wordings")
	if err != nil {
		return nil, err
	}
	var failed []axis.Lost
	for i, provider := range providers {
		blocks, lost, err := read(rt, p, provider, i)
		if err == nil {
			err = inBlocks(blocks, wordings)
		}
		if err != nil {
			return nil, err
		}
		failed = append(failed, lost...)
		if len(lost) == len(provider.Blocks) {
			continue
		}
		out.Warnings = append(out.Warnings, refusedWarnings(provider, blocks)...)
		primary := len(out.Variants) == 0
		if primary {
			out.Alarms = refusedAlarms(blocks)
		}
		if err := measure(ctx, rt, out, p, provider, blocks, primary); err != nil {
			return nil, fmt.Errorf("embedding %s: %w", provider.Name, err)
		}
	}
	if len(out.Variants) == 0 {
		return nil, fmt.Errorf("no embedding could be made: %s: %s", failed[0].What, failed[0].Why)
	}
	if wu {
		lost, err := addWu(rt, out)
		if err != nil {
			return nil, err
		}
		failed = append(failed, lost...)
	}
	out.Alarms = append(axis.FailedAlarm(out.Axis, failed), out.Alarms...)
	out.Warnings = append(axis.FailedWarnings(failed), out.Warnings...)
	return out.Encode()
}

// read gives a provider's blocks in the order of the study's benchmarks; those that failed are without items, and lost.
func read(rt action.Runtime, p Params, provider Provider, i int) (blocks []Block, lost []axis.Lost, err error) {
	found := map[string]Block{}
	for j, from := range provider.Blocks {
		data, gone, err := axis.Optional(rt, inputName(i, j))
		if err != nil {
			return nil, nil, err
		}
		if gone != nil {
			lost = append(lost, axis.Lost{What: "the embedding of " + from.Subject, Why: gone.Why})
			continue
		}
		some, err := DecodeBlocks(data)
		if err != nil {
			return nil, nil, err
		}
		for _, b := range some {
			found[b.Benchmark] = b
		}
	}
	for b, name := range p.Benchmarks {
		block, there := found[name]
		switch {
		case there:
		case p.Loaded[b] == 0:
			block = Block{Benchmark: name, Missing: name + " has scores alone, and no items"}
		default:
			block = Block{Benchmark: name, Missing: "the embedding of " + name + " failed"}
		}
		blocks = append(blocks, block)
	}
	return blocks, lost, nil
}

// measurement is one embedding at work.
type measurement struct {
	p          Params
	provider   Provider
	primary    bool
	s          *space
	c          *clouds
	out        *Output
	replicates map[string][]float64 // of comparisons of block means, by suffix: R x K x K on shared half-samples
	split      [][][4]float64       // of kernels, by block, see splitHalves
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
	if err := m.replicate(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.bandwidth()
	if err := m.compare(ctx, rt.Workers()); err != nil {
		return err
	}
	m.c.distances = nil // large, and used up
	if primary {
		m.keepReplicates()
		m.floors()
	}
	if primary || provider.Model == "" {
		return m.tests(ctx, rt)
	}
	return nil
}

// undefined records an embedding in which no distance can be measured.
func (m *measurement) undefined(why error) {
	missing := matrix.NewSquare("kernel cosine", "1", m.s.benchmarks)
	for a := range m.s.benchmarks {
		for b := range a + 1 {
			missing.SetMissingSym(a, b, why.Error())
		}
	}
	m.add(comparison{method: "Gaussian kernel on the median distance"}, missing, nil, nil)
	if m.primary {
		b := len(m.s.benchmarks)
		none := make(axis.Floats, m.p.Replicates*b*b)
		for i := range none {
			none[i] = math.NaN()
		}
		m.out.Replicates = map[string]axis.Floats{m.provider.Name: none}
	}
}

// add appends a variant; the kernel cosine of a provider carries the provider's name alone.
func (m *measurement) add(c comparison, values, lo, hi *matrix.Labelled) *axis.Variant {
	name, full := m.provider.Name, m.provider.Title
	if c.suffix != overlap {
		name, full = name+"."+c.suffix, full+": "+c.title
	}
	v := axis.Variant{
		Name: name, Title: full, Method: c.method + "; " + m.provider.Method + ".", Overlap: values, Lo: lo, Hi: hi,
		N: m.s.items(), Ns: m.s.itemsOfPairs(), Unit: "items", Distance: c.distance, Baseline: m.provider.Baseline && !m.primary,
	}
	if m.provider.Model != "" {
		v.Instruments = []string{m.provider.Model}
	}
	if lo != nil {
		v.Level = level
		v.Method += fmt.Sprintf(" Intervals: percentiles over %d half-samples of the items, or the jackknife over wordings "+
			"where items "+
			"share them; bandwidth kept.", m.p.Replicates)
		v.ItemsOnly = m.s.pairsOfItemsOnly()
	}
	m.out.Variants = append(m.out.Variants, v)
	return &m.out.Variants[len(m.out.Variants)-1]
}

// bandwidth names that of the kernel.
func (m *measurement) bandwidth() {
	m.out.Facts = append(m.out.Facts, axis.Value{
		Name: "bandwidth." + m.provider.Name, Title: "Bandwidth, " + m.provider.Title, Value: m.c.sigma, N: m.s.items(),
		Method: "median Euclidean distance of all pairs of items, pooled over benchmarks",
	})
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
				kept[(r*b+i)*b+j] = m.replicates[overlap][(r*blocks+k)*blocks+l]
			}
		}
	}
	m.out.Replicates = map[string]axis.Floats{m.provider.Name: kept}
}
