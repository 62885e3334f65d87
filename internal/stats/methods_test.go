package stats

import (
	"testing"

	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"tieTolerance":   "keeps rounding from deciding",
			"replicateChunk": "replicates at once: changes no number",
			"tableBits":      "items at once: changes no number",
			"ChanceAUC":      "analysis and narrative say it",
			"emRounds":       "never reached before the tolerance that axes state",
			"leastNoise":     "keeps rounding from deciding",
			"nullTolerance":  "keeps rounding from deciding",
			"NullLevel":      "the axis that has such a null says it",
			"squarings":      "never reached: powers of a matrix part its eigenvalues long before",
		},
		Numbers: map[string]string{
			"3 in FisherInterval":   "a formula, checked against its source",
			"3 in SpearmanInterval": "a formula, checked against its source",
			"0.5 in NormalScores":   "a formula, checked against its source",
			"0.5 in Median":         "the middle",
			"3 in GeneralOfOthers":  "two others are the fewest that share a factor",
		},
	})
}
