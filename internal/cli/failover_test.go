package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One of a model's two servers dies within a run: the run ends well, and its report is, byte for byte, that of one server. The
// next run begins without the dead one, says so, and finds everything done; with none left it ends as with one.
func TestOneOfTwoServersDies(t *testing.T) {
	first, one := newDoor(t, llamaServer(t, "m01"))
	second, other := newDoor(t, llamaServer(t, "m01"))
	file := fronted(t, one)
	e, _, _ := env(t)
	want := filepath.Join(t.TempDir(), "want")
	if code, said := typed(t, e, t.TempDir(), "run", "-o", want, file); code != exitOK {
		t.Fatalf("with one server: %d %s", code, said)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, fmt.Appendf(nil, "url = %q", one), fmt.Appendf(nil, "url = [%q, %q]", one, other), 1)
	if err := writeFile(file, text); err != nil {
		t.Fatal(err)
	}
	store, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	second.set(func() { second.left, second.after = 60, func() { second.shut = true } })
	code, said := typed(t, e, store, "run", "-o", out, file)
	if code != exitOK || strings.Count(said, other+" is unreachable; the model's other servers do its work") != 1 {
		t.Fatalf("exit code %d; said %s", code, said)
	}
	for _, name := range []string{"index.html", "report.md", "report.json"} {
		a, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(out, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s is another one than that of one server, %v", name, err)
		}
	}
	code, said = typed(t, e, store, "run", "-o", out, file)
	if code != exitOK || !strings.Contains(said, "warning: "+other+" is unreachable") || !strings.Contains(said, "Up to date") {
		t.Errorf("begun without a server: %d %s", code, said)
	}
	first.set(func() { first.shut = true })
	if code, said = typed(t, e, store, "run", "-o", out, file); code != exitUnreachable ||
		!strings.Contains(said, "llama-server -m MODEL.gguf") {
		t.Errorf("with none left: %d %s", code, said)
	}
}

// Both of a model's servers die within a run: it ends as with one, and the next goes on from what was answered to the report of
// a single server.
func TestBothServersDie(t *testing.T) {
	behind := llamaServer(t, "m01")
	single, want := fronted(t, behind), filepath.Join(t.TempDir(), "want")
	e, _, _ := env(t)
	if code, said := typed(t, e, t.TempDir(), "run", "-o", want, single); code != exitOK {
		t.Fatalf("with one server: %d %s", code, said)
	}
	first, one := newDoor(t, behind)
	second, other := newDoor(t, behind)
	file := fronted(t, one)
	rewritten(t, file, fmt.Sprintf("url = %q", one), fmt.Sprintf("url = [%q, %q]", one, other))
	store, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	first.set(func() { first.left, first.after = 40, func() { first.shut = true } })
	second.set(func() { second.left, second.after = 100, func() { second.shut = true } })
	code, said := typed(t, e, store, "run", "-o", out, file)
	if code != exitUnreachable || !strings.Contains(said, "no server of the model is left") ||
		!strings.Contains(said, "goes on from there") {
		t.Fatalf("exit code %d; said %s", code, said)
	}
	asked := 0
	for _, d := range []*door{first, second} {
		d.set(func() { d.shut, d.left, d.after = false, 1<<30, func() {} })
	}
	if code, said = typed(t, e, store, "run", "-o", out, file); code != exitOK {
		t.Fatalf("with the servers back: %d %s", code, said)
	}
	for _, d := range []*door{first, second} {
		d.set(func() { asked += 1<<30 - d.left })
	}
	if asked == 0 || asked >= 250 {
		t.Errorf("the second run asked %d times", asked)
	}
	for _, name := range []string{"index.html", "report.md", "report.json"} {
		a, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(out, name)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s is another one than that of one server, %v", name, err)
		}
	}
}
