// Package stats holds the statistics that the axes and their comparison share: ranks and correlations, the general
// factor, proportions, multiplicity, resampling, matrix tests and kernel two-sample statistics.
//
// Vectors are []float64; a set of variables is a slice of columns of equal length; big square matrices are row-major
// slices with the offsets of their blocks, small labelled ones are matrix.Labelled. Primitives return a number and an
// error; the error's text is the reason that a report prints in the number's place. What is published as a result is
// an Estimate: with n, method, interval or null, and warnings.
//
// The opinion: a statistic that is not defined is missing with a reason, never 0 and never NaN. Inputs are not mutated.
// Randomness comes from Stream, one per (step, replicate), so that adding a step moves no other number; results do not
// depend on GOMAXPROCS.
package stats

import (
	"errors"
	"fmt"
	"math"
)

// Estimate is a number with what it needs to be cited. It is plain data and holds no NaN: where Missing says why there
// is no number, Value, Lo and Hi are 0.
type Estimate struct {
	Value   float64
	Lo, Hi  float64 // interval; only where Level > 0
	Level   float64 // of the interval, such as 0.95; 0 where there is none
	Of      string  `json:",omitempty"` // what the interval is of, where that is less than the reader expects: "items only"
	Without *Range  `json:",omitempty"` // where the value lies when any one lineage of models is left out; nil: not known
	N       int     // independent units behind the number: models, items, benchmarks, as Method says
	Method  string
	P       *float64 // p-value, where one was computed
	Null    *float64 // value expected under the null hypothesis, where it is known
	// NullRange holds NullLevel of the values under the null hypothesis, where they were simulated; Null is then their median.
	NullRange *[2]float64 `json:",omitempty"`
	Warnings  []string
	Missing   string // why there is no number; empty where there is one
}

// Range is where values lie.
type Range struct{ Least, Most float64 }

// NewEstimate returns a number without interval; one that is not finite is missing, with that reason.
func NewEstimate(value float64, n int, method string) Estimate {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return MissingEstimate(fmt.Sprintf("the result is not a finite number (%v)", value), n, method)
	}
	return Estimate{Value: value, N: n, Method: method}
}

// MissingEstimate stands where a number cannot be had.
func MissingEstimate(reason string, n int, method string) Estimate {
	if reason == "" {
		reason = "not computed"
	}
	return Estimate{N: n, Method: method, Missing: reason}
}

// OK reports whether there is a number.
func (e Estimate) OK() bool { return e.Missing == "" }

// WithInterval returns a copy with an interval. One that is not finite is left out, and a warning says so.
func (e Estimate) WithInterval(lo, hi, level float64) Estimate {
	if !e.OK() {
		return e
	}
	if !finite(lo) || !finite(hi) {
		return e.Warn("the interval could not be computed")
	}
	e.Lo, e.Hi, e.Level = lo, hi, level
	return e
}

// WithP returns a copy with a p-value.
func (e Estimate) WithP(p float64) Estimate {
	if e.OK() && finite(p) {
		e.P = &p
	}
	return e
}

// WithNull returns a copy with the value that is expected under the null hypothesis.
func (e Estimate) WithNull(null float64) Estimate {
	if e.OK() && finite(null) {
		e.Null = &null
	}
	return e
}

// Warn returns a copy with one more warning.
func (e Estimate) Warn(text string) Estimate {
	e.Warnings = append(e.Warnings[:len(e.Warnings):len(e.Warnings)], text)
	return e
}

// Reasons why a statistic is not defined. They are compared with errors.Is and printed as they stand.
var (
	ErrConstant = errors.New("a constant vector has no correlation")
	ErrTooFew   = errors.New("too few values")
	ErrLength   = errors.New("vectors of different length")
	ErrFinite   = errors.New("a value is not finite")
	ErrNothing  = errors.New("nothing is left after the covariate is removed")
)

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func allFinite(x []float64) bool {
	for _, v := range x {
		if !finite(v) {
			return false
		}
	}
	return true
}
