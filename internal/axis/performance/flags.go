package performance

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// residuals are what is left of two benchmarks' normal scores when the general factor is taken out, each with sum of
// squares 1, and the factor.
type residuals struct {
	a, b      int
	ea, eb, g []float64
	models    []int   // those behind the vectors; nil for all
	shifted   float64 // atanh of the overlap less that of its largest bias
	threshold float64 // correlation that a permuted pair must reach to count
}

// testHigh asks of every pair whether the g-free overlap is larger than the bias of its estimate can explain.
//
// H0: rho <= 1/(k+1), k benchmarks behind the general factor. Freedman and Lane (1983): a's residuals given g are permuted
// (lineages of one size as wholes, and models within their lineage), added to a's fit on g, and the partial correlation r*
// with b given g is computed anew; since the fit lies in the span of g, that is the correlation of the permuted residuals,
// cleared of g once more, with b's. p = (1 + #{z(r*) >= z(r) - z(1/(k+1))})/(1 + N), z = atanh. All pairs see the same
// permutations. A pair whose p cannot be small any more is done with: after l permutations of which decided reach the
// correlation, p = decided/l (Besag and Clifford 1991), which is a valid p-value as well.
func testHigh(ctx context.Context, t *ScoreTable, p view, permutations, workers int, seed uint64,
	progress func(done int)) (axis.Test, error) {
	test := axis.Test{
		Name: "high", N: permutations,
		Null: "the g-free overlap is at most 1/(k+1), what its bias alone can make, k benchmarks behind the general factor",
		Method: "Freedman-Lane permutation of one benchmark's residuals given the general factor, Fisher-shifted by " +
			"1/(k+1), one-sided; " + sequentialMethod(),
		P:         noDiagonal("p, g-free overlap high", t.Benchmarks),
		Statistic: noDiagonal("atanh(r) - atanh(1/(k+1))", t.Benchmarks),
	}
	if sharedLineages(t.Lineages) {
		test.Method += "; lineages of one size are permuted as wholes, and models within their lineage"
	}
	if d := stats.DistinctGroupPermutations(t.Lineages); d < float64(permutations) {
		test.Warnings = append(test.Warnings, fmt.Sprintf("lineages allow only %.0f distinct permutations of the models: p "+
			"cannot fall below %.2g", d, 1/d))
	}
	if few := axis.FewReplicates(permutations, len(t.Benchmarks)*(len(t.Benchmarks)-1)/2); few != "" {
		test.Warnings = append(test.Warnings, few)
	}
	pairs := residualPairs(t, p, &test)
	if g, ok := p.(*gapped); ok {
		return g.testWithin(ctx, test, pairs, t.Lineages, workers, seed, progress)
	}
	ps, err := permuteAll(ctx, pairs, t.Lineages, permutations, workers, seed, progress)
	if err != nil {
		return test, err
	}
	for i, q := range pairs {
		test.P.SetSym(q.a, q.b, ps[i])
	}
	return test, nil
}

// decided is how many permutations reach a pair's correlation when its p-value is known well enough.
const decided = 400

func sequentialMethod() string {
	return fmt.Sprintf("p = %d/l where %d of l permutations reach the correlation", decided, decided)
}

// residualPairs prepares every pair that can be tested, and says in the test's matrices why the others cannot.
func residualPairs(t *ScoreTable, p view, test *axis.Test) []residuals {
	var out []residuals
	for b := range t.Benchmarks {
		for a := range b {
			r, err := p.residuals(a, b)
			if err != nil {
				test.P.SetMissingSym(a, b, err.Error())
				test.Statistic.SetMissingSym(a, b, err.Error())
				continue
			}
			test.Statistic.SetSym(a, b, math.Min(r.shifted, math.MaxFloat64))
			out = append(out, r)
		}
	}
	return out
}

// residuals are those of a pair of benchmarks.
func (p *profile) residuals(a, b int) (residuals, error) {
	r, err := p.gfree(a, b)
	if err != nil {
		return residuals{}, err
	}
	f, _ := p.without(a, b)
	return newResiduals(a, b, p.normal[a], p.normal[b], f.g, r, float64(f.k)), nil
}

// newResiduals takes g out of two vectors whose partial correlation given it is r, with k benchmarks behind g.
func newResiduals(a, b int, za, zb, g []float64, r, k float64) residuals {
	shifted := math.Atanh(r) - math.Atanh(1/(k+1))
	return residuals{a: a, b: b, g: g, shifted: shifted, threshold: math.Tanh(shifted) - 1e-12, ea: clear1(za, g),
		eb: clear1(zb, g)}
}

// clear1 takes the unit vector g out of z and scales what is left to sum of squares 1.
func clear1(z, g []float64) []float64 {
	r := linalg.Dot(z, g)
	out := make([]float64, len(z))
	for i := range z {
		out[i] = z[i] - r*g[i]
	}
	return linalg.Standardised(out)
}

