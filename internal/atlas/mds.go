package atlas

import (
	"fmt"
	"math"
	"math/rand/v2"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

// Configuration is a set of points that shows dissimilarities.
type Configuration struct {
	Points [][]float64 // n x dims, centred, on principal axes in descending order, signs by orient
	Stress float64     // Kruskal's stress-1 under the best ratio: sqrt(sum (b delta - d)^2 / sum d^2)
	Starts int         // configurations from which a minimum was sought
	Steps  int         // of the start that led to the lowest stress
}

// Dissimilarity turns correlation-like overlaps into distances sqrt(2(1 - s)), n x n; a sampling error that would make a
// squared distance negative gives 0. A missing cell off the diagonal is an error.
func Dissimilarity(overlap *matrix.Labelled) ([]float64, error) {
	s, err := complete(overlap)
	if err != nil {
		return nil, err
	}
	n := len(overlap.Rows)
	for i, v := range s {
		s[i] = math.Sqrt(math.Max(0, 2*(1-v)))
		if i/n == i%n {
			s[i] = 0
		}
	}
	return s, nil
}

// ClassicalMDS takes the first dims eigenvectors of -1/2 J delta^2 J, scaled by the roots of their eigenvalues (Torgerson
// 1952); a dimension with a negative eigenvalue is all 0. delta is n x n, symmetric, zero on the diagonal.
func ClassicalMDS(delta []float64, n, dims int) (Configuration, error) {
	if err := checkDissimilarities(delta, n, dims); err != nil {
		return Configuration{}, err
	}
	points := classical(delta, n, dims)
	return Configuration{Points: points, Stress: stress(delta, points), Starts: 1}, nil
}

func classical(delta []float64, n, dims int) [][]float64 {
	s := make([]float64, n*n)
	for i, v := range delta {
		s[i] = -v * v / 2
	}
	values, vectors := linalg.EigenSym(linalg.DoubleCentred(s, n), n)
	points := zeros(n, dims)
	for d := range dims {
		orient(vectors[d])
		for i, q := range vectors[d] {
			points[i][d] = q * math.Sqrt(math.Max(0, values[d]))
		}
	}
	return points
}

const (
	smacofSteps = 2000
	smacofEnd   = 1e-12 // of the normalised squared stress gained by a step
)

// SMACOF is ratio multidimensional scaling by majorisation (de Leeuw 1977): each step is the Guttman transform
// X <- B(X) X / n, which never raises the stress. It starts from the classical solution and from `restarts` random ones
// and keeps the lowest stress, the earlier of equals. For metric scaling without weights the minimum of the raw stress is
// also that of stress-1 under the best ratio.
func SMACOF(delta []float64, n, dims, restarts int, rng *rand.Rand) (Configuration, error) {
	if err := checkDissimilarities(delta, n, dims); err != nil {
		return Configuration{}, err
	}
	best := descend(delta, classical(delta, n, dims))
	scale := linalg.Norm(delta) / float64(n)
	for range restarts {
		start := zeros(n, dims)
		for i := range start {
			for d := range start[i] {
				start[i][d] = scale * rng.NormFloat64()
			}
		}
		if c := descend(delta, start); c.Stress < best.Stress-1e-9 {
			best = c
		}
	}
	best.Starts = restarts + 1
	best.Points = principalAxes(best.Points)
	return best, nil
}

// descend repeats the Guttman transform until a step gains nothing.
func descend(delta []float64, points [][]float64) Configuration {
	last := stress(delta, points)
	steps := 0
	for steps < smacofSteps {
		points = guttman(delta, points)
		steps++
		now := stress(delta, points)
		gain := last*last - now*now
		last = now
		if gain < smacofEnd {
			break
		}
	}
	return Configuration{Points: points, Stress: last, Steps: steps}
}

// guttman is B(X) X / n with b_ij = -delta_ij / d_ij: every point moves to the mean of where the others want it.
func guttman(delta []float64, points [][]float64) [][]float64 {
	n, dims := len(points), len(points[0])
	out := zeros(n, dims)
	for i, p := range points {
		for j, q := range points {
			d := math.Sqrt(squaredDistance(p, q, dims))
			if d == 0 {
				continue
			}
			for k := range dims {
				out[i][k] += delta[i*n+j] / d * (p[k] - q[k]) / float64(n)
			}
		}
	}
	return out
}

// stress is Kruskal's stress-1 under the ratio b = sum delta d / sum delta^2, which minimises it:
// sqrt(1 - (sum delta d)^2 / (sum delta^2 sum d^2)).
func stress(delta []float64, points [][]float64) float64 {
	n := len(points)
	var cross, dd float64
	for i, p := range points {
		for j, q := range points[:i] {
			ss := squaredDistance(p, q, len(p))
			cross += delta[i*n+j] * math.Sqrt(ss)
			dd += ss
		}
	}
	if dd == 0 {
		return 1
	}
	return math.Sqrt(math.Max(0, 1-cross*cross/(linalg.Dot(delta, delta)/2*dd)))
}

// principalAxes centres and rotates a configuration to its principal axes.
func principalAxes(points [][]float64) [][]float64 {
	n, dims := len(points), len(points[0])
	centred, _ := centreOf(points)
	cov := make([]float64, dims*dims)
	for _, p := range centred {
		for a := range dims {
			for b := range dims {
				cov[a*dims+b] += p[a] * p[b]
			}
		}
	}
	_, axes := linalg.EigenSym(cov, dims)
	out := zeros(n, dims)
	for d, axis := range axes {
		column := make([]float64, n)
		for i, p := range centred {
			column[i] = linalg.Dot(p, axis)
		}
		orient(column)
		for i, v := range column {
			out[i][d] = v
		}
	}
	return out
}

// centreOf returns points about their mean, and the mean.
func centreOf(points [][]float64) ([][]float64, []float64) {
	mean := make([]float64, len(points[0]))
	for _, p := range points {
		for d, v := range p {
			mean[d] += v / float64(len(points))
		}
	}
	out := zeros(len(points), len(mean))
	for i, p := range points {
		for d, v := range p {
			out[i][d] = v - mean[d]
		}
	}
	return out, mean
}

func checkDissimilarities(delta []float64, n, dims int) error {
	if len(delta) != n*n || dims < 1 || n <= dims {
		return fmt.Errorf("%d dissimilarities of %d points cannot be shown in %d dimensions", len(delta), n, dims)
	}
	var sum float64
	for i := range n {
		for j := range n {
			v := delta[i*n+j]
			if !(v >= 0) || math.IsInf(v, 0) || v != delta[j*n+i] || (i == j && v != 0) {
				return fmt.Errorf("dissimilarity (%d, %d) is %v: it must be finite, at least 0, symmetric, and 0 on the diagonal",
					i, j, v)
			}
			sum += v
		}
	}
	if sum == 0 {
		return fmt.Errorf("all dissimilarities are 0: there is nothing to map")
	}
	return nil
}

func zeros(n, dims int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, dims)
	}
	return out
}
