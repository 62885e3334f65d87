package llamacpp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sdmap/internal/llm/remote"
)

// fleet is the servers of one model, and what all of them have in common.
type fleet struct {
	*wire
	log         func(message string)
	now         func() time.Time
	several     bool          // there are other servers to turn to
	giveUpAfter time.Duration // with all of them unreachable
	free        chan slot     // of all servers; those of servers that went away meanwhile are left out

	facts       facts
	offer       offer
	fingerprint string // what they give for a fixed text

	// What a server must pass to be taken back: examine asks what it offers, sameFile whether it has the model's file.
	examine  func(context.Context, *server) (offer, error)
	sameFile func(context.Context, *server) (bool, error)

	mu        sync.Mutex // guards what follows
	servers   []*server
	goneSince time.Time // the time at which the last of them went away, if all are
	wrong     error     // one came back as something else
}

// newFleet has no servers yet. One of several that is unreachable is waited for by all of them together.
func newFleet(o Options) (*fleet, error) {
	o.Remote.Final = final
	if o.Remote.MaxInFlight == 0 {
		o.Remote.MaxInFlight = 64 // slots are the limit
	}
	f := &fleet{wire: &wire{idleTimeout: idleTimeout}, log: o.Remote.Log, now: o.Now, several: len(o.URLs) > 1,
		giveUpAfter: cmp.Or(o.Remote.Wait, remote.StandardWait)}
	if f.log == nil {
		f.log = func(string) {}
	}
	if f.several {
		o.Remote.Wait = min(retryFor, f.giveUpAfter)
		o.Remote.Attempts = cmp.Or(o.Remote.Attempts, 2)
	}
	var err error
	if f.client, err = remote.New(o.Remote); err == nil && f.several {
		o.Remote.Timeout, o.Remote.Attempts, o.Remote.Log = idleTimeout, 1, nil
		f.signs, err = remote.New(o.Remote)
	}
	return f, err
}

// meetAll asks the servers who they are. One that is unreachable is left out until it answers, as it would be if it went away
// later: a run that goes on without it can be begun without it. What the model is does not depend on it, see readDigest.
func (f *fleet) meetAll(ctx context.Context, urls []string) error {
	var first *server // that answers
	for _, u := range urls {
		s, err := f.meet(ctx, u)
		if u, gone := errors.AsType[remote.Unreachable](err); gone && f.several {
			s.unreachable, s.looked = u, f.now()
		} else if err != nil {
			return err
		}
		if slices.ContainsFunc(f.servers, func(other *server) bool { return other.url == s.url }) {
			return fmt.Errorf("%s is listed twice", s.url)
		}
		f.servers = append(f.servers, s)
		switch {
		case s.unreachable != nil:
		case first == nil:
			first, f.facts = s, s.facts
		case s.facts != f.facts:
			return fmt.Errorf("%s and %s do not serve the same: %s; %s", first.url, s.url, f.facts, s.facts)
		}
	}
	if first == nil {
		return f.servers[0].unreachable
	}
	for _, s := range f.servers {
		if s.unreachable != nil {
			f.log(fmt.Sprintf("warning: %s is unreachable; the model's other servers do its work until it is there (%v)", s.url,
				errors.Unwrap(s.unreachable)))
		}
	}
	return nil
}

// share puts the servers' slots into one queue, in turns.
func (f *fleet) share() {
	// also those of a server that was unreachable, and of one that it was before
	f.free = make(chan slot, 2*maxSlots*len(f.servers))
	for id := range maxSlots {
		for _, s := range f.servers {
			if id < s.slots {
				f.free <- slot{s, id}
			}
		}
	}
}

func (f *fleet) mostLosses() int { return lossesEach * len(f.all()) }

// all are the servers as they are now.
func (f *fleet) all() []*server {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.servers)
}

// first is the first server that is asked; if all are unreachable, the first of all.
func (f *fleet) first() *server {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.IndexFunc(f.servers, (*server).asked); i >= 0 {
		return f.servers[i]
	}
	return f.servers[0]
}

func (f *fleet) isAsked(s *server) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return s.asked()
}

// width is the number of all servers' slots. Those of servers that are unreachable count, so that somebody waits for them, and
// looks.
func (f *fleet) width() int {
	n := 0
	for _, s := range f.all() {
		n += max(1, s.slots)
	}
	return n
}
