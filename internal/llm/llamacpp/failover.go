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

func (d *Driver) mostLosses() int { return lossesEach * len(d.all()) }

// all are the servers as they are now.
func (d *Driver) all() []*server {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.servers)
}

// first is the first server that is asked; if all are unreachable, the first of all.
func (d *Driver) first() *server {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.IndexFunc(d.servers, (*server).asked); i >= 0 {
		return d.servers[i]
	}
	return d.servers[0]
}

func (d *Driver) isAsked(s *server) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return s.asked()
}

// width is the number of all servers' slots. Those of servers that are unreachable count, so that somebody waits for them, and
// looks.
func (d *Driver) width() int {
	n := 0
	for _, s := range d.all() {
		n += max(1, s.slots)
	}
	return n
}

// lost says whether work that ended with err upon s should be done by another server. Then s is asked no more until it is
// seen to be back: its slots are left out wherever they turn up.
func (d *Driver) lost(s *server, err error) bool {
	u, gone := errors.AsType[remote.Unreachable](err)
	if !gone {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.servers) == 1 {
		return false
	}
	if s.asked() {
		s.unreachable, s.looked = u, d.now()
		left := slices.ContainsFunc(d.servers, (*server).asked)
		if !left {
			d.goneSince = d.now()
		}
		d.log(fmt.Sprintf("%s is unreachable; %s (%v)", s.url, whoGoesOn(left), u.Err))
	}
	return true
}

func whoGoesOn(left bool) string {
	if left {
		return "the model's other servers do its work until it is back"
	}
	return "no server of the model is left, and they are waited for"
}

// watched gives a context for a request that ends if others could do its work and the server shows no sign of life: a server that
// works for long still does, one that hangs or was cut off from the network does not. The cause is then remote.Unreachable.
func (d *Driver) watched(ctx context.Context, s *server) (context.Context, context.CancelFunc) {
	if !d.several {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	every := d.idleTimeout
	go func() {
		for {
			select {
			case <-time.After(every):
			case <-ctx.Done():
				return
			}
			_, err := d.signs.Get(ctx, s.url+"/health")
			if u, gone := errors.AsType[remote.Unreachable](err); gone {
				cancel(remote.Unreachable{URL: u.URL, Err: fmt.Errorf("no sign of life: %w", u.Err)})
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// onAny runs f upon a server, for what takes no slot.
func (d *Driver) onAny(ctx context.Context, f func(*server) error) error {
	for losses := 0; ; {
		s := d.first()
		if !d.isAsked(s) {
			if err := d.look(ctx); err != nil {
				return err
			}
			select {
			case <-time.After(pollEvery):
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		err := f(s)
		if losses++; !d.lost(s, err) || losses > d.mostLosses() {
			return err
		}
	}
}

// take takes a slot of a server that is there.
func (d *Driver) take(ctx context.Context) (slot, error) {
	for {
		if err := d.isWrong(); err != nil {
			return slot{}, err
		}
		var again <-chan time.Time
		if d.several && len(d.free) == 0 {
			if err := d.look(ctx); err != nil {
				return slot{}, err
			}
			again = time.After(pollEvery)
		}
		select {
		case s := <-d.free:
			if d.isAsked(s.server) {
				return s, nil
			}
		case <-again:
		case <-ctx.Done():
			return slot{}, ctx.Err()
		}
	}
}

func (d *Driver) isWrong() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wrong
}

// look sees whether a server that is unreachable is back, if it is time for that. Its error ends all waiting: all servers have
// been unreachable for too long, or one came back as something else.
func (d *Driver) look(ctx context.Context) error {
	if s := d.due(); s != nil {
		fresh, err := d.meetAgain(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			d.replace(s, fresh)
			return nil
		}
		if _, gone := errors.AsType[remote.Unreachable](err); !gone {
			d.mu.Lock()
			d.wrong = err
			d.mu.Unlock()
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wrong != nil {
		return d.wrong
	}
	if slices.ContainsFunc(d.servers, (*server).asked) || d.now().Sub(d.goneSince) < d.giveUpAfter {
		return nil
	}
	return d.servers[0].unreachable
}

// due is a server that is unreachable and was not looked at for a while.
func (d *Driver) due() *server {
	d.mu.Lock()
	defer d.mu.Unlock()
	every := pollEvery
	if slices.ContainsFunc(d.servers, (*server).asked) {
		every = recheckEvery
	}
	for _, s := range d.servers {
		if !s.asked() && d.now().Sub(s.looked) >= every {
			s.looked = d.now()
			return s
		}
	}
	return nil
}

// replace takes a server back as it is now.
func (d *Driver) replace(old, fresh *server) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.Index(d.servers, old)
	if i < 0 {
		return // somebody else saw it
	}
	d.servers[i] = fresh
	for id := range fresh.slots {
		d.free <- slot{fresh, id}
	}
	d.log(fmt.Sprintf("%s answers, with the same model as the others, and is asked again", fresh.url))
}

// meetAgain asks a server that was unreachable who it is. It must be what it was, and what the others are.
func (d *Driver) meetAgain(ctx context.Context, old *server) (*server, error) {
	s, err := d.meet(ctx, old.url)
	if err != nil {
		return nil, err
	}
	other := func(format string, args ...any) error {
		return fmt.Errorf("%s was unreachable, and is not what it was: %s; start it with the same model and options as before, "+
			"or take it off the list",
			s.url, fmt.Sprintf(format, args...))
	}
	if s.facts != d.facts {
		return nil, other("the model's servers are %s; it is %s", d.facts, s.facts)
	}
	scores, pooling, err := d.offers(ctx, s)
	if err != nil {
		return nil, err
	}
	if scores != d.scores || pooling != d.pooling {
		return nil, other("its --embeddings or --pooling are others")
	}
	if old.met() && s.path != old.path {
		return nil, other("its model was %s and is %s", old.path, s.path)
	}
	if old.met() && !alike(old.answers, s.answers) {
		return nil, other("to the same request it gives other numbers")
	}
	if pinned := d.weights.peek(); pinned != "" {
		digest, err := d.digestOf(ctx, s)
		if err != nil {
			return nil, err
		}
		if digest != pinned {
			return nil, other("its model's file cannot be read here, or is another one")
		}
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