// permuteAll gives each pair's p-value: the permutations are the same for all pairs, and a pair leaves when it is decided.
func permuteAll(ctx context.Context, pairs []residuals, lineages []string, permutations, workers int, seed uint64,
	progress func(done int)) ([]float64, error) {
	const chunk = 256 // permutations that stay in a near cache while all pairs go by
	permute := stats.GroupPermuter(lineages)
	ps, reached, open := make([]float64, len(pairs)), make([]int, len(pairs)), make([]int, len(pairs))
	for i := range pairs {
		open[i] = i
	}
	for first := 0; first < permutations && len(open) > 0; first += chunk {
		perms := make([][]int, min(chunk, permutations-first))
		err := axis.Parallel(ctx, workers, len(perms), func(r int) {
			perms[r] = permute(stats.Stream(seed, "performance/freedman-lane", first+r))
		})
		if err == nil {
			err = axis.Parallel(ctx, workers, len(open), func(k int) {
				i := open[k]
				ps[i], reached[i] = pairs[i].next(perms, first, reached[i])
			})
		}
		if err != nil {
			return nil, err
		}
		open = slices.DeleteFunc(open, func(i int) bool { return ps[i] > 0 })
		progress(first + len(perms))
	}
	for _, i := range open {
		ps[i] = stats.PermutationP(reached[i], permutations)
	}
	progress(permutations)
	return ps, nil
}

// next counts further permutations, of which so many came before, and gives p where that decides the pair, else 0.
func (q *residuals) next(perms [][]int, before, reached int) (p float64, now int) {
	n := q.exceeding(perms)
	if reached+n < decided {
		return 0, reached + n
	}
	for l := range perms {
		if reached += q.exceeding(perms[l : l+1]); reached == decided {
			break
		}
		before++
	}
	return float64(decided) / float64(before+1), reached
}

// exceeding counts the permutations whose correlation reaches the threshold. Four are taken at once, since a sum alone would wait
// for itself at every step.
func (q *residuals) exceeding(perms [][]int) int {
	n := 0
	count := func(withB, withG float64) {
		if partial(withB, withG) >= q.threshold {
			n++
		}
	}
	for ; len(perms) >= 4; perms = perms[4:] {
		var b0, b1, b2, b3, g0, g1, g2, g3 float64
		p0 := perms[0]
		p1, p2, p3 := perms[1][:len(p0)], perms[2][:len(p0)], perms[3][:len(p0)]
		eb, g := q.eb[:len(p0)], q.g[:len(p0)]
		for i, j := range p0 {
			x0, x1, x2, x3 := q.ea[j], q.ea[p1[i]], q.ea[p2[i]], q.ea[p3[i]]
			b0, g0 = b0+x0*eb[i], g0+x0*g[i]
			b1, g1 = b1+x1*eb[i], g1+x1*g[i]
			b2, g2 = b2+x2*eb[i], g2+x2*g[i]
			b3, g3 = b3+x3*eb[i], g3+x3*g[i]
		}
		count(b0, g0)
		count(b1, g1)
		count(b2, g2)
		count(b3, g3)
	}
	for _, perm := range perms {
		var withB, withG float64
		for i, j := range perm {
			withB, withG = withB+q.ea[j]*q.eb[i], withG+q.ea[j]*q.g[i]
		}
		count(withB, withG)
	}
	return n
}

// partial is the correlation of a's permuted residuals, cleared of the factor, with b's.
func partial(withB, withG float64) float64 {
	left := 1 - withG*withG
	if left < 1e-12 {
		return -1 // the permuted residuals are the factor itself: nothing is left to correlate
	}
	return withB / math.Sqrt(left)
}

// testLow asks of every pair whether its true overlap lies below Delta, and gives the one-sided upper bound at level.
//
// H0: rho_true >= Delta, where rho_true is the g-free overlap disattenuated by both reliabilities. On the scale of the observed
// r this is rho >= Delta sqrt(rel_a rel_b); p = Phi((z(r) - z(Delta sqrt(rel_a rel_b)))/SE), z = atanh, SE the standard
// deviation of z(r) over half-samples of models by lineage, or 1/sqrt(m - 4) where that is larger. The bound is tanh(z(r) + q
// SE)/sqrt(rel_a rel_b), q the normal quantile of level, at most 1. Where one factor is common to all benchmarks, r is if
// anything
// too high, which makes both cautious; where many share a skill, the factor absorbs it and both claim too much: see strictest.
// Reliabilities are taken as known.
func testLow(t *ScoreTable, p view, reliability []float64, halves *spread) (axis.Test, axis.Variant) {
	test := axis.Test{
		Name: "low",
		Null: fmt.Sprintf("the disattenuated g-free overlap is at least %g", Delta),
		Method: "equivalence: normal test of atanh(r) against the bound, standard error from half-samples of models by " +
			"lineage, at least " + errorFormula(),
		P: noDiagonal("p, g-free overlap low", t.Benchmarks), Statistic: noDiagonal("standard errors below the bound",
			t.Benchmarks),
		Warnings: []string{"reliabilities are taken as known"},
	}
	upper := axis.Variant{Name: Upper, Title: "upper bound of the disattenuated g-free overlap", Unit: "models", N: len(t.Models),
		Method: fmt.Sprintf("one-sided %g %% bound: tanh(atanh(r) + %.3f SE) over the root of the product of both reliabilities",
			100*level, stats.NormalQuantile(level)), Baseline: true,
		Overlap: matrix.NewSquare("upper bound of the disattenuated g-free overlap", "1", t.Benchmarks)}
	for b := range t.Benchmarks {
		upper.Overlap.Set(b, b, 1)
		for a := range b {
			stat, bound, n, err := equivalence(t, p, reliability, halves, a, b)
			if err != nil {
				test.P.SetMissingSym(a, b, err.Error())
				test.Statistic.SetMissingSym(a, b, err.Error())
				upper.Overlap.SetMissingSym(a, b, err.Error())
				continue
			}
			test.N = max(test.N, n)
			test.P.SetSym(a, b, stats.NormalUpperTail(stat))
			test.Statistic.SetSym(a, b, stat)
			upper.Overlap.SetSym(a, b, bound)
		}
	}
	return test, upper
}

