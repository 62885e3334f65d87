package analysis

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"sdmap/internal/atlas"
	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// gfree is the variant of the performance axis without the general factor; it is compared beside the raw one.
const gfree = "gfree"

// lexical is the bag-of-words variant of the semantic axis. It stands beside an embedding by a model of the study, which may
// agree with the neural axis for no better reason than that both are that model's states.
const lexical = "tfidf"

// fewestToCompare is the least number of benchmarks over which two axes are compared.
const fewestToCompare = 4

// source is one overlap matrix that takes part in comparisons, under the name that tables show.
type source struct {
	name    string
	overlap *matrix.Labelled
	// null is that of overlaps that were selected with the models' scores: permuting benchmarks' labels says nothing of them.
	null        *axis.Null
	instruments []string // models by whose states it is measured
}

// sources lists the primary overlaps in axis order, with g-free performance behind raw performance and the lexical baseline
// behind semantics.
func (a *Analysis) sources(axes map[string]*axis.Result) []source {
	var out []source
	add := func(name string, v *axis.Variant) {
		out = append(out, source{name, v.Overlap, v.Null, v.Instruments})
	}
	for _, name := range a.Axes {
		add(name, axes[name].Primary())
		if v := axes[name].Variant(gfree); name == axis.Performance && v != nil {
			add(name+"."+gfree, v)
		}
		if name == axis.Perplexity {
			exposures(axes[name], add)
		}
		if v := axes[name].Variant(lexical); name == axis.Semantic && v != nil && axes[name].Primary().Name != lexical {
			add(name+"."+lexical, v)
		}
	}
	return out
}

// exposures are the measures of the perplexity axis that stand beside its primary one: familiarity without the general factor,
// and
// the first of familiarity and signatures that is not primary.
func exposures(r *axis.Result, add func(name string, v *axis.Variant)) {
	for _, v := range []*axis.Variant{r.Variant(perplexity.FamiliarityName), perplexity.SignatureOf(r)} {
		if v != nil && v != r.Primary() {
			add(axis.Perplexity+"."+measureOf(v), v)
		}
	}
	if v := r.Variant(perplexity.FamiliarityGFree); v != nil {
		add(axis.Perplexity+"."+v.Name, v)
	}
}

// measureOf names what a variant of the perplexity axis measures.
func measureOf(v *axis.Variant) string {
	if perplexity.IsFamiliarity(v.Name) {
		return perplexity.FamiliarityName
	}
	return signature
}

// signature is the measure of the perplexity axis that is chosen with the scores.
const signature = "signature"

// axisOf is the axis of a source.
func axisOf(source string) string {
	name, _, _ := strings.Cut(source, ".")
	return name
}

// compareAxes fills Agreement: RV with its exact permutation mean, and Mantel's test both ways, over the benchmarks that
// both axes have.
func (a *Analysis) compareAxes(opts Options, axes map[string]*axis.Result) error {
	all := a.sources(axes)
	for i := range all {
		for j := i + 1; j < len(all); j++ {
			x, y := all[i], all[j]
			if axisOf(x.name) == axisOf(y.name) {
				continue // two variants of one axis: their agreement is no finding
			}
			g, err := agree(opts, x, y)
			if err != nil {
				return fmt.Errorf("agreement of %s and %s: %w", x.name, y.name, err)
			}
			a.Agreement = append(a.Agreement, g)
		}
	}
	var err error
	a.Best, err = a.bestOf(opts, all)
	return err
}

// sharedBy lists the models by whose states two overlaps are measured.
func sharedBy(x, y source) []string {
	var out []string
	for _, m := range x.instruments {
		if slices.Contains(y.instruments, m) {
			out = append(out, m)
		}
	}
	return out
}

