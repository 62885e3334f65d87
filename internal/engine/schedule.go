package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// run is the state of one Run. All of it but what is said otherwise belongs to the goroutine that schedules.
type run struct {
	store *cas.Store
	o     Options
	nodes []*node
	index map[*action.Action]*node

	fresh     queue // inputs are there; not looked up yet
	misses    queue // to be computed here
	pools     map[string]*pool
	elsewhere []*node // another process has them in hand
	inFlight  map[cas.ActionID]*node
	done      chan *node
	running   int // in pools too
	working   int // on workers
	meter     *meter

	mending sync.Mutex // one damaged output is made again at a time
}

func newRun(store *cas.Store, o Options, nodes []*node) *run {
	x := &run{store: store, o: o, nodes: nodes, index: map[*action.Action]*node{}, inFlight: map[cas.ActionID]*node{},
		pools: map[string]*pool{}, done: make(chan *node), meter: newMeter(store, o)}
	for _, n := range nodes {
		x.index[n.action] = n
		if n.waiting == 0 {
			heap.Push(&x.fresh, n)
		}
	}
	return x
}

// progressEvery is how often Progress is called while nothing else happens.
const progressEvery = 200 * time.Millisecond

// grace is how long actions in flight may go on after an interruption, so that what is nearly done is kept. Then their
// context ends, which every action heeds within another second.
const grace = time.Second

// outlive returns a context that ends grace after ctx does.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// schedule runs until all is settled, or until ctx is cancelled or the store cannot be written, and nothing is in flight any
// more.
func (x *run) schedule(ctx context.Context) error {
	inFlight, release := outlive(ctx)
	defer release()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	cancelled, failed := ctx.Done(), x.store.Failed()
	var broken error
	for {
		open := ctx.Err() == nil && broken == nil
		if open {
			if broken = x.start(inFlight); broken != nil {
				release() // what is computed from here on cannot be kept
				continue
			}
		}
		if x.running == 0 && (len(x.elsewhere) == 0 || !open) {
			x.meter.report(x)
			if broken == nil { // the last action may have come back before the word of the store
				broken = x.store.Err()
			}
			return broken
		}
		select {
		case n := <-x.done:
			x.running--
			x.ended(ctx, n)
		case <-tick.C:
			x.meter.report(x)
			x.askElsewhere()
		case <-cancelled:
			cancelled = nil
		case <-failed:
			failed, broken = nil, x.store.Err()
			release()
		}
	}
}

// start looks up everything that is ready and fills the workers with what the store lacks and nobody else computes; actions run
// under ctx. An error means that the store is of no use.
func (x *run) start(ctx context.Context) error {
	for {
		for x.fresh.Len() > 0 {
			if err := x.lookup(heap.Pop(&x.fresh).(*node)); err != nil {
				return err
			}
		}
		for x.misses.Len() > 0 && x.working < x.o.Workers {
			if n := heap.Pop(&x.misses).(*node); x.claim(n) {
				x.working++
				x.launch(ctx, n)
			}
		}
		for _, l := range x.pools {
			for l.misses.Len() > 0 && l.running < l.width {
				if n := heap.Pop(&l.misses).(*node); x.claim(n) {
					l.running++
					x.launch(ctx, n)
				}
			}
		}
		if x.fresh.Len() == 0 { // a claim may find that another process has finished
			return nil
		}
	}
}

// launch computes a node on a goroutine of its own.
func (x *run) launch(ctx context.Context, n *node) {
	n.started = x.o.Now()
	x.running++
	go func() {
		n.result = x.compute(ctx, n)
		x.done <- n
	}()
}

// lookup makes a node's key and asks the store for it. An error means that the store is of no use.
func (x *run) lookup(n *node) error {
	if err := n.describe(); err != nil {
		x.settle(n, Outcome{State: Failed, Err: err})
		return nil
	}
	if twin := x.inFlight[n.key]; twin != nil {
		twin.twins = append(twin.twins, n)
		return nil
	}
	e, hit := x.find(n.key)
	switch {
	case hit:
		x.settle(n, Outcome{State: Hit, Entry: e})
	case x.o.StoreOnly && n.action != x.o.Except:
		x.settle(n, Outcome{State: Missing})
	default:
		if err := x.store.Writable(); err != nil {
			return fmt.Errorf("%s is not in the store and would be computed, but %w", Name(n.action), err)
		}
		x.miss(n)
	}
	return nil
}

