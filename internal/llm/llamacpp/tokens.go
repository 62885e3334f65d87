package llamacpp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sdmap/internal/llm"
)

// special holds the tokens that a text alone does not give.
type special struct {
	before []int32 // that the model wants in front of a text: BOS, or none
	after  []int32 // that it wants at its end, for embedding only
	bos    int32   // -1 if there is none
	eos    int32
	letter int32   // a token whose text is whole
	fixed  []int32 // a text, the answers to which are a model's fingerprint
}

// encoder makes tokens of texts, as the servers do.
type encoder struct {
	*fleet
	special special // tokens that the model wants around a text, and others by name
	pieces  once[pieces]
}

type tokenizeRequest struct {
	Content string `json:"content"`
	Special bool   `json:"add_special"`
	Parse   bool   `json:"parse_special"`
	Pieces  bool   `json:"with_pieces"`
}

// tokenize asks any server. Texts that are not UTF-8 cannot be said in JSON; they would be changed silently.
func (e *encoder) tokenize(ctx context.Context, req tokenizeRequest) ([]piece, error) {
	if !utf8.ValidString(req.Content) {
		return nil, fmt.Errorf("the text %s is not UTF-8, and llama-server takes nothing else", quote(req.Content))
	}
	req.Pieces = true
	var reply struct{ Tokens []piece }
	err := e.onAny(ctx, func(s *server) error {
		reply.Tokens = nil
		if err := e.post(ctx, s, "/tokenize", req, &reply); err != nil {
			return err
		}
		for _, p := range reply.Tokens {
			if p.ID < 0 || int(p.ID) >= e.facts.vocab {
				return fmt.Errorf("%s: /tokenize gives %s the id %d; the vocabulary has %d", s.url, quote(req.Content), p.ID,
					e.facts.vocab)
			}
		}
		return nil
	})
	return reply.Tokens, err
}

// quote shows the beginning of a text.
func quote(text string) string {
	if len(text) > 60 {
		return fmt.Sprintf("%q...", text[:60])
	}
	return fmt.Sprintf("%q", text)
}

// learn finds what the server puts around a text, by one with it and one without, and the tokens that it names.
func (e *encoder) learn(ctx context.Context) error {
	with, err := e.tokenize(ctx, tokenizeRequest{Content: "A", Special: true})
	if err != nil {
		return err
	}
	plain, err := e.tokenize(ctx, tokenizeRequest{Content: "A"})
	if err != nil {
		return err
	}
	if len(plain) == 0 {
		return fmt.Errorf("%s: \"A\" has no tokens", e.first().url)
	}
	s := special{letter: plain[len(plain)-1].ID}
	rest := len(with) - len(plain)
	front := 0
	for front < rest && !slices.Equal(ids(with[front:front+len(plain)]), ids(plain)) {
		front++
	}
	if rest < 0 || front > 1 || !slices.Equal(ids(with[front:front+len(plain)]), ids(plain)) {
		return fmt.Errorf("%s: with special tokens \"A\" is %v, without %v; supported: one in front, and some behind",
			e.first().url, ids(with), ids(plain))
	}
	s.before, s.after = ids(with[:front]), ids(with[front+len(plain):])
	if s.bos, err = e.named(ctx, e.facts.bos); err != nil {
		return err
	}
	if s.eos, err = e.named(ctx, e.facts.eos); err != nil {
		return err
	}
	if len(s.before) == 1 {
		s.bos = s.before[0]
	}
	e.special = s
	return nil
}

// named is the id of a special token, by its text; -1 if there is none.
func (e *encoder) named(ctx context.Context, text string) (int32, error) {
	if text == "" {
		return -1, nil
	}
	got, err := e.tokenize(ctx, tokenizeRequest{Content: text, Parse: true})
	if err != nil {
		return 0, err
	}
	if len(got) != 1 {
		return -1, nil
	}
	return got[0].ID, nil
}

func ids(pieces []piece) []int32 {
	out := make([]int32, len(pieces))
	for i, p := range pieces {
		out[i] = p.ID
	}
	return out
}

