package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Three names for one weights file are one model: a copy, a hard link and a symbolic link are refused by their ids, among models
// and among embedders. An embedder may be a model too.
func TestModelsOfEqualWeights(t *testing.T) {
	file := energyStudy(t, "", "\n[[embedders]]\nid = \"again\"\npath = \"models/m01.gguf\"\n")
	e, _, _ := env(t)
	if code, said := typed(t, e, t.TempDir(), "check", file); code != exitOK || strings.Contains(said, "the same weights") {
		t.Fatalf("an embedder with a model's weights: %d %s", code, said)
	}
	models := filepath.Join(filepath.Dir(file), "models")
	data, err := os.ReadFile(filepath.Join(models, "m01.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(filepath.Join(models, "copied.gguf"), data); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(models, "m01.gguf"), filepath.Join(models, "linked.gguf")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("m01.gguf", filepath.Join(models, "named.gguf")); err != nil {
		t.Skip(err)
	}
	study, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for table, ids := range map[string]string{"models": `"m01", "copied", "linked" and "named"`,
		"embedders": `"again", "copied", "linked" and "named"`} {
		text := string(study)
		for _, name := range []string{"copied", "linked", "named"} {
			text += "[[" + table + "]]\npath = \"models/" + name + ".gguf\"\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want := ids + " have the same weights: they are one model"
		if code, said := typed(t, e, t.TempDir(), "check", file); code != exitStudy || !strings.Contains(said, want) {
			t.Errorf("%s: %d %s, want %s", table, code, said, want)
		}
	}
}

// What is to be known of a model stands in check, in doctor and in the report's Validity: here that its pre-tokenizer is a guess.
func TestGuessedPreTokenizer(t *testing.T) {
	file := energyStudy(t, "", "")
	for _, name := range []string{"m01.gguf", "m09.gguf"} {
		path := filepath.Join(filepath.Dir(file), "models", name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bytes.Replace(data, []byte("tokenizer.ggml.pre"), []byte("tokenizer.ggml.not"), 1),
			0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, _, _ := env(t)
	store, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	const guess = "the file does not name its pre-tokenizer"
	for _, command := range [][]string{{"check", file}, {"doctor", file}, {"run", "-o", out, file}} {
		code, said := typed(t, e, store, command...)
		if said = strings.Join(strings.Fields(said), " "); code != exitOK || !strings.Contains(said, guess) {
			t.Errorf("%s: %d %s", command[0], code, said)
		}
	}
	report, err := os.ReadFile(filepath.Join(out, "report.md"))
	if want := "**models.** Of m01 and m09: The file does not name its pre"; err != nil || !strings.Contains(string(report), want) {
		t.Errorf("the report does not hold %q, %v", want, err)
	}
}
