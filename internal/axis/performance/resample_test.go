package performance

import (
	"math"
	"slices"
	"testing"

	"sdmap/internal/stats"
)

// slowOverlaps are both overlaps of a pair as they are defined: sorted, and the general factor decomposed anew.
func slowOverlaps(t *testing.T, scores [][]float64, families []string, a, b int) (raw, gfree float64) {
	t.Helper()
	var others, alone [][]float64
	for c, y := range scores {
		if c != a && c != b {
			alone = append(alone, stats.NormalScores(y))
		}
		if families[c] != families[a] && families[c] != families[b] {
			others = append(others, stats.NormalScores(y))
		}
	}
	if len(others) < fewestOthers {
		others = alone
	}
	g, err := stats.GeneralFactor(others)
	if err != nil {
		t.Fatal(err)
	}
	raw, err = stats.Spearman(scores[a], scores[b])
	if err == nil {
		gfree, err = stats.PartialPearson(stats.NormalScores(scores[a]), stats.NormalScores(scores[b]), g.Scores)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw, gfree
}

// What is seen of all models and of halves is what the definition gives, with families and without, with one general factor and
// with none, with ties.
func TestOverlapsAreAsDefined(t *testing.T) {
	unrelated := noKinship(60, 24, 8)
	for i := range unrelated.Models {
		for b := range unrelated.Benchmarks {
			unrelated.Score.Set(i, b, math.Floor(1e6*math.Abs(math.Sin(float64(1+i*31+b*977*(i+3)))))/1e6)
		}
	}
	families := planted(32, 8, 2, 3)
	for name, table := range map[string]*ScoreTable{"families": families, "one factor": noKinship(40, 9, 3),
		"groups": grouped(50, 4), "no factor": unrelated} {
		halves := newHalves(table, table.Columns(), 3)
		whole := newProfile(table.Columns(), table.Families)
		for r := range 4 {
			models := stats.HalfSample(stats.Stream(9, name, r), len(table.Models))
			var p sampled = whole
			if r == 0 {
				models = nil
			} else {
				p = halves.of(models)
			}
			var scores [][]float64
			for _, c := range table.Columns() {
				scores = append(scores, of(c, models))
			}
			for b := range scores {
				for a := range b {
					raw, gfree := slowOverlaps(t, scores, table.Families, a, b)
					gotRaw, err := p.raw(a, b)
					gotFree, err2 := p.gfree(a, b)
					if err != nil || err2 != nil {
						t.Fatal(err, err2)
					}
					near(t, name+", raw", gotRaw, raw, 1e-12)
					near(t, name+", g-free", gotFree, gfree, 1e-8)
				}
			}
		}
	}
}

// Intervals and deviations do not depend on who works, and are those of all replicates.
func TestSpreadIsThatOfAllReplicates(t *testing.T) {
	table := planted(24, 3, 2, 5)
	halves := newHalves(table, table.Columns(), 3)
	const replicates = atOnce + 7
	all, err := redraw(t.Context(), 6, replicates, 2, halves.look)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 3} {
		s, err := respread(t.Context(), 6, replicates, workers, halves.look)
		if err != nil {
			t.Fatal(err)
		}
		for b := range 6 {
			for a := range b {
				var raw, free, z []float64
				for r := range replicates {
					raw, free = append(raw, all.raw[36*r+6*a+b]), append(free, all.gfree[36*r+6*b+a])
					z = append(z, math.Atanh(free[r]))
				}
				for ends, x := range map[*stats.Ends][]float64{s.raw: raw, s.gfree: free} {
					lo, hi, _ := stats.PercentileInterval(x, level)
					if gotLo, gotHi, err := ends.Interval(pairAt(a, b)); lo != gotLo || hi != gotHi || err != nil {
						t.Errorf("[%v, %v] is not [%v, %v] (%v)", gotLo, gotHi, lo, hi, err)
					}
				}
				_, se, _ := stats.MeanSE(z)
				sd, n := s.deviation(a, b)
				near(t, "deviation", sd, se*math.Sqrt(replicates), 1e-12)
				if n != replicates {
					t.Errorf("%d of %d replicates", n, replicates)
				}
			}
		}
	}
	if !slices.Equal([]int{pairAt(0, 1), pairAt(2, 0), pairAt(1, 2), pairAt(0, 3)}, []int{0, 1, 2, 3}) {
		t.Error("pairs are numbered otherwise")
	}
}
