package perplexity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
)

// Joined is the action that makes one result of the parts of this axis, the primary one first: familiarity and signatures are
// measured each by itself, and where one fails the other stands.
func Joined(parts []*action.Action) *action.Action {
	a := &action.Action{Kind: "perplexity/joined", Version: 1, Subject: "perplexity"}
	for i, from := range parts {
		a.Inputs = append(a.Inputs, action.Input{Name: partName(i), From: from, Optional: true})
	}
	a.Run = func(_ context.Context, r action.Runtime) ([]byte, error) {
		var found []*axis.Result
		var failed []axis.Lost
		for i, from := range parts {
			data, lost, err := axis.Optional(r, partName(i))
			if err != nil {
				return nil, err
			}
			if lost != nil {
				failed = append(failed, axis.Lost{What: from.Subject, Why: lost.Why})
				continue
			}
			one, err := axis.Decode(data)
			if err != nil {
				return nil, err
			}
			found = append(found, one)
		}
		if len(found) == 0 {
			return nil, errors.New(failed[0].Why)
		}
		return join(found, failed).Encode()
	}
	return a
}

func partName(i int) string { return fmt.Sprintf("part %d", i+1) }

// join puts results of one axis together. Names of variants, tests and values differ between the parts.
func join(parts []*axis.Result, failed []axis.Lost) *axis.Result {
	out := &axis.Result{Axis: parts[0].Axis, Benchmarks: parts[0].Benchmarks, R: parts[0].R, Replicates: map[string]axis.Floats{}}
	for _, p := range parts {
		out.Variants = append(out.Variants, p.Variants...)
		out.Tests = append(out.Tests, p.Tests...)
		out.ByBenchmark = append(out.ByBenchmark, p.ByBenchmark...)
		out.Facts = append(out.Facts, p.Facts...)
		out.Alarms = append(out.Alarms, p.Alarms...)
		out.Warnings = append(out.Warnings, p.Warnings...)
		maps.Copy(out.Replicates, p.Replicates)
	}
	out.Alarms = append(axis.FailedAlarm(out.Axis, failed), out.Alarms...)
	out.Warnings = append(axis.FailedWarnings(failed), out.Warnings...)
	return out
}

// IsFamiliarity says whether a variant of this axis is familiarity, which no score has chosen.
func IsFamiliarity(variant string) bool {
	return variant == FamiliarityName || strings.HasPrefix(variant, FamiliarityName+".")
}

// SignatureOf is the first overlap of signatures, or nil.
func SignatureOf(r *axis.Result) *axis.Variant {
	if r == nil {
		return nil
	}
	for i, v := range r.Variants {
		if !IsFamiliarity(v.Name) && !v.Baseline {
			return &r.Variants[i]
		}
	}
	return nil
}
