//go:build unix

package files

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// place makes a folder with one of each kind of file, and a root of it.
func place(t *testing.T) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o666))
	check(t, os.Symlink("file", filepath.Join(dir, "link")))
	check(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	check(t, os.Mkdir(filepath.Join(dir, "folder"), 0o777))
	check(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666))
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	check(t, err)
	t.Cleanup(func() { l.Close() })
	root, err := os.OpenRoot(dir)
	check(t, err)
	t.Cleanup(func() { root.Close() })
	return dir, root
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir, root := place(t)
	for name, want := range map[string]string{"folder": "a folder", "pipe": "a named pipe", "socket": "a socket"} {
		for _, read := range []func() ([]byte, error){
			func() ([]byte, error) { return ReadIn(root, name, 100) },
			func() ([]byte, error) { return Read(filepath.Join(dir, name), 100) },
		} {
			_, err := read()
			if e, ok := errors.AsType[NotRegular](err); !ok || !strings.Contains(e.Error(), want) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
	if _, err := Open(os.DevNull); err == nil || !strings.Contains(err.Error(), "a device") {
		t.Errorf("a device: %v", err)
	}
	for _, name := range []string{"file", "link"} {
		if data, err := ReadIn(root, name, 4); err != nil || string(data) != "text" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if _, err := ReadIn(root, "file", 3); !errors.As(err, new(TooLarge)) {
		t.Errorf("beyond the bound: %v", err)
	}
	if _, err := OpenIn(root, "loop"); err == nil {
		t.Error("a link to itself was opened")
	}
}

func TestAppend(t *testing.T) {
	dir, _ := place(t)
	check(t, os.Symlink("made", filepath.Join(dir, "ahead")))
	for name, want := range map[string]string{"file": "text more", "new": " more", "ahead": " more"} {
		f, err := Append(filepath.Join(dir, name))
		check(t, err)
		_, err = f.WriteString(" more")
		check(t, errors.Join(err, f.Close()))
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v; want %q", name, data, err, want)
		}
	}
	for _, name := range []string{"pipe", "folder", "socket"} {
		if _, err := Append(filepath.Join(dir, name)); !errors.As(err, new(NotRegular)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutward(t *testing.T) {
	dir, root := place(t)
	outside := t.TempDir()
	for name, to := range map[string]string{"folder/away": outside, "folder/up": "../..", "folder/missing": "missing",
		"folder/inside": "../folder"} {
		check(t, os.Symlink(to, filepath.Join(dir, name)))
	}
	for name, want := range map[string]string{
		"file": "", "link": "", "loop": "loop", "folder/inside/new": "", "new/away": "", "folder": "",
		"folder/inside/up/x": "folder/inside/up",
		"folder/away":        "folder/away", "folder/away/x/y": "folder/away", "folder/up/x": "folder/up",
		"folder/missing": "folder/missing",
	} {
		if got := Outward(root, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestTemporaryNamesAreKnown(t *testing.T) {
	_, root := place(t)
	for _, prefix := range []string{TemporaryPrefix, "other-"} {
		f, name, err := Temporary(root, "folder", prefix)
		check(t, err)
		check(t, f.Close())
		if IsTemporary(filepath.Base(name)) != (prefix == TemporaryPrefix) {
			t.Errorf("%s", name)
		}
	}
}

func TestReplaceFollowsNoLink(t *testing.T) {
	dir, root := place(t)
	outside := filepath.Join(t.TempDir(), "outside")
	check(t, os.WriteFile(outside, []byte("theirs"), 0o666))
	check(t, os.Symlink(outside, filepath.Join(dir, "away")))
	check(t, os.Link(outside, filepath.Join(dir, "second")))
	for _, name := range []string{"away", "second", "file", "new", "pipe"} {
		check(t, Replace(root, name, []byte("ours")))
		info, err := os.Lstat(filepath.Join(dir, name))
		check(t, err)
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != "ours" || !info.Mode().IsRegular() {
			t.Errorf("%s: %q, %v, %v", name, data, info.Mode(), err)
		}
	}
	if data, err := os.ReadFile(outside); err != nil || string(data) != "theirs" {
		t.Errorf("the file outside: %q, %v", data, err)
	}
	check(t, os.Symlink(filepath.Dir(outside), filepath.Join(dir, "out")))
	if err := Replace(root, "out/outside", []byte("ours")); err == nil {
		t.Error("a link to a folder outside was followed")
	}
	if err := Replace(root, "folder", []byte("ours")); err == nil {
		t.Error("a folder was replaced")
	}
	found, err := filepath.Glob(filepath.Join(dir, ".sdmap-*"))
	if err != nil || len(found) > 0 {
		t.Errorf("temporary files are left: %v %v", found, err)
	}
}

func TestReplaceKeepsTheUmask(t *testing.T) {
	dir, root := place(t)
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	check(t, Replace(root, "new", nil))
	if info, err := os.Stat(filepath.Join(dir, "new")); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
