package axis

import "math"

// Observed returns the scores benchmark by benchmark: B columns of m, NaN where a model has no score.
func (t *ScoreTable) Observed() [][]float64 {
	out := make([][]float64, len(t.Benchmarks))
	for b := range out {
		out[b] = make([]float64, len(t.Models))
		for i := range out[b] {
			v, ok := t.Score.At(i, b)
			if !ok {
				v = math.NaN()
			}
			out[b][i] = v
		}
	}
	return out
}

// Missing counts the cells without a score.
func (t *ScoreTable) Missing() (n int) {
	for b := range t.Benchmarks {
		for i := range t.Models {
			if _, ok := t.Score.At(i, b); !ok {
				n++
			}
		}
	}
	return n
}

// ObservedOn is On with NaN where a model has no score.
func (t *ScoreTable) ObservedOn(models []int, items [][]int) [][]float64 {
	return t.on(t.Observed(), models, items)
}
