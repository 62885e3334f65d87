package stats

import "slices"

// quantileOf interpolates between order statistics as Quantile does, of finite numbers, at least one, which it puts into another
// order: two selections take a fraction of the time of a sort.
func quantileOf(x []float64, p float64) float64 {
	h := p * float64(len(x)-1)
	lo := int(h)
	selectRank(x, lo)
	if lo+1 >= len(x) {
		return x[lo]
	}
	return x[lo] + (h-float64(lo))*(slices.Min(x[lo+1:])-x[lo])
}

// selectRank moves the number of a rank, from 0, to its place, none that is greater before it (Hoare's selection).
func selectRank(x []float64, rank int) {
	for lo, hi := 0, len(x)-1; lo < hi; {
		pivot := x[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case rank <= j:
			hi = j
		case rank >= i:
			lo = i
		default:
			return
		}
	}
}
