package perplexity

import (
	"math"

	"sdmap/internal/linalg"
)

// As the released script has them; the tolerance and the number of rounds are scikit-learn's and the script's.
const (
	lassoAlpha     = 0.01
	lassoTolerance = 1e-4
	lassoRounds    = 10_000
)

// lasso minimises |y - Xw|^2/(2n) + alpha |w|_1 over columns x of n = len(y) by coordinate descent: cyclic, from 0, until a
// round moves no coefficient by more than the tolerance and the duality gap is below the tolerance times |y|^2. These are the
// steps of scikit-learn's Lasso, so that coefficients agree with it where it stops, not only at the minimum.
func lasso(x [][]float64, y []float64, alpha float64) []float64 {
	w := make([]float64, len(x))
	r := append([]float64{}, y...)
	norm := make([]float64, len(x))
	for j := range x {
		norm[j] = linalg.Dot(x[j], x[j])
	}
	bound := alpha * float64(len(y))
	for range lassoRounds {
		largest, moved := lassoRound(x, r, w, norm, bound)
		if largest == 0 || moved <= lassoTolerance*largest {
			if dualityGap(x, y, r, w, bound) <= lassoTolerance*linalg.Dot(y, y) {
				break
			}
		}
	}
	return w
}

// lassoRound sets every coefficient once and says how large the largest is and how far the farthest moved; r is y - Xw.
func lassoRound(x [][]float64, r, w, norm []float64, bound float64) (largest, moved float64) {
	for j, column := range x {
		if norm[j] == 0 {
			continue
		}
		old := w[j]
		fit := linalg.Dot(column, r) + norm[j]*old
		w[j] = math.Copysign(max(math.Abs(fit)-bound, 0), fit) / norm[j]
		if step := old - w[j]; step != 0 {
			for i, v := range column {
				r[i] += v * step
			}
		}
		largest, moved = max(largest, math.Abs(w[j])), max(moved, math.Abs(w[j]-old))
	}
	return largest, moved
}

// dualityGap is how far the fit is from the best at most.
func dualityGap(x [][]float64, y, r, w []float64, bound float64) float64 {
	var steepest, size float64
	for j := range x {
		steepest, size = max(steepest, math.Abs(linalg.Dot(x[j], r))), size+math.Abs(w[j])
	}
	scale := 1.0
	if steepest > bound {
		scale = bound / steepest
	}
	rr := linalg.Dot(r, r)
	return (rr+rr*scale*scale)/2 + bound*size - scale*linalg.Dot(r, y)
}

// standardised are columns with mean 0 and standard deviation 1, n in its denominator; a constant one becomes zeros.
func standardised(x []float64) []float64 {
	c := linalg.Centred(x)
	sd := math.Sqrt(linalg.Dot(c, c) / float64(len(c)))
	for i := range c {
		if sd > 0 {
			c[i] /= sd
		}
	}
	return c
}
