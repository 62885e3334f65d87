package semantic

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/stats"
)

// comparison is one way to compare benchmarks in an embedding; every embedding has a variant of each. To add one: a row of the
// table, and the next version of the axis' action, whose output it is in.
type comparison struct {
	suffix, title    string // of its variant, behind the embedding's; the overlap, which enters the map, has none
	quantity, method string
	distance         bool
	beside           string // how the report names it beside the overlap and the MMD; empty for these two
	source           string // that the report cites with the name

	// between is a function of block means; its intervals come from half-samples. on says of what the means are.
	between statistic
	on      pairwise
	// items compares items one by one; nil where between does it.
	items func(ctx context.Context, m *measurement, workers int) (itemwise, error)
}

// pairwise is a quantity of all pairs of items.
type pairwise int

const (
	kernels pairwise = iota
	distances
)

// itemwise is a comparison of items, and what must be said of its values over pairs.
type itemwise struct {
	cell     func(k, l int) (float64, error)
	warnings func(values []float64) []string // nil where there is nothing to say
}

// The variant of the overlap, and of the distance on which tests rest.
const (
	overlap  = ""
	distance = "mmd"
)

// comparedBy is the comparison of a suffix.
func comparedBy(suffix string) comparison {
	return comparisons[slices.IndexFunc(comparisons, func(c comparison) bool { return c.suffix == suffix })]
}

var comparisons = []comparison{
	{
		suffix: overlap, quantity: "kernel cosine", on: kernels, between: cosine,
		method: "Unbiased kernel cosine k_ab / sqrt(k_aa k_bb), Gaussian kernel, bandwidth the median distance pooled over " +
			"benchmarks",
	},
	{
		suffix: distance, title: "maximum mean discrepancy", quantity: "MMD_u^2", distance: true, on: kernels, between: mmd,
		method: "MMD_u^2 = k_aa + k_bb - 2 k_ab, unbiased (Gretton et al. 2012)",
	},
	{
		suffix: "energy", title: "energy distance", quantity: "energy distance", distance: true, on: distances, between: energy,
		beside: "the energy distance", source: "szekely2013",
		method: "2 d_ab - d_aa - d_bb of Euclidean distances, unbiased (Székely & Rizzo 2013)",
	},
	{
		suffix: "match", title: "best matches", quantity: "best-match F1", items: matching,
		beside: "best-match cosines",
		method: "F1 of mean best-match cosines between items, both ways, a negative cosine counting 0; the diagonal is " +
			"against a benchmark's other items",
	},
	{
		suffix: "c2st", title: "classifier two-sample test", quantity: "C2ST AUC", distance: true, items: classifying,
		beside: "a classifier two-sample test", source: "lopezpaz2017",
		method: fmt.Sprintf("AUC of linear discriminant analysis (shrinkage %g), mean of fold AUCs, at most %d folds, items "+
			"of one wording in one fold, %g cannot be told apart (Lopez-Paz & Oquab 2017)",
			c2stShrink, c2stFolds, stats.ChanceAUC),
	},
}

// means are the block means that a comparison is a function of.
func (c *clouds) means(of pairwise) []float64 {
	if of == distances {
		return c.energyMeans
	}
	return c.kernelMeans
}

// pairs are the quantities themselves, items x items.
func (c *clouds) pairs(of pairwise) []float64 {
	if of == distances {
		return c.distances
	}
	return c.kernel
}

// replicate recomputes comparisons of block means on the shared half-samples, and cuts every benchmark in two.
func (m *measurement) replicate() error {
	halves := sharedHalves(m.p, m.s)
	m.replicates = map[string][]float64{}
	for on, values := range [][]float64{kernels: m.c.kernel, distances: m.c.distances} {
		var names []string
		var of []statistic
		for _, c := range comparisons {
			if c.between != nil && c.on == pairwise(on) {
				names, of = append(names, c.suffix), append(of, c.between)
			}
		}
		over, err := halves.replicates(values, m.s, of...)
		if err != nil {
			return err
		}
		for i, name := range names {
			m.replicates[name] = over[i]
		}
	}
	for k := range m.s.present {
		m.split = append(m.split, splitHalves(m.c.kernel, m.s, k, m.p.Seed))
	}
	return nil
}

// compare adds a variant for every comparison.
func (m *measurement) compare(ctx context.Context, workers int) error {
	for _, c := range comparisons {
		if c.between != nil {
			means := m.c.means(c.on)
			cell := func(k, l int) (float64, error) { return c.between(means, len(m.s.present), k, l) }
			lo, hi := m.interval(c, cell)
			m.add(c, m.s.symmetric(c.quantity, "1", cell), lo, hi).Floor = m.floor(c)
			if c.suffix == overlap {
				m.warnOfWordings()
			}
			continue
		}
		by, err := c.items(ctx, m, workers)
		if err != nil {
			return err
		}
		v := m.add(c, m.s.symmetric(c.quantity, "1", by.cell), nil, nil)
		if by.warnings != nil {
			_, values := v.Overlap.UpperTriangle()
			v.Warnings = by.warnings(values)
		}
	}
	return nil
}
