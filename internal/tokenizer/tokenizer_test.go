package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
)

// parts is a tokenizer's section of a file, for tests to change before writing it.
type parts struct {
	model, pre     string
	tokens         []string
	types          []int32
	merges         []string
	scores         []float32
	extra          map[string]any
	without        []string // keys to leave out
	bos, eos       uint32
	addSpacePrefix bool
}

// byteLevelParts is the 256 bytes, the given merges' results, and the special tokens <s>, <|end|> and [USER].
func byteLevelParts(pre string, merges ...string) *parts {
	p := &parts{model: modelByteLevel, pre: pre, merges: merges}
	for _, r := range runeOfByte {
		p.tokens = append(p.tokens, string(r))
	}
	for _, m := range merges {
		if token := strings.Replace(m, " ", "", 1); !slices.Contains(p.tokens, token) {
			p.tokens = append(p.tokens, token)
		}
	}
	p.types = slices.Repeat([]int32{int32(typeNormal)}, len(p.tokens))
	p.bos, p.eos = uint32(len(p.tokens)), uint32(len(p.tokens)+1)
	p.tokens = append(p.tokens, "<s>", "<|end|>", "[USER]")
	p.types = append(p.types, int32(typeControl), int32(typeControl), int32(typeUserDefined))
	return p
}

// pieceParts is a SentencePiece vocabulary of <unk>, <s>, </s>, the bytes and the given pieces, the first the best.
func pieceParts(pieces ...string) *parts {
	p := &parts{model: modelSentencePiece, pre: "default", bos: 1, eos: 2, addSpacePrefix: true,
		tokens: []string{"<unk>", "<s>", "</s>"},
		types:  []int32{int32(typeUnknown), int32(typeControl), int32(typeControl)}}
	for b := range 256 {
		p.tokens = append(p.tokens, fmt.Sprintf("<0x%02X>", b))
		p.types = append(p.types, int32(typeByte))
	}
	p.scores = make([]float32, len(p.tokens))
	for i, piece := range append(pieces, escapedSpace) {
		p.tokens = append(p.tokens, piece)
		p.types = append(p.types, int32(typeNormal))
		p.scores = append(p.scores, -float32(i))
	}
	return p
}

