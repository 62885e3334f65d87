package analysis

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
)

func truthOf(t *testing.T, file string) *truth {
	t.Helper()
	got, found := readTruth("truth.toml", []byte(file), bench)
	if got == nil {
		t.Fatal(found)
	}
	return got
}

func TestSkillsOfTwoBenchmarks(t *testing.T) {
	with := func(skills ...string) truthBenchmark {
		b := truthBenchmark{Skills: map[string]float64{}}
		for _, s := range skills {
			b.Skills[s] = 0.5
		}
		return b
	}
	for _, c := range []struct {
		x, y truthBenchmark
		want relation
	}{
		{with("a"), with("a"), same}, {with("a", "b"), with("b", "a"), same}, {with("a"), with("b"), different},
		{with("a"), with("a", "b"), mixed}, {with("a", "b"), with("b", "c"), mixed}, {with("a"), with("b", "c"), mixed},
		{with("a", "b"), with("c", "d"), mixed}, {with(), with("a"), mixed}, {with(), with(), mixed},
	} {
		if x, y := c.x.skillTo(c.y), c.y.skillTo(c.x); x != c.want || y != c.want {
			t.Errorf("%v and %v: %v and %v, want %v", c.x.Skills, c.y.Skills, x, y, c.want)
		}
	}
}

func TestPairsOfTheTruthHaveNoDirection(t *testing.T) {
	tr := truthOf(t, truthFile+"[[pair]]\na = \"c.1\"\nb = \"b.1\"\nkind = 1\nexpect = \"none\"\n")
	for _, ends := range [][2]string{{"b.1", "c.1"}, {"c.1", "b.1"}} {
		if p, ok := tr.pair(ends[0], ends[1]); !ok || p.Expect != "none" {
			t.Errorf("%q: %+v, %v; want none expected", ends, p, ok)
		}
	}
	if p, ok := tr.pair("a.1", "c.1"); ok {
		t.Errorf("a pair of which nothing is said: %+v", p)
	}
}

// Of the fifteen pairs three share a skill and one of the others is told not to count; one pair shares a surface.
func TestPairsThatEnterRecovery(t *testing.T) {
	tr, a := truthOf(t, truthFile), &Analysis{Benchmarks: bench}
	v := axis.Variant{Overlap: square("v", bySkill)}
	v.Overlap.SetMissingSym(3, 5, "cut")
	pairs, pos, neg := a.scored(tr, bench, v, "skill")
	if pos != 3 || neg != 10 || len(pairs) != 13 {
		t.Errorf("skill: %d alike, %d others, %d pairs; want 3, 10, 13", pos, neg, len(pairs))
	}
	for _, p := range pairs {
		if p.Positive != (p.I/2 == p.J/2) || p.Score != bySkill(p.I, p.J) || p.I == 0 && p.J == 2 || p.I == 3 && p.J == 5 {
			t.Errorf("skill: %+v", p)
		}
	}
	pairs, pos, neg = a.scored(tr, bench, v, "surface")
	if pos != 1 || neg != 13 {
		t.Errorf("surface: %d alike, %d others; want 1 and 13", pos, neg)
	}
	for _, p := range pairs {
		if p.Positive != (p.I == 0 && p.J == 4) {
			t.Errorf("surface: %+v", p)
		}
	}
	v.Distance = true
	pairs, _, _ = a.scored(tr, bench, v, "skill")
	for _, p := range pairs {
		if p.Score != -bySkill(p.I, p.J) {
			t.Errorf("a distance must count the other way: %+v", p)
		}
	}
	// Under a shuffle the truth of others is taken: here a.2 and b.1 change places.
	ids := []string{"a.1", "b.1", "a.2", "b.2", "c.1", "c.2"}
	pairs, _, _ = a.scored(tr, ids, axis.Variant{Overlap: square("v", bySkill)}, "skill")
	var alike [][2]int
	for _, p := range pairs {
		if p.Positive {
			alike = append(alike, [2]int{p.I, p.J})
		}
		if p.I == 0 && p.J == 1 {
			t.Error("the pair that is told not to count does, under another name")
		}
	}
	if want := [][2]int{{0, 2}, {1, 3}, {4, 5}}; !slices.Equal(alike, want) {
		t.Errorf("alike after a shuffle: %v, want %v", alike, want)
	}
}

