package perplexity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Figures by numpy 1.24: stepwise least squares by np.linalg.lstsq for every candidate, n = 12, 8 columns
// X[i,j] = ((5i²+7ji+3j²+ij²) % 19)/19, y = ((3i²+2i) % 13)/13 + 0.8 X[i,2] - 0.5 X[i,5].
func TestForwardAgainstPython(t *testing.T) {
	const n, p = 12, 8
	x := make([][]float64, p)
	for j := range x {
		for i := range n {
			x[j] = append(x[j], float64((5*i*i+7*j*i+3*j*j+i*j*j)%19)/19)
		}
	}
	var y []float64
	for i := range n {
		y = append(y, float64((3*i*i+2*i)%13)/13+0.8*x[2][i]-0.5*x[5][i])
	}
	for _, c := range []struct {
		penalty      func(int) float64
		columns      []int
		coefficients []float64
	}{
		{aic, []int{2, 0, 4, 5, 1, 7}, []float64{0.965838200571643, 0.5375605815831985, -0.2816111594382991,
			-0.08799863303094345, 0.30683795203181174, -0.32161053808872747}},
		{ebic(n, p), []int{2, 0, 4, 5, 1, 7, 3, 6}, []float64{0.9528511908463411, 0.5268329084012198,
			-0.26472234313786525, -0.07123313226789363, 0.304831789067844, -0.3524034574964239, 0.031963186369006594,
			-0.018779926621477847}},
	} {
		columns, beta := forward(x, y, c.penalty)
		if !slices.Equal(columns, c.columns) {
			t.Fatalf("chosen %v, want %v", columns, c.columns)
		}
		for k := range beta {
			near(t, fmt.Sprintf("coefficient %d", k), beta[k], c.coefficients[k], 1e-9)
		}
	}
}

func gauss(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// On noise AIC goes on to its cap, EBIC stays empty: n = 32 models, as methods of model selection promise.
func TestSelectionOnNoise(t *testing.T) {
	const n, draws = 32, 60
	atCap := map[int]int{}
	sum := 0
	for draw := range draws {
		rng := rand.New(rand.NewPCG(uint64(draw), 77))
		y := gauss(rng, n)
		for _, p := range []int{50, 100} {
			x := make([][]float64, p)
			for j := range x {
				x[j] = gauss(rng, n)
			}
			if chosen, _ := forward(x, y, aic); len(chosen) == n-2 {
				atCap[p]++
			}
			if p == 50 {
				chosen, _ := forward(x, y, ebic(n, p))
				sum += len(chosen)
			}
		}
	}
	if 10*atCap[50] < 9*draws || atCap[100] != draws {
		t.Errorf("AIC ended at the cap in %d of %d draws with 50 candidates, in %d with 100", atCap[50], draws, atCap[100])
	}
	if mean := float64(sum) / draws; mean >= 0.2 {
		t.Errorf("EBIC chose %.2f pieces of noise in the mean", mean)
	}
}

// After screening, EBIC has to count all pieces: with the candidates alone in its place it picks many.
func TestEBICCountsPiecesBeforeScreening(t *testing.T) {
	const m, d, draws = 32, 5000, 20
	right, wrong := 0, 0
	for draw := range draws {
		f := noise(&features{x: make([][]float32, m), at: make([]int, d), doc: make([]int, d), docs: 1}, 0, uint64(draw))
		y := gauss(rand.New(rand.NewPCG(uint64(draw), 5)), m)
		targets, _ := targetsOf([][]float64{y}, false)
		scr := screened(f, indices(m), indices(d), targets, 0.01)
		sel := selector{name: EBIC, k: 50}
		right += len(sel.choose(f, scr, indices(m), 0).pieces)
		candidates := slices.Concat(scr.good[0].pieces, scr.bad[0].pieces)
		x := make([][]float64, len(candidates))
		for c, t := range candidates {
			for i := range m {
				x[c] = append(x[c], float64(f.x[i][t]))
			}
		}
		chosen, _ := forward(x, targets[0].v, ebic(m, len(candidates)))
		wrong += len(chosen)
	}
	if mean := float64(right) / draws; mean >= 0.3 {
		t.Errorf("EBIC after screening chose %.2f pieces of noise in the mean", mean)
	}
	if mean := float64(wrong) / draws; mean < 5 {
		t.Errorf("with p = candidates EBIC chose only %.2f pieces: the test shows nothing", mean)
	}
}

func TestForwardIsNoFoolOfCopies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	a := gauss(rng, 10)
	y := slices.Clone(a)
	for i := range y {
		y[i] += 0.1 * rng.NormFloat64()
	}
	constant := slices.Repeat([]float64{2}, 10)
	columns, beta := forward([][]float64{constant, a, slices.Clone(a)}, y, aic)
	if !slices.Equal(columns, []int{1}) || math.Abs(beta[0]-1) > 0.2 {
		t.Errorf("columns %v with coefficients %v", columns, beta)
	}
}
