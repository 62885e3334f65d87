package perplexity

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// fit is a study's signatures, chosen on all models and all pieces.
type fit struct {
	o         Options
	t         *axis.ScoreTable
	f         *features
	models    []int                  // all
	chosen    map[string][]signature // by selector, one a benchmark
	plain     int                    // benchmarks whose scores could not be cleared of a general factor
	workers   int
	selectors []selector

	lineages []string // of all models of the study, from which half-samples are drawn
	kept     []int    // which of them the rows of t are
}

func newFit(ctx context.Context, o Options, t *axis.ScoreTable, f *features, workers int) (*fit, error) {
	s := &fit{o: o, t: t, f: f, chosen: map[string][]signature{}, workers: workers}
	for i := range t.Models {
		s.models = append(s.models, i)
	}
	s.lineages, s.kept = t.Lineages, s.models
	for _, name := range o.Selectors {
		s.selectors = append(s.selectors, selector{name: name, k: o.K})
	}
	targets, plain := targetsOf(t.Columns(), o.ResidualG)
	s.plain = plain
	scr := f.screen(s.models, targets, nil, 1, o.Ratio)[0]
	for _, sel := range s.selectors {
		chosen := make([]signature, len(t.Benchmarks))
		err := axis.Parallel(ctx, s.workers, len(chosen), func(b int) { chosen[b] = sel.choose(f, scr, s.models, b) })
		if err != nil {
			return nil, err
		}
		s.chosen[sel.name] = chosen
	}
	return s, nil
}

// overlap is the in-sample overlap of one selector: Spearman over models of u_i = sum of w_t z_it over the signature.
func (s *fit) overlap(name, title string) *matrix.Labelled {
	m := matrix.NewSquare(title, "1", s.t.Benchmarks)
	u := s.activations(name)
	for a := range u {
		m.Set(a, a, 1)
		for b := range a {
			if why := s.missing(name, b, a); why != "" {
				m.SetMissingSym(a, b, why)
				continue
			}
			v, err := stats.Spearman(u[a], u[b])
			if err != nil {
				m.SetMissingSym(a, b, err.Error())
				continue
			}
			m.SetSym(a, b, v)
		}
	}
	return m
}

func (s *fit) missing(name string, benchmarks ...int) string {
	for _, b := range benchmarks {
		if why := s.chosen[name][b].missing; why != "" {
			return s.t.Benchmarks[b] + ": " + why
		}
	}
	return ""
}

func (s *fit) activations(name string) [][]float64 {
	u := make([][]float64, len(s.t.Benchmarks))
	for b, sig := range s.chosen[name] {
		u[b] = s.f.activations(sig, s.models)
	}
	return u
}

// crossed is a cross-fitted overlap of one selector.
type crossed struct {
	overlap *matrix.Labelled // diagonal 1
	self    []float64        // B: of a benchmark with itself; NaN where there is none
	missing []string         // B: why
}

// crossFit chooses signatures on one half of the models (by lineage) and compares them on the other half, where a's
// signature comes from one half of the documents and b's from the other; both ways of both halves count, and the mean over
// the splits is taken. So an overlap can neither be a copy of the scores it was chosen with, nor come from pieces that the
// two signatures share. A benchmark's overlap with itself says how well its signature is found again.
func (s *fit) crossFit(ctx context.Context) (map[string]crossed, error) {
	nb := len(s.t.Benchmarks)
	sums := make([]map[string][]float64, s.o.Splits) // by split and selector: sum and count of every (a, b)
	if err := axis.Parallel(ctx, s.workers, s.o.Splits, func(split int) { sums[split] = s.crossFitOnce(split) }); err != nil {
		return nil, err
	}
	out := map[string]crossed{}
	for _, sel := range s.selectors {
		total := make([]float64, 2*nb*nb)
		for _, one := range sums {
			for i, v := range one[sel.name] {
				total[i] += v
			}
		}
		out[sel.name] = s.average(sel.name, total)
	}
	return out, nil
}

