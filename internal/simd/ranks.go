package simd

// CentredRanks writes the ranks of every column of one panel, m numbers of each, of which none is NaN: average ranks less their
// mean, so that every column sums to 0. They are whole or half numbers, and exact. Without a sort, it is half the number of
// values below less that of values above: m^2 comparisons of many columns at once are faster than sorting each up to some
// thousand numbers.
func CentredRanks(to, values []float32, m int) {
	if m == 0 {
		return
	}
	_, _ = to[m*Width-1], values[m*Width-1] // the assembly checks no bounds
	if ranksVectors(to, values, m) {
		return
	}
	order := make([]int, m)
	for c := range Width {
		ranksPortable(to[c:], values[c:], order)
	}
}

// ranksPortable ranks one column, whose numbers are Width apart, by insertion: for as few as studies have models.
func ranksPortable(to, values []float32, order []int) {
	for i := range order {
		j := i
		for ; j > 0 && values[order[j-1]*Width] > values[i*Width]; j-- {
			order[j] = order[j-1]
		}
		order[j] = i
	}
	middle := float32(len(order)+1) / 2
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && values[order[j]*Width] == values[order[i]*Width] {
			j++
		}
		for _, k := range order[i:j] {
			to[k*Width] = float32(i+1+j)/2 - middle
		}
		i = j
	}
}
