package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// Once the store takes nothing more, the run ends: nothing else begins, what is in flight is told, and there is one error.
func TestAStoreThatCannotBeWrittenEndsTheRun(t *testing.T) {
	var full atomic.Bool
	s, err := cas.OpenWith(t.TempDir(), cas.Hooks{Before: func(op, name string) error {
		if full.Load() && (op == "write" || op == "create") {
			return &fs.PathError{Op: op, Path: name, Err: syscall.ENOSPC}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var w workshop
	var targets []*action.Action
	for i := range 20 {
		a := w.join(fmt.Sprint("a", i), fmt.Sprint(i))
		run := a.Run
		a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
			if i == 5 {
				full.Store(true)
			}
			return run(ctx, r)
		}
		targets = append(targets, a)
	}
	waits := w.join("waits", "until the end")
	waits.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
	r, err := Run(t.Context(), s, Options{Workers: 2, Now: time.Now}, append([]*action.Action{waits}, targets...)...)
	if !errors.As(err, new(*cas.Unwritable)) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error %v", err)
	}
	if n := len(w.ran()); n != 6 || r.Ran != 5 || r.Failed != 0 || r.Stopped != 16 {
		t.Errorf("%d actions were begun; %+v", n, r)
	}
	full.Store(false)
	again, err := cas.Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if r := compute(t, again, 2, targets...); r.Hits != 5 || r.Ran != 15 {
		t.Errorf("afterwards: %+v", r)
	}
}

// An action whose journal cannot be written is no failure of the action's.
func TestAJournalThatCannotBeWritten(t *testing.T) {
	s, err := cas.OpenWith(t.TempDir(), cas.Hooks{Before: func(op, name string) error {
		if op == "write" && strings.HasPrefix(name, "journals") {
			return syscall.EIO
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	asks := &action.Action{Kind: "test/asks", Version: 1, Run: func(ctx context.Context, r action.Runtime) ([]byte, error) {
		return []byte("answer"), r.Journal().Append("item 0", []byte("answer"))
	}}
	r, err := Run(t.Context(), s, Options{Workers: 1, Now: time.Now}, asks)
	if !errors.Is(err, syscall.EIO) || r.Failed != 0 || r.Stopped != 1 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestAReadOnlyStoreServesWhatItHolds(t *testing.T) {
	dir := t.TempDir()
	s, err := cas.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var w workshop
	a, b := w.join("a", "A"), w.join("b", "B")
	compute(t, s, 1, a)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = cas.OpenWith(dir, cas.Hooks{Before: func(op, name string) error {
		if op == "read" || op == "list" {
			return nil
		}
		return &fs.PathError{Op: op, Path: name, Err: syscall.EROFS}
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.ran()
	if r := compute(t, s, 1, a); r.Hits != 1 {
		t.Errorf("%+v", r)
	}
	_, err = Run(t.Context(), s, Options{Workers: 1, Now: time.Now}, a, b)
	if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "test/join b") || len(w.ran()) > 0 {
		t.Errorf("what would have to be computed: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// Processes on one store do each action once between them, and all have all results.
func TestRunsOnOneStoreShareTheWork(t *testing.T) {
	dir := t.TempDir()
	const actions, processes = 30, 4
	var w workshop
	graph := func() []*action.Action {
		var all []*action.Action
		for i := range actions {
			a := w.join(fmt.Sprint("a", i), fmt.Sprint(i))
			run := a.Run
			a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
				time.Sleep(3 * time.Millisecond)
				return run(ctx, r)
			}
			all = append(all, a)
		}
		return append(all, w.join("last", "L", all...))
	}
	var group sync.WaitGroup
	for range processes {
		s, err := cas.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		group.Go(func() {
			targets := graph()
			r, err := Run(t.Context(), s, Options{Workers: 2, Now: time.Now}, targets...)
			if err != nil || r.Hits+r.Ran != actions+1 {
				t.Errorf("%+v, %v", r, err)
				return
			}
			if out, err := r.Read(t.Context(), targets[actions]); err != nil || !strings.HasPrefix(string(out), "L(0)(1)") {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	group.Wait()
	if ran := w.ran(); len(ran) != actions+1 {
		t.Errorf("%d runs of %d actions: %v", len(ran), actions+1, ran)
	}
}

// What another process gives up is taken over, and an interruption does not wait for others.
func TestWhatOthersHaveInHand(t *testing.T) {
	dir := t.TempDir()
	other, err := cas.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := cas.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var w workshop
	a := w.join("a", "A")
	description, err := a.Describe(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := other.Lease(cas.IDOf(description)); !ok {
		t.Fatal("not free")
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan string, 100)
	progress := func(e Event) {
		if e.Elsewhere > 0 {
			select {
			case seen <- e.Holder:
			default:
			}
		}
	}
	go func() { <-seen; cancel() }()
	r, err := Run(ctx, s, Options{Workers: 1, Now: time.Now, Progress: progress}, a)
	if err != nil || r.Stopped != 1 || len(w.ran()) > 0 {
		t.Errorf("interrupted: %+v, %v", r, err)
	}
	go func() { <-seen; other.Close() }() // gives its leases back
	r, err = Run(t.Context(), s, Options{Workers: 1, Now: time.Now, Progress: progress}, a)
	if err != nil || r.Ran != 1 || !slices.Equal(w.ran(), []string{"a"}) {
		t.Errorf("given up: %+v, %v", r, err)
	}
}

func TestVerifyReadsEveryHit(t *testing.T) {
	var w workshop
	s := openStore(t)
	a := w.join("a", "A")
	e := compute(t, s, 1, a).Outcome(a).Entry
	w.ran()
	path := filepath.Join(s.Dir(), "outputs", e.Output.String()[7:9], e.Output.String()[7:])
	if err := os.WriteFile(path, []byte("B"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := compute(t, s, 1, a); r.Hits != 1 {
		t.Errorf("a hit of the right size is believed until it is read: %+v", r)
	}
	r, err := Run(t.Context(), s, Options{Workers: 1, Now: time.Now, Verify: true}, a)
	if err != nil || r.Ran != 1 || len(w.ran()) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}
