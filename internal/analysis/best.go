package analysis

import (
	"fmt"
	"strings"

	"sdmap/internal/atlas"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// candidate is a pair of overlaps, by their places among the sources.
type candidate struct {
	x, y     int
	norm     float64
	expected float64 // of RV under permutation
}

// bestOf finds the pair of axes that agree most and tests it as what it is, the largest of several: every axis' labels are
// permuted on their own, the variants of one axis together, and the largest adjusted RV of all candidates is taken each time.
// Pairs that share an instrument and the lexical baseline are no candidates.
func (a *Analysis) bestOf(opts Options, all []source) (*Best, error) {
	best := &Best{}
	var of []candidate
	for _, g := range a.Agreement {
		baseline := strings.HasSuffix(g.A, "."+lexical) || strings.HasSuffix(g.B, "."+lexical)
		if !g.Tested || baseline || len(g.Shared) > 0 || !g.Adjusted.OK() {
			continue
		}
		of = append(of, candidate{x: place(all, g.A), y: place(all, g.B)})
		if len(of) == 1 || g.Adjusted.Value > best.Adjusted.Value {
			best.A, best.B, best.Adjusted = g.A, g.B, g.Adjusted
		}
	}
	best.Candidates = len(of)
	if len(of) < 2 {
		if len(of) == 0 {
			return nil, nil
		}
		return best, nil
	}
	p, why, err := largestOf(opts, all, of)
	if err != nil {
		return nil, fmt.Errorf("largest agreement: %w", err)
	}
	best.Adjusted.P = nil
	if why != "" {
		best.Adjusted = best.Adjusted.Warn("not tested as the largest of several: " + why)
		return best, nil
	}
	best.Adjusted = best.Adjusted.WithP(p)
	best.Adjusted.Method += fmt.Sprintf("; p against the largest of %d", len(of))
	return best, nil
}

func place(all []source, name string) int {
	for i, s := range all {
		if s.name == name {
			return i
		}
	}
	return -1
}

// largestOf is the p of the largest adjusted RV over the benchmarks that all candidates have.
func largestOf(opts Options, all []source, of []candidate) (p float64, why string, err error) {
	used := map[int]*matrix.Labelled{}
	for _, c := range of {
		used[c.x], used[c.y] = all[c.x].overlap, all[c.y].overlap
	}
	var ms []*matrix.Labelled
	for i := range all {
		if used[i] != nil {
			ms = append(ms, used[i])
		}
	}
	labels := complete(opts.Benchmarks, ms...)
	if len(labels) < fewestToCompare {
		return 0, fmt.Sprintf("only %d benchmarks are complete on all of these axes", len(labels)), nil
	}
	products := make([][]float64, len(all))
	for i := range all {
		if used[i] == nil {
			continue
		}
		if products[i], err = crossProduct(used[i], labels); err != nil {
			return 0, "", err
		}
	}
	n := len(labels)
	for k := range of {
		of[k].settle(products, n)
	}
	observed, exceeding := largest(of, products), 0
	moved := make([][]float64, len(all))
	for r := range opts.Permutations {
		rng := stats.Stream(opts.Seed, "analysis/largest agreement", r)
		order := map[string][]int{}
		for i := range all {
			axisName, _, _ := strings.Cut(all[i].name, ".")
			if order[axisName] == nil {
				order[axisName] = rng.Perm(n)
			}
			if products[i] != nil {
				moved[i] = relabelled(products[i], order[axisName])
			}
		}
		if largest(of, moved) >= observed {
			exceeding++
		}
	}
	return stats.PermutationP(exceeding, opts.Permutations), "", nil
}

// crossProduct is that of an overlap of some benchmarks, with a diagonal of 1.
func crossProduct(m *matrix.Labelled, labels []string) ([]float64, error) {
	s, err := m.Sub(labels, labels)
	if err != nil {
		return nil, err
	}
	for i := range s.Rows {
		s.Set(i, i, 1)
	}
	product, err := atlas.CrossProduct(s)
	if err != nil {
		return nil, err
	}
	return product.Data, nil
}

// settle computes what permutations leave as it is.
func (c *candidate) settle(products [][]float64, n int) {
	s, t := products[c.x], products[c.y]
	c.norm = linalg.Norm(s) * linalg.Norm(t)
	traces := [2]float64{}
	for i := range n {
		traces[0] += s[i*n+i]
		traces[1] += t[i*n+i]
	}
	if c.norm > 0 {
		c.expected = traces[0] * traces[1] / (float64(n-1) * c.norm)
	}
}

// largest is the largest adjusted RV of the candidates.
func largest(of []candidate, products [][]float64) float64 {
	most := -1.0
	for _, c := range of {
		if c.norm > 0 && c.expected < 1 {
			most = max(most, (linalg.Dot(products[c.x], products[c.y])/c.norm-c.expected)/(1-c.expected))
		}
	}
	return most
}

// relabelled is a square matrix with its labels permuted.
func relabelled(m []float64, order []int) []float64 {
	n := len(order)
	out := make([]float64, 0, len(m))
	for _, i := range order {
		for _, j := range order {
			out = append(out, m[i*n+j])
		}
	}
	return out
}
