package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// rule is one kind of flag: an intersection-union test, whose p-value is the largest of its components' (Berger 1982), so
// that all of them must hold. Of the components in first, the first that was computed counts: kinship is that models process
// two benchmarks alike, and only where no model was traced do alike questions stand for it. (Taking either would call every
// pair kin that shares its wording, and label it kinship and likeness without kinship at once.)
//
// No component stands outside that p. To let one choose the pairs that are tested, at its own level and uncorrected, would
// give labels whose errors nothing bounds: of the pairs that meet all other components it passes its level's share, all of
// them wrong. The price is power: that an overlap is low must be shown at a p that survives the correction over all pairs,
// which at 32 models and 406 pairs takes an overlap without the general factor of about -0.4 and below.
//
// Of the components in wherever, those count whose axis the study has, for all pairs alike.
type rule struct {
	label    string
	all      []string
	first    []string
	wherever []string
}

// rules are those of the study's pairs.
func (a *Analysis) rules() []rule {
	rules := a.Wording.rules()
	for i, r := range rules {
		for _, c := range r.wherever {
			if slices.Contains(a.Axes, axisOf(c)) {
				rules[i].all = append(rules[i].all, c)
			}
		}
	}
	return rules
}

// rules of pairs, given which embeddings speak of wording.
//
// That an overlap is driven by exposure says that it is not of one skill. Models that were taught a skill read the questions of
// all its benchmarks with ease, so that familiarity alone cannot tell the two; that models process two benchmarks unlike does.
func (w Witnesses) rules() []rule {
	return []rule{
		{label: OverlapWithoutKinship, all: slices.Concat([]string{"performance.high", "semantic.low"}, w.beside("low"),
			[]string{"neural.low"})},
		{label: KinshipWithoutOverlap, all: []string{"performance.low"}, first: []string{"neural.high", "semantic.high"}},
		{label: LikenessWithoutKinship, all: append(w.alike(), "neural.low")},
		{label: ExposureDriven, all: slices.Concat([]string{"performance.high", familiar, beyondWording, "semantic.low"},
			w.beside("low")), wherever: []string{unlikeProcessing}},
	}
}

// among says whether the study has the axes that the rule's components are of.
func (r rule) among(axes []string) bool {
	there := func(component string) bool { return slices.Contains(axes, axisOf(component)) }
	return !slices.ContainsFunc(r.all, func(c string) bool { return !there(c) }) &&
		(len(r.first) == 0 || slices.ContainsFunc(r.first, there))
}

// flagPairs fills Pairs: every axis' estimate and one-sided p, and the flags with Benjamini-Yekutieli over all testable
// pairs of each label.
func (a *Analysis) flagPairs(opts Options, axes map[string]*axis.Result) error {
	for i := range a.Benchmarks {
		for j := i + 1; j < len(a.Benchmarks); j++ {
			p := Pair{A: i, B: j, Overlaps: map[string]stats.Estimate{}, Tests: map[string]float64{},
				SameFamily: opts.Families[i] == opts.Families[j], SameFormat: opts.Formats[i] == opts.Formats[j],
				Blocked: cmp.Or(a.blocked(a.Benchmarks[i], a.Benchmarks[j]), tooFew(axes[axis.Performance], i, j))}
			for _, name := range a.Axes {
				r := axes[name]
				p.Overlaps[name] = pairEstimate(r.Primary(), a.Benchmarks[i], a.Benchmarks[j])
				for _, beside := range []string{gfree, lexical} {
					if v := r.Variant(beside); v != nil && v != r.Primary() {
						p.Overlaps[name+"."+beside] = pairEstimate(v, a.Benchmarks[i], a.Benchmarks[j])
					}
				}
				if v := r.Variant(perplexity.FamiliarityGFree); v != nil {
					p.Overlaps[name+"."+v.Name] = pairEstimate(v, a.Benchmarks[i], a.Benchmarks[j])
				}
				for _, t := range r.Tests {
					if v, ok := at(t.P, a.Benchmarks[i], a.Benchmarks[j]); ok {
						p.Tests[name+"."+t.Name] = v
					}
				}
			}
			a.Pairs = append(a.Pairs, p)
		}
	}
	a.Correction = Correction{Q: opts.Q, Method: "Benjamini-Yekutieli over all testable pairs of a label", Pairs: len(a.Pairs),
		Testable: map[string]int{}, Flagged: map[string]int{}}
	a.addBeyondWording(axes)
	a.Wording = witnesses(axes[axis.Semantic])
	for _, r := range a.rules() {
		if err := a.apply(r, opts.Q); err != nil {
			return fmt.Errorf("flags %s: %w", r.label, err)
		}
	}
	for i := range a.Pairs {
		a.Pairs[i].Untested = a.untested(axes, &a.Pairs[i])
	}
	return nil
}

// tooFew says that few models have both scores of a pair, some of which are missing; where all have, the study's own alarm does.
func tooFew(r *axis.Result, x, y int) string {
	v := r.Primary()
	if v == nil || v.Ns == nil {
		return ""
	}
	n := v.NOf(x, y)
	if _, ok := v.Overlap.At(x, y); !ok || n >= performance.FewModels || n == v.N {
		return ""
	}
	return fmt.Sprintf("Only %s both scores, fewer than %d.", models(n), performance.FewModels)
}

func models(n int) string {
	if n == 1 {
		return "1 model has"
	}
	return fmt.Sprintf("%d models have", n)
}

