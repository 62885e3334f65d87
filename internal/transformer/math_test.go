package transformer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLogSumExp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	for _, n := range []int{1, 2, 255, 256, 257, 1000} {
		xs, wide := make([]float32, n), make([]float64, n)
		for i := range xs {
			xs[i] = float32(20 * random.NormFloat64())
			wide[i] = float64(xs[i])
		}
		before := slices.Clone(xs)
		if _, want := normalised(wide); math.Abs(logSumExp(xs)-want) > 1e-6 {
			t.Errorf("n = %d: %v, want %v", n, logSumExp(xs), want)
		}
		if !slices.Equal(xs, before) {
			t.Errorf("n = %d: the input was changed", n)
		}
	}
}

func TestActivations(t *testing.T) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	gelu := func(x float64) float64 { return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) }
	for x := float32(-9); x < 9; x += 0.0037 {
		wide, up := float64(x), []float32{-1.5}
		got := make([]float32, 1)
		for name, f := range map[string]struct {
			want float64
			up   []float32
			gelu bool
		}{
			"silu":  {wide * sigmoid(wide) * -1.5, up, false},
			"gelu":  {gelu(wide) * -1.5, up, true},
			"gelu1": {gelu(wide), nil, true},
		} {
			activate(got, []float32{x}, f.up, f.gelu)
			if math.Abs(float64(got[0])-f.want) > 1e-6*(1e-2+math.Abs(f.want)) {
				t.Fatalf("%s of %v is %v; want %v", name, x, got[0], f.want)
			}
		}
		got[0] = 10 * x
		softCap(got, 30)
		if want := 30 * math.Tanh(float64(10*x)/30); math.Abs(float64(got[0])-want) > 2e-7*30 {
			t.Fatalf("%v capped at 30 is %v; want %v", 10*x, got[0], want)
		}
	}
}

func TestLayerNorm(t *testing.T) {
	x := []float32{1000, 1001, 1003, 996}
	got := make([]float32, 4)
	norm{gain: []float32{1, 2, 1, 1}, shift: []float32{0, 0.5, 0, 0}}.apply(got, x, 1e-12)
	deviation := math.Sqrt((0 + 1 + 9 + 16) / 4.)
	for i, want := range []float64{0, 2/deviation + 0.5, 3 / deviation, -4 / deviation} {
		if math.Abs(float64(got[i])-want) > 1e-6 {
			t.Errorf("entry %d is %v; want %v", i, got[i], want)
		}
	}
}
