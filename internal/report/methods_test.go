package report

import (
	"os"
	"strings"
	"testing"

	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"countable":     "the text says a million",
			"pairRows":      "what a page leaves out, it says",
			"shownFindings": "the text counts the findings that it shows",
			"shownLayers":   "the views of a figure name their layers",
			"shownDomains":  "bounds what is shown of a list",
			"absorbedFrom":  "decides whether a sentence stands, which gives the numbers",
		},
		Numbers: map[string]string{"0.001 in pValue": "picks between two ways to print"},
		Texts: map[string]string{
			"is used twice":         "a count of two",
			"a third thing":         "a way of speaking",
			"its own notion of 0.5": "a way of speaking",
			"half of the models":    "stats.HalfSampleGroups draws halves",
			"a third of":            "the perplexity axis cuts in three",
			"another third,":        "the perplexity axis cuts in three",
			"the last third":        "the perplexity axis cuts in three",
			"half of the time":      "an estimate lies above its expectation as often as below",
			"half of a benchmark's": "halves of items are what split-half reliability compares",
		},
	})
}

// The README tells how many findings come first.
func TestReadmeCountsTheFindings(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := "begins with up to " + spelt(shownFindings) + " sentences"; !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not say %q", want)
	}
}
