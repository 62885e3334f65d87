package perplexity

import "sdmap/internal/simd"

// block is how many pieces are ranked and multiplied at a time: their ranks and gammas stay in a near cache.
const block = 1024

// ranked are pieces with the ranks of some models on each, in the order in which simd multiplies: panels of pieces, by model
// within a panel.
type ranked struct {
	f      *features
	models []int
	pieces []int       // ascending
	kept   [][]float32 // by block; nil where ranks are made anew whenever they are read
	few    *ranked     // a sample of the pieces, from which bars are guessed
}

func (f *features) ranked(models, pieces []int) *ranked {
	r := &ranked{f: f, models: models, pieces: pieces}
	r.few = &ranked{f: f, models: models, pieces: sampled(pieces)}
	return r
}

// A sample is one piece of sampleStep, and no more than sampleMost.
const (
	sampleStep = 16
	sampleMost = 8 * block
)

// sampled are some of the pieces, evenly from all of them.
func sampled(pieces []int) []int {
	out := make([]int, min(len(pieces)/sampleStep, sampleMost))
	for k := range out {
		out[k] = pieces[k*len(pieces)/len(out)]
	}
	return out
}

// keep makes the ranks once, for many products with them.
func (r *ranked) keep() *ranked {
	r.makeAll()
	r.few.makeAll()
	return r
}

func (r *ranked) makeAll() {
	ranker := newRanker(len(r.models))
	for first := 0; first < len(r.pieces); first += block {
		n := min(block, len(r.pieces)-first)
		to := make([]float32, simd.PanelsLen(len(r.models), n))
		ranker.panels(r, first, n, to)
		r.kept = append(r.kept, to)
	}
}

// blocks gives the ranks block by block.
func (r *ranked) blocks(visit func(pieces []int, panels simd.Right)) {
	m := len(r.models)
	ranker, scratch := ranker{}, []float32(nil)
	if r.kept == nil {
		ranker, scratch = newRanker(m), make([]float32, simd.PanelsLen(m, min(block, len(r.pieces))))
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

// ranker ranks the values of some models on one block of pieces after the other, without allocating.
type ranker struct {
	values []float32 // of a block, in panels as ranks are
}

func newRanker(models int) ranker { return ranker{make([]float32, simd.PanelsLen(models, block))} }

// panels writes the centred ranks of n pieces, so that the product with any target is gamma.
func (r ranker) panels(of *ranked, first, n int, to []float32) {
	m := len(of.models)
	for k, i := range of.models {
		gather(r.values[k*simd.Width:], m*simd.Width, of.f.x[i], of.pieces[first:first+n])
	}
	for at := 0; at < simd.PanelsLen(m, n); at += m * simd.Width {
		simd.CentredRanks(to[at:], r.values[at:], m)
	}
}

// gather writes one model's values of some pieces into its rows of the panels, which are panel numbers apart. Pieces that follow
// each other, as those of a whole corpus do, are copied a row at a time.
func gather(to []float32, panel int, column []float32, pieces []int) {
	for t := 0; t < len(pieces); t += simd.Width {
		row, of := to[t/simd.Width*panel:], pieces[t:min(len(pieces), t+simd.Width)]
		if from := of[0]; of[len(of)-1]-from == len(of)-1 {
			copy(row[:len(of)], column[from:from+len(of)])
			continue
		}
		for k, piece := range of {
			row[k] = column[piece]
		}
	}
}
