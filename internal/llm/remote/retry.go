package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	firstDelay = 200 * time.Millisecond // doubled after every attempt
	lastDelay  = 10 * time.Second
	excerpt    = 300 // bytes of a reply that an error shows
)

// failure is an attempt that did not give a reply to hand on.
type failure struct {
	err   error
	after time.Duration // the server asks to be left alone for so long

	retry       bool // another attempt may succeed
	reached     bool // the server took the request: such attempts are counted
	unreachable bool // it takes none, or says that it is not ready
	busy        bool // it says so
}

// RoundTrip checks the host, then asks until there is a reply, or patience ends.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.allowed(req.URL); err != nil {
		closeBody(req)
		return nil, err
	}
	body, err := replayable(req)
	if err != nil {
		return nil, err
	}
	ctx, h, server := req.Context(), t.host(req.URL.Host), server(req.URL)
	attempts, waited := 0, time.Duration(0)
	for n := 0; ; n++ {
		resp, f := t.attempt(numbered(ctx, n), h, req, body)
		if f == nil {
			h.setUnreachable(false)
			return resp, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f.reached {
			attempts++
		}
		if !f.retry {
			return nil, f.err
		}
		delay := min(max(t.delay(n), f.after), t.Wait-waited)
		if delay <= 0 || attempts >= t.Attempts || f.after > t.Wait-waited || (f.unreachable && h.isUnreachable()) {
			h.setUnreachable(f.unreachable)
			return nil, Unreachable{server, f.err, f.busy}
		}
		if t.Log != nil {
			t.Log(fmt.Sprintf("%s: %v; trying again in %v", server, f.err, delay.Round(time.Millisecond)))
		}
		if err := sleep(ctx, delay); err != nil {
			return nil, err
		}
		waited += delay
	}
}

// replayable returns the body of req, so that it can be sent several times.
func replayable(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// delay is the pause after attempt n (from 0): exponential, and shortened by up to a half, by chance, so that clients that
// failed together do not return together.
func (t *transport) delay(n int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	full := min(firstDelay<<min(n, 10), lastDelay)
	return full - time.Duration(t.random.Int64N(int64(full/2)))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt sends req once and reads its reply.
func (t *transport) attempt(ctx context.Context, h *host, req *http.Request, body []byte) (*http.Response, *failure) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, &failure{err: ctx.Err()}
	}
	timed, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	limited, leave := context.WithCancelCause(timed)
	defer leave(nil)
	go watch(limited, req.URL, leave)
	one := req.Clone(limited)
	if body != nil {
		one.Body = io.NopCloser(bytes.NewReader(body))
		one.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	if t.key != "" {
		one.Header.Set("Authorization", "Bearer "+t.key)
	}
	resp, err := t.next.RoundTrip(one)
	if err != nil {
		return nil, t.broken(limited, err)
	}
	defer resp.Body.Close()
	most := t.most(ctx, resp.StatusCode)
	reply, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, t.broken(limited, fmt.Errorf("the reply broke off after %d bytes: %w", len(reply), err))
	}
	if int64(len(reply)) > most && resp.StatusCode >= 400 {
		reply = reply[:most] // what matters of it stands in front
	} else if int64(len(reply)) > most {
		return nil, &failure{err: fmt.Errorf("%s: the reply is longer than %d bytes, which is more than any answer to "+
			"this request; "+
			"is this the right server?", req.URL.Redacted(), most)}
	}
	if resp.StatusCode >= 400 && t.key != "" { // some servers repeat what they got
		reply = bytes.ReplaceAll(reply, []byte(t.key), []byte("(key)"))
	}
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		return nil, &failure{err: t.denied(req.URL, resp.Status, reply)}
	}
	if f := t.judge(resp, reply); f != nil {
		return nil, f
	}
	resp.Body, resp.ContentLength, resp.Request = io.NopCloser(bytes.NewReader(reply)), int64(len(reply)), req
	return resp, nil
}

