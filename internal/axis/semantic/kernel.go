package semantic

import (
	"context"
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// level is that of all intervals of this axis.
const level = 0.95

// clouds are the pairwise quantities of a space and their unbiased block means, K x K over the K blocks.
type clouds struct {
	s           *space
	sigma       float64 // median distance of all i < j, pooled over benchmarks
	kernel      []float64
	kernelMeans []float64
	distances   []float64
	energyMeans []float64
}

func newClouds(s *space) (*clouds, error) {
	if len(s.present) == 0 {
		return nil, fmt.Errorf("no benchmark has %d items", MinItems)
	}
	c := &clouds{s: s}
	n := s.items()
	var err error
	if c.distances, err = stats.EuclideanDistances(s.x, n, s.dim); err != nil {
		return nil, err
	}
	if c.sigma, err = stats.MedianDistance(c.distances, n); err != nil {
		return nil, err
	}
	if c.kernel, err = stats.GaussianKernel(c.distances, n, c.sigma); err != nil {
		return nil, err
	}
	if c.kernelMeans, err = stats.BlockMeans(c.kernel, s.offsets); err != nil {
		return nil, err
	}
	c.energyMeans, err = stats.BlockMeans(c.distances, s.offsets)
	return c, err
}

// terms picks the self terms and the cross term of blocks k and l out of K x K block means.
func terms(means []float64, blocks, k, l int) (aa, bb, ab float64) {
	return means[k*blocks+k], means[l*blocks+l], means[k*blocks+l]
}

// cosine is the kernel cosine, clipped to [-1, 1]; a benchmark's with itself is 1.
func cosine(means []float64, blocks, k, l int) (float64, error) {
	aa, bb, ab := terms(means, blocks, k, l)
	v, err := stats.KernelCosine(aa, bb, ab)
	if k == l && err == nil {
		v = 1
	}
	return stats.Clip(v), err
}

func mmd(means []float64, blocks, k, l int) (float64, error) {
	if k == l {
		return 0, nil
	}
	return stats.SquaredMMD(terms(means, blocks, k, l)), nil
}

func energy(means []float64, blocks, k, l int) (float64, error) {
	if k == l {
		return 0, nil
	}
	return stats.EnergyDistance(terms(means, blocks, k, l)), nil
}

// statistic is a function of block means.
type statistic func(means []float64, blocks, k, l int) (float64, error)

// againstMedian recomputes MMD_u^2 of all pairs on n half-samples of the wordings or items and tests every pair against the
// median
// over pairs, which is recomputed in each; far and near are by pair, in row order.
func againstMedian(ctx context.Context, c *clouds, seed uint64, n int, progress func(done int)) (far, near []float64, err error) {
	blocks := len(c.s.present)
	pairs := blocks * (blocks - 1) / 2
	wordings := make([][][]int, blocks)
	for k := range wordings {
		wordings[k] = c.s.halved(k)
	}
	const batch = 1024 // replicates between two looks at ctx
	test, rows := stats.NewMedianTest(pairs, axis.Yardstick), make([]float64, min(batch, n)*pairs)
	for from := 0; from < n; from += batch {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		here := min(batch, n-from)
		err := c.s.blockMeans(c.kernel, here, func(r int) [][]int {
			rng := stats.Stream(seed, "semantic/tests", from+r)
			halves := make([][]int, blocks)
			for k := range halves {
				halves[k] = half(rng, wordings[k], c.s.size(k))
			}
			return halves
		}, func(r int, means []float64) {
			row := rows[r*pairs : (r+1)*pairs]
			for k := range blocks {
				for l := k + 1; l < blocks; l++ {
					row[pairIndex(blocks, k, l)] = stats.SquaredMMD(terms(means, blocks, k, l))
				}
			}
		})
		for r := 0; r < here && err == nil; r++ {
			err = test.Add(rows[r*pairs : (r+1)*pairs])
		}
		if err != nil {
			return nil, nil, err
		}
		progress(min(n, from+batch))
	}
	far, near = test.P()
	return far, near, nil
}
