package remote

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// roundTrip is a network in memory.
type roundTrip func(req *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int, body string, header ...string) (*http.Response, error) {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h,
		Body: io.NopCloser(strings.NewReader(body))}, nil
}

var refused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

func open(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// with opens a client upon a network in memory.
func with(t *testing.T, o Options, network roundTrip) *Client {
	t.Helper()
	c := open(t, o)
	c.HTTP.Transport.(*transport).next = network
	return c
}

const serverURL = "http://127.0.0.1:8080/completion"

func TestHosts(t *testing.T) {
	asked := 0
	c := with(t, Options{AllowHosts: []string{"gpu.example", "other.example:81", "10.0.0.7", "[fd00::1]:80"}},
		func(*http.Request) (*http.Response, error) { asked++; return answer(200, "ok") })
	for _, good := range []string{serverURL, "http://localhost/", "http://LOCALHOST:1/", "http://127.9.9.9/", "http://[::1]:3/",
		"http://gpu.example/", "https://GPU.example:99/", "http://other.example:81/", "http://10.0.0.7:5/",
		"http://[fd00::1]:80/"} {
		if r, err := c.Get(t.Context(), good); err != nil || string(r.Body) != "ok" {
			t.Errorf("%s: %v", good, err)
		}
	}
	want := asked
	for _, bad := range []string{"http://example.com/", "http://other.example/", "http://sub.gpu.example/", "http://10.0.0.8/",
		"http://0.0.0.0/",
		"http://localhost.example/", "http://127.0.0.1.example/", "http://[fd00::1]:81/", "file:///etc/passwd",
		"http://gpu.example@evil.example/"} {
		_, err := c.Get(t.Context(), bad)
		if r, ok := errors.AsType[Refused](err); !ok {
			t.Errorf("%s: %v", bad, err)
		} else if strings.HasPrefix(bad, "http") && !strings.Contains(r.Error(), "allow_hosts") {
			t.Errorf("%s: no remedy in %v", bad, r)
		}
	}
	if asked != want {
		t.Errorf("%d refused requests were sent", asked-want)
	}
	for _, bad := range []string{"", "http://a", "a/b", "a b", "user@a", ":80", "a:x"} {
		if _, err := New(Options{AllowHosts: []string{bad}}); err == nil {
			t.Errorf("allow_hosts takes %q", bad)
		}
	}
}

func TestRedirects(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.Handle("/away", http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	mux.Handle("/evil", http.RedirectHandler("http://evil.example/", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/near", http.RedirectHandler("/here", http.StatusPermanentRedirect))
	mux.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })

	c := open(t, Options{AllowHosts: []string{"evil.example"}})
	if r, err := c.Post(t.Context(), server.URL+"/near", "<said>"); err != nil || string(r.Body) != "\"<said>\"\n" {
		t.Errorf("a redirect to the same server: %q, %v", r.Body, err)
	}
	for _, path := range []string{"/away", "/evil"} {
		if _, err := c.Post(t.Context(), server.URL+path, 1); err == nil || !strings.Contains(err.Error(), "redirects there") {
			t.Errorf("%s: %v", path, err)
		} else if _, ok := errors.AsType[Refused](err); !ok {
			t.Errorf("%s: %T", path, err)
		}
	}
	if _, err := c.Get(t.Context(), server.URL+"/loop"); err == nil {
		t.Error("a loop of redirects ends well")
	}
	if hits.Load() != 0 {
		t.Error("a redirect led to another host")
	}
}

// TestKey: the key reaches the server and no error, log or reply.
func TestKey(t *testing.T) {
	const secret = "sk-very-secret"
	getenv := func(name string) string { return map[string]string{"KEY": secret + "\n", "BAD": "a\x01b"}[name] }
	status := http.StatusUnauthorized
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, "you said "+r.Header.Get("Authorization"))
	}))
	defer server.Close()
	var said strings.Builder
	c := open(t, Options{KeyEnv: "KEY", KeyOption: "key_env", Getenv: getenv, Attempts: 2,
		Log: func(m string) { said.WriteString(m) }})
	for name, remedy := range map[string]string{"KEY": "variable KEY, which key_env names",
		"": "name that in the study, such as key_env"} {
		denied := open(t, Options{KeyEnv: name, KeyOption: "key_env", Getenv: getenv})
		_, err := denied.Get(t.Context(), server.URL)
		if d, ok := errors.AsType[Denied](err); !ok || d.URL != server.URL || !strings.Contains(err.Error(), remedy) ||
			strings.Contains(err.Error(), secret) {
			t.Errorf("with the key of %q: %v", name, err)
		}
	}
	status = http.StatusBadRequest
	r, err := c.Get(t.Context(), server.URL)
	if err != nil || r.Status != status || string(r.Body) != "you said Bearer (key)" {
		t.Errorf("%d %q, %v", r.Status, r.Body, err)
	}
	status = http.StatusInternalServerError
	_, err = c.Get(t.Context(), server.URL)
	if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "(key)") {
		t.Errorf("error is %v", err)
	}
	if said.Len() == 0 || strings.Contains(said.String(), secret) {
		t.Errorf("the log says %q", said.String())
	}
	for _, name := range []string{"BAD", "NONE"} {
		if _, err := New(Options{KeyEnv: name, Getenv: getenv}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("key in %s: %v", name, err)
		}
	}
}

func TestReplyIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("x"), 100+len(r.URL.Path))) // the path has its slash
	}))
	defer server.Close()
	c := open(t, Options{MaxReply: 101})
	if r, err := c.Get(t.Context(), server.URL+"/"); err != nil || len(r.Body) != 101 {
		t.Errorf("%d bytes, %v", len(r.Body), err)
	}
	if _, err := c.Get(t.Context(), server.URL+"/1"); err == nil || !strings.Contains(err.Error(), "longer than 101") {
		t.Errorf("error is %v", err)
	}
}

// A server that never stops is left at a bound, however fast or slow it sends, and is not asked again; one that refuses without
// end is heard as far as matters.
func TestEndlessReplies(t *testing.T) {
	var asked atomic.Int32
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/refuses" {
			w.WriteHeader(http.StatusTeapot)
		}
		line := []byte(strings.Repeat("no end ", 1000))
		for {
			n, err := w.Write(line)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	const slack = 16 << 20 // what may lie in buffers of the system
	c := open(t, Options{})
	if _, err := c.Get(t.Context(), server.URL+"/props"); err == nil || !strings.Contains(err.Error(), "right server") {
		t.Errorf("error is %v", err)
	}
	if n := sent.Swap(0); n > StandardReply+slack || asked.Swap(0) != 1 {
		t.Errorf("the server sent %d bytes", n)
	}
	if _, err := c.Get(AtMost(t.Context(), 2*StandardReply), server.URL+"/embedding"); err == nil {
		t.Error("no error")
	}
	if n := sent.Swap(0); n < 2*StandardReply || n > 2*StandardReply+slack || asked.Swap(0) != 1 {
		t.Errorf("the server sent %d bytes where more is allowed", n)
	}
	if r, err := c.Get(t.Context(), server.URL+"/refuses"); err != nil || len(r.Body) != excessive {
		t.Errorf("refused with %d bytes: %v", len(r.Body), err)
	}
	if n := sent.Swap(0); n > excessive+slack || asked.Swap(0) != 1 {
		t.Errorf("the server that refuses sent %d bytes", n)
	}
}

func TestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		c := with(t, Options{MaxInFlight: 3}, func(*http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return answer(200, "")
		})
		start := time.Now()
		var group sync.WaitGroup
		for range 9 {
			group.Go(func() {
				if _, err := c.Get(t.Context(), serverURL); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if most.Load() != 3 || time.Since(start) != 3*time.Second {
			t.Errorf("%d in flight at once, %v in all", most.Load(), time.Since(start))
		}
	})
}

// TestBrokenReply: a connection that is lost within a reply, or before it, is made again, and the request is whole.
func TestBrokenReply(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch calls.Add(1) {
		case 1:
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "half a rep")
		case 2:
			panic(http.ErrAbortHandler)
		default:
			w.Write(body)
		}
	}))
	defer server.Close()
	c := open(t, Options{})
	if r, err := c.Post(t.Context(), server.URL, "whole"); err != nil || string(r.Body) != "\"whole\"\n" || calls.Load() != 3 {
		t.Errorf("%q after %d calls, %v", r.Body, calls.Load(), err)
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + listener.Addr().String()
	listener.Close()
	_, err = open(t, Options{Wait: 300 * time.Millisecond}).Get(context.Background(), gone+"/x")
	if u, ok := errors.AsType[Unreachable](err); !ok || u.URL != gone || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error is %v", err)
	}
}
