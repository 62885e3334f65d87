package semantic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/axis"
)

// worded is a benchmark of n items made from wordings that lie around a point; each item lies around its wording.
func worded(rng *rand.Rand, name string, n, wordings int, at ...float64) Block {
	const between, within = 0.5, 0.3
	centres := make([][]float64, wordings)
	for g := range centres {
		for _, v := range at {
			centres[g] = append(centres[g], v+between*rng.NormFloat64())
		}
	}
	b := Block{Benchmark: name, Dim: len(at)}
	for i := range n {
		b.Items = append(b.Items, fmt.Sprint(i))
		b.Templates = append(b.Templates, fmt.Sprint(name, i%wordings))
		b.Texts = append(b.Texts, fmt.Sprint(name, "-", i))
		for _, v := range centres[i%wordings] {
			b.Vectors = append(b.Vectors, float32(v+within*rng.NormFloat64()))
		}
	}
	return b
}

// coverage simulates studies of two benchmarks and returns how often the interval of their overlap holds the overlap that such
// benchmarks have on average, and what share of intervals was of items only.
func coverage(t *testing.T, draws, items, wordings, replicates int) (share, itemsOnly float64) {
	t.Helper()
	p := Params{Seed: 5, Benchmarks: []string{"a", "b"}, Loaded: []int{items, items}, Lineages: []string{"m"},
		Replicates: replicates}
	var lo, hi, means []float64
	only := 0
	for d := range draws {
		rng := rand.New(rand.NewPCG(uint64(d), 17))
		p.Seed = uint64(d)
		blocks := []Block{worded(rng, "a", items, wordings, 0, 0, 0, 0), worded(rng, "b", items, wordings, .8, 0, 0, 0)}
		s, err := newSpace(p.Benchmarks, blocks)
		if err != nil {
			t.Fatal(err)
		}
		m := &measurement{p: p, primary: true, s: s, out: &Output{}}
		if m.c, err = newClouds(s); err != nil {
			t.Fatal(err)
		}
		if err := m.replicate(); err != nil {
			t.Fatal(err)
		}
		l, h := m.interval(comparisons[0], func(k, l int) (float64, error) { return cosine(m.c.kernelMeans, 2, k, l) })
		low, _ := l.At(0, 1)
		high, _ := h.At(0, 1)
		lo, hi, means = append(lo, low), append(hi, high), append(means, m.c.kernelMeans...)
		if s.pairsOfItemsOnly() != nil {
			only++
		}
	}
	var mean [4]float64
	for i, v := range means {
		mean[i%4] += v / float64(draws)
	}
	truth := mean[1] / math.Sqrt(mean[0]*mean[3])
	in := 0
	for d := range draws {
		if lo[d] <= truth && truth <= hi[d] {
			in++
		}
	}
	return float64(in) / float64(draws), float64(only) / float64(draws)
}

// The interval of the overlap covers what such benchmarks have on average, from the fewest wordings on that it is given for:
// within binomial bounds where there are many, and no less often where there are few, for which Student's t is wide. With one
// wording it is of items only, says so, and holds the truth of other wordings rarely.
func TestIntervalsCover(t *testing.T) {
	if testing.Short() {
		t.Skip("a simulation of some seconds")
	}
	const draws = 120
	spread := 3.3 * math.Sqrt(level*(1-level)/draws) // 99.9 % of simulations lie within
	for _, c := range []struct {
		wordings, replicates int
		upper                float64
	}{{fewestWordings, axis.FewestForSpread, 1}, {5, axis.FewestForSpread, 1}, {30, axis.FewestForSpread, level + spread},
		{60, 100, level + spread}} {
		share, only := coverage(t, draws, 60, c.wordings, c.replicates)
		if share < level-spread || share > c.upper || only != 0 {
			t.Errorf("%d wordings: %.3f of intervals hold the truth, want %.3f to %.3f; %.2f of items only", c.wordings, share,
				level-spread, c.upper, only)
		}
	}
	if share, only := coverage(t, draws, 60, 1, 100); share > level/2 || only != 1 {
		t.Errorf("one wording: %.3f of intervals hold the truth of other wordings, %.2f of items only", share, only)
	}
}

// The jackknife's shortcut by sums gives what leaving the rows out gives.
func TestJackknifeLeavesOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	blocks := []Block{worded(rng, "a", 20, 4, 0, 0), worded(rng, "b", 15, 15, 1, 0)}
	s, err := newSpace([]string{"a", "b"}, blocks)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClouds(s)
	if err != nil {
		t.Fatal(err)
	}
	j := newJackknife(s, c.kernel)
	out := j.units[0][2]
	var between, within, cross, pairs, one float64
	for i := range 20 {
		for k := range 35 {
			switch v := c.kernel[i*35+k]; {
			case slices.Contains(out, i) || slices.Contains(out, k) || i == k:
			case k >= 20:
				cross += v / 15 / 15
			case blocks[0].Templates[i] == blocks[0].Templates[k]:
				within, one = within+v, one+1
			default:
				between, pairs = between+v, pairs+1
			}
		}
	}
	const share = 4.0 / 19
	got := j.without(0, 1, out)
	near(t, "mean within", got[0], share*within/one+(1-share)*between/pairs, 1e-12)
	near(t, "mean between", got[1], cross, 1e-12)
	near(t, "mean within the other", got[3], c.kernelMeans[3], 1e-12)
}
