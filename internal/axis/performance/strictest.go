package performance

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// LowUnder is the test that an overlap is low under one choice of what is held constant; the test "low" is the strictest of those
// under every general factor that can be had.
func LowUnder(choice string) string { return "low." + choice }

// lowUnder tests every pair as testLow does, under another choice. Reliabilities of what is left are 1 - (1 - rel)/(1 - R^2),
// R^2 what is held constant explains.
func lowUnder(t *ScoreTable, c *chosen, raw []float64) (test axis.Test, upper map[[2]int]float64) {
	test = axis.Test{
		Name: LowUnder(c.name), N: choiceDraws,
		Null: fmt.Sprintf("the disattenuated overlap %s is at least %g", c.title, Delta),
		Method: "equivalence: normal test of atanh(r) against the bound, standard error from half-samples of models by " +
			"lineage, at " +
			fmt.Sprintf("least 1/sqrt(m - %d - q) with q columns held constant", spent-1),
		P: noDiagonal("p, overlap low "+c.title, t.Benchmarks), Statistic: noDiagonal("standard errors below the bound",
			t.Benchmarks),
	}
	upper = map[[2]int]float64{}
	for b := range t.Benchmarks {
		for a := range b {
			stat, bound, err := c.equivalence(t, raw, a, b)
			if err != nil {
				test.P.SetMissingSym(a, b, err.Error())
				test.Statistic.SetMissingSym(a, b, err.Error())
				continue
			}
			test.P.SetSym(a, b, stats.NormalUpperTail(stat))
			test.Statistic.SetSym(a, b, stat)
			upper[[2]int{a, b}] = bound
		}
	}
	return test, upper
}

// equivalence is by how many standard errors the overlap of a pair lies below the bound, and its upper bound.
func (c *chosen) equivalence(t *ScoreTable, raw []float64, a, b int) (stat, upper float64, err error) {
	r, ok := c.variant.Overlap.At(a, b)
	if !ok {
		return 0, 0, fmt.Errorf("%s", c.variant.Overlap.Reason(a, b))
	}
	key := [2]int{a, b}
	left := slices.Clone(raw)
	for side, k := range key {
		if raw != nil {
			left[k] = 1 - (1-raw[k])/(1-c.left[key][side])
		}
	}
	rel, err := attenuation(t, left, a, b)
	if err != nil {
		return 0, 0, err
	}
	for _, k := range key {
		if left[k] < LowReliability {
			return 0, 0, fmt.Errorf("the reliability of %s is %.2f %s, below %g", name(t, k), left[k], c.title, LowReliability)
		}
	}
	spread, known := c.spread[key]
	if rest := c.rest[key]; !known || rest < 1 {
		return 0, 0, fmt.Errorf("too few models for a standard error")
	}
	se := math.Max(spread, 1/math.Sqrt(float64(c.rest[key])))
	z := math.Atanh(clipOpen(r))
	return (math.Atanh(Delta*rel) - z) / se, stats.Clip(math.Tanh(z+stats.NormalQuantile(level)*se) / rel), nil
}

// strictest raises the p of a test that overlaps are low, and the upper bound of the overlaps, to the largest under every
// general factor that can be had: one made of scores absorbs what many benchmarks share, and no more than one of them need be
// right; a pair that cannot be tested under one of them has no test. It returns the test under the first component alone.
func strictest(low *axis.Test, bound *axis.Variant, all []*chosen, tests []axis.Test, uppers []map[[2]int]float64) axis.Test {
	first := *low
	first.Name = LowUnder(GFree)
	low.P, low.Statistic = copied(low.P), copied(low.Statistic)
	var names []string
	for i, c := range all {
		if !c.isG {
			continue
		}
		names = append(names, c.title)
		for b := range low.P.Rows {
			for a := range b {
				if _, had := c.variant.Overlap.At(a, b); had {
					raise(low, bound, &tests[i], uppers[i], a, b)
				}
			}
		}
	}
	if len(names) > 0 {
		low.Null += ", under one of the general factors that can be had"
		low.Method += "; the largest p of those without the first component"
		for _, n := range names {
			low.Method += ", " + n
		}
	}
	return first
}

// raise makes the test of a pair, and its bound, those under another general factor where that is the stricter. Where the overlap
// could be had under it and not be tested, nothing says that the pair passes, and it has no test.
func raise(low *axis.Test, bound *axis.Variant, under *axis.Test, uppers map[[2]int]float64, a, b int) {
	now, ok := low.P.At(a, b)
	if !ok {
		return
	}
	p, tested := under.P.At(a, b)
	if !tested {
		for _, m := range []*matrix.Labelled{low.P, low.Statistic, bound.Overlap} {
			m.SetMissingSym(a, b, under.P.Reason(a, b))
		}
		return
	}
	if p > now {
		stat, _ := under.Statistic.At(a, b)
		low.P.SetSym(a, b, p)
		low.Statistic.SetSym(a, b, stat)
	}
	if upper, _ := bound.Overlap.At(a, b); uppers[[2]int{a, b}] > upper {
		bound.Overlap.SetSym(a, b, uppers[[2]int{a, b}])
	}
}

// copied is a matrix of pairs that can be changed by itself.
func copied(m *matrix.Labelled) *matrix.Labelled {
	out := noDiagonal(m.Name, m.Rows)
	for b := range m.Rows {
		for a := range b {
			if v, ok := m.At(a, b); ok {
				out.SetSym(a, b, v)
			} else {
				out.SetMissingSym(a, b, m.Reason(a, b))
			}
		}
	}
	return out
}

// otherChoices adds to a result what the overlaps are when something else is held constant, and makes the test of low
// overlaps the strictest.
func otherChoices(t *ScoreTable, out *axis.Result, all []*chosen, why []string, raw []float64) {
	var tests []axis.Test
	var uppers []map[[2]int]float64
	for _, c := range all {
		test, upper := lowUnder(t, c, raw)
		tests, uppers = append(tests, test), append(uppers, upper)
		out.Variants = append(out.Variants, c.variant)
	}
	if low := out.Test("low"); low != nil {
		first := strictest(low, out.Variant(Upper), all, tests, uppers)
		out.Tests = append(out.Tests, first)
		out.Tests = append(out.Tests, tests...)
	}
	out.Warnings = append(out.Warnings, why...)
}
