package perplexity

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"sdmap/internal/axis"
)

func subsetsOf(t *testing.T, in *inputs, workers int) *SubsetOverlaps {
	t.Helper()
	out, err := subsets(context.Background(), small(0), in, workers, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// within is the mean overlap of benchmarks of one skill less that of others, over all draws.
func within(null axis.Null, benchmarks []string) float64 {
	var sum, n [2]float64
	for r := range null.N {
		m := null.Overlap(r, benchmarks)
		for a := range benchmarks {
			for b := range a {
				if v, ok := m.At(a, b); ok {
					k := 0
					if a/3 == b/3 {
						k = 1
					}
					sum[k], n[k] = sum[k]+v, n[k]+1
				}
			}
		}
	}
	return sum[1]/n[1] - sum[0]/n[0]
}

// Signatures on subsets show skills, more so the more models there are; re-paired they do not; eight models have no thirds. The
// number of workers changes nothing.
func TestSubsetsOfModels(t *testing.T) {
	_, in := planted(18, 3, 30, 18, 5)
	out := subsetsOf(t, in, 1)
	if len(out.Sizes) != 3 || out.Sizes[0].Models != 8 || out.Sizes[2].Models != 16 {
		t.Fatalf("%d sizes", len(out.Sizes))
	}
	for _, v := range out.Sizes[0].Paired.Values {
		if !math.IsNaN(float64(v)) {
			t.Fatalf("thirds of eight models: %v", v)
		}
	}
	few, more := out.Sizes[1], out.Sizes[2]
	if a, b := within(few.Paired, out.Benchmarks), within(more.Paired, out.Benchmarks); b < 0.06 || b < a {
		t.Errorf("skills show by %.2f with 12 models and by %.2f with 16", a, b)
	}
	if r := within(more.Repaired, out.Benchmarks); math.Abs(r) > 0.15 {
		t.Errorf("re-paired, skills show by %.2f", r)
	}
	one, _ := json.Marshal(out)
	two, _ := json.Marshal(subsetsOf(t, in, 3))
	if string(one) != string(two) {
		t.Error("the number of workers changes the result")
	}
	if back, err := DecodeSubsets(one); err != nil || back.Sizes[2].Paired.N != axis.SubsetDraws {
		t.Errorf("%v", err)
	}
}
