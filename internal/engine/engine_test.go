package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// workshop makes actions that log what they do.
type workshop struct {
	mu   sync.Mutex
	runs []string
}

func (w *workshop) ran() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Sorted(slices.Values(w.runs))
	w.runs = nil
	return out
}

// join is an action whose output is its parameter and the outputs of its inputs.
func (w *workshop) join(name, param string, inputs ...*action.Action) *action.Action {
	a := &action.Action{Kind: "test/join", Version: 1, Subject: name, Facts: []action.Fact{action.F("param", param)},
		Cost: action.Cost{Requests: 1, Tokens: 10, Bytes: 5}}
	for i, in := range inputs {
		a.Inputs = append(a.Inputs, action.Input{Name: fmt.Sprint(i), From: in})
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		w.mu.Lock()
		w.runs = append(w.runs, name)
		w.mu.Unlock()
		out := []byte(param)
		for i := range inputs {
			in, err := r.Input(fmt.Sprint(i))
			if err != nil {
				return nil, err
			}
			out = append(append(append(out, '('), in...), ')')
		}
		return out, ctx.Err()
	}
	return a
}

func openStore(t *testing.T) *cas.Store {
	t.Helper()
	s, err := cas.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func compute(t *testing.T, s *cas.Store, workers int, targets ...*action.Action) *Results {
	t.Helper()
	r, err := Run(t.Context(), s, Options{Workers: workers, Now: time.Now}, targets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunThenHit(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		var w workshop
		s := openStore(t)
		a, b := w.join("a", "A"), w.join("b", "B")
		c := w.join("c", "C", a, b)
		d := w.join("d", "D", c, a)
		r := compute(t, s, workers, d, c)
		if got := w.ran(); !slices.Equal(got, []string{"a", "b", "c", "d"}) || r.Ran != 4 || r.Tokens != 40 {
			t.Errorf("%d workers: ran %v, %+v", workers, got, r)
		}
		out, err := r.Read(t.Context(), d)
		if err != nil || string(out) != "D(C(A)(B))(A)" {
			t.Errorf("%d workers: %q, %v", workers, out, err)
		}
		if r := compute(t, s, workers, d); r.Hits != 4 || r.Ran != 0 || len(w.ran()) != 0 {
			t.Errorf("second run: %+v", r)
		}
	}
}

func TestEarlyCutOff(t *testing.T) {
	var w workshop
	s := openStore(t)
	graph := func(version int) *action.Action {
		a := w.join("a", "A")
		a.Version = version
		return w.join("b", "B", a)
	}
	compute(t, s, 2, graph(1))
	w.ran()
	r := compute(t, s, 2, graph(2))
	if got := w.ran(); !slices.Equal(got, []string{"a"}) || r.Hits != 1 {
		t.Errorf("an input that is computed again to the same bytes does not stop the cascade: ran %v", got)
	}
}

func TestTwinsRunOnce(t *testing.T) {
	var w workshop
	one, two := w.join("one", "same"), w.join("two", "same")
	r := compute(t, openStore(t), 4, one, two)
	if got := w.ran(); len(got) != 1 || r.Ran != 1 || r.Hits != 1 {
		t.Errorf("ran %v, %+v", got, r)
	}
	if out, err := r.Read(t.Context(), two); err != nil || string(out) != "same" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestFailureCostsOnlyDependants(t *testing.T) {
	var w workshop
	bad, good := w.join("bad", "X"), w.join("good", "G")
	why := errors.New("no such luck")
	bad.Run = func(context.Context, action.Runtime) ([]byte, error) { return nil, why }
	boom := w.join("boom", "Y")
	boom.Run = func(context.Context, action.Runtime) ([]byte, error) { panic("out of range") }
	lost := w.join("lost", "L", good, bad)
	farther := w.join("farther", "F", lost, boom)
	fine := w.join("fine", "f", good)
	r := compute(t, openStore(t), 2, farther, fine)
	if r.Ran != 2 || r.Failed != 2 || r.Skipped != 2 {
		t.Errorf("%+v", r)
	}
	fs := r.Failures()
	if len(fs) != 2 || !errors.Is(fs[0], why) || !strings.HasPrefix(fs[0].Error(), "test/join bad: ") ||
		!strings.Contains(fs[1].Error(), "out of range") {
		t.Errorf("failures: %v", fs)
	}
	if _, err := r.Read(t.Context(), lost); err == nil || !strings.Contains(err.Error(), "skipped") {
		t.Errorf("reading what was skipped: %v", err)
	}
}

func TestDamagedContentIsMadeAgain(t *testing.T) {
	var w workshop
	s := openStore(t)
	a := w.join("a", "A")
	b := w.join("b", "B", a)
	first := compute(t, s, 2, b)
	// Both outputs keep their size, so look-ups hit and only reading finds the damage.
	for _, x := range []*action.Action{a, b} {
		spoil(t, s, first.Outcome(x).Entry.Output)
	}
	w.ran()
	c := w.join("c", "C", b)
	r := compute(t, s, 2, c)
	if out, err := r.Read(t.Context(), c); err != nil || string(out) != "C(B(A))" {
		t.Errorf("%q, %v", out, err)
	}
	if got := w.ran(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("ran %v", got)
	}
	spoil(t, s, first.Outcome(a).Entry.Output)
	a.Run = func(context.Context, action.Runtime) ([]byte, error) { return []byte("other"), nil }
	if _, err := r.Read(t.Context(), a); err == nil || !strings.Contains(err.Error(), "other bytes") {
		t.Errorf("an action that is not repeatable mends its own damage: %v", err)
	}
}

func spoil(t *testing.T, s *cas.Store, id cas.OutputID) {
	t.Helper()
	hex := strings.TrimPrefix(id.String(), "sha256:")
	path := filepath.Join(s.Dir(), "outputs", hex[:2], hex)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("?"), len(data)), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestInterruptedRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		var w workshop
		asked := 0
		// slow answers an item a second and keeps each in its journal.
		slow := w.join("slow", "S")
		slow.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
			var out []byte
			for i := range 10 {
				key := fmt.Sprint(i)
				v, ok := r.Journal().Get(key)
				if !ok {
					select {
					case <-ctx.Done():
						return nil, ctx.Err()
					case <-time.After(time.Second):
					}
					asked++
					v = fmt.Append(nil, i)
					if err := r.Journal().Append(key, v); err != nil {
						return nil, err
					}
				}
				out = append(out, v...)
			}
			return out, nil
		}
		after := w.join("after", "A", slow)
		// nearly is done a second after the interruption, never would be long after; neither has a journal.
		lasting := func(text string, d time.Duration) *action.Action {
			a := w.join(text, text)
			a.Run = func(ctx context.Context, _ action.Runtime) ([]byte, error) {
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(d):
					return []byte(text), nil
				}
			}
			return a
		}
		nearly, never := lasting("nearly", 5*time.Second), lasting("never", time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 4200*time.Millisecond)
		defer cancel()
		r, err := Run(ctx, s, Options{Workers: 4, Now: time.Now}, after, w.join("quick", "Q"), nearly, never,
			w.join("late", "L", nearly))
		if err != nil || r.Stopped != 4 || r.Ran != 2 || asked != 5 || r.Failed != 0 {
			t.Fatalf("interrupted: %+v, %v, asked %d", r, err, asked)
		}
		if !r.Outcome(nearly).OK() {
			t.Error("what was nearly done when the run was interrupted was not kept")
		}
		if r.Took != 5200*time.Millisecond {
			t.Errorf("stopped after %v; 4.2 s and a grace of one second were expected", r.Took)
		}
		r = compute(t, s, 2, after)
		if out, err := r.Read(t.Context(), after); err != nil || string(out) != "A(0123456789)" || asked != 10 {
			t.Errorf("resumed: %q, %v, asked %d in all", out, err, asked)
		}
		if e := r.Outcome(slow).Entry; e.Seconds != 0 {
			t.Errorf("a resumed action claims a rate: %v s", e.Seconds)
		}
	})
}

func TestWorkersAndProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		var w workshop
		var now, most atomic.Int32
		var shares []int
		var as []*action.Action
		for i := range 9 {
			a := w.join(fmt.Sprint(i), fmt.Sprint(i))
			a.Cost.Tokens = 1000
			a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
				most.Store(max(most.Load(), now.Add(1)))
				defer now.Add(-1)
				time.Sleep(time.Second)
				r.Progress(1, 2)
				time.Sleep(time.Second)
				if i == 8 {
					shares = append(shares, r.Workers())
				}
				return fmt.Append(nil, i), nil
			}
			as = append(as, a)
		}
		var events []Event
		r, err := Run(t.Context(), s, Options{Workers: 4, Now: time.Now, Progress: func(e Event) { events = append(events, e) }},
			as...)
		if err != nil || r.Ran != 9 || most.Load() != 4 || r.Took != 6*time.Second {
			t.Errorf("%+v, %v, at most %d at once", r, err, most.Load())
		}
		if !slices.Equal(shares, []int{4}) {
			t.Errorf("an action may use %v workers", shares)
		}
		last := events[len(events)-1]
		if !last.Final || last.Done != 9 || last.Tokens != 9000 || last.TokensTotal != 9000 || last.Rate != 1500 ||
			last.Left != 0 {
			t.Errorf("last event: %+v", last)
		}
		for i, e := range events[1:] {
			if e.Done < events[i].Done || e.Tokens < events[i].Tokens {
				t.Errorf("progress goes back: %+v after %+v", e, events[i])
			}
		}
		pace := events[slices.IndexFunc(events, func(e Event) bool { return e.Tokens == 2000 })+1]
		if pace.Done > 0 || !pace.LeftOpen || pace.Left < 500*time.Millisecond || pace.Left > 2*time.Second {
			t.Errorf("half way through the first of a kind: %+v", pace)
		}
		if pace.Unmeasured != 5 || last.Unmeasured != 0 {
			t.Errorf("unmeasured: %d while four show their pace, %d at the end", pace.Unmeasured, last.Unmeasured)
		}
		half := events[slices.IndexFunc(events, func(e Event) bool { return e.Done == 4 })+6]
		if half.Tokens != 6000 || half.Left != 2*time.Second {
			t.Errorf("half way: %+v", half)
		}
	})
}

