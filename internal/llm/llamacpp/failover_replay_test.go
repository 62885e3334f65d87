package llamacpp

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

// twins are two servers of one model on record, each behind a proxy by which a test takes it away.
func twins(t *testing.T) *pair {
	t.Helper()
	p := &pair{}
	for i := range p.proxy {
		p.proxy[i] = intercept(t, recording(t, "suite").Serve(t))
	}
	return p
}

// away says what proxies say of a server that is not there.
func away(_ string, _ int, r *reply) {
	r.status, r.body = http.StatusBadGateway, nil
}

// awayFrom is away from the n-th request for tokens on.
func awayFrom(n int) func(string, int, *reply) {
	gone := false
	return func(path string, count int, r *reply) {
		if gone = gone || path == "/completion" && count >= n; gone {
			away(path, count, r)
		}
	}
}

// cuts are whole texts and ends of them.
func cuts(t *testing.T, d *Driver) []llm.Sequence {
	t.Helper()
	seqs := sequences(t, d, []string{tinyText, "7 + 5"})
	for _, seq := range seqs[:2] {
		for n := 3; n < len(seq.Tokens); n++ {
			seqs = append(seqs, llm.Sequence{Tokens: seq.Tokens[:n], From: n - 1})
		}
	}
	return seqs
}

// look has a server that is away looked at now.
func look(t *testing.T, d *Driver) error {
	t.Helper()
	d.fleet.mu.Lock()
	for _, s := range d.fleet.servers {
		s.looked = time.Time{}
	}
	d.fleet.mu.Unlock()
	return d.fleet.look(t.Context())
}

func TestOneOfTwins(t *testing.T) {
	t.Parallel()
	p := twins(t)
	d := p.open(t, remote.Options{})
	id := identity(t, d)
	seqs := cuts(t, d)
	want := score(t, d, seqs)
	p.proxy[0].set(awayFrom(3))
	for range 50 { // the other server may do all of the work before this one is asked three times
		if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
			t.Error("other scores without a server")
		}
		if p.count(p.proxy[0].url, "is unreachable") > 0 {
			break
		}
	}
	if n := p.count(p.proxy[0].url, "is unreachable", "other servers do its work"); n != 1 {
		t.Errorf("%d lines say that the server is unreachable", n)
	}
	joined := p.open(t, remote.Options{})
	if got := identity(t, joined); !reflect.DeepEqual(got, id) || p.count("warning", p.proxy[0].url) != 1 {
		t.Errorf("opened without a server the model is %+v; with it %+v", got, id)
	}
	p.proxy[0].set(nil)
	for _, d := range []*Driver{d, joined} {
		if err := look(t, d); err != nil || !d.fleet.isAsked(d.fleet.all()[0]) {
			t.Errorf("the server is back, and is not asked: %v", err)
		}
		if got := score(t, d, seqs); !reflect.DeepEqual(got, want) {
			t.Error("other scores with the server that is back")
		}
	}
	if path, err := joined.LocalFile(t.Context()); err != nil || !strings.HasSuffix(path, ".gguf") {
		t.Errorf("the model's file is %q, %v", path, err)
	}
}

func TestBothTwinsAreAway(t *testing.T) {
	t.Parallel()
	p := twins(t)
	d := p.open(t, remote.Options{Wait: time.Second})
	seqs := cuts(t, d)
	score(t, d, seqs)
	for i := range p.proxy {
		p.proxy[i].set(away)
	}
	for what, ask := range map[string]func() error{
		"scores": func() error { _, err := d.Score(t.Context(), seqs); return err },
		"tokens": func() error { _, err := d.Tokenize(t.Context(), tinyText); return err },
	} {
		if _, gone := errors.AsType[remote.Unreachable](ask()); !gone {
			t.Errorf("%s of servers that are away: %v", what, ask())
		}
	}
	if p.count("no server of the model is left") != 1 {
		t.Error("nothing says that both are away")
	}
	_, err := Open(t.Context(), Options{URLs: []string{p.proxy[0].url, p.proxy[1].url}, Now: time.Now,
		Remote: remote.Options{Wait: time.Second}})
	if u, gone := errors.AsType[remote.Unreachable](err); !gone || u.URL != p.proxy[0].url {
		t.Errorf("with both away: %v", err)
	}
}

// What stands at the address of a server that was away must be what it was; servers of one model must be alike from the
// beginning.
func TestTwinsMustBeAlike(t *testing.T) {
	t.Parallel()
	other := func(path, old, new string) func(string, int, *reply) {
		return func(asked string, _ int, r *reply) {
			if asked == path {
				r.body = bytes.ReplaceAll(r.body, []byte(old), []byte(new))
			}
		}
	}
	for what, test := range map[string]struct {
		change            func(string, int, *reply)
		returns, together string
	}{
		"another size": {other("/v1/models", `"n_params":`, `"n_params":1`), "the model's servers are", "do not serve the same"},
		"a template":   {other("/props", `"chat_template":"`, `"chat_template":"a`), "the model's servers are", "do not serve"},
		"a path":       {other("/props", `"model_path":"`, `"model_path":"/elsewhere`), "its model was", ""},
		"other numbers": {other("/completion", `"logprob":-`, `"logprob":-1`), "it gives other numbers",
			"give other numbers for the same text"},
		"no embeddings": {func(path string, _ int, r *reply) {
			if path == "/embedding" {
				r.status = http.StatusNotImplemented
			}
		}, "--pooling are others", "do not offer the same"},
	} {
		p := twins(t)
		d := p.open(t, remote.Options{})
		identity(t, d)
		was := d.fleet.all()[0]
		p.proxy[0].set(test.change)
		if _, err := d.fleet.meetAgain(t.Context(), was); err == nil || !strings.Contains(err.Error(), test.returns) {
			t.Errorf("%s comes back: %v; want %q", what, err, test.returns)
		}
		_, err := Open(t.Context(), Options{URLs: []string{p.proxy[0].url, p.proxy[1].url}, Now: time.Now})
		if test.together != "" && (err == nil || !strings.Contains(err.Error(), test.together)) {
			t.Errorf("%s from the beginning: %v; want %q", what, err, test.together)
		}
	}
	p := twins(t)
	if _, err := Open(t.Context(), Options{URLs: []string{p.proxy[0].url, p.proxy[0].url + "/"}, Now: time.Now}); err == nil ||
		!strings.Contains(err.Error(), "is listed twice") {
		t.Errorf("one server twice: %v", err)
	}
}

// A run ends where something else comes back at the address of a server that was away.
func TestAnotherTwinComesBack(t *testing.T) {
	t.Parallel()
	p := twins(t)
	d := p.open(t, remote.Options{})
	seqs := cuts(t, d)
	p.proxy[0].set(away)
	score(t, d, seqs)
	p.proxy[0].set(func(path string, _ int, r *reply) {
		r.body = bytes.ReplaceAll(r.body, []byte(`"n_vocab":265`), []byte(`"n_vocab":266`))
	})
	if err := look(t, d); err == nil {
		t.Fatal("another model is taken in")
	}
	if _, err := d.Score(t.Context(), seqs); err == nil || !strings.Contains(err.Error(), p.proxy[0].url) {
		t.Errorf("the run goes on with %v", err)
	}
}
