// Package neural is the axis of how models process benchmarks: two benchmarks overlap as far as they drive a model's
// neurons alike, in many models.
//
// The pipeline: a benchmark's prompts through a model -> Patterns (one action a model and benchmark): the residual stream
// at the last prompt token, item by item; means over tokens, activation frequencies and attention, by benchmark (the table
// of measures says what each keeps) -> neurons
// z-scored with equal weight for every benchmark -> a dissimilarity of all pairs of benchmarks (RDM) within every model and
// layer, where neurons correspond -> RDMs of unit norm averaged over layers, then models -> the overlap.
//
// Rows of two benchmarks are different items, so measures that need paired rows (CKA, CCA, Procrustes) cannot compare
// benchmarks; they could only compare RDMs.
//
// Shapes: B benchmarks, M models, L layers of W neurons (the embedding, which has no context in it yet, is no layer), n
// items a benchmark. Patterns are n x L x W, row-major.
//
// The opinion: correlations of mean patterns are for looking at, since the noise of few items raises or lowers them alike;
// tests use crossnobis distances, which are unbiased whatever the noise.
//
// Where llama-imatrix measures in place of this process, its energies are the only pattern, and folds of a benchmark's items
// stand where items stand above.
package neural

import (
	"encoding/json"
	"fmt"

	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/study"
)

// MinItems is the smallest number of items with which a benchmark takes part.
const MinItems = 4

// Params is what the axis needs to know of a study beside its patterns.
type Params struct {
	Seed       uint64
	Benchmarks []string // ids, in the study's order
	Loaded     []int    // items (or folds) of each benchmark as loaded: shared half-samples are drawn from these
	Models     []string // ids of all models of the study, traced or not
	Lineages   []string // of all models
	Replicates int      // shared half-samples
	Options    study.Neural
}

// Output is what the axis' action writes: a Result, and beside it what only this axis has.
type Output struct {
	axis.Result
	Detail Detail
}

// Detail is read by the section on the neural axis.
type Detail struct {
	Models []string // that were traced
	// Layers holds, by layer, the overlap of the primary measure in that layer alone: RDMs of unit norm averaged over the
	// models that have this layer.
	Layers []*matrix.Labelled
	// RDMs holds, by model, the mean over layers of its RDMs of unit norm, pairs a < b in row order.
	RDMs []axis.Floats
	// Agreement of models: correlations of their RDMs.
	Spearman, Cosine *matrix.Labelled
}

// Encode gives the action's output.
func (o *Output) Encode() ([]byte, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(o)
}

// Decode reads the action's output; axis.Decode reads the Result alone from the same bytes.
func Decode(data []byte) (*Output, error) {
	var o Output
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("result of the neural axis: %w", err)
	}
	return &o, o.Validate()
}
