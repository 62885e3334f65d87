package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/diag"
)

// steering is text that would colour, clear, rename or turn round a terminal.
const steering = "\x1b[2J\x1b]0;owned\a\b\u009b31m\x7f\u0085\u202eevil\u2066\u200b\U000e0041\ufffe"

// commanded runs a command on a terminal and wants that neither stream steers it: they hold no control character but ends of
// lines, the sequences of our own colours, and those that rewrite the line of progress.
func commanded(t *testing.T, store string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, said bytes.Buffer
	e, _, _ := env(t, append(args, "-cache", store)...)
	e.Stdout, e.Stderr, e.Now, e.Terminal, e.Width, e.Executable = &out, &said, time.Now, true, 200, os.Args[0]
	a := newApp(*e)
	a.wait = time.Millisecond
	code = execute(a)
	own := strings.NewReplacer("\n", "", "\r", "", "\x1b[K", "", "\x1b[1;31m", "", "\x1b[1;33m", "", "\x1b[1m", "", "\x1b[0m", "")
	for name, s := range map[string]string{"stdout": strings.ReplaceAll(out.String(), "\n", ""),
		"stderr": own.Replace(said.String())} {
		if plain := diag.Plain(s); plain != s {
			t.Errorf("sdmap %q: %s steers the terminal: %q", args, name, s)
		}
	}
	return code, out.String(), said.String()
}

// hostileStudy writes a study that could be shared, in a folder and with files and texts of hostile names.
func hostileStudy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "studies", "study"+steering)
	toml := "date = 2026-01-01\n[scores]\nsource = " + quoted("s"+steering+".csv") +
		"\n[axes.performance]\nsplits = 5\nbootstrap = 50\npermutations = 99\n" +
		"[axes.semantic]\nembeddings = [\"tfidf\"]\npermutations = 99\n[report]\nreplicates = 10\n"
	files := map[string]string{"s" + steering +
		".csv": "model,one,two,three\na,0.1,0.2,0.5\nb,0.2,0.1,0.3\nc,0.5,0.4,0.9\nd,0.7,0.4,0.8\n",
		"narrative.md": "Text " + steering + " <script>alert(1)</script> [x](javascript:y)\n"}
	for _, id := range []string{"one", "two", "three"} {
		name := id + steering + ".jsonl"
		toml += fmt.Sprintf("[[benchmarks]]\nid = %q\nsource = %s\non_bad_row = \"skip\"\n", id, quoted(name))
		for i := range 6 {
			files[name] += fmt.Sprintf("{\"question\": %s, \"choices\": [%s, \"no\"], \"answer\": 0}\n",
				quoted(fmt.Sprintf("%s %d %s", id, i, steering)), quoted("yes"+steering))
		}
		files[name] += "{" + quoted(steering) + ": 1}\n{" + steering + "\n"
	}
	files["study.toml"] = toml
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Skipf("the file system takes no hostile names: %v", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Skipf("the file system takes no hostile names: %v", err)
		}
	}
	return dir
}

// quoted is a text for TOML and JSON.
func quoted(s string) string {
	b, _ := json.Marshal(s) // of a text that is UTF-8 there is no error
	return strings.ReplaceAll(string(b), "\x7f", `\u007f`)
}

