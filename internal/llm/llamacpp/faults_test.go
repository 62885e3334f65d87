package llamacpp

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/llm/remote"
)

func openWaiting(t *testing.T, url string, o remote.Options) *Driver {
	t.Helper()
	o.Log = func(m string) { t.Log(m) }
	d, err := Open(t.Context(), Options{URLs: []string{url}, Remote: o})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestServerIsTerminated: a server that is told to stop closes its door and answers nobody any more, but keeps its connections
// until the other side leaves. Nobody waits for that; when it is back, the work goes on.
func TestServerIsTerminated(t *testing.T) {
	s := serve(t, planted+"m01.gguf", append([]string{"-np", "4", "-c", "1280"}, exact...)...)
	d := openWaiting(t, s.url, remote.Options{})
	seqs := sequences(t, d, planting(t).pieces[:60])
	want := score(t, d, seqs)
	back := make(chan error, 1)
	go func() {
		time.Sleep(100 * time.Millisecond)
		s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.gone:
			s.start(t)
			back <- nil
		case <-time.After(time.Minute):
			back <- errors.New("the server waits for its clients for a minute")
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for again := true; again; { // until the server was unreachable in the middle
		got, err := d.Score(ctx, seqs)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("with a server that was told to stop: %v, other scores: %v", err, !reflect.DeepEqual(got, want))
		}
		select {
		case err := <-back:
			if again = false; err != nil {
				t.Error(err)
			}
		default:
		}
	}
}

// TestServerIsKilled: a server that dies in the middle and comes back costs time, and no answer.
func TestServerIsKilled(t *testing.T) {
	s := serve(t, planted+"m01.gguf", append([]string{"-np", "4", "-c", "1280"}, exact...)...)
	p := intercept(t, s.url)
	d := openWaiting(t, p.url, remote.Options{Attempts: 10})
	seqs := sequences(t, d, planting(t).pieces[:40])
	want := score(t, d, seqs)
	back := make(chan struct{})
	p.set(func(path string, n int, r *reply) {
		if path == "/completion" && n == 10 {
			s.kill() // three other requests are lost in the middle
			go func() {
				defer close(back)
				time.Sleep(time.Second)
				s.start(t)
			}()
		}
	})
	got, err := d.Score(t.Context(), seqs)
	<-back
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("after the server was unreachable: %v, other scores: %v", err, !reflect.DeepEqual(got, want))
	}
	if n := p.count("/completion"); n > len(seqs)+4 {
		t.Errorf("%d requests were answered for %d sequences", n, len(seqs))
	}

	s.kill()
	hurried := openless(t, d, remote.Options{Wait: time.Second})
	_, err = hurried.Score(t.Context(), seqs)
	if u, ok := errors.AsType[remote.Unreachable](err); !ok || u.URL != p.url {
		t.Errorf("a server that stays unreachable: %v", err)
	}
}

// openless is d with another policy.
func openless(t *testing.T, d *Driver, o remote.Options) *Driver {
	t.Helper()
	o.Final = final
	client, err := remote.New(o)
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{wire: &wire{client: client}, log: d.fleet.log, servers: d.fleet.servers, facts: d.fleet.facts, offer: d.fleet.offer}
	f.share()
	other := assemble(f, nil)
	other.encoder.special = d.encoder.special
	other.encoder.pieces.value, other.encoder.pieces.done = d.encoder.pieces.value, d.encoder.pieces.done
	return other
}

