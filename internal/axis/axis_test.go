package axis

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/matrix"
)

func TestDraw(t *testing.T) {
	lineages := []string{"a", "a", "b", "c", "c", "d", "e"}
	one := Draw(7, 3, lineages, []int{9, 0, 4})
	two := Draw(7, 3, lineages, []int{9, 0, 4})
	if !slices.Equal(one.Models, two.Models) || !slices.Equal(one.Items[0], two.Items[0]) {
		t.Error("equal arguments, different draws")
	}
	if len(one.Items[0]) != 5 || len(one.Items[1]) != 0 || len(one.Items[2]) != 2 || !slices.IsSorted(one.Items[0]) {
		t.Error("halves of 9, 0 and 4 items:", one.Items)
	}
	drawn := map[string]int{}
	for _, i := range one.Models {
		drawn[lineages[i]]++
	}
	if len(drawn) != 3 || drawn["a"] == 1 || drawn["c"] == 1 {
		t.Error("three of five lineages, whole ones:", drawn)
	}
	// Another benchmark's items do not depend on how many there are before it in other studies: only on the same prefix.
	if longer := Draw(7, 3, lineages, []int{9, 0, 4, 100}); !slices.Equal(longer.Items[0], one.Items[0]) ||
		!slices.Equal(longer.Models, one.Models) {
		t.Error("a further benchmark moves the draws before it")
	}
	seen := make([]int, len(lineages))
	for r := range 2000 {
		for _, i := range Draw(1, r, lineages, nil).Models {
			seen[i]++
		}
	}
	for i, n := range seen {
		if math.Abs(float64(n)/2000-0.6) > 0.05 {
			t.Errorf("model %d is in %d of 2000 draws of three out of five lineages", i, n)
		}
	}
}

