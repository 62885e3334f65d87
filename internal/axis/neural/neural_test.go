package neural

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/cas"
	"sdmap/internal/study"
)

// reference holds what testdata/reference.py computed with numpy and scipy; the commands stand there.
type reference struct {
	Sizes               []int
	Layers, Width       int
	States              [][][]float32 // by model and benchmark
	Overlap, Crossnobis []float64
	Layer0              []float64
	Spearman01          float64
	Cosine01            float64
	Upper, Lower        float64
	Attention           []float32
	Features            []float64
	Frequencies         []float64
	Jaccard             []float64
}

func load4(t *testing.T) (r reference) {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

// runtime serves prepared inputs to an action.
type runtime struct {
	inputs  map[string][]byte
	workers int
}

func (r runtime) Input(name string) ([]byte, error) {
	data, ok := r.inputs[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("no input %q", name)
	case data == nil: // it failed
		return nil, action.Missing{Reason: "the file is damaged"}
	}
	return data, nil
}
func (r runtime) Progress(done, total int) {}
func (r runtime) Journal() cas.Journal     { return nil }
func (r runtime) Workers() int             { return r.workers }

// traced makes a sample of patterns out of last-token states; the other measures get the same means.
func traced(t *testing.T, states [][][]float32, sizes []int, layers, width int) (Params, [][]*Patterns) {
	t.Helper()
	p := Params{Seed: 5, Loaded: sizes, Replicates: 40,
		Options: study.Neural{Measures: []string{Hidden, HiddenMean, Activation, Attention, Energy}}}
	for b := range sizes {
		p.Benchmarks = append(p.Benchmarks, string(rune('a'+b)))
	}
	rng := rand.New(rand.NewPCG(2, 2))
	var all [][]*Patterns
	for m := range states {
		p.Models, p.Lineages = append(p.Models, fmt.Sprint("m", m)), append(p.Lineages, fmt.Sprint("l", m))
		var row []*Patterns
		for b, n := range sizes {
			one := &Patterns{Model: p.Models[m], Benchmark: p.Benchmarks[b], Tokens: n, Layers: layers, Width: width,
				Channels: width, Gates: 2, Heads: 1, Last: states[m][b]}
			var g gather
			for i := range n {
				one.Items = append(one.Items, fmt.Sprint(i))
				var f []float64
				for _, v := range states[m][b][i*layers*width : (i+1)*layers*width] {
					f = append(f, float64(v))
				}
				g.add(f)
			}
			one.Moments = map[string]Moments{HiddenMean: g.moments(), Energy: g.moments()}
			var active, attends gather
			for range 3 {
				f, a := make([]float64, layers*2), make([]float64, layers*AttentionFeatures)
				for j := range f {
					f[j] = rng.Float64()
				}
				for j := range a {
					a[j] = rng.Float64()
				}
				active.add(f)
				attends.add(a)
			}
			one.Moments[Activation], one.Moments[Attention] = active.moments(), attends.moments()
			row = append(row, one)
		}
		all = append(all, row)
	}
	return p, all
}

func runAxis(t *testing.T, p Params, all [][]*Patterns, workers int) ([]byte, *Output) {
	t.Helper()
	inputs := map[string][]byte{}
	actions := make([][]*action.Action, len(all))
	for m, row := range all {
		for b, one := range row {
			actions[m] = append(actions[m], &action.Action{})
			inputs[inputName(p, m, b)] = nil
			if one == nil {
				continue
			}
			data, err := one.Encode()
			if err != nil {
				t.Fatal(err)
			}
			inputs[inputName(p, m, b)] = data
		}
	}
	data, err := Axis(p, actions).Run(context.Background(), runtime{inputs, workers})
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, out
}

func upper(t *testing.T, v *axis.Variant) []float64 {
	t.Helper()
	_, values := v.Overlap.UpperTriangle()
	return values
}

func value(t *testing.T, out *Output, name string) float64 {
	t.Helper()
	for _, f := range out.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	t.Fatalf("no fact %q", name)
	return 0
}

func TestAxisAgainstReference(t *testing.T) {
	r := load4(t)
	p, all := traced(t, r.States, r.Sizes, r.Layers, r.Width)
	first, out := runAxis(t, p, all, 1)
	if second, _ := runAxis(t, p, all, 3); string(first) != string(second) {
		t.Error("the number of workers changes bytes")
	}
	for k, v := range upper(t, out.Variant(Hidden)) {
		near(t, "overlap", v, r.Overlap[k], 1e-9)
	}
	for k, v := range upper(t, out.Variant(HiddenMean)) {
		near(t, "overlap of means", v, r.Overlap[k], 1e-9)
	}
	for k, v := range upper(t, out.Variant(Energy)) {
		near(t, "overlap of energies", v, r.Overlap[k], 1e-9) // the same numbers
	}
	for k, v := range upper(t, out.Variant("crossnobis")) {
		near(t, "crossnobis", v, r.Crossnobis[k], 1e-5) // products are in float32
	}
	sp, _ := out.Detail.Spearman.At(0, 1)
	near(t, "Spearman of RDMs", sp, r.Spearman01, 1e-12)
	cs, _ := out.Detail.Cosine.At(0, 1)
	near(t, "cosine of RDMs", cs, r.Cosine01, 1e-12)
	near(t, "upper ceiling", value(t, out, "ceiling.upper.cosine"), r.Upper, 1e-9)
	near(t, "lower ceiling", value(t, out, "ceiling.lower.cosine"), r.Lower, 1e-9)
	gates := out.ByBenchmark[len(out.ByBenchmark)-1]
	var want float64
	for m := range all {
		for _, v := range all[m][1].Moments[Activation].Mean {
			want += v / float64(3*len(all[m][1].Moments[Activation].Mean))
		}
	}
	got, _ := gates.Values.At(1, 0)
	near(t, gates.Name, got, want, 1e-12)
	if len(out.ByBenchmark) != 4 || len(out.Detail.Layers) != r.Layers || len(out.Detail.RDMs) != 3 {
		t.Errorf("%d layers, %d RDMs", len(out.Detail.Layers), len(out.Detail.RDMs))
	}
}

func TestAttentionAgainstReference(t *testing.T) {
	r := load4(t)
	got := attend(r.Attention, 4)
	for i, want := range r.Features {
		near(t, fmt.Sprint("feature ", i), got[i], want, 1e-7)
	}
	if one := attend([]float32{1}, 1); !math.IsNaN(one[0]) || !math.IsNaN(one[1]) || one[2] != 0 {
		t.Errorf("one token: %v", one)
	}
}

func TestJaccardAgainstReference(t *testing.T) {
	r := load4(t)
	got, err := jaccards(r.Frequencies, 3)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range r.Jaccard {
		near(t, "Jaccard", got[k], want, 1e-12)
	}
	if _, err := jaccards(make([]float64, 6), 2); err == nil {
		t.Error("gates that never open have a similarity")
	}
}

// planted draws states of models in which benchmarks 0 and 1 have the same mean pattern and all others their own.
func planted(models, benchmarks, n, layers, width int, rng *rand.Rand) (states [][][]float32, sizes []int) {
	for range benchmarks {
		sizes = append(sizes, n)
	}
	for range models {
		var row [][]float32
		var mean []float64
		for b := range benchmarks {
			if b != 1 {
				mean = make([]float64, layers*width)
				for j := range mean {
					mean[j] = rng.NormFloat64()
				}
			}
			var x []float32
			for range n {
				for j := range mean {
					x = append(x, float32(mean[j]+1.5*rng.NormFloat64()+3))
				}
			}
			row = append(row, x)
		}
		states = append(states, row)
	}
	return states, sizes
}

func TestEqualPatternsAreFound(t *testing.T) {
	states, sizes := planted(13, 6, 30, 2, 12, rand.New(rand.NewPCG(1, 9)))
	p, all := traced(t, states, sizes, 2, 12)
	_, out := runAxis(t, p, all, 2)
	o, _ := out.Primary().Overlap.At(0, 1)
	if o < 0.7 {
		t.Errorf("overlap of equal patterns: %v", o)
	}
	d, _ := out.Variant("crossnobis").Overlap.At(0, 1)
	lo, _ := out.Variant("crossnobis").Lo.At(0, 1)
	hi, _ := out.Variant("crossnobis").Hi.At(0, 1)
	if !(lo < 0 && 0 < hi) || math.Abs(d) > 0.05 {
		t.Errorf("crossnobis of equal patterns: %v in [%v, %v]", d, lo, hi)
	}
	high, _ := out.Test("high").P.At(0, 1)
	low, _ := out.Test("low").P.At(0, 1)
	if high > 0.001 || low < 0.999 {
		t.Errorf("equal patterns: p high %v, p low %v", high, low)
	}
	var mean float64
	for _, v := range upper(t, out.Primary()) {
		mean += v / 15
	}
	near(t, "mean overlap", mean, -1.0/5, 0.03)
	if !strings.Contains(strings.Join(out.Warnings, " "), "-1/(B-1) = -0.200") {
		t.Errorf("warnings %q", out.Warnings)
	}
}

// Five lineages have ten halves: thousands of replicates say no more about further models than these ten do.
func TestFewLineagesBoundP(t *testing.T) {
	states, sizes := planted(5, 6, 30, 2, 12, rand.New(rand.NewPCG(1, 9)))
	p, all := traced(t, states, sizes, 2, 12)
	_, out := runAxis(t, p, all, 2)
	high := out.Test("high")
	if v, _ := high.P.At(0, 1); v != 0.1 || !strings.Contains(strings.Join(high.Warnings, " "), "only 10 different halves") {
		t.Errorf("equal patterns in five models: p high %v, warnings %q", v, high.Warnings)
	}
}

// Crossnobis is unbiased: over studies in which two benchmarks have one pattern its mean is 0, which 1 - r is not.
func TestCrossnobisIsUnbiased(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	var sum, ss float64
	const studies = 200
	for range studies {
		states, sizes := planted(1, 3, 8, 1, 10, rng)
		pool := newNoisePool(states, []int{1}, []int{10}, sizes)
		d, err := pool.distances(context.Background(), 1, 1, func(int) subsample { return pool.everything() }, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		sum, ss = sum+d[0]/studies, ss+d[0]*d[0]/studies
	}
	if se := math.Sqrt(ss / studies); math.Abs(sum) > 3.5*se {
		t.Errorf("mean distance of equal patterns %v, standard error %v", sum, se)
	}
}

// The products over chunks give what the definition gives, replicate by replicate, and do not depend on workers.
func TestPoolAgainstDefinition(t *testing.T) {
	states, sizes := planted(4, 3, 9, 2, 5, rand.New(rand.NewPCG(8, 8)))
	pool := newNoisePool(states, []int{2, 2, 2, 2}, []int{5, 5, 5, 5}, sizes)
	draw := pool.halves(11, []string{"x", "x", "y", "z"})
	const n = 300
	got, err := pool.distances(context.Background(), n, 1, draw, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	again, err := pool.distances(context.Background(), n, 4, draw, func(int) {})
	if err != nil || !slices.Equal(got, again) {
		t.Errorf("workers change bits: %v", err)
	}
	for _, r := range []int{0, 127, 128, 299} {
		d := draw(r)
		want, weight := make([]float64, 3), 0.0
		for _, m := range d.models {
			model := pool.models[m]
			sums, square, size := make([][]float64, 3), make([]float64, 3), make([]int, 3)
			for b := range 3 {
				sums[b] = make([]float64, model.width)
				size[b] = len(d.items[b])
				for _, i := range d.items[b] {
					for j, v := range model.states[b][i*model.width : (i+1)*model.width] {
						sums[b][j] += float64(v)
						square[b] += float64(v) * float64(v)
					}
				}
			}
			weight += model.weight
			for k, v := range crossnobis(sums, square, size) {
				want[k] += v
			}
		}
		for k := range want {
			near(t, fmt.Sprint("replicate ", r), got[r*3+k], want[k]/weight, 1e-5)
		}
	}
}

func TestReplicatesFollowSharedDraws(t *testing.T) {
	states, sizes := planted(4, 4, 12, 2, 6, rand.New(rand.NewPCG(4, 4)))
	p, all := traced(t, states, sizes, 2, 6)
	p.Loaded = []int{30, 30, 30, 30} // of which the first 12 were traced
	_, out := runAxis(t, p, all, 2)
	const r = 9
	d := axis.Draw(p.Seed, r, p.Lineages, p.Loaded)
	for b := range sizes {
		d.Items[b] = slices.DeleteFunc(d.Items[b], func(i int) bool { return i >= 12 })
		if len(d.Items[b]) < MinItems {
			t.Fatalf("replicate %d draws %d traced items; take another", r, len(d.Items[b]))
		}
	}
	var some [][][]float32
	var half []int
	for _, m := range d.Models {
		var row [][]float32
		for b := range sizes {
			var x []float32
			for _, i := range d.Items[b] {
				x = append(x, states[m][b][i*12:(i+1)*12]...)
			}
			row = append(row, x)
		}
		some = append(some, row)
	}
	for b := range sizes {
		half = append(half, len(d.Items[b]))
	}
	_, redone := func() ([]byte, *Output) { p, all := traced(t, some, half, 2, 6); return runAxis(t, p, all, 1) }()
	for i := range 4 {
		for j := range 4 {
			want, _ := redone.Primary().Overlap.At(i, j)
			near(t, "replicate", out.Replicates[Hidden][(r*4+i)*4+j], want, 1e-5)
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	states, sizes := planted(3, 4, 10, 2, 6, rand.New(rand.NewPCG(6, 6)))
	p, all := traced(t, states, sizes, 2, 6)
	_, out := runAxis(t, p, all, 2)
	for m := range states {
		slices.Reverse(states[m])
		for b, x := range states[m] {
			var turned []float32
			for i := range 10 {
				turned = append(turned, x[(9-i)*12:(10-i)*12]...)
			}
			states[m][b] = turned
		}
	}
	slices.Reverse(states)
	p, all = traced(t, states, sizes, 2, 6)
	_, again := runAxis(t, p, all, 2)
	for _, name := range []string{Hidden, HiddenMean, "crossnobis"} {
		for i := range 4 {
			for j := range 4 {
				a, _ := out.Variant(name).Overlap.At(i, j)
				b, _ := again.Variant(name).Overlap.At(3-i, 3-j)
				near(t, name, b, a, 1e-5)
			}
		}
	}
}

func TestSilentAndMissing(t *testing.T) {
	states, sizes := planted(2, 4, 10, 1, 6, rand.New(rand.NewPCG(5, 5)))
	for m := range states {
		for b := range states[m] {
			for i := range 10 {
				states[m][b][i*6] = 1 // a neuron that never moves
			}
		}
	}
	states[0][3], states[1][3], sizes[3] = states[0][3][:3*6], states[1][3][:3*6], 3
	p, all := traced(t, states, sizes, 1, 6)
	_, out := runAxis(t, p, all, 1)
	if why := out.Primary().Overlap.Reason(0, 3); !strings.Contains(why, "d has 3 items") {
		t.Errorf("reason %q", why)
	}
	if w := out.Variant("crossnobis").Warnings; len(w) != 1 || !strings.Contains(w[0], "2 neurons") {
		t.Errorf("warnings %q", w)
	}
	if !math.IsNaN(out.Replicates[Hidden][3]) {
		t.Error("a missing benchmark has replicates")
	}
}

// The reason of a cell that two absent benchmarks share does not depend on the order of a map.
func TestReasonsAreOrdered(t *testing.T) {
	s := &sample{p: Params{Benchmarks: []string{"a", "b", "c"}}, absent: map[int]string{0: "a is short", 2: "c is short"},
		present: []int{1}, size: []int{9}}
	for range 20 {
		if why := s.matrix("m", 1, nil, nil).Reason(0, 2); why != "c is short" {
			t.Fatalf("reason %q", why)
		}
	}
}

func TestFewBenchmarks(t *testing.T) {
	for _, n := range []int{1, 2} {
		states, sizes := planted(2, n, 10, 1, 6, rand.New(rand.NewPCG(5, 5)))
		p, all := traced(t, states, sizes, 1, 6)
		_, out := runAxis(t, p, all, 1)
		if len(out.Tests) != 0 || len(out.Warnings) == 0 {
			t.Errorf("%d benchmarks: %d tests, warnings %q", n, len(out.Tests), out.Warnings)
		}
		if v, ok := out.Primary().Overlap.At(0, n-1); n == 2 && (!ok || v > -1+1e-12) {
			t.Errorf("two centred patterns overlap by %v", v)
		}
	}
}

func TestPatternsRoundTrip(t *testing.T) {
	r := load4(t)
	_, all := traced(t, r.States, r.Sizes, r.Layers, r.Width)
	data, err := all[1][2].Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodePatterns(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := got.Encode(); err != nil || string(again) != string(data) {
		t.Errorf("round trip: %v", err)
	}
	for n := range data {
		if _, err := DecodePatterns(data[:n]); err == nil {
			t.Fatalf("data cut at byte %d decoded", n)
		}
	}
	got.Last[3] = float32(math.Inf(1))
	if _, err := got.Encode(); err == nil {
		t.Error("an infinite state was written")
	}
}

func TestModelsOnDifferentItems(t *testing.T) {
	r := load4(t)
	p, all := traced(t, r.States, r.Sizes, r.Layers, r.Width)
	all[1][2].Items[0] = "other"
	inputs := map[string][]byte{}
	actions := make([][]*action.Action, len(all))
	for m, row := range all {
		for b, one := range row {
			inputs[inputName(p, m, b)], _ = one.Encode()
			actions[m] = append(actions[m], &action.Action{})
		}
	}
	_, err := Axis(p, actions).Run(context.Background(), runtime{inputs, 1})
	if err == nil || !strings.Contains(err.Error(), "m1 were traced on different items of c") {
		t.Errorf("error %v", err)
	}
}

// A window of two keys hides the first from the third query; an encoder's queries see what comes later.
func TestAttendOfWindowsAndEncoders(t *testing.T) {
	window := []float32{1, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5}
	if got := attend(window, 3); got[0] != 1 || got[1] != 1 || got[2] != (0+0.5+0.5)/3. {
		t.Errorf("of a window: %v", got)
	}
	encoder := []float32{0.5, 0.5, 0.5, 0.5}
	if got := attend(encoder, 2); got[0] != 1 || !math.IsNaN(got[1]) || got[2] != 0.5 {
		t.Errorf("of an encoder: %v", got)
	}
}

// Items that a model cannot take are left out for all models, by their places in the draws that all axes share; a model that
// cannot take many takes no part.
func TestRefusedItems(t *testing.T) {
	r := load4(t)
	p, all := traced(t, r.States, r.Sizes, r.Layers, r.Width)
	_, plain := runAxis(t, p, all, 2)
	n := r.Sizes[1]
	var rest []int
	for i := range n {
		if i != 2 {
			rest = append(rest, i)
		}
	}
	short := *all[0][1].only(rest)
	short.Refused = 1
	mixed := [][]*Patterns{slices.Clone(all[0])}
	mixed[0][1] = &short
	mixed = append(mixed, all[1:]...)
	_, got := runAxis(t, p, mixed, 2)

	var everywhere [][]*Patterns // as if the item had never been there, but for the draws
	for _, row := range all {
		row = slices.Clone(row)
		row[1] = row[1].only(rest)
		everywhere = append(everywhere, row)
	}
	_, want := runAxis(t, p, everywhere, 2)
	for k, v := range upper(t, want.Primary()) {
		near(t, "overlap without the item", upper(t, got.Primary())[k], v, 0)
	}
	if slices.Equal(upper(t, got.Primary()), upper(t, plain.Primary())) {
		t.Error("the item is not left out")
	}
	for k, v := range want.Replicates[Hidden] {
		if w := got.Replicates[Hidden][k]; v != w && !(math.IsNaN(v) && math.IsNaN(w)) {
			t.Fatalf("replicate %d: %v, want %v", k, w, v)
		}
	}
	text := fmt.Sprintf("Of b, 1 of %d prompts could not be traced (m0: 1)", n*len(all))
	if len(got.Alarms) != 1 || got.Alarms[0].Kind != "refused" || !strings.HasPrefix(got.Alarms[0].Text, text) ||
		!strings.HasPrefix(got.Warnings[0], text) {
		t.Errorf("alarms %+v, warnings %q, want %q", got.Alarms, got.Warnings, text)
	}
	short.Refused = n
	if _, got = runAxis(t, p, mixed, 2); len(got.Alarms) != 1 || !strings.Contains(got.Alarms[0].Text+strings.Join(got.Warnings, " "),
		"could not take") {
		t.Errorf("alarms %+v, warnings %q", got.Alarms, got.Warnings)
	}
}