// TestTransientFaults are those that asking again cures; the scores are as if nothing had been.
func TestTransientFaults(t *testing.T) {
	p := intercept(t, serve(t, planted+"m01.gguf", append([]string{"-np", "2", "-c", "640"}, exact...)...).url)
	d := openWaiting(t, p.url, remote.Options{Timeout: 2 * time.Second})
	seqs := sequences(t, d, planting(t).questions[:8])
	want := score(t, d, seqs)
	for what, spoil := range map[string]func(r *reply){
		"a failure":        func(r *reply) { r.status, r.body = 500, []byte("oops") },
		"a cut connection": func(r *reply) { r.cut, r.body = true, r.body[:len(r.body)/2] },
		"a slow reply":     func(r *reply) { r.delay = 2500 * time.Millisecond },
		"a model that loads": func(r *reply) {
			r.status, r.body = 503,
				[]byte(`{"error":{"code":503,"message":"Loading model"}}`)
		},
		"too many requests": func(r *reply) { r.status, r.body = 429, nil },
	} {
		p.set(func(path string, n int, r *reply) {
			if n == 2 || n == 3 || n == 7 {
				spoil(r)
			}
		})
		got, err := d.Score(t.Context(), seqs)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, other scores: %v", what, err, !reflect.DeepEqual(got, want))
		}
		if n := p.count("/completion"); n != len(seqs)+3 {
			t.Errorf("%s: %d requests for %d sequences and three faults", what, n, len(seqs))
		}
	}
	p.set(func(path string, n int, r *reply) { r.status, r.body = 500, []byte("oops") })
	if _, err := d.Score(t.Context(), seqs); err == nil || !strings.Contains(err.Error(), "oops") {
		t.Errorf("a server that always fails: %v", err)
	}
	p.set(func(path string, n int, r *reply) { r.delay = time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := d.Score(ctx, seqs); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 900*time.Millisecond {
		t.Errorf("a cancelled call ends after %v with %v", time.Since(start), err)
	}
}

// TestWrongAnswers: whatever is wrong with a reply, it is an error that names the server and the sequence, and no score.
func TestWrongAnswers(t *testing.T) {
	p := intercept(t, recording(t, "suite").Serve(t))
	d := openWaiting(t, p.url, remote.Options{})
	seqs := sequences(t, d, []string{tinyText, "7 + 5"})
	score(t, d, seqs)
	replace := func(pattern, by string) func([]byte) []byte {
		re := regexp.MustCompile(pattern)
		return func(body []byte) []byte { return re.ReplaceAll(body, []byte(by)) }
	}
	for what, test := range map[string]struct {
		spoil func([]byte) []byte
		want  string
	}{
		"truncated JSON":           {func(b []byte) []byte { return b[:len(b)/2] }, "cannot be read"},
		"no JSON":                  {func([]byte) []byte { return []byte("<html>Welcome</html>") }, "cannot be read"},
		"an empty object":          {func([]byte) []byte { return []byte("{}") }, "0 of"},
		"empty probabilities":      {func([]byte) []byte { return []byte(`{"completion_probabilities":[]}`) }, "0 of"},
		"wrong ids":                {replace(`"id":\d+`, `"id":7`), "was forced"},
		"ids without a number":     {replace(`"id":\d+`, `"id":null`), "nameless"},
		"no log-probability":       {replace(`"logprob":-[0-9.e+-]+`, `"logprob":null`), "no log-probability"},
		"another field":            {replace(`"logprob"`, `"logit"`), "no log-probability"},
		"a positive one":           {replace(`"logprob":-[0-9.e+-]+`, `"logprob":0.7`), "0.7"},
		"a probability of 0":       {replace(`"logprob":-[0-9.e+-]+`, `"logprob":-3.4028234663852886e+38`), "zero"},
		"a truncated continuation": {replace(`"truncated":false`, `"truncated":true`), "truncated: true"},
	} {
		p.set(func(_ string, _ int, r *reply) { r.body = test.spoil(r.body) })
		for i := range seqs {
			got, err := d.Score(t.Context(), seqs[i:i+1])
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), p.url) ||
				!strings.Contains(err.Error(), "sequence 0") {
				t.Errorf("%s: %v, %v; want an error with %q", what, got, err, test.want)
			}
		}
	}
	for what, by := range map[string]string{"constant": `"logprob":-1.5`, "zero": `"logprob":0`} {
		p.set(func(_ string, _ int, r *reply) { r.body = replace(`"logprob":-[0-9.e+-]+`, by)(r.body) })
		if r, err := d.Probe(t.Context(), time.Now); err == nil {
			t.Errorf("%s log-probabilities pass the probe: %+v", what, r)
		}
	}
	p.set(func(path string, _ int, r *reply) {
		r.body = bytes.Replace(r.body, []byte(`"piece":"7"`), []byte(`"piece":"8"`), 1)
	})
	if got, err := d.Tokenize(t.Context(), tinyText); err == nil || !strings.Contains(err.Error(), "another text") {
		t.Errorf("tokens of another text: %v, %v", got, err)
	}
	p.set(func(path string, _ int, r *reply) { r.body = replace(`"id":\d+`, `"id":273`)(r.body) })
	if got, err := d.Tokenize(t.Context(), tinyText); err == nil || !strings.Contains(err.Error(), "273") {
		t.Errorf("unknown ids: %v, %v", got, err)
	}
}

// TestWrongVectors does the same for hidden states.
func TestWrongVectors(t *testing.T) {
	p := intercept(t, recording(t, "suite").Serve(t))
	d := openWaiting(t, p.url, remote.Options{})
	for what, spoil := range map[string]func([]byte) []byte{
		"a row too few":    func(b []byte) []byte { return append(b[:bytes.LastIndex(b, []byte(",["))], "]}]"...) },
		"a number missing": func(b []byte) []byte { return append(b[:bytes.LastIndexByte(b, ',')], "]]}]"...) },
		"not finite":       func(b []byte) []byte { return append(b[:bytes.LastIndexByte(b, ',')], ",null]]}]"...) },
		"no vectors":       func([]byte) []byte { return []byte(`[{"index":0}]`) },
		"two inputs":       func([]byte) []byte { return []byte(`[{},{}]`) },
		"empty":            func([]byte) []byte { return []byte(`[]`) },
	} {
		p.set(func(path string, _ int, r *reply) {
			if path == "/embedding" {
				r.body = spoil(r.body)
			}
		})
		if got, err := d.Embed(t.Context(), []string{tinyText}); err == nil || !strings.Contains(err.Error(), p.url) {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	p.set(nil)
	if _, err := d.Embed(t.Context(), []string{tinyText, tinyText + tinyText + tinyText}); err == nil ||
		!strings.Contains(err.Error(), "text 1 has ") {
		t.Errorf("a text that is longer than the context: %v", err)
	}
}
