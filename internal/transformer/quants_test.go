package transformer

import (
	"path/filepath"
	"testing"

	"sdmap/internal/llm"
)

// Models whose matrices are of several quantised types, one of them split into two files; in float64 by
// `python3 studies/planted/make/random_quants.py`.
func TestQuantisedGoldens(t *testing.T) {
	for _, g := range readGolden(t, "testdata/quants.json.gz") {
		t.Run(g.File, func(t *testing.T) { checkGolden(t, filepath.Join("testdata", g.File), g.Sequences) })
	}
}

// A single row is multiplied by other code than many rows, and expanded weights by a third: the bits are the same.
func TestQuantisedRowsAloneAndTogether(t *testing.T) {
	for _, g := range readGolden(t, "testdata/quants.json.gz") {
		large, small := openModel(t, g.File, 0), openModel(t, g.File, expandBelow)
		var pairs, whole []llm.Sequence
		for _, s := range g.Sequences {
			pairs = append(pairs, llm.Sequence{Tokens: s.IDs[:2], From: 1})
			whole = append(whole, llm.Sequence{Tokens: s.IDs, From: 1})
		}
		together, expanded := must(large.Score(t.Context(), whole)), must(small.Score(t.Context(), whole))
		for i := range pairs {
			alone := must(large.Score(t.Context(), pairs[i:i+1]))
			if alone[0][0] != together[i][0] || expanded[i][0] != together[i][0] {
				t.Errorf("%s, sequence %d: %v alone, %v together, %v expanded", g.File, i, alone[0][0], together[i][0], expanded[i][0])
			}
		}
	}
}
