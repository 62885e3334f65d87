package stats

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
)

// permuted gives the t of every predictor under permutations of labels, or under its own null, and records how many
// permutations there were. A predictor without a null has none.
func (f *fit) permuted(kept []int, xs []Predictor, within []string, limit int, rng *rand.Rand, out *Regression) [][]float64 {
	nulls, residuals := make([][]float64, len(kept)), make([][]float64, len(kept))
	for k, i := range kept {
		if x := xs[i]; x.Null != nil {
			nulls[k] = f.replaced(k, x.Null)
		} else if x.untested(within) == "" {
			residuals[k] = square(f.parts[k].residual, out.Benchmarks, 0)
		}
	}
	moved := make([]float64, len(f.y))
	visit := func(p []int) {
		for k, r := range residuals {
			if r != nil {
				gatherCells(moved, r, p)
				nulls[k] = append(nulls[k], f.tMoved(k, moved))
			}
		}
	}
	if within == nil {
		out.Distinct = math.Gamma(float64(out.Benchmarks) + 1)
		out.Permutations, out.Exact = permute(out.Benchmarks, limit, rng, visit)
	} else {
		out.Distinct = DistinctPermutations(within)
		out.Permutations, out.Exact = permuteBlocks(within, limit, rng, visit)
	}
	return nulls
}

// gatherCells writes the cells above the diagonal of a symmetric matrix whose labels are permuted.
func gatherCells(to, from []float64, p []int) {
	n, c := len(p), 0
	for i, at := range p {
		row := from[at*n : (at+1)*n]
		for _, j := range p[i+1:] {
			to[c] = row[j]
			c++
		}
	}
}

// tMoved is the t of permuted residuals, of which the other predictors explain a part again.
func (f *fit) tMoved(k int, moved []float64) float64 {
	p := &f.parts[k]
	var explained [16]float64
	sums := explained[:min(p.width, len(explained))]
	if p.width > len(explained) {
		sums = make([]float64, p.width)
	}
	var dot, ss float64
	for c, e := range moved {
		dot += e * p.rest[c]
		ss += e * e
		for j, b := range p.basis[c*p.width : (c+1)*p.width] {
			sums[j] += b * e
		}
	}
	for _, v := range sums {
		ss -= v * v
	}
	return f.tOf(k, dot, ss)
}

// replaced gives the t of other matrices in a predictor's place, each regressed as the predictor was; those that lack a cell or
// are constant have none.
func (f *fit) replaced(k int, null iter.Seq[*matrix.Labelled]) []float64 {
	var out []float64
	for m := range null {
		if _, cells := m.UpperTriangle(); len(cells) == len(f.y) && linalg.Norm(linalg.Centred(cells)) > 0 {
			out = append(out, f.tMoved(k, linalg.Standardised(cells)))
		}
	}
	return out
}

// permuteBlocks is permute among the members of each block alone.
func permuteBlocks(blocks []string, limit int, rng *rand.Rand, visit func(p []int)) (made int, all bool) {
	if DistinctPermutations(blocks) > float64(limit) {
		for range limit {
			visit(PermuteWithin(rng, blocks))
		}
		return limit, false
	}
	var members [][]int
	for _, b := range slices.Compact(slices.Sorted(slices.Values(blocks))) {
		var of []int
		for i, other := range blocks {
			if other == b {
				of = append(of, i)
			}
		}
		members = append(members, of)
	}
	p := make([]int, len(blocks))
	var each func(block int)
	each = func(block int) {
		if block == len(members) {
			visit(p)
			made++
			return
		}
		order := make([]int, len(members[block]))
		for i := range order {
			order[i] = i
		}
		for more := true; more; more = nextPermutation(order) {
			for i, j := range order {
				p[members[block][i]] = members[block][j]
			}
			each(block + 1)
		}
	}
	each(0)
	return made, true
}
