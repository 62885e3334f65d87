package analysis

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// A flag is given at q, over all testable pairs.
func TestBoundsOfFlags(t *testing.T) {
	kin := Witnesses{}.rules()[1]
	tested := func(low, high float64) Pair {
		return Pair{Tests: map[string]float64{"performance.low": low, "neural.high": high}}
	}
	a := &Analysis{Pairs: []Pair{tested(0.05, 0.125), tested(0.125, 1e-6), {Tests: map[string]float64{"neural.high": 0.01}}}}
	newCorrection := func() { a.Correction = Correction{Testable: map[string]int{}, Flagged: map[string]int{}} }
	newCorrection()
	// Two equal p of 1/8: Benjamini and Hochberg leave them, Benjamini and Yekutieli multiply by 1 + 1/2.
	if err := a.apply(kin, 0.1875); err != nil {
		t.Fatal(err)
	}
	c := a.Correction
	if c.Testable[kin.label] != 2 || c.Flagged[kin.label] != 2 {
		t.Errorf("testable %v, flagged %v", c.Testable, c.Flagged)
	}
	for i := range 2 {
		f := a.Pairs[i].Flags[0]
		if !near(f.BY, 0.1875) || !near(f.BH, 0.125) || f.P != 0.125 || !f.Flagged ||
			!slices.Equal(f.Components, []string{"performance.low", "neural.high"}) {
			t.Errorf("pair %d: %+v", i, f)
		}
	}
	newCorrection()
	if err := a.apply(kin, 0.1874); err != nil || a.Correction.Flagged[kin.label] != 0 {
		t.Errorf("flagged at a smaller q: %v, %v", a.Correction.Flagged, err)
	}
	newCorrection()
	a.Pairs = a.Pairs[2:]
	if err := a.apply(kin, 0.1); err != nil || a.Correction.Testable[kin.label] != 0 || len(a.Pairs[0].Flags) != 0 {
		t.Errorf("one pair without a component: %+v, %v", a.Correction, err)
	}
}

// Of the labels given, at most q are wrong on average: however many pairs meet some components and not the others, and however
// the pairs' noise goes together. A hundred of the pairs here process alike beyond doubt while their overlap is just not low,
// which is where a component that only chooses the pairs to test would let its level's share of them through.
func TestWrongLabelsStayBelowQ(t *testing.T) {
	const pairs, studies, q = 406, 400, 0.1
	kin := Witnesses{}.rules()[1]
	var wrong, found float64
	for r := range studies {
		rng := stats.Stream(1, "wrong labels", r)
		a := &Analysis{Correction: Correction{Testable: map[string]int{}, Flagged: map[string]int{}}}
		shared := [2]float64{rng.NormFloat64(), rng.NormFloat64()}
		noise := func(k int) float64 { return (shared[k] + rng.NormFloat64()) / math.Sqrt2 }
		for i := range pairs {
			low, high := 0.0, 0.0 // shifts of the two statistics: at 0 the null holds
			switch {
			case i < 10: // kin, without overlap
				low, high = 5, 6
			case i < 110: // kin
				high = 6
			case i < 210: // without overlap
				low = 5
			}
			a.Pairs = append(a.Pairs, Pair{Tests: map[string]float64{"performance.low": stats.NormalUpperTail(low + noise(0)),
				"neural.high": stats.NormalUpperTail(high + noise(1))}})
		}
		if err := a.apply(kin, q); err != nil {
			t.Fatal(err)
		}
		bad, all := 0, 0
		for i, p := range a.Pairs {
			if p.Flags[0].Flagged {
				all++
				if i >= 10 {
					bad++
				}
			}
		}
		found += float64(all-bad) / 10 / studies
		wrong += float64(bad) / math.Max(1, float64(all)) / studies
	}
	if wrong > q || found < 0.5 {
		t.Errorf("of the labels %.3f are wrong, of the ten pairs %.2f are found", wrong, found)
	}
}

func TestEveryComponentMustBeThere(t *testing.T) {
	r := Witnesses{}.rules()[0]
	all := map[string]float64{"performance.high": 0.01, "semantic.low": 0.2, "neural.low": 0.03}
	if p, ok := r.test(all); !ok || p != 0.2 {
		t.Errorf("p = %v, %v; want the largest, 0.2", p, ok)
	}
	for name := range all {
		some := maps.Clone(all)
		delete(some, name)
		if p, ok := r.test(some); ok || p != 0 {
			t.Errorf("without %s: p = %v, %v", name, p, ok)
		}
	}
	if p, ok := r.test(map[string]float64{"performance.high": 0, "semantic.low": 0, "neural.low": 0}); !ok || p != 0 {
		t.Errorf("p = %v, %v; want 0", p, ok)
	}
}