func (s *fit) crossFitOnce(split int) map[string][]float64 {
	nb := len(s.t.Benchmarks)
	rng := stats.Stream(s.o.Seed, "perplexity/cross-fit", split)
	half := stats.HalfSampleGroups(rng, s.t.Lineages)
	part := s.f.split(stats.HalfSample(rng, s.f.docs))
	out := map[string][]float64{}
	for _, sel := range s.selectors {
		out[sel.name] = make([]float64, 2*nb*nb)
	}
	rest := complement(half, len(s.models))
	if min(len(half), len(rest)) < fewestHalf {
		return out
	}
	for _, side := range [][2][]int{{half, rest}, {rest, half}} {
		train, test := side[0], side[1]
		targets, _ := targetsOf(s.t.On(train, make([][]int, nb)), s.o.ResidualG)
		scr := s.f.screen(train, targets, part, 2, s.o.Ratio)
		for _, sel := range s.selectors {
			s.compare(out[sel.name], sel, scr, train, test)
		}
	}
	return out
}

// compare adds to sum how signatures from the two sets of documents, chosen over the models of train, go together over
// those of test.
func (s *fit) compare(sum []float64, sel selector, scr []screening, train, test []int) {
	nb := len(s.t.Benchmarks)
	u, v := make([][]float64, nb), make([][]float64, nb)
	for b := range nb {
		u[b] = s.f.ranked(sel.choose(s.f, scr[0], train, b), test)
		v[b] = s.f.ranked(sel.choose(s.f, scr[1], train, b), test)
	}
	addCorrelations(sum, u, v)
}

// ranked are the ranks of activations; nil where there are none.
func (f *features) ranked(s signature, models []int) []float64 {
	u := f.activations(s, models)
	if u == nil {
		return nil
	}
	return stats.Ranks(u)
}

// addCorrelations adds the correlation of every u[a] with every v[b] to the cells (a, b) and (b, a), and counts them in the
// second half of sum.
func addCorrelations(sum []float64, u, v [][]float64) {
	nb := len(u)
	for a := range u {
		for b := range v {
			if u[a] == nil || v[b] == nil {
				continue
			}
			r, err := stats.Pearson(u[a], v[b])
			if err != nil {
				continue
			}
			for _, cell := range []int{a*nb + b, b*nb + a} {
				sum[cell] += r
				sum[nb*nb+cell]++
			}
		}
	}
}

func (s *fit) average(name string, total []float64) crossed {
	nb := len(s.t.Benchmarks)
	c := crossed{overlap: matrix.NewSquare("cross-fitted perplexity overlap", "1", s.t.Benchmarks), self: make([]float64, nb),
		missing: make([]string, nb)}
	for a := range nb {
		c.overlap.Set(a, a, 1)
		for b := range a + 1 {
			cell := a*nb + b
			n := total[nb*nb+cell]
			switch {
			case a == b && n > 0:
				c.self[a] = total[cell] / n
			case a == b:
				c.missing[a] = s.uncrossed(name, a)
			case n > 0:
				c.overlap.SetSym(a, b, total[cell]/n)
			default:
				c.overlap.SetMissingSym(a, b, s.uncrossed(name, b, a))
			}
		}
	}
	return c
}

// uncrossed says why benchmarks have no cross-fitted overlap.
func (s *fit) uncrossed(name string, benchmarks ...int) string {
	if why := s.missing(name, benchmarks...); why != "" {
		return why
	}
	if len(s.models) < 2*fewestHalf {
		return fmt.Sprintf("%d models are too few for cross-fitting: each half needs %d", len(s.models), fewestHalf)
	}
	return "in no split did both halves have a signature"
}

// split puts the pieces of the given documents into set 0 and the others into set 1.
func (f *features) split(docs []int) []uint8 {
	other := slices.Repeat([]uint8{1}, f.docs)
	for _, d := range docs {
		other[d] = 0
	}
	part := make([]uint8, len(f.doc))
	for t, d := range f.doc {
		part[t] = other[d]
	}
	return part
}

func complement(of []int, n int) []int {
	var out []int
	for i := range n {
		if !slices.Contains(of, i) {
			out = append(out, i)
		}
	}
	return out
}

// fewestPairs is the least number of pairs over which two overlaps are correlated.
const fewestPairs = 3

// agreement is the Pearson correlation, over pairs of benchmarks, of two overlaps.
func agreement(a, b *matrix.Labelled) (float64, int, error) {
	var x, y []float64
	for i := range a.Rows {
		for j := range i {
			v, okV := a.At(i, j)
			w, okW := b.At(i, j)
			if okV && okW {
				x, y = append(x, v), append(y, w)
			}
		}
	}
	if len(x) < fewestPairs {
		return 0, len(x), fmt.Errorf("fewer than %s pairs have both overlaps", wording.Spelt(fewestPairs))
	}
	r, err := stats.Pearson(x, y)
	return r, len(x), err
}
