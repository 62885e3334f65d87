//go:build unix

package ollama

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdmap/internal/gguf"
	"sdmap/internal/llm/backend"
	"sdmap/internal/llm/httpreplay"
	"sdmap/internal/study"
)

// recording is what a server said that has the planted model m01 and no other.
func recording(t *testing.T) httpreplay.Server {
	t.Helper()
	return httpreplay.Server{
		File: "testdata/replay/m01.txt", Paths: map[string]string{"blobs": blobs(t)},
		Start: func(testing.TB) (string, map[string]string) {
			s := ownServer(t)
			s.create(t, "m01", planted+"m01.gguf", nil)
			return s.url(), map[string]string{"blobs": filepath.Join(s.dir, "models", "blobs")}
		},
		Drop: []string{"created_at", "modified_at", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration",
			"tensors", "context", "parent_model"},
		Vary: []string{"digest"}, // of the manifest, which says when it was written
		Sets: []string{"top_logprobs"},
	}
}

// blobs is a folder that has m01's file as Ollama keeps it.
func blobs(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(planted + "m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("sha256-%x", sha256.Sum256(data))), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func digestOf(path string) (string, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Digest()
}

// What is recorded is what the installed Ollama says.
func TestRecordHolds(t *testing.T) { recording(t).Check(t, nearTie) }

// What the backend opens is the model that a study names, and how it is measured.
func TestKindOpens(t *testing.T) {
	url := recording(t).Serve(t)
	env := &backend.Env{Digest: digestOf, Getenv: func(string) string { return "" }, Log: func(string) {}}
	weights, err := digestOf(planted + "m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for _, measure := range []string{study.Blob, study.OptionLetters} {
		m := study.Model{ID: "a", URL: []string{url}, Name: "m01", Measure: measure}
		opened, err := Kind().Open(t.Context(), env, m)
		if err != nil {
			t.Fatal(err)
		}
		id, err := opened.Driver.Identify(t.Context())
		if err != nil || (id.Weights == weights) != (measure == study.Blob) || opened.Asks.Name != url ||
			opened.Inexact != "" {
			t.Errorf("%s: %+v, %+v, %v", measure, opened, id, err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
	m := study.Model{ID: "a", URL: []string{url}, Name: "m99"}
	if _, err := Kind().Open(t.Context(), env, m); err == nil || !strings.Contains(err.Error(), "has no model m99") {
		t.Errorf("a model that is not there: %v", err)
	}
}
