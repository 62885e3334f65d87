package stats

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// replicateChunk replicates are computed at once by one goroutine; gemmRows of them in one matrix product, few enough
// that gonum multiplies on the calling goroutine.
const (
	replicateChunk = 256
	gemmRows       = 64
)

// HalfSampleBlockMeans computes BlockMeans on subsets of the items, once for each replicate. halves(r) gives, for each
// group, the indices of the chosen items within the group, ascending and without repetition, at least two. visit gets
// the G x G means of replicate r; it must copy what it keeps. Both are called from several goroutines, for different r.
//
// The sums are matrix products: with Z_a the 0/1 matrix of chosen items (replicates x items of a), the block sum of
// (a, b) is the row sum of (Z_a K_ab) * Z_b. They are products without transposition, summed in the order of items: bits
// depend neither on the chunks nor on GOMAXPROCS. Memory is a few megabytes a goroutine beyond the input.
func HalfSampleBlockMeans(pairwise []float64, offsets []int, reps int, halves func(r int) [][]int, visit func(r int, means []float64)) error {
	if err := checkBlocks(pairwise, offsets, 2); err != nil {
		return err
	}
	var once sync.Once
	var first error
	inParallel((reps+replicateChunk-1)/replicateChunk, func(c int) {
		from, to := c*replicateChunk, min(reps, (c+1)*replicateChunk)
		chosen := make([][][]int, to-from)
		for r := range chosen {
			chosen[r] = halves(from + r)
			if err := checkHalves(chosen[r], offsets); err != nil {
				once.Do(func() { first = fmt.Errorf("replicate %d: %w", from+r, err) })
				return
			}
		}
		groups := len(offsets) - 1
		means := chunkMeans(pairwise, offsets, chosen)
		for r := range chosen {
			visit(from+r, means[r*groups*groups:(r+1)*groups*groups])
		}
	})
	return first
}

// chunkMeans returns the block means of some replicates, replicates x G x G.
func chunkMeans(pairwise []float64, offsets []int, chosen [][][]int) []float64 {
	groups, n, reps := len(offsets)-1, offsets[len(offsets)-1], len(chosen)
	largest := 0
	for g := range groups {
		largest = max(largest, offsets[g+1]-offsets[g])
	}
	indicator := make([]float64, reps*largest)
	product := make([]float64, gemmRows*largest)
	means := make([]float64, reps*groups*groups)
	for a := range groups {
		na := offsets[a+1] - offsets[a]
		z := indicator[:reps*na]
		clear(z)
		for r := range chosen {
			for _, i := range chosen[r][a] {
				z[r*na+i] = 1
			}
		}
		for b := a; b < groups; b++ {
			nb := offsets[b+1] - offsets[b]
			block := pairwise[offsets[a]*n+offsets[b] : (offsets[a+1]-1)*n+offsets[b+1]]
			for r0 := 0; r0 < reps; r0 += gemmRows {
				rows := min(gemmRows, reps-r0)
				gonum.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, rows, nb, na, 1, z[r0*na:], na, block, n, 0, product, nb)
				for r := r0; r < r0+rows; r++ {
					row := product[(r-r0)*nb : (r-r0+1)*nb]
					var sum float64
					for _, j := range chosen[r][b] {
						sum += row[j]
					}
					v := sum / pairCount(a == b, len(chosen[r][a]), len(chosen[r][b]))
					means[r*groups*groups+a*groups+b], means[r*groups*groups+b*groups+a] = v, v
				}
			}
		}
	}
	return means
}

func checkHalves(chosen [][]int, offsets []int) error {
	if len(chosen) != len(offsets)-1 {
		return fmt.Errorf("%d groups chosen of %d", len(chosen), len(offsets)-1)
	}
	for g, items := range chosen {
		if len(items) < 2 {
			return fmt.Errorf("group %d has %d chosen items; two are needed", g, len(items))
		}
		last := -1
		for _, i := range items {
			if i <= last || i >= offsets[g+1]-offsets[g] {
				return fmt.Errorf("group %d: chosen item %d is outside or out of order", g, i)
			}
			last = i
		}
	}
	return nil
}

// HalfSampleMMD returns MMD_u^2 of all pairs of groups a < b (in row order) for each replicate: replicates x pairs,
// row-major, from a kernel as GaussianKernel makes it. See HalfSampleBlockMeans.
func HalfSampleMMD(kernel []float64, offsets []int, reps int, halves func(r int) [][]int) ([]float64, error) {
	groups := len(offsets) - 1
	pairs := groups * (groups - 1) / 2
	if groups < 2 || reps < 1 || reps > math.MaxInt32/pairs {
		return nil, fmt.Errorf("no replicates of %d groups and %d draws", groups, reps)
	}
	out := make([]float64, reps*pairs)
	err := HalfSampleBlockMeans(kernel, offsets, reps, halves, func(r int, means []float64) {
		row := out[r*pairs : (r+1)*pairs]
		k := 0
		for a := range groups {
			for b := a + 1; b < groups; b++ {
				row[k] = SquaredMMD(means[a*groups+a], means[b*groups+b], means[a*groups+b])
				k++
			}
		}
	})
	return out, err
}