// untested says which part of every label's test is missing for a pair, where no label can be tested and no alarm blocks it.
func (a *Analysis) untested(axes map[string]*axis.Result, p *Pair) string {
	if p.Blocked != "" || slices.ContainsFunc(a.rules(), func(r rule) bool { _, ok := r.test(p.Tests); return ok }) {
		return ""
	}
	if len(a.Axes) < fewestAxes {
		return "No second axis: a label compares two."
	}
	if !slices.ContainsFunc(a.rules(), func(r rule) bool { return r.among(a.Axes) }) {
		return "No label takes " + strings.Join(a.Axes, " and ") + " alone: it needs two of performance, semantic and neural " +
			"(signatures enter none)."
	}
	x, y := a.Benchmarks[p.A], a.Benchmarks[p.B]
	for _, name := range a.Axes {
		for _, t := range axes[name].Tests {
			if _, ok := at(t.P, x, y); !ok {
				return fmt.Sprintf("No test of the %s axis (%s): %s.", name, t.Name, reason(t.P, x, y))
			}
		}
	}
	return "No axis beside " + strings.Join(a.Axes, ", ") + " has a test that a label takes."
}

// apply tests one rule on every pair whose components are there and that no alarm blocks.
func (a *Analysis) apply(r rule, q float64) error {
	var at []int
	var ps []float64
	for i := range a.Pairs {
		p, ok := r.test(a.Pairs[i].Tests)
		if !ok || a.Pairs[i].Blocked != "" {
			continue
		}
		at, ps = append(at, i), append(ps, p)
	}
	a.Correction.Testable[r.label], a.Correction.Flagged[r.label] = len(at), 0
	if len(at) == 0 {
		return nil
	}
	by, err := stats.BenjaminiYekutieli(ps)
	if err != nil {
		return err
	}
	bh, err := stats.BenjaminiHochberg(ps)
	if err != nil {
		return err
	}
	for k, i := range at {
		f := Flag{Label: r.label, P: ps[k], BY: by[k], BH: bh[k], Components: r.components(a.Pairs[i].Tests), Flagged: by[k] <= q}
		a.Pairs[i].Flags = append(a.Pairs[i].Flags, f)
		if f.Flagged {
			a.Correction.Flagged[r.label]++
		}
	}
	return nil
}

// test is the intersection-union p-value of a rule, and whether all its components are there.
func (r rule) test(ps map[string]float64) (float64, bool) {
	parts := r.components(ps)
	if len(r.first) > 0 && len(parts) == len(r.all) {
		return 0, false // none of first was computed
	}
	p := 0.0
	for _, c := range parts {
		v, ok := ps[c]
		if !ok {
			return 0, false
		}
		p = max(p, v)
	}
	return p, true
}

// components lists what a rule tests on a pair.
func (r rule) components(ps map[string]float64) []string {
	for _, c := range r.first {
		if _, ok := ps[c]; ok {
			return append(slices.Clone(r.all), c)
		}
	}
	return r.all
}

// blocked names the alarm that keeps a pair from being flagged, or nothing.
func (a *Analysis) blocked(x, y string) string {
	for _, al := range a.Alarms {
		if !al.Blocks {
			continue
		}
		if al.Benchmark == "" { // about the study as a whole, such as too few models
			return al.Text
		}
		if al.Other != "" && slices.Contains(a.Benchmarks, al.Other) {
			if (al.Benchmark == x && al.Other == y) || (al.Benchmark == y && al.Other == x) {
				return al.Text
			}
			continue
		}
		if al.Benchmark == x || al.Benchmark == y {
			return al.Text
		}
	}
	return ""
}

// pairEstimate is one variant's overlap of a pair with its interval.
func pairEstimate(v *axis.Variant, x, y string) stats.Estimate {
	method, n := v.Title, v.N
	if i, j := v.Overlap.RowIndex(x), v.Overlap.ColIndex(y); i >= 0 && j >= 0 {
		n = v.NOf(i, j)
	}
	value, ok := at(v.Overlap, x, y)
	if !ok {
		return stats.MissingEstimate(reason(v.Overlap, x, y), n, method)
	}
	e := stats.NewEstimate(value, n, method)
	if v.Lo != nil && v.Hi != nil {
		lo, okLo := at(v.Lo, x, y)
		hi, okHi := at(v.Hi, x, y)
		if okLo && okHi {
			e = e.WithInterval(lo, hi, v.Level)
			if i, j := v.Overlap.RowIndex(x), v.Overlap.ColIndex(y); v.OfItemsOnly(i, j) {
				e.Of = axis.ItemsOnly
			}
		}
	}
	if least, ok := at(v.Least, x, y); ok {
		most, _ := at(v.Most, x, y)
		e.Without = &stats.Range{Least: least, Most: most}
	}
	return e.Against(v.Null.Pair(v.Overlap.RowIndex(x), v.Overlap.ColIndex(y)))
}

// OverlapOf is a variant's overlap of two benchmarks, by their ids, with its interval.
func OverlapOf(v *axis.Variant, x, y string) stats.Estimate { return pairEstimate(v, x, y) }

// at reads a cell by labels.
func at(m *matrix.Labelled, x, y string) (float64, bool) {
	if m == nil {
		return 0, false
	}
	i, j := m.RowIndex(x), m.ColIndex(y)
	if i < 0 || j < 0 {
		return 0, false
	}
	return m.At(i, j)
}

func reason(m *matrix.Labelled, x, y string) string {
	i, j := m.RowIndex(x), m.ColIndex(y)
	if i < 0 || j < 0 {
		return "the benchmark is not on this axis"
	}
	return m.Reason(i, j)
}
