package perplexity

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/corpus"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// A token of six bytes over the pieces "ab" and " cdef" gives a sixth of its bits to one byte of the first piece and the
// rest to the second.
func TestShareByBytes(t *testing.T) {
	d := corpus.Document{Text: "ab cdef", Pieces: corpus.Cut("ab cdef")}
	tokens := []llm.Token{{ID: 1}, {ID: 2, Start: 0, End: 1}, {ID: 3, Start: 1, End: 7}}
	of := touches(tokens, d.Pieces)
	c, err := share(d, tokens, of, strides(of, 0, 100), []llm.Scores{{-2 * math.Ln2, -6 * math.Ln2}}, 0, "piece")
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{(2 + 1) / 2.0, 5 / 5.0}; !slices.Equal(c.Values, want) {
		t.Errorf("bits per byte %v, want %v", c.Values, want)
	}
	if c.Straddled != 2 || c.Tokens != 3 || c.Unscored != 0 {
		t.Errorf("counts: %+v", c)
	}
}

// With unit last_token a piece has the surprisal of the last token that shares bytes with it, in nats, whatever its length.
func TestShareByLastToken(t *testing.T) {
	d := corpus.Document{Text: "ab cdef", Pieces: corpus.Cut("ab cdef")}
	tokens := []llm.Token{{ID: 1}, {ID: 2, Start: 0, End: 1}, {ID: 3, Start: 1, End: 4}, {ID: 4, Start: 4, End: 7}}
	of := touches(tokens, d.Pieces)
	c, err := share(d, tokens, of, strides(of, 0, 100), []llm.Scores{{-1, -2.5, -4}}, 0, study.LastToken)
	if err != nil || !slices.Equal(c.Values, []float32{2.5, 4}) || c.Tokens != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

// Whatever the tokens, every piece behind the first ones is scored once, by a pass that holds its tokens and, if possible,
// the context it needs.
func TestPassesCoverAllPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		d, tokens := randomDocument(rng)
		of := touches(tokens, d.Pieces)
		before, window := rng.IntN(6), 12+rng.IntN(40)
		for name, passes := range map[string][]pass{"stride": strides(of, before, window),
			"window": windows(of, before, window)} {
			scores := make([]llm.Scores, len(passes))
			for k, w := range passes {
				if w.start < 0 || w.from <= w.start || w.end <= w.from || w.end-w.start > window || w.end > len(tokens) {
					t.Fatalf("%s: bad pass %+v", name, w)
				}
				for i := w.from; i < w.end; i++ {
					scores[k] = append(scores[k], -float64(i))
				}
			}
			c, err := share(d, tokens, of, passes, scores, before, "piece")
			if err != nil {
				t.Fatal(err)
			}
			for p := range d.Pieces {
				value := float64(c.Values[p])
				if p < before {
					if !math.IsNaN(value) {
						t.Fatalf("%s: piece %d is context only but has %v", name, p, value)
					}
					continue
				}
				var want float64
				for k := of[p].lo; k < of[p].hi; k++ {
					want += float64(k) * float64(shared(tokens[k], d.Pieces[p])) / float64(tokens[k].End-tokens[k].Start)
				}
				want /= math.Ln2 * float64(d.Pieces[p].End-d.Pieces[p].Start)
				if of[p].hi-of[p].lo < window/2 && math.Abs(value-want) > 1e-4*math.Abs(want) {
					t.Fatalf("%s: piece %d has %v, want %v", name, p, value, want)
				}
			}
		}
	}
}

// randomDocument has tokens of one to four bytes behind BOS.
func randomDocument(rng *rand.Rand) (corpus.Document, []llm.Token) {
	var text []byte
	for range 5 + rng.IntN(60) {
		for range 1 + rng.IntN(5) {
			text = append(text, 'a')
		}
		text = append(text, ' ')
	}
	d := corpus.Document{Text: string(text), Pieces: corpus.Cut(string(text))}
	tokens := []llm.Token{{ID: 0}}
	for at := 0; at < len(text); {
		end := min(len(text), at+1+rng.IntN(4))
		tokens = append(tokens, llm.Token{ID: 1, Start: at, End: end})
		at = end
	}
	return d, tokens
}

func TestPieceLongerThanTheWindow(t *testing.T) {
	text := "a b cccccccccccccccccccc d e"
	d := corpus.Document{Text: text, Pieces: corpus.Cut(text)}
	tokens := []llm.Token{{ID: 0}}
	for i := range len(text) {
		tokens = append(tokens, llm.Token{ID: 1, Start: i, End: i + 1})
	}
	of := touches(tokens, d.Pieces)
	passes := strides(of, 1, 8)
	scores := make([]llm.Scores, len(passes))
	for k, w := range passes {
		scores[k] = make(llm.Scores, w.end-w.from)
	}
	c, err := share(d, tokens, of, passes, scores, 1, "piece")
	if err != nil {
		t.Fatal(err)
	}
	if c.Unscored != 1 || !math.IsNaN(float64(c.Values[2])) || math.IsNaN(float64(c.Values[4])) {
		t.Errorf("%+v", c)
	}
}

func TestColumnCodec(t *testing.T) {
	c := &Column{Values: []float32{1.5, float32(math.NaN()), -0}, Tokens: 9, Straddled: 2, Unscored: 1}
	back, err := DecodeColumn(c.Encode())
	if err != nil || !bytes.Equal(back.Encode(), c.Encode()) {
		t.Errorf("%+v came back as %+v, %v", c, back, err)
	}
	for _, bad := range [][]byte{nil, []byte("sdpieces"), c.Encode()[:len(c.Encode())-1], append(c.Encode(), 0, 0, 0, 0),
		bytes.Repeat([]byte{'x'}, 60)} {
		if _, err := DecodeColumn(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzDecodeColumn(f *testing.F) {
	f.Add((&Column{Values: []float32{1}, Tokens: 1}).Encode())
	f.Add([]byte(columnMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeColumn(data)
		if err == nil && !bytes.Equal(c.Encode(), data) {
			t.Error("decoded, but encodes to other bytes")
		}
	})
}

// Pieces that could not be scored are told by model, and raise an alarm where they are more than a few.
func TestUnscoredPiecesAreTold(t *testing.T) {
	in := &inputs{column: Column{Unscored: 2}, unscored: []string{"m1: 2"}, pieces: 200}
	if a := in.unscoredAlarm(); a != nil {
		t.Errorf("2 of 200 raise an alarm: %+v", a)
	}
	in.column.Unscored = 3
	a := in.unscoredAlarm()
	if len(a) != 1 || a[0].Kind != "refused" || !strings.Contains(a[0].Text, "3 pieces (over all models; m1: 2)") ||
		!strings.Contains(a[0].Text, "up to 1\u00a0% of 200") {
		t.Errorf("%+v", a)
	}
}
