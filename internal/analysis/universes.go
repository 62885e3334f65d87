package analysis

import (
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/stats"
)

// Universes says in how many of the declared ways to measure it a finding holds (a multiverse, Steegen et al. 2016), of those
// whose numbers are at hand.
type Universes struct {
	Of, Held int
	Kills    []string // the choices with which it never holds
}

// share is the part in which it holds; of a finding that was measured in one way, all.
func (u *Universes) share() float64 {
	if u == nil {
		return 1
	}
	return float64(u.Held) / float64(u.Of)
}

// choice is one way to measure a part of a finding.
type choice struct {
	title string
	holds bool
}

// multiply counts the combinations of independent choices: a finding holds where each of its parts does.
func multiply(parts [][]choice) *Universes {
	u := &Universes{Of: 1, Held: 1}
	for _, part := range parts {
		if len(part) == 0 {
			continue
		}
		held := 0
		for _, c := range part {
			if c.holds {
				held++
			} else if !slices.Contains(u.Kills, c.title) {
				u.Kills = append(u.Kills, c.title)
			}
		}
		u.Of, u.Held = u.Of*len(part), u.Held*held
	}
	if u.Of < 2 {
		return nil // one way is no multiverse
	}
	return u
}

// universesOf re-decides a pair's label by every overlap and distance that its axes have: what was tested high must lie above the
// study's median by each of them, what was tested low below. That is weaker than the test, and no p: it says which choice turns
// the finding round.
func universesOf(axes map[string]*axis.Result, f Flag, x, y string) *Universes {
	var parts [][]choice
	var done []string
	for _, component := range f.Components {
		name, _, _ := strings.Cut(component, ".")
		high := !strings.HasSuffix(component, "low")
		if axes[name] == nil || slices.Contains(done, name) {
			continue
		}
		done = append(done, name)
		var part []choice
		for i := range axes[name].Variants {
			v := &axes[name].Variants[i]
			if v.Baseline && name != axis.Semantic {
				continue // a bound is no overlap and a control no choice; the bag of words is a choice
			}
			if is, ok := shown(name, v, x, y, high); ok {
				part = append(part, choice{name + ": " + v.Title, is})
			}
		}
		parts = append(parts, part)
	}
	return multiply(parts)
}

// shown reports whether a measure bears out what was tested of two benchmarks: of scores and familiarity that an overlap without
// a
// general factor is high, its interval above 0, or low, below what the test of low overlaps asks; of the other axes that they are
// alike or not. What leaves the general factor in, and signatures, which are chosen, say nothing of it.
func shown(name string, v *axis.Variant, x, y string, high bool) (is, ok bool) {
	if name == axis.Semantic || name == axis.Neural {
		is, ok = alike(v, x, y, axis.Yardstick)
		return is == high, ok
	}
	free := strings.Contains(v.Name, gfree) || strings.HasPrefix(v.Name, performance.GivenPrefix) &&
		v.Name != performance.GivenNothing
	value, there := at(v.Overlap, x, y)
	if !free || !there || name == axis.Perplexity && !perplexity.IsFamiliarity(v.Name) {
		return false, false
	}
	if !high {
		return value < performance.Delta, true
	}
	if lo, bounded := at(v.Lo, x, y); bounded {
		return lo > 0, true
	}
	return value > 0, true
}

// alike reports whether two benchmarks are nearer than that share of the median distance over pairs; the distance of overlaps is
// what they lack of 1.
func alike(v *axis.Variant, x, y string, mark float64) (is, ok bool) {
	value, ok := at(v.Overlap, x, y)
	if !ok {
		return false, false
	}
	_, all := v.Overlap.UpperTriangle()
	median, err := stats.Median(all)
	if err != nil {
		return false, false
	}
	if !v.Distance {
		value, median = 1-value, 1-median
	}
	return value < mark*median, true
}

// universesOfBest re-decides the agreement of two axes: with and without the general factor, by the primary embedding and the bag
// of words, and by RV and Mantel's test both ways, each at its level.
func (a *Analysis) universesOfBest() *Universes {
	of, _, _ := strings.Cut(a.Best.A, ".")
	with, _, _ := strings.Cut(a.Best.B, ".")
	var all []choice
	for _, g := range a.Agreement {
		x, _, _ := strings.Cut(g.A, ".")
		y, _, _ := strings.Cut(g.B, ".")
		if x != of || y != with || !g.Tested || g.Repaired > 0 || len(g.Shared) > 0 {
			continue
		}
		for _, by := range []struct {
			name string
			e    stats.Estimate
		}{{"RV", g.Adjusted}, {"Mantel's r", g.Pearson}, {"Mantel's ρ", g.Spearman}} {
			if by.e.P != nil {
				all = append(all, choice{by.name + " of " + g.A + " and " + g.B, *by.e.P <= AgreementLevel})
			}
		}
	}
	return multiply([][]choice{all})
}