func TestFloatsKeepTheirBits(t *testing.T) {
	f := Floats{1.0 / 3, math.NaN(), math.Inf(-1), math.Copysign(0, -1), 5e-324}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Floats
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for i, v := range f {
		if math.Float64bits(v) != math.Float64bits(back[i]) {
			t.Errorf("%v came back as %v", v, back[i])
		}
	}
	for _, bad := range []string{`"AAA="`, `"?"`, `[1]`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func sample() *Result {
	m := matrix.NewSquare("overlap", "1", []string{"a", "b"})
	m.Set(0, 0, 1)
	m.Set(1, 1, 1)
	m.SetMissingSym(0, 1, "a constant vector has no correlation")
	return &Result{Axis: Performance, Benchmarks: []string{"a", "b"}, R: 1, Variants: []Variant{{Name: "raw", Overlap: m}},
		Replicates: map[string]Floats{"raw": {1, math.NaN(), math.NaN(), 1}},
		Tests:      []Test{{Name: "high", P: m}}, Alarms: []Alarm{{Kind: "few-models", Text: "<b>", Blocks: true}}}
}

func TestResultComesBack(t *testing.T) {
	data, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("%s\ncame back as\n%s", data, again)
	}
	if back.Primary().Overlap.Reason(1, 0) == "" || back.Variant("raw") == nil || back.Test("high") == nil ||
		back.Variant("x") != nil || back.Test("x") != nil {
		t.Error("parts are not found")
	}
	var none *Result
	if none.Primary() != nil || none.Variant("raw") != nil || none.Test("high") != nil {
		t.Error("no result has parts")
	}
}

func TestBrokenResultsAreRefused(t *testing.T) {
	for what, breakIt := range map[string]func(r *Result){
		"no axis":            func(r *Result) { r.Axis = "smell" },
		"two variants":       func(r *Result) { r.Variants = append(r.Variants, r.Variants[0]) },
		"no matrix":          func(r *Result) { r.Variants[0].Overlap = nil },
		"labelled":           func(r *Result) { r.Benchmarks = []string{"b", "a"} },
		"symmetric":          func(r *Result) { r.Variants[0].Overlap.Set(0, 1, 0.5) },
		"replicates of":      func(r *Result) { r.R = 2 },
		`test "high"`:        func(r *Result) { r.Tests[0].P = matrix.NewSquare("p", "1", []string{"x"}) },
		"is not labelled by": func(r *Result) { r.Variants[0].Hi = matrix.NewSquare("hi", "1", []string{"x"}) },
	} {
		r := sample()
		breakIt(r)
		if _, err := r.Encode(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Decode([]byte(`{"Axis":3}`)); err == nil {
		t.Error("nonsense was decoded")
	}
}

func table() *ScoreTable {
	t := &ScoreTable{
		Models: []string{"m", "n"}, Lineages: []string{"m", "n"}, Benchmarks: []string{"a", "b"}, Families: []string{"a", "b"},
		Formats: []string{"choice", "choice"}, Metrics: []string{"acc", "acc"}, Chance: []float64{0.5, 0.5},
		Constant: []float64{0.5, 0.5},
		Items:    [][]string{{"1", "2", "3"}, nil}, ItemChance: []Floats{{0.5, 0.5, 0.5}, nil},
		ItemScores: []Floats{{1, 0, 1, 1, 1, 1}, nil},
		Ties:       [][]int{{0, 0}, {0, 0}}, Equal: [][]int{{0, 0}, {0, 0}}, Straddled: [][]int{{0, 0}, {0, 0}},
		Truncated: [][]int{{0, 0}, {0, 0}},
		Skipped:   []int{0, 0},
	}
	t.Score, t.SE = matrix.New("score", "1", t.Models, t.Benchmarks), matrix.New("se", "1", t.Models, t.Benchmarks)
	t.Score.Data = []float64{2.0 / 3, 0.25, 1, 0.75}
	t.SE.Set(0, 0, 1.0/3)
	t.SE.SetMissing(0, 1, "not known")
	t.SE.SetMissing(1, 1, "not known")
	return t
}

func TestScoreTable(t *testing.T) {
	data, err := table().Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeScores(data)
	if err != nil {
		t.Fatal(err)
	}
	on := back.On([]int{1, 0}, [][]int{{0, 1}, {}})
	if !slices.Equal(on[0], []float64{1, 0.5}) || !slices.Equal(on[1], []float64{0.75, 0.25}) {
		t.Error("scores on two items, and of a benchmark without items:", on)
	}
	if !slices.Equal(back.ItemCounts(), []int{3, 0}) {
		t.Error("items:", back.ItemCounts())
	}
	// Wilson's lower limit at n of n is 1/(1 + z^2/n) = 1/(1 + 3.841459/3)
	if lo, hi, ok := back.Interval(1, 0); !ok || math.Abs(lo-1/(1+3.841459/3)) > 1e-6 || hi != 1 {
		t.Error("interval of a perfect score:", lo, hi, ok)
	}
	if lo, hi, ok := back.Interval(0, 0); !ok || math.Abs(lo-(2.0/3-1.959964/3)) > 1e-6 || hi != 1 {
		t.Error("interval of two of three:", lo, hi, ok)
	}
	if _, _, ok := back.Interval(0, 1); ok {
		t.Error("a score without items has an interval")
	}
	back.Score.SetMissing(0, 1, "no value")
	if c := back.Columns(); c[1] != nil || c[0] == nil {
		t.Error("columns with a missing score:", c)
	}
	for _, breakIt := range []func(*ScoreTable){
		func(t *ScoreTable) { t.Lineages = nil }, func(t *ScoreTable) { t.Chance = nil },
		func(t *ScoreTable) { t.ItemScores[0] = nil }, func(t *ScoreTable) { t.Score = nil },
	} {
		broken := table()
		breakIt(broken)
		if _, err := broken.Encode(); err == nil {
			t.Error("a table of uneven parts was written")
		}
	}
}

func TestScoresOfSomeModels(t *testing.T) {
	m := func(name string) *matrix.Labelled {
		out := matrix.New(name, "1", []string{"a", "b", "c"}, []string{"x"})
		for i := range 3 {
			out.Set(i, 0, float64(i))
		}
		return out
	}
	whole := &ScoreTable{Models: []string{"a", "b", "c"}, Lineages: []string{"k", "l", "l"}, Benchmarks: []string{"x"},
		Families: []string{"x"}, Formats: []string{"x"},
		Metrics: []string{"acc"}, Score: m("score"), SE: m("se"), Chance: []float64{0}, Constant: []float64{0},
		Items:      [][]string{{"1", "2"}},
		ItemChance: []Floats{{0, 0}}, ItemScores: []Floats{{0, 1, 2, 3, 4, 5}}, Ties: [][]int{{1, 2, 3}},
		Equal: [][]int{{1, 2, 3}}, Straddled: [][]int{{1, 2, 3}},
		Truncated: [][]int{{1, 2, 3}}, Skipped: []int{0}, ByLetter: [][]bool{{true, false, true}}, Unseen: [][]int{{7, 0, 9}},
		Identical: [][2]int{{0, 2}}}
	whole.Score.SetMissing(2, 0, "gone")
	some := whole.Of([]int{2, 0})
	if _, err := some.Encode(); err != nil {
		t.Fatal(err)
	}
	if v, ok := some.Score.At(1, 0); !ok || v != 0 || some.Score.Reason(0, 0) != "gone" ||
		!slices.Equal(some.ItemScores[0], Floats{4, 5, 0, 1}) ||
		!slices.Equal(some.Lineages, []string{"l", "k"}) || !slices.Equal(some.Ties[0], []int{3, 1}) ||
		!slices.Equal(some.Unseen[0], []int{9, 7}) || some.Identical != nil {
		t.Errorf("got %+v", some)
	}
	letters, words := whole.LetterModels()
	if !slices.Equal(letters, []int{0, 2}) || !slices.Equal(words, []int{1}) || whole.Metric(0, 0) != Letter ||
		whole.Metric(1, 0) != "acc" {
		t.Errorf("by letter %v, by words %v", letters, words)
	}
	whole.Unseen = nil
	if _, err := whole.Encode(); err == nil {
		t.Error("a table of uneven parts was written")
	}
}
