package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// onLine is a layout of points of one dimension.
func onLine(xs ...float64) atlas.Layout {
	var l atlas.Layout
	for _, x := range xs {
		l.Points = append(l.Points, []float64{x})
	}
	return l
}

func near(x, y float64) bool { return math.Abs(x-y) < 1e-12 }

// Of the points 0, 1, 3, 4, 9 and x, the last is an outlier beyond x = 12.225614793907: there the logarithm of its mean squared
// distance leaves the others' third quartile by 1.5 interquartile ranges (bisection in Python, quartiles of type 7). A reach or
// a quartile that is off by a tenth moves that by more than the hundredth of a percent to either side here.
func TestOutlierReach(t *testing.T) {
	const edge = 12.225614793907
	within, beyond := onLine(0, 1, 3, 4, 9, 0.9999*edge), onLine(0, 1, 3, 4, 9, 1.0001*edge)
	if got := outliersOf([]atlas.Layout{within, beyond, within, within}); !slices.Equal(got, []float64{0, 0, 0, 0, 0, 0.25}) {
		t.Errorf("shares of half-samples %v, want 1 of 4 for the last", got)
	}
	// Two places, far from each other: a point lies as far from the others as they do, and none is an outlier.
	if got := outliersOf([]atlas.Layout{onLine(0, 0, 5, 5)}); slices.Max(got) != 0 {
		t.Errorf("alike points: %v", got)
	}
	if got := outliersOf([]atlas.Layout{onLine(2, 2, 2)}); slices.Max(got) != 0 {
		t.Errorf("points in one place: %v", got)
	}
	if got := outliersOf(nil); got != nil {
		t.Errorf("without half-samples: %v", got)
	}
}

// Three of a row of values are among the first; equal ones at the third place all are.
func TestAmongFirst(t *testing.T) {
	got := amongFirst([][]float64{{5, 4, 3, 3, 1}, {1, 2, 3, 4, 5}})
	if want := []float64{0.5, 0.5, 1, 1, 0.5}; !slices.Equal(got, want) {
		t.Errorf("shares %v, want %v", got, want)
	}
	if got := amongFirst(nil); got != nil {
		t.Errorf("without half-samples: %v", got)
	}
}

// stretched are n half-samples of five benchmarks on two axes with equal weights: in half-sample r the satellites of benchmark
// b stand at size[b] (1 + r/100) on either side of its point.
func stretched(n int, size []float64) []atlas.Layout {
	var out []atlas.Layout
	for r := range n {
		l := onLine(make([]float64, len(size))...)
		l.Alpha, l.Satellites = []float64{0.5, 0.5}, make([][][]float64, 2)
		for _, s := range size {
			x := s * (1 + float64(r)/100)
			l.Satellites[0], l.Satellites[1] = append(l.Satellites[0], []float64{x}), append(l.Satellites[1], []float64{-x})
		}
		out = append(out, l)
	}
	return out
}

func disagreementOf(reps []atlas.Layout, size []float64) []Disagreement {
	c := &atlas.Compromise{Layout: stretched(1, size)[0], Axes: []string{"x", "y"}, Dims: 1}
	d := drawn{result: &Map{Axes: c.Axes}, compromise: c, index: []int{0, 1, 2, 3, 4}}
	d.disagree(reps)
	return d.disagreement
}

// By hand, for a benchmark of size 1 and r = 0..20: Delta = 1; the variance of r/100 is 770/20/10^4 = 0.00385, the floor as much;
// half-sample r has Delta* = (1 + r/100)^2, so the interval of 90 % runs from 1.01^2 to 1.19^2, less twice the floor.
func TestDisagreementByHand(t *testing.T) {
	size := []float64{1, 4, 2, 3, 2}
	for b, d := range disagreementOf(stretched(21, size), size) {
		unit, e := size[b]*size[b], d.Value
		if !near(e.Value, unit*(1-0.00385)) || !near(e.Lo, unit*(1.0201-0.0077)) || !near(e.Hi, unit*(1.4161-0.0077)) ||
			e.Level != 0.9 || *e.Null != 0 {
			t.Errorf("benchmark %d: %+v", b, e)
		}
		if d.Benchmark != b || !near(d.ByAxis["x"], 0.5) || !near(d.ByAxis["y"], 0.5) || e.N != 2 {
			t.Errorf("benchmark %d: %+v", b, d)
		}
		if want := map[bool]float64{true: 0, false: 1}[size[b] == 1]; d.TopThree != want {
			t.Errorf("benchmark %d is among the first three in %v of the half-samples, want %v", b, d.TopThree, want)
		}
	}
	d := disagreementOf(stretched(axis.FewestForSpread, size), size)[0].Value
	if d.Level != 0.9 || d.Value >= 1 {
		t.Errorf("with enough half-samples: %+v", d)
	}
	d = disagreementOf(stretched(axis.FewestForSpread-1, size), size)[0].Value
	if d.Level != 0 || d.Value != 1 || len(d.Warnings) != 1 {
		t.Errorf("with too few half-samples: %+v", d)
	}
}