func (p *parts) file(t testing.TB) *gguf.File {
	t.Helper()
	values := map[string]any{keyModel: p.model, keyPre: p.pre, keyTokens: p.tokens, keyTypes: p.types, keyMerges: p.merges,
		keyScores: p.scores, keyBOS: p.bos, keyEOS: p.eos, keySpacePrefix: p.addSpacePrefix}
	for key, value := range p.extra {
		values[key] = value
	}
	w := &gguftest.Writer{}
	for _, key := range []string{keyModel, keyPre, keyTokens, keyTypes, keyMerges, keyScores, keyBOS, keyEOS, keyAddBOS,
		keySpacePrefix, keyAddEOS, keyUnknown, keySeparator, keyClass, keyLowercase, keyEOT, keyChatTemplate, "general.name"} {
		if value, ok := values[key]; ok && !slices.Contains(p.without, key) {
			w.KV(key, value)
		}
	}
	f, err := gguf.Parse(w.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (p *parts) build(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := FromGGUF(p.file(t))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// names is the tokens of text, for tests to read.
func names(tok *Tokenizer, ids []int32) string {
	var list []string
	for _, id := range ids {
		list = append(list, tok.Token(id))
	}
	return strings.Join(list, " ")
}

func TestMergesGoByRankThenFromTheLeft(t *testing.T) {
	for _, c := range []struct {
		merges     []string
		text, want string
	}{
		{[]string{"a a"}, "aaaaa", "aa aa a"},
		{[]string{"b c", "a b"}, "abc", "a bc"},
		{[]string{"a b", "b c"}, "abc", "ab c"},
		{[]string{"a b", "ab c", "c d"}, "abcd", "abc d"},
		{[]string{"c d", "a b", "ab cd"}, "abcdab", "abcd ab"},
	} {
		tok := byteLevelParts("gpt-2", c.merges...).build(t)
		if got := names(tok, tok.Encode(c.text, false, false)); got != c.want {
			t.Errorf("%q under %q is %q, want %q", c.text, c.merges, got, c.want)
		}
	}
}

// The heap does what the definition says: again and again, merge the first of the best neighbouring pairs.
func TestMergingAgreesWithItsDefinition(t *testing.T) {
	tok := load(t, "gpt-2")
	m := tok.model.(*byteLevel)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		word := make([]byte, r.IntN(60))
		for i := range word {
			word[i] = "etaoin theand"[r.IntN(13)]
		}
		var ids []int32
		for _, b := range word {
			ids = append(ids, m.bytes[b])
		}
		for {
			best, at := merged{rank: math.MaxInt}, -1
			for i := 1; i < len(ids); i++ {
				if to, ok := m.merges[pair{ids[i-1], ids[i]}]; ok && to.rank < best.rank {
					best, at = to, i
				}
			}
			if at < 0 {
				break
			}
			ids = append(append(slices.Clone(ids[:at-1]), best.id), ids[at+1:]...)
		}
		out := &encoding{}
		if len(word) > 0 {
			m.encodeWord(string(word), 0, out)
		}
		if !slices.Equal(out.ids, ids) {
			t.Fatalf("%q is %q, by definition %q", word, names(tok, out.ids), names(tok, ids))
		}
	}
}

func TestSpecialTokens(t *testing.T) {
	tok := byteLevelParts("gpt-2").build(t)
	const text = "a<|end|>[USER]<s"
	for _, c := range []struct {
		bos, special bool
		want         string
	}{
		{false, false, "a < | e n d | > [USER] < s"},
		{false, true, "a <|end|> [USER] < s"},
		{true, true, "<s> a <|end|> [USER] < s"},
	} {
		if got := names(tok, tok.Encode(text, c.bos, c.special)); got != c.want {
			t.Errorf("BOS %v, special %v: %q, want %q", c.bos, c.special, got, c.want)
		}
	}
}

func TestAccessors(t *testing.T) {
	tok := byteLevelParts("llama-bpe", "Ġ t").build(t)
	bos, hasBOS := tok.BOS()
	eos, hasEOS := tok.EOS()
	if tok.VocabSize() != 260 || !hasBOS || bos != 257 || !hasEOS || eos != 258 || !tok.AddBOS() {
		t.Errorf("%d tokens, BOS %d %v, EOS %d %v, AddBOS %v", tok.VocabSize(), bos, hasBOS, eos, hasEOS, tok.AddBOS())
	}
	if tok.Token(256) != "Ġt" || string(tok.Piece(256)) != " t" || tok.IsSpecial(256) || !tok.IsSpecial(257) {
		t.Errorf("token 256 is %q for %q", tok.Token(256), tok.Piece(256))
	}
	for _, id := range []int32{-1, 260, math.MaxInt32} {
		if tok.Token(id) != "" || string(tok.Piece(id)) != "\uFFFD" || tok.IsSpecial(id) {
			t.Errorf("token %d, which does not exist, is %q for %q", id, tok.Token(id), tok.Piece(id))
		}
	}
	none := byteLevelParts("gpt-2")
	none.without = []string{keyBOS, keyEOS}
	tok = none.build(t)
	if _, ok := tok.BOS(); ok || tok.AddBOS() || len(tok.Encode("a", true, true)) != 1 {
		t.Error("a BOS out of nothing")
	}
}

func TestSentencePiece(t *testing.T) {
	p := pieceParts("ab", "▁a", "bc", "a", "b", "c", "é")
	tok := p.build(t)
	for text, want := range map[string]string{
		"":        "",
		" ":       "▁ ▁",
		"ab":      "▁ ab", // "ab" has a better score than "▁a"
		"ac":      "▁a c",
		"aé\xffé": "▁a é <0xFF> é",
		"x":       "▁ <0x78>",
		"世":       "▁ <0xE4> <0xB8> <0x96>",
		"</s>c":   "▁ <0x3C> <0x2F> <0x73> <0x3E> c",
		"<0x41>":  "▁ <0x3C> <0x30> <0x78> <0x34> <0x31> <0x3E>",
	} {
		if got := names(tok, tok.Encode(text, false, false)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
		checkSpans(t, tok, text)
		checkRoundTrip(t, tok, text)
	}
	if got, want := names(tok, tok.Encode("a</s>b", true, true)), "<s> ▁a </s> ▁ b"; got != want {
		t.Errorf("special tokens: %q, want %q", got, want)
	}
	ids, spans := tok.EncodeSpans("b 世", false, false)
	want := []Span{{0, 0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}}
	if !slices.Equal(spans, want) {
		t.Errorf("spans of %q are %v, want %v", names(tok, ids), spans, want)
	}
	if got := string(tok.DecodeContinuation(ids)); got != " b 世" {
		t.Errorf("continuation %q has lost its space", got)
	}
	p.addSpacePrefix = false
	tok = p.build(t)
	if got := names(tok, tok.Encode(" a", false, false)); got != "▁a" {
		t.Errorf("without prefix: %q", got)
	}
	checkRoundTrip(t, tok, "  a")
}

func TestErrorsNameKeyAndIndex(t *testing.T) {
	bpe := func(change func(p *parts)) *parts {
		p := byteLevelParts("gpt-2", "a b")
		change(p)
		return p
	}
	spm := func(change func(p *parts)) *parts {
		p := pieceParts("a")
		change(p)
		return p
	}
	for _, c := range []struct {
		parts *parts
		want  string
	}{
		{bpe(func(p *parts) { p.without = []string{keyModel} }), `key "tokenizer.ggml.model": the key is missing`},
		{bpe(func(p *parts) { p.model = "t5" }),
			`key "tokenizer.ggml.model": tokenizer "t5" is not supported; supported: bert, gpt2, llama`},
		{bpe(func(p *parts) { p.pre = "kimi-k2" }),
			`key "tokenizer.ggml.pre": pre-tokenizer "kimi-k2" is not supported; supported: a.x-4.0, chatglm-bpe, codeshell,`},
		{bpe(func(p *parts) { p.without = []string{keyTokens} }), `key "tokenizer.ggml.tokens": the key is missing`},
		{bpe(func(p *parts) { p.tokens[70] = p.tokens[65] }), `key "tokenizer.ggml.tokens": tokens 65 and 70 are both "A"`},
		{bpe(func(p *parts) { p.types = p.types[1:] }), `key "tokenizer.ggml.token_type": 259 types for 260 tokens`},
		{bpe(func(p *parts) { p.types[65] = 7 }), `key "tokenizer.ggml.token_type": token 65 ("A") has type 7; 1 to 6`},
		{bpe(func(p *parts) { p.bos = 260 }), `key "tokenizer.ggml.bos_token_id": token 260 does not exist; the ` +
			`vocabulary has 260`},
		{bpe(func(p *parts) { p.extra = map[string]any{keyEOS: int32(-1)} }), `key "tokenizer.ggml.eos_token_id": it is -1`},
		{bpe(func(p *parts) { p.extra = map[string]any{keyAddBOS: true}; p.without = []string{keyBOS} }),
			`key "tokenizer.ggml.bos_token_id": the key is missing, but the model expects a BOS token`},
		{bpe(func(p *parts) { p.without = []string{keyMerges} }), `key "tokenizer.ggml.merges": the key is missing`},
		{bpe(func(p *parts) { p.merges = []string{"a b", "ab"} }), `key "tokenizer.ggml.merges": merge 1 is "ab", not two`},
		{bpe(func(p *parts) { p.merges = []string{"a b c"} }), `key "tokenizer.ggml.merges": merge 0 is "a b c", not two`},
		{bpe(func(p *parts) { p.merges = []string{"a b", "a c"} }),
			`key "tokenizer.ggml.merges": merge 1, "a c", needs the token "ac", which the vocabulary lacks`},
		{bpe(func(p *parts) { p.merges = []string{"ba b"} }), `merge 0, "ba b", needs the token "ba"`},
		{bpe(func(p *parts) { p.merges = []string{"a b", "a b"} }), `key "tokenizer.ggml.merges": merges 0 and 1 are both "a b"`},
		{bpe(func(p *parts) { p.merges = []string{"a b"}; p.types[256] = int32(typeControl) }),
			`key "tokenizer.ggml.merges": merge 0, "a b", makes the control token 256 out of text`},
		{bpe(func(p *parts) { p.types[65] = int32(typeUserDefined) }),
			`key "tokenizer.ggml.token_type": token 65, byte 0x41, is marked as special`},
		{spm(func(p *parts) { p.without = []string{keyScores} }), `key "tokenizer.ggml.scores": the key is missing`},
		{spm(func(p *parts) { p.scores = p.scores[1:] }), `key "tokenizer.ggml.scores": 260 scores for 261 tokens`},
		{spm(func(p *parts) { p.scores[7] = float32(math.NaN()) }),
			`key "tokenizer.ggml.scores": the score of token 7 ("<0x04>") is not a number`},
		{spm(func(p *parts) { p.tokens[3+65] = "A" }), `key "tokenizer.ggml.tokens": the byte token <0x41> is missing`},
		{wordPieceWithout(keyUnknown), `key "tokenizer.ggml.unknown_token_id": the key is missing, but words that are not`},
		{wordPieceWithout(keySeparator), `key "tokenizer.ggml.seperator_token_id": the key is missing, but the model expects`},
		{bpe(func(p *parts) { p.extra = map[string]any{keyAddEOS: true}; p.without = []string{keyEOS} }),
			`key "tokenizer.ggml.eos_token_id": the key is missing, but the model expects an EOS token`},
		{bpe(func(p *parts) { p.extra = map[string]any{keyEOT: uint32(999)} }),
			`key "tokenizer.ggml.eot_token_id": token 999 does not exist`},
		{spm(func(p *parts) { p.tokens[260] = "b" }), `key "tokenizer.ggml.tokens": the piece "▁", the space, is missing`},
	} {
		_, err := FromGGUF(c.parts.file(t))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
		if _, ok := errors.AsType[*gguf.Error](err); err != nil && !ok {
			t.Errorf("%T is not a *gguf.Error", err)
		}
	}
}

// wordPieceWithout is a WordPiece vocabulary without one key.
func wordPieceWithout(missing string) *parts {
	p := wordPieceParts("▁a")
	p.without = append(p.without, missing)
	return p
}

// Files without types, of before token_type was written, still work.
func TestVocabularyWithoutTypes(t *testing.T) {
	p := pieceParts("a")
	p.without = []string{keyTypes}
	tok := p.build(t)
	if got := names(tok, tok.Encode("aé<s>", false, true)); got != "▁ a <0xC3> <0xA9> <s>" {
		t.Errorf("%q", got)
	}
	checkRoundTrip(t, tok, "aé\x00<s>")
}

func TestRoundTripOfArbitraryBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	parts := []string{" ", "the", "'s", "\xff", "\xc3", "\xe4\xb8", "é", "世", "\n", "1", "\xf0\x9f\x98", "\x80", "<|eot|>",
		"\xed\xa0\x80"}
	for _, name := range goldenNames {
		tok := load(t, name)
		for range 300 {
			text := ""
			for range r.IntN(12) {
				if text += parts[r.IntN(len(parts))]; r.IntN(4) == 0 {
					text += string([]byte{byte(r.Uint32())})
				}
			}
			checkRoundTrip(t, tok, text)
			checkSpans(t, tok, text)
		}
	}
}

func FuzzEncode(f *testing.F) {
	for _, seed := range []string{"", "don't  stop\n\n 123456", "\xff\xfe<|eot|>[USER]", "▁ a\u3000é👨‍👩‍👧", "'\u017f 'LL",
		"\r\n \t\x00"} {
		f.Add(seed)
	}
	var toks []*Tokenizer
	for _, name := range goldenNames {
		toks = append(toks, load(f, name))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range toks {
			checkRoundTrip(t, tok, text)
			checkSpans(t, tok, text)
		}
	})
}

// FuzzFromGGUF feeds vocabularies that a hostile file could hold: an error or a tokenizer that works, never a panic.
func FuzzFromGGUF(f *testing.F) {
	for _, p := range []*parts{byteLevelParts("gpt-2", "a b", "ab c"), pieceParts("ab", "▁a"), wordPieceParts("▁a")} {
		f.Add(p.model, p.pre, strings.Join(p.tokens, "\n"), strings.Join(p.merges, "\n"), int32(1), uint32(1))
	}
	f.Fuzz(func(t *testing.T, kind, pre, tokens, merges string, oneType int32, bos uint32) {
		p := &parts{model: kind, pre: pre, tokens: strings.Split(tokens, "\n"), merges: strings.Split(merges, "\n"), bos: bos}
		p.types = slices.Repeat([]int32{1}, len(p.tokens))
		p.types[int(bos)%len(p.types)] = oneType
		p.scores = make([]float32, len(p.tokens))
		p.extra = map[string]any{keyUnknown: bos, keySeparator: bos}
		tok, err := FromGGUF(p.file(t))
		if err != nil {
			if _, ok := errors.AsType[*gguf.Error](err); !ok {
				t.Fatalf("%T is not a *gguf.Error: %v", err, err)
			}
			return
		}
		checkSpans(t, tok, tokens)
	})
}

func BenchmarkEncode(b *testing.B) {
	var text strings.Builder
	for _, c := range cases(b, "gpt-2")[200:] {
		if len(c.Text) < 100 {
			text.WriteString(c.Text)
		}
	}
	texts := map[string]string{
		"prose": strings.Repeat("The quick brown fox doesn't jump over 12345 lazy dogs, and they return.\n", 3000),
		"mixed": strings.Repeat(text.String(), 4),
		"word":  strings.Repeat("unmergeablexyz", 10000), // one pre-token of 140,000 bytes
	}
	for _, name := range goldenNames {
		tok := load(b, name)
		for _, kind := range []string{"prose", "mixed", "word"} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.SetBytes(int64(len(texts[kind])))
				for b.Loop() {
					tok.Encode(texts[kind], false, false)
				}
			})
		}
	}
}