func TestRecoveryOfEachOverlap(t *testing.T) {
	opts, axes := options(), planted()
	opts.Truth, opts.TruthSource = []byte(truthFile), "truth.toml"
	p := axes[axis.Performance]
	p.Variants = append(p.Variants, axis.Variant{Name: performance.Upper, Title: "bound", Overlap: square("bound", bySkill)},
		axis.Variant{Name: "few", Title: "few", Overlap: square("few", func(i, j int) float64 { return 0.5 })})
	few := p.Variants[2].Overlap
	for i := range bench {
		for j := range i {
			few.SetMissingSym(i, j, "cut")
		}
	}
	a := analyse(t, opts, axes)
	var got []string
	for _, u := range a.Recovery.AUC {
		got = append(got, u.Axis+" "+u.Variant+" "+u.Target)
		switch {
		case u.Variant == "few":
			if u.Value.OK() || u.Positive != 0 {
				t.Errorf("an AUC over no pair: %+v", u)
			}
		case u.Target == "skill":
			// a.1 and b.1 do not count; whatever draw of benchmarks it was, a perfect axis stays perfect.
			if u.Positive != 3 || u.Negative != 11 || u.Value.Value != 1 || u.Value.Lo != 1 || u.Value.Hi != 1 ||
				u.Value.Level != 0.95 {
				t.Errorf("%+v", u)
			}
		case u.Positive != 1 || u.Negative != 14 || u.Value.Value > 0.5:
			t.Errorf("surface: %+v", u)
		}
	}
	want := []string{"performance raw skill", "performance few skill", "semantic raw skill", "semantic raw surface",
		"neural raw skill"}
	if !slices.Equal(got, want) {
		t.Errorf("recovered: %q, want %q", got, want)
	}
	// Of 14 pairs 3 are alike: shuffled, the mean of 200 areas lies near chance, and their spread is far from none.
	s := a.Recovery.Shuffle
	if s.Value < 0.4 || s.Value > 0.6 || s.Lo > 0.3 || s.Hi < 0.7 || *s.Null != 0.5 || s.Level != 0.95 ||
		!strings.Contains(s.Method, "200 shuffles") {
		t.Errorf("shuffled: %+v", s)
	}
	opts.Truth = []byte(strings.Replace(truthFile, `expect = "overlap-without-kinship"`, `expect = "none"`, 1))
	if got := analyse(t, opts, planted()).Recovery.Wrong; !slices.Equal(got,
		[]WrongFlag{{"a.1", "b.1", OverlapWithoutKinship, "none"}}) {
		t.Errorf("a flag that the truth denies: %+v", got)
	}
	opts.Truth = []byte("[[benchmark]]\nid = \"a.1\"\n")
	if _, err := Analyse(t.Context(), opts, axes); err == nil ||
		!strings.Contains(err.Error(), "the truth says nothing of benchmark") {
		t.Errorf("a truth without most benchmarks: %v", err)
	}
}

func TestExpectedLabels(t *testing.T) {
	for _, c := range []struct {
		expect string
		got    []string
		want   bool
	}{
		{"none", nil, true}, {"none", []string{OverlapWithoutKinship}, false}, {"unknown", nil, false},
		{"unknown", []string{"unknown"}, false},
		{OverlapWithoutKinship, []string{LikenessWithoutKinship, OverlapWithoutKinship}, true},
		{OverlapWithoutKinship, nil, false},
	} {
		if got := expected(c.expect, c.got); got != c.want {
			t.Errorf("%q of %q: %v", c.expect, c.got, got)
		}
	}
}

// flagged is an analysis in which pairs, by their ends, were given labels.
func flagged(labels map[[2]int]string) *Analysis {
	a := &Analysis{Benchmarks: bench}
	for i := range bench {
		for j := i + 1; j < len(bench); j++ {
			p := flaggedPair(i, j, labels[[2]int{i, j}], 0.01, 0, labels[[2]int{i, j}] != "")
			p.Flags = append(p.Flags, Flag{Label: KinshipWithoutOverlap}) // tested, but not flagged
			a.Pairs = append(a.Pairs, p)
		}
	}
	return a
}

