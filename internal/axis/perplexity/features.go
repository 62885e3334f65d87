package perplexity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/corpus"
	"sdmap/internal/stats"
)

// features are the surprisals of d scored pieces under m models, standardised within model or not.
type features struct {
	x    [][]float32 // m columns of d, all finite
	at   []int       // d: position of each piece in the corpus, pieces counted over all documents
	doc  []int       // d: document of each piece
	docs int         // documents of the corpus
}

// newFeatures keeps the pieces that every model scored. columns is m x (all pieces of the corpus).
func newFeatures(c *corpus.Corpus, columns [][]float32, standardise bool) (*features, error) {
	f := &features{docs: len(c.Docs), x: make([][]float32, len(columns))}
	at := 0
	for doc, d := range c.Docs {
		for range d.Pieces {
			if scoredByAll(columns, at) {
				f.at, f.doc = append(f.at, at), append(f.doc, doc)
			}
			at++
		}
	}
	for i, column := range columns {
		if len(column) != at {
			return nil, fmt.Errorf("model %d has %d surprisals for %d pieces", i+1, len(column), at)
		}
		f.x[i] = make([]float32, len(f.at))
		for t, p := range f.at {
			f.x[i][t] = column[p]
		}
		if standardise {
			zScore(f.x[i])
		}
	}
	return f, nil
}

func scoredByAll(columns [][]float32, piece int) bool {
	for _, c := range columns {
		if piece >= len(c) || math.IsNaN(float64(c[piece])) {
			return false
		}
	}
	return len(columns) > 0
}

// zScore replaces x by (x - mean)/SD, over the whole corpus. A constant column becomes zeros.
func zScore(x []float32) {
	var mean, ss float64
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		ss += (float64(v) - mean) * (float64(v) - mean)
	}
	sd := math.Sqrt(ss / float64(len(x)-1))
	for t, v := range x {
		if sd > 0 {
			x[t] = float32((float64(v) - mean) / sd)
		} else {
			x[t] = 0
		}
	}
}

// noise is a corpus of the same shape whose surprisals are independent normal numbers: what signatures find where there is
// nothing to find.
func (f *features) noise(seed uint64) *features {
	out := &features{at: f.at, doc: f.doc, docs: f.docs, x: make([][]float32, len(f.x))}
	for i := range f.x {
		rng := stats.Stream(seed, "perplexity/noise corpus", i)
		out.x[i] = make([]float32, len(f.at))
		for t := range out.x[i] {
			out.x[i][t] = float32(rng.NormFloat64())
		}
	}
	return out
}

// ranker ranks the values of some models on one piece after the other, without allocating.
type ranker struct {
	values []float32
	order  []int
}

func newRanker(models int) *ranker {
	return &ranker{values: make([]float32, models), order: make([]int, models)}
}

// ranks writes the average ranks of piece t over the models, centred at 0, so that the product with any target is gamma.
func (r *ranker) ranks(f *features, models []int, t int, to []float64) {
	for k, i := range models {
		r.values[k] = f.x[i][t]
		r.order[k] = k
	}
	r.sort()
	middle := float64(len(models)+1) / 2
	for i := 0; i < len(r.order); {
		j := i + 1
		for j < len(r.order) && r.values[r.order[j]] == r.values[r.order[i]] {
			j++
		}
		for _, k := range r.order[i:j] {
			to[k] = float64(i+1+j)/2 - middle
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
