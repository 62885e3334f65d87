package analysis

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// studyParts is a study of which smaller ones are drawn. What was not computed is nil.
type studyParts struct {
	seed       uint64
	workers    int
	judged     judged
	benchmarks []string
	axes       map[string]*axis.Result
	scores     *axis.ScoreTable
	familiar   *axis.ScoreTable
	signatures *perplexity.SubsetOverlaps
	neural     *neural.Detail
	known      map[string][2][]cells // raw overlaps of samples, and those without the general factor, by what was drawn
}

// curves draws subsets for every measure.
func (s *studyParts) curves(ctx context.Context, t *truth) (*Curves, error) {
	out := &Curves{Models: len(s.scores.Scored()), Benchmarks: len(s.benchmarks)}
	if n := len(s.scores.Models); len(axis.SubsetSizes(n)) == 0 {
		out.Few = fmt.Sprintf("smaller studies are drawn from %d models or more, and there are %d", axis.FewestForSubsets(), n)
	}
	s.judged = t.judge(s.benchmarks, s.scores.Models)
	out.Groups, out.NoGroups = s.judged.groups()
	tables := map[string]*axis.ScoreTable{axis.Performance: s.scores, axis.Perplexity: s.familiar}
	for _, c := range curved(s.axes) {
		var err error
		switch {
		case c.Axis == axis.Semantic:
			s.texts(&c)
		case c.Axis == axis.Neural:
			s.states(&c)
		case c.Repaired:
			s.signed(&c)
		default:
			err = s.scored(ctx, &c, tables[c.Axis])
		}
		if err != nil {
			return nil, err
		}
		s.whole(&c, out.Groups)
		c.needs()
		out.Measures = append(out.Measures, c)
	}
	return out, nil
}

// variant is the overlap of the whole study.
func (s *studyParts) variant(c *Curve) *axis.Variant { return s.axes[c.Axis].Variant(c.Variant) }

// whole adds the points of the whole study: of all models, all items, and all pairs of each group.
func (s *studyParts) whole(c *Curve, groups []ExposureGroup) {
	v := s.variant(c)
	all := s.all(c, v, float64(len(s.scores.Scored())), nil)
	c.ByModels = append(c.ByModels, all)
	all.At = 1
	if c.ByItems != nil {
		c.ByItems = append(c.ByItems, all)
	}
	for k, g := range groups {
		c.ByExposure = append(c.ByExposure, s.all(c, v, float64(k), g.holds))
	}
}

// all is the AUC of the whole study, bootstrapped over benchmarks.
func (s *studyParts) all(c *Curve, v *axis.Variant, at float64, in func(float64) bool) Point {
	overlap := []cells{s.square(v.Overlap, v.Distance)}
	step := "analysis/curves " + c.Axis + " " + c.Variant
	e, err := stats.PairAUC(s.judged.pairs(overlap[0], nil, in), s.judged.n, recoveryDraws, curveLevel,
		func(r int) *rand.Rand { return stats.Stream(s.seed, step, r) })
	if err != nil || !e.OK() || e.Level == 0 {
		return Point{At: at, Whole: true, Missing: "too few pairs have this overlap"}
	}
	p := Point{At: at, Whole: true, AUC: e.Value, Range: [2]float64{e.Lo, e.Hi}}
	null := s.nulls(c, v, overlap, in)
	if len(null) < fewestInBand {
		return Point{At: at, Whole: true, Missing: "there is no null to set it beside"}
	}
	p.Null, p.NullTo = band(null)
	return p
}

func (s *studyParts) nulls(c *Curve, v *axis.Variant, overlap []cells, in func(float64) bool) []float64 {
	if !c.Repaired {
		return s.judged.shuffled(s.seed, overlap, in)
	}
	return s.judged.aucs(s.squares(v.Null, v.Overlap.Rows), in)
}

