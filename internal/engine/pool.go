package engine

import "container/heap"

// pool is what is known of one action.Pool in a run.
type pool struct {
	width   int
	misses  queue // to be run
	running int
	lost    bool // nothing more is asked of it
}

// pool is the node's, nil for one that computes here. All actions of one pool give it the same width.
func (x *run) pool(n *node) *pool {
	name := n.action.Pool.Name
	if name == "" {
		return nil
	}
	l := x.pools[name]
	if l == nil {
		l = &pool{width: max(1, n.action.Pool.Width)}
		x.pools[name] = l
	}
	return l
}

// leave makes room for the next one. If the node failed because what its pool stands for is lost, the others that wait for it
// are skipped: each would wait in vain for as long. Actions of other pools go on.
func (x *run) leave(n *node, o Outcome) {
	l := x.pool(n)
	if l == nil {
		x.working--
		return
	}
	l.running--
	if o.State != Failed || x.o.Lost == nil || !x.o.Lost(o.Err) {
		return
	}
	l.lost = true
	for l.misses.Len() > 0 {
		waiting := heap.Pop(&l.misses).(*node)
		delete(x.inFlight, waiting.key)
		x.settleAll(waiting, Outcome{State: Skipped})
	}
}
