package performance

import (
	"errors"
	"math"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// gappedHalf is a half-sample of columns in which scores are missing. It gives what gapped gives, one pair at a time, without
// keeping it. Pairs that rest on the same models share these models' ranks, which is most pairs where whole blocks are missing.
type gappedHalf struct {
	*gapped
	set    []int // by benchmark: which of the sets of models has scores of it
	sets   [][]int
	number map[string]int // of a set
	common map[[2]int]int // of two sets
	known  map[[2]int]standing
	lone   []bool            // by benchmark: no other is of its family
	alone  []*stats.RankOne  // without a benchmark; nil where it was not asked for
	normal map[int][]float64 // normal scores by twice the rank, by number of models
	g      []float64
}

// standing is how a benchmark orders a set of models: ranks and normal scores, centred with sum of squares 1; nil where all are
// equal.
type standing struct{ ranks, normal []float64 }

func newGappedHalf(scores [][]float64, families []string, fewest int, tolerance float64) *gappedHalf {
	p := &gappedHalf{gapped: emptyGapped(scores, families, fewest, tolerance), number: map[string]int{}, common: map[[2]int]int{},
		known: map[[2]int]standing{}, lone: make([]bool, len(scores)), alone: make([]*stats.RankOne, len(scores)),
		normal: map[int][]float64{}, g: make([]float64, len(scores[0]))}
	p.drawn = true
	members := map[string]int{}
	for b, f := range families {
		members[f]++
		p.set = append(p.set, p.numberOf(p.observed[b]))
	}
	for b, f := range families {
		p.lone[b] = members[f] == 1
	}
	return p
}

// numberOf is the number of a set of models.
func (p *gappedHalf) numberOf(models []int) int {
	key := make([]byte, len(p.scores[0]))
	for _, i := range models {
		key[i] = 1
	}
	n, ok := p.number[string(key)]
	if !ok {
		n = len(p.sets)
		p.number[string(key)], p.sets = n, append(p.sets, models)
	}
	return n
}

// shared is the number of the set of models that have both scores.
func (p *gappedHalf) shared(a, b int) int {
	x, y := p.set[a], p.set[b]
	if x == y {
		return x
	}
	pair := [2]int{min(x, y), max(x, y)}
	n, ok := p.common[pair]
	if !ok {
		n = p.numberOf(both(p.sets[x], p.sets[y]))
		p.common[pair] = n
	}
	return n
}

// standing is that of a benchmark among a set of models, all of which have scores of it.
func (p *gappedHalf) standing(b, set int) standing {
	s, ok := p.known[[2]int{b, set}]
	if ok {
		return s
	}
	if x := of(p.scores[b], p.sets[set]); !stats.Constant(x) {
		ranks := stats.Ranks(x)
		normalOf := p.normal[len(x)]
		if normalOf == nil {
			normalOf = stats.NormalScoresOf(len(x))
			p.normal[len(x)] = normalOf
		}
		z := make([]float64, len(x))
		for i, r := range ranks {
			z[i] = normalOf[int(2*r)]
		}
		s = standing{linalg.Standardised(ranks), linalg.Standardised(z)}
	}
	p.known[[2]int{b, set}] = s
	return s
}

var errHalf = errors.New("too few models of a half-sample have both scores, or all the same")

// standings are those of a pair among the models that have both scores.
func (p *gappedHalf) standings(a, b int) (x, y standing, models []int, err error) {
	if p.column[a] < 0 || p.column[b] < 0 {
		return x, y, nil, errHalf
	}
	set := p.shared(a, b)
	if models = p.sets[set]; len(models) < len(p.scores[0]) && len(models) < p.fewest || len(models) < fewestScores {
		return x, y, nil, errHalf
	}
	x, y = p.standing(a, set), p.standing(b, set)
	if x.ranks == nil || y.ranks == nil {
		err = errHalf
	}
	return x, y, models, err
}

func (p *gappedHalf) raw(a, b int) (float64, error) {
	x, y, _, err := p.standings(a, b)
	if err != nil {
		return 0, err
	}
	return stats.Clip(linalg.Dot(x.ranks, y.ranks)), nil
}

func (p *gappedHalf) gfree(a, b int) (float64, error) {
	x, y, models, err := p.standings(a, b)
	if err != nil {
		return 0, err
	}
	if !p.apart(a, b, models) {
		q := p.pair(a, b)
		return q.gfree, q.free
	}
	g := p.g[:len(models)]
	p.cells.PairScores(p.all, p.without(a), p.without(b), p.column[a], p.column[b], models, g)
	if stats.Constant(g) {
		return 0, errHalf
	}
	mean, square := linalg.Mean(g), 0.0
	for i := range g {
		g[i] -= mean
		square += g[i] * g[i]
	}
	norm := math.Sqrt(square)
	return stats.Partial(linalg.Dot(x.normal, y.normal), linalg.Dot(x.normal, g)/norm, linalg.Dot(y.normal, g)/norm)
}

// apart says whether the general factor without a pair is put together from those without one of it: in a half-sample of many
// benchmarks that are no family, over models that all have a score of another.
func (p *gappedHalf) apart(a, b int, models []int) bool {
	if len(p.scores) <= exactUpTo || !p.lone[a] || !p.lone[b] || p.all.Columns < fewestOthers || len(models) < fewestPartial {
		return false
	}
	for _, i := range models {
		if p.all.Behind[i] <= 2 {
			return false
		}
	}
	return true
}

// without is the fit without a benchmark.
func (p *gappedHalf) without(b int) *stats.RankOne {
	if p.alone[b] == nil {
		out, _ := p.marked([]int{b}, false)
		p.alone[b] = p.gapped.known(out)
	}
	return p.alone[b]
}
