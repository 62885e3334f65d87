package stats

import (
	"fmt"
	"math"
	"math/bits"
	"sync"

	"gonum.org/v1/gonum/floats"
)

const (
	replicateChunk = 256 // replicates that one goroutine computes at once
	tableBits      = 6   // items whose 2^6 possible sums stand in one table
)

// HalfSampleBlockMeans computes BlockMeans on subsets of the items, once for each replicate. halves(r) gives, for each
// group, the indices of the chosen items within the group, ascending and without repetition, at least two. visit gets
// the G x G means of replicate r; it must copy what it keeps. Both are called from several goroutines, for different r.
//
// The block sum of (a, b) adds, over the chosen items of a, their rows of K_ab, and then over the chosen items of b. Rows are
// taken six at a time: a table holds the sums of all 64 subsets of six rows, so that a replicate needs one addition for
// six items ("four Russians"). The order of summation is fixed: bits depend neither on the chunks nor on GOMAXPROCS.
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
	largest := 0
	for g := range groups {
		largest = max(largest, offsets[g+1]-offsets[g])
	}
	table := make([]float64, largest<<tableBits)
	sums := make([]float64, len(chosen)*largest)
	means := make([]float64, len(chosen)*groups*groups)
	for a := range groups {
		na := offsets[a+1] - offsets[a]
		subsets := subsetsOf(chosen, a, na)
		for b := a; b < groups; b++ {
			nb := offsets[b+1] - offsets[b]
			block := pairwise[offsets[a]*n+offsets[b] : (offsets[a+1]-1)*n+offsets[b+1]]
			rowSums(sums[:len(chosen)*nb], table, block, n, na, nb, subsets)
			for r, items := range chosen {
				row := sums[r*nb : (r+1)*nb]
				var sum float64
				for _, j := range items[b] {
					sum += row[j]
				}
				v := sum / pairCount(a == b, len(items[a]), len(items[b]))
				means[(r*groups+a)*groups+b], means[(r*groups+b)*groups+a] = v, v
			}
		}
	}
	return means
}

// subsetsOf writes the chosen items of group a, which has na items, as bits: for each run of six items, one subset a
// replicate.
func subsetsOf(chosen [][][]int, a, na int) [][]uint8 {
	subsets := make([][]uint8, (na+tableBits-1)/tableBits)
	for t := range subsets {
		subsets[t] = make([]uint8, len(chosen))
	}
	for r := range chosen {
		for _, i := range chosen[r][a] {
			subsets[i/tableBits][r] |= 1 << (i % tableBits)
		}
	}
	return subsets
}

// rowSums adds, for each replicate, the chosen rows of a block (na x nb, rows n apart) into sums (replicates x nb).
func rowSums(sums, table, block []float64, n, na, nb int, subsets [][]uint8) {
	clear(sums)
	for t, bySubset := range subsets {
		first := t * tableBits
		for subset := 1; subset < 1<<min(tableBits, na-first); subset++ {
			highest := bits.Len(uint(subset)) - 1
			entry := table[subset*nb : (subset+1)*nb]
			row := block[(first+highest)*n : (first+highest)*n+nb]
			if rest := subset &^ (1 << highest); rest == 0 {
				copy(entry, row)
			} else {
				floats.AddTo(entry, table[rest*nb:(rest+1)*nb], row)
			}
		}
		for r, subset := range bySubset {
			if subset != 0 {
				floats.Add(sums[r*nb:(r+1)*nb], table[int(subset)*nb:(int(subset)+1)*nb])
			}
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
