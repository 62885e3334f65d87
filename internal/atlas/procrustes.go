package atlas

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"sdmap/internal/linalg"
)

// Alignment is a configuration moved onto a target by a similarity: Points = Scale (x - mean) R + target mean, where R may
// reflect, for the sign of a configuration carries no meaning.
type Alignment struct {
	Points   [][]float64 // n x dims
	Scale    float64     // 1 where scaling was not asked for
	Residual float64     // sum of squared distances to the target, over the target's own sum of squares
}

// Procrustes aligns x to target (both n x dims) in the least-squares sense: R = U V' from the singular value
// decomposition X'T = U D V', Scale = tr D / tr X'X (Gower 1975).
func Procrustes(target, x [][]float64, scaling bool) (Alignment, error) {
	if len(x) == 0 || len(x) != len(target) || len(x[0]) == 0 {
		return Alignment{}, fmt.Errorf("%d points cannot be aligned with %d", len(x), len(target))
	}
	dims := len(x[0])
	for i := range x {
		if len(x[i]) != dims || len(target[i]) != dims {
			return Alignment{}, fmt.Errorf("point %d has other dimensions than the first", i)
		}
	}
	centredX, _ := centreOf(x)
	centredT, mean := centreOf(target)
	cross := mat.NewDense(dims, dims, nil)
	var xx, tt float64
	for i, p := range centredX {
		for a := range dims {
			for b := range dims {
				cross.Set(a, b, cross.At(a, b)+p[a]*centredT[i][b])
			}
		}
		xx += linalg.Dot(p, p)
		tt += linalg.Dot(centredT[i], centredT[i])
	}
	var svd mat.SVD
	if !(xx > 0 && tt > 0) || !svd.Factorize(cross, mat.SVDFull) {
		return Alignment{}, fmt.Errorf("points that all coincide, or are not finite, cannot be aligned")
	}
	var u, v, r mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	r.Mul(&u, v.T())
	out := Alignment{Points: zeros(len(x), dims), Scale: 1}
	if scaling {
		out.Scale = mat.Sum(mat.NewVecDense(dims, svd.Values(nil))) / xx
	}
	for i, p := range centredX {
		for b := range dims {
			for a := range dims {
				out.Points[i][b] += out.Scale * p[a] * r.At(a, b)
			}
			out.Points[i][b] += mean[b]
		}
		out.Residual += squaredDistance(out.Points[i], target[i], dims) / tt
	}
	return out, nil
}
