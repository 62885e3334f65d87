package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// Kinds of findings beside the labels of flags.
const (
	KindGeneral      = "general-factor"
	KindAlarm        = "alarm"
	KindDisagreement = "disagreement"
	KindOutlier      = "outlier"
	KindAgreement    = "agreement"
	KindRecovered    = "recovery"
	KindNoFlags      = "no-flags"
)

// AgreementLevel is the largest p at which two axes are said to agree beyond chance.
const AgreementLevel = 0.05

// disagreeShare is how many half-samples must have a benchmark among the first before its disagreement is a finding.
const disagreeShare = 0.5

// outlierShare is how many half-samples must agree before a benchmark is called an outlier.
const outlierShare = 0.9

// findAll collects what a reader should meet first, in order: what drives the scores, flagged pairs by label, the benchmark
// on which the axes disagree most, outliers, how far the axes agree, recovery, alarms.
func (a *Analysis) findAll(axes map[string]*axis.Result) {
	add := func(f *Finding) {
		if f != nil {
			a.Findings = append(a.Findings, *f)
		}
	}
	add(a.general(axes[axis.Performance]))
	flagged := false
	for _, r := range a.Wording.rules() {
		f := a.flagFinding(axes, r.label)
		flagged = flagged || f != nil
		add(f)
	}
	if !flagged && len(a.Pairs) > 0 {
		add(a.noFlags())
	}
	add(a.topDisagreement())
	add(a.outliers())
	add(a.agreement())
	add(a.recovered())
	for _, f := range a.alarmFindings() {
		add(&f)
	}
}

// general says how much of the scores one factor carries, and how high overlaps are that no alarm blocks.
func (a *Analysis) general(p *axis.Result) *Finding {
	share := factOf(p, FactShare)
	if share == nil {
		return nil
	}
	f := &Finding{ID: "finding-general-factor", Kind: KindGeneral, Axes: []string{axis.Performance},
		Numbers: []Number{number("share", *share)}}
	var raw []float64
	for _, q := range a.Pairs {
		if e := q.Overlaps[axis.Performance]; e.OK() && q.Blocked == "" {
			raw = append(raw, e.Value)
		}
	}
	if m, err := stats.Median(raw); err == nil {
		f.Numbers = append(f.Numbers, Number{"median", "median raw overlap",
			stats.NewEstimate(m, len(raw), "median over pairs that no alarm blocks")})
	}
	return f
}

// factLevel is the level of the intervals of axes' named values.
const factLevel = 0.95

// number turns an axis' named value into an estimate.
func number(name string, v axis.Value) Number {
	e := stats.NewEstimate(v.Value, v.N, v.Method)
	if v.Lo != nil && v.Hi != nil {
		e = e.WithInterval(*v.Lo, *v.Hi, factLevel)
	}
	e.Warnings = append(e.Warnings, v.Warnings...)
	return Number{Name: name, Title: v.Title, Estimate: e}
}

// flagFinding speaks of one pair with a label and counts the others: the pair that has it in most ways to measure it.
func (a *Analysis) flagFinding(axes map[string]*axis.Result, label string) *Finding {
	type hit struct {
		pair Pair
		flag Flag
		in   *Universes
	}
	var hits []hit
	for _, p := range a.Pairs {
		for _, f := range p.Flags {
			if f.Label == label && f.Flagged {
				hits = append(hits, hit{p, f, universesOf(axes, f, a.Benchmarks[p.A], a.Benchmarks[p.B])})
			}
		}
	}
	if len(hits) == 0 {
		return nil
	}
	// Many p-values stand at their permutation floor; among those the larger performance overlap (or the smaller, where
	// overlap is what is missing) is the clearer case.
	slices.SortStableFunc(hits, func(x, y hit) int {
		sign := -1.0
		if label != OverlapWithoutKinship && label != ExposureDriven {
			sign = 1
		}
		free := axis.Performance + "." + gfree
		return cmp.Or(cmp.Compare(y.in.share(), x.in.share()), cmp.Compare(x.flag.P, y.flag.P),
			cmp.Compare(sign*x.pair.Overlaps[free].Value, sign*y.pair.Overlaps[free].Value))
	})
	first := hits[0]
	f := &Finding{ID: "finding-" + label, Kind: label, Axes: a.Axes, Count: len(hits), Wording: &a.Wording,
		Benchmarks: []string{a.Benchmarks[first.pair.A], a.Benchmarks[first.pair.B]}}
	for _, name := range []string{axis.Performance, axis.Performance + "." + gfree, axis.Semantic, axis.Semantic + "." + lexical,
		axis.Neural, axis.Perplexity, axis.Perplexity + "." + perplexity.FamiliarityGFree} {
		if e, ok := first.pair.Overlaps[name]; ok {
			f.Numbers = append(f.Numbers, Number{Name: name, Title: name, Estimate: e})
		}
	}
	for _, name := range []string{axis.Semantic, axis.Semantic + "." + lexical} {
		if m, ok := a.medianOf(name); ok {
			f.Numbers = append(f.Numbers, Number{Name: name + ".median", Title: "median over pairs",
				Estimate: stats.NewEstimate(m, len(a.Pairs), "median over pairs")})
		}
	}
	p := stats.NewEstimate(first.flag.P, a.Correction.Testable[label], "intersection-union test").WithP(first.flag.P)
	f.Numbers = append(f.Numbers, Number{Name: "p", Title: "p", Estimate: p},
		Number{Name: "by", Title: "adjusted p", Estimate: stats.NewEstimate(first.flag.BY, a.Correction.Testable[label],
			a.Correction.Method)})
	f.Universes = first.in
	for _, h := range hits[1:] {
		f.Others = append(f.Others, []string{a.Benchmarks[h.pair.A], a.Benchmarks[h.pair.B]})
	}
	return f
}

