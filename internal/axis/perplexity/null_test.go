package perplexity

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// noise is a corpus of the shape of another whose surprisals know nothing of any score: independent numbers, or numbers that a
// few factors of the models, the same for all pieces, drive as well.
func noise(of *features, factors int, seed uint64) *features {
	out := &features{at: of.at, doc: of.doc, docs: of.docs, x: make([][]float32, len(of.x))}
	rng := stats.Stream(seed, "loadings", 0)
	loadings := make([][]float64, factors)
	for k := range loadings {
		loadings[k] = make([]float64, len(of.at))
		for t := range loadings[k] {
			loadings[k][t] = rng.NormFloat64()
		}
	}
	for i := range of.x {
		rng := stats.Stream(seed, "noise corpus", i)
		out.x[i] = make([]float32, len(of.at))
		own := make([]float64, factors)
		for k := range own {
			own[k] = rng.NormFloat64()
		}
		for t := range out.x[i] {
			v := rng.NormFloat64()
			for k, f := range own {
				v += f * loadings[k][t]
			}
			out.x[i][t] = float32(v)
		}
	}
	return out
}

// drawStudy is a small study of 24 models: skills of three benchmarks each, scores that go together within a skill and, through
// general ability, beyond; and a corpus of the given factors that know nothing of them. With a tie the pieces of each document
// need one of the skills that much.
func drawStudy(skills, factors int, tie float64, seed uint64) *inputs {
	_, in := planted(24, skills, 24, 22, seed)
	f := noise(in.f, factors, seed)
	for i := range f.x {
		for t := range f.doc {
			f.x[i][t] += float32(tie) * in.f.x[i][t]
		}
	}
	return &inputs{scores: in.scores, f: f}
}

// A split shares no lineage and no document between its parts, and is the same whoever asks.
func TestThirdsShareNothing(t *testing.T) {
	_, in := planted(17, 2, 30, 8, 1)
	in.scores.Lineages = slices.Clone(in.scores.Lineages)
	for i := range 6 {
		in.scores.Lineages[i] = fmt.Sprintf("family %d", i%2)
	}
	s, err := newFit(context.Background(), small(0), in.scores, in.f, 1)
	if err != nil {
		t.Fatal(err)
	}
	for r := range 50 {
		c, again := s.cut(r), s.cut(r)
		lineage, doc := map[string]int{}, map[int]int{}
		for i, models := range c.models {
			if len(models) < fewestModels || !slices.Equal(models, again.models[i]) ||
				!slices.Equal(c.ranked[i].pieces, again.ranked[i].pieces) || !slices.Equal(c.ranked[i].models, models) {
				t.Fatalf("split %d: %v and %v", r, c.models, again.models)
			}
			for _, m := range models {
				lineage[in.scores.Lineages[m]] |= 1 << i
			}
			for _, piece := range c.ranked[i].pieces {
				doc[in.f.doc[piece]] |= 1 << i
			}
		}
		if len(lineage) != 13 || len(doc) != 30 {
			t.Fatalf("split %d: %d lineages, %d documents", r, len(lineage), len(doc))
		}
		for _, in := range slices.Concat(slices.Collect(maps.Values(lineage)), slices.Collect(maps.Values(doc))) {
			if in != 1 && in != 2 && in != 4 {
				t.Fatalf("split %d: something is in two parts", r)
			}
		}
	}
}

// small is the axis with few splits and half-samples, for simulations.
func small(repairings int) Options {
	o := options(6, 1)
	o.Selectors, o.K, o.Repairings = []string{Good}, 10, repairings
	return o
}

// pOf is the p-value of a number that is computed from the primary overlap.
func pOf(t *testing.T, r *axis.Result, of func(*matrix.Labelled) float64) float64 {
	t.Helper()
	null := r.Primary().Null
	var values []float64
	for k := range null.N {
		values = append(values, of(null.Overlap(k, r.Benchmarks)))
	}
	e := stats.NewEstimate(of(r.Primary().Overlap), 1, "").Against(values)
	if e.P == nil {
		t.Fatal("there is no p-value")
	}
	return *e.P
}

