package tokenizer

import (
	"strings"

	"sdmap/internal/gguf"
)

// byteLevel is GPT-2's byte-level BPE: the text is split into pre-tokens, each pre-token's bytes are merged by rank.
//
// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2; merging as in Sennrich
// et al. 2016: of all neighbouring pairs the one with the lowest rank first, the leftmost of equals.
type byteLevel struct {
	stages []splitter
	bytes  [256]int32      // the token of each byte; -1 where the vocabulary lacks one
	merges map[pair]merged // what two tokens become
	words  map[string]int32
	// words, where not nil, holds the ordinary tokens by their bytes: a pre-token that is a token as a whole stays
	// whole, whatever the merges say (ignore_merges, as Llama 3 has it).
	seen seenWords
}

type pair struct{ left, right int32 }

type merged struct {
	rank int
	id   int32
}

func newByteLevel(f *gguf.File, v *vocabulary) (model, error) {
	pre, err := f.StringOr(keyPre, "default")
	if err != nil {
		return nil, err
	}
	v.guessed = !f.Has(keyPre)
	way, known := preTokenizers[pre]
	m := &byteLevel{stages: way.stages}
	if !known {
		return nil, fault(f, keyPre, "pre-tokenizer %q is not supported; supported: %s", pre, supportedPre())
	}
	m.fillPieces(v)
	if err := m.findBytes(f, v); err != nil {
		return nil, err
	}
	if way.wholeWords {
		m.words = map[string]int32{}
		for id, piece := range v.pieces {
			if !v.types[id].special() {
				m.words[string(piece)] = int32(id)
			}
		}
	}
	return m, m.readMerges(f, v)
}

// fillPieces translates tokens to bytes. Special tokens, and tokens with a character that stands for no byte, are their
// own text.
func (m *byteLevel) fillPieces(v *vocabulary) {
	for id, token := range v.tokens {
		if v.types[id].special() {
			v.pieces[id] = []byte(token)
			continue
		}
		piece := make([]byte, 0, len(token))
		for _, r := range token {
			b, ok := byteOfRune[r]
			if !ok {
				piece = []byte(token)
				break
			}
			piece = append(piece, b)
		}
		v.pieces[id] = piece
	}
}

// findBytes looks up the token of each byte. Vocabularies may lack some: models were trained without the bytes that valid UTF-8
// never holds, or with a minimum of occurrences. That is a fault of a text that holds such a byte, and not of the file.
func (m *byteLevel) findBytes(f *gguf.File, v *vocabulary) error {
	for b := range m.bytes {
		id, ok := v.ids[string(runeOfByte[b])]
		if !ok {
			m.bytes[b] = -1
			v.lacking = append(v.lacking, byte(b))
			continue
		}
		if v.types[id].special() {
			return fault(f, keyTypes, "token %d, byte %#02x, is marked as special; a byte is ordinary text", id, b)
		}
		m.bytes[b] = id
	}
	if len(v.lacking) == len(m.bytes) {
		return fault(f, keyTokens, "no token stands for any single byte; this is no byte-level vocabulary")
	}
	return nil
}

// readMerges reads the merges, "left right" in the order of rank. All three tokens must exist and every merge makes a
// longer token out of two, so merging ends. None may make a control token, which text must not be able to do.
func (m *byteLevel) readMerges(f *gguf.File, v *vocabulary) error {
	merges, err := f.Strings(keyMerges)
	if err != nil {
		return err
	}
	m.merges = make(map[pair]merged, len(merges))
	for rank, text := range merges {
		left, right, ok := strings.Cut(text, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return fault(f, keyMerges, "merge %d is %q, not two tokens with a space between", rank, text)
		}
		var ids [3]int32
		for i, token := range []string{left, right, left + right} {
			if ids[i], ok = v.ids[token]; !ok {
				return fault(f, keyMerges, "merge %d, %q, needs the token %q, which the vocabulary lacks", rank, text, token)
			}
		}
		if made := v.types[ids[2]]; made == typeControl || made == typeUnknown {
			return fault(f, keyMerges, "merge %d, %q, makes the control token %d out of text", rank, text, ids[2])
		}
		key := pair{ids[0], ids[1]}
		if other, twice := m.merges[key]; twice {
			return fault(f, keyMerges, "merges %d and %d are both %q", other.rank, rank, text)
		}
		m.merges[key] = merged{rank, ids[2]}
	}
	return nil
}

func (m *byteLevel) encode(text string, base int, out *encoding) {
	split(text, m.stages, func(word string) {
		m.encodeWord(word, base, out)
		base += len(word)
	})
}

func (m *byteLevel) encodeWord(word string, base int, out *encoding) {
	if id, whole := m.words[word]; whole {
		out.add(id, base, base+len(word))
		return
	}
	parts, known := m.seen.get(word)
	if !known {
		parts = m.merge(word, &out.scratch)
		m.seen.put(word, parts)
	}
	start := 0
	for _, p := range parts {
		if p.id >= 0 {
			out.add(p.id, base+start, base+p.end)
		} else {
			out.lack(word[start], base+start)
		}
		start = p.end
	}
}

// merge splits a pre-token into tokens.
func (m *byteLevel) merge(word string, chain *merger) []part {
	chain.reset()
	for i := range len(word) {
		chain.push(m.bytes[word[i]], i, i+1)
	}
	chain.run(func(left, right symbol) (float64, int32, bool) {
		to, ok := m.merges[pair{left.id, right.id}] // none has a token that is lacking
		return float64(to.rank), to.id, ok
	})
	var parts []part
	for i := 0; i >= 0; i = chain.symbols[i].next {
		parts = append(parts, part{chain.symbols[i].id, chain.symbols[i].end})
	}
	return parts
}

// runeOfByte is GPT-2's way to write bytes as visible characters: printable Latin-1 characters stand for themselves, the
// others for the characters from U+0100 on. byteOfRune is its inverse.
var runeOfByte, byteOfRune = func() (to [256]rune, from map[rune]byte) {
	from = map[rune]byte{}
	spare := rune(256)
	for b := range to {
		to[b] = rune(b)
		printable := (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE
		if !printable {
			to[b] = spare
			spare++
		}
		from[to[b]] = byte(b)
	}
	return to, from
}()
