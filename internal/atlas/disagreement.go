package atlas

import "sdmap/internal/matrix"

// Disagreement says how far a benchmark's axes lie apart.
type Disagreement struct {
	Delta  float64   // sum_k alpha_k |F_k[b] - F[b]|^2 over the first dimensions
	ByAxis []float64 // K shares of Delta, sum 1; all 0 where Delta is 0
}

// Disagreement returns one value a benchmark, over the first dims dimensions (see Compromise.Dims: with all dimensions
// noise drowns the disagreement).
func (l Layout) Disagreement(dims int) []Disagreement {
	out := make([]Disagreement, len(l.Points))
	for b, point := range l.Points {
		d := Disagreement{ByAxis: make([]float64, len(l.Alpha))}
		for k, alpha := range l.Alpha {
			d.ByAxis[k] = alpha * squaredDistance(point, l.Satellites[k][b], dims)
			d.Delta += d.ByAxis[k]
		}
		for k := range d.ByAxis {
			if d.Delta > 0 {
				d.ByAxis[k] /= d.Delta
			}
		}
		out[b] = d
	}
	return out
}

// MeanSquaredDistances is, for each point, the mean squared distance to the others in all dimensions.
func MeanSquaredDistances(points [][]float64) []float64 {
	out := make([]float64, len(points))
	for i := range points {
		for j := range points {
			out[i] += squaredDistance(points[i], points[j], len(points[i])) / float64(max(1, len(points)-1))
		}
	}
	return out
}

// Similarity is minus the squared distance of two benchmarks in all dimensions of the compromise: what Seriate orders.
func (c *Compromise) Similarity() *matrix.Labelled {
	m := matrix.NewSquare("similarity in the compromise", "1", c.Labels)
	for i := range c.Points {
		for j := range i {
			m.SetSym(i, j, -squaredDistance(c.Points[i], c.Points[j], len(c.Points[i])))
		}
	}
	return m
}

func squaredDistance(x, y []float64, dims int) float64 {
	var ss float64
	for d := range min(dims, len(x)) {
		ss += (x[d] - y[d]) * (x[d] - y[d])
	}
	return ss
}
