package performance

import (
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
)

// A pair is low only where every general factor that can be had says so: one under which it has an overlap and no test leaves it
// untested, one that it does not have changes nothing, and so does what stands for no ability.
func TestStrictestIsNotPassedUntested(t *testing.T) {
	const thin = "the reliability of b is 0.31 without two factors, below 0.5"
	filled := func(v float64) *matrix.Labelled {
		m := noDiagonal("p", labels(4))
		for b := range 4 {
			for a := range b {
				m.SetSym(a, b, v)
			}
		}
		return m
	}
	low := axis.Test{Name: "low", P: filled(0.01), Statistic: filled(2.3)}
	bound := axis.Variant{Name: Upper, Overlap: filled(0.2)}
	under, nothing := axis.Test{P: filled(0.04), Statistic: filled(1.7)}, axis.Test{P: filled(0.9), Statistic: filled(-1)}
	two := &chosen{choice: choice{name: GivenFactors, isG: true}, variant: axis.Variant{Overlap: filled(0.1)}}
	none := &chosen{choice: choice{name: GivenNothing}, variant: axis.Variant{Overlap: filled(0.1)}}
	under.P.SetMissingSym(0, 1, thin)
	under.P.SetMissingSym(0, 2, "too few")
	two.variant.Overlap.SetMissingSym(0, 2, "too few")
	uppers := map[[2]int]float64{{1, 2}: 0.3}
	first := strictest(&low, &bound, []*chosen{two, none}, []axis.Test{under, nothing}, []map[[2]int]float64{uppers, {}})

	for _, m := range []*matrix.Labelled{low.P, low.Statistic, bound.Overlap} {
		if _, ok := m.At(0, 1); ok || m.Reason(1, 0) != thin {
			t.Errorf("a pair that cannot be tested: %q", m.Reason(0, 1))
		}
	}
	for pair, want := range map[[2]int][3]float64{{0, 2}: {0.01, 2.3, 0.2}, {1, 2}: {0.04, 1.7, 0.3}} {
		p, _ := low.P.At(pair[0], pair[1])
		stat, _ := low.Statistic.At(pair[0], pair[1])
		upper, _ := bound.Overlap.At(pair[0], pair[1])
		if got := [3]float64{p, stat, upper}; got != want {
			t.Errorf("%v: %v, want %v", pair, got, want)
		}
	}
	if p, ok := first.P.At(0, 1); !ok || p != 0.01 || strings.Contains(first.Method, "largest") {
		t.Errorf("the first component alone: %v, %q", p, first.Method)
	}
}
