package tokenizer

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"sdmap/internal/gguf"
)

// sentencePiece is SentencePiece's BPE (Kudo and Richardson 2018) as Llama 1 and 2 use it: spaces become U+2581, one is
// put before the text, characters are merged into pieces with the highest score first, the leftmost of equals, and a
// character that is no piece falls back to one token per byte.
//
// As in llama.cpp, the space is put before each span of text between special tokens.
type sentencePiece struct {
	pieces map[string]int32 // ordinary pieces by their text; control, unknown and byte tokens are not to be had by merging
	scores []float32        // by token id
	bytes  [256]int32       // the token of each byte
	prefix bool             // put a space before the text
}

const escapedSpace = "\u2581"

func newSentencePiece(f *gguf.File, v *vocabulary) (model, error) {
	prefix, err := f.BoolOr(keySpacePrefix, true)
	if err != nil {
		return nil, err
	}
	v.addSpacePrefix = prefix
	m := &sentencePiece{pieces: map[string]int32{}, prefix: prefix}
	if m.scores, err = f.Floats(keyScores); err != nil {
		return nil, err
	}
	if len(m.scores) != len(v.tokens) {
		return nil, fault(f, keyScores, "%d scores for %d tokens", len(m.scores), len(v.tokens))
	}
	for id, score := range m.scores {
		if math.IsNaN(float64(score)) {
			return nil, fault(f, keyScores, "the score of token %d (%q) is not a number", id, v.tokens[id])
		}
	}
	if err := m.findBytes(f, v); err != nil {
		return nil, err
	}
	m.fillPieces(v)
	if m.lookUp(escapedSpace) < 0 {
		return nil, fault(f, keyTokens, "the piece %q, the space, is missing", escapedSpace)
	}
	return m, nil
}

// findBytes finds the tokens <0x00> to <0xFF> and marks them as bytes, which old files do not.
func (m *sentencePiece) findBytes(f *gguf.File, v *vocabulary) error {
	for b := range m.bytes {
		name := fmt.Sprintf("<0x%02X>", b)
		id, ok := v.ids[name]
		if !ok {
			return fault(f, keyTokens, "the byte token %s is missing; a vocabulary without byte fallback is not supported", name)
		}
		m.bytes[b] = id
		v.types[id] = typeByte
		v.pieces[id] = []byte{byte(b)}
	}
	return nil
}

func (m *sentencePiece) fillPieces(v *vocabulary) {
	for id, token := range v.tokens {
		switch {
		case v.types[id] == typeByte: // has its piece
		case v.types[id].special():
			v.pieces[id] = []byte(token)
		default:
			v.pieces[id] = []byte(strings.ReplaceAll(token, escapedSpace, " "))
			if token != "" {
				m.pieces[token] = int32(id)
			}
		}
	}
}

func (m *sentencePiece) encode(text string, base int, out *encoding) {
	escaped, origin := m.escape(text)
	chain := &out.scratch
	chain.reset()
	for i, size := 0, 0; i < len(escaped); i += size {
		_, size = utf8.DecodeRuneInString(escaped[i:]) // an invalid byte is a character of its own
		chain.push(m.lookUp(escaped[i:i+size]), i, i+size)
	}
	chain.run(func(left, right symbol) (float64, int32, bool) {
		id := m.lookUp(escaped[left.start:right.end])
		if id < 0 {
			return 0, -1, false
		}
		return -float64(m.scores[id]), id, true
	})
	for i := 0; i >= 0; i = chain.symbols[i].next {
		s := chain.symbols[i]
		if s.id >= 0 {
			out.add(s.id, base+origin[s.start], base+origin[s.end])
			continue
		}
		for at := s.start; at < s.end; at++ {
			out.add(m.bytes[escaped[at]], base+origin[at], base+origin[at+1])
		}
	}
}

func (m *sentencePiece) lookUp(piece string) int32 {
	if id, ok := m.pieces[piece]; ok {
		return id
	}
	return -1
}

// escape writes text as pieces are written. origin maps each byte of the result, and its end, to the position in text
// that it comes from; the space put before the text is at 0 and of no length.
func (m *sentencePiece) escape(text string) (escaped string, origin []int) {
	var b strings.Builder
	spaces := strings.Count(text, " ")
	b.Grow(len(text) + (spaces+1)*len(escapedSpace))
	origin = make([]int, 0, len(text)+(spaces+1)*len(escapedSpace)+1)
	if m.prefix {
		b.WriteString(escapedSpace)
		origin = append(origin, 0, 0, 0)
	}
	for i := range len(text) {
		if text[i] != ' ' {
			b.WriteByte(text[i])
			origin = append(origin, i)
			continue
		}
		b.WriteString(escapedSpace)
		origin = append(origin, i, i, i)
	}
	return b.String(), append(origin, len(text))
}
