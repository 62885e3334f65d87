package stats

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"sdmap/internal/simd"
)

const (
	replicateChunk = 512 // replicates that one goroutine computes at once
	tableBits      = 5   // items whose 2^5 possible sums stand in one table
)

// HalfSampleBlockMeans computes BlockMeans on subsets of the items, once for each replicate. halves(r) gives, for each
// group, the indices of the chosen items within the group, ascending and without repetition, at least two. visit gets
// the G x G means of replicate r; it must copy what it keeps. Both are called from several goroutines, for different r.
//
// The block sum of (a, b) adds, over the chosen items of a, their rows of K_ab, and then over the chosen items of b. Rows are
// taken five at a time: a table holds the sums of all 32 subsets of five rows, so that a replicate needs one addition for
// five items ("four Russians"). Rows are added in float32, which errs by less than 1e-7 of the largest number in a mean, and
// the sums over b's items in float64. The order of summation is fixed: bits depend neither on the chunks nor on GOMAXPROCS.
// Memory is a few megabytes a goroutine beyond the input.
func HalfSampleBlockMeans(pairwise []float64, offsets []int, reps int, halves func(r int) [][]int,
	visit func(r int, means []float64)) error {
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
	groups, n := len(offsets)-1, offsets[len(offsets)-1]
	means := make([]float64, len(chosen)*groups*groups)
	var table, row []float32
	for a := range groups {
		na := offsets[a+1] - offsets[a]
		tables := (na + tableBits - 1) / tableBits
		subsets := subsetsOf(chosen, a, tables)
		for b := a; b < groups; b++ {
			nb := offsets[b+1] - offsets[b]
			width := (nb + simd.Width - 1) / simd.Width * simd.Width
			table = slices.Grow(table[:0], tables*width<<tableBits)[:tables*width<<tableBits]
			row = slices.Grow(row[:0], width)[:width]
			tabulate(table, width, pairwise[offsets[a]*n+offsets[b]:(offsets[a+1]-1)*n+offsets[b+1]], n, na, nb)
			for r, items := range chosen {
				simd.SumRows(row, table, subsets[r*tables:(r+1)*tables])
				v := sumOf(row, items[b]) / pairCount(a == b, len(items[a]), len(items[b]))
				means[(r*groups+a)*groups+b], means[(r*groups+b)*groups+a] = v, v
			}
		}
	}
	return means
}

// sumOf adds some numbers of a row, four sums at once.
func sumOf(row []float32, items []int) float64 {
	var sums [4]float64
	for len(items) >= 4 {
		sums[0] += float64(row[items[0]])
		sums[1] += float64(row[items[1]])
		sums[2] += float64(row[items[2]])
		sums[3] += float64(row[items[3]])
		items = items[4:]
	}
	for k, j := range items {
		sums[k] += float64(row[j])
	}
	return (sums[0] + sums[1]) + (sums[2] + sums[3])
}

// subsetsOf are the chosen items of group a as rows of its tables, replicates x tables.
func subsetsOf(chosen [][][]int, a, tables int) []int32 {
	subsets := make([]int32, len(chosen)*tables)
	for r := range chosen {
		of := subsets[r*tables : (r+1)*tables]
		for t := range of {
			of[t] = int32(t << tableBits)
		}
		for _, i := range chosen[r][a] {
			of[i/tableBits] |= 1 << (i % tableBits)
		}
	}
	return subsets
}

// tabulate writes, for each run of rows of a block (na x nb, rows n apart), the sums of all its subsets, each width long.
func tabulate(table []float32, width int, block []float64, n, na, nb int) {
	for first := 0; first < na; first += tableBits {
		of := table[first/tableBits*width<<tableBits:][:width<<tableBits]
		clear(of[:width])
		for subset := 1; subset < 1<<min(tableBits, na-first); subset++ {
			highest := bits.Len(uint(subset)) - 1
			entry, rest := of[subset*width:(subset+1)*width], of[(subset&^(1<<highest))*width:]
			for j, v := range block[(first+highest)*n : (first+highest)*n+nb] {
				entry[j] = rest[j] + float32(v)
			}
			clear(entry[nb:])
		}
	}
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
