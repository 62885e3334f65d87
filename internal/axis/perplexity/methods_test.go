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
			"before":            "counts progress",
			"pairingsAtOnce":    "re-pairings at once: changes no number",
			"rowsAtOnce":        "targets at once: changes no number",
			"sampleStep":        "guesses where a tail begins: changes no number",
			"sampleMost":        "guesses where a tail begins: changes no number",
			"deviations":        "guesses where a tail begins: changes no number",
			"fewGuessed":        "picks the faster of two selections",
			"fewestSpare":       "values before the highest go: changes no number",
			"largeTail":         "values whose room is kept: changes no number",
			"digitBits":         "how keys are sorted: changes no number",
			"digits":            "how keys are sorted: changes no number",
			"fewestDigits":      "picks the faster of two ways to sort",
			"signBit":           "a bit of a number",
			"columnHead":        "bytes of a file's head",
			"level":             "goes into Variant.Level, which every interval prints",
			"block":             "pieces at once: changes no number",
			"contextPieces":     "bounds what is shown of a sentence",
			"documentsAtOnce":   "documents at once: changes no number",
			"lassoTolerance":    "scikit-learn's, at which it stops",
			"lassoRounds":       "bounds the work of a fit",
			"mostImportFaults":  "faults that are told one by one",
			"mostEstimates":     "bounds what a file holds",
			"room":              "picks how often an end is cut: changes no number",
			"itemsAtOnce":       "items at once: changes no number",
			"Level":             "is level",
			"regressionVersion": "stands in a key",
			"axisVersion":       "stands in a key",
			"signaturesVersion": "stands in a key",
		},
		Numbers: map[string]string{
			"4 in DecodeColumn":    "bytes of a number",
			"0.5 in a declaration": "the table names what it is changed to",
			"0.5 in variations":    "more than half of all is no tail",
			"3 in activations":     "models at once: changes no number",
		},
		Texts: map[string]string{
			"half of the documents": "features.deal makes two parts",
			"half of the lineages":  "stats.HalfSampleGroups draws halves",
			"more pieces than half": "overfitted compares twice the pieces with the models",
			"half of the models":    "stats.DealGroups deals two halves",
			"two to four times":     "measured, as the comment says",
			"third of":              "parts is three",
			"last third":            "parts is three",
			"another third":         "parts is three",
			"every third":           "parts is three",
			"each third":            "parts is three",
		},
	})
}

func TestMethodsFollowTheOptions(t *testing.T) {
	o := usual
	wordingtest.Options(t, &o, func() string { return wording.Join(Methods(o, true, wordingtest.Plain)) },
		map[string]any{"Context": "window", "Standardise": "none", "Selectors": []string{Signed},
			"Unit": study.LastToken, "Import": "table.csv", "Recipe": study.RecipePaper, "Ties": study.TiesFirst,
			"Familiarity": []string{Answer}, "Primary": study.Signature},
		map[string]string{"At": "a place in the file", "Asked": "decides what a check refuses"})
}

var usual = study.Perplexity{Unit: "piece", Context: "stride", Before: 30, Standardise: "model", ResidualG: true, Ratio: 0.01,
	K: 50, Selectors: []string{Good}, Splits: 30, Repairings: 199, Familiarity: []string{Question}, Primary: study.Familiarity}

func TestMethods(t *testing.T) {
	window := usual
	window.Context = "window"
	released, given := window, usual
	released.Recipe, released.Unit, released.Ties, released.Selectors = study.RecipeCode, study.LastToken, study.TiesFirst,
		[]string{Lasso}
	given.Import = "table.csv"
	golden.Compare(t, "testdata/methods.golden",
		[]byte(wording.Join(slices.Concat(Methods(usual, true, wordingtest.Plain), []wording.Paragraph{{RedrawnMethods()}},
			Methods(window, true, wordingtest.Plain), Methods(released, true, wordingtest.Plain),
			Methods(given, true, wordingtest.Plain)))))
}
