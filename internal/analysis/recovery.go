package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/stats"
)

const (
	recoveryDraws = 2000 // bootstrap draws of benchmarks behind each AUC's interval
	recoveryLevel = 0.95
	shuffles      = 200 // of skills over benchmarks
)

// recover compares the results with the truth file. It is the only step that reads it, and it changes nothing else.
func (a *Analysis) recover(opts Options, axes map[string]*axis.Result) error {
	if opts.Truth == nil {
		return nil
	}
	t, found := readTruth(opts.TruthSource, opts.Truth, opts.Benchmarks)
	if t == nil {
		return found[0]
	}
	rec := &Recovery{Source: opts.TruthSource}
	for _, name := range a.Axes {
		for _, v := range axes[name].Variants {
			if v.Name == performance.Upper {
				continue // a bound is no overlap
			}
			targets := []string{"skill"}
			if name == axis.Semantic {
				targets = append(targets, "surface")
			}
			for _, target := range targets {
				rec.AUC = append(rec.AUC, a.auc(opts, t, name, v, target))
			}
		}
	}
	a.kinds(t, rec)
	a.wrong(t, rec)
	rec.Shuffle = stats.MissingEstimate("there is no performance axis", len(a.Benchmarks), "AUC under shuffled skills")
	if p := axes[axis.Performance]; p.Primary() != nil {
		rec.Shuffle = a.shuffled(opts, t, p.Primary())
	}
	a.Recovery = rec
	return nil
}

// scored lists the pairs that enter an AUC, with whether truth calls them alike.
func (a *Analysis) scored(t *truth, ids []string, v axis.Variant, target string) (pairs []stats.ScoredPair, positive,
	negative int) {
	for i, x := range a.Benchmarks {
		for j := i + 1; j < len(a.Benchmarks); j++ {
			y := a.Benchmarks[j]
			score, ok := at(v.Overlap, x, y)
			if !ok {
				continue
			}
			if v.Distance {
				score = -score
			}
			// ids differ from the benchmarks only when skills are shuffled.
			bx, by := t.benchmark(ids[i]), t.benchmark(ids[j])
			var alike bool
			if target == "surface" {
				alike = bx.Surface == by.Surface
			} else {
				p, listed := t.pair(ids[i], ids[j])
				rel := bx.skillTo(by)
				if rel == mixed || (listed && !p.InAUC) {
					continue
				}
				alike = rel == same
			}
			if alike {
				positive++
			} else {
				negative++
			}
			pairs = append(pairs, stats.ScoredPair{I: i, J: j, Score: score, Positive: alike})
		}
	}
	return pairs, positive, negative
}

func (a *Analysis) auc(opts Options, t *truth, name string, v axis.Variant, target string) AUC {
	out := AUC{Axis: name, Variant: v.Name, Title: v.Title, Target: target, Baseline: v.Baseline}
	pairs, pos, neg := a.scored(t, a.Benchmarks, v, target)
	out.Positive, out.Negative = pos, neg
	e, err := stats.PairAUC(pairs, len(a.Benchmarks), recoveryDraws, recoveryLevel, func(r int) *rand.Rand {
		return stats.Stream(opts.Seed, "analysis/recovery "+name+" "+v.Name+" "+target, r)
	})
	if err != nil {
		e = stats.MissingEstimate(err.Error(), len(a.Benchmarks), "AUC over pairs")
	}
	null := a.nullAUCs(t, v, target)
	if out.Value = e.Against(null); out.Value.NullRange != nil {
		out.Repaired = len(null)
	}
	return out
}

// shuffled gives the benchmarks each other's truth at random: the AUC must then be that of chance, or recovery would not be
// blind.
func (a *Analysis) shuffled(opts Options, t *truth, v *axis.Variant) stats.Estimate {
	var values []float64
	for r := range shuffles {
		ids := slices.Clone(a.Benchmarks)
		rng := stats.Stream(opts.Seed, "analysis/recovery shuffle", r)
		rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		pairs, _, _ := a.scored(t, ids, *v, "skill")
		if auc, err := plainAUC(pairs); err == nil {
			values = append(values, auc)
		}
	}
	method := fmt.Sprintf("AUC of raw performance under %d shuffles of the planted skills", shuffles)
	if len(values) == 0 {
		return stats.MissingEstimate("no shuffle had pairs of both kinds", len(a.Benchmarks), method)
	}
	mean := 0.0
	for _, x := range values {
		mean += x / float64(len(values))
	}
	e := stats.NewEstimate(mean, len(a.Benchmarks), method).WithNull(stats.ChanceAUC)
	if lo, hi, err := stats.PercentileInterval(values, recoveryLevel); err == nil {
		e = e.WithInterval(lo, hi, recoveryLevel)
	}
	return e
}

