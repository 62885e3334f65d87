package stats

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func normals(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

func TestUndefinedCorrelationsHaveReasons(t *testing.T) {
	x, flat := []float64{1, 2, 3, 5}, []float64{0.1, 0.1, 0.1, 0.1}
	almost := []float64{0.3, 0.1 + 0.2, 0.3, 0.3}
	correlations := map[string]func(x, y []float64) (float64, error){
		"Pearson": Pearson, "Spearman": Spearman, "KendallTauB": KendallTauB,
		"PartialPearson": func(x, y []float64) (float64, error) { return PartialPearson(x, y, []float64{1, 0, 0, 1}) },
	}
	for name, f := range correlations {
		for _, c := range []struct {
			x, y []float64
			want error
		}{
			{x, flat, ErrConstant}, {flat, x, ErrConstant}, {x, almost, ErrConstant},
			{x, x[:3], ErrLength}, {x[:1], x[:1], ErrTooFew}, {nil, nil, ErrTooFew},
			{x, []float64{1, math.NaN(), 2, 3}, ErrFinite}, {x, []float64{1, math.Inf(1), 2, 3}, ErrFinite},
		} {
			if _, err := f(c.x, c.y); !errors.Is(err, c.want) {
				t.Errorf("%s(%v, %v): %v, want %v", name, c.x, c.y, err, c.want)
			}
		}
	}
	if _, err := PartialPearson(x, []float64{2, 1, 0, 3}, x); !errors.Is(err, ErrNothing) {
		t.Errorf("x given x: %v", err)
	}
}

func TestCorrelationProperties(t *testing.T) {
	for seed := range 50 {
		rng := Stream(7, "properties", seed)
		n := 4 + rng.IntN(30)
		x, y := normals(rng, n), normals(rng, n)
		stretched := make([]float64, n)
		for i, v := range x {
			stretched[i] = math.Exp(3*v) + 10
		}
		p := rng.Perm(n)
		px, py := make([]float64, n), make([]float64, n)
		for i, j := range p {
			px[i], py[i] = x[j], y[j]
		}
		for name, f := range map[string]func(x, y []float64) (float64, error){"Pearson": Pearson, "Spearman": Spearman,
			"Kendall": KendallTauB} {
			r := one(f(x, y))
			near(t, name+" symmetric", one(f(y, x)), r, 1e-14)
			near(t, name+" of permuted rows", one(f(px, py)), r, 1e-13)
			near(t, name+" with itself", one(f(x, x)), []float64{1}, 1e-14)
			if name != "Pearson" {
				near(t, name+" of a monotone transform", one(f(stretched, y)), r, 1e-13)
			}
		}
	}
}

func TestRanksDoNotMutate(t *testing.T) {
	x := []float64{3, 1, 3, 2}
	before := slices.Clone(x)
	near(t, "average", Ranks(x), []float64{3.5, 1, 3.5, 2}, 0)
	near(t, "first", RanksFirst(x), []float64{3, 1, 4, 2}, 0)
	if !slices.Equal(x, before) {
		t.Error("ranking changed its input")
	}
}

func TestSpearmanBrownAndDisattenuation(t *testing.T) {
	near(t, "r = .5", one(SpearmanBrown(0.5)), []float64{2.0 / 3}, 1e-15)
	if _, err := SpearmanBrown(-1); err == nil {
		t.Error("r = -1 has no Spearman-Brown")
	}
	near(t, "capped", one(Disattenuate(0.8, 0.5, 0.5)), []float64{1}, 0)
	near(t, "plain", one(Disattenuate(0.3, 0.81, 0.64)), []float64{0.3 / 0.72}, 1e-15)
	if _, err := Disattenuate(0.3, 0, 0.5); !errors.Is(err, ErrNothing) {
		t.Error("a reliability of 0 was accepted")
	}
}

// The intervals must hold the truth about as often as they say.
func TestIntervalCoverage(t *testing.T) {
	const truth, n, draws = 0.5, 32, 2000
	spearmanTruth := 6 / math.Pi * math.Asin(truth/2)
	var fisher, spearman, wilson, half int
	for d := range draws {
		rng := Stream(3, "coverage", d)
		x, e := normals(rng, n), normals(rng, n)
		y := make([]float64, n)
		hits := 0
		for i := range y {
			y[i] = truth*x[i] + math.Sqrt(1-truth*truth)*e[i]
			if rng.Float64() < 0.3 {
				hits++
			}
		}
		r, _ := Pearson(x, y)
		lo, hi, _ := FisherInterval(r, n, 0, 0.9)
		fisher += inside(truth, lo, hi)
		r, _ = Spearman(x, y)
		lo, hi, _ = SpearmanInterval(r, n, 0.9)
		spearman += inside(spearmanTruth, lo, hi)
		lo, hi, _ = Wilson(hits, n, 0.9)
		wilson += inside(0.3, lo, hi)
		var means []float64
		for range 200 {
			var sum float64
			for _, i := range HalfSample(rng, n) {
				sum += x[i]
			}
			means = append(means, sum/(n/2))
		}
		lo, hi, _ = PercentileInterval(means, 0.9)
		half += inside(0, lo, hi)
	}
	for name, got := range map[string]int{"Fisher": fisher, "Spearman": spearman, "Wilson": wilson, "half-sample mean": half} {
		if share := float64(got) / draws; share < 0.86 || share > 0.93 {
			t.Errorf("%s: a 90 %% interval held the truth in %.3f of draws", name, share)
		}
	}
}

func inside(v, lo, hi float64) int {
	if lo <= v && v <= hi {
		return 1
	}
	return 0
}

// Sorting counts what comparing all pairs counts, to the bit, with ties and without.
func TestKendallIsTheCountOfPairs(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 12))
		n := 3 + rng.IntN(60)
		x, y := normals(rng, n), normals(rng, n)
		for i := range x {
			y[i] += x[i]
			if seed%2 == 0 {
				x[i], y[i] = math.Round(x[i]), math.Round(2*y[i])
			}
		}
		var s, untiedX, untiedY int
		for i := range x {
			for j := range i {
				dx, dy := cmp.Compare(x[i], x[j]), cmp.Compare(y[i], y[j])
				s, untiedX, untiedY = s+dx*dy, untiedX+dx*dx, untiedY+dy*dy
			}
		}
		want := float64(s) / (math.Sqrt(float64(untiedX)) * math.Sqrt(float64(untiedY)))
		if got, err := KendallTauB(x, y); err == nil && got != Clip(want) {
			t.Fatalf("seed %d: %v, not %v", seed, got, want)
		}
	}
}
