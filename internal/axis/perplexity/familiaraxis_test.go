package perplexity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/study"
)

// given is a runtime with inputs.
type given struct {
	memory
	inputs map[string][]byte
	failed map[string]bool
}

func (g *given) Input(name string) ([]byte, error) {
	if g.failed[name] {
		return nil, action.Missing{Reason: "the server is gone"}
	}
	return g.inputs[name], nil
}

// world is a simulated study: models have a level and one exposure a skill, which make both scores and bits per byte.
type world struct {
	p        FamiliarityParams
	from     [][]*action.Action
	r        *given
	exposure [][]float64 // by skill
}

const perSkill = 3

func newWorld(t *testing.T, models, skills, items int, seed uint64) *world {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	w := &world{r: &given{inputs: map[string][]byte{}, failed: map[string]bool{}}, p: FamiliarityParams{Text: Question, Seed: seed,
		Overlaps: performance.Overlaps{Options: performance.Options{Seed: seed, Q: 0.1,
			Performance: study.Performance{Splits: 4, Bootstrap: 40, Permutations: 99}}}}}
	level := make([]float64, models)
	for i := range models {
		id := fmt.Sprintf("m%d", i)
		w.p.Models = append(w.p.Models, study.Model{ID: id, Lineage: id})
		level[i] = rng.NormFloat64()
	}
	for range skills {
		w.exposure = append(w.exposure, make([]float64, models))
		for i := range models {
			w.exposure[len(w.exposure)-1][i] = rng.NormFloat64()
		}
	}
	for b := range perSkill * skills {
		id := fmt.Sprintf("b%d", b)
		w.p.Benchmarks = append(w.p.Benchmarks, study.Benchmark{ID: id, Family: id})
		w.p.Items = append(w.p.Items, nil)
		for k := range items {
			w.p.Items[b] = append(w.p.Items[b], fmt.Sprint(k))
		}
	}
	scores := axis.NewScoreTable(w.p.Models, w.p.Benchmarks)
	for i := range models {
		w.from = append(w.from, make([]*action.Action, len(w.p.Benchmarks)))
		for b := range w.p.Benchmarks {
			known := level[i] + w.exposure[b/perSkill][i]
			one := Reading{Tokens: items}
			for range items {
				one.Bits = append(one.Bits, 4-0.3*known+0.3*rng.NormFloat64())
			}
			w.give(t, i, b, one)
			scores.Score.Set(i, b, known+0.3*rng.NormFloat64())
			scores.SE.SetMissing(i, b, "simulated")
		}
	}
	scores.Imported = true
	data, err := scores.Encode()
	if err != nil {
		t.Fatal(err)
	}
	w.r.inputs["scores"] = data
	return w
}

func (w *world) give(t *testing.T, i, b int, one Reading) {
	t.Helper()
	data, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	w.r.inputs[readingName(w.p.Models[i].ID, w.p.Benchmarks[b].ID)] = data
	w.from[i][b] = &action.Action{}
}

