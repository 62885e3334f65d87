package engine

import (
	"fmt"
	"sync/atomic"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// node is an action within one run.
type node struct {
	action *action.Action
	index  int // position in the order; lower goes first
	inputs []*node
	users  []*node

	waiting     int // inputs that are not settled yet
	description string
	key         cas.ActionID
	twins       []*node // other actions with the same key, settled together with this one
	outcome     Outcome
	result      Outcome // the worker's word, until the scheduler takes it
	lease       *cas.Lease
	holder      string // of the lease, where that is another process

	started time.Time
	part    atomic.Uint64 // bits of the share that is done, a float64 in [0, 1]
}

// order lists the targets and all that they need, inputs first, each action once. The order depends on the targets'
// order alone.
func order(targets []*action.Action) ([]*node, error) {
	var nodes []*node
	seen := map[*action.Action]*node{}
	open := map[*action.Action]bool{}
	var visit func(a *action.Action) (*node, error)
	visit = func(a *action.Action) (*node, error) {
		if n := seen[a]; n != nil {
			return n, nil
		}
		if open[a] {
			return nil, fmt.Errorf("%s needs its own output", Name(a))
		}
		open[a] = true
		n := &node{action: a, waiting: len(a.Inputs)}
		names := map[string]bool{}
		for _, in := range a.Inputs {
			if in.From == nil || names[in.Name] {
				return nil, fmt.Errorf("%s: input %q is missing or named twice", Name(a), in.Name)
			}
			names[in.Name] = true
			from, err := visit(in.From)
			if err != nil {
				return nil, err
			}
			n.inputs = append(n.inputs, from)
			from.users = append(from.users, n)
		}
		n.index = len(nodes)
		nodes = append(nodes, n)
		seen[a] = n
		return n, nil
	}
	for _, a := range targets {
		if _, err := visit(a); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// describe makes the node's key; its inputs must have outputs, but for optional ones that are missing.
func (n *node) describe() error {
	ids := make([]cas.OutputID, len(n.inputs))
	for i, in := range n.inputs {
		ids[i] = in.outcome.Entry.Output // zero where there is none
	}
	var err error
	n.description, err = n.action.Describe(ids)
	n.key = cas.IDOf(n.description)
	return err
}