// The floor weights each axis' variance by its mean weight and adds dimensions up to dims. By hand: axis 0 has weights 0.2 and
// 0.4 and variances 2 and 8, axis 1 weights 0.8 and 0.6 and variance 0.5: 0.3 (2 + 8) + 0.7 0.5 = 3.35, and 0.95 in one
// dimension.
func TestFloorByHand(t *testing.T) {
	reps := []atlas.Layout{
		{Alpha: []float64{0.2, 0.8}, Points: [][]float64{{1, 1}}, Satellites: [][][]float64{{{2, 3}}, {{1, 1}}}},
		{Alpha: []float64{0.4, 0.6}, Points: [][]float64{{5, 2}}, Satellites: [][][]float64{{{8, 8}}, {{6, 2}}}},
	}
	if got := floorOf(reps, 0, 2); !near(got, 3.35) {
		t.Errorf("floor %v, want 3.35", got)
	}
	if got := floorOf(reps, 0, 1); !near(got, 0.95) {
		t.Errorf("floor of one dimension %v, want 0.95", got)
	}
}

func TestEllipses(t *testing.T) {
	layout := func(r int) atlas.Layout {
		x := float64(r)
		return atlas.Layout{Points: [][]float64{{x, -x / 2, 100 * x}, {0, x * x, 0}}}
	}
	var reps []atlas.Layout
	for r := range 21 {
		reps = append(reps, layout(r))
	}
	c := &atlas.Compromise{Layout: atlas.Layout{Points: [][]float64{{7, 8, 9}, {1, 2, 3}}}, Labels: []string{"a", "b"},
		Inertia: []float64{0.5, 0.3, 0.2}}
	d := drawn{result: &Map{}, compromise: c}
	if err := d.ellipses(reps); err != nil || len(d.result.Ellipses) != 2 {
		t.Fatalf("%d ellipses, %v", len(d.result.Ellipses), err)
	}
	// The variance of 0..20 is 770/20 = 38.5.
	e := d.result.Ellipses[0]
	if e.X != 7 || e.Y != 8 || !near(e.Cov[0], 38.5) || !near(e.Cov[1], -38.5/2) || !near(e.Cov[2], 38.5/4) || e.Level != 0.95 {
		t.Errorf("%+v", e)
	}
	// Round the compromise's point, at Mahalanobis distance -2 ln(1 - 0.95) in each direction: here all on one line.
	if first, last := e.Outline[0], e.Outline[len(e.Outline)-1]; math.Hypot(first[0]-last[0], first[1]-last[1]) > 1e-9 {
		t.Errorf("the outline is open: %v, %v", first, last)
	}
	for _, p := range e.Outline {
		if x, y := p[0]-7, p[1]-8; math.Abs(y+x/2) > 1e-6 || math.Abs(x) > math.Sqrt(-2*math.Log(0.05)*38.5)+1e-9 {
			t.Errorf("the outline goes through %v", p)
		}
	}
	for name, d := range map[string]drawn{
		"few half-samples": {result: &Map{}, compromise: c},
		"one dimension": {result: &Map{}, compromise: &atlas.Compromise{Layout: c.Layout, Labels: c.Labels,
			Inertia: []float64{1}}},
	} {
		n := map[bool]int{true: axis.FewestForSpread - 1, false: 21}[name == "few half-samples"]
		if err := d.ellipses(reps[:n]); err != nil || len(d.result.Ellipses) != 0 {
			t.Errorf("%s: %d ellipses, %v", name, len(d.result.Ellipses), err)
		}
	}
	d = drawn{result: &Map{}, compromise: &atlas.Compromise{Layout: c.Layout, Labels: c.Labels, Inertia: []float64{0.6, 0.4}}}
	if err := d.ellipses(reps[:axis.FewestForSpread]); err != nil || len(d.result.Ellipses) != 2 {
		t.Errorf("just enough: %d ellipses, %v", len(d.result.Ellipses), err)
	}
}

