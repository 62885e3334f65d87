package stats

import (
	"math"
	"slices"

	"sdmap/internal/linalg"
)

// Pearson is the product-moment correlation of two vectors of equal length.
func Pearson(x, y []float64) (float64, error) {
	if err := checkPair(x, y, 2); err != nil {
		return 0, err
	}
	return pearson(x, y), nil
}

// Spearman is the Pearson correlation of average ranks.
func Spearman(x, y []float64) (float64, error) {
	if err := checkPair(x, y, 2); err != nil {
		return 0, err
	}
	return pearson(Ranks(x), Ranks(y)), nil
}

// PartialPearson is the correlation of x and y given one covariate g:
// (r_xy - r_xg r_yg) / sqrt((1 - r_xg^2)(1 - r_yg^2)).
func PartialPearson(x, y, g []float64) (float64, error) {
	if err := checkPair(x, y, 3); err != nil {
		return 0, err
	}
	if err := checkPair(x, g, 3); err != nil {
		return 0, err
	}
	return Partial(pearson(x, y), pearson(x, g), pearson(y, g))
}

// PartialSpearman is PartialPearson of average ranks.
func PartialSpearman(x, y, g []float64) (float64, error) {
	return PartialPearson(Ranks(x), Ranks(y), Ranks(g))
}

// Partial is the correlation of x and y given g, from the three pairwise correlations.
func Partial(xy, xg, yg float64) (float64, error) {
	left := (1 - xg*xg) * (1 - yg*yg)
	if left < 1e-12 {
		return 0, ErrNothing
	}
	return Clip((xy - xg*yg) / math.Sqrt(left)), nil
}

// Residuals returns y minus its least-squares fit on g and an intercept.
func Residuals(y, g []float64) ([]float64, error) {
	if err := checkPair(y, g, 2); err != nil {
		return nil, err
	}
	my, mg := linalg.Mean(y), linalg.Mean(g)
	var gy, gg float64
	for i := range y {
		gy += (g[i] - mg) * (y[i] - my)
		gg += (g[i] - mg) * (g[i] - mg)
	}
	out := make([]float64, len(y))
	for i := range y {
		out[i] = y[i] - my - gy/gg*(g[i]-mg)
	}
	return out, nil
}

// FisherZ is atanh(r), the variance-stabilising transformation of a correlation, |r| < 1.
func FisherZ(r float64) float64 { return math.Atanh(r) }

// FisherInterval is the interval of a Pearson correlation of n normal observations given k covariates:
// tanh(z -+ q / sqrt(n - k - 3)).
func FisherInterval(r float64, n, k int, level float64) (lo, hi float64, err error) {
	return zInterval(r, 1/float64(n-k-3), n-k > 3, level)
}

// SpearmanInterval is that of a Spearman correlation; the variance of z is (1 + r^2/2)/(n - 3) (Bonett & Wright 2000).
func SpearmanInterval(r float64, n int, level float64) (lo, hi float64, err error) {
	return zInterval(r, (1+r*r/2)/float64(n-3), n > 3, level)
}

func zInterval(r, variance float64, enough bool, level float64) (lo, hi float64, err error) {
	if !enough {
		return 0, 0, ErrTooFew
	}
	if !(math.Abs(r) <= 1) || !(level > 0 && level < 1) {
		return 0, 0, ErrFinite
	}
	half := NormalQuantile((1+level)/2) * math.Sqrt(variance)
	return math.Tanh(FisherZ(r) - half), math.Tanh(FisherZ(r) + half), nil
}

// SpearmanBrown steps the correlation r of two halves up to the reliability of the whole: 2r / (1 + r). A negative r
// gives a negative number, which says that the halves share nothing; r = -1 has none.
func SpearmanBrown(r float64) (float64, error) {
	if !(r > -1 && r <= 1) {
		return 0, ErrFinite
	}
	return 2 * r / (1 + r), nil
}

// Disattenuate is the correlation of the true scores, r / sqrt(rel_x rel_y), kept within [-1, 1] (Spearman 1904). It is
// right only where the two scores share no items.
func Disattenuate(r, relX, relY float64) (float64, error) {
	if !(relX > 0 && relY > 0) {
		return 0, ErrNothing
	}
	return Clip(r / math.Sqrt(relX*relY)), nil
}

// checkPair makes sure that two vectors have a correlation.
func checkPair(x, y []float64, atLeast int) error {
	switch {
	case len(x) != len(y):
		return ErrLength
	case len(x) < atLeast:
		return ErrTooFew
	case !allFinite(x) || !allFinite(y):
		return ErrFinite
	case Constant(x) || Constant(y):
		return ErrConstant
	}
	return nil
}

// Constant reports whether all values are equal, up to the rounding of a few operations.
func Constant(x []float64) bool {
	if len(x) == 0 {
		return true
	}
	lo, hi := slices.Min(x), slices.Max(x)
	return hi-lo <= 1e-14*math.Max(math.Abs(lo), math.Abs(hi))
}

// pearson is the correlation of vectors that checkPair let pass.
func pearson(x, y []float64) float64 {
	mx, my := linalg.Mean(x), linalg.Mean(y)
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy += dx * dy
		xx += dx * dx
		yy += dy * dy
	}
	return Clip(xy / (math.Sqrt(xx) * math.Sqrt(yy)))
}

// Clip brings a correlation that rounding took past -1 or 1 back to it.
func Clip(r float64) float64 { return math.Max(-1, math.Min(1, r)) }
