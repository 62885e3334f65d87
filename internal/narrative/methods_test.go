package narrative

import (
	"strings"
	"testing"

	"sdmap/internal/analysis"
	"sdmap/internal/stats"
	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{"shown": "the sentence counts all", "shownKills": "the sentence counts all"},
		Numbers:   map[string]string{"0.001 in pValue": "picks between two ways to print"},
		Texts:     map[string]string{"UTF-8": "the name of an encoding"},
	})
}

// Two axes agree up to the level that the analysis sets, and not beyond it.
func TestAgreementIsSaidUpToItsLevel(t *testing.T) {
	for p, want := range map[float64]string{analysis.AgreementLevel: "agree most",
		analysis.AgreementLevel + 0.001: "No two axes agree beyond chance"} {
		e := stats.NewEstimate(0.5, 30, "").WithP(p)
		said, _ := Say(analysis.Finding{Kind: analysis.KindAgreement, Axes: []string{"semantic", "neural"},
			Numbers: []analysis.Number{{Name: "adjusted", Estimate: e}}})
		if !strings.Contains(said.Text, want) {
			t.Errorf("p = %v: %q", p, said.Text)
		}
	}
	if analysis.AgreementLevel != 0.05 {
		t.Error("who reads of agreement beyond chance takes it for the usual level of 0.05")
	}
}

// A number that was chosen with the models' scores is never said without what it is with models re-paired.
func TestSignaturesAreSaidBesideTheirNull(t *testing.T) {
	null := []float64{0.3, 0.4, 0.5, 0.6, 0.7}
	number := func(name string, e stats.Estimate) analysis.Number {
		return analysis.Number{Name: name, Title: name, Estimate: e}
	}
	chosen, other := stats.NewEstimate(0.89, 30, "AUC").Against(null), stats.NewEstimate(0.98, 30, "AUC")
	said, _ := Say(analysis.Finding{Kind: analysis.KindRecovered, Numbers: []analysis.Number{number("perplexity.signature", chosen),
		number("semantic", other)}})
	want := "perplexity signatures 0.89 (with models re-paired 0.50, 90\u00a0% of re-pairings between 0.32 and 0.68); semantics 0.98."
	if !strings.HasSuffix(said.Text, want) {
		t.Errorf("%q does not end in %q", said.Text, want)
	}
}
