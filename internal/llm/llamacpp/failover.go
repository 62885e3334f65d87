package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"sdmap/internal/llm/remote"
)

// Where several servers have one model's weights, work moves from one that is unreachable to the others: the whole of what was
// begun upon a slot is done again upon another's, so that no number has two servers behind it. Whoever waits for a slot looks
// whether one that is unreachable is back; nobody waits if nobody needs it.
const (
	retryFor     = 2 * time.Second  // how long one of several servers is waited for before others do its work
	recheckEvery = 15 * time.Second // between two looks at a server while others answer
	pollEvery    = time.Second      // if none does

	// idleTimeout is how long one of several servers may leave a request without an answer before it is asked for a sign of
	// life, and how long that may take. With 64 idle connections to it llama-server takes 5 s (build 11669).
	idleTimeout = 10 * time.Second
)

// lossesEach is how often work may be lost on the way, for each server of the model: work that ends servers must not end all of
// them again and again.
const lossesEach = 2

// lost says whether work that ended with err upon s should be done by another server. Then s is asked no more until it is
// seen to be back: its slots are left out wherever they turn up.
func (f *fleet) lost(s *server, err error) bool {
	u, gone := errors.AsType[remote.Unreachable](err)
	if !gone {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.servers) == 1 {
		return false
	}
	if s.asked() {
		s.unreachable, s.looked = u, f.now()
		left := slices.ContainsFunc(f.servers, (*server).asked)
		if !left {
			f.goneSince = f.now()
		}
		f.log(fmt.Sprintf("%s is unreachable; %s (%v)", s.url, whoGoesOn(left), u.Err))
	}
	return true
}

func whoGoesOn(left bool) string {
	if left {
		return "the model's other servers do its work until it is back"
	}
	return "no server of the model is left, and they are waited for"
}

// onAny runs do upon a server, for what takes no slot.
func (f *fleet) onAny(ctx context.Context, do func(*server) error) error {
	for losses := 0; ; {
		s := f.first()
		if !f.isAsked(s) {
			if err := f.look(ctx); err != nil {
				return err
			}
			select {
			case <-time.After(pollEvery):
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		err := do(s)
		if losses++; !f.lost(s, err) || losses > f.mostLosses() {
			return err
		}
	}
}

// take takes a slot of a server that is there.
func (f *fleet) take(ctx context.Context) (slot, error) {
	for {
		if err := f.isWrong(); err != nil {
			return slot{}, err
		}
		var again <-chan time.Time
		if f.several && len(f.free) == 0 {
			if err := f.look(ctx); err != nil {
				return slot{}, err
			}
			again = time.After(pollEvery)
		}
		select {
		case s := <-f.free:
			if f.isAsked(s.server) {
				return s, nil
			}
		case <-again:
		case <-ctx.Done():
			return slot{}, ctx.Err()
		}
	}
}

func (f *fleet) isWrong() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wrong
}

// look sees whether a server that is unreachable is back, if it is time for that. Its error ends all waiting: all servers have
// been unreachable for too long, or one came back as something else.
func (f *fleet) look(ctx context.Context) error {
	if s := f.due(); s != nil {
		fresh, err := f.meetAgain(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			f.replace(s, fresh)
			return nil
		}
		if _, gone := errors.AsType[remote.Unreachable](err); !gone {
			f.mu.Lock()
			f.wrong = err
			f.mu.Unlock()
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wrong != nil {
		return f.wrong
	}
	if slices.ContainsFunc(f.servers, (*server).asked) || f.now().Sub(f.goneSince) < f.giveUpAfter {
		return nil
	}
	return f.servers[0].unreachable
}

// due is a server that is unreachable and was not looked at for a while.
func (f *fleet) due() *server {
	f.mu.Lock()
	defer f.mu.Unlock()
	every := pollEvery
	if slices.ContainsFunc(f.servers, (*server).asked) {
		every = recheckEvery
	}
	for _, s := range f.servers {
		if !s.asked() && f.now().Sub(s.looked) >= every {
			s.looked = f.now()
			return s
		}
	}
	return nil
}

// replace takes a server back as it is now.
func (f *fleet) replace(old, fresh *server) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.servers, old)
	if i < 0 {
		return // somebody else saw it
	}
	f.servers[i] = fresh
	for id := range fresh.slots {
		f.free <- slot{fresh, id}
	}
	f.log(fmt.Sprintf("%s answers, with the same model as the others, and is asked again", fresh.url))
}

// meetAgain asks a server that was unreachable who it is. It must be what it was, and what the others are.
func (f *fleet) meetAgain(ctx context.Context, old *server) (*server, error) {
	s, err := f.meet(ctx, old.url)
	if err != nil {
		return nil, err
	}
	other := func(format string, args ...any) error {
		return fmt.Errorf("%s was unreachable, and is not what it was: %s; start it with the same model and options as before, "+
			"or take it off the list",
			s.url, fmt.Sprintf(format, args...))
	}
	if s.facts != f.facts {
		return nil, other("the model's servers are %s; it is %s", f.facts, s.facts)
	}
	offer, err := f.examine(ctx, s)
	if err != nil {
		return nil, err
	}
	if offer != f.offer {
		return nil, other("its --embeddings or --pooling are others")
	}
	if old.met() && s.path != old.path {
		return nil, other("its model was %s and is %s", old.path, s.path)
	}
	if old.met() && !alike(old.answers, s.answers) {
		return nil, other("to the same request it gives other numbers")
	}
	same, err := f.sameFile(ctx, s)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, other("its model's file cannot be read here, or is another one")
	}
	return s, nil
}

// alike says whether two lists of numbers are equal up to rounding.
func alike(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	var size, apart float64
	for i := range a {
		size += a[i] * a[i]
		apart += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(apart) <= probeFloor*max(1, math.Sqrt(size))
}
