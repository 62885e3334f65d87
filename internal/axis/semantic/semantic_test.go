package semantic

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
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/study"
)

// runtime serves prepared inputs to an action.
type runtime struct {
	inputs  map[string][]byte
	workers int
}

func (r runtime) Input(name string) ([]byte, error) {
	if data, ok := r.inputs[name]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("no input %q", name)
}
func (r runtime) Progress(done, total int) {}
func (r runtime) Journal() cas.Journal     { return nil }
func (r runtime) Workers() int             { return r.workers }

// cloud is a benchmark whose items lie around a point.
func cloud(rng *rand.Rand, name string, n int, at ...float64) Block {
	b := Block{Benchmark: name, Dim: len(at)}
	for i := range n {
		b.Items = append(b.Items, fmt.Sprint(i))
		b.Templates = append(b.Templates, fmt.Sprint(name, i%7))
		b.Texts = append(b.Texts, fmt.Sprint(name, "-", i))
		for _, v := range at {
			b.Vectors = append(b.Vectors, float32(v+rng.NormFloat64()*0.5))
		}
	}
	return b
}

func study4(n int) []Block {
	rng := rand.New(rand.NewPCG(7, 7))
	return []Block{cloud(rng, "a", n, 0, 0, 0), cloud(rng, "b", n, 0, 0, 0), cloud(rng, "c", n, 2, 0, 0),
		cloud(rng, "d", n, 0, 2, 2)}
}

func params(blocks []Block) Params {
	p := Params{Seed: 3, Lineages: []string{"x", "y", "z"}, Replicates: 30, Options: study.Semantic{Dimensions: 64}}
	for _, b := range blocks {
		p.Benchmarks, p.Loaded = append(p.Benchmarks, b.Benchmark), append(p.Loaded, len(b.Items))
	}
	return p
}

func runAxis(t *testing.T, blocks []Block, workers int) ([]byte, *Output) {
	t.Helper()
	data, err := encodeBlocks(blocks)
	if err != nil {
		t.Fatal(err)
	}
	a := Axis(params(blocks), []Provider{LearnedBy("hidden", "m", []*action.Action{nil}), Lexical(nil)}, nil, nil)
	bytes, err := a.Run(context.Background(), runtime{map[string][]byte{inputName(0, 0): data, inputName(1, 0): data,
		"wordings": wordingsOf(t, blocks)}, workers})
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return bytes, out
}

