package perplexity

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
)

// A study some of whose models cannot be scored has the axis of the others; half-samples stay those of the whole study.
func TestSomeModelsAreLeftOut(t *testing.T) {
	_, in := planted(20, 2, 12, 20, 5)
	alone := run(t, options(3, 30), in, 2)

	all := *in.scores
	all.Models = slices.Concat([]string{"x"}, in.scores.Models, []string{"y"})
	all.Lineages = all.Models
	kept := make([]int, 20)
	for i := range kept {
		kept[i] = i + 1
	}
	some := *in
	some.lineages, some.kept = all.Lineages, kept
	got := run(t, options(3, 30), &some, 2)
	_, a := alone.Primary().Overlap.UpperTriangle()
	_, b := got.Primary().Overlap.UpperTriangle()
	if len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("the overlap of the models that are there changes: %v and %v", a, b)
	}
	name := alone.Primary().Name
	if slices.Equal(alone.Replicates[name], got.Replicates[name]) {
		t.Error("half-samples are drawn from the models that are there, not from all")
	}
	if !slices.ContainsFunc(got.Warnings, func(w string) bool { return strings.HasPrefix(w, "2 of 22 models are left out") }) ||
		slices.ContainsFunc(alone.Warnings, func(w string) bool { return strings.Contains(w, "left out: their") }) {
		t.Errorf("warnings %q", got.Warnings)
	}
	for r := range 20 {
		drawn := axis.Draw(1, r, all.Lineages, nil)
		var want []int
		for _, m := range drawn.Models {
			if m > 0 && m < 21 {
				want = append(want, m-1)
			}
		}
		if got := drawn.Among(kept).Models; !slices.Equal(got, want) || len(want) < 9 {
			t.Fatalf("draw %d: %v, want %v", r, got, want)
		}
	}
}
