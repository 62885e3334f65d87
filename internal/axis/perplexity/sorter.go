package perplexity

import "slices"

// sorter sorts keys, and keeps the room for it.
type sorter struct{ from []uint64 }

// Keys are sorted by digits, the lowest first, and fewer than fewestDigits of them by comparisons.
const (
	digitBits    = 11
	digits       = (64 + digitBits - 1) / digitBits
	fewestDigits = 1024
)

// sort sorts keys in place.
func (s *sorter) sort(keys []uint64) {
	if len(keys) < fewestDigits {
		slices.Sort(keys)
		return
	}
	var count [digits][1 << digitBits]int32
	for _, key := range keys {
		for d := range count {
			count[d][key>>(d*digitBits)%(1<<digitBits)]++
		}
	}
	s.from = slices.Grow(s.from[:0], len(keys))[:len(keys)]
	from, to := keys, s.from
	for d := range count {
		if count[d][keys[0]>>(d*digitBits)%(1<<digitBits)] == int32(len(keys)) {
			continue // all have this digit
		}
		distribute(to, from, d, &count[d])
		from, to = to, from
	}
	copy(keys, from)
}

// distribute moves keys to their places by one digit; count says how often each of its values is there.
func distribute(to, from []uint64, d int, count *[1 << digitBits]int32) {
	var before int32
	for v, n := range count {
		count[v], before = before, before+n
	}
	for _, key := range from {
		v := key >> (d * digitBits) % (1 << digitBits)
		to[count[v]] = key
		count[v]++
	}
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
