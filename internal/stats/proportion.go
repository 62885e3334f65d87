package stats

import (
	"fmt"
	"math"

	"sdmap/internal/linalg"
)

// MeanSE is the mean and its standard error, sample SD (n - 1) / sqrt(n).
func MeanSE(x []float64) (mean_, se float64, err error) {
	if len(x) < 2 {
		return 0, 0, ErrTooFew
	}
	if !allFinite(x) {
		return 0, 0, ErrFinite
	}
	m := linalg.Mean(x)
	var ss float64
	for _, v := range x {
		ss += (v - m) * (v - m)
	}
	n := float64(len(x))
	return m, math.Sqrt(ss / (n - 1) / n), nil
}

// Wilson is the score interval of a proportion of k successes in n trials (Wilson 1927). Unlike the standard error it
// says something at 0 and at 1.
func Wilson(k, n int, level float64) (lo, hi float64, err error) {
	if n < 1 || k < 0 || k > n {
		return 0, 0, fmt.Errorf("%d successes in %d trials have no interval", k, n)
	}
	if !(level > 0 && level < 1) {
		return 0, 0, ErrFinite
	}
	z := NormalQuantile((1 + level) / 2)
	nf, p := float64(n), float64(k)/float64(n)
	centre := (p + z*z/(2*nf)) / (1 + z*z/nf)
	half := z / (1 + z*z/nf) * math.Sqrt(p*(1-p)/nf+z*z/(4*nf*nf))
	lo, hi = math.Max(0, centre-half), math.Min(1, centre+half)
	if k == 0 {
		lo = 0
	}
	if k == n {
		hi = 1
	}
	return lo, hi, nil
}

// PoissonBinomialTail is P(X >= k) for the number X of successes in independent trials with the given chances, exact by
// convolution, O(n k).
func PoissonBinomialTail(chances []float64, k int) (float64, error) {
	for _, p := range chances {
		if !(p >= 0 && p <= 1) {
			return 0, fmt.Errorf("a chance of %v is no probability", p)
		}
	}
	if k <= 0 {
		return 1, nil
	}
	if k > len(chances) {
		return 0, nil
	}
	// below[s] = P(s successes so far) for s < k; what reaches k stays there, so that the tail is a sum of positive
	// terms and small tails keep their digits.
	below := make([]float64, k)
	below[0] = 1
	var tail float64
	for _, p := range chances {
		tail += below[k-1] * p
		for s := k - 1; s > 0; s-- {
			below[s] = below[s]*(1-p) + below[s-1]*p
		}
		below[0] *= 1 - p
	}
	return math.Min(1, tail), nil
}

// BinomialTail is P(X >= k) of n independent trials with one chance: the sum of the terms on the shorter side of k, the first of
// them by logarithms, the others each from the last.
func BinomialTail(n, k int, chance float64) (float64, error) {
	switch {
	case !(chance >= 0 && chance <= 1):
		return 0, fmt.Errorf("a chance of %v is no probability", chance)
	case k <= 0:
		return 1, nil
	case k > n || chance == 0:
		return 0, nil
	case chance == 1:
		return 1, nil
	case float64(k) <= float64(n)*chance:
		return 1 - binomialSum(n, n-k+1, 1-chance), nil
	}
	return binomialSum(n, k, chance), nil
}

// binomialSum adds the terms from k, which lies above the mean, upwards, where they fall.
func binomialSum(n, k int, chance float64) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	term := math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(chance) + float64(n-k)*math.Log1p(-chance))
	var sum float64
	for ; k <= n && term > 0; k++ {
		sum += term
		term *= float64(n-k) / float64(k+1) * chance / (1 - chance)
	}
	return math.Min(1, sum)
}
