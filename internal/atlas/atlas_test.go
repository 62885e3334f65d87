package atlas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

// study draws overlaps of n benchmarks on several axes: correlations of patterns that share a common part. On axis 0,
// benchmark odd (if any) has a pattern of its own.
func study(rng *rand.Rand, axes, n, odd int, noise float64) []*matrix.Labelled {
	const dim, patterns = 3, 12
	common, mix := zeros(n, dim), zeros(dim, patterns)
	for _, x := range [][][]float64{common, mix} {
		for i := range x {
			for d := range x[i] {
				x[i][d] = rng.NormFloat64()
			}
		}
	}
	var out []*matrix.Labelled
	for k := range axes {
		x := zeros(n, patterns)
		for i := range x {
			place := common[i]
			if k == 0 && i == odd {
				place = []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
			}
			for p := range x[i] {
				for d, v := range place {
					x[i][p] += v * mix[d][p]
				}
				x[i][p] += noise * rng.NormFloat64()
			}
		}
		data := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				data[i*n+j] = linalg.Dot(x[i], x[j]) / math.Sqrt(linalg.Dot(x[i], x[i])*linalg.Dot(x[j], x[j]))
				data[j*n+i] = data[i*n+j]
			}
			data[i*n+i] = 1
		}
		out = append(out, labelled(data))
	}
	return out
}

func rng(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 11)) }

var four = []string{"performance", "perplexity", "semantic", "neural"}

func TestCompromiseProperties(t *testing.T) {
	for seed := range 20 {
		n := 5 + seed
		c, err := Distatis(four, study(rng(seed), 4, n, -1, 1), Trace)
		if err != nil {
			t.Fatal(err)
		}
		var alpha, inertia float64
		for k := range four {
			if c.Alpha[k] < 0 {
				t.Errorf("alpha %v", c.Alpha)
			}
			alpha += c.Alpha[k]
			for l := range four {
				if c.RV[k][l] < 0 || c.RV[k][l] > 1 || c.RV[k][l] != c.RV[l][k] {
					t.Errorf("RV %v", c.RV)
				}
			}
		}
		for d, share := range c.Inertia {
			if inertia < 0.8 != (d < c.Dims) {
				t.Errorf("inertia %v, Dims %d", c.Inertia, c.Dims)
			}
			inertia += share
		}
		near(t, "sums", []float64{alpha, inertia}, []float64{1, 1}, 1e-12)
		for b, point := range c.Points {
			barycentre := make([]float64, len(point))
			for k, a := range c.Alpha {
				for d, v := range c.Satellites[k][b] {
					barycentre[d] += a * v
				}
			}
			near(t, "barycentre of satellites", barycentre, point, 1e-12)
		}
		for d, value := range c.Values {
			var sum, ss float64
			for _, p := range c.Points {
				sum += p[d]
				ss += p[d] * p[d]
			}
			near(t, "centred, with the eigenvalue's inertia", []float64{sum, ss}, []float64{0, value}, 1e-9)
		}
	}
}

func TestEqualAxesAgree(t *testing.T) {
	s := study(rng(1), 1, 9, -1, 1)[0]
	c, err := Distatis(four[:3], []*matrix.Labelled{s, s, s}, Trace)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "RV", slices.Concat(c.RV...), slices.Repeat([]float64{1}, 9), 1e-12)
	near(t, "alpha", c.Alpha, []float64{1. / 3, 1. / 3, 1. / 3}, 1e-12)
	for _, d := range c.Disagreement(c.Dims) {
		near(t, "disagreement", []float64{d.Delta}, []float64{0}, 1e-20)
	}
	one, err := Distatis(four[:1], []*matrix.Labelled{s}, Trace)
	if err != nil || one.Alpha[0] != 1 {
		t.Errorf("one axis: %v, %v", one, err)
	}
}

// Reordering benchmarks or axes must move nothing but the order.
func TestEquivariance(t *testing.T) {
	overlaps := study(rng(2), 4, 10, 3, 1)
	c, err := Distatis(four, overlaps, Trace)
	if err != nil {
		t.Fatal(err)
	}
	perm := rng(3).Perm(10)
	labels := make([]string, 10)
	for i, p := range perm {
		labels[i] = c.Labels[p]
	}
	axisPerm := []int{2, 0, 3, 1}
	var names []string
	var moved []*matrix.Labelled
	for _, k := range axisPerm {
		sub, err := overlaps[k].Sub(labels, labels)
		if err != nil {
			t.Fatal(err)
		}
		names, moved = append(names, four[k]), append(moved, sub)
	}
	m, err := Distatis(names, moved, Trace)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range perm {
		near(t, "point", m.Points[i], c.Points[p], 1e-9)
		near(t, "delta", []float64{m.Disagreement(3)[i].Delta}, []float64{c.Disagreement(3)[p].Delta}, 1e-12)
		for k, l := range axisPerm {
			near(t, "satellite", m.Satellites[k][i], c.Satellites[l][p], 1e-9)
		}
	}
}

