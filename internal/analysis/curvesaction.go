package analysis

import (
	"context"
	"encoding/json"
	"fmt"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/axis/neural"
	"sdmap/internal/axis/perplexity"
)

// curvesVersion is the meaning of Curves; it is raised when the same inputs give other numbers.
const curvesVersion = 2

// CurveInputs are the actions that curves are drawn from; nil where a study has none.
type CurveInputs struct {
	Scores      *action.Action
	Familiarity *action.Action            // its table
	Signatures  *action.Action            // on subsets of models
	Results     map[string]*action.Action // by axis
}

// CurvesAction draws smaller studies from one of which it is known what was planted; nil where nothing is known or no model has
// scores. What failed, or is not there, leaves out its own curves.
func CurvesAction(opts Options, from CurveInputs) *action.Action {
	if opts.Truth == nil || from.Scores == nil || len(from.Results) == 0 {
		return nil
	}
	a := &action.Action{
		Kind: "analysis/curves", Version: curvesVersion, Subject: "recovery in smaller studies",
		Facts: []action.Fact{
			action.F("seed", opts.Seed), action.F("benchmarks", fmt.Sprintf("%q", opts.Benchmarks)),
			action.F("truth", string(opts.Truth)), action.F("subsets", axis.SubsetDraws),
		},
	}
	add := func(name string, one *action.Action) {
		if one != nil {
			a.Inputs = append(a.Inputs, action.Input{Name: name, From: one, Optional: name != inputScores})
		}
	}
	add(inputScores, from.Scores)
	add(inputFamiliarity, from.Familiarity)
	add(inputSignatures, from.Signatures)
	for _, name := range axis.Names() {
		add(name, from.Results[name])
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		t, found := readTruth(opts.TruthSource, opts.Truth, opts.Benchmarks)
		if t == nil {
			return nil, found[0]
		}
		s, err := partsOf(a, opts, r)
		if err != nil {
			return nil, err
		}
		out, err := s.curves(ctx, t)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
	return a
}

// Names of inputs beside those that are called after their axis.
const (
	inputScores      = "scores"
	inputFamiliarity = "familiarity"
	inputSignatures  = "signatures"
)

// partsOf reads all that is there.
func partsOf(a *action.Action, opts Options, r action.Runtime) (*studyParts, error) {
	s := &studyParts{seed: opts.Seed, workers: r.Workers(), benchmarks: opts.Benchmarks, axes: map[string]*axis.Result{}}
	for _, in := range a.Inputs {
		data, lost, err := axis.Optional(r, in.Name)
		if err == nil && lost == nil {
			err = s.take(in.Name, data)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	return s, nil
}

// take decodes one input.
func (s *studyParts) take(name string, data []byte) (err error) {
	switch name {
	case inputScores:
		s.scores, err = axis.DecodeScores(data)
	case inputFamiliarity:
		s.familiar, err = axis.DecodeScores(data)
	case inputSignatures:
		s.signatures, err = perplexity.DecodeSubsets(data)
	case axis.Neural:
		var n *neural.Output
		if n, err = neural.Decode(data); err == nil {
			s.axes[name], s.neural = &n.Result, &n.Detail
		}
	default:
		s.axes[name], err = axis.Decode(data)
	}
	return err
}

// DecodeCurves reads what the action wrote.
func DecodeCurves(b []byte) (*Curves, error) {
	var c Curves
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("curves of recovery: %w", err)
	}
	return &c, nil
}
