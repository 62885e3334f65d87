package analysis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/analysis"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/axis/semantic"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/corpus"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
	"sdmap/internal/testenv"
)

// served gives prepared inputs to an action.
type served map[string][]byte

func (s served) Input(name string) ([]byte, error) {
	data, ok := s[name]
	if !ok {
		return nil, fmt.Errorf("no input %q", name)
	}
	return data, nil
}
func (s served) Progress(done, total int) {}
func (s served) Journal() cas.Journal     { return nil }
func (s served) Workers() int             { return 1 }

// null is a study in which nothing is to be found: scores, texts and traces of benchmarks that have nothing in common, or, with
// alike set, the same pairs of benchmarks in common on all axes.
type null struct {
	rng        *rand.Rand
	seed       uint64
	alike      bool
	benchmarks []string
	families   []string
	items      int
	models     int
	// factors of the models drive a corpus and know nothing of the scores; without any there is no corpus. With one, signatures are
	// what the perplexity axis brings to the map, and familiarity stands beside them.
	factors int
	table   *axis.ScoreTable
}

// group is the benchmark whose structure another one has: itself, or its partner.
func (n *null) group(b int) int {
	if n.alike {
		return b / 2
	}
	return b
}

func newNull(seed uint64, alike bool, factors int) *null {
	step := fmt.Sprintf("null %v", alike)
	if factors > 0 {
		step += fmt.Sprintf(", %d factors", factors)
	}
	n := &null{rng: stats.Stream(11, step, int(seed)), seed: seed, alike: alike, factors: factors, items: 14, models: 12}
	for b := range 8 { // enough pairs for the regression
		n.benchmarks, n.families = append(n.benchmarks, fmt.Sprintf("b%d", b)), append(n.families, fmt.Sprintf("f%d", b%3))
	}
	return n
}

func (n *null) ids(prefix string, count int) (out []string) {
	for i := range count {
		out = append(out, fmt.Sprintf("%s%d", prefix, i))
	}
	return out
}

