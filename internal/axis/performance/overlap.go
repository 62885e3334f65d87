package performance

import (
	"fmt"
	"math"
	"strconv"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// pairwise fills a symmetric matrix from a function of two benchmarks; the error's text becomes the reason.
func pairwise(name string, labels []string, diagonal float64, of func(a, b int) (float64, error)) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", labels)
	for a := range labels {
		m.Set(a, a, diagonal)
		for b := range a {
			v, err := of(b, a)
			if err != nil {
				m.SetMissingSym(a, b, err.Error())
				continue
			}
			m.SetSym(a, b, v)
		}
	}
	return m
}

// overlaps are the variants without intervals, from one profile.
func overlaps(t *ScoreTable, p view, reliability []float64) []axis.Variant {
	n := len(t.Models)
	variant := func(name, title, method string, of func(a, b int) (float64, error)) axis.Variant {
		return axis.Variant{Name: name, Title: title, Method: method, N: n, Unit: "models",
			Overlap: pairwise("performance overlap, "+title, t.Benchmarks, 1, of)}
	}
	vs := []axis.Variant{
		variant(Raw, "raw", "Spearman correlation of scores over models", p.raw),
		variant(GFree, "without the general factor",
			"partial Pearson correlation of normal scores Phi^-1((rank - 1/2)/m) given the "+p.component()+" of the "+
				"benchmarks outside the pair and its families", p.gfree),
		variant(Kendall, "Kendall's tau-b", "Kendall's tau-b of scores over models", p.kendall),
		variant(GFreeSpearman, "without the general factor, by ranks",
			"partial Spearman correlation of scores given the same general factor", p.gfreeSpearman),
		variant(Disattenuated, "without the general factor, disattenuated",
			"g-free overlap over the root of the product of both g-free reliabilities, at most 1 (Spearman 1904)",
			func(a, b int) (float64, error) {
				rel, err := attenuation(t, reliability, a, b)
				if err != nil {
					return 0, err
				}
				r, err := p.gfree(a, b)
				if err != nil {
					return 0, err
				}
				return stats.Clip(r / rel), nil
			}),
	}
	vs[1].Warnings = p.warnings()
	for b, r := range reliability {
		if r < LowReliability {
			vs[4].Warnings = append(vs[4].Warnings,
				fmt.Sprintf("the g-free reliability of %s is %.2f, below %g: disattenuation there says little", name(t, b),
					r, LowReliability))
		}
	}
	return vs
}

// gfreeSpearman is the partial Spearman correlation of a and b given the general factor of the others.
func (p *profile) gfreeSpearman(a, b int) (float64, error) {
	if err := p.constant(a, b); err != nil {
		return 0, err
	}
	f, _ := p.without(a, b)
	if f.err != nil {
		return 0, f.err
	}
	x, y, g := p.column[a], p.column[b], linalg.Standardised(stats.Ranks(f.g))
	return stats.Partial(p.products[x*p.comps.Len()+y], linalg.Dot(p.ranks[x], g), linalg.Dot(p.ranks[y], g))
}

// attenuation is sqrt(rel_a rel_b), by which the noise of the items shrinks the g-free correlation of a and b.
func attenuation(t *ScoreTable, reliability []float64, a, b int) (float64, error) {
	if reliability == nil {
		return 0, fmt.Errorf("there is no reliability to disattenuate by: give the items or standard errors of scores")
	}
	for _, s := range t.Shared {
		if s.A == min(a, b) && s.B == max(a, b) {
			return 0, fmt.Errorf("the benchmarks share %d items, so their errors are correlated", s.Items)
		}
	}
	for _, x := range []int{a, b} {
		if math.IsNaN(reliability[x]) {
			lacks := "give its items or standard errors"
			if !t.Imported {
				lacks = "the logs do not hold its items"
			}
			return 0, fmt.Errorf("the reliability of %s is not known: %s", name(t, x), lacks)
		}
		if !(reliability[x] > 0) {
			return 0, fmt.Errorf("the g-free reliability of %s is not positive", name(t, x))
		}
	}
	return math.Sqrt(reliability[a] * reliability[b]), nil
}

// behind is the least and the greatest number of benchmarks behind the general factors of all pairs (0 where no pair has
// one), and in how many pairs the families could not be left out.
func (p *profile) behind() (lowest, highest, alone int) {
	for b := range p.scores {
		for a := range b {
			out, _, k := p.outside(a, b)
			if k < 2 {
				continue
			}
			if lowest == 0 || k < lowest {
				lowest = k
			}
			highest = max(highest, k)
			if !out.families {
				alone++
			}
		}
	}
	return lowest, highest, alone
}

// warnings say what every reader of g-free overlaps must know: their bias, their standard error, and where families could not
// be left out.
func (p *profile) warnings() []string {
	lowest, highest, alone := p.behind()
	if lowest == 0 {
		return nil
	}
	w := []string{fmt.Sprintf("with one common factor and no kinship the expectation lies between 0 and 1/(k+1), here 1/%d = "+
		"%.3f at most, "+
		"with k = %s benchmarks behind the general factor; tests of high overlaps allow for it", lowest+1,
		1/float64(lowest+1), fromTo(strconv.Itoa(lowest), strconv.Itoa(highest))), absorbed}
	if m := p.typical(); m > spent {
		w = append(w, fmt.Sprintf("the standard error is about %s = %.2f at m = %d models", errorFormula(), standardError(m), m))
	}
	return append(w, aloneWarning(alone)...)
}

// fromTo prints a range of numbers, and one number where both ends read alike.
func fromTo(least, most string) string {
	if least == most {
		return least
	}
	return least + " to " + most
}

// absorbed is the other bias of a general factor that is made of scores.
const absorbed = "where many benchmarks share a skill the general factor absorbs it, and overlaps lie below the truth: " +
	"compare those " +
	"with something else held constant"

func aloneWarning(alone int) []string {
	if alone == 0 {
		return nil
	}
	return []string{fmt.Sprintf("in %d pairs fewer than %s benchmarks remain outside both families: there only the pair "+
		"itself is left out", alone, wording.Spelt(fewestOthers))}
}

// precision gives bias and standard error of g-free overlaps as numbers that can be cited.
func precision(p view) []axis.Value {
	k, m := p.fewestBehind(), p.typical()
	if k == 0 || m <= spent {
		return nil
	}
	return []axis.Value{
		{Name: "gfree.bias", Title: "largest upward bias of a g-free overlap, with one common factor", Value: 1 / (k + 1), N: m,
			Method: fmt.Sprintf("1/(k+1), k = %s the fewest benchmarks behind the general factor of a pair", behindText(k))},
		{Name: "gfree.se", Title: "standard error of a g-free overlap", Value: standardError(m), N: m, Method: errorFormula()},
	}
}

// behindText prints a number of benchmarks, which is a mean where models have scores on different ones.
func behindText(k float64) string { return strconv.FormatFloat(math.Round(10*k)/10, 'f', -1, 64) }
