package neural

import (
	"context"
	"fmt"
	"math"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
)

// level is that of all intervals of this axis.
const level = 0.95

// Axis relates the benchmarks by the patterns of the traced models: patterns[m][b] is the Extract action of the study's
// m-th model on its b-th benchmark, patterns[m] nil where the model is not traced, patterns[m][b] nil where the benchmark has no
// items.
func Axis(p Params, patterns [][]*action.Action) *action.Action {
	a := &action.Action{
		Kind: "neural/axis", Version: 5, Subject: fmt.Sprintf("%d benchmarks", len(p.Benchmarks)),
		Facts: []action.Fact{
			action.F("seed", p.Seed), action.F("benchmarks", fmt.Sprintf("%q", p.Benchmarks)), action.F("loaded", p.Loaded),
			action.F("models", fmt.Sprintf("%q", p.Models)), action.F("lineages", fmt.Sprintf("%q", p.Lineages)),
			action.F("replicates", p.Replicates), action.F("measures", fmt.Sprintf("%q", p.Options.Measures)),
			action.F("permutations", p.Options.Permutations),
		},
	}
	a.Facts = append(a.Facts, axis.ReplicateFacts(p.Options.Permutations)...)
	if p.Options.Imatrix != nil {
		a.Facts = append(a.Facts, action.F("patterns", "of folds, by llama-imatrix"))
	}
	var traced []int
	for m, row := range patterns {
		if row == nil {
			continue
		}
		traced = append(traced, m)
		for b, from := range row {
			if from != nil {
				a.Inputs = append(a.Inputs, action.Input{Name: inputName(p, m, b), From: from, Optional: true})
			}
		}
	}
	pairs := len(p.Benchmarks) * (len(p.Benchmarks) - 1) / 2
	a.Cost = action.Cost{Bytes: int64(12 * p.Replicates * len(p.Benchmarks) * len(p.Benchmarks)),
		Flops: float64(axis.Replicates(pairs, p.Options.Permutations)) * float64(len(traced)) * 2e5}
	a.Run = func(ctx context.Context, rt action.Runtime) ([]byte, error) { return run(ctx, rt, p, patterns, traced) }
	return a
}

func inputName(p Params, m, b int) string { return p.Models[m] + " on " + p.Benchmarks[b] }

// model is one traced model with its patterns on the blocks that take part.
type model struct {
	id, lineage   string
	layers, width int                  // of the primary measure's states; final states are one layer
	states        [][]float32          // by block: items x layers x width
	last          []Moments            // by block, of states
	depth         int                  // layers of all measures of the residual stream
	moments       map[string][]Moments // of measures, by block; none of those that are not asked for
	gathered      []*Gathered          // by block; nil but for llama-imatrix
	lost          int                  // cells of layers x width that some fold lacks, by llama-imatrix
}

// sample is everything that was traced.
type sample struct {
	p       Params
	present []int          // indices of benchmarks that take part; block k is benchmark present[k]
	absent  map[int]string // reason by index
	size    []int          // items by block
	at      [][]int        // by block: places of the items among all that were given; nil where none was left out
	traced  []int          // indices of models
	models  []*model
	tokens  int
	thin    bool // some benchmark has too few folds for a variance
}

// byFolds says whether llama-imatrix measured, and folds stand in place of items.
func (s *sample) byFolds() bool { return s.p.Options.Imatrix != nil }

// least is the number of items, or folds, with which a benchmark takes part.
func (s *sample) least() int {
	if s.byFolds() {
		return 1 // given files may hold a benchmark in one piece
	}
	return MinItems
}

func run(ctx context.Context, rt action.Runtime, p Params, patterns [][]*action.Action, traced []int) ([]byte, error) {
	g, err := read(rt, p, patterns, traced)
	if err != nil {
		return nil, err
	}
	g.drop()
	s, err := g.sample()
	if err != nil {
		return nil, err
	}
	out := &Output{}
	out.Axis, out.Benchmarks, out.R = axis.Neural, p.Benchmarks, p.Replicates
	out.Alarms = append(axis.FailedAlarm(axis.Neural, g.failed), g.alarms...)
	out.Warnings = append(axis.FailedWarnings(g.failed), g.dropped...)
	if len(s.present) < 2 || len(s.models) == 0 {
		s.undefined(out)
		return out.Encode()
	}
	if err := s.overlaps(ctx, rt, out); err != nil {
		return nil, err
	}
	if !s.thin {
		if err := s.tests(ctx, rt, out); err != nil {
			return nil, err
		}
	}
	out.Warnings = append(out.Warnings, s.centring(out))
	for i := range out.Variants {
		for _, m := range s.models {
			out.Variants[i].Instruments = append(out.Variants[i].Instruments, m.id)
		}
	}
	return out.Encode()
}

func (s *sample) take(i, m int, t *Patterns) error {
	states, layers, width := primary(s.p.Options).states(t)
	if i == len(s.models) {
		s.models = append(s.models, &model{id: s.p.Models[m], lineage: s.p.Lineages[m], layers: layers, depth: t.Layers,
			width: width, moments: map[string][]Moments{}})
	}
	to := s.models[i]
	p := layers * width
	if err := to.gather(t, s.byFolds()); err != nil {
		return err
	}
	if to.layers != layers || to.depth != t.Layers || to.width != width || len(states) != len(t.Items)*p {
		return fmt.Errorf("model %s has different shapes on different benchmarks", to.id)
	}
	s.tokens += t.Tokens
	to.states, to.last = append(to.states, states), append(to.last, momentsOf(states, p))
	for _, by := range s.secondary() {
		to.moments[by.name] = append(to.moments[by.name], by.moments(t))
	}
	return nil
}

