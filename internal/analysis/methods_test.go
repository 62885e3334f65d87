package analysis

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/golden"
	"sdmap/internal/wording"
	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"version":         "counts meanings",
			"curvesVersion":   "counts meanings",
			"rounding":        "how near numbers are equal",
			"step":            "how near numbers are equal",
			"factLevel":       "goes into the estimate's level, which every interval prints",
			"ellipseLevel":    "goes into Ellipse.Level, which the text on the map prints",
			"ellipseVertices": "draws a line more or less smoothly",
			"panelRestarts":   "atlas.ScalingMethods says it",
			"disagreeLevel":   "goes into the estimate's level, which every interval prints",
			"recoveryLevel":   "goes into the estimate's level, which every interval prints",
		},
		Numbers: map[string]string{"0.25 in outliersOf": "a quartile", "0.75 in outliersOf": "a quartile"},
		Texts: map[string]string{
			"half of the lineages":     "stats.HalfSampleGroups draws halves",
			"half of each benchmark's": "stats.HalfSample draws halves",
			"third quartile":           "its name",
			"stands there twice":       "a count of two",
		},
	})
}

func TestMethods(t *testing.T) {
	a := &Analysis{Agreement: []Agreement{{}, {Repaired: 199}}, Pairs: make([]Pair, 1), Correction: Correction{Q: 0.1},
		Explained: &Explained{Redrawn: []string{"neural"}}, Wording: Witnesses{Encoder: "m", Beside: []string{"tfidf"}}}
	a.Map = &Map{Axes: []string{axis.Performance, axis.Perplexity}, Scaling: atlas.Trace, Dims: 7, Replicates: 500,
		Panels: make([]Panel, 2)}
	few := &Analysis{Map: &Map{Axes: []string{axis.Semantic, axis.Neural}, Scaling: atlas.MFA, Dims: 1,
		Replicates: axis.FewestForSpread - 1}}
	golden.Compare(t, "testdata/methods.golden",
		[]byte(wording.Join(slices.Concat(a.Methods(1), few.Methods(2), []wording.Paragraph{RecoveryMethods(), {MapNeeds()},
			{atlas.DimsMethods(7)}}, CurvesMethods(), []wording.Paragraph{{CurveGoal()}}))))
}

// What the rules of labels ask for is what is said of them.
func TestEveryPartOfARuleIsSaid(t *testing.T) {
	w := Witnesses{Encoder: "m", Beside: []string{"tfidf"}}
	for _, r := range slices.Concat(Witnesses{}.rules(), w.rules()) {
		for _, part := range slices.Concat(r.all, r.first) {
			if !strings.Contains(r.method(), strings.ReplaceAll(part, ".", " ")) {
				t.Errorf("%s: %q is not said: %s", r.label, part, r.method())
			}
		}
	}
}