// Where nothing ties surprisals and scores, whatever structure each has by itself, p-values of a pair, of the recovery of skills
// and of the agreement with the overlap of scores are uniform.
func TestNullIsUniform(t *testing.T) {
	const draws, repairings = 100, 19
	for _, factors := range []int{0, 1, 8} {
		p := map[string][]float64{}
		for draw := range draws {
			in := drawStudy(2, factors, 0, uint64(1000*factors+draw))
			o := small(repairings)
			o.Splits = 3
			r := run(t, o, in, 2)
			s, err := newFit(context.Background(), small(0), in.scores, in.f, 1)
			if err != nil {
				t.Fatal(err)
			}
			screened := s.screenedOverlap()
			p["pair"] = append(p["pair"], pOf(t, r, func(m *matrix.Labelled) float64 { v, _ := m.At(0, 1); return v }))
			p["AUC"] = append(p["AUC"], pOf(t, r, func(m *matrix.Labelled) float64 { return skillAUC(t, m) }))
			p["copy"] = append(p["copy"], pOf(t, r,
				func(m *matrix.Labelled) float64 { v, _, _ := agreement(m, screened); return v }))
		}
		for what, values := range p {
			for _, level := range []float64{0.1, 0.5} {
				below := 0
				for _, v := range values {
					if v <= level+1e-9 {
						below++
					}
				}
				if off := math.Abs(float64(below) - level*draws); off > 4*math.Sqrt(level*(1-level)*draws) {
					t.Errorf("%d factors, %s: p is at most %v in %d of %d studies", factors, what, level, below, draws)
				}
			}
		}
	}
}

// Where surprisals need the skills, re-paired models do not reach what paired ones do.
func TestNullHasPower(t *testing.T) {
	for _, factors := range []int{0, 2} {
		r := run(t, small(39), drawStudy(4, factors, 2, uint64(5+factors)), 2)
		if p := pOf(t, r, func(m *matrix.Labelled) float64 { return skillAUC(t, m) }); p > 0.05 {
			t.Errorf("%d factors: recovery of planted skills has p = %v", factors, p)
		}
		copied, repaired := fact(r, "copy.disjoint"), fact(r, "copy.disjoint.repaired")
		if copied < repaired+0.3 {
			t.Errorf("%d factors: the overlap goes with that of scores at %.2f as paired and %.2f re-paired", factors, copied,
				repaired)
		}
	}
}

// crossFitted is what signatures would be like if both were chosen on one half of the models and compared on the other.
func crossFitted(s *fit, splits int) *matrix.Labelled {
	total := newTally(len(s.t.Benchmarks))
	for r := range splits {
		rng := stats.Stream(s.o.Seed, "halves", r)
		halves := stats.DealGroups(rng, s.t.Lineages, 2)
		pieces := s.f.deal(rng.Perm(s.f.docs), 2)
		for k, train := range halves {
			targets, _ := targetsOf(columnsOf(s.scores, train), s.o.ResidualG)
			var u [2][][]float64
			for side := range u {
				found := s.screen(train, pieces[side], targets, s.selectors...)
				for b := range targets {
					u[side] = append(u[side], s.f.standardRanks(s.selectors[0].choose(s.f, found, train, b), halves[1-k]))
				}
			}
			total.add(u[0], u[1])
		}
	}
	return s.average(s.selectors[0].name, total).overlap
}

// The control of independent numbers in place of surprisals misleads: it calls chance what a corpus of a few factors, of which
// none has to do with any score, passes with ease where both signatures are chosen on the same half. Re-paired models keep the
// factors, and
// their null covers what they do.
func TestNoiseIsNoControl(t *testing.T) {
	_, in := planted(32, 6, 30, 42, 8)
	study := func(factors int) (halves float64, r *axis.Result) {
		o := small(39)
		of := &inputs{scores: in.scores, f: noise(in.f, factors, 3)}
		s, err := newFit(context.Background(), o, of.scores, of.f, 2)
		if err != nil {
			t.Fatal(err)
		}
		r = run(t, o, of, 2)
		return skillAUC(t, crossFitted(s, 10)), r
	}
	control, _ := study(0)
	if control > 0.75 {
		t.Errorf("on independent numbers halves reach an AUC of %.2f: the test shows nothing", control)
	}
	for _, factors := range []int{1, 2, 4, 8} {
		halves, r := study(factors)
		auc := func(m *matrix.Labelled) float64 { return skillAUC(t, m) }
		p := pOf(t, r, auc)
		if halves < 0.8 || halves < control+0.15 {
			t.Errorf("%d factors: halves reach %.2f, independent numbers %.2f: the test shows nothing", factors, halves, control)
		}
		if p < 0.1 {
			t.Errorf("%d factors: the null is exceeded with p = %v", factors, p)
		}
		t.Logf("%d factors: cross-fitted halves %.2f (independent numbers %.2f), disjoint %.2f, p = %.3f", factors, halves,
			control,
			auc(r.Primary().Overlap), p)
	}
}

