package analysis

import (
	"slices"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

func value(v float64) stats.Estimate { return stats.NewEstimate(v, 32, "given") }

func idsOf(fs []Finding) []string {
	var ids []string
	for _, f := range fs {
		ids = append(ids, f.ID)
	}
	return ids
}

// numberOf is a finding's number by name; its Missing says if there is none.
func numberOf(f *Finding, name string) stats.Estimate {
	for _, n := range f.Numbers {
		if n.Name == name {
			return n.Estimate
		}
	}
	return stats.MissingEstimate("no number "+name, 0, "")
}

// flaggedPair is a pair that one label was tested on.
func flaggedPair(a, b int, label string, p, free float64, flagged bool) Pair {
	return Pair{A: a, B: b, Overlaps: map[string]stats.Estimate{"performance.gfree": value(free)},
		Flags: []Flag{{Label: label, P: p, BY: 2 * p, Flagged: flagged}}}
}

// everything is an analysis with a finding of each kind.
func everything() (*Analysis, map[string]*axis.Result) {
	a := &Analysis{Benchmarks: bench, Axes: []string{axis.Performance, axis.Semantic}, Map: &Map{Replicates: 60},
		Recovery:     &Recovery{AUC: []AUC{{Axis: axis.Semantic, Target: "skill", Value: value(0.9)}}},
		Best:         &Best{A: axis.Performance, B: axis.Semantic, Candidates: 1, Adjusted: value(0.4)},
		Alarms:       []axis.Alarm{{Kind: "mixed-scoring", Text: "two kinds"}},
		Agreement:    []Agreement{{A: axis.Performance, B: axis.Semantic, Tested: true, Adjusted: value(0.4)}},
		Disagreement: []Disagreement{{Benchmark: 0, Value: value(0.3).WithInterval(0.2, 0.4, 0.9), TopThree: 0.5, Outlier: 1}},
		Correction:   Correction{Testable: map[string]int{OverlapWithoutKinship: 15}}}
	for i, label := range []string{LikenessWithoutKinship, OverlapWithoutKinship, KinshipWithoutOverlap} {
		a.Pairs = append(a.Pairs, flaggedPair(0, i+1, label, 0.001, 0.5, true))
	}
	return a, map[string]*axis.Result{axis.Performance: {Facts: []axis.Value{{Name: FactShare, Value: 0.6}}}}
}

func TestOrderOfFindings(t *testing.T) {
	a, axes := everything()
	a.findAll(axes)
	want := []string{"finding-general-factor", "finding-" + OverlapWithoutKinship, "finding-" + KinshipWithoutOverlap,
		"finding-" + LikenessWithoutKinship,
		"finding-disagreement", "finding-outlier", "finding-agreement", "finding-recovery", "finding-alarm-mixed-scoring"}
	if got := idsOf(a.Findings); !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	for i := range want[:3] { // one flag is enough not to speak of none
		a, axes := everything()
		for k := range a.Pairs {
			a.Pairs[k].Flags[0].Flagged = k == i
		}
		if a.findAll(axes); len(a.Findings) != 7 || slices.Contains(idsOf(a.Findings), "finding-no-flags") {
			t.Errorf("with one flag: %q", idsOf(a.Findings))
		}
	}
	a, axes = everything()
	for k := range a.Pairs {
		a.Pairs[k].Flags[0].Flagged = false
	}
	a.findAll(axes)
	if got := idsOf(a.Findings); got[1] != "finding-no-flags" || got[2] != "finding-disagreement" {
		t.Errorf("without flags: %q", got)
	}
	a.Findings, a.Pairs = nil, a.Pairs[:1]
	if a.findAll(axes); !slices.Contains(idsOf(a.Findings), "finding-no-flags") {
		t.Errorf("one pair without flag: %q", idsOf(a.Findings))
	}
	a.Findings, a.Pairs = nil, nil
	if a.findAll(axes); slices.Contains(idsOf(a.Findings), "finding-no-flags") {
		t.Errorf("no pairs, and still: %q", idsOf(a.Findings))
	}
}

func TestNothingToSay(t *testing.T) {
	a := &Analysis{Benchmarks: bench}
	if a.findAll(nil); len(a.Findings) != 0 {
		t.Errorf("findings of nothing: %q", idsOf(a.Findings))
	}
}

// The smallest p speaks for a label; among equal ones the larger overlap, or the smaller where overlap is what is missing.
func TestStrongestPairSpeaks(t *testing.T) {
	for label, want := range map[string][][]string{
		OverlapWithoutKinship:  {{"b.1", "b.2"}, {"a.1", "b.1"}, {"a.1", "a.2"}},
		KinshipWithoutOverlap:  {{"b.1", "b.2"}, {"a.1", "a.2"}, {"a.1", "b.1"}},
		LikenessWithoutKinship: {{"b.1", "b.2"}, {"a.1", "a.2"}, {"a.1", "b.1"}},
	} {
		a := &Analysis{Benchmarks: bench, Correction: Correction{Testable: map[string]int{label: 9}}, Pairs: []Pair{
			flaggedPair(0, 1, label, 0.002, -0.3, true), flaggedPair(0, 2, label, 0.002, 0.4, true),
			flaggedPair(2, 3, label, 0.001, 0.1, true), flaggedPair(4, 5, label, 1e-9, 0.9, false),
			flaggedPair(3, 4, "another", 1e-9, 0.9, true),
		}}
		f := a.flagFinding(nil, label)
		if got := append([][]string{f.Benchmarks}, f.Others...); f.Count != 3 || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %d pairs %v, want %v", label, f.Count, got, want)
		}
		p, by, free := numberOf(f, "p"), numberOf(f, "by"), numberOf(f, "performance.gfree")
		if p.Value != 0.001 || p.N != 9 || *p.P != 0.001 || by.Value != 0.002 || by.N != 9 || free.Value != 0.1 {
			t.Errorf("%s: p %+v, BY %+v, g-free overlap %+v", label, p, by, free)
		}
		if numberOf(f, "semantic").OK() {
			t.Errorf("%s: a number of an axis that is not there", label)
		}
	}
}

