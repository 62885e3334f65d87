package analysis

import (
	"slices"
	"testing"

	"sdmap/internal/axis"
)

// embedded is a semantic axis whose primary embedding is by the given model of the study, or by none, with tests of these.
func embedded(model string, tests ...string) *axis.Result {
	r := &axis.Result{Axis: axis.Semantic, Variants: []axis.Variant{{Name: "hidden", Overlap: square("hidden", bySkill)}}}
	if model != "" {
		r.Variants[0].Instruments = []string{model}
	}
	for _, name := range tests {
		r.Tests = append(r.Tests, axis.Test{Name: name, P: square(name, bySkill)})
	}
	return r
}

// "Worded alike" takes every embedding from outside; one by a model of the study never stands for wording where another does.
func TestWhoSpeaksOfWording(t *testing.T) {
	for name, c := range map[string]struct {
		r       *axis.Result
		alike   []string
		outside bool
	}{
		"outside alone": {embedded("", "low", "high"), []string{"semantic.high"}, true},
		"outside, and words": {embedded("", "low", "high", "tfidf.low", "tfidf.high"),
			[]string{"semantic.high", "semantic.tfidf.high"}, true},
		"of the study, and words": {embedded("m1", "low", "high", "tfidf.low", "tfidf.high"), []string{"semantic.tfidf.high"},
			true},
		"of the study, two beside": {embedded("m1", "high", "embed.high", "tfidf.high"),
			[]string{"semantic.embed.high", "semantic.tfidf.high"}, true},
		"of the study alone": {embedded("m1", "low", "high"), []string{"semantic.high"}, false},
		"none":               {nil, []string{"semantic.high"}, true},
	} {
		w := witnesses(c.r)
		if got := w.alike(); !slices.Equal(got, c.alike) || w.Outside() != c.outside {
			t.Errorf("%s: %q, outside %v", name, got, w.Outside())
		}
	}
}

// The label follows the words: a pair that only the study's own model calls alike has none.
func TestLikenessTakesMoreThanTheStudysOwnModel(t *testing.T) {
	axes := planted()
	is := func(i, j int) bool { return i == 2 && j == 4 }
	p := func(yes bool, pair func(i, j int) bool) func(i, j int) float64 {
		return func(i, j int) float64 {
			if yes && pair(i, j) {
				return 1e-5
			}
			return 0.6
		}
	}
	s := axes[axis.Semantic]
	s.Variants[0].Instruments = []string{"m1"}
	s.Tests[0].P = square("high", p(true, is))
	axes[axis.Neural].Tests[1].P = square("low", p(true, is))
	for _, words := range []bool{false, true} {
		s.Tests = append(s.Tests[:2], axis.Test{Name: "tfidf.high", P: square("tfidf", p(words, is))})
		a := analyse(t, options(), axes)
		labels, _ := a.flagsOf("b.1", "c.1")
		if slices.Contains(labels, LikenessWithoutKinship) != words {
			t.Errorf("words alike %v: labels %q", words, labels)
		}
	}
	s.Tests = s.Tests[:2]
	a := analyse(t, options(), axes)
	f := a.flagFinding(axes, LikenessWithoutKinship)
	if f == nil || f.Wording.Outside() || f.Wording.Encoder != "m1" {
		t.Errorf("as m1 encodes them: %+v", f)
	}
}
