package narrative

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// spoken is a finding of every kind with all the numbers that its sentence can print.
func spoken() []analysis.Finding {
	number := func(name string) analysis.Number {
		return analysis.Number{Name: name, Title: name,
			Estimate: stats.NewEstimate(0.4, 30, "given").WithInterval(0.3, 0.5, 0.95).WithP(0.01)}
	}
	var pair []analysis.Number
	for _, name := range []string{"performance", "performance.gfree", "semantic", "semantic.tfidf", "neural", "p", "by",
		"perplexity.familiarity.gfree"} {
		pair = append(pair, number(name))
	}
	of := func(kind string, names ...string) analysis.Finding {
		f := analysis.Finding{Kind: kind, Benchmarks: []string{"x", "y"}, Axes: []string{"performance", "neural"}, Count: 2,
			Alarm:   &axis.Alarm{Kind: "chance", Text: "No model is above chance on x."},
			Wording: &analysis.Witnesses{Encoder: "m01"}}
		for _, name := range names {
			f.Numbers = append(f.Numbers, number(name))
		}
		return f
	}
	out := []analysis.Finding{of(analysis.KindGeneral, "share", "median"), of(analysis.KindNoFlags, "power", "closest"),
		of(analysis.KindDisagreement, "delta", "inertia", "topthree", "share"), of(analysis.KindOutlier, "share"),
		of(analysis.KindAgreement, "adjusted", "rv", "mantel", "lexical"),
		of(analysis.KindRecovered, "performance", "semantic"), of(analysis.KindAlarm)}
	for _, label := range []string{analysis.OverlapWithoutKinship, analysis.KinshipWithoutOverlap,
		analysis.LikenessWithoutKinship, analysis.ExposureDriven} {
		f := of(label)
		f.Numbers = pair
		out = append(out, f)
	}
	return out
}

// broken is what a sentence looks like whose number is missing.
var broken = regexp.MustCompile(`not computed|NaN|%!|<nil>|\(\s*\)|\(;|\(,|: ?[.;]|; ?[.;]|, ?[.;]|  |\bof of\b| \.`)

// Without any one of its numbers, or with all of them missing, a sentence is whole or not written at all.
func TestASentenceWithoutItsNumbersIsNotWritten(t *testing.T) {
	for _, f := range spoken() {
		if s, ok := Say(f); !ok || broken.MatchString(s.Text) {
			t.Errorf("%s with all numbers: %v, %q", f.Kind, ok, s.Text)
		}
		without := func(what string, numbers []analysis.Number) {
			g := f
			g.Numbers = numbers
			if s, ok := Say(g); ok && broken.MatchString(s.Text) {
				t.Errorf("%s without %s: %q", f.Kind, what, s.Text)
			} else if !ok && s != (Sentence{}) {
				t.Errorf("%s without %s: refused, and still %+v", f.Kind, what, s)
			}
		}
		without("any", nil)
		for i, n := range f.Numbers {
			without(n.Name, slices.Concat(f.Numbers[:i], f.Numbers[i+1:]))
			missing := slices.Clone(f.Numbers)
			missing[i].Estimate = stats.MissingEstimate("few", 3, "")
			without(n.Name+", which is missing", missing)
		}
	}
	for kind, names := range needs {
		for _, name := range names {
			f := spoken()[slices.IndexFunc(spoken(), func(f analysis.Finding) bool { return f.Kind == kind })]
			f.Numbers = slices.DeleteFunc(slices.Clone(f.Numbers), func(n analysis.Number) bool { return n.Name == name })
			if s, ok := Say(f); ok {
				t.Errorf("%s was written without %s: %q", kind, name, s.Text)
			}
		}
	}
}

// Whose words a likeness rests on is said: nobody is worded alike on the word of a model of the study alone.
func TestLikenessSaysWhoseItIs(t *testing.T) {
	for name, c := range map[string]struct {
		w    analysis.Witnesses
		want string
		not  string
	}{
		"a model of the study alone": {analysis.Witnesses{Encoder: "m01"}, "are alike as m01 encodes them", "worded alike"},
		"and the bag of words": {analysis.Witnesses{Encoder: "m01", Beside: []string{"tfidf"}},
			"are worded alike (bag of words 0.40, 95\u00a0% interval 0.30 to 0.50; semantic overlap 0.40", "are alike as"},
		"an embedder from outside": {analysis.Witnesses{}, "are worded alike", "encodes"},
	} {
		for _, f := range spoken() {
			if f.Kind != analysis.LikenessWithoutKinship {
				continue
			}
			f.Wording = &c.w
			if s, _ := Say(f); !strings.Contains(s.Text, c.want) || strings.Contains(s.Text, c.not) {
				t.Errorf("%s: %q", name, s.Text)
			}
		}
	}
}

