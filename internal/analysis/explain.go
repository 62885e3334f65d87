package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

const (
	partsLevel    = 0.95 // of the intervals of R^2 and its parts
	fewestWithin  = 100  // permutations within families below which these say nothing
	familiarityIn = "familiarity"
)

// explanation is a predictor with what half-samples make of it; replicates are nil where it is not drawn again.
type explanation struct {
	stats.Predictor
	replicates axis.Floats
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
	given := make([]stats.Predictor, len(xs))
	for k, x := range xs {
		given[k] = x.Predictor
		if given[k].X, err = x.X.Sub(labels, labels); err != nil {
			return err
		}
	}
	if out.Regression, err = stats.MRQAP(cells, given, nil, opts.Permutations,
		stats.Stream(opts.Seed, "analysis/mrqap", 0)); err != nil {
		return fmt.Errorf("regression of overlaps: %w", err)
	}
	if err := out.within(opts, labels, cells, given); err != nil {
		return err
	}
	out.parts(opts, labels, p.Replicates[y.Name], xs, y.N)
	a.Explained = out
	return nil
}

// within repeats the tests with labels permuted within families, where these have enough permutations.
func (e *Explained) within(opts Options, labels []string, y *matrix.Labelled, xs []stats.Predictor) error {
	families := make([]string, len(labels))
	for i, l := range labels {
		families[i] = opts.Families[slices.Index(opts.Benchmarks, l)]
	}
	if stats.DistinctPermutations(families) < fewestWithin || e.Regression.Missing != "" {
		return nil
	}
	r, err := stats.MRQAP(y, xs, families, opts.Permutations, stats.Stream(opts.Seed, "analysis/mrqap within", 0))
	e.Within = &r
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
	if v := preferred(p, func(v axis.Variant) bool { return strings.Contains(v.Name, familiarityIn) }); v != nil {
		add("familiarity", v.Title, "", v.Overlap, p, v.Name)
	}
	if v := preferred(p, func(v axis.Variant) bool { return !strings.Contains(v.Name, familiarityIn) }); v != nil {
		add("signature", "perplexity signatures", "signatures are chosen with the models' scores: only permuting models is a null",
			v.Overlap, p, v.Name)
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

// preferred is the first overlap of an axis that passes, without the general factor where that is there.
func preferred(r *axis.Result, pass func(v axis.Variant) bool) *axis.Variant {
	if r == nil {
		return nil
	}
	var first *axis.Variant
	for i, v := range r.Variants {
		if v.Baseline || v.Distance || !pass(v) {
			continue
		}
		if strings.Contains(v.Name, familiarityIn) && strings.Contains(v.Name, gfree) {
			return &r.Variants[i]
		}
		if first == nil {
			first = &r.Variants[i]
		}
	}
	return first
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

// parts fills R^2 and the part of each predictor with intervals: on every half-sample of models the response, and what else was
// drawn again with it, are regressed anew.
func (e *Explained) parts(opts Options, labels []string, y axis.Floats, xs []explanation, models int) {
	r := e.Regression
	if r.Missing != "" {
		e.R2 = stats.MissingEstimate(r.Missing, r.Benchmarks, r.Method)
		return
	}
	const method = "part of R² over pairs; interval over half-samples of models"
	e.R2 = stats.NewEstimate(r.R2, models, "R² over pairs; interval over half-samples of models")
	for k, c := range r.Coefficients {
		u := stats.NewEstimate(c.Unique, models, method)
		if !c.Beta.OK() {
			u = stats.MissingEstimate(c.Beta.Missing, models, method)
		}
		e.Unique = append(e.Unique, u)
		if xs[k].replicates != nil {
			e.Redrawn = append(e.Redrawn, c.Title)
		}
	}
	whole, unique := e.redraw(opts, labels, y, xs)
	if len(whole) < axis.FewestForSpread {
		return
	}
	e.R2 = spread(e.R2, whole)
	for k := range e.Unique {
		e.Unique[k] = spread(e.Unique[k], unique[k])
	}
}

func spread(e stats.Estimate, values []float64) stats.Estimate {
	lo, hi, err := stats.PercentileInterval(values, partsLevel)
	if err != nil {
		return e
	}
	return e.WithInterval(lo, hi, partsLevel)
}

// redraw gives R^2 and its parts on every half-sample that has all cells.
func (e *Explained) redraw(opts Options, labels []string, y axis.Floats, xs []explanation) (whole []float64, unique [][]float64) {
	b := len(opts.Benchmarks)
	at := make([]int, len(labels))
	for i, l := range labels {
		at[i] = slices.Index(opts.Benchmarks, l)
	}
	cells := func(value func(i, j int) float64) (out []float64) {
		for i := range at {
			for _, j := range at[i+1:] {
				out = append(out, value(at[i], j))
			}
		}
		return out
	}
	unique = make([][]float64, len(xs))
	for r := range len(y) / (b * b) {
		drawn := func(f axis.Floats) []float64 {
			return cells(func(i, j int) float64 { return f[(r*b+i)*b+j] })
		}
		columns := make([][]float64, len(xs))
		for k, x := range xs {
			columns[k] = cells(func(i, j int) float64 { v, _ := x.X.At(i, j); return v })
			if len(x.replicates) == len(y) {
				columns[k] = drawn(x.replicates)
			}
		}
		r2, parts, err := stats.Partition(drawn(y), columns)
		if err != nil {
			continue
		}
		whole = append(whole, r2)
		for k := range parts {
			unique[k] = append(unique[k], parts[k])
		}
	}
	return whole, unique
}