// spans is Driver.Tokenize.
func (e *encoder) spans(ctx context.Context, text string) ([]llm.Token, error) {
	pieces, err := e.tokenize(ctx, tokenizeRequest{Content: text})
	if err != nil {
		return nil, err
	}
	tokens := make([]llm.Token, 0, len(pieces)+1)
	for _, id := range e.special.before {
		tokens = append(tokens, llm.Token{ID: id})
	}
	tokens, err = tile(tokens, text, pieces)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.first().url, err)
	}
	return tokens, nil
}

// tile appends tokens with their spans. Together the pieces are the text, or the text with the space in front that
// SentencePiece models add.
func tile(tokens []llm.Token, text string, pieces []piece) ([]llm.Token, error) {
	var all strings.Builder
	for _, p := range pieces {
		all.Write(p.Text)
	}
	at := 0
	switch all.String() {
	case text:
	case " " + text:
		at = -1
	default:
		return nil, fmt.Errorf("the tokens of %s are together %s, which is another text: this model's tokenizer changes texts, "+
			"so that its scores cannot be assigned",
			quote(text), quote(all.String()))
	}
	for _, p := range pieces {
		end := at + len(p.Text)
		tokens = append(tokens, llm.Token{ID: p.ID, Start: max(at, 0), End: max(end, 0)})
		at = end
	}
	return tokens, nil
}

// encode gives the ids of a text with BOS in front where the model wants one.
func (e *encoder) encode(ctx context.Context, text string) ([]int32, error) {
	pieces, err := e.tokenize(ctx, tokenizeRequest{Content: text})
	return append(e.special.before[:len(e.special.before):len(e.special.before)], ids(pieces)...), err
}

// describe is Driver.Vocabulary.
func (e *encoder) describe(ctx context.Context) (llm.Vocabulary, error) {
	if err := ctx.Err(); err != nil {
		return llm.Vocabulary{}, err
	}
	return llm.Vocabulary{Size: e.facts.vocab, BOS: e.special.bos, EOS: e.special.eos,
		AddBOS: len(e.special.before) > 0, Context: e.longest()}, nil
}

// longest is the number of tokens of the longest sequence: the server wants one place more, for what follows.
func (e *encoder) longest() int {
	longest := e.facts.context - 1
	if e.facts.trained > 0 {
		longest = min(longest, e.facts.trained)
	}
	return longest
}

// check refuses what no server could take.
func (e *encoder) check(what string, i int, tokens []int32) error {
	switch {
	case len(tokens) == 0:
		return fmt.Errorf("%s %d is empty; it must have a token at least", what, i)
	case len(tokens) > e.longest():
		return llm.Unaskable{Request: i, Err: fmt.Errorf("%s %d has %d tokens; the server takes %d (its -c allows for the "+
			"longest and one more)", what, i, len(tokens), e.longest())}
	}
	for at, id := range tokens {
		if id < 0 || int(id) >= e.facts.vocab {
			return fmt.Errorf("%s %d: token %d has id %d; the vocabulary has %d", what, i, at, id, e.facts.vocab)
		}
	}
	return nil
}

// pieces are the bytes of every token, as generation shows them; those of special tokens are empty.
type pieces [][]byte

// table asks once for the bytes of all tokens, which a distribution over the vocabulary tells.
func (e *encoder) table(ctx context.Context) (pieces, error) {
	return e.pieces.get(func() (pieces, error) {
		var all []entry
		err := e.onSlot(ctx, 2, func(s slot) (err error) {
			all, err = e.whole(ctx, s, []int32{e.special.letter}, false)
			return err
		})
		p := make(pieces, len(all))
		for id, one := range all {
			p[id] = one.Bytes
		}
		return p, err
	})
}

// whole asks for the distribution over the vocabulary after prompt. A letter is forced, because a reply whose token is a
// piece of a character has no entry.
func (e *encoder) whole(ctx context.Context, s slot, prompt []int32, cached bool) ([]entry, error) {
	req := greedy(s, prompt, 1)
	req.Probs, req.CachePrompt = e.facts.vocab, cached
	req.prefer(e.special.letter)
	c, err := e.complete(ctx, s, req)
	if err != nil {
		return nil, err
	}
	all, err := c.distribution(e.facts.vocab)
	if err != nil {
		return nil, fmt.Errorf("%s/completion: %w", s.server.url, err)
	}
	return all, nil
}

// grammatical says whether a grammar of ids takes the token: those that generation shows as whole characters.
func (p pieces) grammatical(id int32) bool { return len(p[id]) > 0 && utf8.Valid(p[id]) }
