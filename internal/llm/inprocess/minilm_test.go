package inprocess

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

// minilm is the folder of a real embedder.
func minilm(t *testing.T) string {
	t.Helper()
	return testenv.Model(t, "minilm", "all-MiniLM-L6-v2")
}

// goldens is testdata/minilm.json.gz; testdata/make_minilm_goldens.py made it, by the command that it names.
type goldens struct {
	Texts   []string
	Cosines []int // of all pairs, row by row, in millionths
	Vectors [][]float64
}

func readGoldens(t *testing.T) (g goldens) {
	t.Helper()
	file, err := os.Open("testdata/minilm.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&g); err != nil {
		t.Fatal(err)
	}
	return g
}

// The cosines of 200 texts are those of sentence-transformers; so are the vectors.
func TestMiniLMLikeSentenceTransformers(t *testing.T) {
	g, d := readGoldens(t), open(t, minilm(t))
	if len(g.Texts) != 200 || len(g.Cosines) != 199*200/2 {
		t.Fatalf("%d texts, %d cosines", len(g.Texts), len(g.Cosines))
	}
	start, took := time.Now(), time.Duration(0)
	var vectors [][]float32
	for from := 0; from < len(g.Texts); from += 16 {
		part, err := d.Embed(t.Context(), g.Texts[from:min(from+16, len(g.Texts))])
		if err != nil {
			t.Fatal(err)
		}
		vectors, took = append(vectors, part...), time.Since(start)
	}
	worst, at := 0.0, 0
	for i := range vectors {
		for j := i + 1; j < len(vectors); j++ {
			if off := math.Abs(dot(vectors[i], vectors[j]) - float64(g.Cosines[at])/1e6); off > worst {
				worst = off
			}
			if at++; worst > 1e-4 {
				t.Fatalf("%q and %q: off by %.2g", g.Texts[i], g.Texts[j], worst)
			}
		}
		if length := dot(vectors[i], vectors[i]); math.Abs(length-1) > 1e-5 {
			t.Errorf("%q: the vector has length %v", g.Texts[i], math.Sqrt(length))
		}
	}
	for i, want := range g.Vectors {
		for k, x := range want {
			if math.Abs(x-float64(vectors[i][k])) > 1e-5 {
				t.Errorf("%q: number %d is %v, want %v", g.Texts[i], k, vectors[i][k], x)
			}
		}
	}
	t.Logf("cosines are off by at most %.2g; %v for %d texts", worst, took.Round(time.Millisecond), len(g.Texts))
}

func dot(a, b []float32) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// What is longer than max_seq_length is an error, not cut, and its identity is that of all files that numbers depend on.
func TestMiniLMsLimitAndIdentity(t *testing.T) {
	dir := copyFolder(t, minilm(t))
	d := open(t, dir)
	if _, err := d.Embed(t.Context(), []string{strings.Repeat("word ", 254)}); err != nil {
		t.Errorf("a text of 256 tokens: %v", err)
	}
	if _, err := d.Embed(t.Context(), []string{"short", strings.Repeat("word ", 255)}); err == nil ||
		!strings.Contains(err.Error(), "257 tokens, the model's context 256") {
		t.Errorf("a text of 257 tokens: %v", err)
	}
	is, err := d.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, filepath.Join(dir, "1_Pooling/config.json"), `"pooling_mode_mean_tokens": true`, `"pooling_mode_mean_tokens":true`)
	rewrite(t, filepath.Join(dir, "config_sentence_transformers.json"), "2.0.0", "2.0.1")
	other, err := open(t, dir).Identify(t.Context())
	if err != nil || other.Weights == is.Weights {
		t.Errorf("with another pooling file the identity is %s, %v", other.Weights, err)
	}
	if _, err := d.Embed(t.Context(), []string{"a"}); err == nil ||
		!strings.Contains(err.Error(), "was changed while it was in use") {
		t.Errorf("with a file that changed while it was used: %v", err)
	}
}
