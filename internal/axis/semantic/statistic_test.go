package semantic

import (
	"fmt"
	"strings"
	"testing"

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

// Three benchmarks have a median over pairs and are tested.
func TestThreeBenchmarksAreTested(t *testing.T) {
	if _, out := runAxis(t, study4(12)[:3], 1); len(out.Tests) != 2 {
		t.Errorf("%d tests of three benchmarks, want 2", len(out.Tests))
	}
}
