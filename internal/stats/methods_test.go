package stats

import (
	"testing"

	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"collinear":      "keeps rounding from deciding",
			"tieTolerance":   "keeps rounding from deciding",
			"replicateChunk": "replicates at once: changes no number",
			"tableBits":      "items at once: changes no number",
			"ChanceAUC":      "analysis and narrative say it",
			"emRounds":       "never reached before the tolerance that axes state",
			"leastNoise":     "keeps rounding from deciding",
			"mostOut":        "what more leave out is computed otherwise: changes no number",
			"mostNear":       "what is summed where: changes no number",
			"mostTerms":      "what takes more is computed otherwise: changes no number",
			"fairTerms":      "what is summed where: changes no number",
			"secular":        "far below what is printed",
			"nullTolerance":  "keeps rounding from deciding",
			"NullLevel":      "the axis that has such a null says it",
			"fewSorted":      "picks the faster of two ways to sort",
			"squarings":      "never reached: powers of a matrix part its eigenvalues long before",
		},
		Numbers: map[string]string{
			"3 in FisherInterval":   "a formula, checked against its source",
			"3 in SpearmanInterval": "a formula, checked against its source",
			"0.5 in normalScore":    "a formula, checked against its source",
			"3 in LeaveOut":         "what is left of fewer is no component",
			"3 in NewEnds":          "no less than is asked for: changes no number",
			"0.5 in Median":         "the middle",
			"0.5 in MedianDistance": "the middle",
			"0.5 in Add":            "the middle",
			"4 in sumOf":            "sums at once",
			"3 in GeneralOfOthers":  "two others are the fewest that share a factor",
			"4 in gathered":         "cells at once",
		},
	})
}