// flagsOf lists the labels that a pair was given.
func (a *Analysis) flagsOf(x, y string) (labels []string, blocked string) {
	for _, p := range a.Pairs {
		bx, by := a.Benchmarks[p.A], a.Benchmarks[p.B]
		if (bx == x && by == y) || (bx == y && by == x) {
			for _, f := range p.Flags {
				if f.Flagged {
					labels = append(labels, f.Label)
				}
			}
			return labels, p.Blocked
		}
	}
	return nil, ""
}

// kindNames are the planted contrasts, as the study's README counts them.
var kindNames = map[int]string{
	1: "same skill, same surface",
	2: "same skill, another surface",
	3: "another skill, same surface",
	4: "two skills that share one exposure",
	5: "kinship without overlap",
	6: "mixtures, chance and formats",
}

// kinds counts, for each kind of planted pair and expectation, how many got the expected label.
func (a *Analysis) kinds(t *truth, rec *Recovery) {
	type key struct {
		kind   int
		expect string
	}
	byKey := map[key]*KindRecovery{}
	var order []key
	for _, p := range t.Pairs {
		if !slices.Contains(a.Benchmarks, p.A) || !slices.Contains(a.Benchmarks, p.B) {
			continue
		}
		got, blocked := a.flagsOf(p.A, p.B)
		for _, expect := range t.expectedOf(p, a.Correction.Testable[ExposureDriven] > 0) {
			k := key{p.Kind, expect}
			if byKey[k] == nil {
				byKey[k] = &KindRecovery{Kind: fmt.Sprintf("%d: %s", p.Kind, kindNames[p.Kind]), Expected: expect}
				order = append(order, k)
			}
			kr := byKey[k]
			kr.Pairs++
			if t.given(p, expect, got) {
				kr.Given++
			}
			kr.Details = append(kr.Details, PlantedPair{p.A, p.B, p.Name, expect, got, blocked})
		}
	}
	slices.SortStableFunc(order, func(x, y key) int { return x.kind - y.kind })
	for _, k := range order {
		rec.Kinds = append(rec.Kinds, *byKey[k])
	}
}

// expectedOf is what the file expects of a pair; where it is an overlap of other processing that exposure drives, and familiarity
// was measured, that exposure as well.
func (t *truth) expectedOf(p truthPair, tested bool) []string {
	if tested && p.Expect == OverlapWithoutKinship && t.byID[p.A].driven(t.byID[p.B]) {
		return []string{p.Expect, ExposureDriven}
	}
	return []string{p.Expect}
}

// given says whether a pair got what was expected. That exposure drives it is no mistake where it does.
func (t *truth) given(p truthPair, expect string, got []string) bool {
	if expect == "none" && t.byID[p.A].driven(t.byID[p.B]) {
		got = slices.DeleteFunc(slices.Clone(got), func(label string) bool { return label == ExposureDriven })
	}
	return expected(expect, got)
}

func expected(expect string, got []string) bool {
	switch expect {
	case "none":
		return len(got) == 0
	case "unknown":
		return false // nothing to judge by
	}
	return slices.Contains(got, expect)
}

// wrong lists labels that the truth contradicts, of the pairs that it names and of all others of which it says enough.
func (a *Analysis) wrong(t *truth, rec *Recovery) {
	for _, p := range a.Pairs {
		x, y := t.benchmark(a.Benchmarks[p.A]), t.benchmark(a.Benchmarks[p.B])
		labels, judged := t.allowed(x, y)
		if !judged {
			continue
		}
		if _, listed := t.pair(x.ID, y.ID); !listed {
			rec.Implied++
		} else {
			rec.Listed++
		}
		for _, f := range p.Flags {
			if f.Flagged && !slices.Contains(labels, f.Label) {
				truth := "none"
				if len(labels) > 0 {
					truth = labels[0]
				}
				rec.Wrong = append(rec.Wrong, WrongFlag{x.ID, y.ID, f.Label, truth})
			}
		}
	}
}
