package neural

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"sdmap/internal/axis"
)

// poolRows replicates are in one matrix product, few enough that gonum multiplies on the calling goroutine.
const poolRows = 64

// accumulated are the weighted similarities of one model in R replicates.
type accumulated struct {
	sum    []float64 // R x pairs
	weight []float64 // R; 0 where the model was not drawn or has no RDM
}

// replicates recomputes the overlap of mean last-token patterns (see average) on subsamples of models and items: R x pairs,
// NaN where a replicate drew no model that has an RDM. Means, z-scores, RDMs and their norms are all made anew.
//
// Means and mean squares are products of 0/1 indicators with states that were centred and scaled to unit variance before,
// so that float32 does.
func replicates(ctx context.Context, models []*model, size []int, draws []subsample, workers int) ([]float64, error) {
	blocks := len(size)
	pairs := blocks * (blocks - 1) / 2
	parts := make([]accumulated, len(models))
	batch := max(1, workers)
	for from := 0; from < len(models); from += batch {
		err := axis.Parallel(ctx, workers, min(batch, len(models)-from), func(i int) {
			parts[from+i] = models[from+i].replicates(from+i, size, draws, pairs)
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]float64, len(draws)*pairs)
	for r := range draws {
		var weight float64
		for _, a := range parts {
			weight += a.weight[r]
			for k := range pairs {
				out[r*pairs+k] += a.sum[r*pairs+k]
			}
		}
		for k := range pairs {
			if weight == 0 {
				out[r*pairs+k] = math.NaN()
			} else {
				out[r*pairs+k] /= weight
			}
		}
	}
	return out, nil
}

// replicates is the part of one model, the index-th.
func (m *model) replicates(index int, size []int, draws []subsample, pairs int) accumulated {
	a := accumulated{sum: make([]float64, len(draws)*pairs), weight: make([]float64, len(draws))}
	var rows []int
	for r, d := range draws {
		for _, i := range d.models {
			if i == index {
				rows = append(rows, r)
			}
		}
	}
	p, blocks := m.layers*m.width, len(size)
	scaled := m.scaled(size)
	for len(rows) > 0 {
		k := min(poolRows, len(rows))
		part := rows[:k]
		rows = rows[k:]
		sums := make([]float32, k*blocks*2*p)
		for b, n := range size {
			z := make([]float32, k*n)
			for i, r := range part {
				for _, item := range draws[r].items[b] {
					z[i*n+item] = 1
				}
			}
			gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, k, 2*p, n, 1, z, n, scaled[b], 2*p, 0, sums[b*2*p:],
				blocks*2*p)
		}
		for i, r := range part {
			m.accumulate(&a, r, sums[i*blocks*2*p:(i+1)*blocks*2*p], draws[r].items, pairs)
		}
	}
	return a
}

// accumulate adds the layers of one replicate; sums holds, by block, sums of states and of their squares.
func (m *model) accumulate(a *accumulated, r int, sums []float32, items [][]int, pairs int) {
	p, blocks := m.layers*m.width, len(items)
	var found []rdm
	for l := range m.layers {
		mean, variance := make([]float64, blocks*m.width), make([]float64, blocks*m.width)
		for b := range blocks {
			n := float64(len(items[b]))
			for j := range m.width {
				at := b*2*p + l*m.width + j
				v := float64(sums[at]) / n
				mean[b*m.width+j], variance[b*m.width+j] = v, math.Max(0, float64(sums[at+p])/n-v*v)
			}
		}
		if similarity, err := correlations(standardise(mean, variance, blocks), blocks); err == nil {
			if one, err := newRDM(similarity); err == nil {
				found = append(found, one)
			}
		}
	}
	for _, one := range found {
		w := 1 / (one.norm * float64(len(found)))
		a.weight[r] += w
		for k, s := range one.similarity {
			a.sum[r*pairs+k] += w * s
		}
	}
}

// scaled gives, by block, items x (states, then their squares), each neuron centred and scaled on the full sample.
func (m *model) scaled(size []int) [][]float32 {
	p := m.layers * m.width
	centre, spread := make([]float64, p), make([]float64, p)
	for b := range size {
		for j := range p {
			centre[j] += m.last[b].Mean[j] / float64(len(size))
		}
	}
	for b := range size {
		for j := range p {
			d := m.last[b].Mean[j] - centre[j]
			spread[j] += (m.last[b].Variance[j] + d*d) / float64(len(size))
		}
	}
	out := make([][]float32, len(size))
	for b, n := range size {
		out[b] = make([]float32, n*2*p)
		for i := range n {
			for j := range p {
				if spread[j] > 0 {
					v := (float64(m.states[b][i*p+j]) - centre[j]) / math.Sqrt(spread[j])
					out[b][i*2*p+j], out[b][i*2*p+p+j] = float32(v), float32(v*v)
				}
			}
		}
	}
	return out
}