// wordingsOf is what FindWordings would write.
func wordingsOf(t *testing.T, blocks []Block) []byte {
	t.Helper()
	var found []Wordings
	for _, b := range blocks {
		found = append(found, Wordings{Benchmark: b.Benchmark, Of: b.Templates})
	}
	data, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func at(t *testing.T, v *axis.Variant, i, j int) float64 {
	t.Helper()
	x, ok := v.Overlap.At(i, j)
	if !ok {
		t.Fatalf("%s: cell (%d, %d) is missing: %s", v.Name, i, j, v.Overlap.Reason(i, j))
	}
	return x
}

func TestAxisOrdersClouds(t *testing.T) {
	first, out := runAxis(t, study4(40), 1)
	if second, _ := runAxis(t, study4(40), 2); string(first) != string(second) {
		t.Error("the number of workers changes bytes")
	}
	p := out.Primary()
	if p.Name != "hidden" || p.Baseline || !out.Variant("tfidf").Baseline {
		t.Errorf("primary variant %q", p.Name)
	}
	if v := at(t, p, 0, 1); v < 0.95 {
		t.Errorf("equal clouds overlap by %v", v)
	}
	if v := at(t, p, 0, 2); v > 0.8 {
		t.Errorf("distant clouds overlap by %v", v)
	}
	if v := at(t, out.Variant("hidden.c2st"), 0, 1); v < 0.3 || v > 0.7 {
		t.Errorf("equal clouds are told apart with AUC %v", v)
	}
	if v := at(t, out.Variant("hidden.c2st"), 0, 2); v < 0.95 {
		t.Errorf("distant clouds are told apart with AUC %v", v)
	}
	low, high := out.Test("low"), out.Test("high")
	if v, _ := high.P.At(0, 1); v > 0.001 {
		t.Errorf("equal clouds: p high = %v", v)
	}
	if v, _ := low.P.At(2, 3); v > 0.001 {
		t.Errorf("the most distant clouds: p low = %v", v)
	}
	if v, _ := low.P.At(0, 1); v < 0.99 || low.N != 9999 {
		t.Errorf("equal clouds: p low = %v of %d replicates", v, low.N)
	}
	if _, ok := low.P.At(1, 1); ok {
		t.Error("a benchmark is tested against itself")
	}
	if !slices.ContainsFunc(out.Detail.WithinFloor, func(p [2]int) bool { return p == [2]int{0, 1} }) {
		t.Errorf("equal clouds are not within the floor: %v", out.Detail.WithinFloor)
	}
	lo, _ := p.Lo.At(0, 2)
	hi, _ := p.Hi.At(0, 2)
	if v := at(t, p, 0, 2); !(lo < v && v < hi) {
		t.Errorf("interval [%v, %v] around %v", lo, hi, v)
	}
}

// Of 50 items that were loaded 20 were embedded: a replicate keeps the drawn ones among them.
func TestReplicatesFollowSharedDraws(t *testing.T) {
	blocks := study4(20)
	for k := range blocks {
		blocks[k].Templates = blocks[k].Texts
	}
	data, err := encodeBlocks(blocks)
	if err != nil {
		t.Fatal(err)
	}
	p := params(blocks)
	p.Loaded = []int{50, 50, 50, 50}
	bytes, err := Axis(p, []Provider{LearnedBy("hidden", "m", []*action.Action{nil})}, nil, nil).Run(context.Background(),
		runtime{map[string][]byte{inputName(0, 0): data, "wordings": wordingsOf(t, blocks)}, 1})
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(bytes)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Primary(); v.N != 80 || v.NOf(0, 1) != 40 {
		t.Errorf("%d items in all, %d behind a pair; want 80 and 40", v.N, v.NOf(0, 1))
	}
	s, err := newSpace(out.Benchmarks, blocks)
	if err != nil {
		t.Fatal(err)
	}
	full, err := newClouds(s)
	if err != nil {
		t.Fatal(err)
	}
	const r = 17
	drawn := axis.Draw(3, r, []string{"x", "y", "z"}, p.Loaded)
	for k := range drawn.Items {
		drawn.Items[k] = slices.DeleteFunc(drawn.Items[k], func(i int) bool { return i >= 20 })
	}
	mean := func(k, l int) float64 {
		var sum, n float64
		for _, i := range drawn.Items[k] {
			for _, j := range drawn.Items[l] {
				if k != l || i != j {
					sum, n = sum+full.kernel[(20*k+i)*80+20*l+j], n+1
				}
			}
		}
		return sum / n
	}
	want := mean(0, 2) / math.Sqrt(mean(0, 0)*mean(2, 2))
	near(t, "replicate", out.Replicates["hidden"][(r*4+0)*4+2], want, 1e-7)
}

func TestOrderOfItemsAndBenchmarksDoesNotMatter(t *testing.T) {
	blocks := study4(24)
	_, out := runAxis(t, blocks, 2)
	shuffled := slices.Clone(blocks)
	slices.Reverse(shuffled)
	for k := range shuffled {
		b := &shuffled[k]
		from := *b
		b.Vectors, b.Templates, b.Texts = nil, nil, nil
		for i := range from.Items {
			j := (i*5 + 3) % len(from.Items) // 5 and 24 have no common divisor
			b.Vectors = append(b.Vectors, from.Vectors[j*3:j*3+3]...)
			b.Templates, b.Texts = append(b.Templates, from.Templates[j]), append(b.Texts, from.Texts[j])
		}
	}
	_, again := runAxis(t, shuffled, 2)
	for _, name := range []string{"hidden", "hidden.mmd", "hidden.energy", "hidden.match", "tfidf"} {
		for i := range 4 {
			for j := range 4 {
				near(t, name, at(t, again.Variant(name), 3-i, 3-j), at(t, out.Variant(name), i, j), 1e-12)
			}
		}
	}
}

func TestIdenticalBenchmarks(t *testing.T) {
	blocks := study4(30)
	copied := blocks[2]
	copied.Benchmark = "e"
	_, out := runAxis(t, append(blocks, copied), 2)
	if v := at(t, out.Primary(), 2, 4); v != 1 {
		t.Errorf("overlap of equal benchmarks: %v", v)
	}
	if v := at(t, out.Variant("hidden.match"), 2, 4); math.Abs(v-1) > 1e-12 {
		t.Errorf("best matches of equal benchmarks: %v", v)
	}
}

func TestSmallBenchmarkIsMissingWithReason(t *testing.T) {
	blocks := append(study4(20), cloud(rand.New(rand.NewPCG(1, 1)), "tiny", 3, 0, 0, 0))
	_, out := runAxis(t, blocks, 1)
	for _, m := range []string{"hidden", "tfidf.c2st"} {
		if why := out.Variant(m).Overlap.Reason(0, 4); !strings.Contains(why, "tiny has 3 items") {
			t.Errorf("%s: reason %q", m, why)
		}
	}
	if !math.IsNaN(out.Replicates["hidden"][4]) {
		t.Error("a missing benchmark has replicates")
	}
}

func TestFewBenchmarks(t *testing.T) {
	for _, n := range []int{1, 2} {
		_, out := runAxis(t, study4(12)[:n], 1)
		if len(out.Tests) != 0 || len(out.Warnings) == 0 {
			t.Errorf("%d benchmarks: %d tests, warnings %q", n, len(out.Tests), out.Warnings)
		}
		at(t, out.Primary(), 0, n-1)
	}
	_, out := runAxis(t, study4(3)[:2], 1)
	if why := out.Primary().Overlap.Reason(0, 1); why == "" {
		t.Error("two tiny benchmarks overlap")
	}
}

func TestEqualTextsEverywhere(t *testing.T) {
	flat := func(name string) Block {
		return Block{Benchmark: name, Dim: 1, Items: []string{"1", "2", "3", "4"}, Templates: []string{"w", "w", "w", "w"},
			Texts: []string{"t", "t", "t", "t"}, Vectors: []float32{1, 1, 1, 1}}
	}
	_, out := runAxis(t, []Block{flat("a"), flat("b"), flat("c")}, 1)
	if why := out.Primary().Overlap.Reason(0, 1); !strings.Contains(why, "no bandwidth") {
		t.Errorf("reason %q", why)
	}
}

func TestBlocksRoundTrip(t *testing.T) {
	blocks := study4(5)
	blocks[0].Facts = []axis.Value{{Name: "x", Value: 2}}
	data, err := encodeBlocks(blocks)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeBlocks(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := encodeBlocks(got)
	if err != nil || string(again) != string(data) {
		t.Errorf("round trip: %v", err)
	}
	for n := range data {
		if _, err := DecodeBlocks(data[:n]); err == nil {
			t.Fatalf("data cut at byte %d decoded", n)
		}
	}
	blocks[1].Vectors[4] = float32(math.NaN())
	if _, err := encodeBlocks(blocks); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("NaN: %v", err)
	}
}

func TestText(t *testing.T) {
	item := benchmark.Item{ID: "1", Question: "2 + 2", Delimiter: " = ", Choices: []string{"3", "4"}, Answer: 1}
	for kind, want := range map[string]string{"question": "2 + 2", "choices": "2 + 2\n3\n4", "answer": "2 + 2 = 4"} {
		if got, err := Text(item, kind); err != nil || got != want {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
	if got, err := Text(benchmark.Item{Question: "q", Delimiter: " ", Reference: "ref", Answer: -1}, "answer"); err != nil ||
		got != "q ref" {
		t.Errorf("reference: %q, %v", got, err)
	}
	if _, err := Text(item, "body"); err == nil {
		t.Error("an unknown kind of text passed")
	}
	if _, err := Text(benchmark.Item{ID: "7", Question: " \n"}, "question"); err == nil ||
		!strings.Contains(err.Error(), "item 7") {
		t.Errorf("empty text: %v", err)
	}
}

func TestWords(t *testing.T) {
	if got := words("Mina's 17+4 = Ü?!\n"); !slices.Equal(got, []string{"mina", "'", "s", "17", "+", "4", "=", "ü", "?!"}) {
		t.Errorf("%q", got)
	}
}

// The classifier finds nothing where there is nothing: its AUC is 0.5 on average.
func TestClassifierUnderTheNull(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 4))
	var sum float64
	const draws = 60
	for range draws {
		s, err := newSpace([]string{"a", "b"}, []Block{cloud(rng, "a", 35, 0, 0, 0, 0), cloud(rng, "b", 35, 0, 0, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		v, err := newClassifier(s.centred()).auc(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	near(t, "mean AUC", sum/draws, 0.5, 0.035) // standard error about 0.01, and folds lean below 0.5
}

func TestAssignKeepsGroupsTogether(t *testing.T) {
	a := strings.Split("xxxyzzwyv", "")
	b := strings.Split("xxpqqxrp", "")
	rowsA, rowsB := assign(a, b, 3)
	seen := map[string]int{}
	n := 0
	check := func(groups []string, folds [][]int) {
		for f, rows := range folds {
			n += len(rows)
			for _, i := range rows {
				if g, ok := seen[groups[i]]; ok && g != f {
					t.Errorf("group %s is in folds %d and %d", groups[i], g, f)
				}
				seen[groups[i]] = f
			}
		}
	}
	check(a, rowsA)
	check(b, rowsB)
	if n != len(a)+len(b) || len(rowsA[0]) != 3 || len(rowsB[0]) != 3 {
		t.Errorf("folds %v and %v", rowsA, rowsB)
	}
}

// Two benchmarks with the same items cannot be told apart; folds that kept the wordings of each apart would find an AUC far
// below 0.5.
func TestClassifierOnEqualBenchmarks(t *testing.T) {
	one := cloud(rand.New(rand.NewPCG(2, 1)), "a", 40, 0, 0, 0)
	other := one
	other.Benchmark = "b"
	s, err := newSpace([]string{"a", "b"}, []Block{one, other})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newClassifier(s.centred()).auc(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "AUC", v, 0.5, 1e-9)
}

func TestSVDOfLowRank(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	x := make([]float64, 40*25) // rank 3
	for range 3 {
		u, v := make([]float64, 40), make([]float64, 25)
		for i := range u {
			u[i] = rng.NormFloat64()
		}
		for j := range v {
			v[j] = rng.NormFloat64()
		}
		for i := range u {
			for j := range v {
				x[i*25+j] += u[i] * v[j]
			}
		}
	}
	scores, singular, err := truncatedSVD(dense(x, 40, 25), 10)
	if err != nil || len(singular) != 3 || len(scores) != 120 {
		t.Errorf("%d singular values, %d scores, %v", len(singular), len(scores), err)
	}
	if _, _, err := truncatedSVD(dense(make([]float64, 12), 4, 3), 2); err == nil {
		t.Error("a zero matrix was decomposed")
	}
}

// Singular values of multiplicity above one are found with their multiplicity.
func TestSVDOfEqualValues(t *testing.T) {
	x := make([]float64, 90*90)
	for i := range 90 {
		x[i*90+i] = 1
		if i < 4 {
			x[i*90+i] = 2
		}
	}
	_, singular, err := truncatedSVD(dense(x, 90, 90), 6)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2, 2, 2, 2, 1, 1} {
		near(t, "singular value", singular[i], want, 1e-9)
	}
}

func TestReplicatesFor(t *testing.T) {
	for pairs, want := range map[int]int{3: 9999, 276: 17111} {
		if got := axis.Replicates(pairs, 0); got != want {
			t.Errorf("%d pairs: %d, want %d", pairs, got, want)
		}
	}
	if pairIndex(5, 0, 1) != 0 || pairIndex(5, 1, 2) != 4 || pairIndex(5, 3, 4) != 9 {
		t.Error("pairs are not in row order")
	}
}

// Behind a pair stand the items of its two benchmarks, and none of one that is absent.
func TestItemsOfPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s, err := newSpace([]string{"a", "b", "c"}, []Block{cloud(rng, "a", 12, 0, 0), {Benchmark: "b", Missing: "no text"},
		cloud(rng, "c", 20, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.itemsOfPairs(); !slices.Equal(n, []int{12, 0, 32, 0, 0, 0, 32, 0, 20}) {
		t.Errorf("items behind pairs: %v", n)
	}
}
