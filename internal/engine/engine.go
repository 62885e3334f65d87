// Package engine runs a graph of actions through the store.
//
// The pipeline: targets -> all actions they need, in a fixed order -> for each, once its inputs are known, its key -> a hit
// in the store, or a run on one of the workers whose output is stored -> Results.
//
// Keys are made from the content of inputs. So an input that is computed again to the same bytes stops the cascade, and
// two actions with the same key run once. Results depend neither on the number of workers nor on the order in which they
// finish. Outputs are not kept in memory: an action reads an input from the store when it asks for it, and content that
// turns out damaged then is made again on the spot.
//
// When the context is cancelled nothing new starts; actions in flight have one second to finish, then they are
// cancelled too, and everything that was finished or journalled stays for the next run. A failed action costs those that
// cannot do without it; all others go on. Actions that wait for a server stand in its pool: few at once, beside the workers, and
// none any more once the server is lost.
//
// Processes that share a store share the work: what another one has in hand is left to it and taken from the store when it is
// there. When the store cannot be written any more, the run ends at once, since nothing that it computes could be kept.
package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// Options say how to run.
type Options struct {
	Workers   int              // actions at once; 0 is one for each processor
	StoreOnly bool             // run nothing: what the store does not hold is Missing
	Except    *action.Action   // with StoreOnly: this one is run all the same; may be nil
	Verify    bool             // hash the content of every hit: what is damaged is computed again
	Now       func() time.Time // measures rates; no result depends on it
	Lost      func(error) bool // the error of an action says that what its pool stands for is gone; may be nil
	Progress  func(Event)      // called from Run's goroutine, several times a second; may be nil
}

// State is what became of an action.
type State int

const (
	Waiting State = iota // not reached
	Hit                  // the store had it
	Ran                  // computed and stored
	Failed               // its Run returned an error
	Skipped              // something that it needs failed or is missing, or the server that it asks is lost
	Stopped              // the run was interrupted before it was done
	Missing              // not in the store, and StoreOnly was asked
)

func (s State) String() string {
	return [...]string{"waiting", "hit", "ran", "failed", "skipped", "stopped", "missing"}[s]
}

// Outcome is what became of one action.
type Outcome struct {
	State State
	Entry cas.Entry // for Hit and Ran
	Err   error     // for Failed
}

// OK says whether there is an output.
func (o Outcome) OK() bool { return o.State == Hit || o.State == Ran }

// Results holds the outcome of every action of a run.
type Results struct {
	Hits, Ran, Failed, Skipped, Stopped, Missing int

	Tokens int           // through models, in actions that ran
	Took   time.Duration // wall time

	x *run
}

// Outcome tells what became of an action; it is Waiting for one that was no part of the run.
func (r *Results) Outcome(a *action.Action) Outcome {
	if n := r.x.index[a]; n != nil {
		return n.outcome
	}
	return Outcome{}
}

// All walks over every action of the run and what became of it, inputs before those who need them.
func (r *Results) All() iter.Seq2[*action.Action, Outcome] {
	return func(yield func(*action.Action, Outcome) bool) {
		for _, n := range r.x.nodes {
			if !yield(n.action, n.outcome) {
				return
			}
		}
	}
}

// Read returns the verified output of an action. Content that was damaged since is computed again.
func (r *Results) Read(ctx context.Context, a *action.Action) ([]byte, error) {
	n := r.x.index[a]
	if n == nil || !n.outcome.OK() {
		return nil, fmt.Errorf("%s has no output: %s", Name(a), r.Outcome(a).State)
	}
	return r.x.read(ctx, n)
}

// Failure is an action that failed.
type Failure struct {
	Action *action.Action
	Err    error
}

func (f Failure) Error() string { return fmt.Sprintf("%s: %v", Name(f.Action), f.Err) }
func (f Failure) Unwrap() error { return f.Err }

// Failures lists what failed, in the order of the plan.
func (r *Results) Failures() []Failure {
	var fs []Failure
	for a, o := range r.All() {
		if o.State == Failed {
			fs = append(fs, Failure{a, o.Err})
		}
	}
	return fs
}

// Name is how people are told of an action: its kind and subject.
func Name(a *action.Action) string {
	if a.Subject == "" {
		return a.Kind
	}
	return a.Kind + " " + a.Subject
}

// Run computes the targets and all they need. Its error says that the graph or the store cannot be used at all (a
// *cas.Unwritable for a store that cannot be written); what happened to single actions is in the Results.
func Run(ctx context.Context, store *cas.Store, o Options, targets ...*action.Action) (*Results, error) {
	nodes, err := order(targets)
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Now == nil {
		return nil, errors.New("engine: no clock")
	}
	x := newRun(store, o, nodes)
	start := o.Now()
	err = x.schedule(ctx)
	res := &Results{x: x, Took: o.Now().Sub(start)}
	for _, n := range nodes {
		switch n.outcome.State {
		case Hit:
			res.Hits++
		case Ran:
			res.Ran++
			res.Tokens += n.action.Cost.Tokens
		case Failed:
			res.Failed++
		case Skipped:
			res.Skipped++
		case Missing:
			res.Missing++
		default:
			n.outcome.State = Stopped
			res.Stopped++
		}
	}
	return res, err
}