// A vocabulary may lack bytes. That is a fault of a text that holds one, which is named with its place, and of no other.
func TestVocabulariesWithGaps(t *testing.T) {
	gaps := byteLevelParts("gpt-2", "a b")
	gaps.tokens[4], gaps.tokens[65] = "gone", "gone too"
	tok, err := FromGGUF(gaps.file(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Lacking(); !slices.Equal(got, []byte{4, 65}) {
		t.Errorf("lacking %v", got)
	}
	for text, want := range map[string]int{"": -1, "plain words": -1, "An A": 0, "xyzA": 3, "\x04": 0, "ab \x04 A": 3,
		"é\xff": -1} {
		err := tok.Check(text, false)
		missing, is := errors.AsType[MissingByte](err)
		if is != (want >= 0) || is && (missing.At != want || missing.Byte != text[want]) {
			t.Errorf("%q: %v, want the byte at %d", text, err, want)
		}
		if err == nil && string(tok.Decode(tok.Encode(text, false, false))) != text {
			t.Errorf("%q does not come back", text)
		}
	}
	whole, err := FromGGUF(byteLevelParts("gpt-2", "a b").file(t))
	if err != nil || len(whole.Lacking()) > 0 || whole.Check("A\x04", false) != nil {
		t.Errorf("a vocabulary without gaps lacks %v, %v", whole.Lacking(), err)
	}
}
