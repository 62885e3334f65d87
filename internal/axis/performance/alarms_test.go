package performance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
)

// oneBenchmark is a table of models on the benchmark "b" with n items.
func oneBenchmark(n int, scores ...float64) *ScoreTable {
	t := &ScoreTable{Benchmarks: []string{"b"}, Items: [][]string{make([]string, n)}, Chance: []float64{0.25},
		Constant: []float64{0}}
	for i := range scores {
		t.Models = append(t.Models, fmt.Sprintf("m%d", i+1))
	}
	t.Score = matrix.New("score", "1", t.Models, t.Benchmarks)
	for i, s := range scores {
		t.Score.Set(i, 0, s)
	}
	return t
}

// told is what an alarm says; empty without one.
func told(a *axis.Alarm) string {
	if a == nil {
		return ""
	}
	return a.Text
}

// Bounds count from their own value on: 8 models are enough, 7 are not.
func TestFewModels(t *testing.T) {
	for m, want := range map[int]string{7: "The study has 7 models, fewer than 8.", 1: "The study has 1 model, fewer than 8.",
		8: ""} {
		table := &ScoreTable{Models: make([]string, m)}
		got := ""
		for _, a := range alarms(table, reliabilities{}) {
			if got += a.Text; a.Kind != "few-models" || !a.Blocks || a.Benchmark != "" {
				t.Errorf("%d models: %+v", m, a)
			}
		}
		if got != want {
			t.Errorf("%d models: %q, want %q", m, got, want)
		}
	}
}

// One benchmark may raise every alarm, and models and pairs add theirs.
func TestEveryAlarmIsRaised(t *testing.T) {
	table := oneBenchmark(4, 1, 1, 1, 1, 1, 1, 1, 1)
	table.ItemScores, table.ItemChance = []axis.Floats{slices.Repeat(axis.Floats{1}, 32)},
		[]axis.Floats{{1, 1, 1, 1}} // all may be guessed
	table.Equal, table.Truncated = [][]int{{1, 0, 0, 0, 0, 0, 0, 0}}, [][]int{{0, 2, 0, 0, 0, 0, 0, 0}}
	table.Identical, table.Shared = [][2]int{{2, 5}}, []axis.SharedItems{{A: 0, B: 0, Items: 1}}
	table.ByLetter = [][]bool{{true, false, false, false, false, false, false, false}}
	var kinds []string
	for _, a := range alarms(table, reliabilities{raw: []float64{0.1}, reason: []string{""}}) {
		kinds = append(kinds, a.Kind)
		switch a.Kind {
		case "identical-replies":
			if !strings.HasPrefix(a.Text, "The models m3 and m6 give") || a.Other != "m6" || a.Blocks {
				t.Errorf("%+v", a)
			}
		case "shared-items":
			if a.Text != "b and b share 1 item (of 4 and 4)." || !a.Blocks {
				t.Errorf("%+v", a)
			}
		}
	}
	want := []string{"mixed-scoring", "chance", "ceiling", "equal-logprobs", "truncated", "reliability", "identical-replies",
		"shared-items"}
	if !slices.Equal(kinds, want) {
		t.Errorf("alarms %q, want %q", kinds, want)
	}
}

func TestCeiling(t *testing.T) {
	scores := func(high, low int) (out []float64) {
		for range high {
			out = append(out, 0.97)
		}
		for range low {
			out = append(out, 0.96)
		}
		return out
	}
	if got := told(ceilingAlarm(oneBenchmark(9, scores(9, 1)...), 0)); got != "9 of 10 models score 0.97 or more on b." {
		t.Errorf("nine of ten at the ceiling: %q", got)
	}
	for name, s := range map[string][]float64{"seventeen of twenty": scores(17, 3), "none": scores(0, 10)} {
		if got := told(ceilingAlarm(oneBenchmark(9, s...), 0)); got != "" {
			t.Errorf("%s at the ceiling: %q", name, got)
		}
	}
	missing := oneBenchmark(9, scores(10, 0)...)
	missing.Score.SetMissing(3, 0, "no score")
	if got := told(ceilingAlarm(missing, 0)); got != "9 of 9 models score 0.97 or more on b." {
		t.Errorf("a score is missing, the others are at the ceiling: %q", got)
	}
}

