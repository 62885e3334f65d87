package performance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// outside marks what a general factor leaves out, as profile.without does: the families of the benchmarks where at least
// fewestOthers remain then, else the benchmarks alone (families is false).
func (p *gapped) outside(benchmarks ...int) (out []byte, families bool, err error) {
	out, remain := p.marked(benchmarks, true)
	families = remain >= fewestOthers
	if !families {
		out, remain = p.marked(benchmarks, false)
	}
	if remain < 2 {
		err = errAlone
	}
	return out, families, err
}

var errAlone = errors.New("a general factor needs at least two other benchmarks whose scores differ between models")

func (p *gapped) marked(benchmarks []int, families bool) (out []byte, remain int) {
	out = make([]byte, len(p.scores))
	for b := range p.scores {
		for _, a := range benchmarks {
			if a == b || families && p.families[a] == p.families[b] {
				out[b] = 1
			}
		}
		if out[b] == 0 && p.column[b] >= 0 {
			remain++
		}
	}
	return out, remain
}

// fit is the general factor without some benchmarks, begun from one of nearly the same.
func (p *gapped) fit(out []byte, start *stats.RankOne) *stats.RankOne {
	leave, any := make([]bool, 0, len(out)), false
	for b, is := range out {
		if p.column[b] >= 0 {
			leave, any = append(leave, is == 1), any || is == 1
		}
	}
	if !any {
		return p.all
	}
	f, _ := p.cells.Fit(leave, start, p.tolerance) // two columns remain
	return f
}

func (p *gapped) known(out []byte) *stats.RankOne {
	f, ok := p.fits[string(out)]
	if !ok {
		f = p.fit(out, p.all)
		p.fits[string(out)] = f
	}
	return f
}

// near is where to begin without a and b: where their own fits without either point to, if they are known.
func (p *gapped) near(a, b int, families bool) *stats.RankOne {
	withoutA, _ := p.marked([]int{a}, families)
	withoutB, _ := p.marked([]int{b}, families)
	f, g := p.fits[string(withoutA)], p.fits[string(withoutB)]
	if a == b || f == nil || g == nil {
		return p.all
	}
	return f.Both(p.all, g)
}

// wanted is a set to leave out, and the pair or the benchmark that leaves it out.
type wanted struct {
	out      []byte
	a, b     int
	families bool
}

// fitAll fits what the benchmarks leave out, then what the pairs do, each set once.
func (p *gapped) fitAll(ctx context.Context, workers int) error {
	var alone, pairs []wanted
	seen := map[string]bool{}
	add := func(to *[]wanted, a, b int) {
		out, families, err := p.outside(a, b)
		if err == nil && !seen[string(out)] {
			seen[string(out)] = true
			*to = append(*to, wanted{out, a, b, families})
		}
	}
	for b := range p.scores {
		add(&alone, b, b)
	}
	for b := range p.scores {
		for a := range b {
			if p.why[a] == nil && p.why[b] == nil && p.enough(both(p.observed[a], p.observed[b]), "") == nil {
				add(&pairs, a, b)
			}
		}
	}
	for _, sets := range [][]wanted{alone, pairs} {
		fits := make([]*stats.RankOne, len(sets))
		err := axis.Parallel(ctx, workers, len(sets), func(i int) {
			fits[i] = p.fit(sets[i].out, p.near(sets[i].a, sets[i].b, sets[i].families))
			if sets[i].a != sets[i].b { // of many, only what is read
				fits[i] = &stats.RankOne{Scores: fits[i].Scores, Behind: fits[i].Behind, Columns: fits[i].Columns}
			}
		})
		if err != nil {
			return err
		}
		for i, w := range sets {
			p.fits[string(w.out)] = fits[i]
		}
	}
	return nil
}

// factor is the general factor of the benchmarks outside a pair, one value a model, and how many of them are behind it.
func (p *gapped) factor(a, b int) (g []float64, behind []int, err error) {
	if err := p.constant(a, b); err != nil {
		return nil, nil, err
	}
	out, families, err := p.outside(a, b)
	if err != nil {
		return nil, nil, err
	}
	if !p.drawn || len(p.scores) <= exactUpTo || families && p.families[a] == p.families[b] {
		f := p.known(out)
		return f.Scores, f.Behind, nil
	}
	without := func(b int) *stats.RankOne {
		one, _ := p.marked([]int{b}, families)
		return p.known(one)
	}
	behind = slices.Clone(p.all.Behind)
	var columns []int
	for b, is := range out {
		if is == 1 && p.column[b] >= 0 {
			columns = append(columns, p.column[b])
			for _, i := range p.observed[b] {
				behind[i]--
			}
		}
	}
	return p.cells.Without(p.all, without(a), without(b), columns), behind, nil
}

