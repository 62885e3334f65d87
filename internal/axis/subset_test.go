package axis

import (
	"fmt"
	"slices"
	"testing"
)

// A subset holds whole lineages, as many models as it may where these are lineages of their own, and is the same whoever asks.
func TestSubset(t *testing.T) {
	var alone, kin []string
	for i := range 20 {
		alone, kin = append(alone, fmt.Sprintf("m%d", i)), append(kin, fmt.Sprintf("family %d", i/3))
	}
	drawn := make([]int, 20)
	for draw := range 400 {
		s := Subset(1, 8, draw, alone)
		if len(s) != 8 || !slices.IsSorted(s) || !slices.Equal(s, Subset(1, 8, draw, alone)) {
			t.Fatalf("draw %d: %v", draw, s)
		}
		for _, i := range s {
			drawn[i]++
		}
		s = Subset(1, 8, draw, kin)
		if len(s) < 6 || len(s) > 8 {
			t.Fatalf("of lineages: %v", s)
		}
		for i, l := range kin {
			if slices.Contains(s, i) != slices.Contains(s, slices.Index(kin, l)) {
				t.Fatalf("%s is torn: %v", l, s)
			}
		}
	}
	for i, n := range drawn { // 160 expected, standard deviation 10
		if n < 110 || n > 210 {
			t.Errorf("model %d is in %d of 400 subsets", i, n)
		}
	}
	if slices.Equal(Subset(1, 8, 0, alone), Subset(2, 8, 0, alone)) {
		t.Error("the seed changes nothing")
	}
	if got := Subset(1, 2, 0, kin[:18]); len(got) != 0 {
		t.Errorf("lineages of three fit into two: %v", got)
	}
}

func TestSubsetSizes(t *testing.T) {
	for models, want := range map[int][]int{0: {}, 8: {}, 9: {8}, 16: {8, 12}, 32: {8, 12, 16, 24}, 100: {8, 12, 16, 24, 32}} {
		if got := SubsetSizes(models); !slices.Equal(got, want) {
			t.Errorf("%d models: %v, want %v", models, got, want)
		}
	}
	if n := FewestForSubsets(); len(SubsetSizes(n)) != 1 || len(SubsetSizes(n-1)) != 0 {
		t.Errorf("%d are the fewest", n)
	}
}
