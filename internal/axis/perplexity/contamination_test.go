package perplexity

import (
	"context"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/corpus"
)

func numbered(from, to int, at func(int) string) string {
	var words []string
	for i := from; i < to; i++ {
		words = append(words, at(i))
	}
	return strings.Join(words, " ")
}

// A run of thirteen words counts wherever it stands and however it is written; one of twelve does not.
func TestContamination(t *testing.T) {
	word := func(i int) string { return "w" + string(rune('a'+i%26)) + string(rune('a'+i/26)) }
	text := numbered(0, 60, word)
	c := &corpus.Corpus{Docs: []corpus.Document{{ID: "a", Text: "Other text.", Pieces: corpus.Cut("Other text.")},
		{ID: "b", Text: text, Pieces: corpus.Cut(text)}}}
	thirteen := "Say: " + strings.ToUpper(numbered(20, 33, word)) + "? And more."
	got, hit := contaminated(c, Questions{"x", []string{thirteen, "short", numbered(40, 52, word) + " here"}}, 5)
	if got != (Contamination{Benchmark: "x", Items: 3, Long: 2, Shared: 1, Documents: 1}) {
		t.Errorf("%+v", got)
	}
	for p, is := range hit {
		at := p - 2 // in document b
		if want := at >= 20 && at <= 32; is != want {
			t.Errorf("piece %d of b: contaminated %v", at, is)
		}
	}
	_, hit = contaminated(c, Questions{"x", []string{thirteen}}, 30)
	if hit[2+19] || !hit[2+50] || hit[2+51] {
		t.Error("the context of a piece is the thirty pieces before it")
	}
}

// Signatures without the contaminated pieces have none of them, and without contamination nothing is chosen again.
func TestClean(t *testing.T) {
	c, in := planted(16, 2, 12, 20, 7)
	for d := range c.Docs {
		c.Docs[d].Text = numbered(20*d, 20*d+20,
			func(i int) string { return "w" + strings.Repeat("x", i%29) + strings.Repeat("y", i/29) })
		c.Docs[d].Pieces = corpus.Cut(c.Docs[d].Text)
	}
	o := options(2, 10)
	o.K, o.Selectors = 12, []string{Good}
	s, err := newFit(context.Background(), o, in.scores, in.f, 1)
	if err != nil {
		t.Fatal(err)
	}
	name := in.scores.Benchmarks[0]
	none := s.clean(s.selectors[0], c, []Questions{{name, []string{"nothing of the kind"}}})
	if none == nil || none.Pieces != 0 || none.Variation != nil {
		t.Errorf("%+v", none)
	}
	if s.clean(s.selectors[0], c, []Questions{{Benchmark: name}}) != nil {
		t.Error("contamination of a benchmark without items")
	}
	dirty := in.f.doc[s.chosen[Good][0].pieces[0]]
	all := s.clean(s.selectors[0], c, []Questions{{name, []string{c.Docs[dirty].Text}}})
	own := 0
	for _, piece := range s.chosen[Good][0].pieces {
		if in.f.doc[piece] == dirty {
			own++
		}
	}
	f := all.Of[0]
	if f.Shared != 1 || f.Documents != 1 || f.Signature != own || f.Any != own || all.Pieces != f.Pieces || f.Pieces != 18 {
		t.Errorf("%+v, %d of its pieces", all, own)
	}
	if v := all.Variation; v == nil || *v.Jaccard >= 1 || all.Largest == nil {
		t.Errorf("%+v", v)
	}
	var left []int
	for piece, d := range in.f.doc {
		if d != dirty {
			left = append(left, piece)
		}
	}
	for _, sig := range s.choose(s.selectors[0], s.models, left, s.targets) {
		if slices.ContainsFunc(sig.pieces, func(p int) bool { return in.f.doc[p] == dirty }) {
			t.Error("a piece that was left out is chosen")
		}
	}
}
