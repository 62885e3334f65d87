package perplexity

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/linalg"
	"sdmap/internal/simd"
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

// screened are all tails of some pieces.
func screened(f *features, models, pieces []int, targets []target, ratio float64) screening {
	n := tailSize(ratio, len(pieces), len(models))
	return (&screener{}).screen(f.ranked(models, pieces), targets, reach{n, n})
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
	s := screened(f, indices(m), indices(d), targets, 0.5)
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
	gamma := screened(g, indices(6), indices(2), targets, 0.5).bad[0].gamma[0]
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

// Tails are what sorting all gammas gives, pieces in order where these are equal, whatever the guess from a sample was: also
// where the sample misleads, and where nearly all gammas are the same.
func TestTails(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := &screener{}
	for range 60 {
		m, d, nb := 4+rng.IntN(30), 1+rng.IntN(9000), 1+rng.IntN(4)
		f := randomFeatures(m, d, 1, rng.Uint64())
		if rng.IntN(2) == 0 { // the sample alone has spread
			for i := range f.x {
				for piece := range f.x[i] {
					if piece%sampleStep != 0 {
						f.x[i][piece] = float32(i % 3)
					}
				}
			}
		}
		targets, _ := targetsOf(correlatedScores(m, nb, rng.Uint64()), rng.IntN(2) == 0)
		if rng.IntN(2) == 0 {
			targets[rng.IntN(nb)].reason = "left out"
		}
		want := reach{rng.IntN(d/2 + 1), rng.IntN(d/2 + 1)}
		if rng.IntN(2) == 0 {
			want = reach{min(10, d/2), 0}
		}
		r := f.ranked(indices(m), indices(d))
		got := s.screen(r, targets, want)
		for b, gamma := range gammasOf(f, targets) {
			if targets[b].reason != "" {
				continue
			}
			order := indices(d)
			slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(gamma[i], gamma[j]) })
			sameTail(t, got.good[b], order[:want.good], gamma)
			slices.Reverse(order)
			sameTail(t, got.bad[b], order[:want.bad], gamma)
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

// gammasOf are the products of the ranks of all pieces with the targets, as they would be computed plainly.
func gammasOf(f *features, targets []target) [][]float32 {
	m, d := len(f.x), len(f.at)
	ranks, v := make([]float32, m*d), make([]float32, m*len(targets))
	for piece := range d {
		var column []float64
		for i := range m {
			column = append(column, float64(f.x[i][piece]))
		}
		for i, rank := range stats.Ranks(column) {
			ranks[i*d+piece] = float32(rank - float64(m+1)/2)
		}
	}
	out := make([][]float32, len(targets))
	for b, t := range targets {
		for i, x := range t.v {
			v[b*m+i] = float32(x)
		}
		out[b] = make([]float32, d)
		simd.Multiply(1, d, m, v[b*m:], m, simd.Rows(ranks, d), out[b], d, false)
	}
	return out
}

func sameTail(t *testing.T, got tail, pieces []int, gamma []float32) {
	t.Helper()
	if !slices.Equal(got.pieces, pieces) {
		t.Fatalf("the extreme %d of %d are not those of a sort", len(pieces), len(gamma))
	}
	for k, piece := range pieces {
		near(t, "gamma", got.gamma[k], float64(gamma[piece]), 0)
	}
}

// Keys are sorted by digits as by comparisons, whether digits differ or not.
func TestSorter(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	by := &sorter{}
	for _, mask := range []uint64{0, 0xff, ^uint64(0), 0xffff_0000_0000_ffff, 1 << 63} {
		for _, n := range []int{0, 1, fewestDigits - 1, fewestDigits, 5000} {
			keys := make([]uint64, n)
			for i := range keys {
				keys[i] = rng.Uint64() & mask
			}
			want := slices.Sorted(slices.Values(keys))
			if by.sort(keys); !slices.Equal(keys, want) {
				t.Fatalf("%d keys of mask %x are not sorted", n, mask)
			}
		}
	}
}

// Some pieces are screened as if they were a corpus of their own, whether their ranks are kept or not; and many targets at
// once as one by one.
func TestSomePieces(t *testing.T) {
	const m, d = 9, 6000
	f := randomFeatures(m, d, 6, 4)
	targets, _ := targetsOf(correlatedScores(m, 70, 2), true)
	for _, pieces := range f.deal([]int{1, 4, 0, 5, 3, 2}, 2) {
		alone := &features{docs: 6, x: make([][]float32, m), at: pieces, doc: make([]int, len(pieces))}
		for i := range alone.x {
			alone.x[i] = among(f.x[i], pieces)
		}
		got, want := screened(f, indices(m), pieces, targets, 0.05), screened(alone, indices(m), indices(len(pieces)), targets,
			0.05)
		again := &screener{}
		kept := f.ranked(indices(m), pieces).keep()
		for b := range targets {
			one := again.screen(kept, targets[b:b+1], reach{len(got.good[b].pieces), 0})
			if !slices.Equal(got.good[b].pieces, among(pieces, want.good[b].pieces)) ||
				!slices.Equal(got.bad[b].gamma, want.bad[b].gamma) || !slices.Equal(one.good[0].pieces, got.good[b].pieces) ||
				len(one.bad[0].pieces) != 0 {
				t.Fatalf("benchmark %d: the tails differ", b)
			}
		}
	}
}

// Every document falls into one part, and parts have as many as they can.
func TestDeal(t *testing.T) {
	f := randomFeatures(1, 700, 7, 1)
	sets := f.deal(rand.New(rand.NewPCG(1, 1)).Perm(7), 3)
	seen := map[int]int{}
	for k, pieces := range sets {
		if !slices.IsSorted(pieces) || len(pieces) < 200 {
			t.Errorf("part %d has %d pieces", k, len(pieces))
		}
		for _, piece := range pieces {
			if was, ok := seen[f.doc[piece]]; ok && was != k {
				t.Fatal("a document is in two parts")
			}
			seen[f.doc[piece]] = k
		}
	}
	if len(slices.Concat(sets...)) != 700 {
		t.Error("a piece is lost")
	}
}
