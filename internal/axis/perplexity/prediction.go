package perplexity

import (
	"context"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
)

// Prediction says how well a signature predicts what it was chosen for. In sample that is no evidence, since it would be so on
// noise: it never stands without the nested figure.
type Prediction struct {
	InSample *float64 // R^2 over the models it was chosen with; nil where there is no signature
	// R^2 of models of lineages that were left out of screening, selection and fit; negative where a mean does better
	Nested *float64
	Models int
	Folds  int
}

// mostFolds bounds the folds: beyond it, several lineages are left out together.
const mostFolds = 40

// folds are the models of each fold: those of a lineage, or of several that are dealt in the order of their names.
func folds(lineages []string) [][]int {
	names := slices.Compact(slices.Sorted(slices.Values(lineages)))
	out := make([][]int, min(len(names), mostFolds))
	for i, lineage := range lineages {
		at, _ := slices.BinarySearch(names, lineage)
		out[at%len(out)] = append(out[at%len(out)], i)
	}
	return out
}

// leftOut is what comes of leaving out the models of a fold.
type leftOut struct {
	signatures []signature
	squares    []float64 // by benchmark: of the errors of prediction for the models left out
	spread     []float64 // the same of the mean of the others
}

// leaveOut chooses signatures without each fold and predicts its models. Nothing where too few models remain.
func (s *fit) leaveOut(ctx context.Context, sel selector) ([]leftOut, error) {
	parts := folds(s.t.Lineages)
	out := make([]leftOut, len(parts))
	err := axis.Parallel(ctx, s.workers, len(parts), func(k int) {
		if train := complement(parts[k], len(s.models)); len(train) >= fewestModels {
			out[k] = s.without(parts[k], train, sel)
		}
	})
	return slices.DeleteFunc(out, func(l leftOut) bool { return l.signatures == nil }), err
}

func (s *fit) without(test, train []int, sel selector) leftOut {
	nb := len(s.t.Benchmarks)
	targets, _ := targetsOf(columnsOf(s.scores, train), s.o.ResidualG)
	scr := s.screen(train, s.pieces, targets, sel)
	out := leftOut{make([]signature, nb), make([]float64, nb), make([]float64, nb)}
	for b := range nb {
		out.signatures[b] = sel.choose(s.f, scr, train, b)
		truth, y := s.predicted(s.targets[b]), s.predicted(targets[b])
		if truth == nil || y == nil {
			continue
		}
		predict := s.f.predictor(out.signatures[b], train, y)
		mean := linalg.Mean(y)
		for _, i := range test {
			out.squares[b] += square(truth[i] - predict(i))
			out.spread[b] += square(truth[i] - mean)
		}
	}
	return out
}

// predicted is what a signature is asked to predict: the scores in a recipe, else what pieces are screened against, as shares of
// ranks; nil where there is nothing.
func (s *fit) predicted(t target) []float64 {
	if t.reason != "" || s.f.recipe != "" {
		return t.y
	}
	out := make([]float64, len(t.v))
	for k, v := range t.v {
		out[k] = v / float64(2*len(t.v))
	}
	return out
}

// predictor fits y over models by the pieces of a signature: by the coefficients that it was chosen with, else by least squares
// on its mean surprisal. Without a signature it predicts the mean.
func (f *features) predictor(sig signature, models []int, y []float64) func(model int) float64 {
	mean := linalg.Mean(y)
	switch {
	case sig.missing != "":
		return func(int) float64 { return mean }
	case sig.coefficients == nil:
		u := f.activations(sig, models)
		at, c := linalg.Mean(u), linalg.Centred(u)
		slope := 0.0
		if ss := linalg.Dot(c, c); ss > 0 {
			slope = linalg.Dot(c, y) / ss
		}
		return func(model int) float64 { return mean + slope*(f.activations(sig, []int{model})[0]-at) }
	}
	middle, unit := make([]float64, len(sig.pieces)), make([]float64, len(sig.pieces))
	for j, t := range sig.pieces {
		x := make([]float64, len(models))
		for k, i := range models {
			x[k] = float64(f.x[i][t])
		}
		middle[j], unit[j] = linalg.Mean(x), 1
		if c := linalg.Centred(x); sig.standardised {
			unit[j] = math.Sqrt(linalg.Dot(c, c) / float64(len(c)))
		}
	}
	return func(model int) float64 {
		out := mean
		for j, t := range sig.pieces {
			out += sig.coefficients[j] * sig.scale * (float64(f.x[model][t]) - middle[j]) / unit[j]
		}
		return out
	}
}

func square(x float64) float64 { return x * x }

// predictions are of every benchmark's signature.
func (s *fit) predictions(sel selector, out []leftOut) []Prediction {
	list := make([]Prediction, len(s.t.Benchmarks))
	for b := range list {
		p := &list[b]
		p.Models, p.Folds = len(s.models), len(out)
		sig, y := s.chosen[sel.name][b], s.predicted(s.targets[b])
		if y == nil || sig.missing != "" {
			continue
		}
		var rss, tss, squares, spread float64
		predict, mean := s.f.predictor(sig, s.models, y), linalg.Mean(y)
		for k, i := range s.models {
			rss, tss = rss+square(y[k]-predict(i)), tss+square(y[k]-mean)
		}
		for _, l := range out {
			squares, spread = squares+l.squares[b], spread+l.spread[b]
		}
		p.InSample = explained(rss, tss)
		p.Nested = explained(squares, spread)
	}
	return list
}

// explained is the part of a sum of squares that is explained; nil where there is none.
func explained(left, all float64) *float64 {
	if !(all > 0) {
		return nil
	}
	return new(1 - left/all)
}
