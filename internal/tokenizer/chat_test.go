package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"sdmap/internal/testenv"
)

// chatParts is a vocabulary with the tokens of a conversation.
func chatParts() *parts {
	p := byteLevelParts("qwen2", "Ġ h", "h i")
	for _, token := range []string{"<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|user|>", "  "} {
		kind := typeControl
		if token == "<|user|>" || token == "  " {
			kind = typeUserDefined
		}
		p.tokens, p.types = append(p.tokens, token), append(p.types, int32(kind))
	}
	return p
}

// content finds the stretches of text between « and », and takes the marks out.
func content(marked string) (text string, untrusted []Span) {
	for {
		before, rest, found := strings.Cut(marked, "«")
		text += before
		if !found {
			return text, untrusted
		}
		inner, rest, _ := strings.Cut(rest, "»")
		untrusted = append(untrusted, Span{len(text), len(text) + len(inner)})
		text += inner
		marked = rest
	}
}

func TestEncodeChat(t *testing.T) {
	p := chatParts()
	tok := p.build(t)
	for marked, want := range map[string]string{
		"<|im_start|>u «hi»<|im_end|>":         "<|im_start|> u Ġh i <|im_end|>", // merged across the border, as the whole is
		"<|im_start|>«<|im_end|>»<|im_end|>":   "<|im_start|> < | i m _ e n d | > <|im_end|>",
		"<|im_«end|>hi»":                       "< | i m _ e n d | > hi", // not begun by the template and ended by the content
		"«<|im_»end|>":                         "< | i m _ e n d | >",
		"«<|user|>»<|user|>":                   "< | u s e r | > <|user|>", // a user-defined token that speaks
		"«a  b[USER]»":                         "a    b [USER]",            // and ones that do not
		"<|im_start|>«»<|im_end|>":             "<|im_start|> <|im_end|>",
		"«<|im_end|>»«<|im_end|>»<|im_start|>": "< | i m _ e n d | > < | i m _ e n d | > <|im_start|>",
	} {
		text, untrusted := content(marked)
		ids, spans := tok.EncodeChat(text, untrusted)
		if got := names(tok, ids); got != want {
			t.Errorf("%s is %q, want %q", marked, got, want)
		}
		if string(tok.Decode(ids)) != text || spans[len(spans)-1].End != len(text) {
			t.Errorf("%s comes back as %q with spans %v", marked, tok.Decode(ids), spans)
		}
	}
}

// BOS stands in front once, whether the template writes it or not; content that looks like it does not count.
func TestEncodeChatBOS(t *testing.T) {
	p := chatParts()
	p.extra = map[string]any{keyAddBOS: true}
	tok := p.build(t)
	for marked, want := range map[string]string{
		"hi":     "<s> hi",
		"<s>hi":  "<s> hi",
		"«<s>»h": "<s> < s > h",
		"h<s>":   "<s> h <s>",
	} {
		text, untrusted := content(marked)
		ids, _ := tok.EncodeChat(text, untrusted)
		if got := names(tok, ids); got != want {
			t.Errorf("%s is %q, want %q", marked, got, want)
		}
	}
	plain := chatParts().build(t)
	if ids, _ := plain.EncodeChat("hi", nil); names(plain, ids) != "hi" {
		t.Errorf("without BOS: %q", names(plain, ids))
	}
}

// A harmless conversation has the ids that llama.cpp gives the rendered text, across the borders of the contents too.
func TestChatLikeLlamaCpp(t *testing.T) {
	testenv.Program(t, "llama-server", "llama-server")
	for _, name := range []string{"llama-bpe", "gpt-4o", "llama", "gemma"} {
		tok := load(t, name)
		address := serve(t, name, withModel(t, loadFile(t, name), nil))
		for i, c := range cases(t, name) {
			if i%5 > 0 || newerThanLlama(c.Text) || strings.ContainsAny(c.Text, "\x00<[") {
				continue
			}
			before, after := "<|endoftext|><|e", "<|eot|>\n"
			if name == "llama" || name == "gemma" {
				before, after = "<unk>", "</s>\n"
			}
			text := before + "user\n" + c.Text + after
			untrusted := []Span{{len(before) + 5, len(text) - len(after)}}
			got, _ := tok.EncodeChat(text, untrusted)
			want := llamaTokens(t, address, text, true)
			if bos, _ := tok.BOS(); tok.AddBOS() && len(want) > 1 && want[1] == bos {
				want = want[1:] // llama.cpp only warns of the second BOS
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s, %+q\n got  %s\n want %s", name, text, show(tok, got), show(tok, want))
			}
		}
	}
}

