package cas

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dir string) (*Store, *[]string) {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var warnings []string
	s.Warn = func(m string) { warnings = append(warnings, m) }
	t.Cleanup(func() { s.Close() })
	return s, &warnings
}

func put(t *testing.T, s *Store, kind, description, content string) Entry {
	t.Helper()
	e, err := s.Put(Made{Kind: kind, Description: description, Seconds: 0.5, Tokens: 7}, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPutLookupRead(t *testing.T) {
	s, warnings := open(t, t.TempDir())
	if _, hit := s.Lookup(IDOf("kind a/b\n")); hit {
		t.Fatal("a hit in an empty store")
	}
	want := put(t, s, "a/b", "kind a/b\n", "content")
	got, hit := s.Lookup(IDOf("kind a/b\n"))
	if !hit || got != want {
		t.Fatalf("Lookup = %+v, %v; want %+v", got, hit, want)
	}
	data, err := s.Read(got.Output)
	if err != nil || string(data) != "content" {
		t.Fatalf("Read = %q, %v", data, err)
	}
	if len(*warnings) > 0 {
		t.Errorf("warnings: %q", *warnings)
	}
}

func TestForget(t *testing.T) {
	s, warnings := open(t, t.TempDir())
	put(t, s, "a/b", "kind a/b\n", "content")
	other := put(t, s, "a/c", "kind a/c\n", "content")
	id := IDOf("kind a/b\n")
	j, shut := s.OpenJournal(id)
	if err := errors.Join(j.Append("k", []byte("v")), shut(), s.Forget(id), s.Forget(id)); err != nil {
		t.Fatal(err)
	}
	if _, hit := s.Lookup(id); hit {
		t.Error("what was forgotten is there")
	}
	j, shut = s.OpenJournal(id)
	if _, ok := j.Get("k"); ok || shut() != nil {
		t.Error("its journal is there")
	}
	if data, err := s.Read(other.Output); err != nil || string(data) != "content" || len(*warnings) > 0 {
		t.Errorf("another entry with the same content has %q, %v; warnings %q", data, err, *warnings)
	}
}

func TestDamageIsAMiss(t *testing.T) {
	damage := map[string]func(t *testing.T, s *Store, e Entry){
		"entry torn": func(t *testing.T, s *Store, e Entry) { truncate(t, under(s, actionName(e.Action)), 40) },
		"entry flipped": func(t *testing.T, s *Store, e Entry) {
			flip(t, under(s, actionName(e.Action)), 25)
		},
		"entry empty":     func(t *testing.T, s *Store, e Entry) { truncate(t, under(s, actionName(e.Action)), 0) },
		"content short":   func(t *testing.T, s *Store, e Entry) { truncate(t, under(s, outputName(e.Output)), 3) },
		"content missing": func(t *testing.T, s *Store, e Entry) { os.Remove(under(s, outputName(e.Output))) },
		"entry of another action": func(t *testing.T, s *Store, e Entry) {
			other := put(t, s, "a/b", "another description", "content")
			data, _ := os.ReadFile(under(s, actionName(other.Action)))
			os.WriteFile(under(s, actionName(e.Action)), data, 0o666)
		},
	}
	for name, do := range damage {
		t.Run(name, func(t *testing.T) {
			s, warnings := open(t, t.TempDir())
			e := put(t, s, "a/b", "kind a/b\n", "content")
			do(t, s, e)
			if _, hit := s.Lookup(e.Action); hit {
				t.Error("a hit; want a miss")
			}
			if len(*warnings) != 1 {
				t.Errorf("%d warnings, want 1: %q", len(*warnings), *warnings)
			}
			put(t, s, "a/b", "kind a/b\n", "content")
			if _, hit := s.Lookup(e.Action); !hit {
				t.Error("a new Put does not mend it")
			}
		})
	}
}

func TestReadNeverServesWrongBytes(t *testing.T) {
	s, warnings := open(t, t.TempDir())
	e := put(t, s, "a/b", "kind a/b\n", "content")
	flip(t, under(s, outputName(e.Output)), 2)
	if _, err := s.Read(e.Output); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("error %v, want ErrCorrupt", err)
	}
	if _, hit := s.Lookup(e.Action); hit {
		t.Error("damaged content is still a hit after it was read")
	}
	if len(*warnings) != 2 {
		t.Errorf("warnings: %q", *warnings)
	}
	flip(t, under(s, actionName(put(t, s, "a/b", "kind a/b\n", "content").Action)), 0)
	flip(t, under(s, outputName(e.Output)), 1)
	put(t, s, "a/b", "kind a/b\n", "content")
	if data, err := s.Read(e.Output); err != nil || string(data) != "content" {
		t.Errorf("Put over damaged content of the same size: %q, %v", data, err)
	}
}

func TestManyWritersOfTheSame(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			s, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 40 {
				d := fmt.Sprintf("kind k\nfact i %d\n", i)
				if _, err := s.Put(Made{Kind: "k", Description: d, Seconds: float64(w)},
					[]byte(strings.Repeat("x", i))); err != nil {
					t.Error(err)
				}
				if e, hit := s.Lookup(IDOf(d)); !hit || e.Size != int64(i) {
					t.Errorf("writer %d, action %d: %+v %v", w, i, e, hit)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, warnings := open(t, dir)
	st, err := s.Stat()
	if err != nil || st.Entries != 40 || st.Damaged != 0 || st.Outputs != 40 || len(*warnings) > 0 {
		t.Errorf("Stat = %+v, %v; warnings %q", st, err, *warnings)
	}
	if left := list(dir, "tmp"); len(left) > 0 {
		t.Errorf("temporary files are left: %q", left)
	}
}

func TestJournalSurvivesInterruption(t *testing.T) {
	dir := t.TempDir()
	id := IDOf("kind k\n")
	s, warnings := open(t, dir)
	j, done := s.OpenJournal(id)
	for i := range 3 {
		if err := j.Append(fmt.Sprint("item ", i), fmt.Append(nil, "answer ", i)); err != nil {
			t.Fatal(err)
		}
	}
	// A second process works on the same action while the first is still at it, and its last record is torn.
	other, _ := open(t, dir)
	j2, done2 := other.OpenJournal(id)
	if v, ok := j2.Get("item 2"); !ok || string(v) != "answer 2" {
		t.Errorf("the second process sees %q, %v", v, ok)
	}
	j2.Append("item 3", []byte("answer 3"))
	j2.Append("item 4", []byte("answer 4"))
	if err := errors.Join(done2(), done()); err != nil {
		t.Fatal(err)
	}
	for _, f := range list(s.dir, journalName(id)) {
		if info, _ := os.Stat(f); info.Size() == int64(2*(recordHead+recordTail+len("item 3answer 3"))) {
			truncate(t, f, int(info.Size())-1)
		}
	}
	j, done = s.OpenJournal(id)
	defer done()
	for i := range 4 {
		if v, ok := j.Get(fmt.Sprint("item ", i)); !ok || string(v) != fmt.Sprint("answer ", i) {
			t.Errorf("item %d: %q, %v", i, v, ok)
		}
	}
	if _, ok := j.Get("item 4"); ok || len(*warnings) != 1 {
		t.Errorf("the torn record is served (%v) or not reported: %q", ok, *warnings)
	}
	put(t, s, "k", "kind k\n", "all answers")
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, journalName(id))); !os.IsNotExist(err) {
		t.Errorf("the journal outlives its action: %v", err)
	}
}

func TestNearestAndDiff(t *testing.T) {
	s, _ := open(t, t.TempDir())
	put(t, s, "k", "kind k\nfact a 1\nfact b 1\n", "x")
	put(t, s, "k", "kind k\nfact a 2\nfact b 2\n", "y")
	put(t, s, "l", "kind k\nfact a 2\nfact b 3\nfact c 4\n", "z")
	want := "kind k\nfact a 2\nfact b 3\nfact c 4\n"
	e, ok := s.Nearest(Made{Kind: "k", Description: want})
	if !ok || e.Description != "kind k\nfact a 2\nfact b 2\n" {
		t.Fatalf("Nearest = %q, %v", e.Description, ok)
	}
	far := Made{Kind: "k", Subject: "this one", Description: "kind k\nfact a 9\nfact z 9\n"}
	if _, err := s.Put(far, nil); err != nil {
		t.Fatal(err)
	}
	if e, ok := s.Nearest(Made{Kind: "k", Subject: "this one", Description: want}); !ok || e.Description != far.Description {
		t.Errorf("the entry about the same subject is not the nearest: %q", e.Description)
	}
	got := Diff(e.Description, want)
	if !slices.Equal(got, []string{"  kind k", "  fact a 2", "- fact b 2", "+ fact b 3", "+ fact c 4"}) {
		t.Errorf("Diff = %q", got)
	}
	if _, ok := s.Nearest(Made{Kind: "m", Description: want}); ok {
		t.Error("a kind without entries has a nearest one")
	}
}

func TestGC(t *testing.T) {
	s, _ := open(t, t.TempDir())
	keep := put(t, s, "k", "kept", "shared")
	put(t, s, "k", "dropped", "shared")
	gone := put(t, s, "k", "dropped too", "own")
	j, done := s.OpenJournal(IDOf("never finished"))
	j.Append("k", nil)
	done()
	kept := func(id ActionID) bool { return id == keep.Action }
	if c, err := s.GC(kept, time.Now().Add(-time.Hour), false); err != nil || c.Entries+c.Outputs+c.Journals > 0 || c.Kept != 3 {
		t.Errorf("young files: %+v, %v", c, err)
	}
	later := time.Now().Add(time.Minute)
	dry, err := s.GC(kept, later, true)
	if err != nil {
		t.Fatal(err)
	}
	real, err := s.GC(kept, later, false)
	if err != nil || real.Entries != 2 || real.Outputs != 1 || real.Journals != 1 || real.Kept != 1 || real.Bytes == 0 {
		t.Errorf("GC = %+v, %v", real, err)
	}
	if dry.Entries != real.Entries || dry.Journals != real.Journals || dry.Bytes != real.Bytes {
		t.Errorf("dry run promised %+v, real run did %+v", dry, real)
	}
	if _, hit := s.Lookup(keep.Action); !hit {
		t.Error("the kept entry is gone")
	}
	if _, hit := s.Lookup(gone.Action); hit {
		t.Error("the dropped entry is there")
	}
}

func TestIDs(t *testing.T) {
	id := IDOf("x")
	if got, err := ParseActionID(id.String()); err != nil || got != id {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "sha256:", strings.ToUpper(id.String()), id.String() + "00", id.String()[1:]} {
		if _, err := ParseOutputID(bad); err == nil {
			t.Errorf("%q parses", bad)
		}
	}
}

func under(s *Store, name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func list(dir, sub string) []string {
	found, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(sub), "*"))
	return found
}

func truncate(t *testing.T, path string, n int) {
	t.Helper()
	if err := os.Truncate(path, int64(n)); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
