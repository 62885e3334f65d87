//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// With items = "ids" in [report] no text of an item, of a piece of the corpus or of a row that was skipped is in any file of the
// report; without it the corpus is, so that the search can find something.
func TestTextsOfItemsStayOut(t *testing.T) {
	t.Parallel()
	s := newStoreTest(t)
	texts := map[string][]string{"items": questions(s), "corpus": sentences(s)}
	skipped := "an answer that nobody has seen"
	path := s.path("study/benchmarks/sum.eq.jsonl")
	rows, err := os.ReadFile(path)
	s.check(err)
	s.check(os.WriteFile(path, append(rows, `{"id": "bad", "question": "q", "choices": ["a", "b"], "answer": "`+skipped+`"}`+"\n"...),
		0o666))
	texts["skipped"] = []string{skipped}
	study, err := os.ReadFile(s.path("study/study.toml"))
	s.check(err)
	study = bytes.ReplaceAll(study, []byte("limit = 60\n"), []byte("on_bad_row = \"skip\"\n"))
	s.check(os.WriteFile(s.path("study/study.toml"), study, 0o666))
	s.run(0, user{}, "store", "run", "-o", "reports/texts", theStudy)
	if found := heldBy(s, "reports/texts", texts); found["corpus"] == "" || found["skipped"] == "" {
		t.Errorf("nothing to keep out: %v", found)
	}
	study = bytes.ReplaceAll(study, []byte("[report]\n"), []byte("[report]\nitems = \"ids\"\n"))
	s.check(os.WriteFile(s.path("study/study.toml"), study, 0o666))
	s.run(0, user{}, "store", "run", "-o", "reports/ids", theStudy)
	for kind, where := range heldBy(s, "reports/ids", texts) {
		t.Errorf("texts (%s) are in %s", kind, where)
	}
}

// questions are those of the study's items.
func questions(s theStore) (out []string) {
	for _, name := range []string{"sum.eq", "max.of", "flip.turn"} {
		data, err := os.ReadFile(s.path("study/benchmarks/" + name + ".jsonl"))
		s.check(err)
		for line := range bytes.Lines(data) {
			var row struct{ Question string }
			s.check(json.Unmarshal(line, &row))
			out = append(out, row.Question)
		}
	}
	return out
}

// sentences are the runs of four words of the study's corpus.
func sentences(s theStore) (out []string) {
	data, err := os.ReadFile(s.path("study/corpus.txt"))
	s.check(err)
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		for i := 4; i <= len(words) && !strings.HasPrefix(line, "%%"); i++ {
			out = append(out, strings.Join(words[i-4:i], " "))
		}
	}
	return out
}

// heldBy names a file of the folder that holds a text, by the kind of text.
func heldBy(s theStore, folder string, texts map[string][]string) map[string]string {
	found := map[string]string{}
	s.check(filepath.WalkDir(s.path(folder), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		text := html.UnescapeString(string(data))
		for kind, list := range texts {
			for _, want := range list {
				if found[kind] == "" && strings.Contains(text, want) {
					found[kind] = path + ": " + want
				}
			}
		}
		return err
	}))
	return found
}
