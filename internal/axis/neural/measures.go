package neural

import (
	"cmp"
	"slices"

	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Measures that the code knows by name; the table has all.
const (
	Hidden     = "hidden"
	HiddenMean = "hidden_mean"
	Activation = "activation"
	Attention  = "attention"
	Final      = "final"
	FinalMean  = "final_mean"
	Energy     = "energy"
)

// measure is how one of study.NeuralMeasures, under the same name, is kept, compared and reported. To add one: its description
// there, and a row of the table here.
type measure struct {
	name          string
	title, method string // of its variant; what all methods have in common is added
	said          string // what the report says beside them; empty where nothing is left to say

	// states are kept of every item, by layer: a measure that has them can be primary.
	states func(p *Patterns) (states []float32, layers, width int)

	// item makes an item's features of its trace, layer by layer; tokens before start stand for no text. A benchmark keeps
	// their mean and variance over items. It is nil for measures whose features are their states.
	item func(t *llm.Trace, start int) []float64
	// size is their number as the patterns' header tells it; such features are kept of every trace that shows them, and stored
	// in the order of the table. Where it is nil the header has a number under the measure's name, and features are kept
	// where a study asks for the measure.
	size func(p *Patterns) int
	// layers is how many RDMs a model has: as many as layers, or one of all features.
	layers func(m *model) int
	// alike compares all pairs of benchmarks by the means and variances of one RDM's features, benchmarks x features.
	alike func(mean, variance []float64, benchmarks int) ([]float64, error)
}

var table = []measure{
	{
		name: Hidden, title: "residual stream at the last prompt token", method: byNeuron,
		states: func(p *Patterns) ([]float32, int, int) { return p.Last, p.Layers, p.Width },
		layers: depth, alike: pearson,
	},
	{
		name: HiddenMean, title: "residual stream, mean over tokens",
		method: "1 - Pearson of z-scored mean patterns in every layer, each item's mean over its tokens",
		item:   everyLayer(hiddenMeans), size: func(p *Patterns) int { return p.Layers * p.Width },
		layers: depth, alike: pearson,
	},
	{
		name: Activation, title: "activation frequency",
		method: "1 - weighted Jaccard of how often each MLP gate's pre-activation is positive, in every layer",
		item:   everyLayer(openGates), size: func(p *Patterns) int { return p.Layers * p.Gates },
		layers: depth,
		alike: func(frequencies, _ []float64, benchmarks int) ([]float64, error) {
			return jaccards(frequencies, benchmarks)
		},
	},
	{
		name: Attention, title: "attention", // all heads at once, since a layer has too few for a correlation
		method: "1 - Pearson over all heads of z-scored attention entropy (over its maximum; with and without the first token) " +
			"and mean distance",
		item: everyLayer(attends), size: func(p *Patterns) int { return p.Layers * p.Heads * AttentionFeatures },
		layers: oneLayer, alike: pearson,
	},
	{
		name: Final, title: "state behind the final norm at the last prompt token", said: finalStates,
		method: "1 - Pearson of z-scored mean patterns",
		states: func(p *Patterns) ([]float32, int, int) { return p.Final, 1, p.Width },
		layers: oneLayer, alike: pearson,
	},
	{
		name: FinalMean, title: "state behind the final norm, mean over tokens", said: finalStates,
		method: "1 - Pearson of z-scored mean patterns, each item's mean over its tokens",
		item:   finalMeans, size: (*Patterns).finals,
		layers: oneLayer, alike: pearson,
	},
	{
		name: Energy, title: "activation energy",
		method: "1 - Pearson of z-scored mean patterns in every layer, each item's log mean square over its tokens of every " +
			"input channel of the matrices (queries, keys and values; attention's output; gate and up; down)",
		said: "Activation energy is, for each item and each input channel of a layer's matrices, the log of the mean over " +
			"tokens of the squared input: the sum that llama-imatrix writes as `in_sum2`, over its `counts`. " +
			"Logs keep a few items with huge activations from making up a benchmark's mean.",
		states: func(p *Patterns) ([]float32, int, int) { return p.Folds, p.Layers, p.Channels }, // llama-imatrix
		item:   everyLayer(layerEnergies), size: (*Patterns).energies,
		layers: depth, alike: pearson,
	},
}

const (
	byNeuron = "1 - Pearson of z-scored mean patterns in every layer, neurons standardised with equal weight per benchmark"

	finalStates = "Final states are those behind the model's last norm, one layer, which is all that servers show."
)

func depth(m *model) int  { return m.depth }
func oneLayer(*model) int { return 1 }

func pearson(mean, variance []float64, benchmarks int) ([]float64, error) {
	return correlations(standardise(mean, variance, benchmarks), benchmarks)
}

// named are the rows of some measures, in the order of names.
func named(names []string) []measure {
	var out []measure
	for _, name := range names {
		if i := slices.IndexFunc(table, func(m measure) bool { return m.name == name }); i >= 0 {
			out = append(out, table[i])
		}
	}
	return out
}

// keptIfAsked are the measures among names whose features are kept only because they are asked for.
func keptIfAsked(names []string) []string {
	var out []string
	for _, m := range table {
		if slices.Contains(names, m.name) && m.item != nil && m.size == nil {
			out = append(out, m.name)
		}
	}
	return out
}

// moments are those of the measure's features over the items of a benchmark.
func (m measure) moments(p *Patterns) Moments {
	if m.item != nil {
		return p.Moments[m.name]
	}
	states, layers, width := m.states(p)
	return momentsOf(states, layers*width)
}

// primary is the measure that enters the map and the tests: hidden, or final where the study names final states and not
// hidden, or the energies that llama-imatrix gives. Final states count as those of a single layer.
func primary(o study.Neural) measure {
	name := Hidden
	switch {
	case o.Imatrix != nil:
		name = Energy
	case !slices.Contains(o.Measures, Hidden) && slices.ContainsFunc(described(o.Measures), ofFinal):
		name = Final
	}
	return named([]string{name})[0]
}

// described are the descriptions of some measures.
func described(names []string) []study.Measure {
	var out []study.Measure
	for _, m := range study.NeuralMeasures {
		if slices.Contains(names, m.Name) {
			out = append(out, m)
		}
	}
	return out
}

func ofFinal(m study.Measure) bool { return m.Needs.Trace == llm.WantFinal }

// Wanted is what must be traced for some measures: the residual stream always, unless all of them are of final states.
func Wanted(measures []string) llm.Want {
	var want llm.Want
	for _, m := range described(measures) {
		want |= m.Needs.Trace
	}
	return cmp.Or(want, llm.WantResidual)
}
