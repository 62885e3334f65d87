package atlas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sdmap/internal/matrix"
)

// reference reads testdata/reference.txt, which
//
//	Rscript --vanilla reference.R > reference.txt
//
// made with R 4.2.2.
func reference(t *testing.T) map[string][]float64 {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		for _, f := range fields[1:] {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			out[fields[0]] = append(out[fields[0]], v)
		}
	}
	return out
}

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Errorf("%s[%d] = %.17g, want %.17g", what, i, got[i], want[i])
			return
		}
	}
}

// columns lays points out column by column, as R does.
func columns(points [][]float64) []float64 {
	var out []float64
	for d := range points[0] {
		for _, p := range points {
			out = append(out, p[d])
		}
	}
	return out
}

// byColumn is the inverse of columns.
func byColumn(data []float64, n int) [][]float64 {
	out := make([][]float64, n)
	for i, v := range data {
		out[i%n] = append(out[i%n], v)
	}
	return out
}

func labelled(data []float64) *matrix.Labelled {
	n := int(math.Sqrt(float64(len(data))))
	labels := make([]string, n)
	for i := range labels {
		labels[i] = fmt.Sprint("b", i)
	}
	m := matrix.NewSquare("overlap", "1", labels)
	copy(m.Data, data)
	return m
}

func TestDistatisAgainstR(t *testing.T) {
	r := reference(t)
	overlaps := []*matrix.Labelled{labelled(r["s1"]), labelled(r["s2"]), labelled(r["s3"])}
	for _, scaling := range []Scaling{Trace, MFA} {
		c, err := Distatis([]string{"x", "y", "z"}, overlaps, scaling)
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, got []float64) {
			near(t, string(scaling)+" "+name, got, r[string(scaling)+"."+name], 1e-10)
		}
		check("rv", slices.Concat(c.RV...))
		check("alpha", c.Alpha)
		check("values", c.Values)
		check("r", []float64{float64(c.Dims)})
		check("f", columns(c.Points))
		check("sat2", columns(c.Satellites[1]))
		var delta []float64
		shares := make([][]float64, 3)
		for _, d := range c.Disagreement(c.Dims) {
			delta = append(delta, d.Delta)
			for k, s := range d.ByAxis {
				shares[k] = append(shares[k], s)
			}
		}
		check("delta", delta)
		check("share", slices.Concat(shares...))
	}
}

func TestNegativeEigenvaluesAgainstR(t *testing.T) {
	r := reference(t)
	s, err := CrossProduct(labelled(r["neg"]))
	if err != nil {
		t.Fatal(err)
	}
	clipped, share, err := NonNegative(s)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "share", []float64{share}, r["neg.share"], 1e-13)
	near(t, "clipped", clipped.Data, r["neg.s"], 1e-13)
}

func TestScalingAgainstR(t *testing.T) {
	r := reference(t)
	delta, err := Dissimilarity(labelled(r["s1"]))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ClassicalMDS(delta, 8, 2)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "classical", columns(c.Points), r["cmd"], 1e-12)
	s, err := SMACOF(delta, 8, 2, 30, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "stress", []float64{s.Stress}, r["smacof.stress"], 1e-7)
	target := byColumn(r["smacof"], 8)
	a, err := Procrustes(target, s.Points, false)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "distance to R's minimum", []float64{a.Residual}, []float64{0}, 1e-7)
	rigid, err := Procrustes(target, c.Points, false)
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := Procrustes(target, c.Points, true)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "procrustes", []float64{rigid.Residual, scaled.Residual, scaled.Scale}, r["procrustes"], 1e-12)
}

func TestSeriationKeepsRsClustersTogether(t *testing.T) {
	r := reference(t)
	order, err := Seriate(labelled(r["s1"]))
	if err != nil {
		t.Fatal(err)
	}
	changes := 0
	for i := 1; i < len(order); i++ {
		if r["clusters"][order[i]] != r["clusters"][order[i-1]] {
			changes++
		}
	}
	if changes != 2 {
		t.Errorf("order %v tears the three clusters %v", order, r["clusters"])
	}
}

func TestEllipseAgainstR(t *testing.T) {
	r := reference(t)
	var points [][2]float64
	for i := 0; i < len(r["y"]); i += 2 {
		points = append(points, [2]float64{r["y"][i], r["y"][i+1]})
	}
	e, err := NewEllipse(points, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	long, short, _ := e.Axes()
	near(t, "ellipse", []float64{e.Mean[0], e.Mean[1], e.Cov[0], e.Cov[1], e.Cov[2], long, short}, r["ellipse"], 1e-13)
}
