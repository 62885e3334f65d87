package analysis

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
)

// wordedAlike is a study in which familiarity follows wording and nothing else, but for sampling error of m models, and for pair
// 0, which lies above the line by lift standard errors.
func wordedAlike(rng *rand.Rand, benchmarks, m int, lift float64) (*Analysis, map[string]*axis.Result) {
	a := &Analysis{}
	for b := range benchmarks {
		a.Benchmarks = append(a.Benchmarks, fmt.Sprint(b))
	}
	words, familiarity := matrix.NewSquare("words", "1", a.Benchmarks), matrix.NewSquare("familiarity", "1", a.Benchmarks)
	for j := range benchmarks {
		for i := range j {
			w := rng.Float64()
			z := math.Atanh(-0.1+0.5*w) + rng.NormFloat64()/math.Sqrt(float64(m-4))
			if len(a.Pairs) == 0 {
				z = math.Atanh(-0.1+0.5*w) + lift/math.Sqrt(float64(m-4))
			}
			words.SetSym(i, j, w)
			familiarity.SetSym(i, j, math.Tanh(z))
			a.Pairs = append(a.Pairs, Pair{A: i, B: j, Tests: map[string]float64{}})
		}
	}
	return a, map[string]*axis.Result{
		axis.Semantic: {Variants: []axis.Variant{{Name: lexical, Overlap: words}}},
		axis.Perplexity: {Variants: []axis.Variant{{Name: perplexity.FamiliarityGFree, Overlap: familiarity, N: m}},
			Facts: []axis.Value{{Name: perplexity.FactLineages, Value: float64(m)}}},
	}
}

// Where wording explains all familiarity, p <= .05 comes in a twentieth of pairs; a pair far above the line is found.
func TestBeyondWording(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	low, all := 0, 0
	for range 20 {
		a, axes := wordedAlike(rng, 16, 32, 6)
		a.addBeyondWording(axes)
		for i, p := range a.Pairs {
			v, ok := p.Tests[beyondWording]
			switch {
			case !ok:
				t.Fatalf("pair %d has no test", i)
			case i == 0 && v > 1e-6:
				t.Errorf("six standard errors above the line: p = %v", v)
			case i > 0 && v <= 0.05:
				low++
			}
			all++
		}
	}
	if share := float64(low) / float64(all); share < 0.03 || share > 0.07 {
		t.Errorf("%.3f of %d pairs reach .05", share, all)
	}
}

// Without a bag of words, familiarity or models enough there is no such test, and so no label.
func TestBeyondWordingNeedsItsParts(t *testing.T) {
	for name, change := range map[string]func(axes map[string]*axis.Result){
		"no bag of words": func(axes map[string]*axis.Result) { delete(axes, axis.Semantic) },
		"no familiarity":  func(axes map[string]*axis.Result) { axes[axis.Perplexity].Variants = nil },
		"four lineages":   func(axes map[string]*axis.Result) { axes[axis.Perplexity].Facts[0].Value = 4 },
		"not known":       func(axes map[string]*axis.Result) { axes[axis.Perplexity].Facts = nil },
	} {
		a, axes := wordedAlike(rand.New(rand.NewPCG(4, 4)), 8, 32, 6)
		change(axes)
		a.addBeyondWording(axes)
		if len(a.Pairs[0].Tests) != 0 {
			t.Errorf("%s: %v", name, a.Pairs[0].Tests)
		}
	}
	parts := map[string]float64{"performance.high": 0.01, familiar: 0.02, beyondWording: 0.03, "semantic.low": 0.04}
	r := ruleOf(t, ExposureDriven)
	if p, ok := r.test(parts); !ok || p != 0.04 {
		t.Errorf("p = %v, %v", p, ok)
	}
	for part := range parts {
		some := maps.Clone(parts)
		delete(some, part)
		if _, ok := r.test(some); ok {
			t.Errorf("tested without %s", part)
		}
	}
}

// Models that were taught one skill are familiar with all that asks for it: where they are traced, exposure is told from skill by
// what they do with the two, of every pair; where they are not, the methods say so.
func TestExposureIsNotOfOneSkill(t *testing.T) {
	kin := map[string]float64{"performance.high": 0.01, familiar: 0.01, beyondWording: 0.01, "semantic.low": 0.01,
		unlikeProcessing: 0.9}
	untraced := maps.Clone(kin)
	delete(untraced, unlikeProcessing)
	for _, traced := range []bool{true, false} {
		a := &Analysis{Axes: []string{axis.Performance, axis.Perplexity, axis.Semantic}}
		if traced {
			a.Axes = append(a.Axes, axis.Neural)
		}
		rules := a.rules()
		r := rules[slices.IndexFunc(rules, func(r rule) bool { return r.label == ExposureDriven })]
		if p, ok := r.test(kin); !ok || traced != (p == 0.9) {
			t.Errorf("traced %v: p = %v, %v", traced, p, ok)
		}
		if _, ok := r.test(untraced); ok == traced {
			t.Errorf("traced %v: a pair that was not is tested: %v", traced, ok)
		}
		if said := a.skillMethods(); strings.Contains(said, "was not measured") == traced {
			t.Errorf("traced %v: %q", traced, said)
		}
	}
}

func ruleOf(t *testing.T, label string) rule {
	t.Helper()
	rules := Witnesses{}.rules()
	i := slices.IndexFunc(rules, func(r rule) bool { return r.label == label })
	if i < 0 {
		t.Fatalf("there is no rule %q", label)
	}
	return rules[i]
}

// That one exposure drives an overlap is right where the truth has both benchmarks under one column, whatever else is expected of
// the pair, and wrong elsewhere.
func TestExposureIsJudgedByColumns(t *testing.T) {
	truth := []byte(`
[[benchmark]]
id = "a"
skills = { add = 1.0 }
columns = ["court"]
[[benchmark]]
id = "b"
skills = { agree = 1.0 }
columns = ["court"]
[[benchmark]]
id = "c"
skills = { copy = 1.0 }
columns = ["echo"]
[[pair]]
a = "a"
b = "b"
kind = 4
name = "two skills, one exposure"
expect = "overlap-without-kinship"
[[pair]]
a = "a"
b = "c"
kind = 6
name = "nothing in common"
expect = "none"
`)
	flagged := []Flag{{Label: ExposureDriven, Flagged: true}}
	a := &Analysis{Benchmarks: []string{"a", "b", "c"}, Correction: Correction{Testable: map[string]int{ExposureDriven: 3}},
		Pairs: []Pair{{A: 0, B: 1, Flags: flagged}, {A: 0, B: 2, Flags: flagged}}}
	read, found := readTruth("truth.toml", truth, a.Benchmarks)
	if read == nil {
		t.Fatal(found)
	}
	rec := &Recovery{}
	a.kinds(read, rec)
	a.wrong(read, rec)
	var got []string
	for _, k := range rec.Kinds {
		got = append(got, fmt.Sprintf("%s %d of %d", k.Expected, k.Given, k.Pairs))
	}
	want := []string{OverlapWithoutKinship + " 0 of 1", ExposureDriven + " 1 of 1", "none 0 of 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(rec.Wrong) != 1 || rec.Wrong[0].B != "c" {
		t.Errorf("wrong: %+v", rec.Wrong)
	}
}
