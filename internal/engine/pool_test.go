package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sdmap/internal/action"
)

// Actions of a pool run beside the workers, as many at once as the pool is wide.
func TestPools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		var w workshop
		var most [3]atomic.Int32
		var now [3]atomic.Int32
		var as []*action.Action
		for i := range 12 {
			where := i % 3 // here, a server with room for 2, one with room for 1
			a := w.join(fmt.Sprint(i), fmt.Sprint(i))
			if where > 0 {
				a.Pool = action.Pool{Name: fmt.Sprint("server ", where), Width: 3 - where}
			}
			a.Run = func(context.Context, action.Runtime) ([]byte, error) {
				most[where].Store(max(most[where].Load(), now[where].Add(1)))
				defer now[where].Add(-1)
				time.Sleep(time.Second)
				return fmt.Append(nil, i), nil
			}
			as = append(as, a)
		}
		r, err := Run(t.Context(), s, Options{Workers: 1, Now: time.Now}, as...)
		if err != nil || r.Ran != 12 || r.Took != 4*time.Second {
			t.Errorf("%+v, %v", r, err)
		}
		if most[0].Load() != 1 || most[1].Load() != 2 || most[2].Load() != 1 {
			t.Errorf("at once: %d here, %d and %d at servers", most[0].Load(), most[1].Load(), most[2].Load())
		}
		for _, a := range as { // measured, so that the next look knows
			a.Facts = append(a.Facts, action.F("again", true))
		}
		p, err := Look(s, 1, as...)
		if err != nil || !p.LeftKnown || p.Left < 4*time.Second-time.Millisecond || p.Left > 4*time.Second+time.Millisecond {
			t.Errorf("left %v, %v", p.Left, err)
		}
	})
}

// A server that is lost costs what asks it, at once, and nothing else.
func TestLostPool(t *testing.T) {
	var w workshop
	gone := errors.New("connection refused")
	pool := action.Pool{Name: "server", Width: 1}
	var asked atomic.Int32
	var as []*action.Action
	for i := range 9 {
		a := w.join(fmt.Sprint("remote ", i), fmt.Sprint(i))
		a.Pool = pool
		a.Run = func(context.Context, action.Runtime) ([]byte, error) {
			if asked.Add(1) > 3 {
				return nil, fmt.Errorf("item 7: %w", gone)
			}
			return []byte("x"), nil
		}
		as = append(as, a)
	}
	as[8].Facts = as[5].Facts // a twin
	local, other := w.join("local", "L"), w.join("other", "O")
	other.Pool = action.Pool{Name: "other server", Width: 1}
	late := w.join("late", "later", local)
	late.Pool = pool
	after := w.join("after", "A", as[0], as[6])
	s := openStore(t)
	run := func() *Results {
		r, err := Run(t.Context(), s, Options{Workers: 2, Now: time.Now,
			Lost: func(err error) bool { return errors.Is(err, gone) }},
			append(as, local, other, late, after)...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run()
	// late is ready as soon as local is there, which may be before the server is lost: then it was asked.
	if n := asked.Load(); n != 4 || r.Failed != 1 || !r.Outcome(local).OK() || !r.Outcome(other).OK() ||
		r.Outcome(after).State != Skipped {
		t.Errorf("asked %d times, %+v", n, r)
	}
	if fs := r.Failures(); len(fs) != 1 || !errors.Is(fs[0], gone) || !strings.Contains(fs[0].Error(), "item 7") {
		t.Errorf("failures %v", fs)
	}
	if r.Outcome(as[8]).State != Skipped || r.Outcome(as[5]).State != Skipped {
		t.Error("what waits for the lost server is not skipped")
	}
	asked.Store(-100)
	if r := run(); r.Failed+r.Skipped != 0 || r.Hits < 5 {
		t.Errorf("with the server back: %+v", r)
	}
}