func agree(opts Options, x, y source) (Agreement, error) {
	g := Agreement{A: x.name, B: y.name, Tested: true, Shared: sharedBy(x, y)}
	labels := complete(opts.Benchmarks, x.overlap, y.overlap)
	why := ""
	switch {
	case len(labels) < fewestToCompare:
		why = fmt.Sprintf("only %d benchmarks are complete on both axes; %s are needed", len(labels),
			wording.Spelt(fewestToCompare))
	case flat(x.overlap):
		why = "all benchmarks are alike on the axis " + x.name
	case flat(y.overlap):
		why = "all benchmarks are alike on the axis " + y.name
	}
	if why != "" {
		missing := stats.MissingEstimate(why, len(labels), "RV, Mantel")
		g.RV, g.Adjusted, g.Pearson, g.Spearman, g.Tested, g.Why = missing, missing, missing, missing, false, missing.Missing
		return g, nil
	}
	s, err := x.overlap.Sub(labels, labels)
	if err != nil {
		return g, err
	}
	t, err := y.overlap.Sub(labels, labels)
	if err != nil {
		return g, err
	}
	if x.null != nil || y.null != nil {
		return g, g.chosen(opts, x, y, s, t)
	}
	return g, g.permuted(opts, s, t)
}

// chosen compares overlaps of which one was chosen with the scores.
func (g *Agreement) chosen(opts Options, x, y source, s, t *matrix.Labelled) error {
	null := x.null
	if null == nil {
		null, s, t = y.null, t, s
	}
	if err := g.repaired(null, opts.Benchmarks, s, t); err != nil {
		return err
	}
	if g.Repaired == 0 {
		g.Tested, g.Why = false, "signatures are chosen with the models' scores, so permuting benchmarks' labels is no "+
			"valid null, and "+
			cmp.Or(null.Missing, "no re-pairing has an overlap of every pair")
		for _, e := range []*stats.Estimate{&g.RV, &g.Pearson, &g.Spearman} {
			*e = e.Warn("null not computed: " + g.Why)
		}
	}
	return nil
}

// permuted compares overlaps by permuting the labels of benchmarks.
func (g *Agreement) permuted(opts Options, s, t *matrix.Labelled) error {
	step := "analysis/agreement " + g.A + " " + g.B
	rv, err := relatedness(s, t, opts.Permutations, stats.Stream(opts.Seed, step, 0))
	if err != nil {
		return err
	}
	pearson, err := stats.Mantel(s, t, false, opts.Permutations, stats.Stream(opts.Seed, step, 1))
	if err != nil {
		return err
	}
	spearman, err := stats.Mantel(s, t, true, opts.Permutations, stats.Stream(opts.Seed, step, 2))
	if err != nil {
		return err
	}
	g.RV, g.Adjusted, g.Pearson, g.Spearman, g.Perms = rv.Raw, rv.Adjusted, pearson.Estimate, spearman.Estimate,
		pearson.Permutations
	return nil
}

// complete keeps the labels whose cells are all there in every matrix: the label with the most missing cells leaves first.
func complete(labels []string, ms ...*matrix.Labelled) []string {
	kept := slices.Clone(labels)
	for {
		worst, most := -1, 0
		for i, l := range kept {
			n := 0
			for _, m := range ms {
				r := m.RowIndex(l)
				for _, k := range kept {
					c := m.ColIndex(k)
					if k == l {
						continue
					}
					if r < 0 || c < 0 {
						n++
					} else if _, ok := m.At(r, c); !ok {
						n++
					}
				}
			}
			if n > most {
				worst, most = i, n
			}
		}
		if worst < 0 {
			return kept
		}
		kept = slices.Delete(kept, worst, worst+1)
	}
}

// relatedness is RV of the cross-products of two complete overlaps. The diagonal of an overlap is 1 by definition, whatever
// an axis says of how well it measures a benchmark twice.
func relatedness(s, t *matrix.Labelled, permutations int, rng *rand.Rand) (stats.RVTest, error) {
	var products [2]*matrix.Labelled
	for k, m := range []*matrix.Labelled{s, t} {
		for i := range m.Rows {
			m.Set(i, i, 1)
		}
		var err error
		if products[k], err = atlas.CrossProduct(m); err != nil {
			return stats.RVTest{}, err
		}
	}
	return stats.RV(products[0], products[1], permutations, rng)
}
