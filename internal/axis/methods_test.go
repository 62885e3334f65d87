package axis

import (
	"strings"
	"testing"

	"sdmap/internal/golden"
	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{"FewestForSpread": "analysis and report say it"},
		Numbers:   map[string]string{"8 in UnmarshalJSON": "bytes of a number", "4 in UnmarshalJSON": "bytes of a number"},
		Texts:     map[string]string{"base64 of float64": "names of formats", "base64 of float32": "names of formats"},
	})
}

func TestMethods(t *testing.T) {
	golden.Compare(t, "testdata/methods.golden",
		[]byte(strings.Join([]string{ReplicateMethods(), SpreadMethods(), Mark(), MarkFormula("median*")}, "\n\n")))
}
