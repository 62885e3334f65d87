//go:build unix

package llamacpp

import (
	"context"
	"reflect"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/llm/remote"
)

// TestOneOfTwoHangs: a server that takes requests and is silent, as one that is stopped or whose machine is cut off, is given
// up long before a request's time limit, also when a model is opened; it takes part again once it speaks.
func TestOneOfTwoHangs(t *testing.T) {
	p := newPair(t)
	alone := open(t, p.server[1].url)
	seqs := mixed(t, alone)
	want := score(t, alone, seqs)
	signal := func(s syscall.Signal) {
		if err := p.server[0].cmd.Process.Signal(s); err != nil {
			t.Error(err)
		}
	}
	d := p.open(t, remote.Options{})
	d.fleet.idleTimeout = 3 * time.Second
	p.proxy[0].set(func(path string, count int, _ *reply) {
		if path == "/completion" && count == 5 {
			signal(syscall.SIGSTOP)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got, err := d.Score(ctx, seqs); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("without a server that hangs: %v, other scores: %v", err, !reflect.DeepEqual(got, want))
	}
	if n := p.count(p.proxy[0].url, "is unreachable", "other servers do its work", "no sign of life"); n != 1 {
		t.Errorf("%d lines say that the server is unreachable", n)
	}
	start := time.Now()
	p.open(t, remote.Options{})
	if took := time.Since(start); took > time.Minute || p.count("warning", p.proxy[0].url, "is unreachable") != 1 {
		t.Errorf("opening beside a server that hangs took %v", took)
	}
	signal(syscall.SIGCONT)
	d.fleet.mu.Lock()
	d.fleet.servers[0].looked = time.Time{}
	d.fleet.mu.Unlock()
	if err := d.fleet.look(ctx); err != nil || !d.fleet.isAsked(d.fleet.all()[0]) {
		t.Errorf("it speaks again, and is not asked: %v", err)
	}
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
		t.Error("other scores once it speaks again")
	}
}

// TestSlowIsNotSilent: a server that works for long shows that it is there, and is waited for.
func TestSlowIsNotSilent(t *testing.T) {
	p := newPair(t)
	d := p.open(t, remote.Options{})
	seqs := mixed(t, d)[:8]
	want := score(t, d, seqs)
	d.fleet.idleTimeout = 500 * time.Millisecond
	p.proxy[0].set(func(path string, count int, r *reply) {
		if path == "/completion" && count == 2 {
			r.delay = 4 * time.Second
		}
	})
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) || p.count("is unreachable") != 0 ||
		p.proxy[0].count("/health") < 3 {
		t.Errorf("other scores, or a slow server is given up; it was asked for signs of life %d times",
			p.proxy[0].count("/health"))
	}
}