// momentsOf are those of the rows of an n x p matrix.
func momentsOf(states []float32, p int) Moments {
	var g gather
	row := make([]float64, p)
	for k := 0; k < len(states); k += p {
		for j, v := range states[k : k+p] {
			row[j] = float64(v)
		}
		g.add(row)
	}
	return g.moments()
}

// undefined records that there is nothing to compare.
func (s *sample) undefined(out *Output) {
	why := fmt.Errorf("the neural axis needs two benchmarks with %d items and a traced model; there are %d and %d", MinItems,
		len(s.present), len(s.models))
	first := primary(s.p.Options)
	out.Variants = []axis.Variant{{Name: first.name, Title: first.title, Overlap: s.matrix("neural overlap", 1, nil, why),
		N: len(s.models), Unit: "models"}}
	missing := make(axis.Floats, s.p.Replicates*len(s.p.Benchmarks)*len(s.p.Benchmarks))
	for i := range missing {
		missing[i] = math.NaN()
	}
	out.Replicates = map[string]axis.Floats{first.name: missing}
	out.Warnings = append(out.Warnings, "Nothing was compared: "+why.Error()+".")
}

// slice cuts a layer's features out of the blocks' moments: blocks x width, row-major.
func slice(blocks []Moments, from, width int) (mean, variance []float64) {
	for _, m := range blocks {
		mean = append(mean, m.Mean[from:from+width]...)
		variance = append(variance, m.Variance[from:from+width]...)
	}
	return mean, variance
}

// measured are the RDMs of one measure, by model and layer; layers without one are left out and counted.
type measured struct {
	models [][]rdm
	layer  [][]int // the layer of each RDM, from 0
	left   int
	why    error // of the last that was left out
}

// primaryPatterns measures the states that enter the map: 1 - Pearson of z-scored mean patterns, by layer.
func (s *sample) primaryPatterns() measured {
	return s.each(func(m *model) int { return m.layers }, func(m *model, l int) ([]float64, error) {
		mean, variance := slice(m.last, l*m.width, m.width)
		return pearson(mean, variance, len(s.size))
	})
}

// patternsBy measures by the moments of a measure's features.
func (s *sample) patternsBy(by measure) measured {
	return s.each(by.layers, func(m *model, l int) ([]float64, error) {
		blocks := m.moments[by.name]
		width := len(blocks[0].Mean) / by.layers(m)
		if width == 0 {
			return nil, fmt.Errorf("the %s of %s was not traced", by.title, m.id)
		}
		mean, variance := slice(blocks, l*width, width)
		return by.alike(mean, variance, len(s.size))
	})
}

func (s *sample) each(layers func(m *model) int, similarity func(m *model, l int) ([]float64, error)) measured {
	var out measured
	for _, m := range s.models {
		var found []rdm
		var at []int
		for l := range layers(m) {
			values, err := similarity(m, l)
			var one rdm
			if err == nil {
				one, err = newRDM(values)
			}
			if err != nil {
				out.left, out.why = out.left+1, err
				continue
			}
			found, at = append(found, one), append(at, l)
		}
		out.models, out.layer = append(out.models, found), append(out.layer, at)
	}
	return out
}

func (s *sample) pairs() int { return len(s.size) * (len(s.size) - 1) / 2 }

// matrix spreads values of pairs of blocks (row order) over a B x B matrix; absent benchmarks say why.
func (s *sample) matrix(name string, diagonal float64, values []float64, err error) *matrix.Labelled {
	m := matrix.NewSquare(name, "1", s.p.Benchmarks)
	for b := range s.p.Benchmarks { // in order: of two absent benchmarks the later one gives the reason
		if why, gone := s.absent[b]; gone {
			for c := range s.p.Benchmarks {
				m.SetMissingSym(b, c, why)
			}
		}
	}
	i := 0
	for k, a := range s.present {
		m.Set(a, a, diagonal)
		for _, b := range s.present[k+1:] {
			if err != nil {
				m.SetMissingSym(a, b, err.Error())
			} else {
				m.SetSym(a, b, values[i])
				i++
			}
		}
	}
	return m
}

// bounds are the percentile intervals of pairs from replicates (R x pairs, NaN where missing); none from too few.
func (s *sample) bounds(name string, diagonal float64, replicates []float64) (lo, hi *matrix.Labelled) {
	pairs := s.pairs()
	low, high := make([]float64, pairs), make([]float64, pairs)
	for k := range pairs {
		column := axis.Finite(replicates, pairs, k)
		if len(column) < axis.FewestForSpread {
			return nil, nil
		}
		var err error
		if low[k], high[k], err = stats.PercentileInterval(column, level); err != nil {
			return nil, nil
		}
	}
	return s.matrix(name, diagonal, low, nil), s.matrix(name, diagonal, high, nil)
}
