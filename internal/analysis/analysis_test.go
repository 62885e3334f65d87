package analysis

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// bench are six benchmarks: two of each of three skills; the last two share a surface with the first two.
var bench = []string{"a.1", "a.2", "b.1", "b.2", "c.1", "c.2"}

func square(name string, f func(i, j int) float64) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", bench)
	for i := range bench {
		for j := i; j < len(bench); j++ {
			v := 1.0
			if i != j {
				v = f(i, j)
			}
			m.SetSym(i, j, v)
		}
	}
	return m
}

// bySkill is high within a skill; jitter keeps cells apart.
func bySkill(i, j int) float64 {
	if i/2 == j/2 {
		return 0.8 + 0.01*float64(i)
	}
	return 0.1 + 0.01*float64(i+j)
}

// replicates are the overlap with seeded noise of the given size.
func replicates(m *matrix.Labelled, step string, r int, noise float64) axis.Floats {
	n := len(bench)
	out := make(axis.Floats, 0, r*n*n)
	for k := range r {
		rng := stats.Stream(1, step, k)
		cells := make([]float64, n*n)
		for i := range n {
			for j := i; j < n; j++ {
				v, _ := m.At(i, j)
				if i != j {
					v += noise * rng.NormFloat64()
				}
				cells[i*n+j], cells[j*n+i] = v, v
			}
		}
		out = append(out, cells...)
	}
	return out
}

func result(name string, f func(i, j int) float64, tests map[string]func(i, j int) float64) *axis.Result {
	m := square(name, f)
	r := &axis.Result{Axis: name, Benchmarks: bench, R: 60,
		Replicates: map[string]axis.Floats{"raw": replicates(m, name, 60, 0.02)},
		Variants:   []axis.Variant{{Name: "raw", Title: name, Overlap: m, N: 32, Unit: "models"}}}
	for _, t := range []string{"high", "low"} {
		if p := tests[t]; p != nil {
			r.Tests = append(r.Tests, axis.Test{Name: t, P: square(t, p), N: 9999})
		}
	}
	return r
}

// planted makes axes in which exactly the pair (a.1, b.1) overlaps without kinship.
func planted() map[string]*axis.Result {
	is := func(i, j int) bool { return i == 0 && j == 2 }
	only := func(yes, no float64) func(i, j int) float64 {
		return func(i, j int) float64 {
			if is(i, j) {
				return yes
			}
			return no
		}
	}
	high := func(i, j int) float64 {
		if is(i, j) {
			return 0.85
		}
		return bySkill(i, j)
	}
	return map[string]*axis.Result{
		axis.Performance: result(axis.Performance, high, map[string]func(i, j int) float64{"high": only(1e-5, 0.5),
			"low": only(0.9, 0.9)}),
		axis.Semantic: result(axis.Semantic, bySkill, map[string]func(i, j int) float64{"high": only(0.9, 0.4),
			"low": only(1e-4, 0.3)}),
		axis.Neural: result(axis.Neural, bySkill, map[string]func(i, j int) float64{"high": only(0.9, 0.4),
			"low": only(2e-4, 0.3)}),
	}
}

func options() Options {
	fam := []string{"x", "x", "y", "y", "z", "z"}
	return Options{Seed: 1, Q: 0.1, Permutations: 999, Scaling: atlas.Trace, Benchmarks: bench, Families: fam, Formats: fam}
}

const truthFile = `
[[benchmark]]
id = "a.1"
surface = "s"
skills = { a = 1.0 }
[[benchmark]]
id = "a.2"
surface = "t"
skills = { a = 1.0 }
[[benchmark]]
id = "b.1"
surface = "u"
skills = { b = 1.0 }
[[benchmark]]
id = "b.2"
surface = "v"
skills = { b = 1.0 }
[[benchmark]]
id = "c.1"
surface = "s"
skills = { c = 1.0 }
[[benchmark]]
id = "c.2"
surface = "w"
skills = { c = 1.0 }
[[pair]]
a = "b.1"
b = "a.1"
kind = 4
name = "one exposure for two skills"
expect = "overlap-without-kinship"
in_auc = false
`

