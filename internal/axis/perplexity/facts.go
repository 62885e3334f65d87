package perplexity

import (
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// facts are counts, and what of the overlap is owed to the choice: how large it is and how far it goes with the overlap of
// scores, as the models are paired and as they are re-paired.
func (s *fit) facts(in *inputs, r *axis.Result) []axis.Value {
	pieces := len(s.f.at)
	out := []axis.Value{
		{Name: "pieces", Title: "scored pieces", Value: float64(pieces), N: pieces,
			Method: "pieces with a surprisal under every model"},
		{Name: "documents", Title: "documents", Value: float64(s.f.docs), N: s.f.docs, Method: "documents of the corpus"},
	}
	if in.column.Tokens > 0 {
		out = append(out, axis.Value{Name: "straddled", Title: "share of tokens that straddle pieces", N: in.column.Tokens,
			Value: float64(in.column.Straddled) / float64(in.column.Tokens), Method: "tokens with bytes in more than one " +
				"piece, shared out by bytes"})
	}
	screened := s.screenedOverlap()
	for k, v := range []*axis.Variant{&r.Variants[0], &r.Variants[len(s.selectors)]} {
		suffix, what := [2]string{".disjoint", ""}[k], [2]string{"overlap of disjoint signatures", "in-sample overlap"}[k]
		out = append(out, compared(v, measure{"level" + suffix, "mean of the " + what, "mean over pairs of benchmarks",
			meanOver})...)
		out = append(out, compared(v, measure{"copy" + suffix, "correlation of the " + what + " with that of scores as screened",
			"Pearson correlation over pairs of benchmarks with the Spearman correlations over models of what pieces are " +
				"screened against (" + s.against() + "); pairs share benchmarks",
			func(m *matrix.Labelled) (float64, int, error) { return agreement(m, screened) }})...)
	}
	return out
}

// measure is a number that is computed from an overlap.
type measure struct {
	name, title, method string
	of                  func(*matrix.Labelled) (float64, int, error)
}

// compared is a fact of a variant and of its null: the median over re-pairings and the range that holds nine in ten.
func compared(v *axis.Variant, f measure) []axis.Value {
	value, n, err := f.of(v.Overlap)
	if err != nil {
		return nil
	}
	out := []axis.Value{{Name: f.name, Title: f.title, Value: value, N: n, Method: f.method}}
	var values []float64
	for r := range v.Null.N {
		if x, _, err := f.of(v.Null.Overlap(r, v.Overlap.Rows)); err == nil {
			values = append(values, x)
		}
	}
	if e := stats.NewEstimate(value, n, f.method).Against(values); e.Null != nil {
		out = append(out, axis.Value{Name: f.name + ".repaired", Title: f.title + ", models re-paired", Value: *e.Null,
			Lo: &e.NullRange[0], Hi: &e.NullRange[1], N: len(values), Method: f.method + "; median over " + v.Null.Method})
	}
	return out
}

// meanOver is the mean over pairs.
func meanOver(m *matrix.Labelled) (float64, int, error) {
	_, values := m.UpperTriangle()
	if len(values) == 0 {
		return 0, 0, stats.ErrTooFew
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values)), len(values), nil
}

// repairedSelf is the median over re-pairings of every benchmark's overlap with itself.
func (s *fit) repairedSelf(null *axis.Null) *matrix.Labelled {
	m := matrix.New("overlap of disjoint signatures with itself, models re-paired", "1", s.t.Benchmarks, []string{"self"})
	for b := range s.t.Benchmarks {
		if v, err := stats.Median(null.Pair(b, b)); err == nil {
			m.Set(b, 0, v)
		} else {
			m.SetMissing(b, 0, "no re-pairing has a number")
		}
	}
	return m
}

// screenedOverlap correlates what the pieces are screened against, benchmark by benchmark: the scores' ranks, cleared of the
// general factor where signatures are. A signature that only copies its target has this overlap. Raw scores in its place
// would hide the copying, for they share a general factor that the targets lack.
func (s *fit) screenedOverlap() *matrix.Labelled {
	m := matrix.NewSquare("overlap of scores as screened", "1", s.t.Benchmarks)
	for a := range s.targets {
		for b := range a {
			v, err := stats.Spearman(s.targets[a].v, s.targets[b].v)
			if err != nil {
				m.SetMissingSym(a, b, err.Error())
				continue
			}
			m.SetSym(a, b, v)
		}
	}
	return m
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
