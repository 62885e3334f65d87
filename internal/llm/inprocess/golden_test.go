package inprocess

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sdmap/internal/llm"
)

// From text to log-probabilities: what the planted study's make script found with its own tokenizer and in float64.
func TestTextToLogProbabilities(t *testing.T) {
	file, err := os.Open("../../transformer/testdata/planted.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		File      string
		Sequences []struct {
			Text     string
			IDs      []int32
			LogProbs []float64
		}
	}
	if err := json.NewDecoder(unzipped).Decode(&golden); err != nil {
		t.Fatal(err)
	}
	for _, g := range golden {
		d := open(t, filepath.Join("../../../studies/planted/models", g.File))
		for i, s := range g.Sequences {
			tokens, err := d.Tokenize(t.Context(), s.Text)
			if err != nil {
				t.Fatal(err)
			}
			ids := make([]int32, len(tokens))
			for j, token := range tokens {
				ids[j] = token.ID
			}
			if !slices.Equal(ids, s.IDs) {
				t.Errorf("%s, sequence %d: tokens %v; golden %v", g.File, i, ids, s.IDs)
				continue
			}
			scores, err := d.Score(t.Context(), []llm.Sequence{{Tokens: ids, From: 1}})
			if err != nil {
				t.Fatal(err)
			}
			for j, want := range s.LogProbs {
				if math.Abs(scores[0][j]-want) > 1e-4 {
					t.Errorf("%s, sequence %d, token %d: %v; golden %v", g.File, i, j+1, scores[0][j], want)
				}
			}
		}
	}
}