// One item with chance p is answered by a guess with probability p: the level of 0.05 lies between the two.
func TestChance(t *testing.T) {
	right := func(chance, constant float64, scores ...float64) *ScoreTable {
		table := oneBenchmark(1, scores...)
		table.ItemScores, table.ItemChance, table.Constant = []axis.Floats{scores}, []axis.Floats{{chance}}, []float64{constant}
		return table
	}
	half := right(0.5, 0, 0.5)
	outOfRange := right(1.5, 0, 1)
	five := oneBenchmark(5, 0.8) // P(at least 4 of 5 by tossing a coin) = 6/32
	five.ItemScores, five.ItemChance = []axis.Floats{{1, 1, 0, 1, 1}}, []axis.Floats{{0.5, 0.5, 0.5, 0.5, 0.5}}
	five.Chance[0] = 0.5
	all := oneBenchmark(5, 1) // 1/32
	all.ItemScores, all.ItemChance = []axis.Floats{{1, 1, 1, 1, 1}}, five.ItemChance
	imported := oneBenchmark(0, 0.3)
	missing := right(0.9, 0, 1, 1)
	missing.Score.SetMissing(1, 0, "no score")
	for name, c := range map[string]struct {
		table *ScoreTable
		want  string
	}{
		"below the level": {right(0.0475, 0, 1), ""},
		"above it": {right(0.0525, 0, 1),
			"No model is above chance (0.250) on b: the best of 1 model scores 1.000 (Poisson-binomial, Holm)."},
		"two models, twice the p":  {right(0.03, 0, 1, 1), "No model is above chance"},
		"two models, still below":  {right(0.024, 0, 1, 0), ""},
		"four of five":             {five, "No model is above chance (0.500) on b: the best of 1 model scores 0.800"},
		"five of five":             {all, ""},
		"a constant answer, below": {right(0.01, 0.0475, 1), ""},
		"a constant answer, above": {right(0.01, 0.0526, 1),
			"No model is above a constant answer (0.053) on b: the best of 1 model scores 1.000 (binomial, Holm)."},
		"nobody scores":            {right(0.01, 0, 0, 0), "Every model scores 0 on b (1 item)."},
		"hardly anybody scores":    {right(0.01, 0, 0.05, 0), ""},
		"halves have no such test": {half, ""},
		"a chance that is none":    {outOfRange, ""},
		"no items are known":       {imported, ""},
		"a score is missing": {missing,
			"No model is above chance (0.250) on b: the best of 1 model scores 1.000 (Poisson-binomial, Holm)."},
		"a small chance, no constant": {right(0.04, 0, 1), ""},
	} {
		a := chanceAlarm(c.table, 0)
		if got := told(a); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if a != nil && (!a.Blocks || a.Kind != "chance" || a.Benchmark != "b") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// Of 2000 prompts, 100 that are spoilt keep a benchmark from being flagged; 95 are only told.
func TestSpoiltReplies(t *testing.T) {
	table := oneBenchmark(1000, 0.5, 0.5)
	for _, c := range []struct {
		byModel []int
		want    string
		blocks  bool
	}{
		{[]int{0, 0}, "", false}, {nil, "", false},
		{[]int{0, 1}, "On b, 1 of 2000 prompts (m2: 1) are odd.", false},
		{[]int{40, 55}, "On b, 95 of 2000 prompts (m2: 55 and m1: 40) are odd.", false},
		{[]int{100, 0}, "On b, 100 of 2000 prompts (m1: 100) are odd.", true},
	} {
		a := replyAlarm(table, 0, "odd", c.byModel, "are odd", "look")
		if told(a) != c.want || a != nil && a.Blocks != c.blocks {
			t.Errorf("%v: %+v, want %q, %v", c.byModel, a, c.want, c.blocks)
		}
	}
}

func TestReliabilityAlarm(t *testing.T) {
	table := oneBenchmark(9, 0.5)
	for _, c := range []struct {
		raw    float64
		reason string
		want   string
	}{
		{0.5, "", ""}, {0.9, "", ""}, {0.1, "no items", ""},
		{0.49, "", "The split-half reliability of b is 0.49 (9 items, 20 splits), below 0.5."},
	} {
		if got := told(reliabilityAlarm(table, 0, reliabilities{raw: []float64{c.raw}, reason: []string{c.reason},
			splits: 20})); got != c.want {
			t.Errorf("%v, %q: %q, want %q", c.raw, c.reason, got, c.want)
		}
	}
}

func TestMixedScoring(t *testing.T) {
	for byLetter, want := range map[[4]bool]string{
		{}:                        "",
		{true, true, true, true}:  "",
		{false, true}:             "Choices of 1 model of 4 (m2) are read",
		{true, false, true}:       "Choices of 2 models of 4 (m1 and 1 more) are read",
		{false, true, true, true}: "Choices of 3 models of 4 (m2 and 2 more) are read",
	} {
		table := oneBenchmark(1, 0, 0, 0, 0)
		table.ByLetter = [][]bool{byLetter[:]}
		if got := told(mixedAlarm(table)); (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%v: %q, want %q", byLetter, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for want, got := range map[string]string{"1 item": count(1, "item"), "2 items": count(2, "item"),
		"0 items": count(0, "item"), "3 series": count(3, "series")} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
