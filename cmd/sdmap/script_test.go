package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sdmap/internal/llm/backends"
	"sdmap/internal/study"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sdmap": main, "sdmap-faulty": faulty})
}

// TestScripts runs the command line as its users do: testdata/script/*.txtar through the real program.
func TestScripts(t *testing.T) {
	t.Parallel()
	planted, err := filepath.Abs("../../studies/planted")
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := filepath.Abs("../../internal/transformer/testdata/arch-bert-mean.gguf")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("SDMAP_UPDATE") == "1",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SDMAP_CACHE", filepath.Join(e.WorkDir, "store"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"encoder":   func(ts *testscript.TestScript, _ bool, args []string) { copyFile(ts, encoder, ts.MkAbs(args[0])) },
			"planted":   func(ts *testscript.TestScript, _ bool, args []string) { plant(ts, planted, args) },
			"logs":      layLogs,
			"status":    status,
			"interrupt": interrupt,
			"damage":    damage,
			"spoil":     spoil,
			"nonew":     noNew,
			"same":      same,
			"oneof":     oneOf,
			"verified":  verified,
			"serve":     serveFiles,
		},
	})
}

// plant: planted DIR MODELS LIMIT BENCHMARK... writes a small study of the first models and items of the planted one.
func plant(ts *testscript.TestScript, source string, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: planted DIR MODELS LIMIT BENCHMARK...")
	}
	models, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(plantStudy(ts.MkAbs(args[0]), source, models, args[2], args[3:]...))
}

// plantStudy writes study.toml and what it names into dir, from the planted study in the folder source.
func plantStudy(dir, source string, models int, limit string, benchmarks ...string) error {
	s, list := backends.All().Format().Load(filepath.Join(source, "study.toml"))
	if list.HasErrors() {
		return fmt.Errorf("%v", list)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "title = \"small\"\ndate = 2026-01-01\n\n[[models]]\npath = \"models/*.gguf\"\n\n[corpus]\nsource = "+
		"\"corpus.txt\"\nlimit = 900\n\n")
	fmt.Fprintf(&b, "[axes.performance]\nsplits = 5\nbootstrap = 50\npermutations = 99\n\n[axes.perplexity]\nsplits "+
		"= 2\nk = 5\n\n")
	fmt.Fprintf(&b, "[axes.semantic]\npermutations = 99\n\n[axes.neural]\npermutations = 99\n\n[report]\nreplicates = 10\n")
	if len(s.Models) < models {
		return fmt.Errorf("the planted study has %d models", len(s.Models))
	}
	var errs []error
	for _, m := range s.Models[:models] {
		errs = append(errs, copyOf(filepath.Join(source, m.Path), filepath.Join(dir, m.Path)))
	}
	errs = append(errs, copyOf(filepath.Join(source, s.Corpus.Source), filepath.Join(dir, "corpus.txt")))
	for _, id := range benchmarks {
		i := slices.IndexFunc(s.Benchmarks, func(b study.Benchmark) bool { return b.ID == id })
		if i < 0 {
			return fmt.Errorf("the planted study has no benchmark %s", id)
		}
		bench := s.Benchmarks[i]
		errs = append(errs, copyOf(filepath.Join(source, bench.Source), filepath.Join(dir, bench.Source)))
		fmt.Fprintf(&b, "\n[[benchmarks]]\nid = %q\nsource = %q\ntask = %q\nfamily = %q\nformat = %q\nlimit = %s\n",
			id, bench.Source, bench.Task, bench.Family, bench.Format, limit)
		if bench.Task == study.Generate {
			stop, err := json.Marshal(bench.Stop)
			errs = append(errs, err)
			fmt.Fprintf(&b, "max_tokens = %d\nstop = %s\n", bench.MaxTokens, stop)
		}
	}
	return errors.Join(append(errs, os.WriteFile(filepath.Join(dir, "study.toml"), b.Bytes(), 0o666))...)
}

func copyFile(ts *testscript.TestScript, from, to string) { ts.Check(copyOf(from, to)) }

func copyOf(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.WriteFile(to, data, 0o666))
}

// program prepares the sdmap that scripts run.
func program(ts *testscript.TestScript, args []string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "sdmap")); err == nil && path == "" {
			path = filepath.Join(dir, "sdmap")
		}
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "SDMAP_CACHE="+ts.Getenv("SDMAP_CACHE"), "HOME="+ts.MkAbs("home"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, &stdout, &stderr
}

