package performance

import (
	"context"
	"fmt"
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

const (
	fitTolerance  = 1e-7 // of the general factor with missing scores: the angle by which a round may still turn it
	drawTolerance = 1e-5 // likewise in half-samples, whose spread is far larger
	exactUpTo     = 30   // benchmarks; in half-samples of more, what leaves two out is put together from fits that leave out one
)

// gapped is the view of columns in which scores are missing. A pair rests on the models that have both scores, as R's cor with
// use = "pairwise.complete.obs": ranks and normal scores are those among these models. The general factor is the probabilistic
// principal component of the scores that are there (stats.RankOne); its value for a model with few other scores is shrunk
// towards the mean, so that less of the general factor is taken out there.
type gapped struct {
	scores    [][]float64 // B columns of m; NaN where missing
	families  []string
	fewest    int // models of a pair that lacks some
	tolerance float64
	observed  [][]int // by benchmark: models with a score
	why       []error // by benchmark: why it has no correlation
	column    []int   // benchmark -> column of cells, -1 where it has none
	cells     *stats.Incomplete
	all       *stats.RankOne            // nil where there is none
	fits      map[string]*stats.RankOne // by what was left out
	owns      map[int]factor
	pairs     []gapPair // B x B; a < b are filled
	drawn     bool      // a half-sample, of which nothing is kept
}

// gapPair is what is known of two benchmarks.
type gapPair struct {
	raw, gfree   float64
	rawErr, free error
	behind       float64   // harmonic mean over models of the other benchmarks behind g
	with         []int     // models behind gfree
	g            []float64 // of these, standardised
	n, nFree     int
}

// wholeGapped sees all models, and keeps what tests need.
func wholeGapped(ctx context.Context, scores [][]float64, families []string, fewest, workers int) (*gapped, error) {
	p := emptyGapped(scores, families, fewest, fitTolerance)
	if err := p.fitAll(ctx, workers); err != nil {
		return nil, err
	}
	n := len(scores)
	p.pairs = make([]gapPair, n*n)
	err := axis.Parallel(ctx, workers, n, func(b int) {
		for a := range b {
			p.pairs[a*n+b] = p.pair(a, b)
		}
	})
	for b := range n {
		p.own(b)
	}
	p.fits = map[string]*stats.RankOne{} // what they were for is done
	return p, err
}

func emptyGapped(scores [][]float64, families []string, fewest int, tolerance float64) *gapped {
	p := &gapped{scores: scores, families: families, fewest: fewest, tolerance: tolerance, fits: map[string]*stats.RankOne{},
		owns: map[int]factor{}}
	columns := 0
	for b, y := range scores {
		models := present(y)
		p.observed = append(p.observed, models)
		p.why, p.column = append(p.why, p.enough(models, "a score of it")), append(p.column, -1)
		values := of(y, models)
		if p.why[b] == nil && stats.Constant(values) {
			p.why[b] = errSame
		}
		if p.why[b] == nil {
			p.column[b] = columns
			columns++
		}
	}
	if columns > 1 {
		p.cells, _ = stats.NewIncomplete(p.normalColumns()) // no column is constant, all have one length
		p.all, _ = p.cells.Fit(nil, nil, p.tolerance)
	}
	return p
}

var errSame = fmt.Errorf("every model has the same score, and a constant vector has no correlation")

// enough says why so many models are too few for a correlation, or nothing. Where no model lacks a score, as many do as where
// the table is complete.
func (p *gapped) enough(models []int, have string) error {
	fewest := fewestScores
	if len(models) < len(p.scores[0]) {
		fewest = max(fewest, p.fewest)
	}
	if len(models) >= fewest {
		return nil
	}
	verb := "have"
	if len(models) == 1 {
		verb = "has"
	}
	return fmt.Errorf("%s %s %s, fewer than %d", count(len(models), "model"), verb, have, fewest)
}

// pair computes what there is to know of benchmarks a < b.
func (p *gapped) pair(a, b int) gapPair {
	models := both(p.observed[a], p.observed[b])
	q := gapPair{n: len(models), raw: math.NaN(), gfree: math.NaN()}
	x, y := of(p.scores[a], models), of(p.scores[b], models)
	q.rawErr = p.enough(models, "both scores")
	if q.rawErr == nil && (stats.Constant(x) || stats.Constant(y)) {
		q.rawErr = errSame
	}
	if q.rawErr == nil {
		x, y = stats.Ranks(x), stats.Ranks(y)
		q.raw = stats.Clip(linalg.Dot(linalg.Standardised(x), linalg.Standardised(y)))
	}
	q.free = q.rawErr
	if q.free == nil {
		q.free = p.partial(a, b, &q, models, x, y)
	}
	return q
}

// partial is the partial Pearson correlation of normal scores given the general factor of the others, over the models that have
// both scores and one of the others; x and y are ranks.
func (p *gapped) partial(a, b int, q *gapPair, models []int, x, y []float64) error {
	g, behind, err := p.factor(a, b)
	if err != nil {
		return err
	}
	var sum float64
	for _, i := range models {
		if behind[i] > 0 {
			q.with, sum = append(q.with, i), sum+1/float64(behind[i])
		}
	}
	q.nFree, q.behind = len(q.with), float64(len(q.with))/sum
	if len(q.with) < len(models) {
		x, y = stats.Ranks(of(p.scores[a], q.with)), stats.Ranks(of(p.scores[b], q.with))
	}
	if err := p.enough(q.with, "both scores and one outside their families"); err != nil {
		return err
	}
	if len(q.with) < fewestPartial {
		return fmt.Errorf("a partial correlation needs at least %d models, there are %d", fewestPartial, len(q.with))
	}
	chosen := of(g, q.with)
	if stats.Constant(x) || stats.Constant(y) || stats.Constant(chosen) {
		return errSame
	}
	za, zb := normalOf(x), normalOf(y)
	q.g = linalg.Standardised(chosen)
	q.gfree, err = stats.Partial(linalg.Dot(za, zb), linalg.Dot(za, q.g), linalg.Dot(zb, q.g))
	return err
}

// normalOf turns ranks into normal scores, centred with sum of squares 1.
func normalOf(ranks []float64) []float64 {
	z := make([]float64, len(ranks))
	for i, r := range ranks {
		z[i] = stats.NormalQuantile((r - 0.5) / float64(len(ranks)))
	}
	return linalg.Standardised(z)
}

// both are the members of two ascending lists.
func both(x, y []int) []int {
	out := make([]int, 0, min(len(x), len(y)))
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] < y[j]:
			i++
		case x[i] > y[j]:
			j++
		default:
			out = append(out, x[i])
			i, j = i+1, j+1
		}
	}
	return out
}

