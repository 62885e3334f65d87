package llamacpp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands in front of a real server, hands on what both say, and spoils it where a test wants that.
type proxy struct {
	url string

	mu    sync.Mutex
	spoil func(path string, n int, r *reply) // n counts requests to path from 1; may be nil
	calls map[string]int
	said  []exchange // to /completion
}

// reply is a server's answer on its way. A test may change it.
type reply struct {
	asked  []byte // the request's body
	status int
	body   []byte
	cut    bool          // the connection is closed in the middle
	delay  time.Duration // before it is sent
}

type exchange struct {
	request completionRequest
	reply   map[string]any
}

func intercept(t testing.TB, upstream string) *proxy {
	t.Helper()
	p := &proxy{calls: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
		req *http.Request) {
		p.handle(t, upstream, w, req)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *proxy) handle(t testing.TB, upstream string, w http.ResponseWriter, req *http.Request) {
	asked, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r := &reply{asked: asked}
	if r.status, r.body, err = forward(req, upstream, asked); err != nil {
		if strings.Contains(err.Error(), "connection refused") {
			w.WriteHeader(http.StatusBadGateway) // as proxies say it
			return
		}
		panic(http.ErrAbortHandler)
	}
	p.mu.Lock()
	p.calls[req.URL.Path]++
	if p.spoil != nil {
		p.spoil(req.URL.Path, p.calls[req.URL.Path], r)
	}
	if req.URL.Path == "/completion" && r.status == 200 {
		var e exchange
		if json.Unmarshal(asked, &e.request) == nil && json.Unmarshal(r.body, &e.reply) == nil {
			p.said = append(p.said, e)
		}
	}
	p.mu.Unlock()
	time.Sleep(r.delay)
	if r.cut {
		w.Header().Set("Content-Length", "1000000")
	}
	w.WriteHeader(r.status)
	w.Write(r.body)
}

func forward(req *http.Request, upstream string, asked []byte) (int, []byte, error) {
	out, err := http.NewRequestWithContext(req.Context(), req.Method, upstream+req.URL.Path, bytes.NewReader(asked))
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// set changes what is spoilt and counts anew.
func (p *proxy) set(spoil func(path string, n int, r *reply)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoil, p.calls, p.said = spoil, map[string]int{}, nil
}

func (p *proxy) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}
