package neural

import (
	"testing"

	"sdmap/internal/stats"
)

// The ceiling of Spearman's correlation is a Spearman correlation: the mean of ranks is ranked again. Without that it would be
// Pearson's, which the mean of ranks maximises, and no RDM could reach it.
func TestCeilingOfRanksIsOfRanks(t *testing.T) {
	rdms := [][]float64{{1, 2, 3, 4, 9}, {2, 1, 3, 9, 4}, {5, 1, 2, 3, 4}}
	_, _, facts := agreement([]string{"a", "b", "c"}, rdms)
	var total []float64
	for k := range rdms[0] {
		sum := 0.0
		for _, v := range rdms {
			sum += stats.Ranks(v)[k]
		}
		total = append(total, sum)
	}
	want, pearson := 0.0, 0.0
	for _, v := range rdms {
		s, err := stats.Spearman(v, total)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := stats.Pearson(stats.Ranks(v), total)
		want, pearson = want+s/3, pearson+p/3
	}
	for _, f := range facts {
		if f.Name == "ceiling.upper.spearman" {
			near(t, f.Name, f.Value, want, 1e-12)
		}
	}
	if want >= pearson {
		t.Errorf("the ceiling %v of ranks is not below Pearson's %v: the test tells nothing", want, pearson)
	}
}
