//go:build unix

package study

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sdmap/internal/diag"
)

// Whatever key names it, a pipe, a socket or a device is told as what it is, at the key, and nothing waits for it.
func TestSourcesThatAreNoFiles(t *testing.T) {
	const keys = `[[benchmarks]]
id = "a"
source = "%[1]s"
fewshot = { count = 1, source = "%[1]s" }
[[models]]
path = "%[1]s"
[[models]]
path = "models/*.gguf"
[[embedders]]
path = "%[1]s*"
[corpus]
source = "%[1]s"
[truth]
source = "%[1]s"
[axes.neural]
models = ["b"]
imatrix = "%[1]s{benchmark}"
[report]
narrative = "%[1]s"
bibliography = "%[1]s"
[[benchmarks]]
id = "b"
source = "rows.jsonl"
`
	for file, what := range map[string]string{"pipe": "a named pipe", "socket": "a socket"} {
		path := fixture(t, fmt.Sprintf(keys, file))
		for _, name := range []string{file, file + "a", "references.bib"} {
			make := map[string]func(string) error{"pipe": func(p string) error { return syscall.Mkfifo(p, 0o666) },
				"socket": listen(t)}[file]
			if err := make(filepath.Join(filepath.Dir(path), name)); err != nil {
				t.Fatal(err)
			}
		}
		_, list := format().Load(path)
		var told []int
		for _, d := range list {
			if strings.HasSuffix(d.Summary, "is "+what) {
				told = append(told, d.Range.Start.Line)
			}
		}
		if want := "[3 4 6 10 10 12 14 17 19 20]"; fmt.Sprint(told) != want {
			var b bytes.Buffer
			diag.Print(&b, list, diag.Source, false)
			t.Errorf("%s is told at lines %v, want %s:\n%s", what, told, want, b.String())
		}
	}
	path := fixture(t, oneBenchmark)
	if err := syscall.Mkfifo(filepath.Join(filepath.Dir(path), "references.bib"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, list := format().Load(path); !list.HasErrors() || list[0].Summary != `"references.bib" is a named pipe` ||
		list[0].Suggestion == "" {
		t.Errorf("a pipe where the bibliography is looked for: %v", list)
	}
	if _, list := format().Load(os.DevNull); !list.HasErrors() || !strings.Contains(list[0].Detail, "a device") {
		t.Errorf("a device: %v", list)
	}
}

func listen(t *testing.T) func(string) error {
	return func(path string) error {
		dir, err := os.MkdirTemp("", "s") // the name of a socket is short
		if err != nil {
			return err
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		l, err := net.Listen("unix", filepath.Join(dir, "s"))
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		return os.Rename(filepath.Join(dir, "s"), path)
	}
}
