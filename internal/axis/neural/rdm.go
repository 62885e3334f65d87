package neural

import (
	"errors"
	"fmt"
	"math"

	"sdmap/internal/linalg"
	"sdmap/internal/stats"
)

// standardise z-scores neurons (columns) of B mean patterns (B x P, row-major) with equal weight for every benchmark: the
// mean is the mean of the benchmarks' means, the variance is the mean over benchmarks of their variance over items plus the
// squared distance of their mean from it. Were items pooled instead, the largest benchmark would be the origin, and small
// ones would correlate because they all lie on the same side of it. Neurons that never vary, or that some benchmark lacks
// (variance -1), are left out; the result is B x kept.
//
// Centring makes the patterns sum to 0, so that the mean correlation over pairs is about -1/(B-1).
func standardise(mean, variance []float64, benchmarks int) []float64 {
	p := len(mean) / benchmarks
	var keep []int
	centre, spread := make([]float64, p), make([]float64, p)
	for j := range p {
		lacks := false
		var within, between float64
		for b := range benchmarks {
			centre[j] += mean[b*p+j] / float64(benchmarks)
			within += variance[b*p+j] / float64(benchmarks)
			lacks = lacks || variance[b*p+j] < 0
		}
		for b := range benchmarks {
			d := mean[b*p+j] - centre[j]
			between += d * d / float64(benchmarks)
		}
		spread[j] = math.Sqrt(within + between)
		if !lacks && spread[j] > 1e-9*(math.Abs(centre[j])+1e-30) {
			keep = append(keep, j)
		}
	}
	z := make([]float64, benchmarks*len(keep))
	for b := range benchmarks {
		for k, j := range keep {
			z[b*len(keep)+k] = (mean[b*p+j] - centre[j]) / spread[j]
		}
	}
	return z
}

// correlations are the Pearson correlations of the rows of z (B x P) for all pairs a < b in row order.
func correlations(z []float64, benchmarks int) ([]float64, error) {
	p := len(z) / benchmarks
	if p < 2 {
		return nil, fmt.Errorf("%d neurons vary: %w", p, stats.ErrTooFew)
	}
	unit := make([]float64, len(z))
	for b := range benchmarks {
		row := z[b*p : (b+1)*p]
		var mean, ss float64
		for _, v := range row {
			mean += v / float64(p)
		}
		for _, v := range row {
			ss += (v - mean) * (v - mean)
		}
		if !(ss > 1e-24) {
			return nil, stats.ErrConstant
		}
		for j, v := range row {
			unit[b*p+j] = (v - mean) / math.Sqrt(ss)
		}
	}
	out := make([]float64, 0, benchmarks*(benchmarks-1)/2)
	for a := range benchmarks {
		for b := a + 1; b < benchmarks; b++ {
			out = append(out, stats.Clip(linalg.Dot(unit[a*p:(a+1)*p], unit[b*p:(b+1)*p])))
		}
	}
	return out, nil
}

// jaccards are the weighted Jaccard similarities sum min(x, y) / sum max(x, y) of the rows of f (B x P, not negative).
func jaccards(f []float64, benchmarks int) ([]float64, error) {
	p := len(f) / benchmarks
	out := make([]float64, 0, benchmarks*(benchmarks-1)/2)
	for a := range benchmarks {
		for b := a + 1; b < benchmarks; b++ {
			var least, most float64
			for j, v := range f[a*p : (a+1)*p] {
				least += math.Min(v, f[b*p+j])
				most += math.Max(v, f[b*p+j])
			}
			if !(most > 0) {
				return nil, errors.New("no gate ever opens in two of the benchmarks")
			}
			out = append(out, least/most)
		}
	}
	return out, nil
}

// rdm holds the similarities s of all pairs in one model and layer; its RDM is 1 - s.
type rdm struct {
	similarity []float64
	norm       float64 // Euclidean norm of the RDM's pairs
}

func newRDM(similarity []float64) (rdm, error) {
	r := rdm{similarity: similarity}
	for _, s := range similarity {
		r.norm += (1 - s) * (1 - s)
	}
	if r.norm = math.Sqrt(r.norm); !(r.norm > 1e-12) {
		return rdm{}, errors.New("all benchmarks have the same pattern")
	}
	return r, nil
}

// average is the overlap behind RDMs of unit norm, averaged over layers, then models: with w = 1/norm of each RDM, the mean
// of w (1 - s) divided by the mean of w, taken from 1. That is the mean of s with weights w, so it stays in [-1, 1] and
// keeps the order of the averaged RDM exactly. models[m] holds the layers of one model; models without one are left out.
func average(models [][]rdm, pairs int) ([]float64, error) {
	sum := make([]float64, pairs)
	var total float64
	for _, layers := range models {
		for _, r := range layers {
			w := 1 / (r.norm * float64(len(layers)))
			total += w
			for i, s := range r.similarity {
				sum[i] += w * s
			}
		}
	}
	if total == 0 {
		return nil, errors.New("no model and layer has a dissimilarity of all benchmarks")
	}
	for i := range sum {
		sum[i] /= total
	}
	return sum, nil
}

// unitMean is a model's RDM: the mean over its layers of RDMs of unit norm.
func unitMean(layers []rdm, pairs int) []float64 {
	out := make([]float64, pairs)
	for _, r := range layers {
		for i, s := range r.similarity {
			out[i] += (1 - s) / (r.norm * float64(len(layers)))
		}
	}
	return out
}