func TestProjectingTheDataItselfGivesTheMap(t *testing.T) {
	overlaps := study(rng(4), 3, 8, -1, 1)
	c, err := Distatis(four[:3], overlaps, MFA)
	if err != nil {
		t.Fatal(err)
	}
	l, err := c.Project([][]float64{overlaps[0].Data, overlaps[1].Data, overlaps[2].Data})
	if err != nil || !reflect.DeepEqual(l, c.Layout) {
		t.Errorf("the projected original differs from the map (%v)", err)
	}
	broken := slices.Clone(overlaps[1].Data)
	broken[5] = math.NaN()
	if _, err := c.Project([][]float64{overlaps[0].Data, broken, overlaps[2].Data}); err == nil ||
		!strings.Contains(err.Error(), `"b5"`) {
		t.Errorf("a replicate with a gap: %v", err)
	}
	if _, err := c.Project([][]float64{overlaps[0].Data}); err == nil {
		t.Error("a replicate of one axis was projected")
	}
}

func TestBitsDoNotDependOnProcessors(t *testing.T) {
	run := func(procs int) (*Compromise, Configuration) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		overlaps := study(rng(5), 4, 70, -1, 1)
		c, err := Distatis(four, overlaps, Trace)
		if err != nil {
			t.Fatal(err)
		}
		delta, err := Dissimilarity(overlaps[0])
		if err != nil {
			t.Fatal(err)
		}
		s, err := SMACOF(delta, 70, 2, 1, rng(1))
		if err != nil {
			t.Fatal(err)
		}
		return c, s
	}
	c1, s1 := run(1)
	c2, s2 := run(5)
	if !reflect.DeepEqual(c1, c2) || !reflect.DeepEqual(s1, s2) {
		t.Error("bits depend on GOMAXPROCS")
	}
}

// A benchmark that one axis puts elsewhere must come out first.
func TestDisagreementFindsTheOddOne(t *testing.T) {
	found, blamed := 0, 0
	const draws = 60
	for seed := range draws {
		c, err := Distatis(four, study(rng(100+seed), 4, 24, 7, 0.7), Trace)
		if err != nil {
			t.Fatal(err)
		}
		d := c.Disagreement(c.Dims)
		top := 0
		for b := range d {
			if d[b].Delta > d[top].Delta {
				top = b
			}
		}
		if top != 7 {
			continue
		}
		found++
		if slices.Max(d[7].ByAxis) == d[7].ByAxis[0] {
			blamed++
		}
	}
	if found < draws*8/10 || blamed < found*9/10 {
		t.Errorf("found in %d of %d draws, the right axis named in %d", found, draws, blamed)
	}
}

func TestReducibleAxesWeighEqually(t *testing.T) {
	alpha, ok := weights([][]float64{{1, 0.5, 0}, {0.5, 1, 0}, {0, 0, 1}})
	if ok || !slices.Equal(alpha, []float64{1. / 3, 1. / 3, 1. / 3}) {
		t.Errorf("alpha %v, irreducible %v", alpha, ok)
	}
	alpha, ok = weights([][]float64{{1, 0.5, 0}, {0.5, 1, 0.1}, {0, 0.1, 1}})
	if !ok || !(alpha[1] > alpha[0] && alpha[0] > alpha[2] && alpha[2] > 0) {
		t.Errorf("alpha %v, irreducible %v", alpha, ok)
	}
}

func TestEqualInertiaIsSaid(t *testing.T) {
	s := labelled([]float64{1, .5, .5, .5, 1, .5, .5, .5, 1})
	c, err := Distatis(four[:1], []*matrix.Labelled{s}, Trace)
	if err != nil || len(c.Warnings) == 0 || !strings.Contains(c.Warnings[0], "arbitrary") {
		t.Errorf("an equilateral triangle: %+v, %v", c, err)
	}
}

