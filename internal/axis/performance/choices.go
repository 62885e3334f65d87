package performance

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// What may be held constant when two benchmarks are compared over models, beside the first component of the others (GFree).
// The name of a covariate's variant is GivenPrefix and the covariate's.
const (
	GivenPrefix  = "given."
	GivenNothing = GivenPrefix + "nothing"
	GivenFactors = GivenPrefix + "factors"
)

const (
	choiceDraws    = 200 // half-samples of models behind the intervals of other choices
	mostForFactors = 120 // benchmarks up to which several factors are taken out: each pair of families has factors of its own
)

// choice is one answer to what is held constant.
type choice struct {
	name, title, method string
	isG                 bool                                // it stands for general ability; nothing does not
	given               func(a, b int) ([][]float64, error) // columns over all models, NaN where one is not known
}

// choices are those that a table of scores allows, and why others are not among them. factors is how many parallel analysis
// finds.
func choices(t *ScoreTable, columns [][]float64, factors int) (out []choice, why []string) {
	switch {
	case t.Gaps() > 0:
		why = append(why, "scores are missing, and only the first factor is fitted to those that are there: overlaps "+
			"given several "+
			"factors were not computed")
	case len(t.Benchmarks) > mostForFactors:
		why = append(why, fmt.Sprintf("there are more than %d benchmarks: overlaps given several factors were not computed",
			mostForFactors))
	case factors > 1:
		out = append(out, severalFactors(t, columns, factors))
	}
	known := covariates(t)
	for _, c := range known {
		out = append(out, c.choice(covariateName(c.name, out)))
	}
	if len(known) == 0 {
		why = append(why, "no size, compute or date of the models is known: every general factor here is made of the "+
			"scores that it "+
			"is taken out of (give covariates in [[models]], or columns of [scores])")
	}
	return append(out, choice{name: GivenNothing, title: "with nothing held constant",
		method: "Pearson correlation of normal scores", given: func(int, int) ([][]float64, error) { return nil, nil }}), why
}

// severalFactors holds as many components of the others constant as all benchmarks have by parallel analysis.
func severalFactors(t *ScoreTable, columns [][]float64, factors int) choice {
	normal := make([][]float64, len(columns))
	for b, y := range columns {
		if y != nil && len(y) >= fewestScores && !stats.Constant(y) {
			normal[b] = stats.NormalScores(y)
		}
	}
	made := map[string][][]float64{}
	return choice{name: GivenFactors, title: fmt.Sprintf("without %s factors", wording.Spelt(factors)), isG: true,
		method: fmt.Sprintf("partial Pearson correlation of normal scores given the first %d principal components of "+
			"the benchmarks "+
			"outside the pair and its families, as many as parallel analysis finds (Horn 1965)", factors),
		given: func(a, b int) ([][]float64, error) {
			others := outside(t.Families, normal, a, b)
			if len(others) <= factors {
				return nil, fmt.Errorf("%d factors need more than %d other benchmarks", factors, len(others))
			}
			key := fmt.Sprint(others)
			if made[key] == nil {
				var z [][]float64
				for _, o := range others {
					z = append(z, normal[o])
				}
				scores, err := stats.PrincipalComponents(z, factors)
				if err != nil {
					return nil, err
				}
				made[key] = scores
			}
			return made[key], nil
		}}
}

// outside lists the benchmarks behind what is held constant for a pair: those of other families where at least fewestOthers
// remain, else all others.
func outside(families []string, normal [][]float64, a, b int) []int {
	var all, foreign []int
	for o, z := range normal {
		if o == a || o == b || z == nil {
			continue
		}
		all = append(all, o)
		if families[o] != families[a] && families[o] != families[b] {
			foreign = append(foreign, o)
		}
	}
	if len(foreign) >= fewestOthers {
		return foreign
	}
	return all
}

// chosen is a choice at work: the overlaps of all pairs under it, and what its test rests on.
type chosen struct {
	choice
	variant axis.Variant
	spread  map[[2]int]float64 // standard deviation of atanh of the overlap over half-samples
	left    map[[2]int][2]float64
	rest    map[[2]int]int // models less what is estimated: the standard error of atanh is at least one over its root
}

