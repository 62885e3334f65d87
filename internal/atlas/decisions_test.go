package atlas

import (
	"math"
	"slices"
	"testing"

	"sdmap/internal/matrix"
)

// pairs is a symmetric matrix with 1 on its diagonal, from its upper triangle by rows.
func pairs(n int, upper ...float64) []float64 {
	s := make([]float64, n*n)
	for i := range n {
		s[i*n+i] = 1
		for j := i + 1; j < n; j++ {
			s[i*n+j], s[j*n+i] = upper[0], upper[0]
			upper = upper[1:]
		}
	}
	return s
}

// By hand: of the points (0, 0), (3, 4) and (0, 8) the squared distances are 25, 64 and 25.
func TestMeanSquaredDistancesByHand(t *testing.T) {
	points := [][]float64{{0, 0}, {3, 4}, {0, 8}}
	if got := MeanSquaredDistances(points); !slices.Equal(got, []float64{44.5, 25, 44.5}) {
		t.Errorf("%v", got)
	}
	if got := MeanSquaredDistances(points[:1]); !slices.Equal(got, []float64{0}) {
		t.Errorf("one point: %v", got)
	}
	c := Compromise{Layout: Layout{Points: points}, Labels: []string{"a", "b", "c"}}
	m := c.Similarity()
	for _, want := range [][3]float64{{0, 1, -25}, {1, 0, -25}, {0, 2, -64}, {2, 1, -25}} {
		if v, ok := m.At(int(want[0]), int(want[1])); !ok || v != want[2] {
			t.Errorf("similarity of %v and %v: %v, want %v", want[0], want[1], v, want[2])
		}
	}
}

// Clusters are joined by the mean of their similarities, not by the sum, which would favour large ones; rounding decides nothing.
func TestClosestClusters(t *testing.T) {
	s := pairs(4, 0.9, 0.3, 0, 0.3, 0, 0.5)
	if a, b := closest([][]int{{0, 1}, {2}, {3}}, s, 4); a != 1 || b != 2 {
		t.Errorf("clusters %d and %d, want 1 and 2", a, b)
	}
	equal := pairs(3, 0.5, 0.5+1e-13, 0.5-1e-13)
	if a, b := closest([][]int{{0}, {1}, {2}}, equal, 3); a != 0 || b != 1 {
		t.Errorf("of equals: %d and %d, want the first two", a, b)
	}
	least := pairs(3, -0.5, -0.9, -0.4)
	if a, b := closest([][]int{{0}, {1}, {2}}, least, 3); a != 1 || b != 2 {
		t.Errorf("of negative ones: %d and %d, want 1 and 2", a, b)
	}
}

func TestJoinedEnds(t *testing.T) {
	if got := join([]int{0, 1}, []int{2}, pairs(3, 0.9, 0.7, 0.2), 3); !slices.Equal(got, []int{1, 0, 2}) {
		t.Errorf("%v, want the end that is alike to meet", got)
	}
	if got := join([]int{0, 1}, []int{2}, pairs(3, 0.9, 0.2+1e-13, 0.2), 3); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("of equals: %v, want the first turn", got)
	}
}

// 0 joins 3, 1 joins 2, and 0 and 1 meet: 3 0 1 2, read from the side of the lower index.
func TestOrderBeginsWithTheLowerIndex(t *testing.T) {
	order, err := Seriate(labelled(pairs(4, 0.5, 0.1, 0.9, 0.8, 0.1, 0.1)))
	if want := []int{2, 1, 0, 3}; err != nil || !slices.Equal(order, want) {
		t.Errorf("%v, %v; want %v", order, err, want)
	}
	if order, err := Seriate(labelled(pairs(2, 0.5))); err != nil || !slices.Equal(order, []int{0, 1}) {
		t.Errorf("two: %v, %v", order, err)
	}
}