// status: status CODE ARG... runs sdmap and checks its exit code; the streams are there for stdout and stderr.
func status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("sdmap", args[1:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// interrupt: interrupt ENTRIES ARG... runs sdmap, sends an interrupt once the store holds some entries, and wants it to
// end within two seconds with exit code 130 and a word on how to go on.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd, _, stderr := program(ts, args[1:])
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for entries(ts) < want {
		select {
		case err := <-ended:
			ts.Fatalf("ended before %d entries were there: %v: %s", want, err, stderr)
		case <-time.After(5 * time.Millisecond):
		}
	}
	sent := time.Now()
	ts.Check(cmd.Process.Signal(os.Interrupt))
	err = <-ended
	e, ok := errors.AsType[*exec.ExitError](err)
	if !ok || e.ExitCode() != 130 {
		ts.Fatalf("ended with %v, want exit code 130: %s", err, stderr)
	}
	// Twice the promised two seconds: tests share the processors.
	if took := time.Since(sent); took > 4*time.Second {
		ts.Fatalf("took %v to stop", took)
	}
	if !strings.Contains(stderr.String(), "goes on from there") {
		ts.Fatalf("says nothing of going on: %s", stderr)
	}
}

func entries(ts *testscript.TestScript) int {
	found, _ := filepath.Glob(filepath.Join(ts.Getenv("SDMAP_CACHE"), "entries", "*", "*"))
	return len(found)
}

// damage: damage FOLDER flips a byte in every file below FOLDER, keeping sizes.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || len(data) == 0 {
			return err
		}
		data[len(data)/2] ^= 1
		n++
		return os.WriteFile(path, data, 0o666)
	}))
	if n == 0 {
		ts.Fatalf("nothing to damage below %s", args[0])
	}
}

// spoil: spoil FILE writes numbers that are none into the middle of a model's tensors, where only computing meets them.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	for i := len(data) / 2; i < len(data)/2+4096; i++ {
		data[i] = 0xff
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// noNew: nonew ARG... runs sdmap with -json and wants it to compute nothing.
func noNew(ts *testscript.TestScript, _ bool, args []string) {
	cmd, stdout, stderr := program(ts, append(args, "-json"))
	if err := cmd.Run(); err != nil {
		ts.Fatalf("%v: %s", err, stderr)
	}
	var s struct {
		Ran      *int `json:"ran"`
		Hits     int  `json:"hits"`
		UpToDate bool `json:"up_to_date"`
	}
	ts.Check(json.Unmarshal(stdout.Bytes(), &s))
	if s.Ran == nil || *s.Ran != 0 {
		ts.Fatalf("it computed something: %s", stdout)
	}
	ts.Logf("hits %d, up to date %v", s.Hits, s.UpToDate)
}

// same: same A B wants two folders with the same files of the same bytes, and at least one.
func same(ts *testscript.TestScript, neg bool, args []string) {
	a, b := snapshot(ts, args[0]), snapshot(ts, args[1])
	if len(a) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
	equal := len(a) == len(b)
	for path, data := range a {
		if b[path] != data {
			equal = false
			ts.Logf("%s differs", path)
		}
	}
	if equal == neg {
		ts.Fatalf("%s and %s: same %v", args[0], args[1], equal)
	}
}

// oneOf: oneof A B... wants a folder to be the same as one of others.
func oneOf(ts *testscript.TestScript, _ bool, args []string) {
	got := snapshot(ts, args[0])
	if !slices.ContainsFunc(args[1:], func(dir string) bool { return maps.Equal(got, snapshot(ts, dir)) }) {
		ts.Fatalf("%s is as none of %q", args[0], args[1:])
	}
}

// verified: verified DIR wants a report's manifest to list every file of the report, with its digest.
func verified(ts *testscript.TestScript, _ bool, args []string) {
	found := snapshot(ts, args[0])
	manifest := found["sdmap.sha256"]
	delete(found, "sdmap.sha256")
	_, lines, _ := strings.Cut(manifest, "\n")
	want := ""
	for _, path := range slices.Sorted(maps.Keys(found)) {
		want += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(found[path])), filepath.ToSlash(path))
	}
	if lines != want {
		ts.Fatalf("the manifest of %s is\n%s\nwant\n%s", args[0], manifest, want)
	}
}

func snapshot(ts *testscript.TestScript, dir string) map[string]string {
	files, err := contents(ts.MkAbs(dir))
	ts.Check(err)
	return files
}

// contents are the files of a report, but for run.json, which says what varies from run to run.
func contents(root string) (map[string]string, error) {
	files := map[string]string{}
	return files, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		files[rel] = string(data)
		return err
	})
}