func TestStoreOnly(t *testing.T) {
	var w workshop
	s := openStore(t)
	a := w.join("a", "A")
	compute(t, s, 1, a)
	r, err := Run(t.Context(), s, Options{StoreOnly: true, Now: time.Now}, w.join("c", "C", a, w.join("b", "B")))
	if err != nil || r.Hits != 1 || r.Missing != 1 || r.Skipped != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestLook(t *testing.T) {
	var w workshop
	s := openStore(t)
	a := w.join("a", "A")
	compute(t, s, 1, a)
	b := w.join("b", "B", a)
	p, err := Look(s, 1, w.join("c", "C", b), a)
	if err != nil {
		t.Fatal(err)
	}
	var got []Will
	for _, st := range p.Steps {
		got = append(got, st.Will)
	}
	if !slices.Equal(got, []Will{WillHit, WillRun, WillWait}) || p.Requests != 2 || p.Tokens != 20 || p.Bytes != 10 {
		t.Errorf("%v, %+v", got, p)
	}
	if len(w.ran()) != 1 {
		t.Error("Look computed something")
	}
	if !p.LeftKnown || p.Left <= 0 {
		t.Errorf("the kind was measured, and yet: %v, %v", p.Left, p.LeftKnown)
	}
}

func TestGraphErrors(t *testing.T) {
	var w workshop
	a := w.join("a", "A")
	b := w.join("b", "B", a)
	a.Inputs = []action.Input{{Name: "b", From: b}}
	if _, err := Look(openStore(t), 1, b); err == nil || !strings.Contains(err.Error(), "its own output") {
		t.Errorf("cycle: %v", err)
	}
	c := w.join("c", "C", w.join("x", "X"), w.join("y", "Y"))
	c.Inputs[1].Name = "0"
	if _, err := Look(openStore(t), 1, c); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Errorf("two inputs of one name: %v", err)
	}
}
