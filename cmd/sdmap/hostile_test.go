//go:build linux

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// hostileText holds what steers terminals, reverses the direction of writing, or must not stand in XML.
const hostileText = "\x1b[31mred\x1b]0;title\x07 \u202eback \u0085\u2028\ufffe\x00\x7f<script>alert(1)</script>"

// raw is the first character that must not stand in what people look at.
func raw(text string) (rune, bool) {
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0xfffe ||
			r == 0xffff) {
			return r, true
		}
	}
	return 0, false
}

// Texts of benchmarks, corpus and truth, and names of files, reach every output; none of it acts there.
func TestHostileTextsAreHarmless(t *testing.T) {
	t.Parallel()
	s := newStoreTest(t)
	escaped := `\u001b[31mred\u001b]0;title\u0007 \u202eback \u0085\u2028\ufffe\u0000\u007f<script>alert(1)</script>`
	for _, name := range []string{"sum.eq", "max.of", "flip.turn"} {
		path := s.path("study/benchmarks/" + name + ".jsonl")
		rows, err := os.ReadFile(path)
		s.check(err)
		s.check(os.WriteFile(path, bytes.ReplaceAll(rows, []byte(`"question": "`), []byte(`"question": "`+escaped)), 0o666))
	}
	corpus, err := os.ReadFile(s.path("study/corpus.txt"))
	s.check(err)
	lines := bytes.SplitAfterN(corpus, []byte("\n"), 3)
	s.check(os.WriteFile(s.path("study/corpus.txt"),
		bytes.Join([][]byte{lines[0], []byte(hostileText + "\n"), lines[1], lines[2]}, nil), 0o666))
	s.check(os.WriteFile(s.path("study/narrative.md"),
		[]byte("# Title\n\n<script>alert(2)</script> [click](javascript:alert(3)) "+strings.ReplaceAll(hostileText, "\x00", "")+
			"\n"), 0o666))
	outputs := map[string]string{
		"check":   s.run(0, user{}, "store", "check", theStudy),
		"run":     s.run(0, user{}, "store", "run", "-o", "reports/r", theStudy),
		"plan":    s.run(0, user{}, "store", "plan", "-actions", theStudy),
		"json":    s.run(0, user{}, "store", "plan", "-json", theStudy),
		"stat":    s.run(0, user{}, "store", "cache", "stat"),
		"why":     s.run(0, user{}, "store", "why", "performance/scores", theStudy),
		"name":    s.run(3, user{}, "store", "check", "\x1b[31m\u202e.toml"),
		"flag":    s.run(2, user{}, "store", "run", "--\x1b[31m"),
		"unknown": s.run(2, user{}, "store", "\x1b[31m\u202e"),
	}
	title := s.path("study/title.toml")
	s.check(os.WriteFile(title, []byte("title = \"\\u001b[31m\"\nauthors = "+
		"[\"\\u202e\"]\n[[benchmarks]]\nid=\"a\"\nfamily=\"\\u001b\"\nsource=\"benchmarks/sum.eq.jsonl\"\n"), 0o666))
	outputs["title"] = s.run(3, user{}, "store", "check", "study/title.toml")
	s.wants(outputs["title"], "title.toml:1:", "title.toml:2:", "title.toml:5:")
	s.check(filepath.WalkDir(s.path("reports/r"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		outputs[path] = string(data)
		return err
	}))
	for name, text := range outputs {
		if r, is := raw(text); is {
			t.Errorf("%s holds %U", name, r)
		}
		if filepath.Ext(name) == ".svg" {
			decoder := xml.NewDecoder(strings.NewReader(text))
			for err = nil; err == nil; {
				_, err = decoder.Token()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, file := range []string{"index.html", "report.md"} {
		text := outputs[s.path("reports/r/"+file)]
		if strings.Contains(text, "<script>alert") || strings.Contains(text, "](javascript:") ||
			strings.Contains(text, `href="javascript:`) {
			t.Errorf("%s holds a script", file)
		}
	}
}
