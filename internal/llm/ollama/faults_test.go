//go:build unix

package ollama

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/llm"
	"sdmap/internal/llm/remote"
)

// proxy stands in front of a real server and harms what passes.
type proxy struct {
	*httptest.Server

	mu   sync.Mutex
	seen int                                                  // requests to generate, choose or embed
	harm func(n int, w http.ResponseWriter, body []byte) bool // true: it answered itself; n counts from 1
	edit func(path string, n int, body []byte) []byte
}

func newProxy(t *testing.T, address string) *proxy {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.ModifyResponse = func(resp *http.Response) error {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.edit != nil {
			body = p.edit(resp.Request.URL.Path, p.seen, body)
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return nil
	}
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) { panic(http.ErrAbortHandler) }
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/generate" || r.URL.Path == "/api/embed" {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			p.mu.Lock()
			p.seen++
			harm, n := p.harm, p.seen
			p.mu.Unlock()
			if harm != nil && harm(n, w, body) {
				return
			}
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) set(harm func(int, http.ResponseWriter, []byte) bool, edit func(string, int, []byte) []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.harm, p.edit = 0, harm, edit
}

func fourRequests(t *testing.T) (reqs []llm.GenerateRequest) {
	for _, prompt := range prompts(t, 4) {
		reqs = append(reqs, llm.GenerateRequest{Prompt: prompt, MaxTokens: 8})
	}
	return reqs
}

