package atlas

import (
	"fmt"
	"slices"

	"sdmap/internal/matrix"
)

// Absent is a benchmark that takes no part in the compromise.
type Absent struct {
	Axis, Benchmark string
	Reason          string
}

// Common finds the benchmarks that have overlaps with each other on every axis, and returns the axes' matrices for them.
// While a cell is missing, the benchmark with the most missing cells leaves (the later of equals), with the reason that
// stands in its first one.
func Common(axes []string, overlaps []*matrix.Labelled) ([]*matrix.Labelled, []Absent, error) {
	if len(overlaps) == 0 || len(axes) != len(overlaps) {
		return nil, nil, fmt.Errorf("%d axis names for %d overlap matrices", len(axes), len(overlaps))
	}
	labels, absent := onEveryAxis(axes, overlaps)
	for {
		subs := make([]*matrix.Labelled, len(overlaps))
		for k, o := range overlaps {
			if !o.Square() {
				return nil, nil, fmt.Errorf("axis %q: rows and columns carry different labels", axes[k])
			}
			var err error
			if subs[k], err = o.Sub(labels, labels); err != nil {
				return nil, nil, fmt.Errorf("axis %q: %w", axes[k], err)
			}
		}
		worst, found := mostMissing(axes, subs)
		if !found {
			return subs, absent, nil
		}
		absent = append(absent, worst)
		labels = slices.DeleteFunc(labels, func(l string) bool { return l == worst.Benchmark })
	}
}

// onEveryAxis keeps the benchmarks of which every axis speaks, in the order of the first one.
func onEveryAxis(axes []string, overlaps []*matrix.Labelled) (labels []string, absent []Absent) {
	seen := map[string]bool{}
	for _, some := range overlaps {
		for _, label := range some.Rows {
			if seen[label] {
				continue
			}
			seen[label] = true
			k := slices.IndexFunc(overlaps, func(o *matrix.Labelled) bool { return o.RowIndex(label) < 0 })
			if k < 0 {
				labels = append(labels, label)
			} else {
				absent = append(absent, Absent{axes[k], label, "not computed on this axis"})
			}
		}
	}
	return labels, absent
}

// mostMissing is the benchmark with the most missing cells off the diagonal.
func mostMissing(axes []string, overlaps []*matrix.Labelled) (Absent, bool) {
	labels := overlaps[0].Rows
	counts := make([]int, len(labels))
	for _, o := range overlaps {
		for at := range o.MissingCells() {
			if at[0] != at[1] {
				counts[at[0]]++
				counts[at[1]]++
			}
		}
	}
	worst := 0
	for i, c := range counts {
		if c > 0 && c >= counts[worst] {
			worst = i
		}
	}
	if len(counts) == 0 || counts[worst] == 0 {
		return Absent{}, false
	}
	for k, o := range overlaps {
		for at, reason := range o.MissingCells() {
			if at[0] != at[1] && (at[0] == worst || at[1] == worst) {
				return Absent{axes[k], labels[worst], reason}, true
			}
		}
	}
	return Absent{}, false
}
