// Package atlas draws the map: it finds the compromise of several axes, the place of every benchmark on it, where each
// axis alone would put the benchmark, and how far these places lie apart.
//
//	overlaps s_k (B x B, one an axis)
//	  -> CrossProduct      S_k = J s_k J, negative eigenvalues set to 0, scaled
//	  -> Distatis          alpha from the RV matrix, S+ = sum alpha_k S_k = Q L Q', F = Q L^(1/2), F_k = S_k Q L^(-1/2)
//	  -> Disagreement      sum_k alpha_k |F_k[b] - F[b]|^2
//	  -> Project           half-sample replicates on the fixed compromise, and their Ellipse
//	each axis alone: SMACOF and Procrustes; for heat maps: Seriate.
//
// Square matrices are B x B, row-major; a configuration is one slice of coordinates a benchmark. The opinion: about a
// hundred points, whose global distances are to be read, need metric methods with a stated stress or inertia; equal
// inputs give equal bytes, so signs and rotations follow a stated rule (see orient).
package atlas

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/wording"
)

// Scaling makes the axes' cross-products comparable.
type Scaling string

const (
	// Trace divides by the trace: every axis has the same total inertia. The default.
	Trace Scaling = "trace"
	// MFA divides by the first eigenvalue, as multiple factor analysis and published DISTATIS do. It rewards noise: an
	// axis whose inertia is spread over many dimensions gets more of it.
	MFA Scaling = "mfa"
)

const (
	keepAbove    = 1e-10 // dimensions with a smaller share of the first eigenvalue are rounding
	inertiaShare = 0.8   // Dims is the number of dimensions that reach it
	fewestPoints = 3     // of a map, and behind an ellipse
)

// Layout places B benchmarks in L dimensions: by the compromise of K axes and by each axis alone.
type Layout struct {
	Alpha      []float64     // K weights, sum 1
	Points     [][]float64   // B x L: F
	Satellites [][][]float64 // K x B x L: F_k; the weighted mean of a benchmark's satellites is its point
}

// Compromise is the DISTATIS compromise of K axes over B benchmarks (Abdi et al. 2005).
type Compromise struct {
	Layout
	Labels   []string    // B
	Axes     []string    // K
	Scaling  Scaling     //
	RV       [][]float64 // K x K, in [0, 1]
	Negative []float64   // K: share of the absolute eigenvalues that was negative and set to 0
	Values   []float64   // L eigenvalues of the compromise, descending
	Inertia  []float64   // L shares of the compromise's trace
	Dims     int         // r: first dimensions with a cumulative inertia of at least inertiaShare
	Warnings []string

	project []float64 // B x L: Q L^(-1/2)
}

// Distatis computes the compromise of overlaps with the same labels and no missing cell off the diagonal (see Common); a
// missing diagonal counts as 1. A squared distance D^2 enters as the overlap -D^2/2.
func Distatis(axes []string, overlaps []*matrix.Labelled, scaling Scaling) (*Compromise, error) {
	if len(overlaps) == 0 || len(axes) != len(overlaps) {
		return nil, fmt.Errorf("%d axis names for %d overlap matrices", len(axes), len(overlaps))
	}
	labels := overlaps[0].Rows
	flat := make([][]float64, len(overlaps))
	for k, o := range overlaps {
		if !slices.Equal(o.Rows, labels) {
			return nil, fmt.Errorf("axis %q has other benchmarks than axis %q; take the common ones first", axes[k], axes[0])
		}
		var err error
		if flat[k], err = complete(o); err != nil {
			return nil, fmt.Errorf("axis %q: %w", axes[k], err)
		}
	}
	c := &Compromise{Labels: slices.Clone(labels), Axes: slices.Clone(axes), Scaling: scaling}
	tables, negative, err := c.tables(flat)
	if err != nil {
		return nil, err
	}
	c.Negative = negative
	c.RV = rvMatrix(tables)
	alpha, irreducible := weights(c.RV)
	if !irreducible {
		c.Warnings = append(c.Warnings, "some axes share nothing with the others (RV 0): all axes got equal weights")
	}
	sum := compromise(tables, alpha)
	if err := c.decompose(sum); err != nil {
		return nil, err
	}
	c.Layout = c.layout(tables, alpha)
	return c, nil
}

// tables are the scaled cross-products of overlaps, and the negative shares of their eigenvalues.
func (c *Compromise) tables(overlaps [][]float64) (tables [][]float64, negative []float64, err error) {
	n := len(c.Labels)
	if n < fewestPoints {
		return nil, nil, fmt.Errorf("a map needs %s benchmarks, %d are left", wording.Spelt(fewestPoints), n)
	}
	for k, s := range overlaps {
		table, share := nonNegative(linalg.DoubleCentred(s, n), n)
		scale, err := size(table, n, c.Scaling)
		if err != nil {
			return nil, nil, fmt.Errorf("axis %q: %w", c.Axes[k], err)
		}
		if !(scale > 1e-12*math.Max(slices.Max(s), -slices.Min(s))) {
			return nil, nil, fmt.Errorf("axis %q: all benchmarks are alike: there is nothing to map", c.Axes[k])
		}
		for i := range table {
			table[i] /= scale
		}
		tables, negative = append(tables, table), append(negative, share)
	}
	return tables, negative, nil
}

