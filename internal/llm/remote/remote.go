// Package remote is the policy under which drivers talk to servers over HTTP.
//
//	driver -> http.Client -> host check, key -> retries -> requests in flight, time limit -> record, if wanted -> network
//
// A driver gets an ordinary *http.Client, whose transport does all of it, so that libraries that take a client can be used
// as they are. Replies are read whole before they are given: one that breaks off is asked for again, and what a caller gets
// is complete. Requests are therefore repeated, and must mean the same when they are.
//
// The opinion: only this machine is talked to unless the study lists the host, whatever a redirect says. A server that is
// unreachable for a while is waited for; a server that answers something wrong is not asked forever. Keys come from the
// environment and reach nothing but the request's header.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"sdmap/internal/address"
)

// Options say whom a Client may talk to and how patiently.
type Options struct {
	AllowHosts []string // beside loopback: "gpu.example" (any port) or "gpu.example:8080"

	KeyEnv    string              // environment variable that holds the bearer key; "" sends none
	KeyOption string              // what an error calls the option that KeyEnv comes from
	Getenv    func(string) string // needed with KeyEnv

	MaxInFlight int           // requests in flight to one host; 8 if 0
	MaxReply    int64         // bytes of a reply, unless AtMost says otherwise; StandardReply if 0
	Timeout     time.Duration // for one attempt, reply included; 10 minutes if 0

	// Wait bounds the time that one request spends waiting between attempts; StandardWait if 0. Attempts bounds how often a
	// request reaches the server and fails there (500, time limit, broken connection); 5 if 0. A server that takes no
	// connections, or says that it is busy, is asked until Wait is over.
	Wait     time.Duration
	Attempts int

	// Final says whether a reply with a status from 500 on is the server's last word, so that asking again is in vain.
	Final func(status int, body []byte) bool

	Log    func(message string) // hears of every retry; may be nil
	Record *Recorder            // hears of every attempt; may be nil
}

// StandardWait is long enough for a server to be started again.
const StandardWait = 2 * time.Minute

// StandardReply is far more than any usual reply: a server that sends without end is left after so many bytes, and not after
// the time that a slow one may take.
const StandardReply = 32 << 20

// excessive is how much is read of the reply of a server that refuses: its words, not its endlessness.
const excessive = 64 << 10

type atMost struct{}

// AtMost bounds the replies to requests under the context to a number of bytes that the caller knows to be ample. It is how more
// than StandardReply is had, where a reply is large by its nature.
func AtMost(ctx context.Context, bytes int64) context.Context {
	return context.WithValue(ctx, atMost{}, max(bytes, StandardReply))
}

// most is how long the reply to a request may be.
func (t *transport) most(ctx context.Context, status int) int64 {
	if status >= 400 {
		return excessive
	}
	if n, ok := ctx.Value(atMost{}).(int64); ok {
		return n
	}
	return t.MaxReply
}

// Client talks to servers. It is safe for concurrent use.
type Client struct {
	// HTTP is for libraries that want a client. Its errors hold Unreachable, Denied and Refused for errors.AsType.
	HTTP *http.Client
}

// Unreachable is the error for a server that could not be asked, however long it was waited for.
type Unreachable struct {
	URL  string // scheme and host
	Err  error  // of the last attempt
	Busy bool   // it answers, and says that it is not ready
}

func (u Unreachable) Error() string { return fmt.Sprintf("no usable answer from %s: %v", u.URL, u.Err) }
func (u Unreachable) Unwrap() error { return u.Err }

// Refused is the error for a request that policy forbids. Nothing was sent.
type Refused struct {
	Host   string
	Reason string
}

func (r Refused) Error() string { return fmt.Sprintf("no request to %s: %s", r.Host, r.Reason) }

// Denied is the error for a server that wants another key than it got, or one at all.
type Denied struct {
	URL    string // scheme and host
	Answer string // its words
	Remedy string
}

func (d Denied) Error() string { return fmt.Sprintf("%s answers %s; %s", d.URL, d.Answer, d.Remedy) }

