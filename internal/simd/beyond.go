package simd

// word is the number of values that one word of marks stands for.
const word = 64

// MarksLen is how many words mark n values.
func MarksLen(n int) int { return (n + word - 1) / word }

// Beyond marks, a bit a value, those of at most low in the one set of marks and those of at least high in the other.
func Beyond(below, above []uint64, values []float32, low, high float32) {
	whole := len(values) / word
	_, _ = below[:MarksLen(len(values))], above[:MarksLen(len(values))] // the assembly checks no bounds
	if !beyondVectors(below, above, values[:whole*word], low, high) {
		whole = 0
	}
	for w := whole; w < MarksLen(len(values)); w++ {
		var b, a uint64
		for i, v := range values[w*word : min(len(values), (w+1)*word)] {
			if v <= low {
				b |= 1 << i
			}
			if v >= high {
				a |= 1 << i
			}
		}
		below[w], above[w] = b, a
	}
}
