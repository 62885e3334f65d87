package stats

import "math"

// Ends keeps of many columns of replicates, which come one by one, what their percentile intervals at one level are made of: the
// lowest and the highest numbers. The intervals are those of PercentileInterval, to the bit.
type Ends struct {
	keep      int
	level     float64
	n         []int32   // by column: numbers so far
	low, high []float64 // columns x keep: ascending, and descending
}

// NewEnds expects at most so many replicates of each column.
func NewEnds(columns, replicates int, level float64) *Ends {
	keep := min(replicates, int((1-level)/2*float64(replicates))+3)
	return &Ends{keep: keep, level: level, n: make([]int32, columns), low: make([]float64, columns*keep),
		high: make([]float64, columns*keep)}
}

// Add takes one column's next number; NaN is none.
func (e *Ends) Add(column int, v float64) {
	if math.IsNaN(v) {
		return
	}
	there := min(int(e.n[column]), e.keep)
	e.n[column]++
	insert(e.low[column*e.keep:(column+1)*e.keep], there, v, 1)
	insert(e.high[column*e.keep:(column+1)*e.keep], there, v, -1)
}

// insert puts v into the first places of a list of which there are some already, ordered by sign times value; what is beyond the
// list is forgotten.
func insert(list []float64, there int, v, sign float64) {
	if there == len(list) {
		if there == 0 || sign*v >= sign*list[there-1] {
			return
		}
		there--
	}
	at := there
	for at > 0 && sign*list[at-1] > sign*v {
		at--
	}
	copy(list[at+1:there+1], list[at:there])
	list[at] = v
}

// N is how many numbers a column has.
func (e *Ends) N(column int) int { return int(e.n[column]) }

// Interval is the percentile interval of a column.
func (e *Ends) Interval(column int) (lo, hi float64, err error) {
	n := int(e.n[column])
	if n < 2 {
		return 0, 0, ErrTooFew
	}
	low, high := e.low[column*e.keep:][:e.keep], e.high[column*e.keep:][:e.keep]
	at := func(i int) float64 { // the number of rank i from below
		if i < e.keep {
			return low[i]
		}
		return high[n-1-i]
	}
	if bounds := []float64{at(0), at(n - 1)}; !allFinite(bounds) {
		return 0, 0, ErrFinite
	}
	quantile := func(p float64) float64 {
		h := p * float64(n-1)
		i := int(h)
		if i+1 >= n {
			return at(n - 1)
		}
		return quantileOf([]float64{at(i), at(i + 1)}, h-float64(i))
	}
	return quantile((1 - e.level) / 2), quantile((1 + e.level) / 2), nil
}
