package perplexity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// random features, some values tied.
func randomFeatures(m, d, docs int, seed uint64) *features {
	rng := rand.New(rand.NewPCG(seed, 2))
	f := &features{docs: docs, x: make([][]float32, m)}
	for t := range d {
		f.at, f.doc = append(f.at, t), append(f.doc, t*docs/d)
	}
	for i := range f.x {
		for range d {
			f.x[i] = append(f.x[i], float32(math.Round(4*rng.NormFloat64())/4))
		}
	}
	return f
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// gamma is what its definition says, pair by pair, with ties; and Spearman's rho without.
func TestGamma(t *testing.T) {
	const m, d, nb = 11, 700, 3
	f := randomFeatures(m, d, 7, 1)
	rng := rand.New(rand.NewPCG(3, 4))
	scores := make([][]float64, nb)
	for b := range scores {
		for range m {
			scores[b] = append(scores[b], math.Round(6*rng.Float64()))
		}
	}
	targets, plain := targetsOf(scores, false)
	s := f.screen(indices(m), targets, nil, 1, 0.5)[0]
	gammas := make([][]float64, nb)
	for b := range gammas {
		gammas[b] = make([]float64, d)
		for _, tail := range []tail{s.good[b], s.bad[b]} {
			for k, piece := range tail.pieces {
				gammas[b][piece] = tail.gamma[k]
			}
		}
	}
	if plain != 0 {
		t.Error("plain targets were counted as residuals that failed")
	}
	for piece := range d {
		column := make([]float64, m)
		for i := range column {
			column[i] = float64(f.x[i][piece])
		}
		ranks := stats.Ranks(column)
		for b, y := range scores {
			var want float64
			for k := range m {
				for l := k + 1; l < m; l++ {
					switch {
					case y[k] > y[l]:
						want += ranks[k] - ranks[l]
					case y[k] < y[l]:
						want -= ranks[k] - ranks[l]
					}
				}
			}
			near(t, "gamma", gammas[b][piece], want, 1e-9)
		}
	}
	y := []float64{3, 1, 4, 1.5, 9, 2.6}
	g := &features{docs: 1, at: []int{0, 1}, doc: []int{0, 0}, x: [][]float32{{5, 0}, {1, 9}, {2, 0}, {8, 0}, {7, 0}, {3, 0}}}
	targets, _ = targetsOf([][]float64{y}, false)
	gamma := g.screen(indices(6), targets, nil, 1, 0.5)[0].bad[0].gamma[0]
	want, _ := stats.Spearman(y, []float64{5, 1, 2, 8, 7, 3})
	near(t, "rho", rho(gamma, 6), want, 1e-12)
}

// With residuals gamma no longer goes with the general factor: the target is orthogonal to it.
func TestTargetsAreClearedOfTheGeneralFactor(t *testing.T) {
	scores := correlatedScores(20, 6, 5)
	targets, plain := targetsOf(scores, true)
	if plain != 0 {
		t.Fatal("a general factor is missing")
	}
	var columns [][]float64
	for _, y := range scores[1:] {
		columns = append(columns, stats.NormalScores(y))
	}
	g, err := stats.GeneralFactor(columns)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "product of the first target with g", linalg.Dot(targets[0].v, g.Scores), 0, 1e-9)
	if _, plain := targetsOf(scores[:2], true); plain != 2 {
		t.Error("two benchmarks alone have no general factor, but it is not counted")
	}
}

func correlatedScores(m, nb int, seed uint64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 8))
	g := make([]float64, m)
	for i := range g {
		g[i] = rng.NormFloat64()
	}
	scores := make([][]float64, nb)
	for b := range scores {
		for i := range m {
			scores[b] = append(scores[b], g[i]+rng.NormFloat64())
		}
	}
	return scores
}

func TestTargetsSayWhyThereIsNone(t *testing.T) {
	targets, _ := targetsOf([][]float64{nil, {1, 1, 1}, {1, 2, 3}}, false)
	if targets[0].reason == "" || targets[1].reason == "" || targets[2].reason != "" {
		t.Errorf("reasons: %+v", targets)
	}
}

func TestTails(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		d := 1 + rng.IntN(200)
		values := make([]float64, d)
		for i := range values {
			values[i] = float64(rng.IntN(20))
		}
		order := indices(d)
		slices.SortStableFunc(order, func(a, b int) int { return int(values[a] - values[b]) })
		h := lowest{limit: rng.IntN(d + 1)}
		for i, v := range values {
			h.offer(v, i)
		}
		got := h.tail(1)
		if !slices.Equal(got.pieces, order[:h.limit]) {
			t.Fatalf("the lowest %d among %d are %v, want %v", h.limit, d, got.pieces, order[:h.limit])
		}
		for k, piece := range got.pieces {
			near(t, "value", got.gamma[k], values[piece], 0)
		}
	}
	if n := tailSize(0.01, 20000, 32); n != 200 {
		t.Error("1 % of 20,000 pieces:", n)
	}
	if n := tailSize(0.01, 1000, 32); n != 32 {
		t.Error("both tails together must hold max(2m, 50) pieces:", n)
	}
	if n := tailSize(0.01, 30, 32); n != 15 {
		t.Error("both tails must not overlap:", n)
	}
}

// For as many models as are sorted by other means than insertion, ranks are the same.
func TestRanksOfManyModels(t *testing.T) {
	f := randomFeatures(100, 5, 1, 9)
	to := make([]float64, 100)
	for piece := range 5 {
		newRanker(100).ranks(f, indices(100), piece, to)
		var column []float64
		for i := range 100 {
			column = append(column, float64(f.x[i][piece]))
		}
		for i, r := range stats.Ranks(column) {
			near(t, "rank", to[i]+50.5, r, 0)
		}
	}
}

// Two sets of documents are screened as if each were a corpus of its own.
func TestSetsOfPieces(t *testing.T) {
	f := randomFeatures(9, 600, 6, 4)
	targets, _ := targetsOf(correlatedScores(9, 3, 2), true)
	part := f.split([]int{1, 4})
	both := f.screen(indices(9), targets, part, 2, 0.05)
	for set := range both {
		alone := &features{docs: 6, x: make([][]float32, 9)}
		var at []int
		for piece, s := range part {
			if int(s) == set {
				at = append(at, piece)
				alone.at, alone.doc = append(alone.at, piece), append(alone.doc, f.doc[piece])
				for i := range alone.x {
					alone.x[i] = append(alone.x[i], f.x[i][piece])
				}
			}
		}
		want := alone.screen(indices(9), targets, nil, 1, 0.05)[0]
		if both[set].pieces != want.pieces {
			t.Fatalf("set %d has %d pieces, want %d", set, both[set].pieces, want.pieces)
		}
		for b := range targets {
			for k, piece := range want.good[b].pieces {
				if both[set].good[b].pieces[k] != at[piece] || both[set].good[b].gamma[k] != want.good[b].gamma[k] {
					t.Fatalf("set %d, benchmark %d: the tails differ", set, b)
				}
			}
		}
	}
}
