package cas

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Whatever stands in the place of something of the store's is a miss with a warning; the next Put goes its way, and what stood
// there is kept.
func TestWhatStandsInTheWay(t *testing.T) {
	outside := t.TempDir()
	obstacles := map[string]func(path string) error{
		"folder": func(path string) error {
			return errors.Join(os.Mkdir(path, 0o777), os.WriteFile(filepath.Join(path, "theirs"), []byte("theirs"), 0o666))
		},
		"loop":         func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"link outside": func(path string) error { return os.Symlink(outside, path) },
		"pipe":         func(path string) error { return mkfifo(path) },
	}
	places := map[string]func(e Entry) string{
		"entry":         func(e Entry) string { return actionName(e.Action) },
		"entry folder":  func(e Entry) string { return filepath.Dir(actionName(e.Action)) },
		"output":        func(e Entry) string { return outputName(e.Output) },
		"output folder": func(e Entry) string { return filepath.Dir(outputName(e.Output)) },
		"journal":       func(e Entry) string { return journalName(e.Action) },
	}
	for what, make := range obstacles {
		for where, place := range places {
			t.Run(where+" is "+what, func(t *testing.T) {
				s, warnings := open(t, t.TempDir())
				e := put(t, s, "a/b", "kind a/b\n", "content")
				path := under(s, place(e))
				if err := errors.Join(os.RemoveAll(path), make(path)); errors.Is(err, errors.ErrUnsupported) {
					t.Skip(err)
				} else if err != nil {
					t.Fatal(err)
				}
				folder := what == "folder" && where != "entry" && where != "output" // in its own place a folder is no obstacle
				if _, hit := s.Lookup(e.Action); hit != (where == "journal") {
					t.Errorf("hit %v", hit)
				}
				j, shut := s.OpenJournal(e.Action)
				if err := errors.Join(j.Append("k", []byte("v")), shut()); err != nil {
					t.Error(err)
				}
				put(t, s, "a/b", "kind a/b\n", "content")
				if _, hit := s.Lookup(e.Action); !hit {
					t.Error("Put does not mend it")
				}
				if data, err := s.Read(e.Output); err != nil || string(data) != "content" {
					t.Errorf("Read: %q, %v", data, err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if n := len(list(s.dir, "aside")); !folder && n != 1 || folder && n != 0 {
					t.Errorf("%d things are kept aside", n)
				}
				if len(*warnings) == 0 && !folder {
					t.Error("nobody is told")
				}
			})
		}
	}
	if found, err := os.ReadDir(outside); err != nil || len(found) > 0 {
		t.Errorf("outside of the store stands %v, %v", found, err)
	}
}

func TestFoldersOfTheStoreAreNoLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "outputs")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "outputs in it is a link") {
		t.Errorf("Open: %v", err)
	}
	link := filepath.Join(t.TempDir(), "store")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	s, _ := open(t, link) // the store itself may be elsewhere
	put(t, s, "a/b", "kind a/b\n", "content")
}

// failing is a store in which one operation fails from some time on.
func failing(t *testing.T, op string, cause error) (*Store, *atomic.Bool) {
	t.Helper()
	var on atomic.Bool
	s, err := OpenWith(t.TempDir(), Hooks{Before: func(now, name string) error {
		if on.Load() && now == op {
			return &fs.PathError{Op: op, Path: name, Err: cause}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { on.Store(false); s.Close() })
	return s, &on
}

// The first write that fails ends all writing, with one message that says where and what to do.
func TestAStoreThatCannotBeWrittenSaysSoOnce(t *testing.T) {
	writes := map[string]func(s *Store) error{
		"Put": func(s *Store) error {
			_, err := s.Put(Made{Kind: "k", Description: "new"}, []byte("new content"))
			return err
		},
		"Journal": func(s *Store) error { j, _ := s.OpenJournal(IDOf("new")); return j.Append("k", []byte("v")) },
		"Sync":    func(s *Store) error { return s.Sync() },
	}
	remedies := map[syscall.Errno]string{
		syscall.ENOSPC: "Make room", syscall.EDQUOT: "Make room", syscall.EIO: "disk", syscall.EROFS: "right to write",
		syscall.EACCES: "right to write",
	}
	for name, write := range writes {
		for errno, remedy := range remedies {
			t.Run(fmt.Sprint(name, " ", errno), func(t *testing.T) {
				op := map[string]string{"Put": "write", "Journal": "create", "Sync": "sync"}[name]
				s, on := failing(t, op, errno)
				e := put(t, s, "k", "before", "old content")
				on.Store(true)
				err := write(s)
				u, ok := errors.AsType[*Unwritable](err)
				if !ok || !errors.Is(err, errno) || u.Dir != s.Dir() {
					t.Fatalf("error %v", err)
				}
				for _, want := range []string{s.Dir(), errno.Error(), remedy, "-cache"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q lacks %q", err, want)
					}
				}
				select {
				case <-s.Failed():
				default:
					t.Error("Failed is open")
				}
				on.Store(false) // there would be room again, but what is missing in between stays missing
				for again, write := range writes {
					if again != "Sync" && write(s) != s.Err() {
						t.Errorf("%s goes on after the failure", again)
					}
				}
				if _, hit := s.Lookup(e.Action); !hit {
					t.Error("what was there is lost")
				}
				if left := list(s.dir, "tmp"); len(left) > 0 {
					t.Errorf("temporary files are left: %q", left)
				}
			})
		}
	}
}

func TestAStoreThatVanishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "k", "before", "content")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, hit := s.Lookup(IDOf("before")); hit {
		t.Error("a hit in nothing")
	}
	_, err = s.Put(Made{Kind: "k", Description: "after"}, nil)
	if !errors.As(err, new(*Unwritable)) || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("Put: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something is written where the store was")
	}
}

