package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// actionRuntime is the action.Runtime of one running action.
type actionRuntime struct {
	x   *run
	n   *node
	ctx context.Context

	journal cas.Journal
	closer  func() error
	resumed bool
}

func (r *actionRuntime) Input(name string) ([]byte, error) {
	in, err := r.n.input(name)
	if err != nil {
		return nil, err
	}
	return r.x.read(r.ctx, in)
}

// input finds a named input that has an output.
func (n *node) input(name string) (*node, error) {
	i := slices.IndexFunc(n.action.Inputs, func(in action.Input) bool { return in.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%s has no input named %q", Name(n.action), name)
	}
	if in := n.inputs[i]; in.outcome.OK() {
		return in, nil
	}
	return nil, action.Missing{Reason: n.inputs[i].whyMissing()}
}

// whyMissing is the first line of the error for which there is no output, without the subject, which is known where it is told.
func (n *node) whyMissing() string {
	if n.outcome.Err == nil {
		return "it is not in the store"
	}
	first, _, _ := strings.Cut(n.outcome.Err.Error(), "\n")
	return strings.TrimPrefix(first, n.action.Subject+": ")
}

func (r *actionRuntime) Progress(done, total int) {
	if total > 0 {
		r.n.part.Store(math.Float64bits(float64(done) / float64(total)))
	}
}

// Workers is every processor, whatever else runs: an action asks once, and what it starts with is what it has when it is
// the last one and all others are done. Until then goroutines in excess only wait their turn.
func (r *actionRuntime) Workers() int { return r.x.o.Workers }

func (r *actionRuntime) Journal() cas.Journal {
	if r.journal == nil {
		j, closer := r.x.store.OpenJournal(r.n.key)
		r.journal, r.closer = watchedJournal{j, r}, closer
	}
	return r.journal
}

func (r *actionRuntime) close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer()
}

// watchedJournal notices whether an earlier run's answers were used.
type watchedJournal struct {
	cas.Journal
	r *actionRuntime
}

func (j watchedJournal) Get(key string) ([]byte, bool) {
	v, ok := j.Journal.Get(key)
	if ok {
		j.r.resumed = true
	}
	return v, ok
}

// read returns a settled node's output. If it is damaged, the action is run again here, on what may in turn be damaged
// inputs. The same bytes must come out: everything that depends on them is keyed by their hash.
func (x *run) read(ctx context.Context, n *node) ([]byte, error) {
	data, err := x.store.Read(n.outcome.Entry.Output)
	if !errors.Is(err, cas.ErrCorrupt) || x.o.StoreOnly && x.o.Except == nil {
		return data, err
	}
	x.mending.Lock()
	defer x.mending.Unlock()
	return x.mend(ctx, n)
}

// mend is read with x.mending held.
func (x *run) mend(ctx context.Context, n *node) ([]byte, error) {
	want := n.outcome.Entry.Output
	data, err := x.store.Read(want)
	if !errors.Is(err, cas.ErrCorrupt) {
		return data, err
	}
	rt := &mendingRuntime{actionRuntime{x: x, n: n, ctx: ctx}}
	out, err := protect(ctx, n.action, rt)
	if err = errors.Join(err, rt.close()); err != nil {
		return nil, fmt.Errorf("make the damaged output of %s again: %w", Name(n.action), err)
	}
	if got := cas.OutputOf(out); got != want {
		return nil, fmt.Errorf("the output of %s was damaged in the store, and computing it again gives other bytes "+
			"(%s, not %s): "+
			"its kind is not repeatable or its version was not raised", Name(n.action), got, want)
	}
	_, err = x.store.Put(n.outcome.Entry.Made, out)
	return out, err
}

// mendingRuntime serves an action that is run again while x.mending is held.
type mendingRuntime struct{ actionRuntime }

func (r *mendingRuntime) Input(name string) ([]byte, error) {
	in, err := r.n.input(name)
	if err != nil {
		return nil, err
	}
	return r.x.mend(r.ctx, in)
}
