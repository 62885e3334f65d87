package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sdmap/internal/action"
)

// fails is an action that fails as long as why says so.
func (w *workshop) fails(name string, why *error) *action.Action {
	a := w.join(name, name)
	made := a.Run
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		if *why != nil {
			return nil, *why
		}
		return made(ctx, r)
	}
	return a
}

// collect is an action with optional inputs: its output says what came and why the rest did not.
func (w *workshop) collect(name string, inputs ...*action.Action) *action.Action {
	a := w.join(name, name)
	for i, in := range inputs {
		a.Inputs = append(a.Inputs, action.Input{Name: fmt.Sprint(i), From: in, Optional: true})
	}
	a.Run = func(_ context.Context, r action.Runtime) ([]byte, error) {
		w.mu.Lock()
		w.runs = append(w.runs, name)
		w.mu.Unlock()
		var out strings.Builder
		for i := range inputs {
			in, err := r.Input(fmt.Sprint(i))
			if m, missing := errors.AsType[action.Missing](err); missing {
				fmt.Fprintf(&out, "[%s]", m.Reason)
			} else if err != nil {
				return nil, err
			}
			out.Write(in)
		}
		return []byte(out.String()), nil
	}
	return a
}

// What an optional input fails for is told to the action, which goes on; when it is there after all, the action runs again, and
// a run of the store alone finds what was made without it.
func TestOptionalInputs(t *testing.T) {
	w, s := &workshop{}, openStore(t)
	why := errors.New("bad: the disk is\non fire")
	good, bad := w.join("good", "good"), w.fails("bad", &why)
	all := w.collect("all", good, bad)
	end := w.join("end", "end", all)
	needs := w.join("needs", "needs", bad)

	r := compute(t, s, 2, end, needs)
	text, err := r.Read(t.Context(), end)
	if err != nil || string(text) != "end(good[the disk is])" || r.Failed != 1 || r.Skipped != 1 || r.Ran != 3 {
		t.Fatalf("%q, %v, %+v", text, err, r)
	}
	if o := r.Outcome(needs); o.State != Skipped {
		t.Errorf("what needs it is %s", o.State)
	}
	w.ran()

	stored, err := Run(t.Context(), s, Options{StoreOnly: true, Now: time.Now}, end)
	if err != nil || stored.Hits != 3 || stored.Missing != 1 {
		t.Fatalf("from the store alone: %+v, %v", stored, err)
	}
	why = errors.New("another reason")
	if again := compute(t, s, 1, end); again.Hits != 3 || again.Failed != 1 || len(w.ran()) != 0 {
		t.Errorf("another reason, the same rest: %+v", again)
	}
	why = nil
	if again := compute(t, s, 1, end, needs); again.Ran != 4 || again.Hits != 1 || again.Failed != 0 {
		t.Errorf("once it is there: %+v", again)
	}
	if text, err = compute(t, s, 1, end).Read(t.Context(), end); string(text) != "end(goodbad)" {
		t.Errorf("%q, %v", text, err)
	}
}

// With the store alone, one action may be computed all the same, on what is there.
func TestStoreOnlyExcept(t *testing.T) {
	w, s := &workshop{}, openStore(t)
	why := errors.New("no")
	axis := w.collect("axis", w.join("good", "good"), w.fails("bad", &why))
	compute(t, s, 1, axis)
	w.ran()
	compare := w.join("compare", "compare", axis)
	r, err := Run(t.Context(), s, Options{StoreOnly: true, Except: compare, Now: time.Now}, compare)
	if err != nil || r.Ran != 1 || r.Missing != 1 || fmt.Sprint(w.ran()) != "[compare]" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A key is what it was without the option as long as nothing is missing.
func TestOptionalKeys(t *testing.T) {
	w, s := &workshop{}, openStore(t)
	one := w.join("one", "one")
	must, may := w.join("x", "x", one), w.join("x", "x", one)
	may.Inputs[0].Optional = true
	if r := compute(t, s, 1, must, may); r.Ran != 2 || r.Hits != 1 {
		t.Errorf("%+v", r)
	}
}

// An input both optional and not is needed; a server that is gone costs all that rest on it, since it comes back.
func TestWhatIsNoOptionalLoss(t *testing.T) {
	w, s := &workshop{}, openStore(t)
	gone := errors.New("gone")
	bad := w.fails("bad", &gone)
	all := w.collect("all", w.join("good", "good"), bad)
	lost := func(err error) bool { return errors.Is(err, gone) }
	r, err := Run(t.Context(), s, Options{Workers: 2, Now: time.Now, Lost: lost}, all)
	if err != nil || r.Outcome(all).State != Skipped || r.Failed != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	both := w.collect("both", bad, bad)
	both.Inputs[1].Optional = false
	if r := compute(t, s, 2, both); r.Outcome(both).State != Skipped {
		t.Errorf("an input that is needed: %+v", r)
	}
}
