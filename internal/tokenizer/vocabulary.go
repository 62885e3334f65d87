package tokenizer

import (
	"fmt"

	"sdmap/internal/gguf"
)

// Keys and values of a GGUF file's tokenizer section.
const (
	keyModel       = "tokenizer.ggml.model"
	keyPre         = "tokenizer.ggml.pre"
	keyTokens      = "tokenizer.ggml.tokens"
	keyTypes       = "tokenizer.ggml.token_type"
	keyScores      = "tokenizer.ggml.scores"
	keyMerges      = "tokenizer.ggml.merges"
	keyBOS         = "tokenizer.ggml.bos_token_id"
	keyEOS         = "tokenizer.ggml.eos_token_id"
	keyAddBOS      = "tokenizer.ggml.add_bos_token"
	keyAddEOS      = "tokenizer.ggml.add_eos_token"
	keySpacePrefix = "tokenizer.ggml.add_space_prefix"

	keyEOT    = "tokenizer.ggml.eot_token_id"
	keyEOM    = "tokenizer.ggml.eom_token_id"
	keyFIMPad = "tokenizer.ggml.fim_pad_token_id"
	keyFIMRep = "tokenizer.ggml.fim_rep_token_id"
	keyFIMSep = "tokenizer.ggml.fim_sep_token_id"

	keyClass        = "tokenizer.ggml.cls_token_id"
	keySeparator    = "tokenizer.ggml.seperator_token_id" // spelled so in the format
	keyUnknown      = "tokenizer.ggml.unknown_token_id"
	keyLowercase    = "tokenizer.ggml.normalizer.lowercase"
	keyStripAccents = "tokenizer.ggml.normalizer.strip_accents"

	keyChatTemplate = "tokenizer.chat_template"

	modelByteLevel     = "gpt2"
	modelSentencePiece = "llama"
	modelWordPiece     = "bert"
)

// tokenType is a token's role, numbered as in the file.
type tokenType int8

const (
	typeNormal      tokenType = 1
	typeUnknown     tokenType = 2
	typeControl     tokenType = 3
	typeUserDefined tokenType = 4
	typeUnused      tokenType = 5
	typeByte        tokenType = 6
)

// special says whether the token is never made by merging text.
func (t tokenType) special() bool {
	return t == typeUnknown || t == typeControl || t == typeUserDefined
}

// vocabulary is what both families have in common. Slices are indexed by token id.
type vocabulary struct {
	tokens []string // as in the file
	types  []tokenType
	pieces [][]byte         // the bytes that a token stands for; the family fills it
	ids    map[string]int32 // of tokens

	bos, eos       int32 // -1: none
	end            int32 // what the model expects behind each text: [SEP], or EOS; -1: nothing
	addBOS         bool
	addSpacePrefix bool // SentencePiece only
	endings        map[int32]bool
	stripping      bool
	chatTemplate   string
	lacking        []byte // bytes that have no token, in byte-level vocabularies
	guessed        bool   // the file does not say how byte-level text is split
}

func (v *vocabulary) has(id int32) bool { return id >= 0 && int(id) < len(v.tokens) }

func readVocabulary(f *gguf.File, kind string) (*vocabulary, error) {
	tokens, err := f.Strings(keyTokens)
	if err != nil {
		return nil, err
	}
	v := &vocabulary{tokens: tokens, pieces: make([][]byte, len(tokens)), ids: make(map[string]int32, len(tokens))}
	for i, token := range tokens {
		if other, twice := v.ids[token]; twice && token != "" { // llama.cpp, too, suffers empty tokens but no others
			return nil, fault(f, keyTokens, "tokens %d and %d are both %q", other, i, token)
		}
		v.ids[token] = int32(i)
	}
	if err := v.readSpecialIDs(f, kind); err != nil {
		return nil, err
	}
	if err := v.readTypes(f); err != nil {
		return nil, err
	}
	return v, nil
}

