package performance

import (
	"fmt"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// Least numbers of models with a correlation, and with one given a covariate.
const (
	fewestScores  = 3
	fewestPartial = 4
)

// profile holds the scores of m models on B benchmarks as normal scores, and general factors taken from them with some
// benchmarks left out.
type profile struct {
	scores   [][]float64 // B columns of m
	normal   [][]float64 // B columns: normal scores, centred, sum of squares 1; nil where constant
	ranks    [][]float64 // likewise ranks
	families []string
	comps    *stats.Components // over the columns that are not constant; nil where there are too few
	column   []int             // benchmark -> column of comps, -1 where it has none
	factors  map[string]factor // by what was left out
}

// factor is a general factor, centred with sum of squares 1, or why there is none.
type factor struct {
	g      []float64
	k      int   // benchmarks behind it
	models []int // those that g is of; nil for all
	err    error
}

func newProfile(scores [][]float64, families []string) *profile {
	p := &profile{scores: scores, families: families, normal: make([][]float64, len(scores)),
		ranks: make([][]float64, len(scores)), column: make([]int, len(scores)), factors: map[string]factor{}}
	var columns [][]float64
	for b, y := range scores {
		p.column[b] = -1
		if len(y) < fewestScores || stats.Constant(y) {
			continue
		}
		p.column[b] = len(columns)
		z := stats.NormalScores(y)
		columns = append(columns, z)
		p.normal[b], p.ranks[b] = linalg.Standardised(z), linalg.Standardised(stats.Ranks(y))
	}
	if len(columns) > 0 {
		p.comps, _ = stats.NewComponents(columns) // no column is constant, all have one length
	}
	return p
}

// without is the general factor of the benchmarks other than the given ones: their families are left out as well when at
// least fewestOthers benchmarks remain then, else only they themselves are (families is false).
func (p *profile) without(benchmarks ...int) (f factor, families bool) {
	out, remain := p.leftOut(benchmarks, true)
	families = remain >= fewestOthers
	if !families {
		out, remain = p.leftOut(benchmarks, false)
	}
	f, known := p.factors[string(out)]
	if !known {
		f = p.compute(out, remain)
		p.factors[string(out)] = f
	}
	return f, families
}

// leftOut marks by 1 the benchmarks that are out and counts those that remain.
func (p *profile) leftOut(benchmarks []int, families bool) (out []byte, remain int) {
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

func (p *profile) compute(out []byte, remain int) factor {
	if remain < 2 {
		return factor{err: fmt.Errorf("a general factor needs at least two other benchmarks whose scores differ between models")}
	}
	var columns []int
	for b, is := range out {
		if is == 1 && p.column[b] >= 0 {
			columns = append(columns, p.column[b])
		}
	}
	f, err := p.comps.General(columns...)
	if err != nil {
		return factor{err: err}
	}
	return factor{g: linalg.Standardised(f.Scores), k: f.Columns}
}

// gfree is the partial Pearson correlation of the normal scores of a and b given the general factor of the others.
func (p *profile) gfree(a, b int) (float64, error) {
	if err := p.constant(a, b); err != nil {
		return 0, err
	}
	f, _ := p.without(a, b)
	if f.err != nil {
		return 0, f.err
	}
	if len(f.g) < fewestPartial {
		return 0, fmt.Errorf("a partial correlation needs at least %d models, there are %d", fewestPartial, len(f.g))
	}
	return stats.Partial(linalg.Dot(p.normal[a], p.normal[b]), linalg.Dot(p.normal[a], f.g), linalg.Dot(p.normal[b], f.g))
}

// raw is Spearman's correlation of the scores of a and b.
func (p *profile) raw(a, b int) (float64, error) {
	if err := p.constant(a, b); err != nil {
		return 0, err
	}
	return stats.Clip(linalg.Dot(p.ranks[a], p.ranks[b])), nil
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
	f, _ := p.without(b)
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

func (p *profile) loadingMethod() string {
	return "correlation of normal scores with the first principal component of the benchmarks outside the family"
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
