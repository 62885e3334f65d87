package perplexity

import (
	"fmt"
	"math"

	"sdmap/internal/corpus"
)

// features are the surprisals of d scored pieces under m models, standardised within model or not.
type features struct {
	x    [][]float32 // m columns of d, all finite
	at   []int       // d: position of each piece in the corpus, pieces counted over all documents
	doc  []int       // d: document of each piece
	docs int         // documents of the corpus

	recipe string // that signatures are chosen by; empty where there is none
}

// newFeatures keeps the pieces that every model scored. columns is m x (all pieces of the corpus), and is written over: at the
// size of a large corpus they are the most that is in memory.
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
		f.x[i] = column[:len(f.at)]
		for t, p := range f.at { // never before t
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
