package cli

import (
	"math"
	"slices"

	"sdmap/internal/session"
	"sdmap/internal/study"
)

// itemsBehind is how many items stand behind the scores of each benchmark of which that is known.
func itemsBehind(l *session.Session) (out []int) {
	if s := l.Study.Scores; s != nil {
		for j, b := range l.Study.Benchmarks {
			if n := itemsOfColumn(s, j, b); n > 0 {
				out = append(out, n)
			}
		}
		return out
	}
	for _, b := range l.Benchmarks {
		if b != nil && len(b.Items) > 0 {
			out = append(out, len(b.Items))
		}
	}
	return out
}

// itemsOfColumn is the middle number of items behind a benchmark's scores in a table; where it gives none, as many as have
// its standard errors at the largest variance that an item can have; 0 where it gives neither.
func itemsOfColumn(s *study.Scores, j int, b study.Benchmark) int {
	var counts []int
	var variances []float64
	for i, row := range s.Values {
		if math.IsNaN(row[j]) {
			continue
		}
		if n := s.ItemsOf(i, j, b); n > 0 {
			counts = append(counts, n)
		}
		if s.Errors != nil && s.Errors[i][j] > 0 {
			variances = append(variances, s.Errors[i][j]*s.Errors[i][j])
		}
	}
	if len(counts) > 0 {
		slices.Sort(counts)
		return counts[len(counts)/2]
	}
	if len(variances) == 0 {
		return 0
	}
	slices.Sort(variances)
	return max(1, int(math.Min(math.Round(0.25/variances[len(variances)/2]), math.MaxInt32)))
}
