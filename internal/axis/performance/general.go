package performance

import (
	"fmt"
	"slices"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// Least numbers of models with a correlation, and with one given a covariate.
const (
	fewestScores  = 3
	fewestPartial = 4
)

// profile holds the scores of m models on B benchmarks as normal scores, and general factors taken from them with some
// benchmarks left out. It is not for use by several goroutines at once until all that they ask for was asked before.
type profile struct {
	scores   [][]float64       // B columns of m; nil where one has none
	normal   [][]float64       // B columns: normal scores, centred, sum of squares 1; nil where constant
	ranks    [][]float64       // by column of comps: ranks, likewise standardised
	products []float64         // of ranks, by columns of comps
	family   []int             // by benchmark
	members  [][]int           // by family: columns of comps
	comps    *stats.Components // over the columns that are not constant; nil where there are too few
	column   []int             // benchmark -> column of comps, -1 where it has none
	factors  map[apart]factor
	leave    *stats.LeavingOut // nil where comps must be asked
	asked    bool              // for leave
}

// factor is a general factor, centred with sum of squares 1, or why there is none.
type factor struct {
	g      []float64
	k      int   // benchmarks behind it
	models []int // those that g is of; nil for all
	err    error
}

func newProfile(scores [][]float64, families []string) *profile {
	ranks := make([][]float64, len(scores))
	for b, y := range scores {
		ranks[b] = stats.Ranks(y)
	}
	return profileOf(scores, ranks, numbered(families))
}

// profileOf is newProfile of scores whose ranks are known, and of families by their numbers.
func profileOf(scores, ranks [][]float64, family []int) *profile {
	p := &profile{scores: scores, normal: make([][]float64, len(scores)), family: family, column: make([]int, len(scores)),
		factors: map[apart]factor{}}
	var columns, standard [][]float64
	var normalOf []float64
	for b, y := range scores {
		p.column[b] = -1
		for len(p.members) <= family[b] {
			p.members = append(p.members, nil)
		}
		if len(y) < fewestScores || stats.Constant(y) {
			continue
		}
		if normalOf == nil {
			normalOf = stats.NormalScoresOf(len(y))
		}
		p.column[b] = len(columns)
		p.members[family[b]] = append(p.members[family[b]], len(columns))
		z := make([]float64, len(y))
		for i, r := range ranks[b] {
			z[i] = normalOf[int(2*r)]
		}
		columns, standard = append(columns, z), append(standard, linalg.Standardised(ranks[b]))
	}
	if len(columns) == 0 {
		return p
	}
	p.comps, _ = stats.NewComponents(columns) // no column is constant, all have one length
	p.ranks, p.products = standard, linalg.Gram(standard)
	for b, c := range p.column {
		if c >= 0 {
			p.normal[b] = p.comps.Column(c)
		}
	}
	return p
}

// numbered gives every name the number of its first place among the different names.
func numbered(names []string) []int {
	known, out := map[string]int{}, make([]int, len(names))
	for i, name := range names {
		if _, ok := known[name]; !ok {
			known[name] = len(known)
		}
		out[i] = known[name]
	}
	return out
}

// apart is what a general factor leaves out: one or two families, or one or two benchmarks alone.
type apart struct {
	a, b     int // equal where there is one
	families bool
}

// outside is what the general factor of a benchmark or a pair leaves out: their families when at least fewestOthers benchmarks
// remain then, else only they themselves. columns are those of comps that are left out, remain counts the others.
func (p *profile) outside(a, b int) (out apart, columns []int, remain int) {
	out = apart{min(p.family[a], p.family[b]), max(p.family[a], p.family[b]), true}
	columns = p.members[out.a]
	if out.b != out.a {
		columns = slices.Concat(columns, p.members[out.b])
	}
	if remain = p.comps.Len() - len(columns); remain >= fewestOthers {
		return out, columns, remain
	}
	out, columns = apart{min(a, b), max(a, b), false}, nil
	for _, c := range slices.Compact([]int{p.column[out.a], p.column[out.b]}) {
		if c >= 0 {
			columns = append(columns, c)
		}
	}
	return out, columns, p.comps.Len() - len(columns)
}

// without is the general factor of the benchmarks other than a and b, and whether their families are left out as well.
func (p *profile) without(a, b int) (f factor, families bool) {
	out, columns, remain := p.outside(a, b)
	f, known := p.factors[out]
	if !known {
		f = p.compute(out, columns, remain)
		p.factors[out] = f
	}
	return f, out.families
}

func (p *profile) compute(out apart, columns []int, remain int) factor {
	if remain < 2 {
		return factor{err: errAlone}
	}
	if d := p.leaving(); d != nil && out.a != out.b { // few leave out one
		if with, value, ok := d.Without(columns); ok {
			return factor{g: d.Scores(p.comps, columns, with, value), k: remain}
		}
	}
	f, err := p.comps.General(columns...)
	if err != nil {
		return factor{err: err}
	}
	return factor{g: linalg.Standardised(f.Scores), k: f.Columns}
}

// leaving is made when it is first asked for.
func (p *profile) leaving() *stats.LeavingOut {
	if !p.asked && p.comps.Len() > 0 {
		groups := slices.Clone(p.members)
		for c := range p.comps.Len() {
			groups = append(groups, []int{c})
		}
		p.leave = p.comps.LeaveOut(groups)
	}
	p.asked = true
	return p.leave
}

// with are the correlations of a and b with the general factor of the others, both of one sign or its opposite.
func (p *profile) with(a, b int) (withA, withB float64, err error) {
	_, columns, remain := p.outside(a, b)
	if d := p.leaving(); d != nil && remain >= 2 {
		if with, _, ok := d.Without(columns); ok {
			return with[slices.Index(columns, p.column[a])], with[slices.Index(columns, p.column[b])], nil
		}
	}
	f, _ := p.without(a, b)
	if f.err != nil {
		return 0, 0, f.err
	}
	return linalg.Dot(p.normal[a], f.g), linalg.Dot(p.normal[b], f.g), nil
}

// gfree is the partial Pearson correlation of the normal scores of a and b given the general factor of the others.
func (p *profile) gfree(a, b int) (float64, error) {
	if err := p.constant(a, b); err != nil {
		return 0, err
	}
	withA, withB, err := p.with(a, b)
	if err != nil {
		return 0, err
	}
	if m := len(p.normal[a]); m < fewestPartial {
		return 0, fmt.Errorf("a partial correlation needs at least %d models, there are %d", fewestPartial, m)
	}
	return stats.Partial(p.comps.Correlation(p.column[a], p.column[b]), withA, withB)
}

// raw is Spearman's correlation of the scores of a and b.
func (p *profile) raw(a, b int) (float64, error) {
	if err := p.constant(a, b); err != nil {
		return 0, err
	}
	return stats.Clip(p.products[p.column[a]*p.comps.Len()+p.column[b]]), nil
}

// kendall is Kendall's tau-b of the scores of a and b.
func (p *profile) kendall(a, b int) (float64, error) {
	if err := p.constant(a, b); err != nil {
		return 0, err
	}
	return stats.KendallTauB(p.scores[a], p.scores[b])
}

// own is the general factor of the benchmarks outside a benchmark's family.
func (p *profile) own(b int) factor {
	f, _ := p.without(b, b)
	return f
}

// loading is the correlation of a benchmark's normal scores with the general factor of the benchmarks outside its family.
func (p *profile) loading(b int) (float64, error) {
	if err := p.constant(b); err != nil {
		return 0, err
	}
	f := p.own(b)
	if f.err != nil {
		return 0, f.err
	}
	return linalg.Dot(p.normal[b], f.g), nil
}

func (p *profile) component() string { return component(false) }

// component names the general factor, which is another where scores are missing.
func component(gaps bool) string {
	if gaps {
		return "probabilistic principal component"
	}
	return "first principal component"
}

// loadingMethod says what loadings are.
func loadingMethod(p view) string {
	return "correlation of normal scores with the " + p.component() + " of the benchmarks outside the family"
}

// fewestBehind is the least number of benchmarks behind the general factor of a pair; 0 where no pair has one.
func (p *profile) fewestBehind() float64 {
	lowest, _, _ := p.behind()
	return float64(lowest)
}

// models is how many models stand behind the overlaps of a pair: behind raw overlap, and behind that given the general factor.
func (p *profile) models(_, _ int) (raw, free int) { return len(p.scores[0]), len(p.scores[0]) }

// scored lists the models with a score of a benchmark; nil for all.
func (p *profile) scored(int) []int { return nil }

func (p *profile) typical() int { return len(p.scores[0]) }

func (p *profile) lineages(of []string) int { return different(of) }

func (p *profile) constant(benchmarks ...int) error {
	for _, b := range benchmarks {
		switch {
		case p.scores[b] == nil:
			return fmt.Errorf("no model has a score")
		case len(p.scores[b]) < fewestScores:
			return fmt.Errorf("%d models are too few for a correlation", len(p.scores[b]))
		case p.column[b] < 0:
			return fmt.Errorf("every model has the same score, and a constant vector has no correlation")
		}
	}
	return nil
}