func TestFlat(t *testing.T) {
	for name, c := range map[string]struct {
		value float64
		want  bool
	}{"ones": {1, true}, "rounding": {1 - 1e-13, true}, "nearly ones": {1 - 1e-9, false}, "zeros": {0, false}} {
		if got := flat(square(name, func(i, j int) float64 { return c.value })); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	one := square("one cell below", func(i, j int) float64 { return map[bool]float64{true: 0.9, false: 1}[i == 2 && j == 5] })
	if flat(one) {
		t.Error("an axis with one pair apart is called flat")
	}
	single, err := one.Sub(bench[:1], bench[:1])
	if err != nil || flat(single) {
		t.Errorf("an axis without pairs is called flat (%v)", err)
	}
}

// keep leaves an axis only n complete benchmarks.
func keep(r *axis.Result, n int) {
	for i := n; i < len(bench); i++ {
		for j := range i {
			r.Variants[0].Overlap.SetMissingSym(i, j, "cut")
		}
	}
}

func TestMapNeedsThreeBenchmarks(t *testing.T) {
	axes := planted()
	keep(axes[axis.Neural], 3)
	if a := analyse(t, options(), axes); a.Map == nil || !slices.Equal(a.Map.Benchmarks, bench[:3]) ||
		!slices.Equal(a.Order[3:], []int{3, 4, 5}) {
		t.Errorf("three complete benchmarks: map %+v, order %v", a.Map, a.Order)
	}
	keep(axes[axis.Neural], 2)
	a := analyse(t, options(), axes)
	if a.Map != nil || !strings.Contains(strings.Join(a.Warnings, ""), "fewer than three benchmarks") ||
		len(a.Order) != len(bench) {
		t.Errorf("two complete benchmarks: map %+v, warnings %q, order %v", a.Map, a.Warnings, a.Order)
	}
	two := map[string]*axis.Result{axis.Semantic: planted()[axis.Semantic], axis.Neural: planted()[axis.Neural]}
	if a := analyse(t, options(), two); a.Map == nil || len(a.Map.Axes) != 2 {
		t.Errorf("two axes have no map: %q", a.Warnings)
	}
	delete(two, axis.Neural)
	if a := analyse(t, options(), two); a.Map != nil || !strings.Contains(a.Warnings[0], "two axes") {
		t.Errorf("one axis: map %v, warnings %q", a.Map, a.Warnings)
	}
}

// A half-sample with a missing overlap is left out, and said to be; what stands on the diagonal does not matter.
func TestHalfSamplesOfTheMap(t *testing.T) {
	clean := analyse(t, options(), planted())
	axes := planted()
	cells, n := axes[axis.Semantic].Replicates["raw"], len(bench)
	for r := range axes[axis.Semantic].R {
		for i := range n {
			cells[(r*n+i)*n+i] = math.NaN()
		}
	}
	a := analyse(t, options(), axes)
	if a.Map.Replicates != 60 || len(a.Map.Warnings) != len(clean.Map.Warnings) ||
		a.Disagreement[2].Value.Lo != clean.Disagreement[2].Value.Lo {
		t.Errorf("a missing diagonal: %d half-samples, %q", a.Map.Replicates, a.Map.Warnings)
	}
	cells[3*n*n+1], cells[3*n*n+n] = math.NaN(), math.NaN()
	a = analyse(t, options(), axes)
	if a.Map.Replicates != 59 || !strings.Contains(strings.Join(a.Map.Warnings, ""), "1 of 60 half-samples") {
		t.Errorf("a missing overlap: %d half-samples, %q", a.Map.Replicates, a.Map.Warnings)
	}
	axes = planted()
	axes[axis.Neural].R = 40
	if a := analyse(t, options(), axes); a.Map.Replicates != 40 {
		t.Errorf("%d half-samples, want those that every axis has: 40", a.Map.Replicates)
	}
	for name, without := range map[string]func(r *axis.Result){"none drawn": func(r *axis.Result) { r.R = 0 },
		"none kept": func(r *axis.Result) { r.Replicates = nil }} {
		axes := planted()
		without(axes[axis.Neural])
		a := analyse(t, options(), axes)
		if a.Map.Replicates != 0 || len(a.Map.Ellipses) != 0 ||
			!strings.Contains(strings.Join(a.Map.Warnings, ""), "the neural axis has no replicates") {
			t.Errorf("%s: %d half-samples, %d ellipses, %q", name, a.Map.Replicates, len(a.Map.Ellipses), a.Map.Warnings)
		}
	}
}

// Half-samples that give the study's own overlaps put every point where it stands: no ellipse has a size, and no interval.
func TestHalfSamplesLikeTheStudy(t *testing.T) {
	axes := planted()
	for _, r := range axes {
		r.Replicates["raw"] = replicates(r.Variants[0].Overlap, "none", r.R, 0)
	}
	a := analyse(t, options(), axes)
	for b, e := range a.Map.Ellipses {
		if math.Abs(e.Cov[0])+math.Abs(e.Cov[2]) > 1e-20 {
			t.Errorf("%s: covariance %v", bench[b], e.Cov)
		}
	}
	for _, d := range a.Disagreement {
		if v := d.Value; math.Abs(v.Lo-v.Value)+math.Abs(v.Hi-v.Value) > 1e-9 {
			t.Errorf("%s: %v from %v to %v", bench[d.Benchmark], v.Value, v.Lo, v.Hi)
		}
	}
}

// withGFree gives the performance axis a second overlap, in which nothing but chance is left.
func withGFree(axes map[string]*axis.Result) map[string]*axis.Result {
	p := axes[axis.Performance]
	m := square(gfree, func(i, j int) float64 { return 0.3 + 0.05*float64((7*i+5*j)%8) })
	p.Variants = append(p.Variants, axis.Variant{Name: gfree, Title: "without g", Overlap: m, N: 32})
	p.Replicates[gfree] = replicates(m, gfree, p.R, 0.02)
	return axes
}

func TestMapWithoutTheGeneralFactor(t *testing.T) {
	if a := analyse(t, options(), planted()); a.MapGFree != nil {
		t.Error("a map without the general factor from axes that have no such overlap")
	}
	a := analyse(t, options(), withGFree(planted()))
	as := planted()
	as[axis.Performance].Variants = withGFree(planted())[axis.Performance].Variants[1:]
	as[axis.Performance].Replicates = map[string]axis.Floats{gfree: replicates(as[axis.Performance].Variants[0].Overlap, gfree,
		60, 0.02)}
	want := analyse(t, options(), as).Map
	if a.MapGFree == nil || !slices.EqualFunc(a.MapGFree.Points, want.Points, slices.Equal) ||
		a.MapGFree.Ellipses[3].Cov != want.Ellipses[3].Cov {
		t.Error("the second map is not that of the g-free overlap")
	}
	if raw := analyse(t, options(), planted()).Map; !slices.EqualFunc(a.Map.Points, raw.Points, slices.Equal) {
		t.Error("the first map is not that of the raw overlap")
	}
}

// Each panel is turned onto the compromise: both of its coordinates go with the map's.
func TestPanelsLieOnTheMap(t *testing.T) {
	a := analyse(t, options(), planted())
	for _, p := range a.Map.Panels {
		for d := range 2 {
			var x, y []float64
			for b := range a.Map.Points {
				x, y = append(x, a.Map.Points[b][d]), append(y, p.Points[b][d])
			}
			if r, err := stats.Pearson(x, y); err != nil || r < 0.8 {
				t.Errorf("%s: coordinate %d correlates by %v with the map's (%v)", p.Axis, d, r, err)
			}
		}
		if p.Stress <= 0 || p.Stress > 0.3 {
			t.Errorf("%s: stress %v", p.Axis, p.Stress)
		}
	}
}
