package engine

import "container/heap"

// lane is what is known of one action.Lane in a run.
type lane struct {
	width   int
	misses  queue // to be run
	running int
	lost    bool // nothing more is asked of it
}

// lane is the node's, nil for one that computes here. All actions of one lane give it the same width.
func (x *run) lane(n *node) *lane {
	name := n.action.Lane.Name
	if name == "" {
		return nil
	}
	l := x.lanes[name]
	if l == nil {
		l = &lane{width: max(1, n.action.Lane.Width)}
		x.lanes[name] = l
	}
	return l
}

// leave makes room for the next one. If the node failed because what its lane stands for is lost, the others that wait for it
// are skipped: each would wait in vain for as long. Actions of other lanes go on.
func (x *run) leave(n *node, o Outcome) {
	l := x.lane(n)
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