// choose computes the overlaps of all pairs under a choice, with percentiles over half-samples of models by lineage. What is held
// constant, and normal scores, are kept in half-samples.
func choose(ctx context.Context, t *ScoreTable, columns [][]float64, c choice, seed uint64, workers int) (*chosen, error) {
	n := len(t.Benchmarks)
	out := &chosen{choice: c, spread: map[[2]int]float64{}, left: map[[2]int][2]float64{}, rest: map[[2]int]int{}}
	name := "performance overlap, " + c.title
	lo, hi := matrix.NewSquare("lower bound of "+name, "1", t.Benchmarks),
		matrix.NewSquare("upper bound of "+name, "1", t.Benchmarks)
	out.variant = axis.Variant{Name: c.name, Title: c.title, N: len(t.Models), Unit: "models", Level: level, Lo: lo, Hi: hi,
		Method:  fmt.Sprintf("%s; interval: percentiles over %d half-samples of models by lineage", c.method, choiceDraws),
		Overlap: matrix.NewSquare(name, "1", t.Benchmarks), Ns: make([]int, n*n)}
	halves := halfMasks(t.Lineages, seed)
	var pairs []*heldPair
	for b := range n {
		for a := range b {
			h, err := hold(columns, c, a, b)
			pairs = append(pairs, &heldPair{a: a, b: b, held: h, err: err})
		}
	}
	if err := axis.Parallel(ctx, workers, len(pairs), func(i int) { pairs[i].compute(halves) }); err != nil {
		return nil, err
	}
	for b := range n {
		for _, m := range []*matrix.Labelled{out.variant.Overlap, lo, hi} {
			m.Set(b, b, 1)
		}
		out.variant.Ns[b*n+b] = len(t.Models)
	}
	for _, q := range pairs {
		out.take(q, n)
	}
	if !slices.ContainsFunc(out.variant.Ns, func(x int) bool { return x != len(t.Models) }) {
		out.variant.Ns = nil
	}
	return out, nil
}

// take writes a pair into the matrices.
func (c *chosen) take(q *heldPair, n int) {
	v, key := &c.variant, [2]int{q.a, q.b}
	v.Ns[q.a*n+q.b], v.Ns[q.b*n+q.a] = len(q.models), len(q.models)
	if q.err != nil {
		for _, m := range []*matrix.Labelled{v.Overlap, v.Lo, v.Hi} {
			m.SetMissingSym(q.a, q.b, q.err.Error())
		}
		return
	}
	v.Overlap.SetSym(q.a, q.b, q.r)
	c.left[key], c.rest[key] = q.explained, len(q.models)-(spent-1)-len(q.given)
	low, high, err := stats.PercentileInterval(q.halves, level)
	if err != nil || 2*len(q.halves) < choiceDraws {
		v.Lo.SetMissingSym(q.a, q.b, "too few half-samples of models have a value")
		v.Hi.SetMissingSym(q.a, q.b, "too few half-samples of models have a value")
		return
	}
	v.Lo.SetSym(q.a, q.b, low)
	v.Hi.SetSym(q.a, q.b, high)
	z := make([]float64, len(q.halves))
	for i, x := range q.halves {
		z[i] = math.Atanh(clipOpen(x))
	}
	_, se, _ := stats.MeanSE(z)
	c.spread[key] = se * math.Sqrt(float64(len(z)))
}

// chooseAll are all choices at work, and why others are not among them. facts holds how many factors there are.
func chooseAll(ctx context.Context, t *ScoreTable, facts []axis.Value, seed uint64, workers int) (all []*chosen, why []string,
	err error) {
	factors := 0
	for _, f := range facts {
		if f.Name == numberOfFactors {
			factors = int(f.Value)
		}
	}
	columns := t.Observed()
	of, why := choices(t, columns, factors)
	for _, c := range of {
		made, err := choose(ctx, t, columns, c, seed, workers)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, made)
	}
	return all, why, nil
}

// covariateName makes a variant's name of a covariate's, unlike those that are taken.
func covariateName(name string, taken []choice) string {
	slug := GivenPrefix + strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return '-'
	}, name), "-")
	for n := 2; slices.ContainsFunc(taken, func(c choice) bool { return c.name == slug }) || slug == GivenFactors ||
		slug == GivenNothing; n++ {
		slug = fmt.Sprintf("%s-%d", slug, n)
	}
	return slug
}