const morePairs = `
[[pair]]
a = "a.2"
b = "b.1"
kind = 2
expect = "none"
[[pair]]
a = "a.2"
b = "c.1"
kind = 2
expect = "none"
[[pair]]
a = "b.2"
b = "c.2"
kind = 1
expect = "unknown"
[[benchmark]]
id = "elsewhere"
surface = "z"
[[benchmark]]
id = "also.elsewhere"
surface = "z"
[[pair]]
a = "elsewhere"
b = "a.1"
kind = 1
expect = "none"
[[pair]]
a = "a.1"
b = "also.elsewhere"
kind = 1
expect = "none"
[[pair]]
a = "elsewhere"
b = "also.elsewhere"
kind = 1
expect = "none"
`

func TestKindsOfPlantedPairs(t *testing.T) {
	a := flagged(map[[2]int]string{{0, 2}: OverlapWithoutKinship, {1, 4}: LikenessWithoutKinship})
	a.Pairs[0].Blocked = "at chance"
	rec := &Recovery{}
	a.kinds(truthOf(t, truthFile+morePairs), rec)
	type row struct {
		kind, expected string
		pairs, given   int
	}
	var got []row
	for _, k := range rec.Kinds {
		got = append(got, row{k.Kind, k.Expected, k.Pairs, k.Given})
	}
	want := []row{{"1: same skill, same surface", "unknown", 1, 0}, {"2: same skill, another surface", "none", 2, 1},
		{"4: two skills that share one exposure", OverlapWithoutKinship, 1, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("kinds %+v, want %+v", got, want)
	}
	if d := rec.Kinds[1].Details[1]; !reflect.DeepEqual(d,
		PlantedPair{A: "a.2", B: "c.1", Expected: "none", Got: []string{LikenessWithoutKinship}}) {
		t.Errorf("details %+v", d)
	}
	if labels, blocked := a.flagsOf("a.2", "a.1"); labels != nil || blocked != "at chance" {
		t.Errorf("a.1 and a.2: %q, %q", labels, blocked)
	}
}

// Only what the truth contradicts is wrong. A pair that it does not list has no label, unless it wears one surface for two
// skills.
func TestWrongFlags(t *testing.T) {
	a := flagged(map[[2]int]string{
		{0, 2}: OverlapWithoutKinship,  // as expected
		{0, 4}: LikenessWithoutKinship, // not listed; one surface, two skills
		{1, 2}: OverlapWithoutKinship,  // none is expected
		{2, 3}: LikenessWithoutKinship, // not listed; one skill, two surfaces
		{3, 5}: OverlapWithoutKinship,  // nobody knows
		{3, 4}: LikenessWithoutKinship, // not listed; two skills, two surfaces
	})
	rec := &Recovery{}
	a.wrong(truthOf(t, truthFile+morePairs), rec)
	want := []WrongFlag{{"a.2", "b.1", OverlapWithoutKinship, "none"}, {"b.1", "b.2", LikenessWithoutKinship, "none"},
		{"b.2", "c.1", LikenessWithoutKinship, "none"}}
	if !slices.Equal(rec.Wrong, want) {
		t.Errorf("wrong: %+v, want %+v", rec.Wrong, want)
	}
	one := strings.Replace(truthFile, `surface = "u"`, `surface = "v"`, 1) // b.1 and b.2: one surface and one skill
	a = flagged(map[[2]int]string{{2, 3}: LikenessWithoutKinship, {0, 4}: OverlapWithoutKinship})
	rec = &Recovery{}
	a.wrong(truthOf(t, one), rec)
	want = []WrongFlag{{"a.1", "c.1", OverlapWithoutKinship, LikenessWithoutKinship},
		{"b.1", "b.2", LikenessWithoutKinship, "none"}}
	if !slices.Equal(rec.Wrong, want) {
		t.Errorf("wrong: %+v, want %+v", rec.Wrong, want)
	}
}