// own is the general factor of the benchmarks outside a benchmark's family, over the models with a score of it.
func (p *gapped) own(b int) factor {
	f, ok := p.owns[b]
	if !ok {
		f = p.ownOf(b)
		p.owns[b] = f
	}
	return f
}

func (p *gapped) ownOf(b int) factor {
	out, _, err := p.outside(b)
	if err == nil {
		err = p.why[b]
	}
	if err != nil {
		return factor{err: err}
	}
	fit := p.known(out)
	f := factor{k: fit.Columns, models: []int{}}
	for _, i := range p.observed[b] {
		if fit.Behind[i] > 0 {
			f.models = append(f.models, i)
		}
	}
	if len(f.models) < fewestPartial {
		return factor{err: fmt.Errorf("a partial correlation needs at least %d models, there are %d", fewestPartial,
			len(f.models))}
	}
	g := of(fit.Scores, f.models)
	if stats.Constant(g) {
		return factor{err: errSame}
	}
	f.g = linalg.Standardised(g)
	return f
}

// loading is the correlation of a benchmark's normal scores with the general factor of the benchmarks outside its family.
func (p *gapped) loading(b int) (float64, error) {
	if err := p.constant(b); err != nil {
		return 0, err
	}
	f := p.own(b)
	if f.err != nil {
		return 0, f.err
	}
	return stats.Pearson(stats.NormalScores(of(p.scores[b], f.models)), f.g)
}

func (p *gapped) component() string { return component(true) }

// typical is the median number of models behind g-free overlaps.
func (p *gapped) typical() int {
	return p.median(func(q *gapPair) int { return q.nFree })
}

// lineages is the median number of those of the models behind g-free overlaps.
func (p *gapped) lineages(names []string) int {
	return p.median(func(q *gapPair) int { return different(of(names, q.with)) })
}

func (p *gapped) median(count func(q *gapPair) int) int {
	var n []int
	p.each(func(q *gapPair) { n = append(n, count(q)) })
	if len(n) == 0 {
		return 0
	}
	slices.Sort(n)
	return n[(len(n)-1)/2]
}

// fewestBehind is the least of the pairs' harmonic means, over models, of the number of other benchmarks that a model has a
// score of. 1/(that + 1) bounds the bias as 1/(k + 1) does in a complete table: with a correlation of r between all
// benchmarks, k_i of which are behind the g of model i, rho_i = k_i r/(1 + (k_i - 1) r) of the true factor's variance is in
// it, and what remains of r is r(1 - rho)/(1 - r rho), rho the mean of rho_i, which is largest, 1/(k + 1) with k the harmonic
// mean of k_i, where r nears 1.
func (p *gapped) fewestBehind() float64 {
	lowest := math.Inf(1)
	p.each(func(q *gapPair) { lowest = math.Min(lowest, q.behind) })
	if math.IsInf(lowest, 1) {
		return 0
	}
	return lowest
}

// each visits the pairs with a g-free overlap.
func (p *gapped) each(visit func(q *gapPair)) {
	for b := range p.scores {
		for a := range b {
			if q := p.at(a, b); q.free == nil {
				visit(q)
			}
		}
	}
}

func (p *gapped) warnings() []string {
	k := p.fewestBehind()
	if k == 0 {
		return nil
	}
	highest, least, most, alone := 0.0, math.MaxInt, 0, 0
	p.each(func(q *gapPair) {
		highest, least, most = math.Max(highest, q.behind), min(least, q.nFree), max(most, q.nFree)
	})
	for b := range p.scores {
		for a := range b {
			if _, families, err := p.outside(a, b); err == nil && !families && p.at(a, b).free == nil {
				alone++
			}
		}
	}
	w := []string{fmt.Sprintf("with one common factor and no kinship the expectation lies between 0 and 1/(k+1), here %.3f "+
		"at most, "+
		"with k = %s benchmarks behind the general factor of a model on average (harmonic mean over a pair's "+
		"models); tests "+
		"of high overlaps allow for it", 1/(k+1), fromTo(behindText(k), behindText(highest))), absorbed,
		"where a model has few other scores, its general factor is shrunk towards the mean, and less of it is taken out"}
	if least > spent {
		w = append(w, fmt.Sprintf("the standard error is about %s, %s at m = %s models of a pair", errorFormula(),
			fromTo(fmt.Sprintf("%.2f", standardError(most)), fmt.Sprintf("%.2f", standardError(least))),
			fromTo(strconv.Itoa(most), strconv.Itoa(least))))
	}
	return append(w, aloneWarning(alone)...)
}
