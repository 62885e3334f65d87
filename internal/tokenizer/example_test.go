package tokenizer_test

import (
	"fmt"

	"sdmap/internal/gguf"
	"sdmap/internal/gguf/gguftest"
	"sdmap/internal/tokenizer"
)

// A model's file says how its text becomes tokens: here byte-level BPE of five pieces and two merges.
func ExampleFromGGUF() {
	w := &gguftest.Writer{}
	w.KV("tokenizer.ggml.model", "gpt2")
	w.KV("tokenizer.ggml.pre", "gpt-2")
	w.KV("tokenizer.ggml.tokens", []string{"c", "a", "t", "ca", "cat"})
	w.KV("tokenizer.ggml.token_type", []int32{1, 1, 1, 1, 1})
	w.KV("tokenizer.ggml.merges", []string{"c a", "ca t"})
	f, err := gguf.Parse(w.Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	tok, err := tokenizer.FromGGUF(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	ids, spans := tok.EncodeSpans("catact", false, false)
	for i, id := range ids {
		fmt.Printf("%d %q %v\n", id, tok.Token(id), spans[i])
	}
	fmt.Printf("%s\n", tok.Decode(ids))
	// Output:
	// 4 "cat" {0 3}
	// 1 "a" {3 4}
	// 0 "c" {4 5}
	// 2 "t" {5 6}
	// catact
}
