package analysis

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/axis/performance"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/stats"
)

const (
	curveLevel    = 0.9  // of bands: between the 5 % and the 95 % quantile
	curveShuffles = 200  // of skills over benchmarks, for each point's null
	clearAUC      = 0.8  // that a study wants to reach in nearly all subsets
	fewestInBand  = 10   // AUCs of which quantiles are taken
	fewItems      = 0.25 // of each benchmark's
	halfTheItems  = 0.5
)

// itemShares are the parts of each benchmark's items that are drawn beside all of them.
var itemShares = []float64{fewItems, halfTheItems}

// Curves say how the recovery of skills depends on how much a study has: models, items, and exposure by which models differ.
type Curves struct {
	Models     int // of the whole study
	Benchmarks int
	Few        string          `json:",omitempty"` // why no subsets of models are drawn
	Groups     []ExposureGroup // of same-skill pairs, weakest first
	NoGroups   string          `json:",omitempty"` // why there are none
	Measures   []Curve
}

// ExposureGroup is pairs whose skill was met in exposures that differ about as much between models.
type ExposureGroup struct {
	Least, Most float64 // ratio of high to low exposure
	Pairs       int     // with the same skill
}

// Curve is how one overlap recovers skills.
type Curve struct {
	Axis, Variant, Title string
	Repaired             bool    // its null is re-paired models; else skills shuffled over benchmarks
	Fixed                string  `json:",omitempty"` // why the number of models changes nothing
	ByModels             []Point // ascending, the whole study last
	ByItems              []Point // by share of each benchmark's items, all of them last
	NoItems              string  `json:",omitempty"` // why shares are missing
	ByExposure           []Point // by group
	Above, Clear         int     // fewest models with which nearly all subsets pass the null, and clearAUC; 0 where none do
}

// Point is the AUC of same-skill against different-skill pairs in studies of some size.
type Point struct {
	At      float64    // models, or share of items, or number of the group
	Draws   int        // subsets behind it that have an AUC
	Whole   bool       `json:",omitempty"` // it is the whole study, whose range is a bootstrap over benchmarks
	AUC     float64    // median
	Range   [2]float64 // holds curveLevel of the subsets or of the bootstrap
	Null    float64    // median
	NullTo  [2]float64 // holds curveLevel of the null
	Missing string     `json:",omitempty"` // why there is no AUC
}

// cells are an overlap, B x B by the study's benchmarks, NaN where it is missing.
type cells []float64

// judged is what the truth says of every two benchmarks, by their places in the study.
type judged struct {
	n        int
	relation []relation // mixed where a pair does not count
	strength []float64  // of the exposure that governs both; NaN where it is not known
}

func (t *truth) judge(benchmarks, models []string) judged {
	n, strength := len(benchmarks), t.strengths(benchmarks, models)
	j := judged{n, make([]relation, n*n), make([]float64, n*n)}
	for a, x := range benchmarks {
		for b, y := range benchmarks {
			rel := t.benchmark(x).skillTo(t.benchmark(y))
			if p, listed := t.pair(x, y); listed && !p.InAUC {
				rel = mixed
			}
			j.relation[a*n+b], j.strength[a*n+b] = rel, (strength[a]+strength[b])/2
		}
	}
	return j
}

// pairs lists those that count, under a permutation of what is true of benchmarks (nil: as it is). in chooses among the pairs of
// one skill by their strength; nil for all.
func (j judged) pairs(overlap cells, perm []int, in func(strength float64) bool) (out []stats.ScoredPair) {
	for a := range j.n {
		for b := a + 1; b < j.n; b++ {
			x, y := a, b
			if perm != nil {
				x, y = perm[a], perm[b]
			}
			rel, score := j.relation[x*j.n+y], overlap[a*j.n+b]
			if rel == mixed || math.IsNaN(score) || rel == same && in != nil && !in(j.strength[x*j.n+y]) {
				continue
			}
			out = append(out, stats.ScoredPair{I: a, J: b, Score: score, Positive: rel == same})
		}
	}
	return out
}

// aucs are those of overlaps that have one.
func (j judged) aucs(overlaps []cells, in func(float64) bool) (out []float64) {
	for _, o := range overlaps {
		if auc, err := plainAUC(j.pairs(o, nil, in)); err == nil {
			out = append(out, auc)
		}
	}
	return out
}

// shuffled are the AUCs of overlaps, in turn, with skills shuffled over the benchmarks.
func (j judged) shuffled(seed uint64, overlaps []cells, in func(float64) bool) (out []float64) {
	if len(overlaps) == 0 {
		return nil
	}
	for r := range curveShuffles {
		perm := stats.Stream(seed, "analysis/curves shuffle", r).Perm(j.n)
		if auc, err := plainAUC(j.pairs(overlaps[r%len(overlaps)], perm, in)); err == nil {
			out = append(out, auc)
		}
	}
	return out
}

// point is where subsets of one size lie beside their null.
func point(at float64, aucs, null []float64) Point {
	p := Point{At: at, Draws: len(aucs)}
	if len(aucs) < fewestInBand || len(null) < fewestInBand {
		p.Missing = fmt.Sprintf("%d of the subsets have an AUC, and %d of their nulls", len(aucs), len(null))
		return p
	}
	p.AUC, p.Range = band(aucs)
	p.Null, p.NullTo = band(null)
	return p
}

// band is the median of finite values, and the range that holds curveLevel of them.
func band(values []float64) (median float64, to [2]float64) {
	median, _ = stats.Median(values)
	to[0], to[1], _ = stats.PercentileInterval(values, curveLevel)
	return median, to
}

// needs fills how many models it takes.
func (c *Curve) needs() {
	if c.Fixed == "" {
		c.Above = c.from(func(p Point) bool { return p.Range[0] > p.NullTo[1] })
		c.Clear = c.from(func(p Point) bool { return p.Range[0] > clearAUC })
	}
}

// from is the smallest size at which something holds, and at every larger one that subsets were drawn of; 0 where there is none.
func (c *Curve) from(holds func(Point) bool) (least int) {
	for _, p := range slices.Backward(c.ByModels) {
		switch {
		case p.Missing == "" && holds(p):
			least = int(p.At)
		case !p.Whole:
			return least
		}
	}
	return least
}

// curved names the overlaps of which curves are drawn, as far as an axis has them.
func curved(axes map[string]*axis.Result) (out []Curve) {
	add := func(name string, vs ...*axis.Variant) {
		for _, v := range vs {
			if v != nil {
				out = append(out, Curve{Axis: name, Variant: v.Name, Title: v.Title, Repaired: v.Null != nil})
			}
		}
	}
	p, x := axes[axis.Performance], axes[axis.Perplexity]
	add(axis.Performance, p.Variant(performance.Raw), p.Variant(performance.GFree))
	add(axis.Perplexity, x.Variant(perplexity.FamiliarityName), x.Variant(perplexity.FamiliarityGFree), perplexity.SignatureOf(x))
	add(axis.Semantic, axes[axis.Semantic].Primary())
	add(axis.Neural, axes[axis.Neural].Primary())
	return out
}
