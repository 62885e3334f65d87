package report

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/wording"
)

// onePairAtATime is the level at which pairs are counted in tables of what is held constant.
const onePairAtATime = 0.05

// heldConstant are the variants of the performance axis that differ in what is held constant, the default first; nil where
// there is but one.
func heldConstant(r *axis.Result) (out []*axis.Variant) {
	if r.Variant(gfree) == nil {
		return nil
	}
	out = append(out, r.Variant(gfree))
	for i := range r.Variants {
		if strings.HasPrefix(r.Variants[i].Name, performance.GivenPrefix) {
			out = append(out, &r.Variants[i])
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func heldProse(r *axis.Result) Block {
	all := heldConstant(r)
	if all == nil {
		return Block{}
	}
	var g []string
	outside := false
	for _, v := range all {
		if v.Name != performance.GivenNothing {
			g = append(g, esc(v.Title))
		}
		outside = outside || v.Name != gfree && v.Name != performance.GivenNothing && v.Name != performance.GivenFactors
	}
	last := "No size, compute or date of the models is known, so every general factor here is made of the scores that it " +
		"is taken out " +
		"of: a low overlap may be one that it absorbed."
	if outside {
		last = "What is known of the models beside their scores cannot absorb a skill that benchmarks share, and is the " +
			"check on the " +
			"others."
	}
	return prose(fmt.Sprintf("Overlaps without the general factor depend on what is taken for it. @tab-held compares "+
		"%s: an overlap "+
		"is called low only where it is under each that can be had (%s).", count(len(all), "choice"), and(g)),
		"With nothing held constant an overlap is mostly that some models are better at everything, so that choice "+
			"decides nothing.",
		last)
}

// heldTable counts, by what is held constant, the pairs whose overlap keeps its sign, and what becomes of labels.
func (s validitySection) heldTable() *Table {
	r := s.axes[axis.Performance]
	all := heldConstant(r)
	if all == nil {
		return nil
	}
	t := &Table{ID: "held", Title: "What is held constant.",
		Columns: append(words("overlap"), numbers("pairs", "mean overlap", "sign as without the general factor", "low",
			labelTitles[analysis.OverlapWithoutKinship]+", still above 0", labelTitles[analysis.KinshipWithoutOverlap]+
				", still low")...),
		Caption: fmt.Sprintf("Low: p ≤ %s, one pair at a time. Labels of pairs are those of the study; above 0 is an "+
			"interval that lies "+
			"there.", wording.Number(onePairAtATime))}
	for _, v := range all {
		t.Rows = append(t.Rows, s.heldRow(r, all[0], v))
	}
	return s.files.csv(t)
}

func (s validitySection) heldRow(r *axis.Result, first, v *axis.Variant) []Cell {
	test := r.Test(performance.LowUnder(v.Name))
	var pairs, sign, low, high, highOf, still, stillOf int
	var sum float64
	for b := range v.Overlap.Rows {
		for a := range b {
			x, ok := v.Overlap.At(a, b)
			if !ok {
				continue
			}
			pairs, sum = pairs+1, sum+x
			if y, ok := first.Overlap.At(a, b); ok && (x > 0) == (y > 0) {
				sign++
			}
			if isLow(test, a, b) {
				low++
			}
		}
	}
	for _, p := range s.a.Pairs {
		a, b := v.Overlap.RowIndex(s.a.Benchmarks[p.A]), v.Overlap.RowIndex(s.a.Benchmarks[p.B])
		if a < 0 || b < 0 {
			continue
		}
		labels := flagged(p)
		if slices.Contains(labels, analysis.OverlapWithoutKinship) {
			highOf++
			if lo, ok := v.Lo.At(a, b); ok && lo > 0 {
				high++
			}
		}
		if slices.Contains(labels, analysis.KinshipWithoutOverlap) {
			stillOf++
			if isLow(test, a, b) {
				still++
			}
		}
	}
	lowCell, stillCell := whole(low), ofAll(still, stillOf)
	if why := untestedLow(test); why != "" {
		lowCell, stillCell = missing(why), missing(why)
	}
	mean := missing("no pair has an overlap")
	if pairs > 0 {
		mean = number(sum/float64(pairs), 2)
	}
	return []Cell{head(v.Title), whole(pairs), mean, whole(sign), lowCell, ofAll(high, highOf), stillCell}
}

// untestedLow says why no pair was tested for a low overlap; empty where any was.
func untestedLow(t *axis.Test) string {
	if t == nil {
		return "no pair was tested"
	}
	if _, tested := t.P.UpperTriangle(); len(tested) > 0 {
		return ""
	}
	for b := range t.P.Rows {
		for a := range b {
			if why := t.P.Reason(a, b); why != "" {
				return "no pair was tested: " + why
			}
		}
	}
	return "no pair was tested"
}

func isLow(t *axis.Test, a, b int) bool {
	if t == nil {
		return false
	}
	p, ok := t.P.At(a, b)
	return ok && p <= onePairAtATime
}

func ofAll(n, of int) Cell {
	if of == 0 {
		return missing("no pair has the label")
	}
	c := whole(n)
	c.Text = fmt.Sprintf("%d of %d", n, of)
	return c
}

// heldPairs lists the labelled pairs with their overlap under every choice.
func (s validitySection) heldPairs() *Table {
	all := heldConstant(s.axes[axis.Performance])
	if all == nil {
		return nil
	}
	t := &Table{ID: "held-pairs", Title: "Labelled pairs by what is held constant.", Folded: true,
		Columns: words("label", "benchmark", "benchmark"),
		Caption: "In brackets: intervals over half-samples of models by lineage."}
	for _, v := range all {
		t.Columns = append(t.Columns, numbers(v.Title)...)
	}
	for _, p := range s.a.Pairs {
		for _, label := range flagged(p) {
			row := []Cell{head(labelTitles[label]), text(s.names.Benchmark(s.a.Benchmarks[p.A])),
				text(s.names.Benchmark(s.a.Benchmarks[p.B]))}
			for _, v := range all {
				row = append(row, estimate(analysis.OverlapOf(v, s.a.Benchmarks[p.A], s.a.Benchmarks[p.B]), 2))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return s.files.csv(t)
}
