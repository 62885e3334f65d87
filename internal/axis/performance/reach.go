package performance

import (
	"fmt"
	"math"

	"sdmap/internal/stats"
)

// Reach is a study of which it is asked what overlaps it can find, by the normal approximation of the tests of pairs.
type Reach struct {
	Models      int
	Behind      float64 // benchmarks behind the general factor of a pair, at least
	Pairs       int
	Q           float64 // of Benjamini-Yekutieli
	Reliability float64 // of scores without the general factor
	Floor       float64 // below which no p of permuted models falls
}

// Refused says why no pair is tested, whatever its overlap; empty where pairs are.
func (r Reach) Refused() string {
	switch {
	case r.Models <= spent:
		return fmt.Sprintf("the test of a pair needs at least %d models", spent+1)
	case r.Behind < 2:
		return "the general factor of a pair is made of two other benchmarks at least"
	}
	return ""
}

// criticalP is what Benjamini-Yekutieli asks of one pair among many.
func criticalP(pairs int, q float64) float64 { return q / (float64(pairs) * stats.Harmonic(pairs)) }

// within reports whether permutations allow a p that is small enough for one pair.
func (r Reach) within() bool { return r.Floor <= criticalP(r.Pairs, r.Q) }

// high is atanh of the smallest observed overlap that passes the test "high" of one pair.
func (r Reach) high() float64 {
	return math.Atanh(1/(r.Behind+1)) - stats.NormalQuantile(criticalP(r.Pairs, r.Q))*standardError(r.Models)
}

// High is the smallest true overlap that passes the test "high" with the given power: atanh(rho rel) = atanh(1/(k+1)) +
// (Phi^-1(1 - p) + Phi^-1(power))/sqrt(m - 4). It is false where no overlap does, for want of models, permutations or
// reliability.
func (r Reach) High(power float64) (rho float64, ok bool) {
	if r.Refused() != "" || !r.within() {
		return 0, false
	}
	rho = math.Tanh(r.high()+stats.NormalQuantile(power)*standardError(r.Models)) / r.Reliability
	return rho, rho <= 1
}

// Low is the largest true overlap that passes the test "low" with the given power: atanh(rho rel) = atanh(Delta rel) -
// (Phi^-1(1 - p) + Phi^-1(power))/sqrt(m - 4). It is negative where the study is small, and false where even -1 does not
// pass.
func (r Reach) Low(power float64) (rho float64, ok bool) {
	if r.Refused() != "" {
		return 0, false
	}
	z := math.Atanh(Delta*r.Reliability) +
		(stats.NormalQuantile(criticalP(r.Pairs, r.Q))-stats.NormalQuantile(power))*standardError(r.Models)
	rho = math.Tanh(z) / r.Reliability
	return rho, rho >= -1
}

// ReachOf is that of a number of models, each a lineage of its own, on benchmarks of the given families.
func ReachOf(models int, families []string, q, reliability float64) Reach {
	least := 0
	any := make([][]float64, len(families))
	for b := range any {
		any[b] = []float64{}
	}
	for b := range families {
		for a := range b {
			if k := len(outside(families, any, a, b)); least == 0 || k < least {
				least = k
			}
		}
	}
	n := len(families)
	return Reach{Models: models, Behind: float64(least), Pairs: n * (n - 1) / 2, Q: q, Reliability: reliability,
		Floor: 1 / math.Gamma(float64(models)+1)}
}

// AssumedReliability is that of a score of n items, right or wrong, without the general factor, where scores differ over
// models with the given standard deviation without it: s^2/(s^2 + 1/4n), 1/4 the largest variance of an item.
func AssumedReliability(items int, spread float64) float64 {
	const itemVariance = 0.25
	return spread * spread / (spread*spread + itemVariance/float64(items))
}
