package study

import (
	"math"
	"testing"
)

// A table with one column a model is the same as one with one row a model; errors and perplexities are turned so that more is
// better, and a model that stands twice is taken once.
func TestOneColumnAModel(t *testing.T) {
	path := fixture(t, "[scores]\nsource = \"turned.csv\"\nlower_is_better = true\nperplexities = [\"lambada_*\"]\n")
	s, list := format().Load(path)
	if s == nil || len(list) != 1 {
		t.Fatalf("%v", list)
	}
	want := []struct {
		label, lineage string
		values         []float64
	}{
		{"a/one-1b", "a", []float64{0.75, 1 - math.Log(4)/math.Log(16)}},
		{"b's/two", "b's", []float64{0.5, 0}},
		{"three", "three", []float64{0.25, 1}},
	}
	if len(s.Scored()) != len(want) {
		t.Fatalf("%d models", len(s.Scored()))
	}
	for i, w := range want {
		m := s.Scored()[i]
		if m.Shown() != w.label || m.Lineage != w.lineage {
			t.Errorf("model %d is %q of %q", i, m.Shown(), m.Lineage)
		}
		for j, v := range w.values {
			if got := s.Scores.Values[i][j]; math.Abs(got-v) > 1e-12 {
				t.Errorf("%s on benchmark %d: %v, want %v", w.label, j, got, v)
			}
		}
	}
}

func TestModelHeader(t *testing.T) {
	for heading, want := range map[string][2]string{
		"('amber', 'LLM360/Amber')": {"amber", "LLM360/Amber"}, `("it's", 'x, y')`: {"it's", "x, y"},
		"LLM360/Amber":    {"", "LLM360/Amber"},
		"('a', 'b', 'c')": {"", "('a', 'b', 'c')"}, "(a, b)": {"", "(a, b)"}, "('a', 'b'": {"", "('a', 'b'"},
		"('a',)": {"", "('a',)"},
	} {
		if family, model := ModelHeader(heading); family != want[0] || model != want[1] {
			t.Errorf("%s: %q, %q", heading, family, model)
		}
	}
}
