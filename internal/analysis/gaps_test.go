package analysis

import (
	"strings"
	"testing"

	"sdmap/internal/axis"
)

// A pair of few models that have both scores is kept from labels, and its estimates say their own n.
func TestFewModelsOfAPair(t *testing.T) {
	axes := planted()
	v := axes[axis.Performance].Primary()
	v.Ns = make([]int, len(bench)*len(bench))
	for i := range v.Ns {
		v.Ns[i] = v.N
	}
	v.Ns[0*len(bench)+2], v.Ns[2*len(bench)+0] = 6, 6
	a := analyse(t, options(), axes)
	for _, p := range a.Pairs {
		few := p.A == 0 && p.B == 2
		if few != strings.Contains(p.Blocked, "Only 6 models have both scores, fewer than 8") {
			t.Errorf("%d, %d is kept from labels by %q", p.A, p.B, p.Blocked)
		}
		if n := p.Overlaps[axis.Performance].N; few && n != 6 || !few && n != v.N {
			t.Errorf("%d, %d: n = %d", p.A, p.B, n)
		}
		if p.Untested != "" {
			t.Errorf("%d, %d can be tested: %q", p.A, p.B, p.Untested)
		}
	}
}

// Where no label can be tested, every pair says which part is missing.
func TestUntestedPairsSayWhy(t *testing.T) {
	axes := planted()
	one := map[string]*axis.Result{axis.Performance: axes[axis.Performance]}
	for _, p := range analyse(t, options(), one).Pairs {
		if p.Untested != "No second axis: a label compares two." {
			t.Errorf("%d, %d: %q", p.A, p.B, p.Untested)
		}
	}
	signatures := *axes[axis.Performance]
	signatures.Axis, signatures.Tests = axis.Perplexity, nil
	two := map[string]*axis.Result{axis.Performance: axes[axis.Performance], axis.Perplexity: &signatures}
	for _, p := range analyse(t, options(), two).Pairs {
		if !strings.HasPrefix(p.Untested, "No label takes performance and perplexity alone") {
			t.Errorf("%d, %d: %q", p.A, p.B, p.Untested)
		}
	}
	axes[axis.Performance].Test("high").P.SetMissingSym(1, 3, "5 models have both scores, fewer than 8")
	axes[axis.Performance].Test("low").P.SetMissingSym(1, 3, "no reliability")
	axes[axis.Neural].Test("low").P.SetMissingSym(1, 3, "no trace")
	for _, p := range analyse(t, options(), axes).Pairs {
		want := ""
		if p.A == 1 && p.B == 3 {
			want = "No test of the performance axis (high): 5 models have both scores, fewer than 8."
		}
		if p.Untested != want {
			t.Errorf("%d, %d: %q, want %q", p.A, p.B, p.Untested, want)
		}
	}
}