// A re-pairing of the axis is the axis with the models' scores handed to each other: every overlap of every selector, to the
// precision at which they are kept.
func TestRepairingIsTheAxisOfOtherScores(t *testing.T) {
	_, in := planted(18, 3, 12, 22, 4)
	in.scores.Lineages = slices.Clone(in.scores.Lineages)
	for i := range 6 {
		in.scores.Lineages[i] = fmt.Sprintf("family %d", i/2)
	}
	o := small(3)
	o.Selectors = []string{Good, Signed, AIC, EBIC, Lasso}
	r := run(t, o, in, 2)
	for k := range 3 {
		pairing := stats.PermuteGroups(stats.Stream(o.Seed, "perplexity/re-pairing", k), in.scores.Lineages)
		other := *in.scores
		other.Score = matrix.New("score", "1", other.Models, other.Benchmarks)
		for i, from := range pairing {
			for b := range other.Benchmarks {
				v, _ := in.scores.Score.At(from, b)
				other.Score.Set(i, b, v)
			}
		}
		alone := o
		alone.Repairings = 0
		again := run(t, alone, &inputs{scores: &other, f: in.f}, 1)
		for _, v := range again.Variants {
			_, want := v.Overlap.UpperTriangle()
			name, null := v.Name, r.Variant(v.Name).Null
			_, got := null.Overlap(k, r.Benchmarks).UpperTriangle()
			if null.N != 3 || len(got) != len(want) {
				t.Fatalf("%s: %d re-pairings, of pairs %d and not %d", name, null.N, len(got), len(want))
			}
			for c := range want {
				near(t, name, got[c], want[c], 1e-6)
			}
		}
	}
}

// Selectors beside the first stand against the first of the re-pairings, of a number that can still show something.
func TestRepairingsOfSelectors(t *testing.T) {
	for n, beside := range map[int]int{0: 0, 9: 9, 19: 19, 39: 19, 199: 49, 999: 249} {
		if got := repairingsOf(1, n); got != beside || repairingsOf(0, n) != n {
			t.Errorf("of %d re-pairings %d are for selectors beside the first, not %d", n, got, beside)
		}
	}
	_, in := planted(12, 2, 12, 22, 4)
	o := small(21)
	o.Selectors = []string{Good, Signed}
	r := run(t, o, in, 2)
	for name, n := range map[string]int{"disjoint.good": 21, "disjoint.signed": 19, Good: 21, Signed: 19} {
		v := r.Variant(name)
		if got := len(v.Null.Pair(0, 1)); v.Null.N != n || got != n || !strings.HasPrefix(v.Null.Method, fmt.Sprint(n)) {
			t.Errorf("%s: %d of %d re-pairings, %q", name, got, v.Null.N, v.Null.Method)
		}
	}
}

// What there is too little of for a null is said.
func TestNoNull(t *testing.T) {
	_, in := planted(12, 2, 12, 22, 4)
	if why := run(t, small(0), in, 1).Primary().Null.Missing; why != "no re-pairings were asked for" {
		t.Errorf("%q", why)
	}
	in.scores.Lineages = slices.Concat(slices.Repeat([]string{"one"}, 5), slices.Repeat([]string{"two"}, 7))
	r := run(t, small(9), in, 1)
	if why := r.Primary().Overlap.Reason(0, 1); !strings.Contains(why, "12 models of 2 lineages give none") {
		t.Errorf("%q", why)
	}
	_, in = planted(4, 2, 12, 22, 4)
	if w := strings.Join(run(t, small(99), in, 1).Warnings, " "); !strings.Contains(w,
		"lineages allow only 24 distinct re-pairings") {
		t.Errorf("%q", w)
	}
	_, in = planted(1, 2, 12, 22, 4)
	if null := run(t, small(99), in, 1).Primary().Null; null.N != 0 || !strings.Contains(null.Missing, "cannot be re-paired") {
		t.Errorf("%+v", null)
	}
}
