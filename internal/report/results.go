package report

import (
	"slices"

	"sdmap/internal/analysis"
	"sdmap/internal/axis"
	"sdmap/internal/study"
)

// compared is the analysis, or what stands for it where the axes were not compared: the benchmarks and that it is missing.
func compared(a *analysis.Analysis, s *study.Study) *analysis.Analysis {
	if a != nil {
		return a
	}
	a = &analysis.Analysis{Warnings: []string{"The axes were not compared."}}
	for _, x := range s.Benchmarks {
		a.Benchmarks = append(a.Benchmarks, x.ID)
		a.Families = append(a.Families, x.Family)
		a.Formats = append(a.Formats, x.Format)
	}
	return a
}

// namesIn are the names by which readers know a study's models and benchmarks, where those are not their ids.
func namesIn(s *study.Study) *axis.Labels {
	out := &axis.Labels{Models: map[string]string{}, Benchmarks: map[string]string{}}
	for _, m := range slices.Concat(s.Models, s.Scored()) {
		out.Models[m.ID] = m.Shown()
	}
	for _, b := range s.Benchmarks {
		out.Benchmarks[b.ID] = b.Shown()
	}
	return out
}

// items counts those of all benchmarks; 0 where there are no scores.
func items(t *axis.ScoreTable) int {
	n := 0
	if t != nil {
		for _, k := range t.ItemCounts() {
			n += k
		}
	}
	return n
}

// byBenchmark finds an axis' named numbers by benchmark: none or one.
func byBenchmark(r *axis.Result, of string) []axis.BenchmarkValue {
	if r != nil {
		for _, v := range r.ByBenchmark {
			if v.Name == of {
				return []axis.BenchmarkValue{v}
			}
		}
	}
	return nil
}

// factsOf is an axis' named numbers; none where the axis is absent.
func factsOf(r *axis.Result) []axis.Value {
	if r == nil {
		return nil
	}
	return r.Facts
}

// factsByName is the same by their names.
func factsByName(r *axis.Result) map[string]axis.Value {
	out := map[string]axis.Value{}
	for _, f := range factsOf(r) {
		out[f.Name] = f
	}
	return out
}