// find asks the store for an action. With Verify its content is read and hashed too.
func (x *run) find(key cas.ActionID) (cas.Entry, bool) {
	e, hit := x.store.Lookup(key)
	if hit && x.o.Verify {
		_, err := x.store.Read(e.Output)
		hit = err == nil
	}
	return e, hit
}

// miss queues what must be computed. What asks a server that is lost is skipped.
func (x *run) miss(n *node) {
	queue := &x.misses
	if l := x.pool(n); l != nil {
		if l.lost {
			delete(x.inFlight, n.key)
			x.settleAll(n, Outcome{State: Skipped})
			return
		}
		queue = &l.misses
	}
	x.inFlight[n.key] = n
	x.meter.expect()
	heap.Push(queue, n)
}

// compute runs an action, stores its output and lets other processes have it. It is called from workers.
func (x *run) compute(ctx context.Context, n *node) Outcome {
	defer n.lease.Release()
	rt := &actionRuntime{x: x, n: n, ctx: ctx}
	start := x.o.Now()
	out, err := protect(ctx, n.action, rt)
	if err = errors.Join(err, rt.close()); err != nil {
		return Outcome{State: Failed, Err: err}
	}
	made := cas.Made{Kind: n.action.Kind, Subject: n.action.Subject, Description: n.description, Tokens: n.action.Cost.Tokens}
	if !rt.resumed { // what an interrupted run paid for says nothing about the rate
		made.Seconds = x.o.Now().Sub(start).Seconds()
	}
	e, err := x.store.Put(made, out)
	if err != nil {
		return Outcome{State: Failed, Err: err}
	}
	return Outcome{State: Ran, Entry: e}
}

// protect turns a panic into an error, so that one action's fault does not cost the others' results.
func protect(ctx context.Context, a *action.Action, rt action.Runtime) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error, please report it: %v\n%s", p, debug.Stack())
		}
	}()
	return a.Run(ctx, rt)
}

// ended takes a node back from its worker.
func (x *run) ended(ctx context.Context, n *node) {
	delete(x.inFlight, n.key)
	o := n.result
	if o.State == Failed && (ctx.Err() != nil && errors.Is(o.Err, context.Canceled) || x.store.Err() != nil) {
		o = Outcome{State: Stopped} // by an interruption, or because nothing can be kept: no fault of the action's
	}
	x.meter.learn(n, o, x.o.Now())
	x.settleAll(n, o)
	x.leave(n, o)
}

// settleAll settles a node and those with the same key.
func (x *run) settleAll(n *node, o Outcome) {
	x.settle(n, o)
	for _, twin := range n.twins {
		if o.State == Ran {
			o.State = Hit
		}
		x.settle(twin, o)
	}
}

// settle records an outcome and passes it on to those who wait for it.
func (x *run) settle(n *node, o Outcome) {
	n.outcome = o
	for _, user := range n.users {
		if user.outcome.State != Waiting {
			continue // skipped already
		}
		switch {
		case o.State == Stopped:
			x.settle(user, Outcome{State: Stopped})
		case !o.OK() && !x.spares(user, n):
			x.settle(user, Outcome{State: Skipped})
		default:
			if user.waiting--; user.waiting == 0 {
				heap.Push(&x.fresh, user)
			}
		}
	}
}

// spares says whether a node goes on without an input of its that has no output: it is optional, and nothing was lost with it
// that comes back by itself, such as a server.
func (x *run) spares(user, input *node) bool {
	for i, in := range user.inputs {
		if in == input && !user.action.Inputs[i].Optional {
			return false
		}
	}
	o := input.outcome
	return o.State == Missing || o.State == Failed && (x.o.Lost == nil || !x.o.Lost(o.Err))
}

// queue is a heap of nodes, lowest index first.
type queue []*node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].index < q[j].index }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(n any)        { *q = append(*q, n.(*node)) }
func (q *queue) Pop() any {
	old := *q
	n := old[len(old)-1]
	*q = old[:len(old)-1]
	return n
}
