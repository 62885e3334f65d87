// Package tokenizer turns text into the token ids of a GGUF model, and back, exactly as the model was trained.
//
//	gguf.File -> FromGGUF (vocabulary, checked) -> Tokenizer
//	text -> special tokens cut out -> pre-tokens (byte-level only) -> merges -> ids, with the bytes that each covers
//
// Two families are read: byte-level BPE (tokenizer.ggml.model "gpt2") with the pre-tokenizers gpt-2, llama-bpe and
// llama.cpp's default, and SentencePiece BPE with byte fallback ("llama"). Everything else is named in an error, together
// with what is supported: a nearly right tokenization gives quietly wrong surprisals.
//
// # Opinion
//
// Nothing is lost: any bytes, valid UTF-8 or not, come back from Decode, and the spans of EncodeSpans tile the text, so
// that a surprisal can be assigned to every byte. What the reference implementations replace by U+FFFD is kept as bytes
// here, split as U+FFFD would be. The one exception is U+2581, which SentencePiece cannot tell from a space.
//
// Merging is one algorithm (merge.go) under two orders: rank for byte-level BPE, score for SentencePiece.
package tokenizer

import (
	"bytes"

	"sdmap/internal/gguf"
)

// Tokenizer encodes and decodes with one model's vocabulary. It is immutable, so goroutines may share it.
type Tokenizer struct {
	vocab    *vocabulary
	specials specials
	model    model
}

// model is one family's way from plain text, without special tokens, to ids.
type model interface {
	// encode adds the tokens of text, which begins at byte base of the whole input, to out.
	encode(text string, base int, out *encoding)
}

// Span is the half-open range of bytes [Start, End) of the input that a token stands for.
type Span struct{ Start, End int }

// FromGGUF builds the tokenizer that the file's tokenizer.ggml keys describe. Errors are *gguf.Error and name the key
// and, where there is one, the index of the entry at fault.
func FromGGUF(f *gguf.File) (*Tokenizer, error) {
	kind, err := f.String(keyModel)
	if err != nil {
		return nil, err
	}
	build, known := map[string]func(*gguf.File, *vocabulary) (model, error){
		modelByteLevel: newByteLevel, modelSentencePiece: newSentencePiece,
	}[kind]
	if !known {
		return nil, fault(f, keyModel, "tokenizer %q is not supported; supported: %q, %q", kind, modelByteLevel,
			modelSentencePiece)
	}
	vocab, err := readVocabulary(f, kind)
	if err != nil {
		return nil, err
	}
	m, err := build(f, vocab)
	if err != nil {
		return nil, err
	}
	return &Tokenizer{vocab: vocab, specials: newSpecials(vocab), model: m}, nil
}

// Encode returns the token ids of text. With addBOS the beginning-of-sequence token comes first, if the vocabulary has
// one (see BOS); AddBOS says what the model was trained with. With parseSpecial the texts of control tokens
// ("<|eot_id|>") become those tokens; without it they are ordinary text, which is what data from outside wants.
func (t *Tokenizer) Encode(text string, addBOS, parseSpecial bool) []int32 {
	out := &encoding{ids: make([]int32, 0, len(text)/3+8)}
	t.encode(text, addBOS, parseSpecial, out)
	return out.ids
}

// EncodeSpans is Encode with the bytes of text that each token stands for. The spans are ascending and tile the text: the
// first begins at 0, each begins where the one before ends, the last ends at len(text). BOS, and a token that holds
// nothing but the space that SentencePiece puts before a text, have an empty span. A character in byte fallback has one
// token, and so one span, per byte.
func (t *Tokenizer) EncodeSpans(text string, addBOS, parseSpecial bool) ([]int32, []Span) {
	out := &encoding{withSpans: true}
	t.encode(text, addBOS, parseSpecial, out)
	return out.ids, out.spans
}

func (t *Tokenizer) encode(text string, addBOS, parseSpecial bool, out *encoding) {
	if addBOS && t.vocab.bos >= 0 {
		out.add(t.vocab.bos, 0, 0)
	}
	for at := 0; at < len(text); {
		begin, end, id := t.specials.next(text, at, parseSpecial)
		if begin > at {
			t.model.encode(text[at:begin], at, out)
		}
		if end > begin {
			out.add(id, begin, end)
		}
		at = end
	}
}

// Decode is the inverse of Encode without BOS: Decode(Encode(text)) is text, byte for byte, but for U+2581 under
// SentencePiece, which becomes a space. An id outside of the vocabulary decodes to U+FFFD.
func (t *Tokenizer) Decode(ids []int32) []byte {
	var text []byte
	fresh := true // the next plain token begins with a space that Encode added
	for _, id := range ids {
		piece := t.Piece(id)
		special := t.IsSpecial(id)
		if fresh && !special && t.vocab.addSpacePrefix {
			piece = bytes.TrimPrefix(piece, []byte(" "))
		}
		text = append(text, piece...)
		fresh = special
	}
	return text
}

// DecodeContinuation gives the text that ids add behind earlier tokens: Decode, but a leading space is text.
func (t *Tokenizer) DecodeContinuation(ids []int32) []byte {
	var text []byte
	for _, id := range ids {
		text = append(text, t.Piece(id)...)
	}
	return text
}

// Piece is the bytes that the token stands for; a byte token is one byte, a special token its text. The slice must not
// be changed.
func (t *Tokenizer) Piece(id int32) []byte {
	if !t.vocab.has(id) {
		return []byte("\uFFFD")
	}
	return t.vocab.pieces[id]
}

// Token is the token as the vocabulary writes it: "Ġthe", "▁the", "<0x0A>". Outside of the vocabulary it is "".
func (t *Tokenizer) Token(id int32) string {
	if !t.vocab.has(id) {
		return ""
	}
	return t.vocab.tokens[id]
}

// IsSpecial says whether the token is control, user-defined or unknown rather than ordinary text or a byte.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.vocab.has(id) && t.vocab.types[id].special() }

// VocabSize is the number of tokens; ids run from 0. A model may have more logits than its tokenizer has tokens.
func (t *Tokenizer) VocabSize() int { return len(t.vocab.tokens) }

// BOS is the beginning-of-sequence token; ok is false where the vocabulary has none.
func (t *Tokenizer) BOS() (id int32, ok bool) { return t.vocab.bos, t.vocab.bos >= 0 }

// EOS is the end-of-sequence token; ok is false where the vocabulary has none.
func (t *Tokenizer) EOS() (id int32, ok bool) { return t.vocab.eos, t.vocab.eos >= 0 }

// AddBOS says whether the model expects a BOS before each text. If so, BOS exists.
func (t *Tokenizer) AddBOS() bool { return t.vocab.addBOS }

// encoding collects what Encode and EncodeSpans return.
type encoding struct {
	ids       []int32
	spans     []Span
	withSpans bool
	scratch   merger
}

func (e *encoding) add(id int32, start, end int) {
	e.ids = append(e.ids, id)
	if e.withSpans {
		e.spans = append(e.spans, Span{start, end})
	}
}
