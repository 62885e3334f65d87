package semantic_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/axis/semantic"
	"sdmap/internal/cli"
	"sdmap/internal/llm"
)

// A row of a table, and a description where a study names it, are all that an embedding or a comparison is: help, checks, plan,
// axis and report follow.
func TestEmbeddingIsOneRow(t *testing.T) {
	semantic.AddToys(t, llm.Capabilities{Tokenize: true, Trace: llm.WantResidual})
	dir, cache := toyStudy(t), t.TempDir()
	if code, said := typed(cache, "help", "study"); code != 0 || !strings.Contains(said, "toy:MODEL (a toy's states)") {
		t.Errorf("help does not list the embedding: %d %s", code, said)
	}
	if code, said := typed(cache, "help", "backends"); code != 0 || !strings.Contains(said, ", toy\n") {
		t.Errorf("help does not say which backends have it: %d %s", code, said)
	}
	write(t, dir, `embeddings = ["toys:m01"]`)
	if code, said := typed(cache, "check", dir); code != 3 || !strings.Contains(said, `Did you mean "toy:m01"?`) ||
		!strings.Contains(said, `or "toy:" and a model's id`) {
		t.Errorf("checks do not know the embedding: %d %s", code, said)
	}
	write(t, dir, `embeddings = ["tfidf", "toy:m01"]`)
	out := filepath.Join(dir, "out")
	if code, said := typed(cache, "run", "-o", out, dir); code != 0 {
		t.Fatalf("exit code %d: %s", code, said)
	}
	page, measures, overlaps := read(t, out, "report.md"), read(t, out, "tables/measures.csv"), read(t, out, "tables/overlaps.csv")
	for _, part := range []string{"\nsemantic,toy,toys of m01,", "\nsemantic,toy.gap,toys of m01: toy gap,Gap of toys; toys.,"} {
		if !strings.Contains(measures, part) {
			t.Errorf("the table of measures lacks %q:\n%s", part, measures)
		}
	}
	if !strings.Contains(page, "gaps (") {
		t.Error("the report's methods do not name the comparison")
	}
	for _, name := range []string{"toy", "toy.gap", "tfidf.gap"} {
		if rows := strings.Count(overlaps, "\nsemantic,"+name+","); rows != 3 {
			t.Errorf("%d overlaps of three benchmarks by %s", rows, name)
		}
	}
}

func TestEmbeddingNeedsWhatItSays(t *testing.T) {
	semantic.AddToys(t, llm.Capabilities{Trace: 1 << 7}) // a part that no model shows
	dir := toyStudy(t)
	write(t, dir, `embeddings = ["toy:m01"]`)
	if code, said := typed(t.TempDir(), "check", dir); code != 3 || !strings.Contains(said, `model "m01" cannot be looked into`) {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// toyStudy is a folder with the planted models and benchmarks.
func toyStudy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"models", "benchmarks"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("../../../studies/planted", name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// write writes a study of a model and three benchmarks; semantic is the end of [axes.semantic].
func write(t *testing.T, dir, semantic string) {
	t.Helper()
	text := "[[models]]\npath = \"models/m01.gguf\"\n"
	for _, b := range []string{"sum.eq", "sum.of", "max.of"} {
		text += "[[benchmarks]]\nid = \"" + b + "\"\nsource = \"benchmarks/" + b + ".jsonl\"\nlimit = 8\n"
	}
	text += "[report]\nreplicates = 10\n[axes.neural]\non = false\n[axes.semantic]\npermutations = 99\n" + semantic + "\n"
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// typed is sdmap in a closed world.
func typed(cache string, args ...string) (code int, said string) {
	var out bytes.Buffer
	code = cli.Main(cli.Env{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Version: "1.2.3",
		Getenv: func(string) string { return "" }, CacheDir: func() (string, error) { return cache, nil },
		Now: func() time.Time { return time.Unix(1000, 0) }, Interrupts: make(chan os.Signal), Exit: func(int) {}})
	return code, out.String()
}

func read(t *testing.T, elems ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elems...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