// medianOf is an overlap's median over pairs.
func (a *Analysis) medianOf(name string) (float64, bool) {
	var all []float64
	for _, p := range a.Pairs {
		if e, ok := p.Overlaps[name]; ok && e.OK() {
			all = append(all, e.Value)
		}
	}
	m, err := stats.Median(all)
	return m, err == nil
}

// Measured names what a source measures: that of the perplexity axis by which of its measures it is.
func (a *Analysis) Measured(source string) string {
	if source == axis.Perplexity && perplexity.IsFamiliarity(a.Exposure) {
		return source + "." + perplexity.FamiliarityName
	}
	return source
}

// noFlags says that no pair was flagged, with how many were tested and what could have been seen.
func (a *Analysis) noFlags() *Finding {
	most := 0
	for _, n := range a.Correction.Testable {
		most = max(most, n)
	}
	f := &Finding{ID: "finding-no-flags", Kind: KindNoFlags, Axes: a.Axes, Count: most}
	if a.Power != nil {
		f.Numbers = append(f.Numbers, number("power", *a.Power))
	}
	a.closest(f)
	return f
}

// closest adds to a finding the pair that models rank most alike without the general factor: what a study of scores alone has to
// say of pairs.
func (a *Analysis) closest(f *Finding) {
	var best *Pair
	free := axis.Performance + "." + gfree
	for i := range a.Pairs {
		p := &a.Pairs[i]
		e, there := p.Overlaps[free]
		if there && e.OK() && p.Blocked == "" && (best == nil || e.Value > best.Overlaps[free].Value) {
			best = p
		}
	}
	if best == nil {
		return
	}
	f.Benchmarks = []string{a.Benchmarks[best.A], a.Benchmarks[best.B]}
	f.Numbers = append(f.Numbers, Number{Name: "closest", Title: "largest overlap without the general factor",
		Estimate: best.Overlaps[free]})
}

// topDisagreement is the benchmark whose axes lie furthest apart, if they do by more than noise would put between them and
// enough half-samples agree that it is among the first: one benchmark always comes first.
func (a *Analysis) topDisagreement() *Finding {
	for _, d := range a.ranked() {
		b := a.Benchmarks[d.Benchmark]
		if a.blocked(b, b) != "" {
			continue
		}
		if d.Value.Level == 0 || d.Value.Lo <= 0 || d.TopThree < disagreeShare {
			return nil
		}
		f := &Finding{ID: "finding-disagreement", Kind: KindDisagreement, Benchmarks: []string{b},
			Numbers: []Number{{Name: "delta", Title: "disagreement", Estimate: d.Value},
				{Name: "inertia", Title: "share of the total inertia",
					Estimate: stats.NewEstimate(d.OfInertia, len(a.Axes),
						"disagreement over the total inertia of the axes' points")},
				{Name: "topthree", Title: "half-samples in which it is among the first " + wording.Spelt(AmongFirst),
					Estimate: stats.NewEstimate(d.TopThree, a.replicates(), "share of half-samples")}}}
		best := ""
		for _, name := range a.Axes {
			if best == "" || d.ByAxis[name] > d.ByAxis[best] {
				best = name
			}
		}
		f.Axes = []string{best}
		for _, other := range a.ranked() {
			if id := a.Benchmarks[other.Benchmark]; id != b && other.TopThree >= disagreeShare && a.blocked(id, id) == "" {
				f.Others = append(f.Others, []string{id})
			}
		}
		f.Numbers = append(f.Numbers, Number{Name: "share", Title: "share of the " + best + " axis",
			Estimate: stats.NewEstimate(d.ByAxis[best], len(a.Axes), "share of the disagreement")})
		return f
	}
	return nil
}

