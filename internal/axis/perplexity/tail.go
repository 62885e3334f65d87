package perplexity

import (
	"math"
	"slices"
)

// tail is the end of a ranking of pieces, the extreme one first.
type tail struct {
	pieces []int
	gamma  []float64
}

// first are the n most extreme pieces of a tail.
func (t tail) first(n int) tail {
	n = min(n, len(t.pieces))
	return tail{t.pieces[:n], t.gamma[:n]}
}

// spare is how many values are gathered, for each that is kept, before the highest are thrown away.
const spare = 4

// signBit of a float32 is set where it is negative.
const signBit = 1 << 31

// lowest keeps the lowest of the values that it is offered, each with its piece. A value is held as a key: its bits in the
// order of numbers, and below them its piece, which decides ties.
type lowest struct {
	limit int
	sign  float32 // 1, or -1 to keep the highest in place of the lowest
	bar   float32 // what lies above it, times sign, is not among the lowest
	keys  []uint64
}

func newLowest(limit int, sign float32) lowest {
	return lowest{limit: limit, sign: sign, bar: float32(math.Inf(1)), keys: make([]uint64, 0, spare*limit)}
}

// reset forgets all values.
func (l *lowest) reset() { l.bar, l.keys = float32(math.Inf(1)), l.keys[:0] }

// offer takes in the values of some pieces. Most lie above the bar, and cost no more than a comparison.
func (l *lowest) offer(values []float32, pieces []int) {
	if l.limit == 0 {
		return
	}
	if len(l.keys) > 0 {
		l.scan(values, pieces)
		return
	}
	l.bar = l.guess(values)
	if l.scan(values, pieces); len(l.keys) < l.limit { // the guess was too low
		l.reset()
		l.scan(values, pieces)
	}
}

func (l *lowest) scan(values []float32, pieces []int) {
	bar := l.bar
	if l.sign > 0 {
		for k, v := range values {
			if v <= bar {
				l.add(v, pieces[k])
				bar = l.bar
			}
		}
		return
	}
	for k, v := range values {
		if -v <= bar {
			l.add(-v, pieces[k])
			bar = l.bar
		}
	}
}

// guess is a bar below which a few times as many values lie as are kept, from a sample of them; none where they are too few.
func (l *lowest) guess(values []float32) float32 {
	const sample, margin, most = 64, 3, 16
	rank := sample * margin * l.limit / len(values)
	if len(values) < sample || rank >= most {
		return float32(math.Inf(1))
	}
	var first [most]float32 // of the sample, ascending
	n := 0
	for k := 0; k < sample; k++ {
		v := l.sign * values[k*len(values)/sample]
		if n <= rank {
			n++
		} else if v >= first[rank] {
			continue
		}
		i := n - 1
		for ; i > 0 && first[i-1] > v; i-- {
			first[i] = first[i-1]
		}
		first[i] = v
	}
	return first[rank]
}

// add takes in one value. Ties go the other way round where the highest are kept: a piece stands in one tail only.
func (l *lowest) add(v float32, piece int) {
	if len(l.keys) == cap(l.keys) {
		l.drop()
		if v > l.bar {
			return
		}
	}
	bits, low := math.Float32bits(v), uint32(piece)
	if bits&signBit != 0 {
		bits = ^bits
	} else {
		bits |= signBit
	}
	if l.sign < 0 {
		low = ^low
	}
	l.keys = append(l.keys, uint64(bits)<<32|uint64(low))
}

// drop throws away all but the lowest and lowers the bar to the highest of these.
func (l *lowest) drop() {
	if len(l.keys) <= l.limit {
		return
	}
	partition(l.keys, l.limit-1)
	l.keys = l.keys[:l.limit]
	l.bar = valueOf(l.keys[l.limit-1])
}

// tail empties the keeper, lowest first; gammas are as they were offered.
func (l *lowest) tail() tail {
	l.drop()
	slices.Sort(l.keys)
	t := tail{make([]int, len(l.keys)), make([]float64, len(l.keys))}
	for k, key := range l.keys {
		low := uint32(key)
		if l.sign < 0 {
			low = ^low
		}
		t.pieces[k], t.gamma[k] = int(low), float64(l.sign*valueOf(key))
	}
	l.reset()
	return t
}

// valueOf is the number in a key.
func valueOf(key uint64) float32 {
	bits := uint32(key >> 32)
	if bits&signBit != 0 {
		return math.Float32frombits(bits &^ signBit)
	}
	return math.Float32frombits(^bits)
}

// partition moves the key of rank n to its place, the lower ones before it (Hoare's selection).
func partition(keys []uint64, n int) {
	for lo, hi := 0, len(keys)-1; lo < hi; {
		pivot := keys[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for keys[i] < pivot {
				i++
			}
			for keys[j] > pivot {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return
		}
	}
}