func TestGeneralFactor(t *testing.T) {
	a := &Analysis{}
	for _, c := range []struct {
		overlap stats.Estimate
		blocked string
	}{{value(0.1), ""}, {value(0.6), ""}, {value(0.2), ""}, {value(0.9), "at chance"}, {value(0.8), "at chance"},
		{stats.MissingEstimate("constant", 32, ""), ""}} {
		a.Pairs = append(a.Pairs, Pair{Overlaps: map[string]stats.Estimate{axis.Performance: c.overlap}, Blocked: c.blocked})
	}
	lo, hi := 0.5, 0.7
	v := axis.Value{Name: FactShare, Value: 0.6, Lo: &lo, Hi: &hi, N: 32}
	f := a.general(&axis.Result{Facts: []axis.Value{{Name: "another"}, v}})
	if m := numberOf(f, "median"); m.Value != 0.2 || m.N != 3 {
		t.Errorf("median %+v, want 0.2 of 3 pairs", m)
	}
	if s := numberOf(f, "share"); s.Value != 0.6 || s.Lo != 0.5 || s.Hi != 0.7 || s.Level != 0.95 || s.N != 32 {
		t.Errorf("share %+v", s)
	}
	v.Hi = nil
	if s := number("share", v); s.Level != 0 {
		t.Errorf("half an interval became %+v", s)
	}
	if f = (&Analysis{}).general(&axis.Result{Facts: []axis.Value{v}}); len(f.Numbers) != 1 {
		t.Errorf("a median over no pair: %+v", f.Numbers)
	}
}

func TestNoFlagsSaysWhatCouldHaveBeenSeen(t *testing.T) {
	a := &Analysis{Correction: Correction{Testable: map[string]int{OverlapWithoutKinship: 3, KinshipWithoutOverlap: 12,
		LikenessWithoutKinship: 7}}}
	if f := a.noFlags(); f.Count != 12 || len(f.Numbers) != 0 {
		t.Errorf("%+v", f)
	}
	a = &Analysis{Correction: Correction{Testable: map[string]int{OverlapWithoutKinship: 0}}, Power: &axis.Value{Value: 0.45}}
	if f := a.noFlags(); f.Count != 0 || numberOf(f, "power").Value != 0.45 {
		t.Errorf("%+v", f)
	}
}