// square is an overlap by the places of the study's benchmarks; distances with their sign turned.
func (s *studyParts) square(m *matrix.Labelled, distance bool) cells {
	n := len(s.benchmarks)
	out := make(cells, n*n)
	for a, x := range s.benchmarks {
		for b, y := range s.benchmarks {
			v, ok := at(m, x, y)
			switch {
			case !ok:
				v = math.NaN()
			case distance:
				v = -v
			}
			out[a*n+b] = v
		}
	}
	return out
}

// squares are all overlaps of a null, which is of some of the study's benchmarks.
func (s *studyParts) squares(null *axis.Null, of []string) (out []cells) {
	for r := range null.N {
		out = append(out, s.square(null.Overlap(r, of), false))
	}
	return out
}

// cut turns samples x B x B of some of the study's benchmarks into samples of all of them.
func (s *studyParts) cut(f axis.Floats, of []string) (out []cells) {
	n, all := len(of), len(s.benchmarks)
	place := make([]int, all)
	for a, x := range s.benchmarks {
		place[a] = slices.Index(of, x)
	}
	for ; n > 0 && len(f) >= n*n; f = f[n*n:] {
		one := make(cells, all*all)
		for a, x := range place {
			for b, y := range place {
				one[a*all+b] = math.NaN()
				if x >= 0 && y >= 0 {
					one[a*all+b] = f[x*n+y]
				}
			}
		}
		out = append(out, one)
	}
	return out
}

// drawn are the ids of the models of a subset.
func (s *studyParts) drawn(n, draw int) (out []string) {
	for _, i := range axis.Subset(s.seed, n, draw, s.scores.Lineages) {
		out = append(out, s.scores.Models[i])
	}
	return out
}

// places are those of models that a table has values of.
func places(t *axis.ScoreTable, ids []string) (out []int) {
	for _, i := range t.Scored() {
		if slices.Contains(ids, t.Models[i]) {
			out = append(out, i)
		}
	}
	return out
}

// scored draws models, and items, of a table of scores or of familiarity.
func (s *studyParts) scored(ctx context.Context, c *Curve, t *axis.ScoreTable) error {
	if t == nil {
		c.NoItems = "what it is computed from is not there"
		return nil
	}
	for _, n := range axis.SubsetSizes(len(s.scores.Models)) {
		overlaps, err := s.redrawn(ctx, c, t, func(draw int) axis.HalfSample {
			return axis.HalfSample{Models: places(t, s.drawn(n, draw))}
		}, fmt.Sprintf("%d models", n))
		if err != nil {
			return err
		}
		c.ByModels = append(c.ByModels, s.shuffledPoint(float64(n), overlaps))
	}
	if !slices.ContainsFunc(t.ItemCounts(), func(n int) bool { return n > 0 }) {
		c.NoItems = "scores are given without their items"
		return nil
	}
	for _, share := range itemShares {
		overlaps, err := s.redrawn(ctx, c, t, func(draw int) axis.HalfSample {
			return axis.HalfSample{Models: t.Scored(), Items: s.items(t, share, draw)}
		}, fmt.Sprintf("%g of the items", share))
		if err != nil {
			return err
		}
		c.ByItems = append(c.ByItems, s.shuffledPoint(share, overlaps))
	}
	return nil
}

// redrawn are an overlap's values on samples; raw ones and those without the general factor are computed together.
func (s *studyParts) redrawn(ctx context.Context, c *Curve, t *axis.ScoreTable, sample func(draw int) axis.HalfSample,
	what string) ([]cells, error) {
	key := c.Axis + ", " + what
	if _, known := s.known[key]; !known {
		samples := make([]axis.HalfSample, axis.SubsetDraws)
		for draw := range samples {
			samples[draw] = sample(draw)
		}
		raw, gfree, err := performance.Redrawn(ctx, t, samples, s.workers)
		if err != nil {
			return nil, err
		}
		if s.known == nil {
			s.known = map[string][2][]cells{}
		}
		s.known[key] = [2][]cells{s.cut(raw, t.Benchmarks), s.cut(gfree, t.Benchmarks)}
	}
	if c.Variant == performance.GFree || c.Variant == perplexity.FamiliarityGFree {
		return s.known[key][1], nil
	}
	return s.known[key][0], nil
}