func (w *world) result(t *testing.T, scores *action.Action) *axis.Result {
	t.Helper()
	data, err := FamiliarityAxis(w.p, w.from, scores).Run(context.Background(), w.r)
	if err != nil {
		t.Fatal(err)
	}
	r, err := axis.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func namedValue(t *testing.T, r *axis.Result, name string, b int) (float64, string) {
	t.Helper()
	for _, v := range r.ByBenchmark {
		if v.Name == name {
			x, ok := v.Values.At(b, 0)
			if !ok {
				return math.NaN(), v.Values.Reason(b, 0)
			}
			return x, ""
		}
	}
	t.Fatalf("there is no %q", name)
	return 0, ""
}

// Benchmarks of one exposure are familiar alike, with and without the general factor, and a benchmark's score goes with its own
// familiarity beyond what re-paired models show.
func TestFamiliarityFindsExposure(t *testing.T) {
	w := newWorld(t, 32, 4, 20, 1)
	r := w.result(t, &action.Action{})
	for _, name := range []string{FamiliarityName, FamiliarityGFree} {
		v := r.Variant(name)
		var same, other []float64
		for a := range r.Benchmarks {
			for b := range a {
				x, ok := v.Overlap.At(a, b)
				lo, _ := v.Lo.At(a, b)
				hi, _ := v.Hi.At(a, b)
				if !ok || lo > hi {
					t.Fatalf("%s of %d and %d: %v in [%v, %v]", name, a, b, x, lo, hi)
				}
				if a/perSkill == b/perSkill {
					same = append(same, x)
				} else {
					other = append(other, x)
				}
			}
		}
		if slices.Min(same) < mean(other)+0.2 || mean(same) < 0.8 {
			t.Errorf("%s: same exposure %.2f, lowest %.2f; others %.2f", name, mean(same), slices.Min(same), mean(other))
		}
	}
	if r.Primary().Name != FamiliarityName || r.Test(HighFamiliarity) == nil {
		t.Errorf("primary %q, tests %+v", r.Primary().Name, r.Tests)
	}
	for b := range r.Benchmarks {
		for _, own := range []string{".own", ".own.gfree"} {
			x, _ := namedValue(t, r, FamiliarityName+own, b)
			hi, _ := namedValue(t, r, FamiliarityName+own+".hi", b)
			if p, _ := namedValue(t, r, FamiliarityName+own+".p", b); !(x > hi && p < 0.01) {
				t.Errorf("benchmark %d%s: %.2f, re-paired up to %.2f, p = %v", b, own, x, hi, p)
			}
		}
		if bits, _ := namedValue(t, r, FamiliarityName+".bits", b); math.Abs(bits-4) > 0.5 {
			t.Errorf("benchmark %d: %v bits per byte", b, bits)
		}
	}
}

// Two models of one lineage among many take no power away, and where lineages allow few re-pairings the p says so.
func TestOwnScoresKeepLineages(t *testing.T) {
	w := newWorld(t, 32, 4, 20, 1)
	p := func() axis.Value {
		for _, f := range w.result(t, &action.Action{}).Facts {
			if f.Name == FamiliarityName+".own.p" {
				return f
			}
		}
		t.Fatal("there is no p")
		return axis.Value{}
	}
	apart := p()
	w.p.Models[3].Lineage = w.p.Models[9].Lineage
	if got := p(); got.Value > 2*apart.Value || len(got.Warnings) > 0 {
		t.Errorf("one shared lineage: %v, %q; a lineage each %v", got.Value, got.Warnings, apart.Value)
	}
	few := newWorld(t, 7, 4, 20, 1)
	for i, l := range []string{"a", "a", "b", "b", "c", "d", "e"} { // 2! 2! within, 2! of two, 3! of one
		few.p.Models[i].Lineage = l
	}
	w = few
	if got := p(); len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "only 48 distinct re-pairings") {
		t.Errorf("few re-pairings: %+v", got)
	}
}

// Nothing but the correlation with scores needs scores.
func TestFamiliarityWithoutScores(t *testing.T) {
	w := newWorld(t, 12, 2, 6, 2)
	with, without := w.result(t, &action.Action{}), w.result(t, nil)
	if !slices.Equal(with.Variants[0].Overlap.Data, without.Variants[0].Overlap.Data) ||
		!slices.Equal(with.Test(HighFamiliarity).P.Data, without.Test(HighFamiliarity).P.Data) {
		t.Error("overlaps depend on scores")
	}
	if _, why := namedValue(t, without, FamiliarityName+".own", 0); !strings.Contains(why, "no scores") {
		t.Errorf("own correlation: %q", why)
	}
	w.r.failed["scores"] = true
	if again := w.result(t, &action.Action{}); again.Primary() == nil {
		t.Error("scores that failed cost familiarity")
	}
}

// A reading that failed costs its cell and is named; a benchmark without items, and a model that was not read to, are left out.
func TestFamiliarityDoesWithout(t *testing.T) {
	w := newWorld(t, 14, 3, 6, 3)
	w.r.failed["m3 on b2"] = true
	w.p.Items[1], w.from[5] = nil, nil
	for i := range w.from {
		if w.from[i] != nil {
			w.from[i][1] = nil
		}
	}
	r := w.result(t, &action.Action{})
	if v := r.Variant(FamiliarityName); v.NOf(0, 2) != 12 || v.NOf(0, 3) != 13 {
		t.Errorf("models behind pairs: %d, %d", v.NOf(0, 2), v.NOf(0, 3))
	}
	if _, ok := r.Primary().Overlap.At(0, 1); ok || !strings.Contains(r.Primary().Overlap.Reason(0, 1), "no questions") {
		t.Errorf("a benchmark without items: %q", r.Primary().Overlap.Reason(0, 1))
	}
	if len(r.Alarms) != 1 || !strings.Contains(r.Alarms[0].Text, "m3 on b2") ||
		!slices.ContainsFunc(r.Warnings, func(s string) bool { return strings.Contains(s, "1 of 14 models are left out") }) {
		t.Errorf("alarms %+v, warnings %q", r.Alarms, r.Warnings)
	}
}

