package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// slot is one of a server's sequences in work. Whoever holds it is the only one to use it.
type slot struct {
	server *server
	id     int
}

// room is the context that a server's slots share, if they do. A server that was started without -np has one cache for all
// slots, and lets all requests fail when they do not fit together. It does not say so before; from then on they are
// let in only as far as they fit.
type room struct {
	shared atomic.Bool
	unit   int           // tokens
	gate   chan struct{} // held while units are taken, so that two requests do not wait for each other
	units  chan struct{} // one token for each unit that is taken
}

func newRoom(slots, context int) room {
	return room{unit: max(1, context/slots), gate: make(chan struct{}, 1), units: make(chan struct{}, slots)}
}

// enter takes room for a sequence of so many tokens; the caller leaves with the number of units that it got.
func (r *room) enter(ctx context.Context, tokens int) (units int, err error) {
	if !r.shared.Load() {
		return 0, nil
	}
	select {
	case r.gate <- struct{}{}:
		defer func() { <-r.gate }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for want := min((tokens+r.unit-1)/r.unit, cap(r.units)); units < want; units++ {
		select {
		case r.units <- struct{}{}:
		case <-ctx.Done():
			r.leave(units)
			return 0, ctx.Err()
		}
	}
	return units, nil
}

func (r *room) leave(units int) {
	for range units {
		<-r.units
	}
}

// roomTries is how often a request is made again because it did not fit together with others: those that were let in
// before the limit was known have to end first.
const roomTries = 8

// onSlot runs do upon a slot that nobody else uses. tokens is the longest sequence that do needs. do is run
// again where it did not fit, and upon another server where its own goes away; what it gave before counts for nothing then.
func (f *fleet) onSlot(ctx context.Context, tokens int, do func(slot) error) error {
	for tries, losses := 1, 0; ; {
		s, err := f.take(ctx)
		if err != nil {
			return err
		}
		err = tryOnSlot(ctx, s, tokens, do)
		lost := f.lost(s.server, err)
		f.free <- s
		switch {
		case isRefusal(err, noRoom) && tries < roomTries:
			tries++
		case lost && losses < f.mostLosses():
			losses++
		default:
			return err
		}
	}
}

func tryOnSlot(ctx context.Context, s slot, tokens int, do func(slot) error) error {
	units, err := s.server.room.enter(ctx, tokens)
	if err != nil {
		return err
	}
	defer s.server.room.leave(units)
	err = do(s)
	if isRefusal(err, noRoom) {
		s.server.room.shared.Store(true)
		err = fmt.Errorf("%w (start llama-server with -np, so that every slot has a context of its own)", err)
	}
	return err
}

// each runs do for 0 to n-1, as many at a time as there are slots. The first failure ends all, and is the one returned.
func (f *fleet) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var next atomic.Int64
	failed := make([]error, n)
	var group sync.WaitGroup
	for range min(n, f.width()) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return
				}
				if failed[i] = do(ctx, i); failed[i] != nil {
					cancel()
					return
				}
			}
		})
	}
	group.Wait()
	var first error
	for _, err := range failed {
		if err != nil && (first == nil || errors.Is(first, context.Canceled)) {
			first = err
		}
	}
	if first == nil && int(next.Load()) < n {
		first = ctx.Err()
	}
	return first
}