func TestDistatisRefuses(t *testing.T) {
	good := study(rng(6), 2, 5, -1, 1)
	flat := matrix.NewSquare("flat", "1", good[0].Rows)
	for i := range flat.Data {
		flat.Data[i] = 1
	}
	gap := study(rng(6), 1, 5, -1, 1)[0]
	gap.SetMissingSym(1, 2, "constant scores")
	other := study(rng(6), 1, 5, -1, 1)[0]
	other.Rows[0], other.Cols[0] = "x", "x"
	lopsided := study(rng(6), 1, 5, -1, 1)[0]
	lopsided.Set(0, 1, 0.9)
	lopsided.Set(1, 0, -0.9)
	small, _ := good[0].Sub(good[0].Rows[:2], good[0].Rows[:2])
	for want, overlaps := range map[string][]*matrix.Labelled{
		"alike":            {good[0], flat},
		"constant scores":  {good[0], gap},
		"other benchmarks": {good[0], other},
		"not symmetric":    {good[0], lopsided},
		"three benchmarks": {small, small},
		"0 overlap":        {},
	} {
		_, err := Distatis(four[:2], overlaps, Trace)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := Distatis(four[:2], good, "none"); err == nil || !strings.Contains(err.Error(), `"none"`) {
		t.Errorf("unknown scaling: %v", err)
	}
}

func TestCommon(t *testing.T) {
	a, b := study(rng(7), 1, 6, -1, 1)[0], study(rng(8), 1, 6, -1, 1)[0]
	for j := range 6 {
		a.SetMissingSym(4, j, "at chance for every model")
	}
	b.SetMissing(2, 2, "no self-similarity")
	b, _ = b.Sub([]string{"b5", "b4", "b3", "b2", "b1"}, []string{"b5", "b4", "b3", "b2", "b1"})
	subs, absent, err := Common(four[:2], []*matrix.Labelled{a, b})
	if err != nil {
		t.Fatal(err)
	}
	want := []Absent{
		{"perplexity", "b0", "not computed on this axis"},
		{"performance", "b4", "at chance for every model"},
	}
	if !reflect.DeepEqual(absent, want) {
		t.Errorf("absent %v", absent)
	}
	for _, s := range subs {
		if !slices.Equal(s.Rows, []string{"b1", "b2", "b3", "b5"}) {
			t.Errorf("labels %v", s.Rows)
		}
	}
	if _, err := Distatis(four[:2], subs, Trace); err != nil {
		t.Error(err)
	}
	nothing := matrix.NewSquare("n", "1", []string{"b1", "b2"})
	nothing.SetMissingSym(0, 1, "x")
	if subs, absent, err = Common(four[:1], []*matrix.Labelled{nothing}); err != nil || len(absent) != 1 ||
		len(subs[0].Rows) != 1 {
		t.Errorf("%v, %v, %v", subs, absent, err)
	}
}

// Ellipses of 24 benchmarks on four axes from 500 replicates: well below 2 s.
func BenchmarkProject500(b *testing.B) {
	overlaps := study(rng(9), 4, 24, -1, 1)
	c, err := Distatis(four, overlaps, Trace)
	if err != nil {
		b.Fatal(err)
	}
	var replicate [][]float64
	for _, o := range study(rng(10), 4, 24, -1, 1) {
		replicate = append(replicate, o.Data)
	}
	for b.Loop() {
		for range 500 {
			if _, err := c.Project(replicate); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func ExampleDistatis() {
	labels := []string{"arithmetic", "algebra", "trivia"}
	one := matrix.NewSquare("performance overlap", "1", labels)
	two := matrix.NewSquare("semantic overlap", "1", labels)
	for i := range labels {
		one.Set(i, i, 1)
		two.Set(i, i, 1)
	}
	one.SetSym(0, 1, 0.8)
	one.SetSym(0, 2, 0.1)
	two.SetSym(0, 1, 0.6)
	two.SetSym(1, 2, 0.3)
	c, err := Distatis([]string{"performance", "semantic"}, []*matrix.Labelled{one, two}, Trace)
	if err != nil {
		fmt.Println(err)
		return
	}
	for b, label := range c.Labels {
		fmt.Printf("%-10s at %5.2f, disagreement %.4f\n", label, c.Points[b][0], c.Disagreement(c.Dims)[b].Delta)
	}
	// Output:
	// arithmetic at -0.41, disagreement 0.0333
	// algebra    at -0.32, disagreement 0.0104
	// trivia     at  0.72, disagreement 0.0277
}
