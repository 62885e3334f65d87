package performance

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/study"
)

// What a table of scores says beside the scores goes with them: items, standard errors, chance, names, covariates.
func TestImportedTable(t *testing.T) {
	nan := math.NaN()
	models := []study.Model{{ID: "org-a", Label: "org/A", Lineage: "A"}, {ID: "b", Lineage: "b"}}
	benchmarks := []study.Benchmark{{ID: "mmlu", Label: "MMLU", Chance: new(0.25), Items: 101}, {ID: "norm"}, {ID: "elo"}}
	s := &study.Scores{Values: [][]float64{{0.5, -0.2, 0.7}, {nan, 0.4, 0.8}}, Items: 11,
		Errors: [][]float64{{nan, nan, 0.03}, {nan, nan, nan}}, Counts: [][]int{{26, 0, 0}, {0, 0, 0}},
		Covariates: []study.Covariate{{Name: "size", Texts: []string{"7", ""}}}}
	data, err := Imported(models, benchmarks, s).Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := axis.DecodeScores(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m, b   int
		se     float64
		items  int
		reason string
	}{{0, 0, 0.1, 26, ""}, {1, 0, 0, 0, "no value"}, {0, 1, 0, 11, "normalised by chance"}, {0, 2, 0.03, 11, ""},
		{1, 2, math.Sqrt(0.8 * 0.2 / 10), 11, ""}} {
		se, ok := got.SE.At(c.m, c.b)
		if ok != (c.reason == "") || math.Abs(se-c.se) > 1e-12 || !strings.Contains(got.SE.Reason(c.m, c.b), c.reason) ||
			got.ItemsOf(c.m, c.b) != c.items {
			t.Errorf("model %d on %d: SE %v %q, %d items", c.m, c.b, se, got.SE.Reason(c.m, c.b), got.ItemsOf(c.m, c.b))
		}
	}
	if got.Chance[0] != 0.25 || got.Labels.Model("org-a") != "org/A" || got.Labels.Model("b") != "b" ||
		!slices.Equal(got.Labels.Each(got.Benchmarks), []string{"MMLU", "norm", "elo"}) {
		t.Errorf("chance %v, labels %v", got.Chance, got.Labels)
	}
	one := got.Of([]int{1})
	if one.Validate() != nil || one.ItemsOf(0, 2) != 11 || one.Covariates[0].Texts[0] != "" || got.Covariates[0].Texts[0] != "7" {
		t.Errorf("one model: %+v", one)
	}
	if least, most := got.ItemsBehind(0); least != 26 || most != 26 {
		t.Errorf("items from %d to %d", least, most)
	}
	bare, err := Imported(models[1:], benchmarks[2:], &study.Scores{Values: [][]float64{{1}}}).Run(context.Background(), nil)
	if err != nil || strings.Contains(string(bare), "Labels") || strings.Contains(string(bare), "Behind") {
		t.Errorf("a plain table holds more than before: %s %v", bare, err)
	}
}

// Intervals of scores that are normalised by chance may lie below zero.
func TestIntervalOfNegativeScores(t *testing.T) {
	s := &study.Scores{Values: [][]float64{{-0.2}}, Errors: [][]float64{{0.05}}}
	data, err := Imported([]study.Model{{ID: "m", Lineage: "m"}}, []study.Benchmark{{ID: "b"}}, s).Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := axis.DecodeScores(data)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi, ok := got.Interval(0, 0)
	near(t, "lower", lo, -0.2-1.959963984540054*0.05, 1e-9)
	near(t, "upper", hi, -0.2+1.959963984540054*0.05, 1e-9)
	if !ok {
		t.Error("no interval")
	}
}

// Where a log gives no standard error, that of its items counts, which need not be right or wrong.
func TestErrorsOfItems(t *testing.T) {
	nan := math.NaN()
	scores := [][]float64{{0.5, 0.5, 0.6, 0.4}, {1, 0, 1, 0}, {0.5, 0.5, 0.6, 0.4}}
	s := &study.Scores{Values: [][]float64{{0.5}, {0.5}, {0.5}}, Errors: [][]float64{{nan}, {nan}, {0.07}},
		Counts: [][]int{{4}, {4}, {4}}, ByItem: []*study.ItemScores{{IDs: []string{"a", "b", "c", "d"}, Hashes: make([][16]byte, 4),
			Chance: make([]float64, 4), Scores: scores}}}
	models := []study.Model{{ID: "x"}, {ID: "y"}, {ID: "z"}}
	data, err := Imported(models, []study.Benchmark{{ID: "b"}}, s).Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := axis.DecodeScores(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Sqrt(0.02 / 3 / 4), math.Sqrt(0.25 / 3), 0.07} {
		if se, _ := got.SE.At(i, 0); math.Abs(se-want) > 1e-12 {
			t.Errorf("model %d: %v, not %v", i, se, want)
		}
	}
}