// The largest disagreement that no alarm blocks speaks, with the axis that makes most of it: the first of equal ones. It is
// silent where noise may be all of it, or half-samples do not agree, and no other benchmark speaks in its place.
func TestTopDisagreement(t *testing.T) {
	apart := func(v, lo float64) stats.Estimate { return value(v).WithInterval(lo, v+0.1, 0.9) }
	a := &Analysis{Benchmarks: bench, Axes: axis.Names(),
		Alarms: []axis.Alarm{{Benchmark: "b.1", Blocks: true, Text: "at chance"}}, Map: &Map{Replicates: 60},
		Disagreement: []Disagreement{
			{Benchmark: 0, Value: apart(0.1, 0.05), TopThree: 0.9},
			{Benchmark: 1, Value: apart(0.3, 0.01), TopThree: 0.5, OfInertia: 0.02,
				ByAxis: map[string]float64{axis.Performance: 0.1, axis.Perplexity: 0.1, axis.Semantic: 0.4, axis.Neural: 0.4}},
			{Benchmark: 2, Value: apart(0.9, 0.8), TopThree: 1},
		}}
	f := a.topDisagreement()
	if !slices.Equal(f.Benchmarks, []string{"a.2"}) || !slices.Equal(f.Axes, []string{axis.Semantic}) {
		t.Errorf("%q on %q, want a.2 on the semantic axis", f.Benchmarks, f.Axes)
	}
	top := numberOf(f, "topthree")
	if numberOf(f, "delta").Value != 0.3 || top.Value != 0.5 || top.N != 60 || numberOf(f, "share").Value != 0.4 ||
		numberOf(f, "inertia").Value != 0.02 {
		t.Errorf("numbers %+v", f.Numbers)
	}
	if title := f.Numbers[2].Title; title != "half-samples in which it is among the first three" {
		t.Errorf("title %q", title)
	}
	for name, breakIt := range map[string]func(d *Disagreement){
		"its interval includes the floor": func(d *Disagreement) { d.Value = apart(0.3, 0) },
		"it has no interval":              func(d *Disagreement) { d.Value = value(0.3) },
		"half-samples do not agree":       func(d *Disagreement) { d.TopThree = 0.49 },
	} {
		b := *a
		b.Disagreement = slices.Clone(a.Disagreement)
		breakIt(&b.Disagreement[1])
		if f := b.topDisagreement(); f != nil {
			t.Errorf("%s, and still: %+v", name, f)
		}
	}
	a.Disagreement = a.Disagreement[2:]
	if f := a.topDisagreement(); f != nil {
		t.Errorf("a blocked benchmark speaks: %+v", f)
	}
}

// Nine half-samples of ten make an outlier, no fewer; the one whose axes lie furthest apart comes first.
func TestOutliers(t *testing.T) {
	a := &Analysis{Benchmarks: bench, Map: &Map{Replicates: 100},
		Alarms: []axis.Alarm{{Benchmark: "c.1", Blocks: true, Text: "at chance"}}}
	for b, outlier := range []float64{0.9, 0.89, 0.95, 0, 1} {
		a.Disagreement = append(a.Disagreement, Disagreement{Benchmark: b, Value: value(float64(b)), Outlier: outlier})
	}
	f := a.outliers()
	if share := numberOf(f, "share"); !slices.Equal(f.Benchmarks, []string{"b.1", "a.1"}) || f.Count != 2 ||
		share.Value != 0.95 || share.N != 100 {
		t.Errorf("outliers %q, %d, share %+v", f.Benchmarks, f.Count, share)
	}
	a.Disagreement = a.Disagreement[1:2]
	if f := a.outliers(); f != nil {
		t.Errorf("an outlier in 89 of 100: %+v", f)
	}
	if n := (&Analysis{}).replicates(); n != 0 {
		t.Errorf("%d replicates without a map", n)
	}
}