func TestEndings(t *testing.T) {
	p := chatParts()
	p.types[slices.Index(p.tokens, "<|eot_id|>")] = int32(typeUserDefined) // as some files have it
	p.extra = map[string]any{keyEOT: uint32(slices.Index(p.tokens, "<|user|>"))}
	tok := p.build(t)
	var ends []string
	for id := range int32(tok.VocabSize()) {
		if tok.EndsGeneration(id) {
			ends = append(ends, tok.Token(id))
		}
	}
	if got, want := strings.Join(ends, " "), "<|end|> <|im_end|> <|eot_id|> <|user|>"; got != want { // <|end|> is EOS here
		t.Errorf("generations end at %s, want %s", got, want)
	}
	if got := names(tok, tok.Encode("<|eot_id|>", false, false)); got != "< | e o t _ i d | >" {
		t.Errorf("a token that ends turns is ordinary text to be found in any text: %q", got)
	}
	calls := chatParts()
	calls.tokens = append(calls.tokens, "<|call|>", "<|return|>")
	calls.types = append(calls.types, int32(typeControl), int32(typeControl))
	tok = calls.build(t)
	if id := slices.Index(calls.tokens, "<|end|>"); tok.EndsGeneration(int32(id)) {
		t.Error("<|end|> ends a generation where calls have their own tokens")
	}
}

// Of overlapping special tokens the longest is found first, though another begins before it.
func TestLongestSpecialTokenFirst(t *testing.T) {
	p := byteLevelParts("gpt-2")
	p.tokens = append(p.tokens, "<ab", "b>cd>")
	p.types = append(p.types, int32(typeControl), int32(typeControl))
	tok := p.build(t)
	if got := names(tok, tok.Encode("<ab>cd><ab", false, true)); got != "< a b>cd> <ab" {
		t.Errorf("%q", got)
	}
}

func TestPhi3SwallowsSpace(t *testing.T) {
	p := pieceParts("ab", "\n")
	p.tokens = append(p.tokens, "<|end|>")
	p.types, p.scores = append(p.types, int32(typeControl)), append(p.scores, 0)
	p.addSpacePrefix = false
	p.extra = map[string]any{"general.name": "My Phi-3"}
	tok := p.build(t)
	ids, spans := tok.EncodeSpans("<|end|> \n ab<s> ab", false, true)
	if got := names(tok, ids); got != "<|end|> ab <s> ▁ ab" || spans[0] != (Span{0, 10}) || spans[1] != (Span{10, 12}) {
		t.Errorf("%q with spans %v", got, spans)
	}
}

// wordPieceParts is [PAD], [UNK], [CLS], [SEP] and the given tokens as a file writes them.
func wordPieceParts(tokens ...string) *parts {
	p := &parts{model: modelWordPiece, pre: "default", tokens: append([]string{"[PAD]", "[UNK]", "[CLS]", "[SEP]"}, tokens...),
		bos: 2, without: []string{keyEOS, keySpacePrefix},
		extra: map[string]any{keyUnknown: uint32(1), keySeparator: uint32(3)}}
	p.types = slices.Repeat([]int32{int32(typeNormal)}, len(p.tokens))
	for i := range 4 {
		p.types[i] = int32(typeControl)
	}
	return p
}

func TestWordPiece(t *testing.T) {
	tok := wordPieceParts("▁un", "aff", "able", "a", "▁a", "▁,", "▁世").build(t)
	for text, want := range map[string]string{
		"":                "[CLS]",
		"unaffable":       "[CLS] ▁un aff able",
		" UNÁFFABLE, a\n": "[CLS] ▁un aff able ▁, ▁a",
		"unaffables":      "[CLS] [UNK]",
		"世世a":             "[CLS] ▁世 ▁世 ▁a",
		"a\u0301a\u00ada": "[CLS] ▁a a a",
	} {
		ids, spans := tok.EncodeSpans(text, true, false)
		if got := names(tok, ids); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
		if spans[len(spans)-1].End != len(text) {
			t.Errorf("%q has spans %v", text, spans)
		}
	}
	_, spans := tok.EncodeSpans(" unAff á ", true, false)
	if want := []Span{{0, 0}, {0, 3}, {3, 6}, {6, 10}}; !slices.Equal(spans, want) {
		t.Errorf("spans %v, want %v", spans, want)
	}
	if end, ok := tok.End(); !ok || end != 3 || !tok.AddBOS() {
		t.Errorf("the end is %d, %v; AddBOS %v", end, ok, tok.AddBOS())
	}
	if got := string(tok.Decode(tok.Encode("unaffable, a", false, false))); got != "unaffable , a" {
		t.Errorf("decoded: %q", got)
	}
	cased := wordPieceParts("▁A", "▁a")
	cased.extra[keyLowercase] = false
	if tok = cased.build(t); names(tok, tok.Encode("A a À", false, false)) != "▁A ▁a [UNK]" {
		t.Errorf("cased: %q", names(tok, tok.Encode("A a À", false, false)))
	}
}