func (t *transport) denied(u *url.URL, status string, reply []byte) Denied {
	d := Denied{server(u), fmt.Sprintf("%s: %s", status, Excerpt(reply)), ""}
	if t.key != "" {
		d.Remedy = fmt.Sprintf("the environment variable %s, which %s names, has to hold a key that it takes", t.KeyEnv,
			t.KeyOption)
	} else {
		d.Remedy = fmt.Sprintf("it wants a key: put it into an environment variable and name that in the study, such as %s = "+
			"\"SDMAP_KEY\"", t.KeyOption)
	}
	return d
}

// server is the part of an address by which errors name a server.
func server(u *url.URL) string { return u.Scheme + "://" + u.Host }

// A server that has not answered yet is looked at every doorEvery. It must take a connection, and say anything at all upon it
// within doorAnswer; if it fails that doorTries times in a row, it is unreachable.
const (
	doorEvery  = 3 * time.Second
	doorAnswer = 10 * time.Second
	doorTries  = 3
)

var (
	errClosed = errors.New("the server is stopping: it takes no connections any more, and does not answer")
	errSilent = errors.New("the server takes connections, and says nothing upon them")
)

// watch ends an attempt whose server will not answer any more. llama-server is so when it was told to stop: it keeps the
// connections that it has as long as the other side waits. One that works for long still answers others.
func watch(ctx context.Context, u *url.URL, leave context.CancelCauseFunc) {
	tick := time.NewTicker(doorEvery)
	defer tick.Stop()
	for failed := 0; failed < doorTries; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		switch err := knock(ctx, u); {
		case err == nil:
			failed = 0
		case errors.Is(err, syscall.ECONNREFUSED):
			leave(errClosed)
			return
		default:
			failed++
		}
	}
	leave(errSilent)
}

// knock wants a connection, and with plain HTTP a byte of any answer.
func knock(ctx context.Context, u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, doorAnswer)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return err
	}
	defer c.Close()
	if u.Scheme != "http" {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err = fmt.Fprintf(c, "HEAD / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", u.Host); err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	return err
}

// broken judges an attempt that ended without a reply.
func (t *transport) broken(limited context.Context, err error) *failure {
	if cause := context.Cause(limited); cause == errClosed || cause == errSilent {
		return &failure{err: cause, retry: true, unreachable: true}
	}
	if limited.Err() != nil {
		err = fmt.Errorf("no reply within %v: %w", t.Timeout, err)
	}
	f := &failure{err: err, retry: true, reached: true}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		f.reached, f.unreachable = false, true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		f.after = 1<<63 - 1 // a name that does not exist is not waited for
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		f.after = 1<<63 - 1
	}
	return f
}

// judge says whether a reply is one to be asked for again.
func (t *transport) judge(resp *http.Response, body []byte) *failure {
	status := resp.StatusCode
	if status != http.StatusTooManyRequests && (status < 500 || (t.Final != nil && t.Final(status, body))) {
		return nil
	}
	f := &failure{retry: true, after: retryAfter(resp.Header)}
	f.err = fmt.Errorf("the server answers %s: %s", resp.Status, Excerpt(body))
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		f.unreachable, f.busy = true, true
	case http.StatusTooManyRequests:
		f.busy = true
	default:
		f.reached = true
	}
	return f
}

// retryAfter reads RFC 9110's Retry-After: seconds, or a date, which is compared with the server's own clock.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(0, min(seconds, 1<<30))) * time.Second
	}
	then, err := http.ParseTime(value)
	now, err2 := http.ParseTime(header.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, then.Sub(now))
}

// Excerpt is the beginning of a reply on one line, for errors.
func Excerpt(body []byte) string {
	cut := ""
	if len(body) > excerpt {
		body, cut = body[:excerpt], "..."
	}
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body), "\uFFFD")), " ")
	if text == "" {
		return "(no text)"
	}
	return text + cut
}