// The best agreement speaks with the bag of words, Mantel's test and what is one witness beside it.
func TestBestAgreementSpeaks(t *testing.T) {
	tested := func(x, y string, v float64) Agreement {
		return Agreement{A: x, B: y, Tested: true, Adjusted: value(v), RV: value(v), Pearson: value(v / 2)}
	}
	one := tested("semantic", "neural", 0.9)
	one.Shared = []string{"m01"}
	a := &Analysis{Agreement: []Agreement{tested("performance", "semantic.tfidf", 0.2), tested("performance", "neural", 0.3),
		one},
		Best: &Best{A: "performance", B: "neural", Candidates: 2, Adjusted: value(0.3).WithP(0.02)}}
	f := a.agreement()
	if !slices.Equal(f.Axes, []string{"performance", "neural"}) || *numberOf(f, "adjusted").P != 0.02 || f.Count != 2 ||
		numberOf(f, "lexical").Value != 0.2 || numberOf(f, "mantel").Value != 0.15 {
		t.Errorf("agreement of %q, %+v", f.Axes, f.Numbers)
	}
	if len(f.Shared) != 1 || f.Shared[0].A != "semantic" || f.Shared[0].B != "neural" {
		t.Errorf("one witness: %+v", f.Shared)
	}
	a.Best = nil
	if f := a.agreement(); f != nil {
		t.Errorf("an agreement that may not speak: %+v", f)
	}
}

// Axes that are chosen with the scores, controls and axes of one instrument are no candidates, and what is the best of several
// is harder to come by than one agreement: structure-free axes pass at their level.
func TestLargestOfSeveralAgreements(t *testing.T) {
	const studies = 120
	passed, alone := 0, 0
	for s := range studies {
		rng := stats.Stream(3, "largest", s)
		axes := map[string]*axis.Result{}
		for _, name := range []string{axis.Performance, axis.Semantic, axis.Neural} {
			axes[name] = result(name, func(i, j int) float64 { return rng.Float64() }, nil)
		}
		axes[axis.Performance].Variants = append(axes[axis.Performance].Variants, axis.Variant{Name: "gfree",
			Overlap: square("gfree", func(i, j int) float64 { return rng.Float64() })})
		opts := options()
		opts.Permutations = 99
		a := &Analysis{Benchmarks: bench, Axes: []string{axis.Performance, axis.Semantic, axis.Neural}}
		if err := a.compareAxes(opts, axes); err != nil {
			t.Fatal(err)
		}
		if a.Best.Candidates != 5 {
			t.Fatalf("%d candidates", a.Best.Candidates)
		}
		if *a.Best.Adjusted.P <= 0.05 {
			passed++
		}
		for _, g := range a.Agreement {
			if g.A == a.Best.A && g.B == a.Best.B && *g.Adjusted.P <= 0.05 {
				alone++
			}
		}
	}
	if passed > 15 || alone <= passed { // of a binomial(120, .05) more than 15 are seen once in 2,000 times
		t.Errorf("of %d studies %d pass as the largest, %d would alone", studies, passed, alone)
	}
	t.Logf("of %d studies %d pass as the largest, %d would alone", studies, passed, alone)
}

func TestAxesOfOneInstrumentAreOneWitness(t *testing.T) {
	axes := planted()
	axes[axis.Semantic].Variants[0].Instruments = []string{"m01"}
	axes[axis.Neural].Variants[0].Instruments = []string{"m00", "m01"}
	a := analyse(t, options(), axes)
	for _, g := range a.Agreement {
		if shared := g.A == axis.Semantic && g.B == axis.Neural; shared != slices.Equal(g.Shared, []string{"m01"}) {
			t.Errorf("%s and %s share %q", g.A, g.B, g.Shared)
		}
	}
	if a.Best.A != axis.Performance || a.Best.Candidates != 2 {
		t.Errorf("best %+v", a.Best)
	}
}

