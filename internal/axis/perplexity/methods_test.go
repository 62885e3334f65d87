package perplexity

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
			"steps":           "counts progress",
			"columnHead":      "bytes of a file's head",
			"level":           "goes into Variant.Level, which every interval prints",
			"block":           "pieces at once: changes no number",
			"contextPieces":   "bounds what is shown of a sentence",
			"itemsAtOnce":     "items at once: changes no number",
			"Level":           "is level",
			"documentsAtOnce": "documents at once: changes no number",
		},
		Numbers: map[string]string{
			"4 in DecodeColumn": "bytes of a number",
			"64 in sort":        "picks the faster of two ways to sort",
		},
		Texts: map[string]string{
			"half of the models":    "stats.HalfSampleGroups draws halves",
			"half of the documents": "stats.HalfSample draws halves",
		},
	})
}

func TestMethodsFollowTheOptions(t *testing.T) {
	o := usual
	wordingtest.Options(t, &o, func() string { return wording.Join(Methods(o, true, wordingtest.Plain)) },
		map[string]any{"Context": "window", "Standardise": "none", "Selectors": []string{Signed},
			"Familiarity": []string{Answer}, "Primary": study.Signature},
		map[string]string{"Unit": "there is one", "At": "a place in the file", "Asked": "decides what a check refuses"})
}

var usual = study.Perplexity{Unit: "piece", Context: "stride", Before: 30, Standardise: "model", ResidualG: true, Ratio: 0.01,
	K: 50, Selectors: []string{Good}, Splits: 20, Familiarity: []string{Question}, Primary: study.Familiarity}

func TestMethods(t *testing.T) {
	window := usual
	window.Context = "window"
	golden.Compare(t, "testdata/methods.golden",
		[]byte(wording.Join(slices.Concat(Methods(usual, true, wordingtest.Plain), []wording.Paragraph{{RedrawnMethods()}},
			Methods(window, true, wordingtest.Plain)))))
}