// items are a share of those of every benchmark, one at least.
func (s *studyParts) items(t *axis.ScoreTable, share float64, draw int) [][]int {
	rng := stats.Stream(s.seed, fmt.Sprintf("analysis/curves items %g", share), draw)
	out := make([][]int, len(t.Benchmarks))
	for b, n := range t.ItemCounts() {
		out[b] = rng.Perm(n)[:int(math.Ceil(share*float64(n)))]
		slices.Sort(out[b])
	}
	return out
}

// shuffledPoint is a point whose null is shuffled skills.
func (s *studyParts) shuffledPoint(at float64, overlaps []cells) Point {
	return point(at, s.judged.aucs(overlaps, nil), s.judged.shuffled(s.seed, overlaps, nil))
}

// signed takes the signatures that were chosen on each subset.
func (s *studyParts) signed(c *Curve) {
	c.NoItems = "signatures would have to be chosen again for each draw of items"
	if s.signatures == nil {
		return
	}
	of := s.signatures.Benchmarks
	for _, one := range s.signatures.Sizes {
		if one.Models < perplexity.FewestForThirds() {
			c.ByModels = append(c.ByModels, Point{At: float64(one.Models), Draws: axis.SubsetDraws,
				Missing: fmt.Sprintf("disjoint signatures take %d models", perplexity.FewestForThirds())})
			continue
		}
		c.ByModels = append(c.ByModels, point(float64(one.Models), s.judged.aucs(s.squares(&one.Paired, of), nil),
			s.judged.aucs(s.squares(&one.Repaired, of), nil)))
	}
}

// states averages the dissimilarities of the traced models that are in each subset.
func (s *studyParts) states(c *Curve) {
	c.NoItems = "half-samples of its items draw models as well, and smaller parts are not kept"
	if s.neural == nil || len(s.neural.RDMs) == 0 {
		return
	}
	v := s.variant(c)
	for _, n := range axis.SubsetSizes(len(s.scores.Models)) {
		var overlaps []cells
		for draw := range axis.SubsetDraws {
			if o := s.averaged(v.Overlap, s.drawn(n, draw)); o != nil {
				overlaps = append(overlaps, o)
			}
		}
		c.ByModels = append(c.ByModels, s.shuffledPoint(float64(n), overlaps))
	}
}

// averaged orders pairs as the overlap of some models does: by minus the sum of their dissimilarities, which are of the pairs of
// benchmarks that take part, row by row. nil where none of the models was traced.
func (s *studyParts) averaged(like *matrix.Labelled, models []string) cells {
	out, traced := s.square(like, false), false
	var pairs [][2]int
	for a := range s.judged.n {
		for b := a + 1; b < s.judged.n; b++ {
			if !math.IsNaN(out[a*s.judged.n+b]) {
				pairs, out[a*s.judged.n+b] = append(pairs, [2]int{a, b}), 0
			}
		}
	}
	for k, id := range s.neural.Models {
		if !slices.Contains(models, id) || len(s.neural.RDMs[k]) != len(pairs) {
			continue
		}
		traced = true
		for i, p := range pairs {
			out[p[0]*s.judged.n+p[1]] -= s.neural.RDMs[k][i]
		}
	}
	if !traced {
		return nil
	}
	return out
}

// texts takes what the semantic axis kept of halves of the items; models do not enter.
func (s *studyParts) texts(c *Curve) {
	c.Fixed = "it compares texts, which do not depend on how many models there are"
	r := s.axes[axis.Semantic]
	halves := s.cut(r.Replicates[c.Variant], r.Benchmarks)
	if len(halves) == 0 {
		c.NoItems = "the axis kept no half-samples"
		return
	}
	halves = halves[:min(len(halves), axis.SubsetDraws)]
	if s.variant(c).Distance {
		for _, half := range halves {
			for i := range half {
				half[i] = -half[i]
			}
		}
	}
	c.ByItems = append(c.ByItems, s.shuffledPoint(1/2., halves))
	c.NoItems = "of texts only half-samples are kept"
}
