package stats

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"sdmap/internal/linalg"
)

func TestStreamsAreApart(t *testing.T) {
	first := func(seed uint64, step string, r int) uint64 { return Stream(seed, step, r).Uint64() }
	a := first(1, "mantel", 0)
	if a != first(1, "mantel", 0) {
		t.Error("equal arguments, different streams")
	}
	for _, b := range []uint64{first(2, "mantel", 0), first(1, "rv", 0), first(1, "mantel", 1), first(1, "mantel\x000", 0)} {
		if a == b {
			t.Error("different arguments, equal streams")
		}
	}
}

func TestHalfSamples(t *testing.T) {
	rng := Stream(1, "half", 0)
	for n := range 12 {
		h := HalfSample(rng, n)
		if len(h) != (n+1)/2 || !slices.IsSorted(h) || len(slices.Compact(slices.Clone(h))) != len(h) {
			t.Errorf("half of %d: %v", n, h)
		}
	}
	groups := []string{"b", "a", "b", "c", "a", "d"}
	counts := make([]int, len(groups))
	for range 4000 {
		units := HalfSampleGroups(rng, groups)
		in := map[string]int{}
		for _, u := range units {
			in[groups[u]]++
			counts[u]++
		}
		if len(in) != 2 {
			t.Fatalf("%d of 4 groups", len(in))
		}
		for g, k := range in {
			if want := map[string]int{"a": 2, "b": 2, "c": 1, "d": 1}[g]; k != want {
				t.Fatalf("group %s was torn: %d of %d", g, k, want)
			}
		}
	}
	for u, c := range counts {
		if c < 1850 || c > 2150 {
			t.Errorf("unit %d was drawn %d times in 4000", u, c)
		}
	}
}

func TestPermuteWithin(t *testing.T) {
	blocks := []string{"x", "y", "x", "x", "y"}
	rng := Stream(1, "within", 0)
	seen := map[[5]int]bool{}
	for range 500 {
		p := PermuteWithin(rng, blocks)
		for i, j := range p {
			if blocks[i] != blocks[j] {
				t.Fatalf("%v crosses blocks", p)
			}
		}
		seen[[5]int(p)] = true
	}
	if got := DistinctPermutations(blocks); got != 12 || len(seen) != 12 {
		t.Errorf("%d permutations seen, %v counted, want 12", len(seen), got)
	}
}

func TestPermuteEnumerates(t *testing.T) {
	seen := map[[4]int]bool{}
	made, all := permute(4, 24, nil, func(p []int) { seen[[4]int(p)] = true })
	if made != 24 || !all || len(seen) != 24 {
		t.Errorf("%d permutations, all %v, %d distinct", made, all, len(seen))
	}
	if made, all = permute(4, 23, Stream(1, "", 0), func([]int) {}); made != 23 || all {
		t.Errorf("beyond the limit: %d, %v", made, all)
	}
	if made, all = permute(200, 3, Stream(1, "", 0), func([]int) {}); made != 3 || all {
		t.Errorf("200! permutations: %d, %v", made, all)
	}
}

func TestDistinctHalves(t *testing.T) {
	for _, c := range []struct {
		groups []string
		want   float64
	}{{nil, 1}, {[]string{"a"}, 1}, {[]string{"a", "b", "a"}, 2}, {[]string{"a", "b", "c"}, 3},
		{[]string{"a", "b", "c", "d", "e", "f", "g"}, 35}} {
		if got := DistinctHalves(c.groups); got != c.want {
			t.Errorf("%v: %v halves, want %v", c.groups, got, c.want)
		}
	}
	many := make([]string, 32)
	for i := range many {
		many[i] = string(rune('a' + i))
	}
	if got := DistinctHalves(many); got != 601080390 { // choose(32, 16)
		t.Errorf("32 groups: %v halves", got)
	}
}

func TestAgainstMedian(t *testing.T) {
	d := []float64{
		1, 2, 9,
		1, 3, 8,
		2, 1, 7, // the first column is the median here
		1, 1, 1,
	}
	far, near_, err := AgainstMedian(d, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "far", far, []float64{1, 1, 2.0 / 5}, 1e-15)
	near(t, "near", near_, []float64{3.0 / 5, 4.0 / 5, 1}, 1e-15)
	// Half of the medians 2, 3, 2, 1: the second column lies above it in three of four.
	far, near_, err = AgainstMedian(d, 3, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "far of half", far, []float64{3.0 / 5, 2.0 / 5, 1.0 / 5}, 1e-15)
	near(t, "near of half", near_, []float64{4.0 / 5, 1, 1}, 1e-15)
	// Where nothing lies apart, nothing is far and nothing near.
	if far, near_, _ = AgainstMedian([]float64{-1, 0, 1}, 3, 0.5); far[2] != 1 || near_[0] != 1 {
		t.Errorf("median 0: far %v, near %v", far, near_)
	}
	if _, _, err := AgainstMedian([]float64{1, math.NaN()}, 2, 1); err == nil {
		t.Error("NaN was ranked")
	}
	if _, _, err := AgainstMedian(d, 5, 1); err == nil {
		t.Error("12 values were read as rows of 5")
	}
}

