package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"sdmap/internal/linalg"
)

// The factor of the other columns is that of Components with the column left out, whichever way it is computed.
func TestGeneralOfOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, shape := range [][2]int{{3, 4}, {5, 9}, {10, 30}, {12, 6}, {7, 3}} {
		m, k := shape[0], shape[1]
		columns := make([][]float64, k)
		for j := range columns {
			for i := range m {
				columns[j] = append(columns[j], float64(i%3)*float64(j%2)+rng.NormFloat64())
			}
		}
		got, err := GeneralOfOthers(columns)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewComponents(columns)
		if err != nil {
			t.Fatal(err)
		}
		for j := range columns {
			f, err := c.General(j)
			if err != nil {
				t.Fatal(err)
			}
			r := linalg.Dot(linalg.Standardised(got[j]), linalg.Standardised(f.Scores))
			if math.Abs(math.Abs(r)-1) > 1e-9 {
				t.Errorf("%d rows, %d columns, without column %d: correlation %v", m, k, j, r)
			}
		}
	}
	if _, err := GeneralOfOthers([][]float64{{1, 2, 3}, {3, 1, 2}}); err == nil {
		t.Error("two columns leave one other, which is no general factor")
	}
	if _, err := GeneralOfOthers([][]float64{{1, 1, 1}, {3, 1, 2}, {1, 2, 3}}); err == nil {
		t.Error("a constant column has no correlations")
	}
}
