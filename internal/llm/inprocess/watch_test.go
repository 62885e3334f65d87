package inprocess

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/llm"
)

// copied is a driver of a model file that a test may write to.
func copied(t *testing.T) (*Driver, string) {
	t.Helper()
	data, err := os.ReadFile("../../transformer/testdata/random-gqa.gguf")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, path
}

func score(t *testing.T, d *Driver) error {
	_, err := d.Score(t.Context(), []llm.Sequence{{Tokens: []int32{1, 2, 3}, From: 1}})
	return err
}

// Numbers that come out of a file that somebody writes to are an error, even with the file's time set back.
func TestAModelThatChangesInUse(t *testing.T) {
	d, path := copied(t)
	if _, err := d.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := score(t, d); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt([]byte{1, 2, 3}, info.Size()-40)
	}
	if err = errors.Join(err, f.Close(), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if err := score(t, d); err == nil || !strings.Contains(err.Error(), "was changed while it was in use") {
		t.Errorf("Score: %v", err)
	}
	if _, err := d.Embed(t.Context(), []string{"a"}); err == nil {
		t.Error("Embed gives vectors")
	}
	if _, err := d.Generate(t.Context(), []llm.GenerateRequest{{Prompt: "a", MaxTokens: 1}}); err == nil {
		t.Error("Generate gives texts")
	}
	if err := d.Trace(t.Context(), [][]int32{{1, 2}}, llm.WantResidual, func(int, *llm.Trace) error { return nil }); err == nil {
		t.Error("Trace gives states")
	}
}

// A second name for the file, other rights, or a new file under the old name do not change what is mapped.
func TestAModelThatIsOnlyMoved(t *testing.T) {
	d, path := copied(t)
	if _, err := d.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond) // so that the inode's time moves
	if err := errors.Join(os.Link(path, path+".second"), os.Chmod(path, 0o444), os.Remove(path),
		os.WriteFile(path, []byte("another"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := score(t, d); err != nil {
		t.Error(err)
	}
}

// What is hashed must be what is mapped.
func TestAModelThatIsReplacedWhileItIsOpened(t *testing.T) {
	d, path := copied(t)
	data, err := os.ReadFile(path)
	if err = errors.Join(err, os.Remove(path), os.WriteFile(path, data, 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Identify(t.Context()); err == nil || !strings.Contains(err.Error(), "was replaced or changed") {
		t.Errorf("Identify: %v", err)
	}
}
