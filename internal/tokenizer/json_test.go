package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// asJSON writes a vocabulary of WordPiece as the `tokenizers` library does, [PAD], [UNK], [CLS], [SEP] and [MASK] first; change
// may do something to it.
func asJSON(t testing.TB, tokens []string, change func(s map[string]any)) []byte {
	t.Helper()
	vocab, added := map[string]int{}, []any{}
	for id, token := range tokens {
		vocab[token] = id
		if strings.HasPrefix(token, "[") && strings.HasSuffix(token, "]") {
			added = append(added, map[string]any{"id": id, "content": token, "special": true, "normalized": false})
		}
	}
	s := map[string]any{
		"version": "1.0", "added_tokens": added,
		"normalizer": map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
			"strip_accents": nil, "lowercase": true},
		"pre_tokenizer":  map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{"type": "BertProcessing", "sep": []any{"[SEP]", 3}, "cls": []any{"[CLS]", 2}},
		"model": map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
			"max_input_chars_per_word": 100, "vocab": vocab},
	}
	if change != nil {
		change(s)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The vocabulary of the goldens, as the library has it, gives the library's ids to every text: also where llama.cpp does
// otherwise.
func TestJSONLikeTheLibrary(t *testing.T) {
	from := load(t, "bert")
	var tokens []string
	for id := range from.VocabSize() {
		token := from.Token(int32(id))
		begins, found := strings.CutPrefix(token, escapedSpace)
		if !found && !from.IsSpecial(int32(id)) {
			begins = "##" + token
		}
		tokens = append(tokens, begins)
	}
	tok, err := FromJSON(asJSON(t, tokens, nil))
	if err != nil {
		t.Fatal(err)
	}
	failures := 0
	for _, c := range cases(t, "bert") {
		if strings.ContainsAny(c.Text, "\u2e56\U00011c41") {
			continue // punctuation that the library does not know
		}
		if got := tok.Encode(c.Text, false, false); !slices.Equal(got, c.IDs) {
			t.Errorf("Encode(%+q)\n got  %s\n want %s", c.Text, show(tok, got), show(tok, c.IDs))
			if failures++; failures > 5 {
				t.FailNow()
			}
		}
		checkSpans(t, tok, c.Text)
	}
}

func TestJSONOptions(t *testing.T) {
	tokens := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "A", "á", "##b", "世", "##界", "世界", "i", "i̇"}
	set := func(key, inner string, value any) func(map[string]any) {
		return func(s map[string]any) { s[key].(map[string]any)[inner] = value }
	}
	for _, c := range []struct {
		change     func(map[string]any)
		text, want string
	}{
		{nil, "Á ab 世界 [MASK]", "a a ##b 世 [UNK] [UNK] [UNK] [UNK]"},
		{set("normalizer", "lowercase", false), "A Á", "A [UNK]"},
		{set("normalizer", "strip_accents", false), "Á İ", "á i̇"},
		{set("normalizer", "strip_accents", true), "İ", "i"},
		{set("normalizer", "handle_chinese_chars", false), "世界", "世界"},
		{set("normalizer", "clean_text", false), "a\x01", "[UNK]"},
		{nil, "a\x01b\x00", "a ##b"},
		{set("model", "max_input_chars_per_word", 2), "ab abb", "a ##b [UNK]"},
		{func(s map[string]any) {
			s["post_processor"] = map[string]any{"type": "TemplateProcessing", "single": []any{
				map[string]any{"SpecialToken": map[string]any{"id": "[CLS]", "type_id": 0}},
				map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}},
				map[string]any{"SpecialToken": map[string]any{"id": "[SEP]", "type_id": 0}}}}
		}, "a", "a"},
	} {
		tok, err := FromJSON(asJSON(t, tokens, c.change))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, id := range tok.Encode(c.text, false, false) {
			got = append(got, tok.Token(id))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q is %q, want %s", c.text, got, c.want)
		}
		bos, _ := tok.BOS()
		if end, ok := tok.End(); bos != 2 || end != 3 || !ok || !tok.AddBOS() {
			t.Errorf("a text stands between %d and %d", bos, end)
		}
	}
}

func TestJSONRefused(t *testing.T) {
	tokens := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"}
	for want, change := range map[string]func(s map[string]any){
		`key "model": type "BPE" is not supported; supported: WordPiece`: func(s map[string]any) {
			s["model"].(map[string]any)["type"] = "BPE"
		},
		`key "normalizer": type "" is not supported`:                func(s map[string]any) { s["normalizer"] = nil },
		`key "pre_tokenizer": type "Whitespace"`:                    func(s map[string]any) { s["pre_tokenizer"] = map[string]any{"type": "Whitespace"} },
		`key "post_processor": type "RobertaProcessing"`:            func(s map[string]any) { s["post_processor"].(map[string]any)["type"] = "RobertaProcessing" },
		`key "post_processor": the token "<s>"`:                     func(s map[string]any) { s["post_processor"].(map[string]any)["cls"] = []any{"<s>", 0} },
		`key "model": the token "<unk>"`:                            func(s map[string]any) { s["model"].(map[string]any)["unk_token"] = "<unk>" },
		`key "model": token "a" has number 9; the vocabulary has 6`: func(s map[string]any) { s["model"].(map[string]any)["vocab"].(map[string]int)["a"] = 9 },
		`key "model": no token has number`:                          func(s map[string]any) { s["model"].(map[string]any)["vocab"].(map[string]int)["a"] = 4 },
		`key "added_tokens": "b", number 7, is not supported`: func(s map[string]any) {
			s["added_tokens"] = []any{map[string]any{"id": 7, "content": "b", "special": true}}
		},
		`key "added_tokens": "a", number 5, is not supported`: func(s map[string]any) { s["added_tokens"] = []any{map[string]any{"id": 5, "content": "a"}} },
		`max_input_chars_per_word is 0`:                       func(s map[string]any) { s["model"].(map[string]any)["max_input_chars_per_word"] = 0 },
		`json: cannot unmarshal string into Go struct field`:  func(s map[string]any) { s["added_tokens"] = "none" },
	} {
		if _, err := FromJSON(asJSON(t, tokens, change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// Whatever tokenizer.json says, it is refused or its tokens cover the text.
func FuzzJSON(f *testing.F) {
	f.Add(asJSON(f, []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b"}, nil), "ab Á 世界\xff")
	f.Add([]byte(fmt.Sprintf(`{"model":{"vocab":{"a":%d}}}`, 1<<40)), "a")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if tok, err := FromJSON(data); err == nil {
			checkSpans(t, tok, text)
		}
	})
}