// New checks o and makes a Client.
func New(o Options) (*Client, error) {
	t := &transport{Options: o, hosts: map[string]*host{}, random: rand.New(rand.NewPCG(1, 0x6a6974746572))} // "jitter"
	for _, allowed := range o.AllowHosts {
		if u, err := url.Parse("http://" + allowed); err != nil || u.Host != allowed || u.Hostname() == "" {
			return nil, fmt.Errorf("%q in allow_hosts is no host; write a name or an address, with a port or without", allowed)
		}
	}
	if o.KeyEnv != "" {
		t.key = strings.TrimSpace(o.Getenv(o.KeyEnv))
		if t.key == "" {
			return nil, fmt.Errorf("the environment variable %s, which is to hold the server's key, is not set", o.KeyEnv)
		}
		if strings.ContainsFunc(t.key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("the key in the environment variable %s has characters that no header can carry", o.KeyEnv)
		}
	}
	setDefault(&t.MaxInFlight, 8)
	setDefault(&t.MaxReply, StandardReply)
	setDefault(&t.Timeout, 10*time.Minute)
	setDefault(&t.Wait, StandardWait)
	setDefault(&t.Attempts, 5)
	t.next = &http.Transport{ // no Proxy: the host that was checked is the host that is asked
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		MaxIdleConnsPerHost: t.MaxInFlight, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2: true,
	}
	if o.Record != nil {
		t.next = &recording{t.next, o.Record, t.key}
	}
	return &Client{&http.Client{Transport: t, CheckRedirect: checkRedirect}}, nil
}

func setDefault[T int | int64 | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// checkRedirect lets a server send its clients to another path of itself, and nowhere else.
func checkRedirect(req *http.Request, via []*http.Request) error {
	from := via[0].URL
	if req.URL.Scheme != from.Scheme || req.URL.Host != from.Host {
		return Refused{req.URL.Host, fmt.Sprintf("%s redirects there; name the server itself in the study", from.Host)}
	}
	if len(via) >= 10 {
		return errors.New("10 redirects")
	}
	return nil
}

// Reply is what a server answered, whole.
type Reply struct {
	Status int
	Body   []byte
}

// Get asks for what is at address.
func (c *Client) Get(ctx context.Context, address string) (Reply, error) {
	return c.do(ctx, http.MethodGet, address, nil)
}

// Post sends in as JSON. Statuses are the caller's to judge: an error means that there is no reply.
func (c *Client) Post(ctx context.Context, address string, in any) (Reply, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // grammars are full of < and >
	if err := enc.Encode(in); err != nil {
		return Reply{}, err
	}
	return c.do(ctx, http.MethodPost, address, body.Bytes())
}

func (c *Client) do(ctx context.Context, method, address string, body []byte) (Reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	return Reply{resp.StatusCode, out}, err
}

// transport is the policy as an http.RoundTripper.
type transport struct {
	Options
	key  string
	next http.RoundTripper

	mu     sync.Mutex // guards what follows
	hosts  map[string]*host
	random *rand.Rand
}

// host is what is shared by all requests to one server.
type host struct {
	slots chan struct{} // one token for each request in flight

	mu          sync.Mutex
	unreachable bool // it was waited for in vain: until it answers, nobody else waits
}

func (t *transport) host(name string) *host {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hosts[name]
	if h == nil {
		h = &host{slots: make(chan struct{}, t.MaxInFlight)}
		t.hosts[name] = h
	}
	return h
}

func (h *host) isUnreachable() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.unreachable }

func (h *host) setUnreachable(is bool) { h.mu.Lock(); defer h.mu.Unlock(); h.unreachable = is }

// allowed says whether u's host may be asked.
func (t *transport) allowed(u *url.URL) error { return Permits(t.AllowHosts, u) }

// Permits is nil if u's host is this machine or one of those that a study allows; else it is Refused.
func Permits(allow []string, u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return Refused{u.Host, fmt.Sprintf("the address begins with %q; http or https is possible", u.Scheme)}
	}
	if address.Loopback(u.Hostname()) {
		return nil
	}
	for _, a := range allow {
		if strings.EqualFold(a, u.Host) || strings.EqualFold(strings.Trim(a, "[]"), u.Hostname()) {
			return nil
		}
	}
	return Refused{u.Host, fmt.Sprintf("it is not this machine; if it may be asked, add %q to allow_hosts", u.Host)}
}
