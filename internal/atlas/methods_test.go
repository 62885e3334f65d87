package atlas

import (
	"testing"

	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"keepAbove":   "keeps rounding from deciding",
			"smacofSteps": "bounds an iteration that ends before",
			"smacofEnd":   "keeps rounding from deciding",
		},
		Numbers: map[string]string{"1e-6 in decompose": "keeps rounding from deciding"},
	})
}