// ranked lists benchmarks from the largest disagreement down.
func (a *Analysis) ranked() []Disagreement {
	out := slices.Clone(a.Disagreement)
	slices.SortStableFunc(out, func(x, y Disagreement) int { return cmp.Compare(y.Value.Value, x.Value.Value) })
	return out
}

func (a *Analysis) replicates() int {
	if a.Map == nil {
		return 0
	}
	return a.Map.Replicates
}

func (a *Analysis) outliers() *Finding {
	var names []string
	var first *Disagreement
	for _, d := range a.ranked() {
		b := a.Benchmarks[d.Benchmark]
		if d.Outlier >= outlierShare && a.blocked(b, b) == "" {
			if first == nil {
				first = &d
			}
			names = append(names, b)
		}
	}
	if first == nil {
		return nil
	}
	return &Finding{ID: "finding-outlier", Kind: KindOutlier, Benchmarks: names, Count: len(names), Axes: a.Axes,
		Numbers: []Number{{Name: "share", Title: "half-samples in which it is an outlier",
			Estimate: stats.NewEstimate(first.Outlier, a.replicates(), "share of half-samples")}}}
}

// agreement speaks of the pair of axes that agree most among those that may be tested, beside what the bag of words reaches and
// what Mantel's test says, and names axes that are one witness.
func (a *Analysis) agreement() *Finding {
	if a.Best == nil {
		return nil
	}
	f := &Finding{ID: "finding-agreement", Kind: KindAgreement, Axes: []string{a.Measured(a.Best.A), a.Measured(a.Best.B)},
		Count:   a.Best.Candidates,
		Numbers: []Number{{"adjusted", "adjusted RV", a.Best.Adjusted}}}
	f.Universes = a.universesOfBest()
	words := axis.Semantic + "." + lexical
	other := a.Best.A
	if other == axis.Semantic {
		other = a.Best.B
	}
	for _, g := range a.Agreement {
		switch {
		case g.A == a.Best.A && g.B == a.Best.B:
			f.Numbers = append(f.Numbers, Number{"rv", "RV", g.RV}, Number{"mantel", "Mantel r", g.Pearson})
		case g.A == other && g.B == words, g.A == words && g.B == other:
			f.Numbers = append(f.Numbers, Number{"lexical", "adjusted RV with the bag of words", g.Adjusted})
		}
		if len(g.Shared) > 0 {
			f.Shared = append(f.Shared, Shared{g.A, g.B, g.Shared})
		}
	}
	return f
}

// recovered speaks of the recovery of the planted skills: by each axis' primary overlap, by performance and familiarity
// without their general factors, and by disjoint signatures in place of those chosen and compared on the same models.
func (a *Analysis) recovered() *Finding {
	if a.Recovery == nil {
		return nil
	}
	f := &Finding{ID: "finding-recovery", Kind: KindRecovered}
	seen := map[string]bool{}
	for _, u := range a.Recovery.AUC {
		name := u.Axis
		switch {
		case u.Variant == gfree:
			name += "." + gfree
		case u.Variant == perplexity.FamiliarityName, u.Variant == perplexity.FamiliarityGFree:
			name += "." + u.Variant
		case u.Axis == axis.Perplexity && strings.HasPrefix(u.Variant, "disjoint."):
			name += "." + signature
		case u.Axis == axis.Perplexity:
			continue
		}
		if u.Target == "skill" && !u.Baseline && u.Value.OK() && !seen[name] {
			seen[name] = true
			f.Numbers = append(f.Numbers, Number{Name: name, Title: u.Title, Estimate: u.Value})
		}
	}
	if len(f.Numbers) == 0 {
		return nil // no axis told planted pairs apart, and a sentence without numbers says nothing
	}
	return f
}

// alarmFindings turns alarms that block benchmarks into findings, one a kind; alarms about the whole study stand alone.
func (a *Analysis) alarmFindings() []Finding {
	var out []Finding
	seen := map[string]int{} // where the finding of a kind stands
	of := map[string]int{}   // findings about the study, by kind
	for i, al := range a.Alarms {
		id := "finding-alarm-" + al.Kind
		if al.Benchmark == "" {
			if of[al.Kind]++; of[al.Kind] > 1 {
				id = fmt.Sprintf("%s-%d", id, of[al.Kind])
			}
		} else if !al.Blocks {
			continue
		} else if k, ok := seen[al.Kind]; ok {
			out[k].Count++
			if !slices.Contains(out[k].Benchmarks, al.Benchmark) { // pairs name a benchmark more than once
				out[k].Benchmarks = append(out[k].Benchmarks, al.Benchmark)
			}
			continue
		} else {
			seen[al.Kind] = len(out)
		}
		out = append(out, Finding{ID: id, Kind: KindAlarm, Alarm: &a.Alarms[i], Count: 1, Benchmarks: []string{al.Benchmark}})
	}
	return out
}
