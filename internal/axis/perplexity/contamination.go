package perplexity

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"unicode"

	"sdmap/internal/corpus"
)

// gramWords is how many words in a row must be the same in a question and in the corpus to count as contamination.
const gramWords = 13

// Questions are the texts of a benchmark's items; none where only its scores are known.
type Questions struct {
	Benchmark string
	Texts     []string
}

// digestOfQuestions stands for questions in a key.
func digestOfQuestions(all []Questions) string {
	h := sha256.New()
	for _, q := range all {
		fmt.Fprintf(h, "%q %q\n", q.Benchmark, q.Texts)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

// Contamination counts what a benchmark's questions share with the corpus.
type Contamination struct {
	Benchmark string
	Items     int
	Long      int // items with words enough to be compared
	Shared    int // of these, those with a run of words that the corpus has
	Documents int // with such a run
	Pieces    int // scored pieces that lie in such a run or have it in their context
	Signature int // of these, those of the benchmark's own signature
	Any       int // pieces of its signature that are so by any benchmark
}

// Cleaned says what becomes of signatures that are chosen without the pieces that any benchmark's questions contaminate.
type Cleaned struct {
	Of        []Contamination // one a benchmark with items
	Pieces    int             // scored pieces left out
	Variation *Variation      // nil where there are none to leave out, or nothing is left
	Largest   *float64        // change of the in-sample overlap of a pair
}

// clean finds contamination and chooses again without; nil where there are no questions, or no texts but names.
func (s *fit) clean(sel selector, c *corpus.Corpus, all []Questions) *Cleaned {
	if s.o.Import != "" || !slices.ContainsFunc(all, func(q Questions) bool { return len(q.Texts) > 0 }) {
		return nil
	}
	out, dirty := &Cleaned{}, make([]bool, c.PieceCount())
	var own [][]bool // by benchmark with items: pieces of the corpus
	for _, q := range all {
		if len(q.Texts) == 0 {
			continue
		}
		found, hit := contaminated(c, q, s.o.Before)
		for p, is := range hit {
			dirty[p] = dirty[p] || is
		}
		out.Of, own = append(out.Of, found), append(own, hit)
	}
	for k := range out.Of {
		s.countIn(&out.Of[k], sel, own[k], dirty)
	}
	var left []int
	for t, at := range s.f.at {
		if !dirty[at] {
			left = append(left, t)
		}
	}
	if out.Pieces = len(s.f.at) - len(left); out.Pieces > 0 && len(left) > 1 {
		signatures := s.choose(sel, s.models, left, s.targets)
		out.Variation = new(s.varied(sel, "without contaminated pieces", drawn{signatures: signatures}))
		out.Largest = s.largestChange(sel, signatures)
	}
	return out
}

// countIn counts scored pieces and those of signatures.
func (s *fit) countIn(to *Contamination, sel selector, own, dirty []bool) {
	for _, at := range s.f.at {
		if own[at] {
			to.Pieces++
		}
	}
	b := slices.Index(s.t.Benchmarks, to.Benchmark)
	if b < 0 {
		return
	}
	for _, t := range s.chosen[sel.name][b].pieces {
		if own[s.f.at[t]] {
			to.Signature++
		}
		if dirty[s.f.at[t]] {
			to.Any++
		}
	}
}

// largestChange is the greatest difference of the in-sample overlap to that of other signatures, over pairs.
func (s *fit) largestChange(sel selector, signatures []signature) *float64 {
	a, b := s.overlap(sel.name, ""), s.overlapOf(sel, signatures)
	var out *float64
	for i := range a.Rows {
		for j := range i {
			v, okV := a.At(i, j)
			w, okW := b.At(i, j)
			if okV && okW && (out == nil || math.Abs(v-w) > *out) {
				out = new(math.Abs(v - w))
			}
		}
	}
	return out
}

// contaminated says which pieces of the corpus lie in a run of words that a question has, or have it among the pieces before
// them.
func contaminated(c *corpus.Corpus, q Questions, before int) (Contamination, []bool) {
	out := Contamination{Benchmark: q.Benchmark, Items: len(q.Texts)}
	of := map[uint64][]int{} // items by the runs that they have
	for i, text := range q.Texts {
		runs := grams(wordsOf(text))
		if len(runs) > 0 {
			out.Long++
		}
		for _, g := range runs {
			of[g] = append(of[g], i)
		}
	}
	hit, items := make([]bool, c.PieceCount()), map[int]bool{}
	first := 0
	for _, d := range c.Docs {
		var words []string
		var piece []int // of each word
		for p, at := range d.Pieces {
			for _, w := range wordsOf(d.Text[at.Start:at.End]) {
				words, piece = append(words, w), append(piece, p)
			}
		}
		any := false
		for w, g := range grams(words) {
			if of[g] == nil {
				continue
			}
			any = true
			for _, i := range of[g] {
				items[i] = true
			}
			last := max(piece[w]+before, piece[w+gramWords-1])
			for p := piece[w]; p <= min(last, len(d.Pieces)-1); p++ {
				hit[first+p] = true
			}
		}
		if any {
			out.Documents++
		}
		first += len(d.Pieces)
	}
	out.Shared = len(items)
	return out, hit
}

// wordsOf are the runs of letters and digits of a text, in lower case.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// grams are the hashes of all runs of gramWords words, by their first.
func grams(words []string) []uint64 {
	var out []uint64
	for w := 0; w+gramWords <= len(words); w++ {
		h := fnv.New64a()
		for _, word := range words[w : w+gramWords] {
			h.Write([]byte(word))
			h.Write([]byte{' '})
		}
		out = append(out, h.Sum64())
	}
	return out
}