func TestAdjustedPValues(t *testing.T) {
	rng := Stream(1, "adjust", 0)
	p := make([]float64, 30)
	for i := range p {
		p[i] = rng.Float64()
	}
	holm, bh, by := all(Holm(p)), all(BenjaminiHochberg(p)), all(BenjaminiYekutieli(p))
	for i := range p {
		if !(p[i] <= bh[i] && bh[i] <= by[i] && bh[i] <= holm[i] && by[i] <= 1 && holm[i] <= 1) {
			t.Errorf("p %v: BH %v, BY %v, Holm %v", p[i], bh[i], by[i], holm[i])
		}
	}
	for _, bad := range [][]float64{{math.NaN()}, {-0.1}, {1.1}} {
		if _, err := BenjaminiYekutieli(bad); err == nil {
			t.Errorf("%v was adjusted", bad)
		}
	}
}

func TestGeneralFactor(t *testing.T) {
	rng := Stream(1, "factor", 0)
	g := normals(rng, 200)
	columns := make([][]float64, 8)
	for j := range columns {
		columns[j] = normals(rng, 200)
		for i := range g {
			columns[j][i] += 1.5 * g[i]
		}
	}
	c, err := NewComponents(columns)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.General(2, 5)
	if err != nil {
		t.Fatal(err)
	}
	direct, err := GeneralFactor([][]float64{columns[0], columns[1], columns[3], columns[4], columns[6], columns[7]})
	if err != nil || !reflect.DeepEqual(f, direct) {
		t.Error("leaving columns out differs from not having them")
	}
	if r, _ := Pearson(f.Scores, g); r < 0.9 {
		t.Errorf("the factor correlates %.2f with what made it", r)
	}
	for j, k := range []int{0, 1, 3, 4, 6, 7} {
		r, _ := Pearson(f.Scores, columns[k])
		near(t, "loading", []float64{f.Loadings[j]}, []float64{r}, 1e-12)
	}
	_, se, _ := MeanSE(f.Scores)
	near(t, "variance of scores", []float64{se * math.Sqrt(200)}, []float64{1}, 1e-12)
	if _, err := NewComponents([][]float64{columns[0], slices.Repeat([]float64{1}, 200)}); err == nil {
		t.Error("a constant column was standardised")
	}
	p, err := ParallelAnalysis(columns, 100, 0.95, func(r int) *rand.Rand { return Stream(1, "parallel", r) })
	if err != nil || p.Count != 1 {
		t.Errorf("one factor was planted, %d found (%v)", p.Count, err)
	}
}

// Power iteration and the full decomposition must agree, also where no factor dominates.
func TestFirstEigen(t *testing.T) {
	for seed := range 40 {
		rng := Stream(1, "eigen", seed)
		k := 2 + rng.IntN(12)
		columns := make([][]float64, k)
		g := normals(rng, 20)
		for j := range columns {
			columns[j] = normals(rng, 20)
			for i := range g {
				columns[j][i] += float64(seed%4) * g[i]
			}
		}
		c, err := NewComponents(columns)
		if err != nil {
			t.Fatal(err)
		}
		values, vectors := linalg.EigenSym(c.corr, k)
		value, v := firstEigen(c.corr, k)
		orient(v)
		orient(vectors[0])
		near(t, "eigenvalue", []float64{value}, values[:1], 1e-11)
		near(t, "eigenvector", v, vectors[0], 1e-9)
	}
}

// A quantile by selection is that of sorted numbers, also with ties.
func TestQuantileOf(t *testing.T) {
	rng := Stream(1, "selection", 0)
	for n := 1; n < 200; n++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(rng.IntN(n))
		}
		sorted := slices.Sorted(slices.Values(x))
		for _, p := range []float64{0, 0.025, 0.3, 0.5, 0.975, 1} {
			h := p * float64(n-1)
			want := sorted[int(h)]
			if next := int(h) + 1; next < n {
				want += (h - float64(next-1)) * (sorted[next] - want)
			}
			if got := quantileOf(x, p); got != want {
				t.Fatalf("quantile %v of %d numbers is %v, want %v", p, n, got, want)
			}
		}
	}
}