// Each axis has one number, by its first variant; performance has a second, and perplexity one of familiarity and one of
// other models' signatures.
func TestRecoveredNumbers(t *testing.T) {
	auc := func(name, variant string, v float64) AUC {
		return AUC{Axis: name, Variant: variant, Target: "skill", Value: value(v)}
	}
	surface, baseline, missing := auc("semantic", "energy", 0.1), auc("semantic", "tfidf", 0.2), auc("semantic", "mmd", 0)
	surface.Target, baseline.Baseline, missing.Value = "surface", true, stats.MissingEstimate("few", 6, "")
	a := &Analysis{Recovery: &Recovery{AUC: []AUC{
		auc("performance", "raw", 0.7), auc("performance", "gfree", 0.8), auc("performance", "kendall", 0.71),
		auc("perplexity", "familiarity", 0.9), auc("perplexity", "familiarity.gfree", 0.95),
		auc("perplexity", "insample", 0.99), auc("perplexity", "disjoint.spearman", 0.6),
		auc("perplexity", "disjoint.nearest", 0.61),
		surface, baseline, missing, auc("semantic", "cosine", 0.5), auc("semantic", "energy", 0.55),
	}}}
	want := map[string]float64{"performance": 0.7, "performance.gfree": 0.8, "perplexity.signature": 0.6,
		"perplexity.familiarity": 0.9, "perplexity.familiarity.gfree": 0.95, "semantic": 0.5}
	f := a.recovered()
	for name, v := range want {
		if got := numberOf(f, name); !got.OK() || got.Value != v {
			t.Errorf("%s: %+v, want %v", name, got, v)
		}
	}
	if len(f.Numbers) != len(want) {
		t.Errorf("%d numbers: %+v", len(f.Numbers), f.Numbers)
	}
}

// Alarms about benchmarks are one finding a kind; those about the study stand alone, each with an id of its own.
func TestAlarmFindings(t *testing.T) {
	a := &Analysis{Alarms: []axis.Alarm{
		{Kind: "identical-replies", Other: "m2", Text: "m1 and m2"}, {Kind: "chance", Benchmark: "x", Blocks: true},
		{Kind: "equal-logprobs", Benchmark: "x"},
		{Kind: "mixed-scoring", Text: "two kinds"}, {Kind: "chance", Benchmark: "y", Blocks: true},
		{Kind: "identical-replies", Other: "m5", Text: "m4 and m5"},
	}}
	var ids []string
	for _, f := range a.alarmFindings() {
		ids = append(ids, f.ID)
		if f.ID == "finding-alarm-chance" && (f.Count != 2 || !slices.Equal(f.Benchmarks, []string{"x", "y"})) ||
			f.Alarm.Benchmark == "" && f.Count != 1 {
			t.Errorf("finding %+v", f)
		}
	}
	want := []string{"finding-alarm-identical-replies", "finding-alarm-chance", "finding-alarm-mixed-scoring",
		"finding-alarm-identical-replies-2"}
	if !slices.Equal(ids, want) {
		t.Errorf("findings %q, want %q", ids, want)
	}
}

// Of pairs that no alarm blocks the one with the largest overlap without the general factor is named.
func TestNoFlagsNamesTheClosestPair(t *testing.T) {
	a := &Analysis{Benchmarks: bench, Pairs: []Pair{flaggedPair(0, 1, "", 1, 0.3, false), flaggedPair(0, 2, "", 1, 0.9, false),
		flaggedPair(1, 2, "", 1, 0.6, false)}}
	a.Pairs[1].Blocked = "shared items"
	f := a.noFlags()
	if !slices.Equal(f.Benchmarks, []string{bench[1], bench[2]}) || numberOf(f, "closest").Value != 0.6 {
		t.Errorf("%v, %v", f.Benchmarks, f.Numbers)
	}
	if f := (&Analysis{Benchmarks: bench, Pairs: []Pair{{A: 0, B: 1}}}).noFlags(); f.Benchmarks != nil || len(f.Numbers) != 0 {
		t.Errorf("without a general factor: %v, %v", f.Benchmarks, f.Numbers)
	}
}

// Each benchmark stands once in a finding, in however many pairs it is.
func TestAlarmsOfPairsNameBenchmarksOnce(t *testing.T) {
	a := &Analysis{}
	for _, pair := range [][2]string{{"a", "b"}, {"a", "c"}, {"b", "c"}} {
		a.Alarms = append(a.Alarms, axis.Alarm{Kind: "shared-items", Benchmark: pair[0], Other: pair[1], Blocks: true})
	}
	if f := a.alarmFindings(); len(f) != 1 || f[0].Count != 3 || !slices.Equal(f[0].Benchmarks, []string{"a", "b"}) {
		t.Errorf("%v", f)
	}
}