func (p *gapped) at(a, b int) *gapPair { return &p.pairs[min(a, b)*len(p.scores)+max(a, b)] }

func (p *gapped) raw(a, b int) (float64, error) { return p.at(a, b).raw, p.at(a, b).rawErr }

func (p *gapped) gfree(a, b int) (float64, error) { return p.at(a, b).gfree, p.at(a, b).free }

func (p *gapped) kendall(a, b int) (float64, error) {
	q := p.at(a, b)
	if q.rawErr != nil {
		return 0, q.rawErr
	}
	models := both(p.observed[a], p.observed[b])
	return stats.KendallTauB(of(p.scores[a], models), of(p.scores[b], models))
}

func (p *gapped) gfreeSpearman(a, b int) (float64, error) {
	q := p.at(a, b)
	if q.free != nil {
		return 0, q.free
	}
	return stats.PartialSpearman(of(p.scores[a], q.with), of(p.scores[b], q.with), q.g)
}

func (p *gapped) residuals(a, b int) (residuals, error) {
	q := p.at(a, b)
	if q.free != nil {
		return residuals{}, q.free
	}
	za, zb := normalOf(stats.Ranks(of(p.scores[a], q.with))), normalOf(stats.Ranks(of(p.scores[b], q.with)))
	r := newResiduals(a, b, za, zb, q.g, q.gfree, q.behind)
	r.models = q.with
	return r, nil
}

func (p *gapped) models(a, b int) (raw, free int) { return p.at(a, b).n, p.at(a, b).nFree }

func (p *gapped) scored(b int) []int { return p.observed[b] }

func (p *gapped) constant(benchmarks ...int) error {
	for _, b := range benchmarks {
		if p.why[b] != nil {
			return p.why[b]
		}
	}
	return nil
}