// What cannot be read is told and counts as not there; a thousand of them do not flood.
func TestWarningsAreBounded(t *testing.T) {
	s, on := failing(t, "read", syscall.EIO)
	var warnings []string
	s.Warn = func(m string) { warnings = append(warnings, m) }
	e := put(t, s, "k", "before", "content")
	on.Store(true)
	for range 1000 {
		if _, hit := s.Lookup(e.Action); hit {
			t.Fatal("a hit that was not read")
		}
	}
	if _, err := s.Read(e.Output); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Read: %v", err)
	}
	on.Store(false)
	s.Close()
	if len(warnings) != mostTold+2 || !strings.Contains(warnings[len(warnings)-1], "990 more") {
		t.Errorf("%d warnings: %q", len(warnings), warnings)
	}
	if _, hit := s.Lookup(e.Action); !hit {
		t.Error("what could not be read for a while is lost")
	}
}

// Close returns when everything is on disk, also what the timer's sync has begun with.
func TestCloseWaitsForASyncInFlight(t *testing.T) {
	var on, closed atomic.Bool
	inSync, goOn := make(chan bool), make(chan bool)
	s, err := OpenWith(t.TempDir(), Hooks{Before: func(op, name string) error {
		if op == "sync" && on.Swap(false) {
			inSync <- true
			<-goOn
			if closed.Load() {
				return errors.New("Close has returned")
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "k", "kind k\n", "content")
	on.Store(true)
	synced := make(chan error)
	go func() { synced <- s.Sync() }()
	<-inSync
	ended := make(chan error)
	go func() { err := s.Close(); closed.Store(true); ended <- err }()
	select {
	case <-ended:
		t.Error("Close does not wait")
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	if err := errors.Join(<-synced, <-ended); err != nil {
		t.Error(err)
	}
}

// A process that was killed between storing an answer and its next sync leaves the journal.
func TestJournalsOfFinishedActionsGo(t *testing.T) {
	for _, collect := range []bool{false, true} {
		s, warnings := open(t, t.TempDir())
		e := put(t, s, "k", "finished", "content")
		for _, description := range []string{"finished", "unfinished"} {
			j, shut := s.OpenJournal(IDOf(description))
			if err := errors.Join(j.Append("k", []byte("v")), shut()); err != nil {
				t.Fatal(err)
			}
		}
		if collect {
			if c, err := s.GC(func(ActionID) bool { return true }, time.Now().Add(time.Hour), false); err != nil ||
				c.Journals != 1 {
				t.Errorf("GC: %+v, %v", c, err)
			}
		} else if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		left := list(s.dir, "journals")
		if len(left) != 1 || left[0] != under(s, journalName(IDOf("unfinished"))) || len(*warnings) > 0 {
			t.Errorf("journals that are left: %q; warnings: %q", left, *warnings)
		}
		if _, hit := s.Lookup(e.Action); !hit {
			t.Error("the entry is gone")
		}
	}
}

func TestFreeSpace(t *testing.T) {
	s, _ := open(t, t.TempDir())
	if free, ok := s.Free(); ok && free <= 0 {
		t.Errorf("%d bytes are free, and tests go on", free)
	}
}
