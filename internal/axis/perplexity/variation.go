package perplexity

import (
	"context"
	"fmt"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// Variation says what becomes of signatures when one thing is chosen otherwise.
type Variation struct {
	Change     string
	Jaccard    *float64 // with the signatures as they are, mean over benchmarks and draws; nil where they share no pieces to have
	Benchmarks int      // that have both signatures in some draw
	Overlap    *float64 // correlation over pairs of the in-sample overlap with what it is, mean over draws
	Least      *float64 // the least of the draws
	Pairs      int
	Draws      int
}

// Factors by which the share of a tail and the pieces of a signature are changed.
var (
	ratioFactors = []float64{0.5, 2, 5}
	kFactors     = []float64{0.5, 2}
)

// drawn are the signatures of one draw, and what they are compared with.
type drawn struct {
	signatures []signature
	with       []signature // nil: the signatures as they are
}

// variations change the share of a tail, the pieces of a signature, the documents, the models and the lineages in turn. A share
// that leaves the selector the same pieces to look at says nothing of stability and is no variation: so it is where k pieces are
// taken whatever the tail, or where the least number of candidates decides.
func (s *fit) variations(ctx context.Context, sel selector, without []leftOut) ([]Variation, error) {
	var out []Variation
	for _, factor := range ratioFactors {
		v := *s
		v.o.Ratio = min(s.o.Ratio*factor, 0.5)
		if v.wholeReach(sel) == s.wholeReach(sel) {
			continue
		}
		out = append(out, s.varied(sel, fmt.Sprintf("share of a tail %.3g", v.o.Ratio), drawn{signatures: v.choose(sel, s.models,
			s.pieces, s.targets)}))
	}
	for _, factor := range kFactors {
		other := sel
		other.k = max(1, int(factor*float64(sel.k)))
		if sel.name == Good || sel.name == Signed {
			out = append(out, s.varied(sel, fmt.Sprintf("k = %d", other.k), drawn{signatures: s.choose(other, s.models, s.pieces,
				s.targets)}))
		}
	}
	documents, models := make([]drawn, s.o.Splits), make([]drawn, s.o.Splits)
	err := axis.Parallel(ctx, s.workers, s.o.Splits, func(split int) {
		rng := stats.Stream(s.o.Seed, "perplexity/variation", split)
		halves := s.f.deal(rng.Perm(s.f.docs), 2)
		documents[split] = drawn{s.choose(sel, s.models, halves[0], s.targets), s.choose(sel, s.models, halves[1], s.targets)}
		half := stats.HalfSampleGroups(rng, s.t.Lineages)
		targets, _ := targetsOf(columnsOf(s.scores, half), s.o.ResidualG)
		models[split].signatures = s.choose(sel, half, s.pieces, targets)
	})
	var lineages []drawn
	for _, l := range without {
		lineages = append(lineages, drawn{signatures: l.signatures})
	}
	return append(out, s.varied(sel, "one half of the documents against the other", documents...),
		s.varied(sel, "half of the lineages", models...), s.varied(sel, "a fold of lineages left out", lineages...)), err
}

// wholeReach is how many pieces a selector looks at among all pieces, over all models.
func (s *fit) wholeReach(sel selector) reach {
	return s.reach([]selector{sel}, len(s.pieces), len(s.models))
}

// choose are the signatures of a selector over some models, pieces and targets.
func (s *fit) choose(sel selector, models, pieces []int, targets []target) []signature {
	scr := s.screen(models, pieces, targets, sel)
	out := make([]signature, len(targets))
	for b := range out {
		out[b] = sel.choose(s.f, scr, models, b)
	}
	return out
}

// varied compares the draws of one change.
func (s *fit) varied(sel selector, change string, draws ...drawn) Variation {
	v := Variation{Change: change, Draws: len(draws)}
	own := s.overlap(sel.name, "")
	var shared, correlations []float64
	compared := map[int]bool{}
	for _, d := range draws {
		with, overlap := s.chosen[sel.name], own
		if d.with != nil {
			with, overlap = d.with, s.overlapOf(sel, d.with)
		}
		for b, sig := range d.signatures {
			if sig.missing == "" && with[b].missing == "" && d.with == nil {
				shared, compared[b] = append(shared, jaccard(with[b].pieces, sig.pieces)), true
			}
		}
		if r, n, err := agreement(s.overlapOf(sel, d.signatures), overlap); err == nil {
			correlations, v.Pairs = append(correlations, r), max(v.Pairs, n)
		}
	}
	v.Jaccard, v.Benchmarks, v.Overlap = average(shared), len(compared), average(correlations)
	if len(correlations) > 1 {
		v.Least = new(slices.Min(correlations))
	}
	return v
}

// overlapOf is the in-sample overlap of other signatures.
func (s *fit) overlapOf(sel selector, signatures []signature) *matrix.Labelled {
	v := *s
	v.chosen = map[string][]signature{sel.name: signatures}
	return v.overlap(sel.name, "")
}

// average is nil where there is nothing.
func average(x []float64) *float64 {
	if len(x) == 0 {
		return nil
	}
	var sum float64
	for _, v := range x {
		sum += v
	}
	return new(sum / float64(len(x)))
}
