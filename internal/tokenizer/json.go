package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// saved is a tokenizer.json of the `tokenizers` library, as far as WordPiece goes.
type saved struct {
	Added      []addedToken `json:"added_tokens"`
	Normalizer struct {
		Type      string
		Clean     bool  `json:"clean_text"`
		Chinese   bool  `json:"handle_chinese_chars"`
		Strip     *bool `json:"strip_accents"`
		Lowercase bool
	}
	PreTokenizer struct{ Type string } `json:"pre_tokenizer"`
	Processor    processor             `json:"post_processor"`
	Model        struct {
		Type    string
		Unknown string `json:"unk_token"`
		Goes    string `json:"continuing_subword_prefix"`
		Most    int    `json:"max_input_chars_per_word"`
		Vocab   map[string]int
	}
}

type addedToken struct {
	ID      int
	Content string
	Special bool
}

// processor says what stands around a text, in one of the two forms that BERTs have.
type processor struct {
	Type   string
	Single []struct {
		Special  *struct{ ID string } `json:"SpecialToken"`
		Sequence *struct{ ID string }
	}
	First []any `json:"cls"` // the token and its id
	Last  []any `json:"sep"`
}

// FromJSON builds the tokenizer that a tokenizer.json describes, if it is BERT's WordPiece. Errors name the key.
func FromJSON(data []byte) (*Tokenizer, error) {
	var s saved
	s.Model.Most = 100
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, err
	}
	for _, part := range [][3]string{{"model", s.Model.Type, "WordPiece"}, {"normalizer", s.Normalizer.Type, "BertNormalizer"},
		{"pre_tokenizer", s.PreTokenizer.Type, "BertPreTokenizer"}} {
		if part[1] != part[2] {
			return nil, fmt.Errorf("key %q: type %q is not supported; supported: %s", part[0], part[1], part[2])
		}
	}
	v, err := s.vocabulary()
	if err != nil {
		return nil, err
	}
	m := &wordPiece{ids: v.ids, goes: s.Model.Goes, most: s.Model.Most}
	if m.unknown, err = v.special("model", s.Model.Unknown, typeUnknown); err != nil {
		return nil, err
	}
	if s.Model.Most < 1 || s.Model.Goes == "" {
		return nil, fmt.Errorf("key %q: max_input_chars_per_word is %d and continuing_subword_prefix %q; both are needed",
			"model",
			s.Model.Most, s.Model.Goes)
	}
	text := libraryText{clean: s.Normalizer.Clean, chinese: s.Normalizer.Chinese, lower: s.Normalizer.Lowercase,
		strip: s.Normalizer.Lowercase}
	if s.Normalizer.Strip != nil {
		text.strip = *s.Normalizer.Strip
	}
	m.words = text.words
	if err := s.Processor.read(v); err != nil {
		return nil, err
	}
	m.fillPieces(v)
	return &Tokenizer{vocab: v, specials: newSpecials(v), model: m}, nil
}

// vocabulary puts the tokens in the order of their ids, which have no gaps.
func (s *saved) vocabulary() (*vocabulary, error) {
	v := &vocabulary{tokens: make([]string, len(s.Model.Vocab)), ids: map[string]int32{}, bos: -1, eos: -1, end: -1}
	for token, id := range s.Model.Vocab {
		if id < 0 || id >= len(v.tokens) {
			return nil, fmt.Errorf("key %q: token %q has number %d; the vocabulary has %d", "model", token, id, len(v.tokens))
		}
		v.tokens[id], v.ids[token] = token, int32(id)
	}
	for id, token := range v.tokens {
		if given, ok := v.ids[token]; !ok || int(given) != id {
			return nil, fmt.Errorf("key %q: no token has number %d, and another is there twice", "model", id)
		}
	}
	v.types = slices.Repeat([]tokenType{typeNormal}, len(v.tokens))
	slices.SortStableFunc(s.Added, func(a, b addedToken) int { return cmp.Compare(a.ID, b.ID) })
	for _, a := range s.Added {
		if a.ID == len(v.tokens) {
			v.tokens, v.types, v.ids[a.Content] = append(v.tokens, a.Content), append(v.types, typeNormal), int32(a.ID)
		}
		if a.ID < 0 || a.ID >= len(v.tokens) || v.tokens[a.ID] != a.Content || !a.Special {
			return nil, fmt.Errorf("key %q: %q, number %d, is not supported; supported: special tokens, numbered as in the "+
				"vocabulary or behind it", "added_tokens", a.Content, a.ID)
		}
		v.types[a.ID] = typeControl
	}
	v.pieces = make([][]byte, len(v.tokens))
	return v, nil
}

// special finds a token that a key names.
func (v *vocabulary) special(key, token string, is tokenType) (int32, error) {
	id, ok := v.ids[token]
	if !ok {
		return -1, fmt.Errorf("key %q: the token %q is not in the vocabulary", key, token)
	}
	v.types[id] = is
	return id, nil
}

// read takes the tokens in front of a text and behind it.
func (p processor) read(v *vocabulary) (err error) {
	const key = "post_processor"
	var first, last string
	switch {
	case p.Type == "TemplateProcessing" && len(p.Single) == 3 && p.Single[0].Special != nil && p.Single[1].Sequence != nil &&
		p.Single[2].Special != nil:
		first, last = p.Single[0].Special.ID, p.Single[2].Special.ID
	case p.Type == "BertProcessing" && len(p.First) == 2 && len(p.Last) == 2:
		first, _ = p.First[0].(string)
		last, _ = p.Last[0].(string)
	default:
		return fmt.Errorf("key %q: type %q, or what it puts around a text, is not supported; supported: one token in front "+
			"and one behind", key, p.Type)
	}
	v.addBOS, v.addSpacePrefix = true, true
	if v.bos, err = v.special(key, first, typeControl); err != nil {
		return err
	}
	v.end, err = v.special(key, last, typeControl)
	return err
}

// fillPieces says what tokens stand for: what begins a word has a space in front.
func (m *wordPiece) fillPieces(v *vocabulary) {
	for id, token := range v.tokens {
		m.longest = max(m.longest, len(token))
		inner, goes := strings.CutPrefix(token, m.goes)
		switch {
		case v.types[id].special():
			v.pieces[id] = []byte(token)
		case goes:
			v.pieces[id] = []byte(inner)
		default:
			v.pieces[id] = []byte(" " + token)
		}
	}
}
