package neural

import (
	"slices"
	"testing"

	"sdmap/internal/golden"
	"sdmap/internal/study"
	"sdmap/internal/wording"
	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"level":             "goes into Variant.Level, which every interval prints",
			"traceBatch":        "prompts at once: changes no number",
			"poolRows":          "replicates at once: changes no number",
			"poolChunk":         "replicates at once: changes no number",
			"tableBits":         "items at once: changes no number",
			"AttentionFeatures": "counts what attend gives",
			"fewestForCeiling":  "of two models each has one other, which is no mean",
		},
		Numbers: map[string]string{"4 in DecodePatterns": "bytes of a number"},
		Texts: map[string]string{
			"half of the models":       "stats.HalfSampleGroups draws halves",
			"half of each benchmark's": "stats.HalfSample draws halves",
		},
	})
}

var unsaid = map[string]string{"Chosen": "who chose is no method", "Permutations": "the table of tests has how many were made",
	"At": "a place in the file"}

func TestMethodsFollowTheOptions(t *testing.T) {
	o := study.Neural{Items: 64, Models: []string{"a", "b"}, Measures: []string{Hidden}, Permutations: 9999}
	say := func() string { return wording.Join(Methods(o, wordingtest.Plain)) }
	others := map[string]any{"Models": []string{"a"}, "Measures": []string{Hidden, Energy}, "Imatrix": &study.Imatrix{Folds: 8}}
	wordingtest.Options(t, &o, say, others, unsaid)
	o.Measures = []string{FinalMean}
	wordingtest.Options(t, &o, say, others, unsaid)
}

func TestFoldMethodsFollowTheOptions(t *testing.T) {
	o := study.Neural{Items: 64, Models: []string{"a", "b"}, Measures: []string{Energy}, Imatrix: &study.Imatrix{Folds: 8}}
	say := func() string { return wording.Join(Methods(o, wordingtest.Plain)) }
	wordingtest.Options(t, o.Imatrix, say, map[string]any{"Files": map[study.Cell][]string{{Model: "a", Benchmark: "b"}: {"f"}}},
		map[string]string{"At": "a place in the file"})
}

func TestMethods(t *testing.T) {
	traced := study.Neural{Models: []string{"a", "b"}, Measures: []string{Hidden, Energy, FinalMean}}
	folds := study.Neural{Items: 64, Models: []string{"a"}, Measures: []string{Energy}, Imatrix: &study.Imatrix{Folds: 8}}
	golden.Compare(t, "testdata/methods.golden",
		[]byte(wording.Join(slices.Concat(Methods(traced, wordingtest.Plain), Methods(folds, wordingtest.Plain)))))
}