func analyse(t *testing.T, opts Options, axes map[string]*axis.Result) *Analysis {
	t.Helper()
	a, err := Analyse(context.Background(), opts, axes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPlantedPairIsFlaggedAlone(t *testing.T) {
	opts := options()
	opts.Truth, opts.TruthSource = []byte(truthFile), "truth.toml"
	a := analyse(t, opts, planted())
	if got := a.Correction.Flagged; got[OverlapWithoutKinship] != 1 || got[KinshipWithoutOverlap] != 0 ||
		got[LikenessWithoutKinship] != 0 {
		t.Fatalf("flagged: %v", got)
	}
	labels, _ := a.flagsOf("a.1", "b.1")
	if len(labels) != 1 || labels[0] != OverlapWithoutKinship {
		t.Errorf("a.1 and b.1: %v", labels)
	}
	// p is the largest component (2e-4), and BY multiplies by pairs and the harmonic sum at rank 1: 15 x 3.3182.
	for _, p := range a.Pairs {
		for _, f := range p.Flags {
			if f.Flagged && (f.P != 2e-4 || math.Abs(f.BY-2e-4*15*stats.Harmonic(15)) > 1e-12) {
				t.Errorf("p = %v, BY = %v", f.P, f.BY)
			}
		}
	}
	rec := a.Recovery
	if len(rec.Kinds) != 1 || rec.Kinds[0].Given != 1 || len(rec.Wrong) != 0 {
		t.Errorf("recovery: %+v, wrong %+v", rec.Kinds, rec.Wrong)
	}
	for _, u := range rec.AUC {
		if u.Target == "skill" && u.Value.Value != 1 {
			t.Errorf("%s: AUC %v of a perfect axis", u.Axis, u.Value.Value)
		}
	}
	if s := rec.Shuffle; s.Lo > 0.5 || s.Hi < 0.5 {
		t.Errorf("shuffled skills: AUC %v, %v to %v does not cover 0.5: recovery is not blind", s.Value, s.Lo, s.Hi)
	}
}

func TestTruthChangesNothingButRecovery(t *testing.T) {
	opts := options()
	without := analyse(t, opts, planted())
	opts.Truth, opts.TruthSource = []byte(truthFile), "truth.toml"
	with := analyse(t, opts, planted())
	with.Recovery = nil
	kept := with.Findings[:0]
	for _, f := range with.Findings {
		if f.Kind != KindRecovered {
			kept = append(kept, f)
		}
	}
	with.Findings = kept
	x, err := json.Marshal(without)
	if err != nil {
		t.Fatal(err)
	}
	y, _ := json.Marshal(with)
	if !bytes.Equal(x, y) {
		t.Error("the truth file changed something outside the recovery section")
	}
}

func TestAlarmsBlockFlags(t *testing.T) {
	axes := planted()
	axes[axis.Performance].Alarms = []axis.Alarm{{Kind: "chance", Benchmark: "b.1", Text: "b.1 is at chance", Blocks: true}}
	a := analyse(t, options(), axes)
	if n := a.Correction.Testable[OverlapWithoutKinship]; n != 10 {
		t.Errorf("%d pairs testable, want 10: five pairs have b.1", n)
	}
	if n := a.Correction.Flagged[OverlapWithoutKinship]; n != 0 {
		t.Errorf("a blocked benchmark was flagged %d times", n)
	}
	// An alarm about the study blocks every pair.
	axes = planted()
	axes[axis.Performance].Alarms = []axis.Alarm{{Kind: "few-models", Text: "only 5 models", Blocks: true}}
	if a = analyse(t, options(), axes); a.Correction.Testable[OverlapWithoutKinship] != 0 {
		t.Errorf("%d pairs testable with too few models, want none", a.Correction.Testable[OverlapWithoutKinship])
	}
	// Shared items block their pair only.
	axes = planted()
	axes[axis.Performance].Alarms = []axis.Alarm{{Kind: "shared-items", Benchmark: "a.1", Other: "b.1", Text: "they share items",
		Blocks: true}}
	if a = analyse(t, options(), axes); a.Correction.Testable[OverlapWithoutKinship] != 14 {
		t.Errorf("%d pairs testable, want 14", a.Correction.Testable[OverlapWithoutKinship])
	}
}

func TestIntersectionUnion(t *testing.T) {
	r := Witnesses{}.rules()[1] // kinship without overlap: performance.low, neural.high or semantic.high where that is missing
	for _, c := range []struct {
		ps   map[string]float64
		want float64
		ok   bool
	}{
		{map[string]float64{"performance.low": .01, "semantic.high": .004, "neural.high": .9}, .9, true},
		{map[string]float64{"performance.low": .01, "semantic.high": .004}, .01, true},
		{map[string]float64{"performance.low": .001, "neural.high": .004}, .004, true},
		{map[string]float64{"performance.low": .001}, 0, false},
		{map[string]float64{"semantic.high": .001}, 0, false},
		{map[string]float64{"performance.low": .001, "semantic.high": .7, "neural.high": .2}, .2, true},
	} {
		if p, ok := r.test(c.ps); ok != c.ok || math.Abs(p-c.want) > 1e-15 {
			t.Errorf("%v: p = %v, %v; want %v, %v", c.ps, p, ok, c.want, c.ok)
		}
	}
}

func TestDisagreementFindsThePlantedBenchmarkAndNoNoise(t *testing.T) {
	axes := planted()
	// The neural axis puts c.2 with a instead of c.
	odd := func(i, j int) float64 {
		if j == 5 {
			if i < 2 {
				return 0.8
			}
			return 0.1
		}
		return bySkill(i, j)
	}
	axes[axis.Neural] = result(axis.Neural, odd, nil)
	a := analyse(t, options(), axes)
	// c.1, which loses its only kin on that axis, disagrees as much.
	for _, top := range a.ranked()[:2] {
		if name := bench[top.Benchmark]; !strings.HasPrefix(name, "c.") || top.TopThree < 0.95 || top.Value.Lo <= 0 {
			t.Errorf("among the two largest disagreements: %s, %+v", name, top)
		}
	}
	// Axes that differ by sampling noise only: no benchmark's interval lies above zero by much.
	clean := map[string]*axis.Result{}
	for _, name := range []string{axis.Performance, axis.Semantic, axis.Neural} {
		r := result(name, bySkill, nil)
		r.Variants[0].Overlap = square(name, func(i, j int) float64 {
			v := replicates(square(name, bySkill), "sample "+name, 1, 0.05)
			return v[i*len(bench)+j]
		})
		r.Replicates["raw"] = replicates(r.Variants[0].Overlap, "again "+name, 200, 0.05)
		r.R = 200
		clean[name] = r
	}
	above := 0
	for _, d := range analyse(t, options(), clean).Disagreement {
		if d.Value.Lo > 0 {
			above++
		}
	}
	if above > 2 {
		t.Errorf("pure noise: %d of 6 benchmarks disagree significantly", above)
	}
}

// A benchmark whose replicates are merely noisy is not often among the first three: its floor is taken off each of them.
func TestTopThreeIsFreeOfNoise(t *testing.T) {
	axes := map[string]*axis.Result{}
	for _, name := range []string{axis.Performance, axis.Semantic, axis.Neural} {
		r := result(name, bySkill, nil)
		n := len(bench)
		for k := range r.R {
			rng := stats.Stream(2, name, k)
			cells := r.Replicates["raw"][k*n*n : (k+1)*n*n]
			for i := range n - 1 { // the last benchmark's cells
				cells[i*n+n-1] += 0.2 * rng.NormFloat64()
				cells[(n-1)*n+i] = cells[i*n+n-1]
			}
		}
		axes[name] = r
	}
	for _, d := range analyse(t, options(), axes).Disagreement {
		if noisy := d.Benchmark == len(bench)-1; noisy && (d.TopThree > 0.5 || d.Value.Value >= 0) {
			t.Errorf("the noisy benchmark: %+v", d)
		}
	}
}

func TestMissingCellsAndAxes(t *testing.T) {
	axes := planted()
	for j := range bench {
		if j != 4 {
			axes[axis.Semantic].Variants[0].Overlap.SetMissingSym(4, j, "constant scores")
		}
	}
	a := analyse(t, options(), axes)
	if len(a.Map.Benchmarks) != 5 || len(a.Order) != 6 || a.Order[5] != 4 {
		t.Errorf("map of %v, order %v", a.Map.Benchmarks, a.Order)
	}
	found := false
	for _, m := range a.Absent {
		found = found || (m.Benchmark == "c.1" && strings.Contains(m.Reason, "constant"))
	}
	if !found {
		t.Errorf("absent: %+v must name c.1 with its reason", a.Absent)
	}
	// An axis that tells nothing apart leaves the map, not the study.
	axes = planted()
	axes[axis.Neural] = result(axis.Neural, func(i, j int) float64 { return 1 }, nil)
	if a := analyse(t, options(), axes); a.Map == nil || len(a.Map.Axes) != 2 || len(a.Absent) != 2 {
		t.Errorf("a flat axis: map %+v, absent %+v", a.Map, a.Absent)
	}
	// So does one without any overlap, such as signatures of too few models; else it would take every benchmark with it.
	axes = planted()
	empty := axes[axis.Neural].Variants[0].Overlap
	for i := range empty.Rows {
		for j := range i {
			empty.SetMissingSym(i, j, "too few models")
		}
	}
	if a := analyse(t, options(), axes); a.Map == nil || len(a.Map.Axes) != 2 ||
		!strings.HasSuffix(a.Absent[len(a.Absent)-1].Reason, "too few models") {
		t.Errorf("an empty axis: map %+v, absent %+v", a.Map, a.Absent)
	}
	one := analyse(t, options(), map[string]*axis.Result{axis.Performance: planted()[axis.Performance]})
	if one.Map != nil || len(one.Warnings) == 0 || len(one.Order) != 6 {
		t.Errorf("one axis: map %v, warnings %v", one.Map, one.Warnings)
	}
	if by := planted()[axis.Performance].Primary(); one.OrderedBy != by.Title || !besideAlike(one.Order, by.Overlap) {
		t.Errorf("one axis is ordered by %q: %v", one.OrderedBy, one.Order)
	}
	none := analyse(t, options(), nil)
	if len(none.Findings) == 0 && len(none.Absent) != 4 {
		t.Errorf("no axis: %+v", none)
	}
}

// besideAlike says whether the most alike pair stands side by side, as in every seriation.
func besideAlike(order []int, m *matrix.Labelled) bool {
	best, a, b := math.Inf(-1), 0, 0
	for i := range m.Rows {
		for j := range i {
			if v, _ := m.At(i, j); v > best {
				best, a, b = v, i, j
			}
		}
	}
	d := slices.Index(order, a) - slices.Index(order, b)
	return d == 1 || d == -1
}

// Signatures stand against re-paired models wherever they are spoken of: agreement, pairs, their weight on the map, recovery.
func TestSignaturesStandAgainstTheirNull(t *testing.T) {
	axes := planted()
	r := result(axis.Perplexity, bySkill, nil)
	r.Variants[0].Null = repairedBy(199, len(bench), func(r, i, j int) float64 {
		return stats.Stream(3, "re-paired", 1000*r+20*i+j).NormFloat64() / 5
	})
	axes[axis.Perplexity] = r
	opts := options()
	opts.Truth, opts.TruthSource = []byte(truthFile), "truth.toml"
	a := analyse(t, opts, axes)
	for _, g := range a.Agreement {
		chosen := g.A == axis.Perplexity || g.B == axis.Perplexity
		if !g.Tested || chosen != (g.Repaired == 199) || g.Adjusted.P == nil ||
			chosen != (g.Adjusted.NullRange != nil) {
			t.Errorf("%s and %s: tested %v, %d re-pairings, %+v", g.A, g.B, g.Tested, g.Repaired, g.Adjusted)
		}
	}
	against := map[string]stats.Estimate{"pair": a.Pairs[0].Overlaps[axis.Perplexity],
		"weight": a.Map.WeightNull[axis.Perplexity]}
	for _, u := range a.Recovery.AUC {
		if u.Axis == axis.Perplexity {
			against["AUC"] = u.Value
		} else if u.Value.NullRange != nil {
			t.Errorf("%s was not chosen with the scores", u.Axis)
		}
	}
	for what, e := range against {
		if e.NullRange == nil || *e.P != 0.005 || e.Value <= e.NullRange[1] || *e.Null < e.NullRange[0] ||
			*e.Null > e.NullRange[1] {
			t.Errorf("%s: %+v", what, e)
		}
	}
	if len(against) != 3 || !near(against["weight"].Value, a.Map.Alpha[slices.Index(a.Map.Axes, axis.Perplexity)]) {
		t.Errorf("against the null: %+v", against)
	}
}

func TestTruthFileFaults(t *testing.T) {
	end := 1 + strings.Count(truthFile, "\n")
	for name, c := range map[string]struct {
		file, want string
		line       int
	}{
		"syntax":  {"[[benchmark", "truth.toml", 1},
		"depth":   {"\n" + strings.Repeat("a.", 1<<14) + "b = 1", "inside each other", 2},
		"twice":   {truthFile + "[[benchmark]]\nid = \"a.1\"\n", "twice", end + 1},
		"lacking": {"[[benchmark]]\nid = \"a.1\"\n", "a.2", 0},
		"pair":    {truthFile + "[[pair]]\na = \"a.1\"\nb = \"zz\"\nkind = 1\nexpect = \"none\"\n", "zz", end + 1},
		"pairs":   {truthFile + "[[pairs]]\na = \"a.1\"\n", `unknown key "pairs" in the truth file`, end},
		"in_acu": {truthFile + "[[pair]]\na = \"a.1\"\nb = \"a.2\"\nkind = 1\nexpect = \"none\"\nin_acu = true\n",
			`unknown key "in_acu" in [[pair]]`, end + 5},
		"skill": {truthFile + "[[benchmark]]\nid = \"d\"\nskill = {}\n", `unknown key "skill"`, end + 2},
		"ratio": {truthFile + "[[column]]\nid = \"web\"\nstrength = 0.5\n", "0.5 is no ratio of high to low exposure", end + 2},
		"columns": {truthFile + "[[benchmark]]\nid = \"d\"\ncolumns = [\"wed\"]\n[[column]]\nid = \"web\"\nstrength = 2.0\n",
			`there is no [[column]] "wed"`, end + 2},
		"column": {truthFile + "[[column]]\nid = \"web\"\n", `[[column]] needs "strength"`, end},
		"no id":  {truthFile + "[[benchmark]]\nsurface = \"d\"\n", `[[benchmark]] needs "id"`, end},
		"twice, pair": {truthFile + "[[pair]]\na = \"a.1\"\nb = \"b.1\"\nkind = 1\nexpect = \"none\"\n", "stands there twice",
			end + 1},
		"kind":     {truthFile + "[[pair]]\na = \"a.1\"\nb = \"a.2\"\nkind = 7\nexpect = \"none\"\n", "no kind 7", end + 3},
		"expected": {truthFile + "[[pair]]\na = \"a.1\"\nb = \"a.2\"\nkind = 1\nexpect = \"nothing\"\n", "nothing", end + 4},
	} {
		if found := CheckTruth("truth.toml", []byte(c.file), bench); len(found) == 0 ||
			!strings.Contains(found[0].Error(), c.want) || found[0].Range.Start.Line != c.line {
			t.Errorf("%s: %v, want %q at line %d", name, found, c.want, c.line)
		}
	}
}

func TestEqualInputsGiveEqualBytes(t *testing.T) {
	var first []byte
	for i := range 3 {
		b, err := json.Marshal(analyse(t, options(), planted()))
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && !bytes.Equal(b, first) {
			t.Fatal("two analyses of the same inputs differ")
		}
		first = b
	}
	if fmt.Sprint(len(first)) == "0" {
		t.Fatal("empty analysis")
	}
}
