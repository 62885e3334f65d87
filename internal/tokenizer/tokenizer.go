// Package tokenizer turns text into the token ids of a GGUF model, and back, exactly as the model was trained.
//
//	gguf.File -> FromGGUF (vocabulary, checked) -> Tokenizer
//	tokenizer.json -> FromJSON (of WordPiece)   -> Tokenizer
//	text -> special tokens cut out -> pre-tokens (byte-level only) -> merges -> ids, with the bytes that each covers
//
// Three families are read: byte-level BPE (tokenizer.ggml.model "gpt2") with the pre-tokenizers that preTokenizers lists,
// SentencePiece BPE with byte fallback ("llama"), and WordPiece ("bert"). Everything else is named in an error, together
// with what is supported: a nearly right tokenization gives quietly wrong surprisals.
//
// # Opinion
//
// The ids of a GGUF file are llama.cpp's, because the file's users run it; where the libraries that models are trained with do
// otherwise, the comments say so. Those of a tokenizer.json are the library's that wrote it, but for special tokens that stand
// in a text: they stay text. Known exceptions: invalid UTF-8 keeps its bytes (below), characters newer than llama.cpp's Unicode
// tables are what they are in Unicode 16, and text never merges into a SentencePiece file's control tokens.
//
// Nothing is lost, but by WordPiece: any bytes, valid UTF-8 or not, come back from Decode, and the spans of EncodeSpans
// tile the text, so that a surprisal can be assigned to every byte. What the reference implementations replace by U+FFFD is
// kept as bytes here, split as U+FFFD would be. Exceptions are U+2581, which SentencePiece cannot tell from a space, and
// white space behind special tokens that swallow it (Phi-3).
//
// Merging is one algorithm (merge.go) under two orders: rank for byte-level BPE, score for SentencePiece.
package tokenizer

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	families := map[string]func(*gguf.File, *vocabulary) (model, error){
		modelByteLevel: newByteLevel, modelSentencePiece: newSentencePiece, modelWordPiece: newWordPiece,
	}
	build, known := families[kind]
	if !known {
		return nil, fault(f, keyModel, "tokenizer %q is not supported; supported: %s", kind,
			strings.Join(slices.Sorted(maps.Keys(families)), ", "))
	}
	vocab, err := readVocabulary(f, kind)
	if err != nil {
		return nil, err
	}
	m, err := build(f, vocab)
	if err != nil {
		return nil, err
	}
	if err := vocab.readEndings(f); err != nil {
		return nil, err
	}
	if err := vocab.readStripping(f); err != nil {
		return nil, err
	}
	if vocab.chatTemplate, err = f.StringOr(keyChatTemplate, ""); err != nil {
		return nil, err
	}
	return &Tokenizer{vocab: vocab, specials: newSpecials(vocab), model: m}, nil
}

// Encode returns the token ids of text, which Check must have found to be without fault: bytes that have no token are left out.
// With addBOS the beginning-of-sequence token comes first, if the vocabulary has
// one (see BOS); AddBOS says what the model was trained with. With parseSpecial the texts of control tokens
// ("<|eot_id|>") become those tokens; without it they are ordinary text, which is what data from outside wants.
func (t *Tokenizer) Encode(text string, addBOS, parseSpecial bool) []int32 {
	out := &encoding{ids: make([]int32, 0, len(text)/3+8)}
	t.encode(text, addBOS, parseSpecial, nil, out)
	return out.ids
}

// EncodeSpans is Encode with the bytes of text that each token stands for. The spans are ascending and tile the text: the
// first begins at 0, each begins where the one before ends, the last ends at len(text). BOS, and a token that holds
// nothing but the space that SentencePiece puts before a text, have an empty span. A character in byte fallback has one
// token, and so one span, per byte.
func (t *Tokenizer) EncodeSpans(text string, addBOS, parseSpecial bool) ([]int32, []Span) {
	out := &encoding{withSpans: true}
	t.encode(text, addBOS, parseSpecial, nil, out)
	return out.ids, out.spans
}

// EncodeChat encodes what a chat template made. Special tokens are parsed, but not where they touch one of the untrusted
// spans, which ascend and do not overlap: what came from outside stays text, however it looks, even where it would
// complete a token that the template began. All else is as if the whole were one text, so a harmless conversation has the
// ids that llama.cpp gives it, across the borders of the spans too. (Encoding span by span would part words there.)
// BOS comes first where the model expects it, once: a template may write it itself.
func (t *Tokenizer) EncodeChat(text string, untrusted []Span) ([]int32, []Span) {
	out := &encoding{withSpans: true}
	bos := t.AddBOS()
	if bos {
		first := t.specials.find(text, true, untrusted)
		bos = len(first) == 0 || first[0].begin > 0 || first[0].id != t.vocab.bos
	}
	t.encode(text, bos, true, untrusted, out)
	return out.ids, out.spans
}

