package inprocess

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"testing"

	"sdmap/internal/testenv"
)

// From text to embedding by WordPiece and an encoder: what llama.cpp gives. It rounds activations to 16 bits, so it is off
// by up to 1e-3 of vectors whose entries are about 1.
func TestEmbedLikeLlamaCpp(t *testing.T) {
	for _, name := range []string{"cls", "mean"} {
		path := "../../transformer/testdata/arch-bert-" + name + ".gguf"
		d, address := open(t, path), testenv.LlamaServer(t, path, "--embeddings")
		for _, text := range []string{"The 3 sum of 7", "é", "sum, sum!", "漢字 and more"} {
			got, err := d.Embed(t.Context(), []string{text})
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(map[string]any{"content": text, "embd_normalize": -1})
			if err != nil {
				t.Fatal(err)
			}
			reply, err := http.Post(address+"/embedding", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Body.Close()
			var want []struct{ Embedding [][]float64 }
			if err := json.NewDecoder(reply.Body).Decode(&want); err != nil || len(want[0].Embedding[0]) != len(got[0]) {
				t.Fatalf("%q: %s, %v, %v", text, reply.Status, want, err)
			}
			for i, v := range want[0].Embedding[0] {
				if math.Abs(v-float64(got[0][i])) > 5e-3 {
					t.Errorf("%s, %q: entry %d is %v; llama.cpp has %v", name, text, i, got[0][i], v)
				}
			}
		}
	}
}
