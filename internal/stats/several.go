package stats

import (
	"fmt"

	"sdmap/internal/linalg"
)

// PrincipalComponents are the scores of rows on the first components of k columns of length m: m numbers each, with mean 0. Their
// signs and lengths mean nothing.
func PrincipalComponents(columns [][]float64, components int) ([][]float64, error) {
	c, err := NewComponents(columns)
	if err != nil {
		return nil, err
	}
	k := len(columns)
	if components < 1 || components > k {
		return nil, fmt.Errorf("%d components of %d columns: %w", components, k, ErrTooFew)
	}
	_, vectors := linalg.EigenSym(c.corr, k)
	out := make([][]float64, components)
	for f := range out {
		out[f] = make([]float64, len(columns[0]))
		for j, z := range c.z {
			for i, v := range z {
				out[f][i] += vectors[f][j] * v
			}
		}
	}
	return out, nil
}
