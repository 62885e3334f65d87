package tokenizer

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/testenv"
)

// The golden vocabularies as llama.cpp tokenizes with them, special tokens parsed and not. Every fifth text is asked, each
// vocabulary beginning with another one: a request takes a millisecond.
func TestLikeLlamaCpp(t *testing.T) {
	testenv.Program(t, "llama-server", "llama-server")
	for _, name := range goldenNames {
		t.Run(name, func(t *testing.T) { compareWithLlama(t, name, nil) })
	}
	// Names that change what a tokenizer does.
	t.Run("phi-3", func(t *testing.T) {
		tok := load(t, "llama")
		tokens, types := slices.Clone(tok.vocab.tokens), make([]int32, tok.VocabSize())
		for i := range types {
			types[i] = int32(tok.vocab.types[i])
		}
		for i, special := range []string{"<|endoftext|>", "<|eot|>", "[USER]", "<|e"} { // llama.cpp demands the first
			id := len(tokens) - 1 - i
			tokens[id], types[id] = special, int32(typeControl)
			if special == "[USER]" {
				types[id] = int32(typeUserDefined)
			}
		}
		compareWithLlama(t, "llama", map[string]any{"general.name": "Phi-3 small", keyTokens: tokens, keyTypes: types})
	})
	t.Run("cased bert", func(t *testing.T) {
		compareWithLlama(t, "bert", map[string]any{keyLowercase: false})
	})
	t.Run("bert with accents", func(t *testing.T) {
		compareWithLlama(t, "bert", map[string]any{keyStripAccents: false})
	})
	t.Run("with EOS", func(t *testing.T) {
		compareWithLlama(t, "llama", map[string]any{keyAddEOS: true, "tokenizer.ggml.remove_extra_whitespaces": true})
	})
}

func compareWithLlama(t *testing.T, name string, changes map[string]any) {
	data := withModel(t, loadFile(t, name), changes)
	f, err := gguf.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, name, data)
	failures, compared := 0, 0
	for i, c := range cases(t, name) {
		// the server's texts end at a NUL
		if (i+len(name)+len(changes))%5 > 0 || newerThanLlama(c.Text) || strings.ContainsRune(c.Text, 0) {
			continue
		}
		for _, special := range []bool{false, true} {
			compared++
			got := tok.Encode(c.Text, tok.AddBOS(), special)
			if end, ok := tok.End(); ok {
				got = append(got, end)
			}
			if want := llamaTokens(t, address, c.Text, special); !slices.Equal(got, want) {
				failures++
				t.Errorf("special %v, %+q\n got  %s\n want %s", special, c.Text, show(tok, got), show(tok, want))
			}
		}
		if failures > 10 {
			t.Fatal("too many failures")
		}
	}
	if compared < 700 {
		t.Errorf("only %d comparisons", compared)
	}
}

// newerThanLlama says whether a text has characters that llama.cpp's tables do not know yet: for it they are no letters.
func newerThanLlama(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, newLetters, newNumbers, newPunctuation) })
}

// withModel is the file's keys, some of them changed, with a small model of zeros, since the server loads nothing less.
func withModel(t *testing.T, f *gguf.File, changes map[string]any) []byte {
	t.Helper()
	w := &gguftest.Writer{}
	must := func(v any, err error) any {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tokens := must(f.Strings(keyTokens)).([]string)
	values := map[string]any{keyTokens: tokens}
	for _, key := range f.Keys() {
		switch key {
		case keyTokens, "general.architecture":
		case keyModel, keyPre:
			values[key] = must(f.String(key))
		case keyMerges:
			values[key] = must(f.Strings(key))
		case keyScores:
			values[key] = must(f.Floats(key))
		case keySpacePrefix:
			values[key] = must(f.Bool(key))
		case keyTypes:
			var types []int32
			for _, v := range must(f.Ints(key)).([]int64) {
				types = append(types, int32(v))
			}
			values[key] = types
		default:
			values[key] = uint32(must(f.Uint(key)).(uint64))
		}
	}
	for key, value := range changes {
		values[key] = value
	}
	const width = 32
	w.KV("general.architecture", "llama")
	for key, value := range map[string]uint32{"context_length": 4096, "embedding_length": width, "block_count": 1,
		"feed_forward_length": width, "attention.head_count": 1, "attention.head_count_kv": 1, "rope.dimension_count": width} {
		w.KV("llama."+key, value)
	}
	w.KV("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	for key, value := range values {
		w.KV(key, value)
	}
	zeros := func(name string, dims ...int) {
		n := 1
		for _, d := range dims {
			n *= d
		}
		w.F32(name, dims, make([]float32, n))
	}
	zeros("token_embd.weight", width, len(tokens))
	zeros("output_norm.weight", width)
	for _, name := range []string{"attn_norm", "ffn_norm"} {
		zeros("blk.0."+name+".weight", width)
	}
	for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"} {
		zeros("blk.0."+name+".weight", width, width)
	}
	return w.Bytes()
}

// serve runs llama-server with the file until the test ends.
func serve(t *testing.T, name string, data []byte) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".gguf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return testenv.LlamaServer(t, path, "-c", "64")
}

func llamaTokens(t *testing.T, address, text string, special bool) []int32 {
	t.Helper()
	body, err := json.Marshal(map[string]any{"content": text, "add_special": true, "parse_special": special})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.Post(address+"/tokenize", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var out struct{ Tokens []int32 }
	if err := json.NewDecoder(reply.Body).Decode(&out); err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%+q: %s, %v", text, reply.Status, err)
	}
	return out.Tokens
}