// equivalence returns by how many standard errors r lies below the bound, the upper bound of the disattenuated overlap,
// and the half-samples behind it.
func equivalence(t *ScoreTable, p view, reliability []float64, halves *spread, a, b int) (stat, upper float64, n int,
	err error) {
	r, err := p.gfree(a, b)
	if err != nil {
		return 0, 0, 0, err
	}
	rel, err := attenuation(t, reliability, a, b)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, x := range []int{a, b} {
		if reliability[x] < LowReliability {
			return 0, 0, 0, fmt.Errorf("the g-free reliability of %s is %.2f, below %g", name(t, x), reliability[x],
				LowReliability)
		}
	}
	_, m := p.models(a, b)
	if m <= spent {
		return 0, 0, 0, fmt.Errorf("%d models give no standard error", m)
	}
	sd, n := halves.deviation(a, b)
	if n < 2 {
		return 0, 0, 0, fmt.Errorf("too few half-samples of models have a value")
	}
	se := math.Max(sd, standardError(m))
	zr := math.Atanh(clipOpen(r))
	return (math.Atanh(Delta*rel) - zr) / se, stats.Clip(math.Tanh(zr+stats.NormalQuantile(level)*se) / rel), n, nil
}

// power is the smallest observed g-free overlap that would be flagged if it were the only one: its p must reach
// q/(pairs (1 + 1/2 + ... + 1/pairs)), so z(r) >= z(1/(k+1)) + Phi^-1(1 - p)/sqrt(m - 4). A true overlap of that size is
// flagged half of the time, and with wantedPower one that lies as many standard errors above as the normal quantile says. m
// counts lineages, which are what is permuted. Where these allow no p that is small enough, none can be found, and why says so.
func power(t *ScoreTable, p view, q float64) (out []axis.Value, why []string) {
	m, k, models := p.lineages(t.Lineages), p.fewestBehind(), p.typical()
	if m <= spent || k == 0 {
		return nil, nil
	}
	pairs := len(t.Benchmarks) * (len(t.Benchmarks) - 1) / 2
	r := Reach{Models: m, Behind: k, Pairs: pairs, Q: q, Floor: 1 / stats.DistinctGroupPermutations(t.Lineages)}
	critical := criticalP(pairs, q)
	if !r.within() {
		return nil, []string{fmt.Sprintf("no high overlap can be found: permutations that keep lineages together give no p "+
			"below %.2g, and Benjamini-Yekutieli at q = %g asks for %.2g of one pair among %d", r.Floor, q, critical, pairs)}
	}
	units := fmt.Sprint(m)
	if m != models {
		units = wording.Count(m, "lineage")
	}
	method := fmt.Sprintf("normal approximation: z(1/(k+1)) + Phi^-1(1 - p)/%s with m = %s, k = %s and p = %.2g, "+
		"what Benjamini-Yekutieli at q = %g asks of one pair among %d", rootFormula(), units, behindText(k), critical, q, pairs)
	return []axis.Value{
		{Name: "power", Title: "smallest g-free overlap that is flagged half of the time", Value: math.Tanh(r.high()), N: models,
			Method: method},
		{Name: fmt.Sprintf("power.%g", 100*wantedPower), Title: "smallest g-free overlap that is flagged " +
			wording.InTen(wantedPower, "time"),
			Value: math.Tanh(r.high() + stats.NormalQuantile(wantedPower)*standardError(m)), N: models, Method: method},
	}, nil
}

func noDiagonal(name string, labels []string) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", labels)
	for i := range labels {
		m.SetMissing(i, i, "a benchmark is not tested against itself")
	}
	return m
}

func sharedLineages(lineages []string) bool {
	return different(lineages) < len(lineages)
}

// different counts the lineages that there are.
func different(lineages []string) int {
	return len(slices.Compact(slices.Sorted(slices.Values(lineages))))
}

// clipOpen keeps atanh finite.
func clipOpen(r float64) float64 { return math.Max(-1+1e-12, math.Min(1-1e-12, r)) }
