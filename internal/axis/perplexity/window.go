package perplexity

import (
	"sdmap/internal/corpus"
	"sdmap/internal/llm"
)

// pass is one forward pass over the tokens [start, end) of a document, which scores the tokens from `from` on; from > start.
type pass struct{ start, from, end int }

// touch is the run of tokens [lo, hi) that share bytes with a piece.
type touch struct{ lo, hi int }

// touches finds, for every piece, the tokens that share bytes with it. Tokens tile the text; those that stand for no byte
// (BOS) touch none.
func touches(tokens []llm.Token, pieces []corpus.Piece) []touch {
	out := make([]touch, len(pieces))
	at := 0
	for p, piece := range pieces {
		for at < len(tokens) && tokens[at].End <= piece.Start {
			at++
		}
		hi := at
		for hi < len(tokens) && tokens[hi].Start < piece.End {
			hi++
		}
		out[p] = touch{at, hi}
	}
	return out
}

// strides plans as few passes as cover all pieces from `before` on, each pass with at most `window` tokens: the first
// begins at the document's start, every other at the piece that lies `before` pieces ahead of the first it scores.
func strides(of []touch, before, window int) []pass {
	var out []pass
	for p := before; p < len(of); {
		w := begin(of, p, before, window)
		last := p
		for last+1 < len(of) && of[last+1].hi-w.start <= window {
			last++
		}
		w.end = max(of[last].hi, w.from)
		if w.from < w.end {
			out = append(out, w)
		}
		p = last + 1
	}
	return out
}

// windows plans one pass for every piece from `before` on, with exactly that many pieces of context.
func windows(of []touch, before, window int) []pass {
	var out []pass
	for p := before; p < len(of); p++ {
		start := of[p-before].lo
		if p == before {
			start = 0 // with BOS
		}
		start = max(start, of[p].hi-window)
		if w := (pass{start, max(of[p].lo, start+1), of[p].hi}); w.from < w.end {
			out = append(out, w)
		}
	}
	return out
}

// begin is the pass that scores piece p first: from the document's start if the piece lies within the first window.
func begin(of []touch, p, before, window int) pass {
	start := 0
	if of[p].hi > window {
		start = max(of[p-before].lo, of[p].hi-window)
	}
	return pass{start: start, from: max(of[p].lo, start+1)}
}

// shared says how many bytes of piece and token are the same.
func shared(t llm.Token, p corpus.Piece) int {
	return max(0, min(t.End, p.End)-max(t.Start, p.Start))
}
