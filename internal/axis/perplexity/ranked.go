package perplexity

import (
	"cmp"
	"slices"

	"sdmap/internal/simd"
)

// block is how many pieces are ranked and multiplied at a time: their ranks and gammas stay in a near cache.
const block = 1024

// ranked are pieces with the ranks of some models on each, in the order in which simd multiplies: panels of pieces, by model
// within a panel.
type ranked struct {
	f      *features
	models []int
	pieces []int       // ascending
	kept   [][]float32 // by block; nil where ranks are made anew whenever they are read
}

func (f *features) ranked(models, pieces []int) *ranked {
	return &ranked{f: f, models: models, pieces: pieces}
}

// keep makes the ranks once, for many products with them.
func (r *ranked) keep() *ranked {
	ranker := newRanker(len(r.models))
	for first := 0; first < len(r.pieces); first += block {
		n := min(block, len(r.pieces)-first)
		to := make([]float32, simd.PanelsLen(len(r.models), n))
		ranker.panels(r, first, n, to)
		r.kept = append(r.kept, to)
	}
	return r
}

// blocks gives the ranks block by block.
func (r *ranked) blocks(visit func(pieces []int, panels simd.Right)) {
	m := len(r.models)
	ranker, scratch := newRanker(m), []float32(nil)
	if r.kept == nil {
		scratch = make([]float32, simd.PanelsLen(m, min(block, len(r.pieces))))
	}
	for first := 0; first < len(r.pieces); first += block {
		n := min(block, len(r.pieces)-first)
		data := scratch
		if r.kept != nil {
			data = r.kept[first/block]
		} else {
			ranker.panels(r, first, n, data)
		}
		visit(r.pieces[first:first+n], simd.Panels(data, m))
	}
}

// ranker ranks the values of some models on one piece after the other, without allocating.
type ranker struct {
	values []float32
	order  []int
	ranks  []float32
}

func newRanker(models int) *ranker {
	return &ranker{values: make([]float32, models), order: make([]int, models), ranks: make([]float32, models)}
}

// panels writes the ranks of n pieces.
func (r *ranker) panels(of *ranked, first, n int, to []float32) {
	m := len(of.models)
	for t := range n {
		for k, i := range of.models {
			r.values[k] = of.f.x[i][of.pieces[first+t]]
		}
		r.rank()
		at := t/simd.Width*simd.Width*m + t%simd.Width
		for k, rank := range r.ranks {
			to[at+k*simd.Width] = rank
		}
	}
}

// rank sets ranks to the average ranks of values, centred at 0, so that the product with any target is gamma. They are whole
// or half numbers, and exact.
func (r *ranker) rank() {
	for k := range r.order {
		r.order[k] = k
	}
	r.sort()
	middle := float32(len(r.order)+1) / 2
	for i := 0; i < len(r.order); {
		j := i + 1
		for j < len(r.order) && r.values[r.order[j]] == r.values[r.order[i]] {
			j++
		}
		for _, k := range r.order[i:j] {
			r.ranks[k] = float32(i+1+j)/2 - middle
		}
		i = j
	}
}

// sort orders by value: by insertion for as few models as studies have, which is several times faster there.
func (r *ranker) sort() {
	if len(r.order) > 64 {
		slices.SortFunc(r.order, func(a, b int) int { return cmp.Compare(r.values[a], r.values[b]) })
		return
	}
	for i := 1; i < len(r.order); i++ {
		k := r.order[i]
		j := i
		for ; j > 0 && r.values[r.order[j-1]] > r.values[k]; j-- {
			r.order[j] = r.order[j-1]
		}
		r.order[j] = k
	}
}
