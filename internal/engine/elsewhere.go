package engine

import "slices"

// mostAsked is how many actions that other processes have in hand are asked for at a time.
const mostAsked = 500

// claim gets a node for this process. False says that it need not be computed now: another process has it in hand, or has just
// finished it.
func (x *run) claim(n *node) bool {
	lease, holder, ok := x.store.Lease(n.key)
	if !ok {
		n.holder = holder
		x.elsewhere = append(x.elsewhere, n)
		return false
	}
	if e, hit := x.find(n.key); hit { // between the first look and now
		lease.Release()
		delete(x.inFlight, n.key)
		x.settleAll(n, Outcome{State: Hit, Entry: e})
		return false
	}
	n.lease = lease
	return true
}

// askElsewhere looks what other processes have finished, or given up: the latter is queued again, and claimed if it is free when
// its turn comes.
func (x *run) askElsewhere() {
	asked := x.elsewhere[:min(mostAsked, len(x.elsewhere))]
	x.elsewhere = slices.Clone(x.elsewhere[len(asked):])
	for _, n := range asked {
		if e, hit := x.find(n.key); hit {
			delete(x.inFlight, n.key)
			x.settleAll(n, Outcome{State: Hit, Entry: e})
		} else {
			x.miss(n)
		}
	}
}
