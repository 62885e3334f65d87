package semantic

import (
	"testing"

	"sdmap/internal/golden"
	"sdmap/internal/study"
	"sdmap/internal/wording"
	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"level":         "goes into Variant.Level, which every interval prints",
			"traceBatch":    "texts at once: changes no number",
			"batch":         "replicates at once: changes no number",
			"ritzTolerance": "keeps rounding from deciding",
		},
		Numbers: map[string]string{
			"4 in DecodeBlocks":  "bytes of a number",
			"40 in truncatedSVD": "steps of an iteration that goes on until it has converged",
		},
		Texts: map[string]string{"half of each benchmark's wordings": "stats.HalfSample draws halves"},
	})
}

func TestMethodsFollowTheOptions(t *testing.T) {
	o := study.Semantic{Embeddings: []string{"hidden:m", "tfidf"}, Text: TextQuestion, Dimensions: 64, Items: 80, WuDraws: 100,
		Permutations: 9999}
	wordingtest.Options(t, &o, func() string { return wording.Join(Methods(o, wordingtest.Plain)) },
		map[string]any{"Embeddings": []string{"tfidf"}, "Text": TextAnswer},
		map[string]string{"Chosen": "who chose is no method", "Permutations": "the table of tests has how many were made",
			"At": "a place in the file",
			"Wu": "the table of measures has it", "WuDraws": "the table of measures has it"})
}

func TestMethods(t *testing.T) {
	o := study.Semantic{Embeddings: []string{"hidden:m", "tfidf"}, Text: TextChoices, Dimensions: 64}
	golden.Compare(t, "testdata/methods.golden", []byte(wording.Join(Methods(o, wordingtest.Plain))))
}