func TestWhatBlocksAPair(t *testing.T) {
	for name, c := range map[string]struct {
		alarm        axis.Alarm
		first, third string // alarms of the pairs a.1, a.2 and b.1, b.2
	}{
		"a benchmark":                   {axis.Alarm{Benchmark: "a.2", Blocks: true}, "x", ""},
		"a benchmark, told only":        {axis.Alarm{Benchmark: "a.2"}, "", ""},
		"the study":                     {axis.Alarm{Blocks: true}, "x", "x"},
		"the study, told only":          {axis.Alarm{}, "", ""},
		"a pair":                        {axis.Alarm{Benchmark: "a.1", Other: "a.2", Blocks: true}, "x", ""},
		"a pair, the other way":         {axis.Alarm{Benchmark: "a.2", Other: "a.1", Blocks: true}, "x", ""},
		"another pair of one of them":   {axis.Alarm{Benchmark: "a.1", Other: "b.1", Blocks: true}, "", ""},
		"a pair that ends in one":       {axis.Alarm{Benchmark: "c.1", Other: "a.2", Blocks: true}, "", ""},
		"a benchmark, and a model":      {axis.Alarm{Benchmark: "a.1", Other: "m1", Blocks: true}, "x", ""},
		"a benchmark that is elsewhere": {axis.Alarm{Benchmark: "c.1", Blocks: true}, "", ""},
	} {
		c.alarm.Text = "x"
		a := &Analysis{Benchmarks: bench, Alarms: []axis.Alarm{c.alarm}}
		for _, pair := range [][3]string{{"a.1", "a.2", c.first}, {"a.2", "a.1", c.first}, {"b.1", "b.2", c.third}} {
			if got := a.blocked(pair[0], pair[1]); got != pair[2] {
				t.Errorf("%s: %s and %s: %q, want %q", name, pair[0], pair[1], got, pair[2])
			}
		}
	}
}

func TestPairsSayFamilyFormatAndBothOverlaps(t *testing.T) {
	opts := options()
	opts.Families, opts.Formats = []string{"x", "x", "y", "y", "z", "z"}, []string{"p", "q", "p", "q", "p", "q"}
	a := analyse(t, opts, withGFree(planted()))
	for _, p := range a.Pairs {
		if p.SameFamily != (p.A/2 == p.B/2) || p.SameFormat != ((p.B-p.A)%2 == 0) {
			t.Errorf("%d and %d: same family %v, same format %v", p.A, p.B, p.SameFamily, p.SameFormat)
		}
		free, ok := p.Overlaps["performance.gfree"]
		if want := 0.3 + 0.05*float64((7*p.A+5*p.B)%8); !ok || !near(free.Value, want) {
			t.Errorf("%d and %d: g-free overlap %+v, want %v", p.A, p.B, free, want)
		}
		if _, ok := p.Overlaps["semantic.gfree"]; ok {
			t.Errorf("%d and %d: a g-free semantic overlap", p.A, p.B)
		}
	}
}

func TestEstimateOfAPair(t *testing.T) {
	v := &axis.Variant{Title: "raw", N: 32, Level: 0.9, Overlap: square("v", bySkill),
		Lo: square("lo", func(i, j int) float64 { return -0.5 }),
		Hi: square("hi", func(i, j int) float64 { return 0.5 })}
	if e := pairEstimate(v, "a.1", "a.2"); e.Value != 0.8 || e.Lo != -0.5 || e.Hi != 0.5 || e.Level != 0.9 || e.N != 32 ||
		e.Method != "raw" {
		t.Errorf("%+v", e)
	}
	v.Hi.SetMissingSym(0, 1, "few")
	if e := pairEstimate(v, "a.1", "a.2"); e.Level != 0 || e.Value != 0.8 {
		t.Errorf("half an interval: %+v", e)
	}
	v.Hi = nil
	if e := pairEstimate(v, "a.1", "b.2"); e.Level != 0 || !e.OK() {
		t.Errorf("no upper bound: %+v", e)
	}
	v.Overlap.SetMissingSym(0, 1, "constant scores")
	if e := pairEstimate(v, "a.1", "a.2"); e.Missing != "constant scores" {
		t.Errorf("a missing overlap: %+v", e)
	}
	if e := pairEstimate(v, "a.2", "a.1"); e.Missing != "constant scores" {
		t.Errorf("the same the other way round: %+v", e)
	}
	for _, names := range [][2]string{{"zz", "a.1"}, {"a.1", "zz"}} {
		if e := pairEstimate(v, names[0], names[1]); e.Missing != "the benchmark is not on this axis" {
			t.Errorf("%q: %+v", names, e)
		}
	}
	if v, ok := at(nil, "a.1", "a.2"); ok || v != 0 {
		t.Errorf("a cell of no matrix: %v", v)
	}
	m := matrix.NewSquare("m", "1", bench)
	m.Set(1, 0, 0.25)
	if v, ok := at(m, "a.2", "a.1"); !ok || v != 0.25 {
		t.Errorf("the first column: %v, %v", v, ok)
	}
}

// The axes that a label needs beside a high overlap in performance are those that its rule takes: where one is not planned, the
// test is not made.
func TestBesideHigh(t *testing.T) {
	var all [][]string
	for _, r := range (Witnesses{}).rules() {
		if !slices.Contains(r.all, "performance.high") || len(r.first) > 0 {
			continue
		}
		var beside []string
		for _, part := range r.all {
			name, _, _ := strings.Cut(part, ".")
			if name != axis.Performance && !slices.Contains(beside, name) {
				beside = append(beside, name)
			}
		}
		all = append(all, beside)
	}
	if !slices.EqualFunc(all, axis.BesideHigh(), slices.Equal) {
		t.Errorf("labels take %v, not %v", all, axis.BesideHigh())
	}
}
