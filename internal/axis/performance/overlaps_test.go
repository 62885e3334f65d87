package performance

import (
	"context"
	"math"
	"testing"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// Columns without the general factor are orthogonal to that of the benchmarks outside the family, and their product is what the
// partial correlation given it would be; where a score is missing there is no number.
func TestClearedColumns(t *testing.T) {
	table := grouped(24, 1)
	whole, err := Overlaps{}.Cleared(context.Background(), table, 2)
	if err != nil {
		t.Fatal(err)
	}
	p := newProfile(table.Columns(), table.Families)
	for b, column := range whole {
		if r, err := stats.Pearson(column, p.own(b).g); err != nil || math.Abs(r) > 1e-12 {
			t.Errorf("benchmark %d goes with the general factor: %v, %v", b, r, err)
		}
		if n := linalg.Dot(column, column); math.Abs(n-1) > 1e-12 {
			t.Errorf("benchmark %d has the sum of squares %v", b, n)
		}
	}
	table.Score.SetMissing(0, 0, "not asked")
	gaps, err := Overlaps{Options{}}.Cleared(context.Background(), table, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(gaps[0][0]) || math.IsNaN(gaps[0][1]) || math.IsNaN(gaps[1][0]) {
		t.Errorf("with a gap: %v", gaps[0])
	}
	r, err := stats.Pearson(gaps[1], whole[1])
	if err != nil || r < 0.95 {
		t.Errorf("one gap elsewhere changes a column to r = %v, %v", r, err)
	}
}
