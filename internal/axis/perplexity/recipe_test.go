package perplexity

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/linalg"
	"sdmap/internal/matrix"
	"sdmap/internal/study"
)

// awkward is a study with many ties whose models do not stand in the order of their names: m = 20, d = 300, 2 benchmarks.
func awkward() *inputs {
	const m, d = 20, 300
	t := &axis.ScoreTable{Benchmarks: []string{"a", "b"}, Items: make([][]string, 2)}
	f := &features{docs: d, x: make([][]float32, m), recipe: study.RecipeCode}
	for j := range d {
		f.at, f.doc = append(f.at, j), append(f.doc, j)
	}
	value := func(j, i int) float64 {
		return float64((5*i*i+7*j*i+3*j*j+11*i)%31+(i*j*j+2*j+i)%13) / 43
	}
	for i := range m {
		t.Models = append(t.Models, fmt.Sprintf("n%d", 7*i%m))
		for j := range d {
			f.x[i] = append(f.x[i], float32(value(j, i)))
		}
	}
	t.Lineages = t.Models
	t.Score = matrix.New("score", "1", t.Models, t.Benchmarks)
	for i := range m {
		for k := range 2 {
			y := float64((3*i*i+2*i+k*i)%13)/13*0.2 + 0.3*(value(3+k, i)-value(8, i)) + 0.4
			t.Score.Set(i, k, math.Round(100*y)/100)
		}
	}
	return &inputs{scores: t, f: f}
}

// Figures by the script regression/regression_run.py of siyangwu1/Benchmark-Signature-Repository, run with scikit-learn 1.9.1,
// numpy 1.26.4 and pandas 3.0.6: run_thrush_lasso(DataFrame(-X), y, "b", thrush_pct=ratio, alpha=0.01) on awkward, X as float32.
// Of the candidates, the sum of (k+1) row over the sorted rows and the sum of their scores.
func TestReleasedScript(t *testing.T) {
	for _, c := range []struct {
		benchmark    int
		ratio        float64
		candidates   int
		rows, scores float64
		pieces       []int
		coefficients []float64
	}{
		{0, 1e-6, 50, 254440, -2428, []int{3, 101, 144, 8, 225, 223, 41, 132, 194, 206, 70},
			[]float64{-0.04228930152128886, 0.031646894078834975, -0.021453393023082606, 0.011689930025073281,
				0.011408599531857485, 0.009436672980637054, -0.0083379245827308, 0.002915700820390396, 0.0015355367739225449,
				-0.00021270893555911936, 1.0615161843056942e-05}},
		{1, 1e-6, 50, 225745, 5408, []int{8, 66, 194, 92, 283, 37, 144, 4, 143, 12, 35, 132, 70},
			[]float64{0.028424130031177802, -0.019281571489209653, 0.018661801392320532, -0.01542581034918008,
				-0.013715548340687375, 0.01255362645481178, -0.011374624341315136, -0.010912362505823971, 0.00903229365428497,
				0.0041692424150813565, -0.0037182349052807566, 0.0015446352272127594, 0.0009425443533425448}},
		{1, 0.2, 120, 1473406, -716, []int{66, 194, 283, 37, 8, 144, 50, 132, 92, 260, 153, 115, 102, 4, 245, 12},
			[]float64{-0.026839536101632606, 0.022851922925242102, -0.020370954290068376, 0.017483478137315787,
				0.015995412838635446, -0.014253625226254304, 0.013785436751996156, 0.010568380101999984, -0.006301887469000296,
				0.0039831652921973005, -0.002919523258699488, 0.0025458944252758496, 0.001974764660652404,
				-0.001623003817789155, 0.0008851403839252106, 1.9077048543324204e-05}},
	} {
		in := awkward()
		o := Options{Perplexity: study.Perplexity{Recipe: study.RecipeCode, Ratio: c.ratio, Selectors: []string{Lasso}, K: 50}}
		s, err := newFit(context.Background(), o, in.scores, in.f, 1)
		if err != nil {
			t.Fatal(err)
		}
		models := s.byName()
		all := in.f.releasedCandidates(models, s.t.On(models, make([][]int, 2)), c.ratio)[c.benchmark]
		var rows, scores float64
		for k, x := range all {
			rows, scores = rows+float64((k+1)*x.piece), scores-2*x.gamma
		}
		if len(all) != c.candidates || rows != c.rows || scores != c.scores {
			t.Errorf("benchmark %d, ratio %v: %d candidates, rows %v, scores %v", c.benchmark, c.ratio, len(all), rows, scores)
		}
		got := s.chosen[Lasso][c.benchmark]
		if !slices.Equal(got.pieces, c.pieces) {
			t.Fatalf("benchmark %d, ratio %v: pieces %v", c.benchmark, c.ratio, got.pieces)
		}
		for k, w := range got.coefficients { // of surprisals; those of the script are of log-probabilities
			near(t, "coefficient", -w, c.coefficients[k], 1e-6)
			near(t, "weight", got.weights[k], 1/float64(len(got.pieces)), 1e-15)
		}
	}
}

// The coefficients fulfil the conditions of the minimum, whatever the data.
func TestLassoIsTheMinimum(t *testing.T) {
	f := randomFeatures(24, 60, 6, 5)
	var x [][]float64
	for piece := range 60 {
		column := make([]float64, 24)
		for i := range column {
			column[i] = float64(f.x[i][piece])
		}
		x = append(x, standardised(column))
	}
	y := linalg.Centred(x[0])
	for i := range y {
		y[i] = 0.1*y[i] - 0.2*x[7][i] + 0.05*x[9][i]*x[9][i]
	}
	y = linalg.Centred(y)
	w := lasso(x, y, lassoAlpha)
	r := append([]float64{}, y...)
	for j := range x {
		for i := range r {
			r[i] -= w[j] * x[j][i]
		}
	}
	for j := range x {
		slope := linalg.Dot(x[j], r) / float64(len(y))
		if math.Abs(slope) > lassoAlpha*1.01 || w[j] != 0 && math.Abs(slope-math.Copysign(lassoAlpha, w[j])) > 0.01*lassoAlpha {
			t.Errorf("column %d: coefficient %v, slope %v", j, w[j], slope)
		}
	}
}

// A recipe regresses the scores themselves and weighs its pieces alike.
func TestRecipeOfThePaper(t *testing.T) {
	_, in := planted(16, 2, 10, 20, 3)
	o := Options{Perplexity: study.Perplexity{Recipe: study.RecipePaper, Ratio: 0.01, Selectors: []string{AIC}, K: 50}}
	in.f.recipe = o.Recipe
	s, err := newFit(context.Background(), o, in.scores, in.f, 1)
	if err != nil {
		t.Fatal(err)
	}
	for b, sig := range s.chosen[AIC] {
		y, _ := in.scores.Score.Col(b)
		x := make([][]float64, len(sig.pieces))
		for c, piece := range sig.pieces {
			for i := range y {
				x[c] = append(x[c], float64(in.f.x[i][piece]))
			}
		}
		again, beta := forward(x, y, func(int) float64 { return -1e9 })
		if len(again) != len(sig.pieces) {
			t.Fatalf("benchmark %d: %d of %d pieces", b, len(again), len(sig.pieces))
		}
		for k, c := range again {
			near(t, "coefficient", beta[k], sig.coefficients[c], 1e-6*math.Abs(beta[k]))
			near(t, "weight", sig.weights[k], 1/float64(len(sig.pieces)), 1e-15)
		}
	}
}
