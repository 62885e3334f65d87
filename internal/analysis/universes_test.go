package analysis

import (
	"slices"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
)

// A label holds in the product of what holds on each of its axes; the choices that turn it round are named. Controls and bounds
// are no choices, distances count the other way, and the bag of words is a choice though a baseline.
func TestLabelsInAllUniverses(t *testing.T) {
	axes := planted()
	far := func(i, j int) float64 { return 1 - bySkill(i, j) }
	flat := func(i, j int) float64 { return 0.9 - bySkill(i, j) }
	add := func(name string, v axis.Variant) { axes[name].Variants = append(axes[name].Variants, v) }
	below := func(i, j int) float64 { return -bySkill(i, j) }
	add(axis.Performance, axis.Variant{Name: "gfree_spearman", Title: "ranks", Overlap: square("s", bySkill)})
	add(axis.Performance, axis.Variant{Name: "given.size", Title: "given size", Overlap: square("k", below)})
	add(axis.Performance, axis.Variant{Name: "given.nothing", Title: "nothing", Overlap: square("n", below)})
	add(axis.Performance, axis.Variant{Name: "upper", Title: "bound", Overlap: square("u", flat)})
	add(axis.Semantic, axis.Variant{Name: "raw.mmd", Title: "distance", Overlap: square("d", far), Distance: true})
	add(axis.Semantic, axis.Variant{Name: "tfidf", Title: "bag of words", Overlap: square("w", flat), Baseline: true})
	add(axis.Neural, axis.Variant{Name: "shuffled", Title: "control", Overlap: square("c", flat), Baseline: true})
	// The pair of one skill, with the labels' components turned: alike by all but the two odd ones.
	u := universesOf(axes, Flag{Components: []string{"performance.high", "semantic.high", "semantic.tfidf.high", "neural.high"}},
		"b.1", "b.2")
	if u.Of != 2*3*1 || u.Held != 1*2*1 || !slices.Equal(u.Kills, []string{"performance: given size", "semantic: bag of words"}) {
		t.Errorf("%+v", u)
	}
	u = universesOf(axes, Flag{Components: []string{"neural.high"}}, "b.1", "b.2")
	if u != nil {
		t.Errorf("one way to measure is %+v", u)
	}
	u = universesOf(axes, Flag{Components: []string{"semantic.low"}}, "b.1", "b.2")
	if u.Held != 1 || u.Of != 3 {
		t.Errorf("tested low: %+v", u)
	}
}

func TestAgreementInAllUniverses(t *testing.T) {
	p := func(v float64) stats.Estimate { return value(0.4).WithP(v) }
	a := &Analysis{Best: &Best{A: "performance.gfree", B: "neural"}, Agreement: []Agreement{
		{A: "performance", B: "neural", Tested: true, Adjusted: p(0.01), Pearson: p(0.01), Spearman: p(0.06)},
		{A: "performance.gfree", B: "neural", Tested: true, Adjusted: p(0.01), Pearson: p(0.05), Spearman: p(0.02)},
		{A: "performance", B: "semantic", Tested: true, Adjusted: p(0.9), Pearson: p(0.9), Spearman: p(0.9)},
		{A: "performance", B: "neural", Adjusted: p(0.9)},
	}}
	u := a.universesOfBest()
	if u.Of != 6 || u.Held != 5 || !slices.Equal(u.Kills, []string{"Mantel's ρ of performance and neural"}) {
		t.Errorf("%+v", u)
	}
}
