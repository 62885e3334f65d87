package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sdmap/internal/linalg"
)

// withGaps is a table of 14 rows and 7 columns with 12 cells missing.
func withGaps() [][]float64 {
	columns := make([][]float64, 7)
	for b := range columns {
		for i := range 14 {
			v := float64((7*i*i+3*b*i+5*b*b+i*b*b)%23)/23 + 0.05*float64(i)
			if (5*i+3*b+i*b)%7 == 0 {
				v = math.NaN()
			}
			columns[b] = append(columns[b], v)
		}
	}
	return columns
}

func normalWithin(x []float64) []float64 {
	var values []float64
	for _, v := range x {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	out, z := slices.Clone(x), NormalScores(values)
	for i, v := range x {
		if !math.IsNaN(v) {
			out[i], z = z[0], z[1:]
		}
	}
	return out
}

// Figures by R 4.2.2: optim(method = "BFGS") on the likelihood of normal scores, sum over rows of
// log|C| + d' C^-1 d with C = w w' + s I and d = z - mean over the cells that are there; g = w'd/(w'w + s).
func TestRankOneIsMaximumLikelihood(t *testing.T) {
	var z [][]float64
	for _, x := range withGaps() {
		z = append(z, normalWithin(x))
	}
	c, err := NewIncomplete(z)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Fit(nil, nil, 1e-9)
	if err != nil {
		t.Fatal(err)
	}
	weights := []float64{0.646170079137, 0.243755536857, 0.695911169980, 0.508091540002, 0.809481812761, 0.458181620765,
		0.548892402608}
	scores := []float64{-0.757261206005, -1.527253603530, -0.888932349370, -0.279306490071, -0.822880619189, -0.589502889830,
		0.132082914090, 0.135134184302, 0.262315898639, 0.273305908813, 0.178514658956, 0.670413024281, 1.569817860384,
		1.643552354550}
	near(t, "weights", f.Weight, weights, 1e-4)
	near(t, "scores", f.Scores, scores, 1e-4)
	near(t, "noise", []float64{f.Noise}, []float64{0.666610834774}, 1e-4)
}

// Without gaps the scores are the first principal component, with any columns left out, from any start.
func TestRankOneOfCompleteColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	columns := make([][]float64, 9)
	for range 40 {
		g := rng.NormFloat64()
		for j := range columns {
			columns[j] = append(columns[j], g+float64(1+j%3)*0.5*rng.NormFloat64())
		}
	}
	exact, err := NewComponents(columns)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewIncomplete(columns)
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Fit(nil, nil, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	for a := range columns {
		for b := range a {
			want, err := exact.General(a, b)
			if err != nil {
				t.Fatal(err)
			}
			leave := make([]bool, 9)
			leave[a], leave[b] = true, true
			got, err := c.Fit(leave, all, 1e-10)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "component", linalg.Standardised(got.Scores), linalg.Standardised(want.Scores), 1e-8)
			near(t, "share", []float64{got.Share}, []float64{want.Share}, 1e-6)
		}
	}
}

// What leaves two out is put together from what leaves out one, with an error of second order.
func TestWithoutIsOfSecondOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	columns := make([][]float64, 40)
	for range 60 {
		g := rng.NormFloat64()
		for j := range columns {
			v := g + rng.NormFloat64()
			if rng.Float64() < 0.4 {
				v = math.NaN()
			}
			columns[j] = append(columns[j], v)
		}
	}
	c, err := NewIncomplete(columns)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(out ...int) *RankOne {
		leave := make([]bool, 40)
		for _, j := range out {
			leave[j] = true
		}
		f, err := c.Fit(leave, nil, 1e-9)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	all, worst := fit(), 0.0
	for a := range 10 {
		for b := range a {
			exact := fit(a, b).Scores
			for i, g := range c.Without(all, fit(a), fit(b), []int{a, b}) {
				worst = math.Max(worst, math.Abs(g-exact[i]))
			}
		}
	}
	t.Logf("largest error of a score: %.2g standard deviations", worst)
	if worst > 0.01 {
		t.Errorf("a score is off by %v standard deviations", worst)
	}
}

func TestIncompleteRefuses(t *testing.T) {
	nan := math.NaN()
	if _, err := NewIncomplete([][]float64{{1, 2, nan}, {nan, 3, 3}}); !errors.Is(err, ErrConstant) {
		t.Error("a column of equal values:", err)
	}
	if _, err := NewIncomplete([][]float64{{1, 2}, {1, 2, 3}}); !errors.Is(err, ErrLength) {
		t.Error("columns of different length:", err)
	}
	c, err := NewIncomplete([][]float64{{1, 2, nan}, {4, nan, 3}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fit([]bool{true, false}, nil, 1e-6); !errors.Is(err, ErrTooFew) {
		t.Error("one column alone:", err)
	}
}

// Figures by R 4.2.2: pbinom(k - 1, n, chance, lower.tail = FALSE).
func TestBinomialTail(t *testing.T) {
	for _, c := range []struct {
		n, k   int
		chance float64
		want   float64
	}{
		{100, 28, 0.25, 0.27761948688466143}, {14042, 5000, 0.25, 1.1362103069367268e-171}, {100, 4, 0.25, 0.9999999978918348},
		{14042, 3601, 0.25, 0.040001329377752824}, {5, 0, 0.5, 1}, {5, 6, 0.5, 0}, {5, 5, 1, 1}, {5, 1, 0, 0},
	} {
		got, err := BinomialTail(c.n, c.k, c.chance)
		if err != nil || math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("P(X >= %d), n = %d, p = %v: %v, want %v (%v)", c.k, c.n, c.chance, got, c.want, err)
		}
	}
	if _, err := BinomialTail(3, 1, 1.5); err == nil {
		t.Error("a chance of 1.5 has a tail")
	}
	for k := range 31 { // as the convolution has it
		want, _ := PoissonBinomialTail(slices.Repeat([]float64{0.3}, 30), k)
		got, _ := BinomialTail(30, k, 0.3)
		near(t, "tail", []float64{got}, []float64{want}, 1e-12)
	}
}

// Scores without a pair of columns, row by row, are those of the general way.
func TestPairScoresAreWithout(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	columns := factorColumns(rng, 40, 12, 1)
	for _, x := range columns {
		for i := range x {
			if rng.IntN(4) == 0 {
				x[i] = math.NaN()
			}
		}
	}
	c, err := NewIncomplete(columns)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(out ...int) *RankOne {
		leave := make([]bool, len(columns))
		for _, j := range out {
			leave[j] = true
		}
		f, err := c.Fit(leave, nil, 1e-10)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	all := fit()
	for y := range columns {
		for x := range y {
			var rows []int
			for i := range 40 {
				if !math.IsNaN(columns[x][i] + columns[y][i]) {
					rows = append(rows, i)
				}
			}
			a, b, got := fit(x), fit(y), make([]float64, len(rows))
			c.PairScores(all, a, b, x, y, rows, got)
			want := c.Without(all, a, b, []int{x, y})
			for n, i := range rows {
				near(t, "score", got[n:n+1], want[i:i+1], 1e-12)
			}
		}
	}
}
