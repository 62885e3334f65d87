package semantic

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
)

// bestMatches returns the K x K means of best-match cosines over the K blocks of a space: cell (k, l) is the mean over
// items of k of the cosine to the closest item of l, where k = l to the closest *other* item. In BERTScore's words, with
// items in place of tokens (Zhang et al. 2020), cell (k, l) is the precision of k against l, cell (l, k) the recall. An item
// whose best match points away from it (cosine below 0), or that lies at the origin, counts 0.
func bestMatches(ctx context.Context, s *space, workers int) ([]float64, error) {
	n, d, blocks := s.items(), s.dim, len(s.present)
	unit := make([]float64, n*d)
	across := make([]float64, d*n) // transposed, so that products need no transposition
	for i := range n {
		row := s.x[i*d : (i+1)*d]
		if length := linalg.Norm(row); length > 0 {
			for p, v := range row {
				unit[i*d+p] = v / length
				across[p*n+i] = v / length
			}
		}
	}
	out := make([]float64, blocks*blocks)
	err := axis.Parallel(ctx, workers, blocks, func(k int) {
		nk := s.size(k)
		product := make([]float64, nk*n)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: nk, Cols: d, Stride: d, Data: unit[s.offsets[k]*d:]},
			blas64.General{Rows: d, Cols: n, Stride: n, Data: across}, 0,
			blas64.General{Rows: nk, Cols: n, Stride: n, Data: product})
		for l := range blocks {
			var sum float64
			for i := range nk {
				best := 0.0
				for j := s.offsets[l]; j < s.offsets[l+1]; j++ {
					if j != s.offsets[k]+i {
						best = math.Max(best, product[i*n+j])
					}
				}
				sum += best
			}
			out[k*blocks+l] = sum / float64(nk)
		}
	})
	return out, err
}

// matching compares by best matches, and keeps the mean of either way.
func matching(ctx context.Context, m *measurement, workers int) (itemwise, error) {
	from := m.s
	if m.provider.Centre {
		from = m.s.centred()
	}
	matches, err := bestMatches(ctx, from, workers)
	if err != nil {
		return itemwise{}, err
	}
	blocks := len(m.s.present)
	precision := m.s.square("best-match precision", "1")
	for k, a := range m.s.present {
		for l, b := range m.s.present {
			precision.Set(a, b, matches[k*blocks+l])
		}
	}
	m.out.Detail.Precision[m.provider.Name] = precision
	return itemwise{cell: func(k, l int) (float64, error) { return f1(matches[k*blocks+l], matches[l*blocks+k]), nil }}, nil
}

// f1 is the harmonic mean of precision and recall, 0 where one of them is.
func f1(p, r float64) float64 {
	if p <= 0 || r <= 0 {
		return 0
	}
	return math.Min(1, 2*p*r/(p+r))
}

// cosineOf is the cosine from a product and two squared lengths; with the origin it is 0.
func cosineOf(dot, a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return dot / math.Sqrt(a*b)
}
