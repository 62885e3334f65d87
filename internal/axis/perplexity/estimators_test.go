package perplexity

import (
	"math/rand/v2"
	"testing"

	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Figures by perplexity-correlations 0.1.2 with numpy 1.26.4: product, sign, sign_cdf, sign_sign, spearmanr of
// perplexity_correlations.estimation on X[i,j] = ((5i²+7ji+3j²+11i) % 31)/16, m = 11, column 5 constant 1.25, and
// y = ((3i²+2i) % 7)/10, in an environment with NPY_DISABLE_CPU_FEATURES="AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL
// AVX512_ICL AVX2 FMA3". The same comes out where np.argsort is made to sort with kind="stable"; with AVX512 its sort is not
// stable, and five of the six columns get other figures for sign_cdf or spearmanr.
func TestEstimatorsAgainstPython(t *testing.T) {
	const m = 11
	want := [][5]float64{
		{0.21704545454545457, 0.18977272727272726, 0.10413223140495867, 0.18181818181818182, 0.3363636363636363},
		{0.16079545454545457, 0.25795454545454544, 0.12727272727272726, 0.2, 0.24545454545454548},
		{0.17556818181818182, -0.09659090909090909, -0.05289256198347106, -0.10909090909090909, -0.09090909090909083},
		{0.15568181818181817, -0.1693181818181818, -0.08264462809917358, -0.12727272727272726, -0.24545454545454537},
		{0.3477272727272727, 0.3215909090909091, 0.19338842975206613, 0.4, 0.44545454545454544},
		{0.29545454545454547, 0, 0.07272727272727272, 0, 0.44545454545454544},
	}
	e := make([]float64, m)
	for i := range e {
		e[i] = float64((3*i*i+2*i)%7) / 10
	}
	for j, w := range want {
		x := make([]float64, m)
		for i := range x {
			if x[i] = float64((5*i*i+7*j*i+3*j*j+11*i)%31) / 16; j == 5 {
				x[i] = 1.25
			}
		}
		got := estimate(x, e, study.TiesFirst)
		for k, v := range []float64{got.Product, got.Sign, got.SignCDF, got.SignSign, *got.Spearman} {
			near(t, []string{"product", "sign", "sign_cdf", "sign_sign", "spearmanr"}[k], v, w[k], 1e-9)
		}
		if got := estimate(x, e, "average"); j == 5 && (got.SignCDF != 0 || got.Spearman != nil || got.PreSelect != 0) {
			t.Errorf("a constant text has the estimates %+v", got)
		}
	}
}

// Without ties the rules agree, sign_cdf is gamma on its scale, and PreSelect is (1 + tau)/2 of errors.
func TestEstimatorsWithoutTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for range 50 {
		const m = 14
		x, e := gauss(rng, m), gauss(rng, m)
		a, b := estimate(x, e, "average"), estimate(x, e, study.TiesFirst)
		near(t, "sign_cdf by both rules", a.SignCDF, b.SignCDF, 1e-12)
		near(t, "spearman by both rules", *a.Spearman, *b.Spearman, 1e-12)
		near(t, "preselect", a.PreSelect, (1+a.SignSign)/2, 1e-12)
		var gamma float64
		for k, rank := range stats.Ranks(x) {
			gamma += (2*stats.Ranks(e)[k] - m - 1) * rank
		}
		near(t, "sign_cdf", a.SignCDF, signCDF(gamma, m), 1e-12)
	}
}