// Lacking are the bytes that the vocabulary of a byte-level tokenizer has no token for, ascending; most never occur in UTF-8. A
// text that holds one cannot be encoded.
func (t *Tokenizer) Lacking() []byte { return slices.Clone(t.vocab.lacking) }

// Guessed says whether the file does not name the pre-tokenizer of its byte-level vocabulary. Then text is split as llama.cpp
// does
// in this case, which need not be what the model was trained with.
func (t *Tokenizer) Guessed() bool { return t.vocab.guessed }

// MissingByte is the error for a text with a byte that the vocabulary has no token for.
type MissingByte struct {
	Byte byte
	At   int // offset in the text
}

func (m MissingByte) Error() string {
	return fmt.Sprintf("the vocabulary has no token for byte 0x%02x, which stands at byte %d of the text", m.Byte, m.At)
}

// Check is an error (MissingByte) for a text that Encode could not encode whole.
func (t *Tokenizer) Check(text string, parseSpecial bool) error {
	return t.check(text, parseSpecial, nil)
}

// CheckChat is Check for EncodeChat.
func (t *Tokenizer) CheckChat(text string, untrusted []Span) error {
	return t.check(text, true, untrusted)
}

func (t *Tokenizer) check(text string, parseSpecial bool, untrusted []Span) error {
	if len(t.vocab.lacking) == 0 || !t.holdsLacking(text) {
		return nil
	}
	out := &encoding{}
	t.encode(text, false, parseSpecial, untrusted, out)
	if out.missing != nil {
		return *out.missing
	}
	return nil
}

// holdsLacking is a quick look: a lacking byte may still be part of a token that stands for a whole word.
func (t *Tokenizer) holdsLacking(text string) bool {
	for _, b := range t.vocab.lacking {
		if strings.IndexByte(text, b) >= 0 {
			return true
		}
	}
	return false
}

func (t *Tokenizer) encode(text string, addBOS, parseSpecial bool, untrusted []Span, out *encoding) {
	if addBOS && t.vocab.bos >= 0 {
		out.add(t.vocab.bos, 0, 0)
	}
	at := 0
	for _, s := range t.specials.find(text, parseSpecial, untrusted) {
		if s.begin > at {
			t.model.encode(text[at:s.begin], at, out)
		}
		out.add(s.id, s.begin, s.end)
		at = s.end
	}
	if at < len(text) {
		t.model.encode(text[at:], at, out)
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

// IsControl says whether the token is control or unknown: it marks something and is no text.
func (t *Tokenizer) IsControl(id int32) bool {
	return t.vocab.has(id) && (t.vocab.types[id] == typeControl || t.vocab.types[id] == typeUnknown)
}

// VocabSize is the number of tokens; ids run from 0. A model may have more logits than its tokenizer has tokens.
func (t *Tokenizer) VocabSize() int { return len(t.vocab.tokens) }

// BOS is the beginning-of-sequence token; ok is false where the vocabulary has none.
func (t *Tokenizer) BOS() (id int32, ok bool) { return t.vocab.bos, t.vocab.bos >= 0 }

// EOS is the end-of-sequence token; ok is false where the vocabulary has none.
func (t *Tokenizer) EOS() (id int32, ok bool) { return t.vocab.eos, t.vocab.eos >= 0 }

// AddBOS says whether the model expects a BOS before each text. If so, BOS exists.
func (t *Tokenizer) AddBOS() bool { return t.vocab.addBOS }

// End is the token that the model expects behind each text, such as [SEP]; ok is false where it expects none. Encode does
// not add it: a text that is scored or continued has no end.
func (t *Tokenizer) End() (id int32, ok bool) { return t.vocab.end, t.vocab.end >= 0 }

// EndsGeneration says whether the token ends what a model has to say: EOS, and the ends of turns and of messages.
func (t *Tokenizer) EndsGeneration(id int32) bool { return t.vocab.endings[id] }

// HasChatTemplate says whether the file has one.
func HasChatTemplate(f *gguf.File) bool { return f.Has(keyChatTemplate) }

// ChatTemplate is the file's Jinja template for conversations; "" where it has none.
func (t *Tokenizer) ChatTemplate() string { return t.vocab.chatTemplate }

// encoding collects what Encode and EncodeSpans return.
type encoding struct {
	ids       []int32
	spans     []Span
	withSpans bool
	scratch   merger
	missing   *MissingByte // the first one
}

// lack notes a byte without a token. What surrounds it is encoded as if it were not there; its span goes to the token before.
func (e *encoding) lack(b byte, at int) {
	if e.missing == nil {
		e.missing = &MissingByte{b, at}
	}
	e.extend(at + 1)
}

func (e *encoding) add(id int32, start, end int) {
	e.ids = append(e.ids, id)
	if e.withSpans {
		e.spans = append(e.spans, Span{start, end})
	}
}

// extend lets the last token's span, if there is one, end at end.
func (e *encoding) extend(end int) {
	if len(e.spans) > 0 {
		e.spans[len(e.spans)-1].End = end
	}
}