// What RV finds and Mantel's test does not is said of both, and axes of one instrument are one witness.
func TestAgreementSaysWhatBearsItOut(t *testing.T) {
	f := spoken()[4]
	f.Shared = []analysis.Shared{{A: "semantic", B: "neural", Models: []string{"m01"}}}
	s, _ := Say(f)
	for _, want := range []string{"as the largest of 2 agreements", "the bag of words alone reaches 0.40",
		"Semantics and neural representation are one witness, not two: both are measured by the states of **m01**."} {
		if !strings.Contains(s.Text, want) {
			t.Errorf("%q lacks %q", s.Text, want)
		}
	}
	if strings.Contains(s.Text, "Mantel") {
		t.Errorf("Mantel's r bears it out, and still: %q", s.Text)
	}
	for i := range f.Numbers {
		if f.Numbers[i].Name == "mantel" {
			f.Numbers[i].Estimate = f.Numbers[i].WithP(0.065)
		}
	}
	if s, _ = Say(f); !strings.Contains(s.Text, "Over single pairs that is not seen: Mantel's r is 0.40, p = 0.065.") {
		t.Errorf("%q", s.Text)
	}
}

// Two axes share a disagreement in halves, whatever they say: a share is told of three alone.
func TestShareOfTwoAxesIsNotTold(t *testing.T) {
	for axes, told := range map[int]bool{2: false, 3: true} {
		f := spoken()[2]
		f.Numbers[3].N = axes
		if s, _ := Say(f); strings.Contains(s.Text, "contributes") != told {
			t.Errorf("%d axes: %q", axes, s.Text)
		}
	}
}

// That no axes agree holds in those ways in which an agreement is not found, and calls for no choice between axes.
func TestNoAgreementIsNoAgreement(t *testing.T) {
	f := spoken()[4]
	f.Numbers[0].Estimate = f.Numbers[0].WithP(0.4)
	for held, want := range map[int]string{0: "none finds an agreement.", 1: "one finds an agreement.",
		5: "5 find an agreement."} {
		f.Universes = &analysis.Universes{Held: held, Of: 12, Kills: []string{"RV of x and y"}}
		s, _ := Say(f)
		if !strings.Contains(s.Text, "Of 12 ways to measure it, "+want) || strings.Contains(s.Text, "It holds") ||
			strings.Contains(s.Advice, "either will do") {
			t.Errorf("%q, %q", s.Text, s.Advice)
		}
	}
}

// What would let pairs be labelled depends on the axes that are there: nobody is told to make one that is.
func TestAdviceForFlagsNamesWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		axes       []string
		count      int
		has, lacks string
	}{
		{[]string{"performance"}, 0, "Give benchmarks their items", "no second axis"},
		{[]string{"performance", "perplexity"}, 0, "signatures enter none", "no second axis"},
		{[]string{"semantic"}, 0, "makes the neural axis", "makes the semantic"},
		{[]string{"neural"}, 0, "makes the semantic axis", "makes the neural"},
		{[]string{"perplexity"}, 0, "Add scores of models", "makes"},
		{[]string{"performance", "semantic", "neural"}, 0, "the table of pairs", "Give benchmarks"},
		{[]string{"semantic", "neural"}, 66, "More items would", "More models"},
		{[]string{"performance", "semantic"}, 66, "More models", "More items would"},
	} {
		s, _ := Say(analysis.Finding{Kind: analysis.KindNoFlags, Axes: c.axes, Count: c.count})
		if !strings.Contains(s.Advice, c.has) || strings.Contains(s.Advice, c.lacks) {
			t.Errorf("%v, %d testable: %q", c.axes, c.count, s.Advice)
		}
	}
}

// Alarms about pairs count pairs, and name none of their benchmarks twice.
func TestAnAlarmAboutPairsCountsThem(t *testing.T) {
	f := analysis.Finding{Kind: analysis.KindAlarm, Benchmarks: []string{"a", "b"}, Count: 3,
		Alarm: &axis.Alarm{Kind: "shared-items", Benchmark: "a", Other: "b", Text: "a and b share 2 items."}}
	if s, ok := Say(f); !ok || s.Text != "a and b share 2 items\\. The same holds for 2 more pairs." {
		t.Errorf("%v, %q", ok, s.Text)
	}
}
