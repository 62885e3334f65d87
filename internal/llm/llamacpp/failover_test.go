package llamacpp

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

// logbook is what a driver logs.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (j *logbook) log(m string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, m)
}

// count is the number of lines with all of the words.
func (j *logbook) count(words ...string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
lines:
	for _, l := range j.lines {
		for _, w := range words {
			if !strings.Contains(l, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

// pair runs two servers of one model, each behind a proxy.
type pair struct {
	server [2]*process
	proxy  [2]*proxy
	logbook
}

func newPair(t *testing.T, args ...string) *pair {
	p := &pair{}
	for i := range p.server {
		p.server[i] = serve(t, planted+"m01.gguf", append(append([]string{"-np", "2", "-c", "640"}, exact...), args...)...)
		p.proxy[i] = intercept(t, p.server[i].url)
	}
	return p
}

func (p *pair) open(t *testing.T, o remote.Options) *Driver {
	t.Helper()
	o.Log = func(m string) { t.Log(m); p.log(m) }
	d, err := Open(t.Context(), Options{URLs: []string{p.proxy[0].url, p.proxy[1].url}, Digest: digest, Remote: o, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// killAt ends a server as it has answered its n-th request for tokens; the answer is lost with it.
func (p *pair) killAt(i, n int) {
	p.proxy[i].set(func(path string, count int, r *reply) {
		if path == "/completion" && count == n {
			p.server[i].kill()
			r.cut, r.body = true, r.body[:len(r.body)/2]
		}
	})
}

// TestOneOfTwoDies: the other does its work without anybody waiting, and nothing shows in the numbers.
func TestOneOfTwoDies(t *testing.T) {
	p := newPair(t)
	alone := open(t, p.server[1].url)
	seqs := mixed(t, alone)
	texts := planting(t).questions[:6]
	want, generated := score(t, alone, seqs), generate(t, alone, texts)
	for i := range p.server {
		d := p.open(t, remote.Options{})
		p.killAt(i, 7)
		start := time.Now()
		if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
			t.Error("other scores without a server")
		}
		if got := generate(t, d, texts); !reflect.DeepEqual(got, generated) {
			t.Error("other texts without a server")
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
		if n := p.count(p.proxy[i].url, "is unreachable", "other servers do its work"); n != 1 {
			t.Errorf("%d lines say that the server is unreachable", n)
		}
		p.proxy[i].set(nil)
		p.server[i].start(t)
		p.server[i].ready(t)
	}
	direct := open(t, p.server[0].url, p.proxy[1].url) // connections to it are cut, and refused
	p.proxy[1].set(func(path string, count int, _ *reply) {
		if path == "/completion" && count == 5 {
			p.server[0].kill()
		}
	})
	if got := score(t, direct, seqs); !reflect.DeepEqual(got, want) || direct.fleet.first().url != p.proxy[1].url {
		t.Error("other scores without a server, or it is not missed")
	}
}

// TestPoison: a request that no server survives ends, though they come back each time.
func TestPoison(t *testing.T) {
	p := newPair(t)
	d := p.open(t, remote.Options{})
	seqs := mixed(t, d)
	score(t, d, seqs) // also asks for the vocabulary
	for i := range p.proxy {
		p.proxy[i].set(func(path string, count int, r *reply) {
			if path == "/completion" && bytes.Contains(r.asked, []byte("root ::=")) {
				r.status, r.body = 500, []byte("oops")
			}
		})
	}
	_, err := d.Score(t.Context(), seqs[:1])
	if _, gone := errors.AsType[remote.Unreachable](err); !gone || !strings.Contains(err.Error(), "oops") ||
		p.count("is asked again") < 2 {
		t.Errorf("%v; servers came back %d times", err, p.count("is asked again"))
	}
	for i := range p.proxy {
		p.proxy[i].set(nil)
	}
	if _, err := d.Score(t.Context(), seqs); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// TestOneOfTwoReturns: a server that is back takes part again once somebody waits for it.
func TestOneOfTwoReturns(t *testing.T) {
	p := newPair(t)
	alone := open(t, p.server[1].url)
	seqs := mixed(t, alone)
	want := score(t, alone, seqs)
	d := p.open(t, remote.Options{})
	p.killAt(0, 5)
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
		t.Error("other scores without a server")
	}
	p.server[0].start(t)
	p.server[0].ready(t)
	p.proxy[0].set(nil)
	p.proxy[1].set(func(string, int, *reply) { time.Sleep(100 * time.Millisecond) }) // so that others wait
	deadline := time.Now().Add(2 * time.Minute)
	for p.count("is asked again") == 0 && time.Now().Before(deadline) {
		if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
			t.Fatal("other scores while a server comes back")
		}
	}
	p.proxy[0].set(nil)
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) || p.proxy[0].count("/completion") == 0 {
		t.Errorf("other scores, or the server that is back is not asked: %d requests", p.proxy[0].count("/completion"))
	}
}

// TestBothDie: they are waited for, as one is; if none comes back, the error says that they are unreachable, and others do not
// wait.
func TestBothDie(t *testing.T) {
	p := newPair(t)
	alone := open(t, p.server[0].url)
	seqs := mixed(t, alone)
	want := score(t, alone, seqs)
	d := p.open(t, remote.Options{Wait: 20 * time.Second})
	p.killAt(0, 3)
	p.killAt(1, 5)
	back := make(chan struct{})
	go func() {
		defer close(back)
		for p.count("no server of the model is left") == 0 {
			time.Sleep(50 * time.Millisecond)
		}
		p.server[1].start(t)
	}()
	got, err := d.Score(t.Context(), seqs)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("after both were unreachable: %v, other scores: %v", err, !reflect.DeepEqual(got, want))
	}
	<-back
	p.server[1].kill()
	d.fleet.giveUpAfter = 5 * time.Second
	for _, ask := range []func() error{
		func() error { _, err := d.Score(t.Context(), seqs); return err },
		func() error { _, err := d.Tokenize(t.Context(), "the sum"); return err },
	} {
		start := time.Now()
		err := ask()
		if _, gone := errors.AsType[remote.Unreachable](err); !gone || time.Since(start) > 15*time.Second {
			t.Errorf("with all unreachable: %v after %v", err, time.Since(start))
		}
	}
	d.fleet.mu.Lock()
	d.fleet.goneSince = time.Now() // they are waited for again
	d.fleet.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := d.Score(ctx, seqs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting is not cancelled: %v", err)
	}
}

// TestAnotherComesBack: what stands at the address of a server that was unreachable must be what it was.
func TestAnotherComesBack(t *testing.T) {
	p := newPair(t)
	d := p.open(t, remote.Options{})
	seqs := mixed(t, d)
	if id, err := d.Identify(t.Context()); err != nil || id.Unpinned {
		t.Fatalf("%+v, %v", id, err)
	}
	was := p.server[0].args
	p.server[0].kill()
	score(t, d, seqs) // finds that it is unreachable
	lostServer := d.fleet.all()[0]
	if lostServer.asked() {
		t.Fatal("the server is not seen to be unreachable")
	}
	for what, test := range map[string]struct {
		args []string
		want string
	}{
		"the same":      {was, ""},
		"another file":  {append([]string{"-m", planted + "m02.gguf"}, was[2:]...), "its model was"},
		"another type":  {append([]string{"-m", quantize(t, planted+"m01.gguf", "Q8_0")}, was[2:]...), "the model's servers are"},
		"another offer": {append(append([]string{}, was...), "--embeddings", "--pooling", "none"), "--pooling"},
	} {
		p.server[0].args = test.args
		p.server[0].start(t)
		p.server[0].ready(t)
		_, err := d.fleet.meetAgain(t.Context(), lostServer)
		if (err == nil) != (test.want == "") || err != nil &&
			(!strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), p.proxy[0].url)) {
			t.Errorf("%s: %v; want %q", what, err, test.want)
		}
		p.server[0].kill()
	}
	p.server[0].args = append([]string{"-m", planted + "m02.gguf"}, was[2:]...)
	p.server[0].start(t)
	p.server[0].ready(t)
	for what, change := range map[string]func(s *server){
		"other weights": func(s *server) {},
		"other digest":  func(s *server) { s.slots = 0 }, // it was never met, so that nothing but its file tells
	} {
		unlike := &server{url: lostServer.url, local: true, slots: 2, path: planted + "m02.gguf", answers: lostServer.answers}
		change(unlike)
		if _, err := d.fleet.meetAgain(t.Context(), unlike); err == nil || !strings.Contains(err.Error(), "is not what it was") {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.fleet.mu.Lock()
	lostServer.looked = time.Time{}
	d.fleet.mu.Unlock()
	if err := d.fleet.look(t.Context()); err == nil {
		t.Fatal("another model is taken in")
	}
	if _, err := d.Score(t.Context(), seqs); err == nil || !strings.Contains(err.Error(), p.proxy[0].url) {
		t.Errorf("the run goes on with %v", err)
	}
}

// TestUnreachableAtTheBeginning: a server that is unreachable when the model is opened changes nothing of what it is, and joins
// later.
func TestUnreachableAtTheBeginning(t *testing.T) {
	p := newPair(t)
	whole := p.open(t, remote.Options{})
	seqs := mixed(t, whole)
	want := score(t, whole, seqs)
	id, err := whole.Identify(t.Context())
	if err != nil || id.Unpinned {
		t.Fatalf("%+v, %v", id, err)
	}
	p.server[0].kill()
	d := p.open(t, remote.Options{})
	if got, err := d.Identify(t.Context()); err != nil || !reflect.DeepEqual(got, id) {
		t.Errorf("without a server the model is %+v, %v; with it %+v", got, err, id)
	}
	if n := p.count("warning", p.proxy[0].url, "is unreachable"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if path, err := d.LocalFile(t.Context()); err != nil || !strings.HasSuffix(path, "m01.gguf") {
		t.Errorf("its file is %q, %v", path, err)
	}
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
		t.Error("other scores without a server")
	}
	p.server[0].start(t)
	p.server[0].ready(t)
	d.fleet.mu.Lock()
	d.fleet.servers[0].looked = time.Time{}
	d.fleet.mu.Unlock()
	if err := d.fleet.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.proxy[0].set(nil)
	if got := score(t, d, seqs); !reflect.DeepEqual(got, want) || p.proxy[0].count("/completion") == 0 {
		t.Error("other scores, or the server that came is not asked")
	}
	p.server[0].kill()
	p.server[1].kill()
	_, err = Open(t.Context(), Options{URLs: []string{p.proxy[0].url, p.proxy[1].url}, Now: time.Now})
	if u, gone := errors.AsType[remote.Unreachable](err); !gone || u.URL != p.proxy[0].url {
		t.Errorf("with both unreachable: %v", err)
	}
}

// mixed are whole texts, and choices after shared contexts.
func mixed(t *testing.T, d *Driver) []llm.Sequence {
	seqs := sequences(t, d, planting(t).questions[:16])
	for _, seq := range seqs[:8] {
		n := len(seq.Tokens)
		seqs = append(seqs, llm.Sequence{Tokens: seq.Tokens, From: n - 2},
			llm.Sequence{Tokens: append(seq.Tokens[:n-2:n-2], 300, 310), From: n - 2})
	}
	return seqs
}

func generate(t *testing.T, d *Driver, prompts []string) []llm.Generation {
	t.Helper()
	var reqs []llm.GenerateRequest
	for i, p := range prompts {
		reqs = append(reqs, llm.GenerateRequest{Prompt: p, MaxTokens: 12, Temperature: float64(i%2) * 0.7, Seed: uint64(i)})
	}
	out, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
