package semantic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// Both tests are of MMD_u^2 less half of its median over pairs, and say how many pairs lie at or below 0.05, either way.
func TestWhatIsTested(t *testing.T) {
	_, out := runAxis(t, study4(40), 2)
	var distances []float64
	for i := range 4 {
		for j := i + 1; j < 4; j++ {
			distances = append(distances, at(t, out.Variant("hidden.mmd"), i, j))
		}
	}
	median, err := stats.Median(distances)
	if err != nil {
		t.Fatal(err)
	}
	var small [2]int
	for k, name := range []string{"low", "high"} {
		test := out.Test(name)
		_, statistic := test.Statistic.UpperTriangle()
		for k, v := range statistic {
			if d := v - (distances[k] - median/2); d > 1e-12 || d < -1e-12 {
				t.Errorf("%s: pair %d has statistic %v, want %v", name, k, v, distances[k]-median/2)
			}
		}
		_, ps := test.P.UpperTriangle()
		for _, v := range ps {
			if v <= 0.05 {
				small[k]++
			}
		}
	}
	if want := fmt.Sprintf("Of 6 pairs %d are low and %d high at p <= 0.05", small[0], small[1]); small[0] == 0 || small[1] == 0 ||
		!strings.Contains(out.Test("low").Warnings[0], want) {
		t.Errorf("want %q in %q", want, out.Test("low").Warnings[0])
	}
	least, most := 2.0, -2.0
	for i := range 4 {
		for _, v := range out.ByBenchmark {
			if self, ok := v.Values.At(i, 0); ok && v.Name == "self" {
				least, most = min(least, self), max(most, self)
			}
		}
	}
	if want := fmt.Sprintf("from %.2f to %.2f here", least, most); !strings.Contains(out.Test("high").Warnings[0], want) {
		t.Errorf("want %q in %q", want, out.Test("high").Warnings[0])
	}
}

// Three benchmarks have a median over pairs and are tested: by the primary embedding, and by others unless a model of the study
// made them. Who made an embedding is said with it.
func TestThreeBenchmarksAreTested(t *testing.T) {
	data, err := encodeBlocks(study4(12)[:3])
	if err != nil {
		t.Fatal(err)
	}
	inputs := runtime{map[string][]byte{inputName(0, 0): data, inputName(1, 0): data, inputName(2, 0): data,
		"wordings": wordingsOf(t, study4(12)[:3])}, 1}
	first, second := LearnedBy("hidden", "m", []*action.Action{nil}), LearnedBy("hidden:n", "n", []*action.Action{nil})
	first.Model, second.Model = "m", "n"
	raw, err := Axis(params(study4(12)[:3]), []Provider{first, second, Lexical(nil)}, nil, nil).Run(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range out.Tests {
		names = append(names, x.Name)
	}
	if want := []string{"low", "high", "tfidf.low", "tfidf.high"}; !slices.Equal(names, want) {
		t.Errorf("tests %q, want %q", names, want)
	}
	for name, want := range map[string][]string{"hidden": {"m"}, "hidden:n.mmd": {"n"}, "tfidf": nil} {
		if v := out.Variant(name); v == nil || !slices.Equal(v.Instruments, want) {
			t.Errorf("%s is measured by %+v, want %q", name, v, want)
		}
	}
}

// The floor of a benchmark is the 190th of its 200 split-half distances in order; half-way are the 100th and the 101st. Half-samples
// put the nearest benchmark where all items do, but for as much as a benchmark lies from itself.
func TestFloors(t *testing.T) {
	_, out := runAxis(t, study4(40), 2)
	cell := func(name string, b int) float64 {
		t.Helper()
		for _, v := range out.ByBenchmark {
			if v.Name == name {
				x, ok := v.Values.At(b, 0)
				if !ok {
					t.Fatalf("%s of benchmark %d is missing", name, b)
				}
				return x
			}
		}
		t.Fatalf("no %s", name)
		return 0
	}
	var edge [4]float64
	for b, draws := range out.Detail.Floor {
		sorted := slices.Sorted(slices.Values(draws))
		edge[b] = sorted[189]
		if len(sorted) != 200 || cell("split-half", b) != (sorted[99]+sorted[100])/2 || cell("split-half.95", b) != edge[b] {
			t.Errorf("benchmark %d: %d draws, median %v, floor %v", b, len(sorted), cell("split-half", b), cell("split-half.95", b))
		}
	}
	within := [][2]int{{0, 1}} // the equal clouds; the others lie ten floors apart
	for b := range 4 {
		least := 9.0
		for o := range 4 {
			if o != b {
				least = min(least, at(t, out.Variant("hidden.mmd"), min(b, o), max(b, o)))
			}
		}
		if got := cell("nearest", b); math.Abs(got-least) > max(edge[0], edge[1]) || (got <= edge[b]) != (b < 2) {
			t.Errorf("benchmark %d: nearest at %v where all its items give %v; floor %v", b, got, least, edge[b])
		}
	}
	if !slices.Equal(out.Detail.WithinFloor, within) {
		t.Errorf("within the floor: %v, want %v", out.Detail.WithinFloor, within)
	}
	facts := slices.DeleteFunc(slices.Clone(out.Facts), func(v axis.Value) bool { return v.Name != "pairs.within-floor" })
	if len(facts) != 1 || facts[0].N != 6 || facts[0].Value != 1 {
		t.Errorf("pairs within the floor: %+v, want 1 of 6", facts)
	}
}
