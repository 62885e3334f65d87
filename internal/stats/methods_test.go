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
		},
		Numbers: map[string]string{
			"3 in FisherInterval":   "a formula, checked against its source",
			"3 in SpearmanInterval": "a formula, checked against its source",
			"0.5 in NormalScores":   "a formula, checked against its source",
			"0.5 in Median":         "the middle",
			"4 in gathered":         "cells at once",
		},
	})
}
