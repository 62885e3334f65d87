package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

const (
	partsLevel   = 0.95 // of the intervals of R^2 and its parts
	fewestWithin = 100  // permutations within families below which these say nothing
)

// explanation is a predictor with what half-samples make of it; replicates are nil where it is not drawn again.
type explanation struct {
	stats.Predictor
	replicates axis.Floats
	null       *axis.Null // of one that was chosen with the scores
}

// explain regresses the overlap of scores without the general factor on all else that is known of two benchmarks.
func (a *Analysis) explain(opts Options, axes map[string]*axis.Result) error {
	p := axes[axis.Performance]
	y, response := p.Variant(gfree), axis.Performance+"."+gfree
	if y == nil {
		y, response = p.Primary(), axis.Performance
	}
	xs := predictors(opts, axes)
	if y == nil || len(a.Axes) < fewestAxes {
		return nil
	}
	ms := []*matrix.Labelled{y.Overlap}
	for _, x := range xs {
		ms = append(ms, x.X)
	}
	labels := complete(opts.Benchmarks, ms...)
	out := &Explained{Response: response}
	for _, b := range opts.Benchmarks {
		if !slices.Contains(labels, b) {
			out.Absent = append(out.Absent, Absent{Benchmark: b, Reason: "not every predictor has all of its pairs"})
		}
	}
	cells, err := y.Overlap.Sub(labels, labels)
	if err != nil {
		return err
	}
	r := regression{opts, labels, cells, p.Replicates[y.Name], y.N}
	tested := slices.DeleteFunc(slices.Clone(xs), explanation.chosen)
	if err := out.regress(r, tested); err != nil {
		return fmt.Errorf("regression of overlaps: %w", err)
	}
	for _, x := range xs {
		if x.chosen() {
			if err := out.beside(r, tested, x); err != nil {
				return fmt.Errorf("regression of overlaps on %s: %w", x.Name, err)
			}
		}
	}
	a.Explained = out
	return out.correct()
}

// chosen reports whether a predictor was selected with the scores. It is a copy of the response in part, and would take from the
// others what is theirs: they are regressed without it, and it beside them, against what the choice alone makes of it.
func (x explanation) chosen() bool { return x.Untested != "" }

// regression is what is regressed.
type regression struct {
	opts       Options
	labels     []string // benchmarks that take part
	y          *matrix.Labelled
	replicates axis.Floats // of the response, over all benchmarks
	models     int
}

// given cuts predictors down to the benchmarks that take part.
func (r regression) given(xs []explanation) ([]stats.Predictor, error) {
	out := make([]stats.Predictor, len(xs))
	for k, x := range xs {
		out[k] = x.Predictor
		var err error
		if out[k].X, err = x.X.Sub(r.labels, r.labels); err != nil {
			return nil, err
		}
		if x.null != nil {
			out[k].Null = repairings(x.null, r.opts.Benchmarks, r.labels)
		}
	}
	return out, nil
}

// regress fills all that rests on predictors which may be tested.
func (e *Explained) regress(r regression, xs []explanation) error {
	given, err := r.given(xs)
	if err != nil {
		return err
	}
	if e.Regression, err = stats.MRQAP(r.y, given, nil, r.opts.Permutations,
		stats.Stream(r.opts.Seed, "analysis/mrqap", 0)); err != nil {
		return err
	}
	if err := e.within(r, given); err != nil {
		return err
	}
	for _, x := range xs {
		if x.replicates != nil && e.Regression.Missing == "" {
			e.Redrawn = append(e.Redrawn, x.Name)
		}
	}
	e.R2, e.Unique = r.parts(e.Regression, xs)
	return nil
}

// beside adds the coefficient of a predictor that was chosen with the scores, as it is next to all others.
func (e *Explained) beside(r regression, others []explanation, x explanation) error {
	xs := append(slices.Clone(others), x)
	given, err := r.given(xs)
	if err != nil || e.Regression.Missing != "" {
		return err
	}
	all, err := stats.MRQAP(r.y, given, nil, 1, stats.Stream(r.opts.Seed, "analysis/mrqap beside", 0))
	if err != nil || all.Missing != "" {
		return err
	}
	_, unique := r.parts(all, xs)
	last := len(xs) - 1
	e.Regression.Coefficients = append(e.Regression.Coefficients, all.Coefficients[last])
	e.Unique = append(e.Unique, unique[last])
	return nil
}