func TestNoCommandSteersTheTerminal(t *testing.T) {
	dir, store := hostileStudy(t), filepath.Join(t.TempDir(), "store"+steering)
	file := filepath.Join(dir, "study.toml")
	t.Chdir(filepath.Dir(filepath.Dir(dir))) // a report goes to the folder reports beside studies
	report := filepath.Join("reports", "study"+steering)
	broken := filepath.Join(dir, "broken"+steering+".toml")
	if err := os.WriteFile(broken, []byte(quoted(steering)+" = 1\ntitle = "+quoted(steering)+"\n[[benchmarks]]\nid = "+
		quoted(steering)+"\nsource = "+quoted(steering)+"\n[truth]\nsource = "+quoted("no"+steering)+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitOK, []string{"check", file}}, {exitOK, []string{"check", "-json", file}},
		{exitStudy, []string{"check", broken}}, {exitStudy, []string{"check", "-json", broken}},
		{exitStudy, []string{"check", "none" + steering}},
		{exitOK, []string{"plan", "-actions", file}}, {exitOK, []string{"plan", "-json", file}},
		{exitOK, []string{"run", file}}, {exitOK, []string{"run", file}},
		{exitOK, []string{"run", "-json", "-o", "else" + steering, file}},
		{exitOK, []string{"report", file}}, {exitOK, []string{"doctor", file}},
		{exitOK, []string{"why", "analysis/compare", file}}, {exitUsage, []string{"why", steering, file}},
		{exitUsage, []string{"why", "s", file}}, {exitUsage, []string{"why", steering}},
		{exitOK, []string{"cache", "stat"}}, {exitOK, []string{"cache", "stat", "-json"}},
		{exitOK, []string{"cache", "gc", "-n", file}}, {exitFailure, []string{"cache", "gc", "-n", broken}},
		{exitOK, []string{"init", "new" + steering}}, {exitFailure, []string{"init", "new" + steering}},
		{exitOK, []string{"help", "study"}},
		{exitUsage, []string{steering}}, {exitUsage, []string{"help", steering}}, {exitUsage, []string{"run", "-" + steering}},
		{exitUsage, []string{"run", "-j", steering, file}},
		{exitOK, []string{"version", "-json"}}, {exitUsage, []string{"run", "-record", filepath.Join("no", steering), file}},
	} {
		code, stdout, stderr := commanded(t, store, c.args...)
		if code != c.code {
			t.Errorf("sdmap %q: exit code %d, want %d; said %s", c.args, code, c.code, stderr)
		}
		if c.args[len(c.args)-1] == "-json" && !json.Valid([]byte(stdout)) {
			t.Errorf("sdmap %q: not JSON: %s", c.args, stdout)
		}
	}
	_, stdout, _ := commanded(t, store, "check", "-json", broken)
	var got checked
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got.Faults) == 0 || got.Faults[0].File != broken {
		t.Errorf("JSON does not keep the name of the file: %v, %.300s", err, stdout)
	}
	checkReport(t, report)
}

// checkReport wants that no file of a report holds what cannot be shown, and that its drawings are XML.
func checkReport(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		n++
		data, err := os.ReadFile(path)
		if !bytes.Equal(diag.ShownLines(data), data) {
			t.Errorf("%q holds what cannot be shown", path)
		}
		if dec := xml.NewDecoder(bytes.NewReader(data)); filepath.Ext(path) == ".svg" {
			var err error
			for err == nil {
				_, err = dec.Token()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("%q is not well-formed: %v", path, err)
			}
		}
		if filepath.Ext(path) == ".json" { // the model of the page: data, in which Markdown is Markdown
			return err
		}
		if bytes.Contains(data, []byte("<script>alert")) || bytes.Contains(data, []byte("(javascript:")) {
			t.Errorf("%q lets the author's text act", path)
		}
		return err
	})
	if err != nil || n < 10 {
		t.Errorf("%d files in %q: %v", n, dir, err)
	}
}

// What a server says is shown and does not steer, be it an error, its model's name or nonsense.
func TestNoServerSteersTheTerminal(t *testing.T) {
	said, _ := json.Marshal(steering)
	shown := 0
	for _, answer := range []struct {
		status int
		body   string
	}{{500, steering}, {200, steering}, {200, "{}"}, {400, fmt.Sprintf(`{"error": {"message": %s}}`, said)},
		{404, fmt.Sprintf(`{"error": %s}`, said)}, {401, steering},
		{200, fmt.Sprintf(`{"model_path": %[1]s, "build_info": %[1]s, "total_slots": 1, "version": %[1]s, "details": `+
			`{"format": %[1]s}, "capabilities": [%[1]s], "data": [{"meta": {}}]}`, said)}} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/health" || r.URL.Path == "/api/version" {
				return
			}
			w.WriteHeader(answer.status)
			io.WriteString(w, answer.body)
		}))
		dir := hostileStudy(t)
		file := filepath.Join(dir, "study.toml")
		text := fmt.Sprintf("[[models]]\nid = \"a\"\nbackend = \"llamacpp\"\nurl = %[1]q\n[[models]]\nbackend = "+
			"\"ollama\"\nmodel = \"b:1\"\nurl = %[1]q\n[[benchmarks]]\nid = \"one\"\nsource = %[2]s\non_bad_row = \"skip\"\n",
			s.URL, quoted("one"+steering+".jsonl"))
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"doctor", file}, {"doctor", "-json", file}, {"check", file}, {"run", file}} {
			code, stdout, stderr := commanded(t, t.TempDir(), args...)
			if code == exitOK {
				t.Errorf("sdmap %q: a hostile server passes: %s", args, stderr)
			}
			said := strings.NewReplacer(dir, "", quoted(dir), "").Replace(stdout + stderr)
			if strings.Contains(said, `\x1b[2J`) || strings.Contains(said, `\u001b[2J`) {
				shown++
			}
		}
		s.Close()
	}
	if shown < 8 {
		t.Errorf("only %d commands show what their server said", shown)
	}
}
