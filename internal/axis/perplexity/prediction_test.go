package perplexity

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// On noise a signature fits its own models and none that were left out; with planted skills it predicts those as well.
func TestPredictionIsNested(t *testing.T) {
	for _, noise := range []bool{true, false} {
		c, in := planted(24, 2, 16, 30, 4)
		if noise {
			rng := rand.New(rand.NewPCG(1, 1))
			for i := range in.f.x {
				for k := range in.f.x[i] {
					in.f.x[i][k] = float32(rng.NormFloat64())
				}
			}
		}
		for _, selector := range []string{Good, AIC, Lasso} {
			o := options(4, 30)
			o.Selectors = []string{selector}
			r := report(t, o, in, c, 2)
			var own, nested float64
			for _, s := range r.Of {
				p := s.Prediction
				if p.InSample == nil || p.Nested == nil || p.Models != 24 || p.Folds != 24 {
					t.Fatalf("%+v", p)
				}
				own, nested = own+*p.InSample/float64(len(r.Of)), nested+*p.Nested/float64(len(r.Of))
			}
			if own < 0.3 || noise && nested > 0.1 || !noise && selector == Good && nested < 0.2 {
				t.Errorf("noise %v, %s: R² %.2f in sample, %.2f nested", noise, selector, own, nested)
			}
		}
	}
}

// Without a lineage nothing of it enters: its scores and surprisals may be anything.
func TestFoldsLeaveLineagesOut(t *testing.T) {
	_, in := planted(12, 2, 8, 12, 6)
	in.scores.Lineages = []string{"a", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}
	choose := func() []signature {
		o := options(2, 10)
		s, err := newFit(context.Background(), o, in.scores, in.f, 1)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.leaveOut(context.Background(), s.selectors[0])
		if err != nil || len(out) != 11 {
			t.Fatalf("%d folds, %v", len(out), err)
		}
		return out[0].signatures
	}
	before := choose()
	for _, i := range []int{0, 1} {
		for b := range in.scores.Benchmarks {
			in.scores.Score.Set(i, b, float64(b))
		}
		for k := range in.f.x[i] {
			in.f.x[i][k] = float32(k)
		}
	}
	for b, sig := range choose() {
		if !slices.Equal(sig.pieces, before[b].pieces) {
			t.Errorf("benchmark %d: the signature changes with models that were left out", b)
		}
	}
}

// What is not changed is not moved, and every number has its n.
func TestVariations(t *testing.T) {
	c, in := planted(16, 2, 12, 20, 7)
	o := options(3, 10)
	o.Selectors, o.Ratio = []string{AIC}, 0.2
	r := report(t, o, in, c, 2)
	if len(r.Variations) != len(ratioFactors)+3 {
		t.Fatalf("%d variations", len(r.Variations))
	}
	for _, v := range r.Variations {
		if v.Draws == 0 || v.Overlap == nil || v.Pairs != 15 || v.Jaccard != nil &&
			(*v.Jaccard < 0 || *v.Jaccard > 1 || v.Benchmarks != 6) {
			t.Errorf("%+v", v)
		}
	}
	for _, same := range []struct {
		selector string
		ratio    float64
	}{{Good, 0.2}, {AIC, 0.005}} { // k pieces whatever the tail, and fewer than the least of candidates
		o.Selectors, o.K, o.Ratio = []string{same.selector}, 5, same.ratio
		for _, v := range report(t, o, in, c, 2).Variations {
			if strings.HasPrefix(v.Change, "share of a tail") {
				t.Errorf("%s chooses from the same pieces: %+v", same.selector, v)
			}
		}
	}
}

// A regression on nearly as many pieces as models is warned of, with how many they are; pieces that are counted off are not.
func TestOverfitted(t *testing.T) {
	for _, c := range []struct {
		selector string
		want     bool
	}{{AIC, true}, {EBIC, false}, {Good, false}} {
		_, in := planted(16, 2, 12, 20, 7)
		o := options(2, 10)
		o.Selectors, o.ResidualG = []string{c.selector}, false
		s, err := newFit(context.Background(), o, in.scores, in.f, 1)
		if err != nil {
			t.Fatal(err)
		}
		said := s.overfitted()
		if (len(said) == 1) != c.want || c.want && !strings.Contains(said[0], "half of the 16 models, up to 14") {
			t.Errorf("%s: %q", c.selector, said)
		}
	}
}
