package analysis

import (
	"context"
	"encoding/json"
	"fmt"

	"sdmap/internal/action"
	"sdmap/internal/atlas"
	"sdmap/internal/axis"
)

// version is the meaning of an Analysis; it is raised when the same inputs give other numbers.
const version = 14

// Options is what the analysis needs to know of the study.
type Options struct {
	Seed         uint64
	Q            float64 // of Benjamini-Yekutieli
	Permutations int     // of benchmarks' labels, for Mantel and RV
	Scaling      atlas.Scaling
	Benchmarks   []string
	Families     []string
	Formats      []string
	Lengths      []float64 // mean bytes of a question; 0 of benchmarks without items
	Truth        []byte    // content of the truth file; nil without one
	TruthSource  string
}

// Action makes the step that compares the axes: results holds the action of each axis whose output is an axis.Result.
func Action(opts Options, results map[string]*action.Action) *action.Action {
	a := &action.Action{
		Kind:    "analysis/compare",
		Version: version,
		Subject: "all axes",
		Facts: []action.Fact{
			action.F("seed", opts.Seed), action.F("q", opts.Q), action.F("permutations", opts.Permutations),
			action.F("scaling", string(opts.Scaling)),
			action.F("benchmarks", fmt.Sprintf("%q", opts.Benchmarks)), action.F("families", fmt.Sprintf("%q", opts.Families)),
			action.F("formats", fmt.Sprintf("%q", opts.Formats)), action.F("truth", string(opts.Truth)),
			action.F("truth source", opts.TruthSource), action.F("lengths", fmt.Sprint(opts.Lengths)),
		},
	}
	for _, name := range axis.Names() {
		if r := results[name]; r != nil {
			a.Inputs = append(a.Inputs, action.Input{Name: name, From: r})
		}
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		axes := map[string]*axis.Result{}
		for _, in := range a.Inputs {
			b, err := r.Input(in.Name)
			if err != nil {
				return nil, err
			}
			var res axis.Result
			if err := json.Unmarshal(b, &res); err != nil {
				return nil, fmt.Errorf("result of the %s axis: %w", in.Name, err)
			}
			axes[in.Name] = &res
		}
		out, err := Analyse(ctx, opts, axes)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
	return a
}

// Decode reads what the action wrote.
func Decode(b []byte) (*Analysis, error) {
	var a Analysis
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("analysis: %w", err)
	}
	return &a, nil
}

// Analyse compares the axes of a study. axes lacks those that could not be computed.
func Analyse(ctx context.Context, opts Options, axes map[string]*axis.Result) (*Analysis, error) {
	a := &Analysis{Benchmarks: opts.Benchmarks, Families: opts.Families, Formats: opts.Formats}
	for _, name := range axis.Names() {
		r := axes[name]
		if r.Primary() == nil {
			a.Absent = append(a.Absent, Absent{Axis: name, Reason: "it was not computed in this study"})
			continue
		}
		a.Axes = append(a.Axes, name)
		a.Alarms = append(a.Alarms, r.Alarms...)
	}
	if v := axes[axis.Perplexity].Primary(); v != nil {
		a.Exposure = v.Name
	}
	if p := axes[axis.Performance]; p != nil {
		a.Power = factOf(p, FactPower)
	}
	steps := []func() error{
		func() error { return a.compareAxes(opts, axes) },
		func() error { return a.explain(opts, axes) },
		func() error { return a.drawMaps(opts, axes) },
		func() error { return a.flagPairs(opts, axes) },
		func() error { return a.recover(opts, axes) },
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	a.findAll(axes)
	return a, nil
}

// Names of facts of the performance axis that the analysis reads.
const (
	FactPower = "power"
	FactShare = "general-factor.share"
)

// factOf finds a named number of an axis, or nil.
func factOf(r *axis.Result, name string) *axis.Value {
	if r == nil {
		return nil
	}
	for i := range r.Facts {
		if r.Facts[i].Name == name {
			return &r.Facts[i]
		}
	}
	return nil
}
