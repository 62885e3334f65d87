package stats

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"sdmap/internal/linalg"
)

// groupsOfPoints makes groups of items in dim dimensions; group g is shifted by g*shift.
func groupsOfPoints(rng *rand.Rand, sizes []int, dim int, shift float64) (kernel []float64, offsets []int) {
	offsets = []int{0}
	var x []float64
	for g, size := range sizes {
		for range size * dim {
			x = append(x, rng.NormFloat64()+float64(g)*shift)
		}
		offsets = append(offsets, offsets[g]+size)
	}
	n := offsets[len(sizes)]
	d, err := EuclideanDistances(x, n, dim)
	if err != nil {
		panic(err)
	}
	sigma, err := MedianDistance(d, n)
	if err != nil {
		panic(err)
	}
	kernel, err = GaussianKernel(d, n, sigma)
	if err != nil {
		panic(err)
	}
	return kernel, offsets
}

func halvesOf(seed uint64, offsets []int) func(r int) [][]int {
	return func(r int) [][]int {
		rng := Stream(seed, "halves", r)
		var out [][]int
		for g := range len(offsets) - 1 {
			out = append(out, HalfSample(rng, offsets[g+1]-offsets[g]))
		}
		return out
	}
}

// The tables of sums must say what BlockMeans says of the chosen items alone.
func TestHalfSampleBlockMeansAgainstDirect(t *testing.T) {
	kernel, offsets := groupsOfPoints(Stream(1, "direct", 0), []int{4, 90, 7, 33}, 3, 0.3)
	n, halves := offsets[4], halvesOf(1, offsets)
	const reps = 300
	got := make([][]float64, reps)
	err := HalfSampleBlockMeans(kernel, offsets, reps, halves, func(r int, means []float64) { got[r] = slices.Clone(means) })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []int{0, 63, 64, 255, 256, 299} {
		var items []int
		subOffsets := []int{0}
		for g, h := range halves(r) {
			for _, i := range h {
				items = append(items, offsets[g]+i)
			}
			subOffsets = append(subOffsets, len(items))
		}
		var sub []float64
		for _, i := range items {
			for _, j := range items {
				sub = append(sub, kernel[i*n+j])
			}
		}
		want, err := BlockMeans(sub, subOffsets)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "means", got[r], want, 1e-7)
	}
}

func TestHalfSamplesHaveEqualBits(t *testing.T) {
	kernel, offsets := groupsOfPoints(Stream(1, "bits", 0), []int{70, 65, 130}, 2, 0.3)
	run := func(procs, reps int) []float64 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		d, err := HalfSampleMMD(kernel, offsets, reps, halvesOf(1, offsets))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one, many := run(1, 700), run(7, 700)
	if !slices.Equal(one, many) {
		t.Error("bits depend on GOMAXPROCS")
	}
	if !slices.Equal(run(2, 301), one[:301*3]) {
		t.Error("bits depend on the number of replicates")
	}
}

// MMD_u^2 is unbiased: its mean over samples of one distribution is 0, and so is the mean over half-samples.
func TestSquaredMMDIsUnbiased(t *testing.T) {
	var full, half float64
	const draws = 300
	for d := range draws {
		kernel, offsets := groupsOfPoints(Stream(1, "unbiased", d), []int{20, 20}, 2, 0)
		m, err := BlockMeans(kernel, offsets)
		if err != nil {
			t.Fatal(err)
		}
		full += SquaredMMD(m[0], m[3], m[1]) / draws
		h, err := HalfSampleMMD(kernel, offsets, 20, halvesOf(uint64(d), offsets))
		if err != nil {
			t.Fatal(err)
		}
		half += linalg.Mean(h) / draws
	}
	if math.Abs(full) > 0.004 || math.Abs(half-full) > 0.003 {
		t.Errorf("mean MMD_u^2 %.4f, over half-samples %.4f", full, half)
	}
	kernel, offsets := groupsOfPoints(Stream(1, "apart", 0), []int{20, 20}, 2, 3)
	m, _ := BlockMeans(kernel, offsets)
	if d := SquaredMMD(m[0], m[3], m[1]); d < 0.3 {
		t.Errorf("groups that lie apart have MMD_u^2 %.3f", d)
	}
	if c, err := KernelCosine(m[0], m[3], m[1]); err != nil || c > 0.6 {
		t.Errorf("their kernel cosine is %.3f (%v)", c, err)
	}
}

func TestKernelsRefuse(t *testing.T) {
	if _, err := EuclideanDistances([]float64{1, math.NaN()}, 2, 1); err == nil {
		t.Error("NaN has no distance")
	}
	d, _ := EuclideanDistances([]float64{1, 1, 1, 5}, 4, 1)
	same, _ := EuclideanDistances([]float64{1, 1, 1, 1, 5}, 5, 1)
	if _, err := MedianDistance(same, 5); err == nil {
		t.Error("a bandwidth of 0 was accepted")
	}
	for _, offsets := range [][]int{nil, {0}, {0, 1, 4}, {0, 2}, {1, 4}, {0, 3, 2, 4}} {
		if _, err := BlockMeans(d, offsets); err == nil {
			t.Errorf("offsets %v were accepted", offsets)
		}
	}
	if _, err := KernelCosine(-0.01, 0.5, 0.1); err == nil {
		t.Error("a negative self-similarity has no cosine")
	}
	for _, bad := range [][][]int{{{0, 1}}, {{0}, {0, 1}}, {{1, 0}, {0, 1}}, {{0, 2}, {0, 1}}, {{0, 0}, {0, 1}}} {
		if _, err := HalfSampleMMD(d, []int{0, 2, 4}, 1, func(int) [][]int { return bad }); err == nil {
			t.Errorf("halves %v were accepted", bad)
		}
	}
}

// The test of flags: 24 benchmarks of 100 items, all 276 pairs. The target is 17,000 replicates in
// 15 s on two cores; about 6 s of processor time were seen.
func BenchmarkHalfSampleMMD(b *testing.B) {
	kernel, offsets := groupsOfPoints(Stream(1, "bench", 0), slices.Repeat([]int{100}, 24), 8, 0.1)
	for b.Loop() {
		if _, err := HalfSampleMMD(kernel, offsets, 17000, halvesOf(1, offsets)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGeneralFactor(b *testing.B) {
	rng := Stream(1, "bench", 0)
	g := normals(rng, 32)
	columns := make([][]float64, 24)
	for j := range columns {
		columns[j] = normals(rng, 32)
		for i := range g {
			columns[j][i] += g[i]
		}
	}
	c, err := NewComponents(columns)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.General(3, 7); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMantel(b *testing.B) {
	rng := Stream(1, "bench", 0)
	s, u := points(rng, 24, 4), points(rng, 24, 4)
	for b.Loop() {
		if _, err := Mantel(s, u, true, 9999, rng); err != nil {
			b.Fatal(err)
		}
	}
}
