package cas

import (
	"errors"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"testing"
	"time"
)

// lease takes an action that must be free.
func lease(t *testing.T, s *Store, id ActionID) *Lease {
	t.Helper()
	l, holder, ok := s.Lease(id)
	if !ok {
		t.Fatalf("the action is held by %q", holder)
	}
	return l
}

func TestALeaseIsForOne(t *testing.T) {
	dir := t.TempDir()
	one, _ := open(t, dir)
	two, _ := open(t, dir)
	id := IDOf("k")
	l := lease(t, one, id)
	if _, holder, ok := two.Lease(id); ok || !strings.Contains(holder, "process ") {
		t.Errorf("two have it at once (%v), or nobody knows who: %q", ok, holder)
	}
	if _, _, ok := two.Lease(IDOf("other")); !ok {
		t.Error("another action is not free")
	}
	l.Release()
	lease(t, two, id)
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	lease(t, one, id) // Close gave back what was held
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"leases", "owners", "tmp"} {
		if left := list(dir, folder); len(left) > 0 {
			t.Errorf("left in %s: %q", folder, left)
		}
	}
	lease(t, one, id) // the store stays usable
}

// pretend makes a lease of an owner with that face, whose last heartbeat is so long ago.
func pretend(t *testing.T, s *Store, id ActionID, face string, ago time.Duration) {
	t.Helper()
	owner := "owners/pretended"
	at := time.Now().Add(-ago)
	lease := under(s, path.Join("leases", path.Base(actionName(id))))
	err := errors.Join(os.WriteFile(under(s, owner), []byte(face), 0o666), os.Chtimes(under(s, owner), at, at),
		os.WriteFile(lease, []byte(owner), 0o666))
	if err != nil {
		t.Fatal(err)
	}
}

func TestALeaseOfTheDeadIsTakenOver(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Skip(err)
	}
	gone := thisProcess()
	gone.pid = ended.Process.Pid
	later := thisProcess()
	later.start += "0"
	elsewhere := gone
	elsewhere.host = "another.example"
	for name, c := range map[string]struct {
		face string
		ago  time.Duration
		free bool
	}{
		"this process":                       {thisProcess().face(), 0, false},
		"this process, stopped for long":     {thisProcess().face(), leaseTimeout + time.Second, true},
		"one that ended a moment ago":        {gone.face(), 0, gone.world != ""},
		"an earlier one with our number":     {later.face(), 0, later.world != ""},
		"one of another machine":             {elsewhere.face(), leaseTimeout - beat, false},
		"one of another machine, silent":     {elsewhere.face(), leaseTimeout + time.Second, true},
		"one of a later release":             {"something else", 0, false},
		"one of a later release, silent":     {"something else", leaseTimeout + time.Second, true},
		"one whose clock is ahead of others": {elsewhere.face(), -time.Hour, true},
		"one whose clock is a little ahead":  {elsewhere.face(), -beat, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t, t.TempDir())
			pretend(t, s, IDOf("k"), c.face, c.ago)
			if _, holder, ok := s.Lease(IDOf("k")); ok != c.free {
				t.Errorf("free %v, want %v; held by %q", ok, c.free, holder)
			}
		})
	}
}

// A lease without a word in it is one that is being made, or the rest of one.
func TestAnEmptyLease(t *testing.T) {
	for _, ago := range []time.Duration{0, leaseTimeout + time.Second} {
		s, _ := open(t, t.TempDir())
		file := under(s, path.Join("leases", path.Base(actionName(IDOf("k")))))
		at := time.Now().Add(-ago)
		if err := errors.Join(os.WriteFile(file, nil, 0o666), os.Chtimes(file, at, at)); err != nil {
			t.Fatal(err)
		}
		if _, _, ok := s.Lease(IDOf("k")); ok != (ago > leaseTimeout) {
			t.Errorf("%v old: free %v", ago, ok)
		}
	}
}

// Many who find the same dead owner: the action goes to at least one of them, and to more than one only in a race that a
// process loses between two system calls.
func TestManyTakeOverFromOneDeadOwner(t *testing.T) {
	dir := t.TempDir()
	first, _ := open(t, dir)
	const actions, many = 50, 6
	for i := range actions {
		pretend(t, first, IDOf(string(rune('a'+i))), "gone", leaseTimeout+time.Minute)
	}
	var mu sync.Mutex
	taken := map[int]int{}
	var wg sync.WaitGroup
	for range many {
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		wg.Go(func() {
			for i := range actions {
				if _, _, ok := s.Lease(IDOf(string(rune('a' + i)))); ok {
					mu.Lock()
					taken[i]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	more := 0
	for i := range actions {
		if taken[i] == 0 {
			t.Errorf("action %d is taken by nobody", i)
		}
		more += max(0, taken[i]-1)
	}
	if more > actions/2 {
		t.Errorf("%d of %d actions are taken by more than one", more, actions)
	}
}

func TestWithoutLeasesWorkGoesOn(t *testing.T) {
	s, _ := open(t, t.TempDir())
	if err := os.RemoveAll(under(s, "leases")); err != nil {
		t.Fatal(err)
	}
	lease(t, s, IDOf("k")).Release()
}
