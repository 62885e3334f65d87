package axis

import (
	"sdmap/internal/matrix"
	"sdmap/internal/study"
)

// NewScoreTable has all labels and no numbers.
func NewScoreTable(models []study.Model, benchmarks []study.Benchmark) *ScoreTable {
	return newScoreTable(models, benchmarks, func() []int { return make([]int, len(models)) })
}

// NewImportedTable is the same for scores that a table gives. There is nothing to count in it, so that all its counts are the
// same zeros.
func NewImportedTable(models []study.Model, benchmarks []study.Benchmark) *ScoreTable {
	none := make([]int, len(models))
	t := newScoreTable(models, benchmarks, func() []int { return none })
	t.Imported = true
	return t
}

func newScoreTable(models []study.Model, benchmarks []study.Benchmark, column func() []int) *ScoreTable {
	t := &ScoreTable{}
	for _, m := range models {
		t.Models, t.Lineages = append(t.Models, m.ID), append(t.Lineages, m.Lineage)
	}
	nb := len(benchmarks)
	for _, b := range benchmarks {
		t.Benchmarks, t.Families = append(t.Benchmarks, b.ID), append(t.Families, b.Family)
		t.Formats, t.Metrics = append(t.Formats, b.Format), append(t.Metrics, b.Metric)
	}
	t.Score = matrix.New("score", "1", t.Models, t.Benchmarks)
	t.SE = matrix.New("standard error of the score", "1", t.Models, t.Benchmarks)
	t.Chance, t.Constant = make([]float64, nb), make([]float64, nb)
	t.Items, t.ItemChance, t.ItemScores = make([][]string, nb), make([]Floats, nb), make([]Floats, nb)
	t.Skipped = make([]int, nb)
	for _, counts := range []*[][]int{&t.Ties, &t.Equal, &t.Straddled, &t.Truncated} {
		for range nb {
			*counts = append(*counts, column())
		}
	}
	return t
}
