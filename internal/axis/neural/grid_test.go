package neural

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
)

// someTraced is a sample of three models on five benchmarks.
func someTraced(t *testing.T) (Params, [][]*Patterns) {
	t.Helper()
	rng := rand.New(rand.NewPCG(4, 4))
	sizes := []int{8, 9, 8, 10, 8}
	states := make([][][]float32, 3)
	for m := range states {
		for b, n := range sizes {
			var x []float32
			for range n * 2 * 3 {
				x = append(x, float32(rng.NormFloat64()+float64(b%3)))
			}
			states[m] = append(states[m], x)
		}
	}
	return traced(t, states, sizes, 2, 3)
}

// without takes models and benchmarks out of a study.
func without(p Params, all [][]*Patterns, models, benchmarks []int) (Params, [][]*Patterns) {
	var out [][]*Patterns
	q := p
	q.Models, q.Lineages, q.Benchmarks, q.Loaded = nil, nil, nil, nil
	for m := range p.Models {
		if slices.Contains(models, m) {
			continue
		}
		var row []*Patterns
		for b := range p.Benchmarks {
			if !slices.Contains(benchmarks, b) {
				row = append(row, all[m][b])
			}
		}
		out, q.Models, q.Lineages = append(out, row), append(q.Models, p.Models[m]), append(q.Lineages, p.Lineages[m])
	}
	for b := range p.Benchmarks {
		if !slices.Contains(benchmarks, b) {
			q.Benchmarks, q.Loaded = append(q.Benchmarks, p.Benchmarks[b]), append(q.Loaded, p.Loaded[b])
		}
	}
	return q, out
}

// What fails costs a model or a benchmark, and the others have the overlaps of a study without it.
func TestWhatFailsIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		failed             [][2]int // model, benchmark
		models, benchmarks []int    // that go
		told               string
	}{
		"a model":             {[][2]int{{1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}}, []int{1}, nil, "model m1 takes no part"},
		"a benchmark":         {[][2]int{{0, 2}, {1, 2}, {2, 2}}, nil, []int{2}, "benchmark c takes no part"},
		"one of three models": {[][2]int{{2, 3}}, nil, []int{3}, "d takes no part"},
		"a model, a pattern": {[][2]int{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 4}}, []int{0}, []int{4},
			"model m0 takes no part"},
		"most of a model":        {[][2]int{{2, 0}, {2, 1}, {2, 2}}, []int{2}, nil, "model m2 takes no part: it failed on a"},
		"two models, one of all": {[][2]int{{0, 1}, {1, 1}}, nil, []int{1}, "b takes no part"},
	} {
		t.Run(name, func(t *testing.T) {
			p, all := someTraced(t)
			q, rest := without(p, all, c.models, c.benchmarks)
			_, want := runAxis(t, q, rest, 2)
			for _, f := range c.failed {
				all[f[0]][f[1]] = nil
			}
			_, got := runAxis(t, p, all, 2)
			if !slices.Equal(got.Detail.Models, want.Detail.Models) {
				t.Fatalf("models %v, want %v", got.Detail.Models, want.Detail.Models)
			}
			for _, v := range want.Variants {
				for i, x := range v.Overlap.Rows {
					for j, y := range v.Overlap.Cols {
						m := got.Variant(v.Name).Overlap
						a, okA := v.Overlap.At(i, j)
						b, okB := m.At(m.RowIndex(x), m.ColIndex(y))
						if a != b || okA != okB {
							t.Fatalf("%s of %s and %s: %v, without the failed %v", v.Name, x, y, b, a)
						}
					}
				}
			}
			text := strings.Join(got.Warnings, "; ")
			if len(got.Alarms) != 1 || got.Alarms[0].Kind != "failed" || got.Alarms[0].Blocks || !strings.Contains(text, c.told) ||
				!strings.Contains(text, "the file is damaged") || len(want.Alarms) != 0 {
				t.Errorf("alarms %+v, warnings %s", got.Alarms, text)
			}
			for _, b := range c.benchmarks {
				if _, ok := got.Primary().Overlap.At(b, 0); ok || !strings.Contains(got.Primary().Overlap.Reason(b, 0), "failed") {
					t.Errorf("%s: %q", p.Benchmarks[b], got.Primary().Overlap.Reason(b, 0))
				}
			}
		})
	}
	p, all := someTraced(t)
	inputs := map[string][]byte{}
	for m := range all {
		for b := range all[m] {
			inputs[inputName(p, m, b)] = nil
		}
	}
	_, err := Axis(p, make2(all)).Run(t.Context(), runtime{inputs, 1})
	if err == nil || !strings.Contains(err.Error(), "no model could be traced: m0 on a: the file is damaged") {
		t.Errorf("nothing is left: %v", err)
	}
}

// A benchmark that has scores alone is absent, as if the study did not have it.
func TestABenchmarkWithoutItems(t *testing.T) {
	p, all := someTraced(t)
	q, rest := without(p, all, nil, []int{1})
	_, want := runAxis(t, q, rest, 1)
	inputs, actions := map[string][]byte{}, make([][]*action.Action, len(all))
	for m, row := range all {
		for b, one := range row {
			actions[m] = append(actions[m], nil)
			if b == 1 {
				continue
			}
			actions[m][b] = &action.Action{}
			data, err := one.Encode()
			if err != nil {
				t.Fatal(err)
			}
			inputs[inputName(p, m, b)] = data
		}
	}
	p.Loaded[1] = 0
	data, err := Axis(p, actions).Run(t.Context(), runtime{inputs, 1})
	if err != nil {
		t.Fatal(err)
	}
	var got Output
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	a, okA := got.Primary().Overlap.At(0, 2)
	b, okB := want.Primary().Overlap.At(0, 1)
	if a != b || !okA || !okB || !strings.Contains(got.Primary().Overlap.Reason(0, 1), "no items") || len(got.Alarms) > 0 {
		t.Error(fmt.Sprint(a, b, got.Primary().Overlap.Reason(0, 1), got.Alarms))
	}
}
