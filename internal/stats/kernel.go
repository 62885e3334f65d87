package stats

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Items of several groups (benchmarks) stand one after the other; offsets has one entry more than there are groups, and
// group g holds the items offsets[g] to offsets[g+1]-1. Pairwise quantities are n x n, row-major, symmetric, and their
// diagonal is 0: an item is never compared with itself.

// EuclideanDistances returns the n x n distances of the rows of x (n x dim, row-major).
func EuclideanDistances(x []float64, n, dim int) ([]float64, error) {
	if n < 0 || dim < 1 || len(x) != n*dim {
		return nil, fmt.Errorf("%d numbers are no %d x %d matrix", len(x), n, dim)
	}
	if !allFinite(x) {
		return nil, ErrFinite
	}
	d := make([]float64, n*n)
	inParallel(n, func(i int) {
		for j := range i {
			var ss float64
			for k, v := range x[i*dim : (i+1)*dim] {
				diff := v - x[j*dim+k]
				ss += diff * diff
			}
			d[i*n+j] = math.Sqrt(ss)
			d[j*n+i] = d[i*n+j]
		}
	})
	return d, nil
}

// MedianDistance is the bandwidth heuristic: the median of all distances i < j, pooled over groups (Gretton et al. 2012).
func MedianDistance(distances []float64, n int) (float64, error) {
	if n < 2 || len(distances) != n*n {
		return 0, fmt.Errorf("%d distances of %d items have no median", len(distances), n)
	}
	upper := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		upper = append(upper, distances[i*n+i+1:(i+1)*n]...)
	}
	if !allFinite(upper) {
		return 0, ErrFinite
	}
	median := quantileOf(upper, 0.5)
	if !(median > 0) {
		return 0, fmt.Errorf("the median distance of %d items is %v: most of them are equal, so there is no bandwidth", n, median)
	}
	return median, nil
}

// GaussianKernel is exp(-d^2 / (2 sigma^2)) for i != j and 0 on the diagonal.
func GaussianKernel(distances []float64, n int, sigma float64) ([]float64, error) {
	if len(distances) != n*n || !(sigma > 0) || !finite(sigma) {
		return nil, fmt.Errorf("no kernel of %d distances, %d items and bandwidth %v", len(distances), n, sigma)
	}
	k := make([]float64, n*n)
	inParallel(n, func(i int) {
		for j := range n {
			if d := distances[i*n+j] / sigma; i != j {
				k[i*n+j] = math.Exp(-d * d / 2)
			}
		}
	})
	return k, nil
}

// BlockMeans returns the G x G means of a pairwise quantity over the items of two groups; within a group over i != j, so
// that the means are unbiased (U-statistics).
func BlockMeans(pairwise []float64, offsets []int) ([]float64, error) {
	if err := checkBlocks(pairwise, offsets, 2); err != nil {
		return nil, err
	}
	groups, n := len(offsets)-1, offsets[len(offsets)-1]
	means := make([]float64, groups*groups)
	for a := range groups {
		for b := a; b < groups; b++ {
			var sum float64
			for i := offsets[a]; i < offsets[a+1]; i++ {
				for _, v := range pairwise[i*n+offsets[b] : i*n+offsets[b+1]] {
					sum += v
				}
			}
			v := sum / pairCount(a == b, offsets[a+1]-offsets[a], offsets[b+1]-offsets[b])
			means[a*groups+b], means[b*groups+a] = v, v
		}
	}
	return means, nil
}

// pairCount is the number of ordered pairs behind a block mean.
func pairCount(within bool, a, b int) float64 {
	if within {
		b = a - 1
	}
	return float64(a) * float64(b)
}

// SquaredMMD is MMD_u^2 = k_aa + k_bb - 2 k_ab from unbiased block means of a kernel (Gretton et al. 2012). It is an
// unbiased estimate of a squared distance and may be negative: it is never clipped.
func SquaredMMD(aa, bb, ab float64) float64 { return aa + bb - 2*ab }

// EnergyDistance is 2 d_ab - d_aa - d_bb from unbiased block means of distances (Székely & Rizzo 2013).
func EnergyDistance(aa, bb, ab float64) float64 { return 2*ab - aa - bb }

// KernelCosine is k_ab / sqrt(k_aa k_bb), the cosine of two kernel mean embeddings, from unbiased block means; missing
// where a self term is not positive. It may leave [-1, 1] by sampling error.
func KernelCosine(aa, bb, ab float64) (float64, error) {
	if !(aa > 0 && bb > 0) {
		return 0, fmt.Errorf("the self-similarity of a benchmark is not positive (%.3g, %.3g)", aa, bb)
	}
	return ab / math.Sqrt(aa*bb), nil
}

// checkBlocks makes sure that offsets cut an n x n matrix into groups of at least a size.
func checkBlocks(pairwise []float64, offsets []int, atLeast int) error {
	if len(offsets) < 2 || offsets[0] != 0 || !slices.IsSorted(offsets) {
		return fmt.Errorf("offsets %v do not begin at 0 and ascend", offsets)
	}
	if n := offsets[len(offsets)-1]; len(pairwise) != n*n {
		return fmt.Errorf("%d pairwise numbers for %d items", len(pairwise), n)
	}
	for g := range len(offsets) - 1 {
		if size := offsets[g+1] - offsets[g]; size < atLeast {
			return fmt.Errorf("group %d has %d items; at least %d are needed", g, size, atLeast)
		}
	}
	return nil
}

// inParallel calls work(0) to work(n-1) from GOMAXPROCS goroutines. Each call writes only what belongs to its index, so
// results do not depend on the schedule.
func inParallel(n int, work func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}
