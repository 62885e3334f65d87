package cas

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// digestTest is a store and a file, whose digests are remembered soon.
type digestTest struct {
	*testing.T
	s        *Store
	warnings *[]string
	path     string
}

func newDigestTest(t *testing.T) digestTest {
	was := settled
	settled = 40 * time.Millisecond
	t.Cleanup(func() { settled = was })
	s, warnings := open(t, t.TempDir())
	return digestTest{t, s, warnings, filepath.Join(t.TempDir(), "model.gguf")}
}

// write changes the file in place, and sets its time of modification.
func (t digestTest) write(content string, at time.Time) {
	t.Helper()
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_WRONLY, 0o666)
	if err == nil {
		_, err = f.WriteString(content)
	}
	if err = errors.Join(err, f.Close(), os.Chtimes(t.path, at, at)); err != nil {
		t.Fatal(err)
	}
}

func (t digestTest) settle() { time.Sleep(2 * settled) }

func (t digestTest) check(want string) {
	t.Helper()
	if id, err := t.s.FileDigest(t.path); err != nil || id != OutputOf([]byte(want)) {
		t.Errorf("FileDigest = %v, %v; want the digest of %q", id, err, want)
	}
}

func (t digestTest) memos() []string { return list(t.s.dir, "digests") }

func TestFileDigest(tt *testing.T) {
	t := newDigestTest(tt)
	old := time.Now().Add(-time.Hour)
	t.write("one", old)
	t.check("one")
	if n := len(t.memos()); n != 0 {
		t.Errorf("the digest of a file that changed just now is remembered")
	}
	t.settle()
	t.check("one")
	if n := len(t.memos()); n != 1 {
		t.Errorf("%d digests are remembered, want 1", n)
	}
	t.write("two", old) // same path, size, inode and time of modification
	t.check("two")
	for _, memo := range t.memos() {
		flip(tt, memo, len(faceMagic)+5)
	}
	t.check("two")
	if _, err := t.s.FileDigest(filepath.Dir(t.path)); err == nil || !strings.Contains(err.Error(), "a folder") {
		t.Errorf("a folder has a digest: %v", err)
	}
}

// A memo answers; else the test above would show nothing.
func TestMemosAreUsedUnlessAllIsVerified(tt *testing.T) {
	t := newDigestTest(tt)
	t.write("one", time.Now())
	t.settle()
	t.check("one")
	info, err := os.Stat(t.path)
	if err != nil {
		t.Fatal(err)
	}
	lie := memoText(face(t.path, info), OutputOf([]byte("a lie")))
	if err := os.WriteFile(t.memos()[0], lie, 0o666); err != nil {
		t.Fatal(err)
	}
	t.check("a lie")
	t.s.Verify = true
	t.check("one")
	if len(*t.warnings) != 1 || !strings.Contains((*t.warnings)[0], "without a trace") {
		t.Errorf("warnings: %q", *t.warnings)
	}
	t.s.Verify = false
	t.check("one")
}

func TestMemosOfOtherFilesAreNotUsed(tt *testing.T) {
	t := newDigestTest(tt)
	t.write("one", time.Now())
	other := t
	other.path = filepath.Join(t.TempDir(), "other.gguf")
	other.write("two", time.Now())
	t.settle()
	t.check("one")
	other.check("two")
	memos := t.memos()
	if len(memos) != 2 {
		t.Fatalf("%d memos", len(memos))
	}
	aside := memos[0] + ".aside"
	if err := errors.Join(os.Rename(memos[0], aside), os.Rename(memos[1], memos[0]), os.Rename(aside, memos[1])); err != nil {
		t.Fatal(err)
	}
	t.check("one")
	other.check("two")
	if len(*t.warnings) != 2 {
		t.Errorf("warnings: %q", *t.warnings)
	}
}