// The benchmark with the most missing cells leaves, over all axes, with the reason of its first; the diagonal does not count.
func TestWhoLeavesTheMap(t *testing.T) {
	labels := []string{"a", "b", "c", "d"}
	full := func() *matrix.Labelled {
		m := matrix.NewSquare("m", "1", labels)
		for i := range labels {
			for j := range i {
				m.SetSym(i, j, 0.5)
			}
		}
		return m
	}
	one, two := full(), full()
	one.SetMissing(3, 3, "no inner overlap")
	if left, _ := mostMissing([]string{"x", "y"}, []*matrix.Labelled{one, two}); left != (Absent{}) {
		t.Errorf("%+v leaves for its diagonal", left)
	}
	two.SetMissingSym(1, 2, "too few items")
	if left, found := mostMissing([]string{"x", "y"}, []*matrix.Labelled{one, two}); !found ||
		left != (Absent{"y", "c", "too few items"}) {
		t.Errorf("%+v leaves, want c, the later of the two", left)
	}
	one.SetMissingSym(1, 0, "constant scores")
	if left, _ := mostMissing([]string{"x", "y"}, []*matrix.Labelled{one, two}); left != (Absent{"x", "b", "constant scores"}) {
		t.Errorf("%+v leaves, want b", left)
	}
	first := full()
	first.SetMissingSym(0, 2, "first")
	first.SetMissingSym(0, 3, "then")
	if left, _ := mostMissing([]string{"x"}, []*matrix.Labelled{first}); left.Benchmark != "a" {
		t.Errorf("%+v leaves, want a", left)
	}
	if _, _, err := Common([]string{"x", "y"}, []*matrix.Labelled{full()}); err == nil {
		t.Error("two names for one axis are taken")
	}
	if _, _, err := Common(nil, nil); err == nil {
		t.Error("no axis is taken")
	}
}

// A distance is sqrt(2 (1 - s)); what sampling would make negative is 0.
func TestDissimilarityByHand(t *testing.T) {
	m := labelled(pairs(3, 0.5, -1, 1.2))
	m.Set(0, 0, 0.3)
	d, err := Dissimilarity(m)
	if want := []float64{0, 1, 2, 1, 0, 0, 2, 0, 0}; err != nil || !slices.Equal(d, want) {
		t.Errorf("%v, %v; want %v", d, err, want)
	}
}

// Fewer points than an ellipse needs, or a level that is none, are refused.
func TestBoundsOfAnEllipse(t *testing.T) {
	points := [][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}}
	for _, c := range []struct {
		n     int
		level float64
		ok    bool
	}{{fewestPoints, 0.95, true}, {fewestPoints - 1, 0.95, false}, {4, 0, false}, {4, 1, false}, {4, 1.05, false},
		{4, 0.05, true}, {4, -0.5, false}} {
		if _, err := NewEllipse(points[:c.n], c.level); (err == nil) != c.ok {
			t.Errorf("%d points at level %v: %v", c.n, c.level, err)
		}
	}
	e, err := NewEllipse(points, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	// The four corners have variance 1/3 both ways: a circle of radius sqrt(-2 ln 0.1 / 3), in equal steps, closed.
	line := e.Outline([2]float64{5, 6}, 8)
	if len(line) != 9 || math.Hypot(line[8][0]-line[0][0], line[8][1]-line[0][1]) > 1e-9 {
		t.Fatalf("outline %v", line)
	}
	radius := math.Sqrt(-2 * math.Log(0.1) / 3)
	for i, p := range line {
		if r := math.Hypot(p[0]-5, p[1]-6); math.Abs(r-radius) > 1e-9 {
			t.Errorf("radius %v, want %v", r, radius)
		}
		if q := line[(i+1)%8]; i < 8 && math.Abs(math.Hypot(p[0]-q[0], p[1]-q[1])-2*radius*math.Sin(math.Pi/8)) > 1e-9 {
			t.Errorf("step %d is not an eighth of the way", i)
		}
	}
}
