package atlas

import (
	"math"
	"slices"
	"testing"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

func distances(points [][]float64) []float64 {
	n := len(points)
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			out[i*n+j] = math.Sqrt(squaredDistance(points[i], points[j], len(points[i])))
		}
	}
	return out
}

func randomPoints(seed, n, dims int) [][]float64 {
	r := rng(seed)
	out := zeros(n, dims)
	for i := range out {
		for d := range out[i] {
			out[i][d] = r.NormFloat64()
		}
	}
	return out
}

// Points that lie in a plane come back exactly, up to a rigid motion.
func TestScalingRecoversAPlane(t *testing.T) {
	truth := randomPoints(1, 12, 2)
	delta := distances(truth)
	classical, err := ClassicalMDS(delta, 12, 2)
	if err != nil {
		t.Fatal(err)
	}
	smacof, err := SMACOF(delta, 12, 2, 3, rng(2))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Configuration{"classical": classical, "SMACOF": smacof} {
		a, err := Procrustes(truth, c.Points, false)
		if err != nil {
			t.Fatal(err)
		}
		near(t, name, []float64{a.Residual, c.Stress}, []float64{0, 0}, 1e-6)
		near(t, name+" aligned", columns(a.Points), columns(truth), 1e-6)
	}
}

func TestGuttmanTransformNeverRaisesStress(t *testing.T) {
	for seed := range 20 {
		delta := distances(randomPoints(seed, 15, 6))
		points := randomPoints(100+seed, 15, 2)
		last := stress(delta, points)
		for step := range 200 {
			points = guttman(delta, points)
			now := stress(delta, points)
			if now > last+1e-12 {
				t.Fatalf("seed %d, step %d: stress rose from %.15f to %.15f", seed, step, last, now)
			}
			last = now
		}
	}
}

func TestRestartsNeverHurt(t *testing.T) {
	delta := distances(randomPoints(3, 20, 8))
	classical, err := ClassicalMDS(delta, 20, 2)
	if err != nil {
		t.Fatal(err)
	}
	none, _ := SMACOF(delta, 20, 2, 0, rng(1))
	many, _ := SMACOF(delta, 20, 2, 20, rng(1))
	if !(many.Stress <= none.Stress && none.Stress < classical.Stress) || many.Starts != 21 {
		t.Errorf("stress: classical %v, from there %v, with restarts %v", classical.Stress, none.Stress, many.Stress)
	}
	again, _ := SMACOF(delta, 20, 2, 20, rng(1))
	if !slices.Equal(columns(again.Points), columns(many.Points)) {
		t.Error("equal streams, different maps")
	}
	// The configuration is optimal only if the raw stress cannot be lowered by a ratio: sum delta d = sum d^2.
	d := distances(many.Points)
	near(t, "ratio at the minimum", []float64{linalg.Dot(delta, d) / linalg.Dot(d, d)}, []float64{1}, 1e-5)
}

func TestScalingRefuses(t *testing.T) {
	for name, delta := range map[string][]float64{
		"not square":    {0, 1, 1},
		"negative":      {0, -1, -1, 0},
		"NaN":           {0, math.NaN(), math.NaN(), 0},
		"not symmetric": {0, 1, 2, 0},
		"diagonal":      {1, 1, 1, 0},
		"all alike":     {0, 0, 0, 0},
	} {
		if _, err := SMACOF(delta, 2, 1, 1, rng(1)); err == nil {
			t.Errorf("%s was mapped", name)
		}
	}
	if _, err := ClassicalMDS([]float64{0, 1, 1, 0}, 2, 2); err == nil {
		t.Error("two points were spread over two dimensions")
	}
}

// Two points on one spot stay finite.
func TestCoincidentPoints(t *testing.T) {
	delta := []float64{0, 0, 1, 0, 0, 1, 1, 1, 0}
	c, err := SMACOF(delta, 3, 2, 5, rng(1))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "distances", distances(c.Points), delta, 1e-5)
}

func TestProcrustes(t *testing.T) {
	x := randomPoints(4, 10, 2)
	moved := zeros(10, 2) // reflected, turned by 1 radian, doubled, shifted
	sin, cos := math.Sincos(1)
	for i, p := range x {
		moved[i][0] = 2*(cos*p[0]+sin*p[1]) + 5
		moved[i][1] = 2*(sin*p[0]-cos*p[1]) - 3
	}
	a, err := Procrustes(moved, x, true)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "scale and residual", []float64{a.Scale, a.Residual}, []float64{2, 0}, 1e-12)
	near(t, "points", columns(a.Points), columns(moved), 1e-12)
	rigid, _ := Procrustes(moved, x, false)
	if rigid.Scale != 1 || math.Abs(rigid.Residual-0.25) > 1e-12 {
		t.Errorf("without scaling: scale %v, residual %v, want 1 and (1 - 1/2)^2", rigid.Scale, rigid.Residual)
	}
	near(t, "shape kept", distances(rigid.Points), distances(x), 1e-12)
	for _, bad := range [][][]float64{nil, x[:3], zeros(10, 2), zeros(10, 3)} {
		if _, err := Procrustes(moved, bad, false); err == nil {
			t.Errorf("%v was aligned", bad)
		}
	}
}

func TestSeriate(t *testing.T) {
	// Points on a line, shuffled: the order must be that of the line, read from the lower index.
	order := rng(5).Perm(9)
	points := zeros(9, 1)
	for place, i := range order {
		points[i][0] = float64(place) + 0.1*float64(place*place)
	}
	similarity := matrix.NewSquare("s", "1", []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"})
	for k, d := range distances(points) {
		similarity.Data[k] = -d * d
	}
	got, err := Seriate(similarity)
	if err != nil {
		t.Fatal(err)
	}
	if order[0] > order[8] {
		slices.Reverse(order)
	}
	if !slices.Equal(got, order) {
		t.Errorf("order %v, the line is %v", got, order)
	}
	similarity.SetMissingSym(0, 1, "constant")
	if _, err := Seriate(similarity); err == nil {
		t.Error("a gap was ordered")
	}
	if got, err := Seriate(matrix.NewSquare("s", "1", nil)); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

func TestEllipse(t *testing.T) {
	r := rng(6)
	points := make([][2]float64, 4000)
	for i := range points {
		a, b := r.NormFloat64(), r.NormFloat64()
		points[i] = [2]float64{2*a + b, a - b}
	}
	e, err := NewEllipse(points, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	det := e.Cov[0]*e.Cov[2] - e.Cov[1]*e.Cov[1]
	form := func(x, y float64) float64 { return (e.Cov[2]*x*x - 2*e.Cov[1]*x*y + e.Cov[0]*y*y) / det }
	edge := -2 * math.Log(0.2)
	inside := 0
	for _, p := range points {
		if form(p[0]-e.Mean[0], p[1]-e.Mean[1]) <= edge {
			inside++
		}
	}
	if share := float64(inside) / 4000; math.Abs(share-0.8) > 0.02 {
		t.Errorf("the 80 %% ellipse holds %.3f", share)
	}
	outline := e.Outline([2]float64{3, 4}, 60)
	if len(outline) != 61 || outline[0] != outline[60] {
		t.Errorf("an outline of %d vertices that does not close", len(outline))
	}
	for _, p := range outline {
		near(t, "outline", []float64{form(p[0]-3, p[1]-4)}, []float64{edge}, 1e-9)
	}
	if _, err := NewEllipse(points[:2], 0.9); err == nil {
		t.Error("an ellipse of two replicates")
	}
}
