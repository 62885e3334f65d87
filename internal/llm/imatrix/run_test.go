package imatrix

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

const planted = "../../../studies/planted/models/m01.gguf"

func installed(t *testing.T) Program {
	t.Helper()
	testenv.Program(t, Name, Name)
	p, err := Find(t.Context())
	if err != nil || p.Version == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	return p
}

// The program's tokens are whole chunks; its rest is dropped; nothing of it stays behind.
func TestMeasure(t *testing.T) {
	p := installed(t)
	t.Setenv("TMPDIR", t.TempDir())
	text := strings.Repeat("so 2 plus 3 makes 5\n\n", 9)
	f, err := p.Measure(t.Context(), planted, text, Settings{Context: 16, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if f.Chunk != 16 || f.Tokens%16 != 0 || f.Tokens < 32 {
		t.Errorf("%d tokens in chunks of %d", f.Tokens, f.Chunk)
	}
	for i, b := range f.Blocks() {
		if len(b.Names) != 4 {
			t.Errorf("block %d has the inputs %v", i, b.Names)
		}
	}
	written, err := p.Measure(t.Context(), planted, strings.ReplaceAll(text, "\n", `\n`), Settings{Context: 16, Threads: 1})
	if err != nil || written.Tokens <= f.Tokens {
		t.Errorf("escapes are no text: %v", err)
	}
	special, err := p.Measure(t.Context(), planted, strings.ReplaceAll(text, "\n", "<|endoftext|>"),
		Settings{Context: 16, Threads: 1})
	if err != nil || special.Tokens <= 3*f.Tokens/2 {
		t.Errorf("special tokens are no text: %v", err)
	}
	for want, run := range map[string]func() error{
		"llama-imatrix: exit status": func() error { // its log, which tells why, may be lost
			_, err := p.Measure(t.Context(), planted, "so 2", Settings{Context: 32, Threads: 1})
			return err
		},
		"llama-imatrix: exit status 1": func() error {
			_, err := p.Measure(t.Context(), "run.go", text, Settings{Context: 16, Threads: 1})
			return err
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A program that is told to end ends, within a second, and takes its files with it.
func TestMeasureEnds(t *testing.T) {
	p := installed(t)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	begun := time.Now()
	_, err := p.Measure(ctx, planted, strings.Repeat("so 2 plus 3 makes 5\n\n", 200000), Settings{Context: 16, Threads: 1})
	if !errors.Is(err, context.Canceled) || time.Since(begun) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Files of the older kind are refused with what makes new ones of them, and that does.
func TestOlderFiles(t *testing.T) {
	p := installed(t)
	dir := t.TempDir()
	text, old, converted := filepath.Join(dir, "text"), filepath.Join(dir, "OLD.dat"), filepath.Join(dir, "NEW.gguf")
	if err := os.WriteFile(text, []byte(strings.Repeat("so 2 plus 3 makes 5\n\n", 9)), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(p.Path, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run("-m", planted, "-f", text, "-o", old, "--output-format", "dat", "-c", "16", "-b", "16", "-t", "1", "--no-ppl")
	if _, err := Read(old); err == nil || !strings.Contains(err.Error(), convert) {
		t.Fatalf("an older file: %v", err)
	}
	run(strings.Fields(strings.NewReplacer("MODEL.gguf", planted, "OLD.dat", old, "NEW.gguf", converted,
		"makes one of an older file", "").Replace(strings.TrimPrefix(convert, Name)))...)
	f, err := Read(converted)
	if err != nil || len(f.Blocks()[0].Names) != 4 {
		t.Errorf("%+v, %v", f, err)
	}
}

// Without the program there is an error that tells so.
func TestFindNothing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(t.Context()); !errors.Is(err, exec.ErrNotFound) {
		t.Error(err)
	}
}

// What the program says of a mixture of experts is what it said when the golden was made.
func TestMeasureExperts(t *testing.T) {
	p := installed(t)
	text, err := os.ReadFile("../inprocess/testdata/imatrix/text")
	if err != nil {
		t.Fatal(err)
	}
	now, err := p.Measure(t.Context(), "testdata/moe.gguf", string(text), Settings{Context: 32, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	golden, err := Read("testdata/moe-imatrix.gguf") // its first chunk alone
	if err != nil {
		t.Fatal(err)
	}
	for b, block := range now.Blocks() {
		if want := golden.Blocks()[b]; !slices.Equal(block.Names, want.Names) || !slices.Equal(block.Channels, want.Channels) {
			t.Errorf("block %d has %v, %v", b, block.Names, block.Channels)
		}
	}
}
