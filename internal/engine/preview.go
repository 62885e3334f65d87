package engine

import (
	"runtime"
	"slices"
	"time"

	"sdmap/internal/action"
	"sdmap/internal/cas"
)

// Will is what a run would do with an action.
type Will string

const (
	WillHit  Will = "hit"   // the store has it
	WillRun  Will = "run"   // its key is known and the store lacks it
	WillWait Will = "waits" // its key depends on what must run first; its inputs may come out unchanged
)

// Step is one action of a plan.
type Step struct {
	Action      *action.Action
	Will        Will
	Key         cas.ActionID // zero where it waits
	Description string       // empty where it waits
	Entry       cas.Entry    // of a hit
}

// Preview is what a run would do and cost.
type Preview struct {
	Steps             []Step // in the order of a run
	Hits, Runs, Waits int
	Requests, Tokens  int   // of all that are no hits: an upper bound, since what waits may turn out a hit
	Bytes             int64 // expected size of new outputs
	Room              int64 // what the store's disk needs for them, with entries and what blocks leave unused
	Left              time.Duration
	LeftKnown         bool     // Left covers all actions; else some kind, or model, was never measured here
	Unmeasured        []string // weights of models of which nothing was measured here, as facts of keys print them
}

// Look asks the store what a run would do, and computes nothing.
func Look(store *cas.Store, workers int, targets ...*action.Action) (*Preview, error) {
	nodes, err := order(targets)
	if err != nil {
		return nil, err
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Preview{LeftKnown: true}
	past := stored(store)
	left := newRemainder()
	for _, n := range nodes {
		st := Step{Action: n.action, Will: WillWait}
		if allHits(n.inputs) {
			if err := n.describe(); err != nil {
				return nil, err
			}
			e, hit := store.Lookup(n.key)
			st.Will, st.Key, st.Description = WillRun, n.key, n.description
			if hit {
				st.Will, st.Entry = WillHit, e
				n.outcome = Outcome{State: Hit, Entry: e}
			}
		}
		left.add(n.action, p.add(st, past))
	}
	p.Left = time.Duration(left.over(workers) * float64(time.Second))
	return p, nil
}

// block is what a file takes up at least on usual disks.
const block = 4096

// add counts a step and returns the seconds that it takes on one worker.
func (p *Preview) add(st Step, past rates) float64 {
	p.Steps = append(p.Steps, st)
	switch st.Will {
	case WillHit:
		p.Hits++
		return 0
	case WillRun:
		p.Runs++
	case WillWait:
		p.Waits++
	}
	c := st.Action.Cost
	p.Requests += c.Requests
	p.Tokens += c.Tokens
	p.Bytes += c.Bytes
	p.Room += (c.Bytes+block-1)/block*block + 2*block // an entry, and what the action keeps until it is done
	s, known, sure := past.seconds(st.Action)
	p.LeftKnown = p.LeftKnown && known && sure
	if w := weightsOf(st.Action); !sure && w != "" && !slices.Contains(p.Unmeasured, w) {
		p.Unmeasured = append(p.Unmeasured, w)
	}
	if !sure {
		return 0
	}
	return s
}

func allHits(ns []*node) bool {
	for _, n := range ns {
		if n.outcome.State != Hit {
			return false
		}
	}
	return true
}
