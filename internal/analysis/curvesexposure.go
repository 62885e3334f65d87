package analysis

import (
	"math"
	"slices"

	"sdmap/internal/stats"
)

const (
	highExposure  = 0.9  // quantile over models that stands for those who met a text much
	lowExposure   = 0.1  // and for those who met it little
	leastExposure = 0.01 // below which an exposure counts as this, so that ratios are finite
	mostGroups    = 4    // strengths that each make a group
	equalParts    = 3    // that are made of more
)

// strengths are, by benchmark, the log of the ratio of high to low exposure, the mean over the columns that govern its skills;
// NaN where the truth does not say.
func (t *truth) strengths(benchmarks, models []string) []float64 {
	out := make([]float64, len(benchmarks))
	for b, id := range benchmarks {
		columns := t.ofSkill(t.benchmark(id))
		for _, c := range columns {
			out[b] += t.strength(c, models) / float64(len(columns))
		}
		if len(columns) == 0 {
			out[b] = math.NaN()
		}
	}
	return out
}

// strength is the log of the ratio of one column: what the file says of it, else what its models met.
func (t *truth) strength(column string, models []string) float64 {
	if c, said := t.column(column); said {
		return math.Log(c.Strength)
	}
	var met []float64
	for _, m := range t.Models {
		if v, known := m.Exposures[column]; known && slices.Contains(models, m.ID) {
			met = append(met, max(v, leastExposure))
		}
	}
	high, err := stats.Quantile(met, highExposure)
	if err != nil {
		return math.NaN()
	}
	low, _ := stats.Quantile(met, lowExposure)
	return math.Log(high / low)
}

// holds says whether a pair belongs to the group. Means over columns are rounded here and there.
func (g ExposureGroup) holds(strength float64) bool {
	const rounding = 1e-9
	return strength >= math.Log(g.Least)-rounding && strength <= math.Log(g.Most)+rounding
}

// groups divides the pairs of one skill by how strong their exposure was; or says why not.
func (j judged) groups() (out []ExposureGroup, why string) {
	var all []float64
	for a := range j.n {
		for b := a + 1; b < j.n; b++ {
			if s := j.strength[a*j.n+b]; j.relation[a*j.n+b] == same && !math.IsNaN(s) {
				all = append(all, s)
			}
		}
	}
	if len(all) == 0 {
		return nil, "the truth names no exposures of models in the columns of benchmarks that share a skill"
	}
	slices.Sort(all)
	parts := distinctStrengths(all)
	if len(parts) > mostGroups {
		parts = nil
		for k := range equalParts {
			if part := all[k*len(all)/equalParts : (k+1)*len(all)/equalParts]; len(part) > 0 {
				parts = append(parts, part)
			}
		}
	}
	for _, p := range parts {
		g := ExposureGroup{Least: math.Exp(p[0]), Most: math.Exp(p[len(p)-1])}
		for _, s := range all {
			if g.holds(s) {
				g.Pairs++
			}
		}
		out = append(out, g)
	}
	return out, ""
}

// distinctStrengths divides ascending values where they step.
func distinctStrengths(sorted []float64) (out [][]float64) {
	const step = 1e-6
	from := 0
	for k := range sorted {
		if k+1 == len(sorted) || sorted[k+1]-sorted[k] > step {
			out, from = append(out, sorted[from:k+1]), k+1
		}
	}
	return out
}
