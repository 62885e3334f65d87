package perplexity

import (
	"math"
	"math/bits"
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

// keepers makes them for some targets, those that are there if they are for as many values.
func keepers(l []lowest, targets, limit int, sign float32) []lowest {
	if len(l) == targets && (targets == 0 || l[0].limit == limit) {
		return l
	}
	l = make([]lowest, targets)
	for b := range l {
		l[b] = lowest{limit: limit, sign: sign}
		l[b].reset()
	}
	return l
}

// reset forgets all values. Where none is kept, none is below the bar.
func (l *lowest) reset() {
	l.bar, l.keys = float32(math.Inf(1)), l.keys[:0]
	if l.limit == 0 {
		l.bar = -l.bar
	}
}

// take takes in the marked ones among the values of some pieces.
func (l *lowest) take(marks []uint64, values []float32, pieces []int) {
	for w, word := range marks {
		for ; word != 0; word &= word - 1 {
			k := w*64 + bits.TrailingZeros64(word)
			l.add(l.sign*values[k], pieces[k])
		}
	}
}

// deviations is by how many standard deviations more than expected of a sample lie below a guessed bar.
const deviations = 4

// guess sets a bar below which somewhat more than the limit of all pieces lie, from a sample of them; none where too few lie
// above it to be worth it.
func (l *lowest) guess(sample []float32, pieces int, by *sorter) {
	expected := float64(l.limit) * float64(len(sample)) / float64(pieces)
	rank := int(math.Ceil(expected + deviations*math.Sqrt(expected) + deviations/2))
	if l.limit == 0 || rank >= len(sample)/2 {
		return
	}
	if rank < fewGuessed {
		l.bar = l.ofLowest(sample, rank)
		return
	}
	by.from = by.from[:0]
	for _, v := range sample {
		by.from = append(by.from, uint64(ordered(l.sign*v))<<32)
	}
	partition(by.from, rank)
	l.bar = valueOf(by.from[rank])
}

// fewGuessed is up to which rank the lowest of a sample are kept in order, which is faster than partitioning all.
const fewGuessed = 32

// ofLowest is the value of a rank, from 0.
func (l *lowest) ofLowest(sample []float32, rank int) float32 {
	var first [fewGuessed]float32 // ascending
	n := 0
	for _, v := range sample {
		v *= l.sign
		if n > rank {
			if v >= first[rank] {
				continue
			}
			n = rank
		}
		i := n
		for ; i > 0 && first[i-1] > v; i-- {
			first[i] = first[i-1]
		}
		first[i] = v
		n++
	}
	return first[rank]
}

// short says whether a guessed bar kept too many out.
func (l *lowest) short(pieces int) bool { return len(l.keys) < min(l.limit, pieces) }

// ordered are bits that compare as the numbers do.
func ordered(v float32) uint32 {
	bits := math.Float32bits(v)
	if bits&signBit != 0 {
		return ^bits
	}
	return bits | signBit
}

// fewestSpare is for how many keys there is room beyond the limit before all but the lowest are thrown away.
const fewestSpare = 512

// add takes in one value. Ties go the other way round where the highest are kept: a piece stands in one tail only.
func (l *lowest) add(v float32, piece int) {
	if most := l.limit + max(l.limit/2, fewestSpare); len(l.keys) == most {
		l.drop()
		if v > l.bar {
			return
		}
	} else if cap(l.keys) == 0 {
		l.keys = make([]uint64, 0, most)
	}
	low := uint32(piece)
	if l.sign < 0 {
		low = ^low
	}
	l.keys = append(l.keys, uint64(ordered(v))<<32|uint64(low))
}

// drop throws away all but the lowest and lowers the bar to the highest of these.
func (l *lowest) drop() {
	partition(l.keys, l.limit-1)
	l.keys = l.keys[:l.limit]
	l.bar = valueOf(l.keys[l.limit-1])
}

// tail empties the keeper, lowest first; gammas are as they were offered.
func (l *lowest) tail(by *sorter) tail {
	if len(l.keys) > l.limit && l.limit < fewestDigits { // fewer to compare; digits take no longer for the rest
		l.drop()
	}
	by.sort(l.keys)
	keys := l.keys[:min(l.limit, len(l.keys))]
	t := tail{make([]int, len(keys)), make([]float64, len(keys))}
	for k, key := range keys {
		low := uint32(key)
		if l.sign < 0 {
			low = ^low
		}
		t.pieces[k], t.gamma[k] = int(low), float64(l.sign*valueOf(key))
	}
	if l.reset(); l.limit > largeTail {
		l.keys = nil
	}
	return t
}

// largeTail is how many values a keeper keeps its room for: more than that are asked for once a study.
const largeTail = 1 << 14

// valueOf is the number in a key.
func valueOf(key uint64) float32 {
	bits := uint32(key >> 32)
	if bits&signBit != 0 {
		return math.Float32frombits(bits &^ signBit)
	}
	return math.Float32frombits(^bits)
}
