package perplexity

import (
	"context"
	"math"
	"slices"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// meanOverlap averages a run of R x B x B replicates over R.
func meanOverlap(t *testing.T, f axis.Floats, labels []string, replicates int) *matrix.Labelled {
	t.Helper()
	nb := len(labels)
	if len(f) != replicates*nb*nb {
		t.Fatalf("%d numbers for %d replicates of %d benchmarks", len(f), replicates, nb)
	}
	m := matrix.NewSquare("mean overlap", "1", labels)
	for a := range nb {
		for b := range a + 1 {
			sum := 0.0
			for r := range replicates {
				v := f[(r*nb+a)*nb+b]
				if v != f[(r*nb+b)*nb+a] || a == b && v != 1 || math.IsNaN(v) || math.Abs(v) > 1 {
					t.Fatalf("replicate %d has the overlap %v of %d and %d", r, v, a, b)
				}
				sum += v
			}
			m.SetSym(a, b, sum/float64(replicates))
		}
	}
	return m
}

func meanOf(m *matrix.Labelled) float64 {
	_, values := m.UpperTriangle()
	sum := 0.0
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}

// What is planted is found in the half-samples as in the overlap itself; both have it at the same height.
func TestReplicatesFindSkills(t *testing.T) {
	_, in := planted(24, 6, 60, 50, 1)
	o := options(20, 60)
	o.Selectors = []string{Good}
	r := run(t, o, in, 2)
	if len(r.Replicates) != 1 || r.Primary().Name != "disjoint.good" {
		t.Fatal("replicates must stand under the name of the primary variant alone")
	}
	m := meanOverlap(t, r.Replicates["disjoint.good"], r.Benchmarks, r.R)
	if auc := skillAUC(t, m); auc < 0.85 {
		t.Errorf("half-samples tell benchmarks of one skill from others with an AUC of %.3f only", auc)
	}
	near(t, "mean of the half-samples against that of the overlap", meanOf(m), meanOf(r.Primary().Overlap), 0.05)
	within := 0
	pairs, values := r.Primary().Overlap.UpperTriangle()
	for k, p := range pairs {
		lo, _ := r.Primary().Lo.At(p[0], p[1])
		hi, _ := r.Primary().Hi.At(p[0], p[1])
		if lo <= values[k] && values[k] <= hi {
			within++
		}
	}
	if within != len(pairs) {
		t.Errorf("%d of %d overlaps lie in their intervals", within, len(pairs))
	}
}

// On a corpus that knows nothing of the scores neither the primary overlap nor its half-samples copy them.
func TestReplicatesOfNoise(t *testing.T) {
	_, in := planted(24, 6, 60, 50, 3)
	for _, factors := range []int{0, 2} {
		o := options(20, 60)
		o.Selectors = []string{Good}
		r := run(t, o, &inputs{scores: in.scores, f: noise(in.f, factors, 11)}, 2)
		m := meanOverlap(t, r.Replicates["disjoint.good"], r.Benchmarks, r.R)
		near(t, "mean primary overlap on noise", meanOf(r.Primary().Overlap), 0, 0.1)
		near(t, "mean of half-samples on noise", meanOf(m), 0, 0.1)
		if copied := fact(r, "copy"); copied < 0.5 {
			t.Errorf("%d factors: in sample the overlap of noise copies at %.2f only: the test shows nothing", factors, copied)
		}
	}
}

// A replicate uses the scores on the items that were drawn, and the models that were not drawn to choose.
func TestReplicateFollowsItsHalfSample(t *testing.T) {
	_, in := planted(24, 6, 60, 50, 1)
	tab := in.scores
	nb := len(tab.Benchmarks)
	tab.ItemScores = make([]axis.Floats, nb)
	for b := range nb {
		tab.Items[b] = []string{"skill", "noise"}
		rng := stats.Stream(9, "item of noise", b)
		for i := range tab.Models {
			v, _ := tab.Score.At(i, b)
			tab.ItemScores[b] = append(tab.ItemScores[b], v, rng.NormFloat64())
		}
	}
	o := options(4, 1)
	o.Selectors = []string{Good}
	s, err := newFit(context.Background(), o, tab, in.f, 1)
	if err != nil {
		t.Fatal(err)
	}
	overlap := func(models []int, item int) []float64 {
		to := make([]float64, nb*nb)
		s.replicate(to, s.selectors[0], 0, axis.HalfSample{Models: models, Items: slices.Repeat([][]int{{item}}, nb)})
		return to
	}
	auc := func(x []float64) float64 { return skillAUC(t, meanOverlap(t, x, tab.Benchmarks, 1)) }
	half := indices(24)[:12]
	skill, noise := auc(overlap(half, 0)), auc(overlap(half, 1))
	if skill < 0.7 || noise > skill-0.1 {
		t.Errorf("with items of skill the AUC is %.2f, with items of noise %.2f", skill, noise)
	}
	if slices.Equal(overlap(half, 0), overlap(complement(half, 24), 0)) {
		t.Error("the models drawn make no difference")
	}
	for _, v := range []float64{overlap(indices(19), 0)[1], overlap([]int{3, 4}, 0)[1]} {
		if !math.IsNaN(v) {
			t.Error("too few models on one side must give no overlap, not", v)
		}
	}
}

// The size of a large study: 28 benchmarks, 32 models, 14,000 pieces.
func BenchmarkReplicate(b *testing.B) {
	_, in := planted(32, 10, 300, 49, 1)
	o := options(20, 1)
	o.Selectors = []string{Good}
	s, err := newFit(context.Background(), o, in.scores, in.f, 1)
	if err != nil {
		b.Fatal(err)
	}
	nb := len(in.scores.Benchmarks)
	to := make([]float64, nb*nb)
	for i := 0; b.Loop(); i++ {
		s.replicate(to, s.selectors[0], i, axis.Draw(1, i, in.scores.Lineages, in.scores.ItemCounts()))
	}
}
