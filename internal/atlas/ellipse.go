package atlas

import (
	"fmt"
	"math"
)

// Ellipse is the region that holds a share Level of replicates in two dimensions, as if they were normal: the points x
// with (x - Mean)' Cov^(-1) (x - Mean) <= -2 ln(1 - Level).
type Ellipse struct {
	Mean  [2]float64
	Cov   [3]float64 // xx, xy, yy; divisor n - 1
	Level float64
	N     int // replicates
}

// NewEllipse summarises replicates of one point. Half-samples without replacement need no rescaling (see
// stats.PercentileInterval).
func NewEllipse(replicates [][2]float64, level float64) (Ellipse, error) {
	n := float64(len(replicates))
	if len(replicates) < fewestPoints || !(level > 0 && level < 1) {
		return Ellipse{}, fmt.Errorf("no ellipse at level %v from %d replicates", level, len(replicates))
	}
	e := Ellipse{Level: level, N: len(replicates)}
	for _, p := range replicates {
		e.Mean[0] += p[0] / n
		e.Mean[1] += p[1] / n
	}
	for _, p := range replicates {
		dx, dy := p[0]-e.Mean[0], p[1]-e.Mean[1]
		e.Cov[0] += dx * dx / (n - 1)
		e.Cov[1] += dx * dy / (n - 1)
		e.Cov[2] += dy * dy / (n - 1)
	}
	return e, nil
}

// Axes returns the half-lengths of the ellipse, long one first, and the angle of the long one to the first dimension in
// (-pi/2, pi/2].
func (e Ellipse) Axes() (long, short, angle float64) {
	middle, apart := (e.Cov[0]+e.Cov[2])/2, (e.Cov[0]-e.Cov[2])/2
	root := math.Hypot(apart, e.Cov[1])
	radius := -2 * math.Log(1-e.Level)
	return math.Sqrt(radius * (middle + root)), math.Sqrt(radius * math.Max(0, middle-root)), math.Atan2(e.Cov[1], apart) / 2
}

// Outline is a closed polygon of the ellipse about a centre, its last vertex equal to the first.
func (e Ellipse) Outline(centre [2]float64, vertices int) [][2]float64 {
	long, short, angle := e.Axes()
	sin, cos := math.Sincos(angle)
	out := make([][2]float64, 0, vertices+1)
	for i := range vertices {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(vertices))
		x, y := long*c, short*s
		out = append(out, [2]float64{centre[0] + x*cos - y*sin, centre[1] + x*sin + y*cos})
	}
	if vertices > 0 {
		out = append(out, out[0])
	}
	return out
}
