package stats

import "slices"

// middle is the Median of finite numbers, at least one, which it puts into another order: a selection, not a sort.
func middle(x []float64) float64 {
	lo := (len(x) - 1) / 2
	selectRank(x, lo)
	if len(x)%2 == 1 {
		return x[lo]
	}
	return x[lo] + 0.5*(slices.Min(x[lo+1:])-x[lo])
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
