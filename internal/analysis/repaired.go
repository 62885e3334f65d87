package analysis

import (
	"iter"
	"slices"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// Overlaps that are chosen with the models' scores (perplexity signatures) have a null of their own: the overlaps of re-paired
// models, which the axis computes (axis.Null). Everything that is said of such an overlap is computed again on each of them.

// repairings yields the overlaps of some of the benchmarks under every re-pairing, one at a time: all at once they would fill the
// memory where benchmarks are many.
func repairings(null *axis.Null, benchmarks, of []string) iter.Seq[*matrix.Labelled] {
	return func(yield func(*matrix.Labelled) bool) {
		for r := range null.N {
			if m, err := null.Overlap(r, benchmarks).Sub(of, of); err != nil || !yield(m) {
				return
			}
		}
	}
}

// repaired fills the agreement of two overlaps of which one has been computed with models re-paired. s and t hold both over the
// same benchmarks; chosen is the one with the null.
func (g *Agreement) repaired(null *axis.Null, labels []string, chosen, other *matrix.Labelled) error {
	of, err := likenessOf(chosen, other)
	if err != nil {
		return err
	}
	var adjusted, pearson, spearman []float64
	for m := range repairings(null, labels, chosen.Rows) {
		if x, err := likenessOf(m, other); err == nil {
			adjusted, pearson, spearman = append(adjusted, x.adjusted()), append(pearson, x.pearson), append(spearman, x.spearman)
		}
	}
	n, with := len(chosen.Rows), ", one-sided against "+wording.Count(len(adjusted), "re-pairing")+" of the models"
	g.RV = stats.NewEstimate(of.rv, n, "RV of double-centred cross-products").WithNull(of.expected)
	g.Adjusted = stats.NewEstimate(of.adjusted(), n, "adjusted RV"+with).Against(adjusted)
	g.Pearson = stats.NewEstimate(of.pearson, n, "Pearson correlation of pairs"+with).Against(pearson)
	g.Spearman = stats.NewEstimate(of.spearman, n, "Spearman correlation of pairs"+with).Against(spearman)
	if g.Pearson.P != nil {
		g.Perms, g.Repaired = len(pearson), len(pearson)
	}
	return nil
}

// likeness is how two overlaps go together. expected is the mean of their RV over permutations of labels: overlaps near 0 have an
// RV near 1 with each other by their diagonals alone, and re-paired ones lie nearer 0 than paired ones, so that RVs are compared
// by what exceeds it.
type likeness struct{ rv, expected, pearson, spearman float64 }

func (l likeness) adjusted() float64 { return (l.rv - l.expected) / (1 - l.expected) }

func likenessOf(a, b *matrix.Labelled) (likeness, error) {
	var out likeness
	_, x := a.UpperTriangle()
	_, y := b.UpperTriangle()
	var err error
	if out.pearson, err = stats.Pearson(x, y); err != nil {
		return out, err
	}
	if out.spearman, err = stats.Spearman(x, y); err != nil {
		return out, err
	}
	var products [2]*matrix.Labelled
	for k, m := range []*matrix.Labelled{a, b} {
		for i := range m.Rows {
			m.Set(i, i, 1)
		}
		if products[k], err = atlas.CrossProduct(m); err != nil {
			return out, err
		}
	}
	out.rv, out.expected, err = stats.RVMean(products[0], products[1])
	return out, err
}

// weightNulls fills the weights that axes with a null would have in the map, their models re-paired.
func (a *Analysis) weightNulls(d *drawn, axes map[string]*axis.Result, overlaps []*matrix.Labelled) {
	for k, name := range d.result.Axes {
		null := axes[name].Primary().Null
		if null == nil || null.N == 0 {
			continue
		}
		data := make([][]float64, len(overlaps))
		for l, m := range overlaps {
			data[l] = m.Data
		}
		var weights []float64
		for m := range repairings(null, a.Benchmarks, d.result.Benchmarks) {
			data[k] = m.Data // with NaN where an overlap is missing, which cannot be projected
			if l, err := d.compromise.Project(slices.Clone(data)); err == nil {
				weights = append(weights, l.Alpha[k])
			}
		}
		if d.result.WeightNull == nil {
			d.result.WeightNull = map[string]stats.Estimate{}
		}
		d.result.WeightNull[name] = stats.NewEstimate(d.result.Alpha[k], len(d.result.Benchmarks),
			"weight in the compromise, one-sided against "+wording.Count(len(weights), "re-pairing")+
				" of the models").Against(weights)
	}
}

// nullAUCs are the AUCs of an overlap with models re-paired.
func (a *Analysis) nullAUCs(t *truth, v axis.Variant, target string) []float64 {
	if v.Null == nil {
		return nil
	}
	var out []float64
	for r := range v.Null.N {
		one := v
		one.Overlap = v.Null.Overlap(r, v.Overlap.Rows)
		pairs, _, _ := a.scored(t, a.Benchmarks, one, target)
		if auc, err := plainAUC(pairs); err == nil {
			out = append(out, auc)
		}
	}
	return out
}

// plainAUC is the AUC over pairs, without interval.
func plainAUC(pairs []stats.ScoredPair) (float64, error) {
	var pos, neg []float64
	for _, p := range pairs {
		if p.Positive {
			pos = append(pos, p.Score)
		} else {
			neg = append(neg, p.Score)
		}
	}
	return stats.AUC(pos, neg)
}
