package neural

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sdmap/internal/stats"
)

// Both tests are of the crossnobis distance less half of its median over pairs, say how many pairs lie at or below 0.05, and
// have nothing on the diagonal.
func TestWhatIsTested(t *testing.T) {
	states, sizes := planted(13, 6, 30, 2, 12, rand.New(rand.NewPCG(1, 9)))
	p, all := traced(t, states, sizes, 2, 12)
	_, out := runAxis(t, p, all, 2)
	distances := upper(t, out.Variant("crossnobis"))
	median, err := stats.Median(distances)
	if err != nil {
		t.Fatal(err)
	}
	if lo := out.Variant("crossnobis"); lo.Level != 0.95 || !strings.Contains(lo.Method, "Intervals") {
		t.Errorf("intervals at level %v", lo.Level)
	}
	for _, name := range []string{"low", "high"} {
		test := out.Test(name)
		_, statistic := test.Statistic.UpperTriangle()
		for k, v := range statistic {
			near(t, name, v, distances[k]-median/2, 1e-12)
		}
		small := 0
		_, ps := test.P.UpperTriangle()
		for _, v := range ps {
			if v <= 0.05 {
				small++
			}
		}
		if want := fmt.Sprintf("Of %d pairs %d have p <= 0.05", len(ps), small); !strings.Contains(test.Warnings[0], want) {
			t.Errorf("%s: want %q in %q", name, want, test.Warnings[0])
		}
		if _, ok := test.P.At(2, 2); ok || test.Statistic.Reason(2, 2) == "" {
			t.Errorf("%s: a benchmark is tested against itself", name)
		}
	}
}

// Three benchmarks have a median over pairs and are tested.
func TestThreeBenchmarksAreTested(t *testing.T) {
	states, sizes := planted(13, 3, 30, 2, 12, rand.New(rand.NewPCG(1, 9)))
	p, all := traced(t, states, sizes, 2, 12)
	if _, out := runAxis(t, p, all, 2); len(out.Tests) != 2 {
		t.Errorf("%d tests of three benchmarks, want 2", len(out.Tests))
	}
}