// decompose sets what follows from S+ = Q L Q'.
func (c *Compromise) decompose(sum []float64) error {
	n := len(c.Labels)
	values, vectors := linalg.EigenSym(sum, n)
	if !(values[0] > 0) {
		return fmt.Errorf("the compromise holds no differences between benchmarks")
	}
	kept := 0
	var total float64
	for kept < n && values[kept] > keepAbove*values[0] {
		total += values[kept]
		kept++
	}
	c.Values = values[:kept]
	c.project = make([]float64, n*kept)
	var cumulative float64
	for d, value := range c.Values {
		orient(vectors[d])
		for i, q := range vectors[d] {
			c.project[i*kept+d] = q / math.Sqrt(value)
		}
		c.Inertia = append(c.Inertia, value/total)
		if cumulative < inertiaShare-1e-12 {
			c.Dims = d + 1
		}
		cumulative += value / total
	}
	for d := range min(2, kept-1) {
		if values[d]-values[d+1] < 1e-6*values[0] {
			c.Warnings = append(c.Warnings, fmt.Sprintf("dimensions %d and %d carry equal inertia: their rotation is arbitrary",
				d+1, d+2))
		}
	}
	return nil
}

// layout projects tables and their weighted sum on the compromise.
func (c *Compromise) layout(tables [][]float64, alpha []float64) Layout {
	l := Layout{Alpha: alpha, Points: c.place(compromise(tables, alpha))}
	for _, t := range tables {
		l.Satellites = append(l.Satellites, c.place(t))
	}
	return l
}

// place is S Q L^(-1/2), B x L.
func (c *Compromise) place(s []float64) [][]float64 {
	n, dims := len(c.Labels), len(c.Values)
	points := make([][]float64, n)
	for i := range points {
		points[i] = make([]float64, dims)
		for j, v := range s[i*n : (i+1)*n] {
			for d, q := range c.project[j*dims : (j+1)*dims] {
				points[i][d] += v * q
			}
		}
	}
	return points
}

// Project places a replicate on the compromise. overlaps holds, for each axis, the replicate's overlaps (B x B, in the
// order of Labels and Axes); its cross-products, weights and compromise S+* are computed anew, and F* = S+* Q L^(-1/2)
// with Q and L of c. A number that is not finite is an error: leave the replicate out and count it.
func (c *Compromise) Project(overlaps [][]float64) (Layout, error) {
	n := len(c.Labels)
	if len(overlaps) != len(c.Axes) {
		return Layout{}, fmt.Errorf("a replicate of %d axes for a compromise of %d", len(overlaps), len(c.Axes))
	}
	for k, s := range overlaps {
		if len(s) != n*n {
			return Layout{}, fmt.Errorf("axis %q: %d overlaps for %d benchmarks", c.Axes[k], len(s), n)
		}
		for i, v := range s {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return Layout{}, fmt.Errorf("axis %q: the overlap of %q and %q is missing in this replicate", c.Axes[k],
					c.Labels[i/n], c.Labels[i%n])
			}
		}
	}
	tables, _, err := c.tables(overlaps)
	if err != nil {
		return Layout{}, err
	}
	alpha, _ := weights(rvMatrix(tables))
	return c.layout(tables, alpha), nil
}

// rvMatrix holds RV(S_k, S_l) = tr(S_k S_l) / sqrt(tr S_k^2 tr S_l^2).
func rvMatrix(tables [][]float64) [][]float64 {
	rv := make([][]float64, len(tables))
	for k, s := range tables {
		rv[k] = make([]float64, len(tables))
		for l, t := range tables[:k] {
			rv[k][l] = math.Max(0, math.Min(1, linalg.Dot(s, t)/math.Sqrt(linalg.Dot(s, s)*linalg.Dot(t, t))))
			rv[l][k] = rv[k][l]
		}
		rv[k][k] = 1
	}
	return rv
}

// weights is the first eigenvector of the RV matrix, scaled to sum 1. All its entries are positive if the matrix is
// irreducible (Perron-Frobenius); else the weights are equal.
func weights(rv [][]float64) (alpha []float64, irreducible bool) {
	n := len(rv)
	alpha = make([]float64, n)
	if !connected(rv) {
		for k := range alpha {
			alpha[k] = 1 / float64(n)
		}
		return alpha, false
	}
	_, vectors := linalg.EigenSym(slices.Concat(rv...), n)
	var sum float64
	for _, v := range vectors[0] {
		sum += math.Abs(v)
	}
	for k, v := range vectors[0] {
		alpha[k] = math.Abs(v) / sum
	}
	return alpha, true
}

// connected reports whether every axis reaches every other by RVs above 0.
func connected(rv [][]float64) bool {
	reached := []int{0}
	for i := 0; i < len(reached); i++ {
		for l, v := range rv[reached[i]] {
			if v > 1e-12 && !slices.Contains(reached, l) {
				reached = append(reached, l)
			}
		}
	}
	return len(reached) == len(rv)
}

func compromise(tables [][]float64, alpha []float64) []float64 {
	sum := make([]float64, len(tables[0]))
	for k, t := range tables {
		for i, v := range t {
			sum[i] += alpha[k] * v
		}
	}
	return sum
}
