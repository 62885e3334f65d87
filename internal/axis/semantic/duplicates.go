package semantic

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

const (
	alike      = 0.6 // of the longer text, from which on two masked texts are one wording
	ownWords   = 12  // that the middle item must have besides what all items begin and end with, else that is no instruction
	slot       = "\x00"
	sentenceOf = ".?!:;\""
)

// masked cuts texts of one benchmark into words, with what differs between items of one wording masked: numbers, names (capital
// letters within a sentence) and single letters. A run of masked words is one slot, so that "three of 12 34" and "three of 5" are
// equal. What all items begin or end with is an instruction and is left out, where the items have enough words of their own.
func masked(texts []string) [][]string {
	out := make([][]string, len(texts))
	for i, t := range texts {
		begins := true
		for _, w := range runs(t) {
			low := strings.ToLower(w)
			if inSlot(w, low, begins) {
				low = slot
			}
			if begins = strings.ContainsAny(w, sentenceOf); low != slot || len(out[i]) == 0 || out[i][len(out[i])-1] != slot {
				out[i] = append(out[i], low)
			}
		}
	}
	return ownPart(out)
}

// inSlot says whether a word differs between items of one wording.
func inSlot(word, low string, begins bool) bool {
	first := []rune(word)
	return strings.ContainsFunc(word, unicode.IsDigit) || !begins && unicode.IsUpper(first[0]) ||
		len(first) == 1 && unicode.IsLetter(first[0]) && low != "a" && low != "i"
}

// ownPart is texts without the words that all begin and end with.
func ownPart(texts [][]string) [][]string {
	if len(texts) < 2 {
		return texts
	}
	front := commonFront(texts)
	rest, lengths := make([][]string, len(texts)), make([]int, len(texts))
	for i, t := range texts {
		rest[i] = slices.Clone(t[front:])
		slices.Reverse(rest[i])
	}
	back := commonFront(rest)
	for i, t := range texts {
		rest[i] = t[front : len(t)-back]
		lengths[i] = len(rest[i])
	}
	if slices.Sort(lengths); lengths[len(lengths)/2] < ownWords {
		return texts
	}
	return rest
}

// commonFront is how many words all texts begin with.
func commonFront(texts [][]string) int {
	n := len(texts[0])
	for _, t := range texts[1:] {
		n = min(n, len(t))
		for k := range n {
			if t[k] != texts[0][k] {
				n = k
				break
			}
		}
	}
	return n
}

// cluster groups texts of words that are near-duplicates: two are neighbours where their longest common subsequence has at least
// the share alike of the longer one's words, and the text with the most neighbours takes all of them that are not taken yet, then
// the next (Butina 1999). Unlike single linkage it makes no chains, and the order of texts changes nothing. The result holds, by
// text, the text that leads its group.
func cluster(texts [][]string) []int {
	keys := make([]string, len(texts))
	for i, t := range texts {
		keys[i] = strings.Join(t, " ")
	}
	unequal := slices.Compact(slices.Sorted(slices.Values(keys)))
	of, first := make([]int, len(texts)), make([]int, len(unequal))
	for i := len(texts) - 1; i >= 0; i-- {
		of[i], _ = slices.BinarySearch(unequal, keys[i])
		first[of[i]] = i
	}
	unlike := make([][]string, len(unequal))
	for k, i := range first {
		unlike[k] = texts[i]
	}
	leaders := lead(neighbours(unlike))
	out := make([]int, len(texts))
	for i, k := range of {
		out[i] = first[leaders[k]]
	}
	return out
}

// lead gives each text its leader, from their neighbours.
func lead(near [][]int32) []int {
	order := make([]int, len(near))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(near[b]) - len(near[a]) })
	leader := make([]int, len(near))
	for i := range leader {
		leader[i] = -1
	}
	for _, i := range order {
		if leader[i] >= 0 {
			continue
		}
		leader[i] = i
		for _, j := range near[i] {
			if leader[j] < 0 {
				leader[j] = i
			}
		}
	}
	return leader
}

// neighbours lists, by text, the others that are near-duplicates of it. Only texts that share one of their rarest words can be:
// of two texts that have that many words in common, each holds one of these among all but alike of its words (the prefix filter
// of Chaudhuri et al. 2006).
func neighbours(texts [][]string) [][]int32 {
	ids, sorted := byRarity(texts)
	holding := map[int32][]int32{} // word -> earlier texts with it among their rarest
	near := make([][]int32, len(texts))
	seen := make([]int32, len(texts))
	for i, words := range sorted {
		common := newSubsequence(ids[i])
		rarest := words[:len(words)-leastCommon(len(words))+min(1, len(words))]
		for _, w := range rarest {
			for _, j := range holding[w] {
				if seen[j] == int32(i) {
					continue
				}
				seen[j] = int32(i)
				need := leastCommon(max(len(words), len(sorted[j])))
				if inCommon(words, sorted[j]) >= need && common.with(ids[j]) >= need {
					near[i], near[j] = append(near[i], j), append(near[j], int32(i))
				}
			}
		}
		for _, w := range slices.Compact(slices.Clone(rarest)) {
			holding[w] = append(holding[w], int32(i))
		}
	}
	return near
}

// leastCommon is how many words near-duplicates have in common, the longer of which has n.
func leastCommon(n int) int { return int(math.Ceil(alike*float64(n) - 1e-9)) }

// byRarity numbers words, the rarest first, and gives each text as numbers: in its own order, and sorted.
func byRarity(texts [][]string) (ids, sorted [][]int32) {
	count := map[string]int{}
	for _, t := range texts {
		for _, w := range t {
			count[w]++
		}
	}
	order := make([]string, 0, len(count))
	for w := range count {
		order = append(order, w)
	}
	slices.SortFunc(order, func(a, b string) int {
		if count[a] != count[b] {
			return count[a] - count[b]
		}
		return strings.Compare(a, b)
	})
	number := map[string]int32{}
	for k, w := range order {
		number[w] = int32(k)
	}
	for _, t := range texts {
		in := make([]int32, len(t))
		for k, w := range t {
			in[k] = number[w]
		}
		ids, sorted = append(ids, in), append(sorted, slices.Sorted(slices.Values(in)))
	}
	return ids, sorted
}

// inCommon counts the words that two sorted lists have in common, with repetition: no common subsequence is longer.
func inCommon(a, b []int32) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n, i, j = n+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return n
}

// subsequence finds the length of the longest common subsequence with one text, 64 of its words at a time (Hyyrö 2004).
type subsequence struct {
	length int
	at     map[int32][]uint64 // by word, the places where it stands
	row    []uint64
}

func newSubsequence(text []int32) *subsequence {
	s := &subsequence{length: len(text), at: map[int32][]uint64{}, row: make([]uint64, (len(text)+63)/64)}
	for i, w := range text {
		if s.at[w] == nil {
			s.at[w] = make([]uint64, len(s.row))
		}
		s.at[w][i/64] |= 1 << (i % 64)
	}
	return s
}

func (s *subsequence) with(other []int32) int {
	for k := range s.row {
		s.row[k] = ^uint64(0)
	}
	for _, w := range other {
		places := s.at[w]
		if places == nil {
			continue
		}
		var carry uint64
		for k, v := range s.row {
			var sum uint64
			sum, carry = bits.Add64(v, v&places[k], carry)
			s.row[k] = sum | v&^places[k]
		}
	}
	n := 0
	for _, v := range s.row {
		n += bits.OnesCount64(^v)
	}
	return n
}