// correct adjusts the p of all predictors that have one, by Holm's method: the two-sided p, or the one-sided of what was chosen
// with the scores.
func (e *Explained) correct() error {
	var ps []float64
	var of []int
	e.Holm = make([]*float64, len(e.Regression.Coefficients))
	for k, c := range e.Regression.Coefficients {
		if p := cmp.Or(c.TwoSided, c.Beta.P); p != nil {
			ps, of = append(ps, *p), append(of, k)
		}
	}
	adjusted, err := stats.Holm(ps)
	for i, p := range adjusted {
		e.Holm[of[i]] = &p
	}
	return err
}

// within repeats the tests with labels permuted within families, where these have enough permutations.
func (e *Explained) within(r regression, xs []stats.Predictor) error {
	families := make([]string, len(r.labels))
	for i, l := range r.labels {
		families[i] = r.opts.Families[slices.Index(r.opts.Benchmarks, l)]
	}
	if stats.DistinctPermutations(families) < fewestWithin || e.Regression.Missing != "" {
		return nil
	}
	w, err := stats.MRQAP(r.y, xs, families, r.opts.Permutations, stats.Stream(r.opts.Seed, "analysis/mrqap within", 0))
	e.Within = &w
	return err
}

// predictors lists what may explain the overlap of scores, in the order of tables.
func predictors(opts Options, axes map[string]*axis.Result) []explanation {
	var out []explanation
	add := func(name, title, untested string, m *matrix.Labelled, of *axis.Result, variant string) {
		x := explanation{Predictor: stats.Predictor{Name: name, Title: title, X: m, Untested: untested}}
		if of != nil {
			x.replicates = of.Replicates[variant]
		}
		out = append(out, x)
	}
	p := axes[axis.Perplexity]
	if v := cmp.Or(p.Variant(perplexity.FamiliarityGFree), p.Variant(perplexity.FamiliarityName)); v != nil {
		add("familiarity", v.Title, "", v.Overlap, p, v.Name)
	}
	if v := perplexity.SignatureOf(p); v != nil {
		why := "signatures are chosen with the models' scores: only permuting models is a null"
		if v.Null != nil && v.Null.Missing != "" {
			why += ", and " + v.Null.Missing
		}
		add("signature", "perplexity signatures", why, v.Overlap, p, v.Name)
		out[len(out)-1].null = v.Null
	}
	if s := axes[axis.Semantic]; s.Primary() != nil {
		name, primary := "semantic", s.Primary()
		if d := s.Variant(primary.Name + ".mmd"); d != nil {
			add(name, "nearness of questions (minus MMD²), "+primary.Title, "", negated(d.Overlap), nil, "")
		} else {
			add(name, "likeness of questions, "+primary.Title, "", primary.Overlap, s, primary.Name)
		}
		if v := s.Variant(lexical); v != nil && v != primary {
			add("vocabulary", "shared vocabulary (bag of words)", "", v.Overlap, nil, "")
		}
	}
	if n := axes[axis.Neural]; n.Primary() != nil {
		add("neural", "likeness of neural representation", "", n.Primary().Overlap, n, n.Primary().Name)
	}
	add("family", "same family", "", equal(opts.Benchmarks, opts.Families), nil, "")
	add("format", "same format", "", equal(opts.Benchmarks, opts.Formats), nil, "")
	if len(opts.Lengths) > 0 && !slices.Contains(opts.Lengths, 0) {
		add("length", "likeness of length (log of bytes)", "", pairwise(opts.Benchmarks, func(i, j int) float64 {
			return -math.Abs(math.Log(opts.Lengths[i]) - math.Log(opts.Lengths[j]))
		}), nil, "")
	}
	return slices.DeleteFunc(out, func(x explanation) bool { _, v := x.X.UpperTriangle(); return len(v) == 0 })
}

// pairwise fills a matrix over benchmarks.
func pairwise(labels []string, f func(i, j int) float64) *matrix.Labelled {
	m := matrix.NewSquare("predictor", "1", labels)
	for i := range labels {
		for j := range i + 1 {
			m.SetSym(i, j, f(i, j))
		}
	}
	return m
}

// equal is 1 where two benchmarks have one value.
func equal(labels, values []string) *matrix.Labelled {
	return pairwise(labels, func(i, j int) float64 {
		if values[i] == values[j] {
			return 1
		}
		return 0
	})
}

// negated turns a distance into a likeness.
func negated(m *matrix.Labelled) *matrix.Labelled {
	out := pairwise(m.Rows, func(i, j int) float64 { return -m.Data[i*len(m.Rows)+j] })
	for at, reason := range m.MissingCells() {
		out.SetMissing(at[0], at[1], reason)
	}
	return out
}
