package benchmark

import (
	"slices"
	"testing"
)

func TestTwin(t *testing.T) {
	items := []Item{{ID: "1", Prompt: "a", Choices: []string{"x", "y"}}, {ID: "2", Prompt: "b"}}
	other := slices.Clone(items)
	other[1].Prompt = "c"
	all := []*Benchmark{{Items: items}, nil, {Items: other}, {Items: slices.Clone(items)}, {Items: items[:1]}}
	for k, want := range map[int]int{0: 0, 2: 2, 3: 0, 4: 4} {
		if got := Twin(all, k); got != want {
			t.Errorf("the twin of benchmark %d is %d, want %d", k, got, want)
		}
	}
}
