package analysis

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// notable is the correlation of two columns' exposures, either way, from which on their benchmarks may overlap, or part, for it.
const notable = 0.2

// columns checks what the file says of columns of texts.
func (r *truthReader) columns() {
	seen := map[string]bool{}
	for i, c := range r.Columns {
		if seen[c.ID] {
			r.fault("column", i, "id", fmt.Sprintf("column %q stands there twice", c.ID), "")
		}
		seen[c.ID] = true
		if r.has("column", i, "strength") && (!(c.Strength >= 1) || math.IsInf(c.Strength, 1)) {
			r.fault("column", i, "strength", fmt.Sprintf("%g is no ratio of high to low exposure", c.Strength),
				"It is a number from 1 on.")
		}
	}
	for i, b := range r.Benchmarks {
		for _, c := range b.Columns {
			if len(seen) > 0 && !seen[c] {
				r.fault("benchmark", i, "columns", fmt.Sprintf("there is no [[column]] %q", c),
					"Where a file has columns, it has those of all benchmarks.")
			}
		}
	}
}

func (t *truth) column(id string) (truthColumn, bool) {
	k := slices.IndexFunc(t.Columns, func(c truthColumn) bool { return c.ID == id })
	if k < 0 {
		return truthColumn{}, false
	}
	return t.Columns[k], true
}

// correlation of the exposures of two columns, as their sources make it; 0 where the file names none.
func (c truthColumn) correlation(d truthColumn) float64 {
	var both, own, other float64
	for s, w := range c.Sources {
		both, own = both+w*d.Sources[s], own+w*w
	}
	for _, w := range d.Sources {
		other += w * w
	}
	if own == 0 || other == 0 {
		return 0
	}
	return both / math.Sqrt(own*other)
}

// together says whether models met what governs two benchmarks of different skills together, or one in place of the other,
// though it is not the same.
func (t *truth) together(x, y truthBenchmark) bool {
	if x.sharesSkill(y) {
		return false
	}
	for _, a := range x.Columns {
		for _, b := range y.Columns {
			c, knownC := t.column(a)
			d, knownD := t.column(b)
			if a != b && knownC && knownD && math.Abs(c.correlation(d)) >= notable {
				return true
			}
		}
	}
	return false
}

// ofSkill are the columns that govern a benchmark's skills: of each, those that all of its benchmarks have. What only some of
// them have, such as the manner of asking, is not what the skill was learnt from.
func (t *truth) ofSkill(b truthBenchmark) (out []string) {
	for _, c := range b.Columns {
		if slices.ContainsFunc(slices.Collect(maps.Keys(b.Skills)), func(skill string) bool { return t.governs(c, skill) }) {
			out = append(out, c)
		}
	}
	return out
}

// governs says whether all benchmarks with a skill have a column.
func (t *truth) governs(column, skill string) bool {
	return !slices.ContainsFunc(t.Benchmarks, func(b truthBenchmark) bool {
		_, has := b.Skills[skill]
		return has && !slices.Contains(b.Columns, column)
	})
}