// An item that one model could not read is in no mean; a model that could not read many leaves the items to the others.
func TestItemsThatEveryModelRead(t *testing.T) {
	w := newWorld(t, 8, 2, 20, 4)
	lack := func(i int, items ...int) {
		one := Reading{Bits: slices.Repeat(axis.Floats{2}, 20), Long: len(items)}
		for _, k := range items {
			one.Bits[k] = math.NaN()
		}
		w.give(t, i, 0, one)
	}
	lack(0, 4)
	lack(1, 4, 7)
	lack(2, 0, 1, 2, 3) // of 20, more than a tenth
	s, err := collect(w.p, w.from, w.r)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.t.Items[0]) != 18 || s.dropped != 2 || s.long != 7 {
		t.Errorf("%d items are left, %d dropped, %d too long", len(s.t.Items[0]), s.dropped, s.long)
	}
	if _, ok := s.t.Score.At(2, 0); ok || !strings.Contains(s.t.Score.Reason(2, 0), "4 of 20") {
		t.Errorf("a model that read too little: %q", s.t.Score.Reason(2, 0))
	}
	if v, _ := s.t.Score.At(0, 0); v != -2 || s.bits[0][0] != 2 {
		t.Errorf("familiarity %v, bits per byte %v", v, s.bits[0][0])
	}
}

// Scores that have nothing to do with familiarity reach p <= .05 in a twentieth of benchmarks.
func TestOwnScoresOfNoise(t *testing.T) {
	if testing.Short() {
		t.Skip("a calibration")
	}
	rng, blocks := rand.New(rand.NewPCG(7, 7)), make([]string, 16)
	low, all := 0, 0
	for study := range 40 {
		var y, f [][]float64
		for range 8 {
			y, f = append(y, normals(rng, 16)), append(f, normals(rng, 16))
		}
		s, err := paired(context.Background(), y, f, blocks, uint64(study), 2)
		if err != nil {
			t.Fatal(err)
		}
		for b := range y {
			a, ok := compareWith(s.r[b], s.null[b])
			if all++; !ok {
				t.Fatal("no correlation")
			}
			if a.p <= 0.05 {
				low++
			}
		}
	}
	if low < 5 || low > 31 { // 320 draws of .05: 99.9 % lie between
		t.Errorf("%d of %d reach .05", low, all)
	}
}

func normals(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = rng.NormFloat64()
	}
	return out
}

// The parts of the axis stand in the order of the study, and one that failed costs itself.
func TestJoinedParts(t *testing.T) {
	part := func(name string) []byte {
		w := newWorld(t, 8, 2, 4, 5)
		r := w.result(t, nil)
		for i := range r.Variants {
			r.Variants[i].Name = name + fmt.Sprint(i)
		}
		r.Replicates = nil
		data, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	parts := []*action.Action{{Subject: "first"}, {Subject: "second"}}
	g := &given{inputs: map[string][]byte{"part 1": part("a"), "part 2": part("b")}, failed: map[string]bool{}}
	run := func() (*axis.Result, error) {
		data, err := Joined(parts).Run(context.Background(), g)
		if err != nil {
			return nil, err
		}
		return axis.Decode(data)
	}
	r, err := run()
	if err != nil || r.Primary().Name != "a0" || len(r.Variants) != 4 {
		t.Fatalf("%v, %+v", err, r)
	}
	g.failed["part 1"] = true
	if r, err = run(); err != nil || r.Primary().Name != "b0" || len(r.Alarms) != 1 ||
		!strings.Contains(r.Alarms[0].Text, "first") {
		t.Fatalf("%v, %+v", err, r)
	}
	g.failed["part 2"] = true
	if _, err = run(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("nothing is left: %v", err)
	}
}