// scores are of models that differ in general and on each group of benchmarks.
func (n *null) scores(t *testing.T) *axis.Result {
	models := n.ids("m", n.models)
	s := &axis.ScoreTable{Models: models, Lineages: models, Benchmarks: n.benchmarks, Families: n.families, Formats: n.families}
	s.Score, s.SE = matrix.New("score", "1", models, n.benchmarks), matrix.New("se", "1", models, n.benchmarks)
	able := make([][]float64, n.models)
	for i := range able {
		for range 1 + len(n.benchmarks) {
			able[i] = append(able[i], n.rng.NormFloat64())
		}
	}
	const many = 60 // items of scores: enough to be reliable
	for b := range n.benchmarks {
		s.Metrics, s.Chance, s.Constant = append(s.Metrics, "acc"), append(s.Chance, 0.1), append(s.Constant, 0.1)
		s.Items = append(s.Items, n.ids(n.benchmarks[b]+".", many))
		var chance, right axis.Floats
		for range many {
			chance = append(chance, 0.1)
		}
		for i := range models {
			p := 1 - stats.NormalUpperTail(0.5*able[i][0]+0.7*able[i][1+n.group(b)])
			sum := 0.0
			for range many {
				v := 0.0
				if n.rng.Float64() < p {
					v = 1
				}
				right, sum = append(right, v), sum+v
			}
			s.Score.Set(i, b, sum/many)
			s.SE.Set(i, b, 0.05)
		}
		s.ItemChance, s.ItemScores, s.Skipped = append(s.ItemChance, chance), append(s.ItemScores, right), append(s.Skipped, 0)
		for _, f := range []*[][]int{&s.Ties, &s.Equal, &s.Straddled, &s.Truncated} {
			*f = append(*f, make([]int, n.models))
		}
	}
	n.table = s
	r, err := performance.Compute(context.Background(), s, performance.Options{Performance: study.Performance{Splits: 20,
		Bootstrap: 100, Permutations: 999}, Seed: n.seed, Replicates: 60, Q: 0.1}, 1, func(done, total int) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readings are bits per byte of models that differ in general and on each group of benchmarks.
func (n *null) readings(t *testing.T) *axis.Result {
	o := performance.Options{Performance: study.Performance{Splits: 4, Bootstrap: 40, Permutations: 999}, Seed: n.seed,
		Replicates: 60, Q: 0.1}
	p := perplexity.FamiliarityParams{Text: perplexity.Question, Seed: n.seed, Replicates: 60,
		Overlaps: performance.Overlaps{Options: o}}
	for b, id := range n.benchmarks {
		p.Benchmarks = append(p.Benchmarks, study.Benchmark{ID: id, Family: n.families[b]})
		p.Items = append(p.Items, n.ids(id+".", n.items))
	}
	inputs, actions := served{}, make([][]*action.Action, n.models)
	for i, id := range n.ids("m", n.models) {
		p.Models = append(p.Models, study.Model{ID: id, Lineage: id})
		known := []float64{n.rng.NormFloat64()}
		for b, other := range n.benchmarks {
			known = append(known, n.rng.NormFloat64())
			var one perplexity.Reading
			for range n.items {
				one.Bits = append(one.Bits, 4-0.3*known[0]-0.3*known[1+n.group(b)]+0.1*n.rng.NormFloat64())
			}
			data, err := json.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			actions[i], inputs[id+" on "+other] = append(actions[i], &action.Action{}), data
		}
	}
	familiar := n.read(t, perplexity.FamiliarityAxis(p, actions, nil), inputs)
	if n.factors == 0 {
		return familiar
	}
	return n.joined(t, n.signatures(t), familiar)
}

// signatures are chosen from a corpus whose surprisals a general factor and some others of the models drive, the same for all
// pieces of a document, and that no score has to do with.
func (n *null) signatures(t *testing.T) *axis.Result {
	const docs, pieces, before = 18, 12, 2
	c := &corpus.Corpus{Digest: fmt.Sprint(n.seed)}
	loadings := make([][]float64, docs)
	for d := range docs {
		text := strings.TrimSpace(strings.Repeat(" word", pieces))
		c.Docs = append(c.Docs, corpus.Document{ID: fmt.Sprint(d), Text: text, Pieces: corpus.Cut(text)})
		for range n.factors {
			loadings[d] = append(loadings[d], n.rng.NormFloat64())
		}
	}
	scores, err := n.table.Encode()
	if err != nil {
		t.Fatal(err)
	}
	inputs, columns := served{"scores": scores}, make([][]*action.Action, n.models)
	for i := range n.models {
		var own []float64
		for range n.factors {
			own = append(own, n.rng.NormFloat64())
		}
		general, column := n.rng.NormFloat64(), &perplexity.Column{}
		for d := range docs {
			for piece := range pieces {
				v := 5 - general + n.rng.NormFloat64()
				for k, f := range own {
					v += f * loadings[d][k]
				}
				if piece < before {
					v = math.NaN()
				}
				column.Values = append(column.Values, float32(v))
			}
		}
		columns[i] = []*action.Action{{}}
		inputs[fmt.Sprintf("model %d shard 1", i+1)] = column.Encode()
	}
	o := perplexity.Options{Perplexity: study.Perplexity{Unit: "piece", Context: "stride", Before: before, Standardise: "model",
		ResidualG: true, Ratio: 0.01, K: 10, Selectors: []string{perplexity.Good}, Splits: 4, Repairings: 39}, Seed: n.seed,
		Replicates: 60}
	return n.read(t, perplexity.Axis(o, c, columns, &action.Action{}), inputs)
}

// joined is one perplexity axis of several measures, the first of them the primary one.
func (n *null) joined(t *testing.T, of ...*axis.Result) *axis.Result {
	inputs, parts := served{}, make([]*action.Action, len(of))
	for i, r := range of {
		data, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		parts[i], inputs[fmt.Sprintf("part %d", i+1)] = &action.Action{}, data
	}
	return n.read(t, perplexity.Joined(parts), inputs)
}

// texts are words that all benchmarks share and words that a group has to itself.
func (n *null) texts(t *testing.T) *axis.Result {
	var bs []*benchmark.Benchmark
	for b, id := range n.benchmarks {
		one := &benchmark.Benchmark{Spec: study.Benchmark{ID: id, Task: study.Generate}}
		for i := range n.items {
			var words []string
			for range 8 {
				words = append(words, fmt.Sprintf("w%c", 'a'+n.rng.IntN(20)),
					fmt.Sprintf("g%c%c", 'a'+n.group(b), 'a'+n.rng.IntN(12)))
			}
			one.Items = append(one.Items, benchmark.Item{ID: fmt.Sprint(i), Question: strings.Join(words, " "), Answer: -1})
		}
		bs = append(bs, one)
	}
	o := study.Semantic{Embeddings: []string{"tfidf"}, Text: "question", Dimensions: 16}
	words, wordings := semantic.TFIDF(bs, o), semantic.FindWordings(bs, o)
	data, err := words.Run(context.Background(), served{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := wordings.Run(context.Background(), served{})
	if err != nil {
		t.Fatal(err)
	}
	p := semantic.Params{Seed: n.seed, Benchmarks: n.benchmarks, Loaded: slices.Repeat([]int{n.items}, len(bs)),
		Lineages: n.ids("m", n.models), Replicates: 60, Options: o}
	return n.read(t, semantic.Axis(p, []semantic.Provider{semantic.Lexical(words)}, wordings, nil),
		served{"embedding 0.0": data, "wordings": found})
}

// traces are states of all models about a mean of each group.
func (n *null) traces(t *testing.T) *axis.Result {
	const width = 10
	p := neural.Params{Seed: n.seed, Benchmarks: n.benchmarks, Loaded: slices.Repeat([]int{n.items}, len(n.benchmarks)),
		Models: n.ids("m", n.models), Lineages: n.ids("m", n.models), Replicates: 60,
		Options: study.Neural{Measures: []string{neural.Hidden}}}
	inputs, actions := served{}, make([][]*action.Action, n.models)
	for m := range n.models {
		means := make([][width]float64, len(n.benchmarks))
		for b := range means {
			for j := range width {
				means[b][j] = n.rng.NormFloat64()
			}
		}
		for b, id := range n.benchmarks {
			one := &neural.Patterns{Model: p.Models[m], Benchmark: id, Tokens: n.items, Layers: 1, Width: width, Channels: width,
				Items: n.ids("i", n.items), Moments: still(width)}
			for range n.items {
				for j := range width {
					one.Last = append(one.Last, float32(means[n.group(b)][j]+n.rng.NormFloat64()))
				}
			}
			data, err := one.Encode()
			if err != nil {
				t.Fatal(err)
			}
			actions[m] = append(actions[m], &action.Action{})
			inputs[p.Models[m]+" on "+id] = data
		}
	}
	return n.read(t, neural.Axis(p, actions), inputs)
}

// still are moments of the measures that stand beside the states, which these studies do not ask for.
func still(width int) map[string]neural.Moments {
	none := neural.Moments{Mean: make([]float64, width), Variance: make([]float64, width)}
	return map[string]neural.Moments{neural.HiddenMean: none, neural.Energy: none}
}

func (n *null) read(t *testing.T, a *action.Action, inputs served) *axis.Result {
	data, err := a.Run(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	r, err := axis.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (n *null) analyse(t *testing.T) *analysis.Analysis {
	o := analysis.Options{Seed: n.seed, Q: 0.1, Permutations: 199, Scaling: atlas.Trace, Benchmarks: n.benchmarks,
		Families: n.families}
	for b := range n.benchmarks {
		o.Formats = append(o.Formats, [2]string{"x", "y"}[2*b/len(n.benchmarks)])
		o.Lengths = append(o.Lengths, 30+20*n.rng.Float64())
	}
	a, err := analysis.Analyse(context.Background(), o, map[string]*axis.Result{axis.Performance: n.scores(t),
		axis.Semantic: n.texts(t), axis.Neural: n.traces(t), axis.Perplexity: n.readings(t)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// rates are the shares of null studies that may print a kind of finding, or label a pair. An outlier is a rule of its own and
// no test; agreement and what explains overlap are only printed as found where their p is at most the level. The last three are
// of signatures, each against re-paired models.
var rates = map[string]float64{analysis.OverlapWithoutKinship: 0.1, analysis.KinshipWithoutOverlap: 0.1,
	analysis.LikenessWithoutKinship: 0.1, analysis.ExposureDriven: 0.1, analysis.KindDisagreement: 0.1,
	analysis.KindOutlier: 0.02, "agree": 0.05, "goes with": 0.05,
	"signatures in the regression": 0.05, "signatures and scores": 0.05, "weight of signatures": 0.05}

// printed lists what a study claims to have found.
func printed(a *analysis.Analysis) (out []string) {
	for _, f := range a.Findings {
		if f.Kind != analysis.KindAgreement {
			out = append(out, f.Kind)
		}
	}
	level := func(p *float64) bool { return p != nil && *p <= analysis.AgreementLevel }
	if b := a.Best; b != nil && level(b.Adjusted.P) {
		out = append(out, "agree")
	}
	for _, g := range a.Agreement {
		if g.Repaired > 0 && g.A == axis.Performance+".gfree" && level(g.Pearson.P) {
			out = append(out, "signatures and scores")
		}
	}
	if a.Map != nil && level(a.Map.WeightNull[axis.Perplexity].P) {
		out = append(out, "weight of signatures")
	}
	if e := a.Explained; e != nil {
		if slices.ContainsFunc(e.Holm, level) {
			out = append(out, "goes with")
		}
		for _, c := range e.Regression.Coefficients {
			if c.Replaced > 0 && level(c.Beta.P) {
				out = append(out, "signatures in the regression")
			}
		}
	}
	return out
}

// signaturesTested reports whether all that the rates of signatures speak of was tested.
func signaturesTested(a *analysis.Analysis) bool {
	return a.Map != nil && a.Map.WeightNull[axis.Perplexity].P != nil &&
		slices.ContainsFunc(a.Agreement, func(g analysis.Agreement) bool { return g.Repaired > 0 && g.Pearson.P != nil }) &&
		slices.ContainsFunc(a.Explained.Regression.Coefficients,
			func(c stats.Coefficient) bool { return c.Replaced > 0 && c.Beta.P != nil })
}

// Whole studies in which there is nothing to be found print each finding at no more than its rate, and so do studies in which
// all axes have the same structure: their agreement is found, and nothing that sets axes against each other. Nor does a corpus
// of few factors, of which none has to do with any score, make signatures find what is not there.
func TestNullStudiesPrintNothing(t *testing.T) {
	for _, c := range []struct {
		alike   bool
		factors int
		few     int
	}{{false, 0, 20}, {true, 0, 10}, {false, 1, 10}, {false, 4, 10}} {
		seen, n := map[string]int{}, testenv.Studies(t, c.few)
		for s := range n {
			a := newNull(uint64(s), c.alike, c.factors).analyse(t)
			if a.Explained == nil || a.Explained.Regression.Missing != "" || signaturesTested(a) != (c.factors > 0) {
				t.Fatalf("study %d, %d factors: not all is tested that rates speak of: %+v", s, c.factors, a.Explained)
			}
			for _, kind := range printed(a) {
				seen[kind]++
			}
			for label, testable := range a.Correction.Testable {
				// A low overlap cannot be tested where one of several general factors leaves too little reliability.
				if testable == 0 || testable != len(a.Pairs) && label != analysis.KinshipWithoutOverlap {
					t.Fatalf("study %d: of %d pairs %d are testable for %s", s, len(a.Pairs), testable, label)
				}
			}
		}
		t.Logf("of %d studies, alike %v, %d factors: %v", n, c.alike, c.factors, seen)
		if c.alike {
			if seen["agree"] < n/2 {
				t.Errorf("axes of one structure agree in %d of %d studies", seen["agree"], n)
			}
			delete(seen, "agree")
			delete(seen, "goes with")
		}
		for kind, rate := range rates {
			// More are seen once in a thousand times where the rate is what it should be.
			if p, err := stats.BinomialTail(n, seen[kind], rate); err != nil || p < 1e-3 {
				t.Errorf("of %d studies, alike %v, %d factors, %d print %q: more than at a rate of %g", n, c.alike, c.factors,
					seen[kind], kind, rate)
			}
		}
	}
}
