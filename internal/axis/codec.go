package axis

import (
	"encoding/json"
	"fmt"
	"slices"

	"sdmap/internal/matrix"
)

// Encode gives the output of an axis' action: JSON, equal bytes for equal results. A result that breaks its own rules
// (unknown labels, asymmetric overlaps, replicates of the wrong length) is an error and does not reach the store.
func (r *Result) Encode() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

// Decode reads what Encode wrote.
func Decode(data []byte) (*Result, error) {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("result of an axis: %w", err)
	}
	return &r, r.Validate()
}

// Validate checks what readers of a result rely on.
func (r *Result) Validate() error {
	if !slices.Contains(Names(), r.Axis) {
		return fmt.Errorf("result of an axis: there is no axis %q", r.Axis)
	}
	var seen []string
	for _, v := range r.Variants {
		if slices.Contains(seen, v.Name) {
			return fmt.Errorf("%s axis: two variants are named %q", r.Axis, v.Name)
		}
		seen = append(seen, v.Name)
		if v.Overlap == nil {
			return fmt.Errorf("%s axis: variant %q has no matrix", r.Axis, v.Name)
		}
		if n := len(r.Benchmarks); v.Ns != nil && len(v.Ns) != n*n {
			return fmt.Errorf("%s axis: variant %q counts %d pairs, not %d", r.Axis, v.Name, len(v.Ns), n*n)
		}
		if err := v.Null.check(len(r.Benchmarks)); err != nil {
			return fmt.Errorf("%s axis: variant %q: %w", r.Axis, v.Name, err)
		}
		if n := len(r.Benchmarks); v.ItemsOnly != nil && len(v.ItemsOnly) != n*n {
			return fmt.Errorf("%s axis: variant %q marks the intervals of %d pairs, not %d", r.Axis, v.Name, len(v.ItemsOnly),
				n*n)
		}
		for _, m := range []*matrix.Labelled{v.Overlap, v.Lo, v.Hi} {
			if err := r.checkMatrix(m); err != nil {
				return fmt.Errorf("variant %q: %w", v.Name, err)
			}
		}
	}
	for _, t := range r.Tests {
		for _, m := range []*matrix.Labelled{t.P, t.Statistic} {
			if err := r.checkMatrix(m); err != nil {
				return fmt.Errorf("test %q: %w", t.Name, err)
			}
		}
	}
	for name, f := range r.Replicates {
		if want := r.R * len(r.Benchmarks) * len(r.Benchmarks); len(f) != want {
			return fmt.Errorf("%s axis: replicates of %q hold %d numbers, not %d", r.Axis, name, len(f), want)
		}
	}
	return nil
}

func (r *Result) checkMatrix(m *matrix.Labelled) error {
	if m == nil {
		return nil
	}
	if !slices.Equal(m.Rows, r.Benchmarks) {
		return fmt.Errorf("%s axis: matrix %q is not labelled by the study's benchmarks", r.Axis, m.Name)
	}
	if err := m.CheckSymmetric(1e-9); err != nil {
		return fmt.Errorf("%s axis: %w", r.Axis, err)
	}
	return m.Validate()
}