// Faults that pass: the replies are those of a server without faults.
func TestFaultsThatPass(t *testing.T) {
	s := sharedServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	p := newProxy(t, s.url())
	o := options(t, p.URL, "m01")
	o.HTTP = httpClient(t, remote.Options{Wait: 30 * time.Second, Timeout: 2 * time.Second})
	d := open(t, o)
	reqs := fourRequests(t)
	want, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	for what, harm := range map[string]func(int, http.ResponseWriter, []byte) bool{
		"500 twice": func(n int, w http.ResponseWriter, _ []byte) bool {
			if n == 2 || n == 3 {
				http.Error(w, `{"error":"model runner has unexpectedly stopped"}`, 500)
			}
			return n == 2 || n == 3
		},
		"503, busy": func(n int, w http.ResponseWriter, _ []byte) bool {
			if n == 1 {
				http.Error(w, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`, 503)
			}
			return n == 1
		},
		"a connection that breaks off in the reply": func(n int, w http.ResponseWriter, _ []byte) bool {
			if n == 3 {
				w.Header().Set("Content-Length", "1000")
				fmt.Fprint(w, `{"model":"m01","response":" 12`)
				panic(http.ErrAbortHandler)
			}
			return false
		},
		"a reply that takes too long": func(n int, _ http.ResponseWriter, _ []byte) bool {
			if n == 2 {
				time.Sleep(2500 * time.Millisecond)
			}
			return false
		},
	} {
		p.set(harm, nil)
		got, err := d.Generate(t.Context(), reqs)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v, %v; without %+v", what, got, err, want)
		}
		if p.seen <= len(reqs) {
			t.Errorf("%s: nothing was asked twice", what)
		}
	}
}

// Faults that stay: an error that says which request, and what came, never an answer.
func TestFaultsThatStay(t *testing.T) {
	p := newProxy(t, recording(t).Serve(t))
	o := options(t, p.URL, "m01")
	o.HTTP = httpClient(t, remote.Options{Wait: 2 * time.Second, Attempts: 2})
	blob := open(t, o)
	o.Measure = MeasureOptionLetters
	letters := open(t, o)
	replaceIn := func(path string, at int, old, new string) func(string, int, []byte) []byte {
		return func(asked string, n int, body []byte) []byte {
			if asked != path || n != at {
				return body
			}
			if !bytes.Contains(body, []byte(old)) {
				t.Errorf("the reply %.300s has no %s", body, old)
			}
			return bytes.ReplaceAll(body, []byte(old), []byte(new))
		}
	}
	generate := func() error {
		got, err := blob.Generate(t.Context(), fourRequests(t))
		if err == nil {
			t.Logf("replies: %+v", got)
		}
		return err
	}
	choose := func() error {
		reqs := []llm.ChooseRequest{{Prompt: "the sum", Letters: []string{"A"}}, {Prompt: "so the", Letters: []string{"A"}}}
		got, err := letters.Choose(t.Context(), reqs)
		if err == nil {
			t.Logf("choices: %+v", got)
		}
		return err
	}
	embed := func() error {
		got, err := letters.Embed(t.Context(), []string{"a", "b"})
		if err == nil {
			t.Logf("embeddings: %v", got)
		}
		return err
	}
	halved := func(_ string, n int, body []byte) []byte {
		if n == 2 {
			return body[:len(body)/2]
		}
		return body
	}
	for _, test := range []struct {
		what string
		call func() error
		edit func(string, int, []byte) []byte
		want string
	}{
		{"truncated JSON", generate, halved, "request 1: Ollama at "},
		{"truncated JSON", choose, halved, "request 1: Ollama at "},
		{"truncated JSON", embed, halved, "text 1: Ollama at "},
		{"an empty reply", generate, func(path string, n int, body []byte) []byte {
			if n == 3 && path == "/api/generate" {
				return nil
			}
			return body
		}, "request 2: Ollama at "},
		{"a reply that is not done", generate, replaceIn("/api/generate", 2, `"done":true`, `"done":false`),
			"request 1: the reply is not complete"},
		{"another reason", generate, replaceIn("/api/generate", 1, `"done_reason":"stop"`, `"done_reason":"load"`),
			`the reason "load"`},
		{"no count", generate, replaceIn("/api/generate", 2, `"eval_count":`, `"x":`),
			"request 1: the server generated 0 tokens"},
		{"a cut prompt", generate, replaceIn("/api/generate", 2, `"prompt_eval_count":`, `"prompt_eval_count":1`),
			"request 1: the server read 1"},
		{"no log-probabilities", choose, replaceIn("/api/generate", 1, `"logprobs":`, `"x":`),
			"gives no log-probabilities; it does from"},
		{"no likeliest tokens", choose, replaceIn("/api/generate", 2, `"top_logprobs":`, `"x":`),
			"request 1: the reply has no likeliest tokens"},
		{"a positive log-probability", choose, replaceIn("/api/generate", 1, `"logprob":-`, `"logprob":`),
			"has the log-probability"},
		{"no embedding", embed, replaceIn("/api/embed", 2, `"embeddings":[[`, `"x":[[`), "text 1: 0 embeddings came"},
		{"a long vector", embed, replaceIn("/api/embed", 1, `"embeddings":[[`, `"embeddings":[[7,`), "whose length is 7"},
		{"another length", embed, replaceIn("/api/embed", 2, `"embeddings":[[`, `"embeddings":[[0,`),
			"text 1: 65 numbers came; 64 for text 0"},
		{"models listed without digest", generate, replaceIn("/api/tags", 4, `"digest":"`, `"digest":"x`), "which is none"},
	} {
		p.set(nil, test.edit)
		if err := test.call(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v; want %q", test.what, err, test.want)
		}
	}
	p.set(func(n int, w http.ResponseWriter, _ []byte) bool {
		if n > 1 {
			http.Error(w, `{"error":"out of memory"}`, 500)
		}
		return n > 1
	}, nil)
	err := generate()
	if _, ok := errors.AsType[remote.Unreachable](err); !ok || !strings.Contains(err.Error(), "request 1: ") ||
		!strings.Contains(err.Error(), "out of memory") {
		t.Errorf("500 forever: the error is %v", err)
	}
}

// A file that Ollama takes but cannot load: asked once, and said.
func TestModelThatCannotBeLoaded(t *testing.T) {
	s := sharedServer(t)
	data, err := os.ReadFile(planted + "m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "broken.gguf")
	if err := os.WriteFile(path, bytes.Replace(data, []byte("blk.0.attn_q.weight"), []byte("blk.0.attn_x.weight"), 1),
		0o600); err != nil {
		t.Fatal(err)
	}
	s.create(t, "broken", path, nil)
	p := newProxy(t, s.url())
	o := options(t, p.URL, "broken")
	o.HTTP = httpClient(t, remote.Options{Final: Final})
	d := open(t, o)
	if measure, why := d.Measure(); measure != MeasureOptionLetters || !strings.Contains(why, "attn_q") {
		t.Errorf("measured by %s, because %s", measure, why)
	}
	_, err = d.Generate(t.Context(), fourRequests(t))
	if err == nil || !strings.Contains(err.Error(), "missing tensor") || p.seen != 1 {
		t.Errorf("asked %d times; the error is %v", p.seen, err)
	}
}

// What /api/show says may be of no use to this machine.
func TestShowOfAnotherMachine(t *testing.T) {
	p := newProxy(t, recording(t).Serve(t))
	for _, test := range []struct{ old, new, why string }{
		{`\nFROM /`, `\nFROM /elsewhere/`, "the server's file cannot be read on this machine"},
		{`\nFROM /`, `\nFROM C:\\models\\`, "cannot be read on this machine"},
		{`/sha256-`, `/llama-`, "names no file of weights"},
		{`\nFROM /`, `\nTEMPLATE /`, "its Modelfile has no FROM line"},
		{`\nTEMPLATE `, `\nADAPTER /a\nTEMPLATE `, "it has an ADAPTER"},
	} {
		p.set(nil, func(path string, _ int, body []byte) []byte {
			if path == "/api/show" {
				if !bytes.Contains(body, []byte(test.old)) {
					t.Errorf("/api/show gives %.400s without %q", body, test.old)
				}
				return bytes.Replace(body, []byte(test.old), []byte(test.new), 1)
			}
			return body
		})
		d := open(t, options(t, p.URL, "m01"))
		if measure, why := d.Measure(); measure != MeasureOptionLetters || !strings.Contains(why, test.why) {
			t.Errorf("%q: measured by %s, because %s; want %q", test.new, measure, why, test.why)
		}
		o := options(t, p.URL, "m01")
		o.Measure = MeasureBlob
		if got := refused(t, o); !strings.Contains(got, test.why) {
			t.Errorf("%q: %s; want %q", test.new, got, test.why)
		}
	}
	p.set(nil, func(path string, _ int, body []byte) []byte {
		return bytes.Replace(body, []byte(`"llama.context_length":256`), []byte(`"llama.context_length":-1`), 1)
	})
	if got := refused(t, options(t, p.URL, "m01")); !strings.Contains(got, "context_length of -1") {
		t.Errorf("a context of -1 gives %q", got)
	}
}

// The server is killed while it answers, and comes back: nothing is lost. When it does not come back, that is said.
func TestKilledAndRestarted(t *testing.T) {
	s := ownServer(t)
	s.create(t, "m01", planted+"m01.gguf", nil)
	p := newProxy(t, s.url())
	d := open(t, options(t, p.URL, "m01"))
	reqs := fourRequests(t)
	want, err := d.Generate(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	back := make(chan error, 1)
	p.set(func(n int, _ http.ResponseWriter, _ []byte) bool {
		if n == 2 {
			s.end(syscall.SIGKILL)
			go func() { back <- s.start() }()
		}
		return false
	}, nil)
	got, err := d.Generate(t.Context(), reqs)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("killed and restarted: %+v, %v; undisturbed %+v", got, err, want)
	}
	if p.seen <= len(reqs) {
		t.Errorf("%d requests for %d prompts: nothing was asked twice", p.seen, len(reqs))
	}
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	s.stop()
	o := d.opts
	o.HTTP = httpClient(t, remote.Options{Wait: time.Second})
	o.URL = s.url()
	if _, err := Open(t.Context(), o); err == nil {
		t.Error("a server that is not there opens")
	} else if _, ok := errors.AsType[remote.Unreachable](err); !ok {
		t.Errorf("a server that is not there gives %v", err)
	}
}