// readSpecialIDs reads BOS, EOS and what stands behind a text. Where the file names none, a SentencePiece vocabulary has
// BOS and EOS at 1 and 2, as its trainer puts them, and a WordPiece vocabulary [CLS] and [SEP] at 101 and 102, where BERT
// has them; a byte-level vocabulary has no such habit and then has none.
func (v *vocabulary) readSpecialIDs(f *gguf.File, kind string) (err error) {
	v.bos, v.eos, v.end = -1, -1, -1
	switch kind {
	case modelSentencePiece:
		v.bos, v.eos = 1, 2
	case modelWordPiece:
		if v.bos, err = v.readID(f, keyClass, 101); err != nil {
			return err
		}
		if v.end, err = v.readID(f, keySeparator, 102); err != nil {
			return err
		}
		if v.end < 0 {
			return fault(f, keySeparator, "the key is missing, but the model expects the token behind each text")
		}
	}
	if v.bos, err = v.readID(f, keyBOS, v.bos); err != nil {
		return err
	}
	if v.eos, err = v.readID(f, keyEOS, v.eos); err != nil {
		return err
	}
	return v.readAdding(f, kind)
}

// readAdding reads which tokens stand before and behind each text.
func (v *vocabulary) readAdding(f *gguf.File, kind string) error {
	pre, err := f.StringOr(keyPre, "")
	if err != nil {
		return err
	}
	trainedWithBOS := kind == modelSentencePiece || kind == modelWordPiece || preTokenizers[pre].addBOS
	if v.addBOS, err = f.BoolOr(keyAddBOS, trainedWithBOS); err != nil {
		return err
	}
	if kind == modelWordPiece {
		v.addBOS = true // llama.cpp asks no key
	}
	if v.addBOS && v.bos < 0 {
		return fault(f, keyBOS, "the key is missing, but the model expects a BOS token before each text")
	}
	addEOS, err := f.BoolOr(keyAddEOS, false)
	if err != nil || !addEOS || kind == modelWordPiece {
		return err
	}
	if v.eos < 0 {
		return fault(f, keyEOS, "the key is missing, but the model expects an EOS token behind each text")
	}
	v.end = v.eos
	return nil
}

func (v *vocabulary) readID(f *gguf.File, key string, def int32) (int32, error) {
	fallback := def
	if !v.has(def) {
		fallback = -1
	}
	if !f.Has(key) {
		return fallback, nil
	}
	id, err := f.Uint(key)
	if err != nil {
		return -1, err
	}
	if id >= uint64(len(v.tokens)) {
		return -1, fault(f, key, "token %d does not exist; the vocabulary has %d", id, len(v.tokens))
	}
	return int32(id), nil
}

// readTypes reads the tokens' roles. Old files have none: then all tokens are ordinary but BOS and EOS.
func (v *vocabulary) readTypes(f *gguf.File) error {
	v.types = make([]tokenType, len(v.tokens))
	if !f.Has(keyTypes) {
		for i := range v.types {
			v.types[i] = typeNormal
			if int32(i) == v.bos || int32(i) == v.eos {
				v.types[i] = typeControl
			}
		}
		return nil
	}
	types, err := f.Ints(keyTypes)
	if err != nil {
		return err
	}
	if len(types) != len(v.tokens) {
		return fault(f, keyTypes, "%d types for %d tokens", len(types), len(v.tokens))
	}
	for i, t := range types {
		if t < int64(typeNormal) || t > int64(typeByte) {
			return fault(f, keyTypes, "token %d (%q) has type %d; 1 to 6 are defined", i, v.tokens[i], t)
		}
		v.types[i] = tokenType(t)
	}
	return nil
}

// fault is an error at a key of the file.
func fault(f *gguf.File, key, format string, args ...any) error {
	return &gguf.Error{File: f.Path, Key: key, Problem: fmt.Sprintf(format, args...)}
}
