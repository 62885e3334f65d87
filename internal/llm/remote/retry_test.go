package remote

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestRestart: a server that is unreachable for most of Wait is waited for.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		calls, retries := 0, 0
		c := with(t, Options{Log: func(string) { retries++ }}, func(*http.Request) (*http.Response, error) {
			calls++
			switch since := time.Since(start); {
			case since < time.Minute:
				return nil, refused
			case since < 110*time.Second:
				return answer(503, `{"error":{"message":"Loading model"}}`)
			}
			return answer(200, "back")
		})
		r, err := c.Get(t.Context(), serverURL)
		if err != nil || string(r.Body) != "back" || retries != calls-1 || calls > 40 {
			t.Errorf("%q, %v; %d calls, %d retries in %v", r.Body, err, calls, retries, time.Since(start))
		}
	})
}

// TestUnreachable: a server that stays unreachable is given up after Wait, and not waited for again until it answers.
func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := false
		c := with(t, Options{Wait: time.Minute}, func(*http.Request) (*http.Response, error) {
			if up {
				return answer(200, "")
			}
			return nil, refused
		})
		ask := func() (time.Duration, error) {
			start := time.Now()
			_, err := c.Get(t.Context(), serverURL)
			return time.Since(start), err
		}
		for i, want := range []time.Duration{time.Minute, 0, 0} {
			took, err := ask()
			if _, ok := errors.AsType[Unreachable](err); !ok || took != want || !errors.Is(err, refused) {
				t.Errorf("request %d: %v after %v; want %v", i, err, took, want)
			}
		}
		up = true
		if _, err := ask(); err != nil {
			t.Error(err)
		}
		up = false
		if took, err := ask(); err == nil || took != time.Minute {
			t.Errorf("after it was back: %v, %v", took, err)
		}
	})
}

func TestStatuses(t *testing.T) {
	final := func(status int, body []byte) bool { return status == 500 && strings.Contains(string(body), "grammar") }
	for what, test := range map[string]struct {
		status int
		body   string
		calls  int // until it is given up, or handed on
		reply  bool
	}{
		"found":                   {200, "", 1, true},
		"a request that is wrong": {400, "", 1, true},
		"not found":               {404, "", 1, true},
		"a failure":               {500, "oops", 3, false},
		"a final failure":         {500, "empty grammar stack", 1, true},
		"a method that it lacks":  {501, "", 3, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			c := with(t, Options{Attempts: 3, Final: final}, func(*http.Request) (*http.Response, error) {
				calls++
				return answer(test.status, test.body)
			})
			r, err := c.Get(t.Context(), serverURL)
			if calls != test.calls || (err == nil) != test.reply || (test.reply && r.Status != test.status) {
				t.Errorf("%s: status %d, %v after %d calls", what, r.Status, err, calls)
			}
			if _, ok := errors.AsType[Unreachable](err); err != nil && !ok {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Wed, 25 Nov 2026 03:00:00 GMT"
	for value, want := range map[string]time.Duration{
		"17":                            17 * time.Second,
		"Wed, 25 Nov 2026 03:00:31 GMT": 31 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			start, calls := time.Now(), 0
			c := with(t, Options{}, func(*http.Request) (*http.Response, error) {
				if calls++; calls == 1 {
					return answer(429, "slow down", "Retry-After", value, "Date", date)
				}
				return answer(200, "")
			})
			if _, err := c.Get(t.Context(), serverURL); err != nil || time.Since(start) != want {
				t.Errorf("%s: %v after %v", value, err, time.Since(start))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // longer than patience: said at once
		start := time.Now()
		c := with(t, Options{}, func(*http.Request) (*http.Response, error) {
			return answer(429, "come tomorrow", "Retry-After", "86400")
		})
		if _, err := c.Get(t.Context(), serverURL); err == nil || time.Since(start) != 0 ||
			!strings.Contains(err.Error(), "come tomorrow") {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// TestSlow: attempts end at their time limit, and after some of them the request does.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := with(t, Options{Timeout: time.Second, Attempts: 3}, func(req *http.Request) (*http.Response, error) {
			calls++
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		_, err := c.Get(t.Context(), serverURL)
		if u, ok := errors.AsType[Unreachable](err); !ok || calls != 3 || !strings.Contains(u.Error(), "no reply within 1s") {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
}

// TestCancel: a context that ends is obeyed at once, in flight, between attempts and in the queue.
func TestCancel(t *testing.T) {
	for what, network := range map[string]roundTrip{
		"in flight": func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		},
		"between attempts": func(*http.Request) (*http.Response, error) { return nil, refused },
	} {
		synctest.Test(t, func(t *testing.T) {
			c := with(t, Options{MaxInFlight: 1}, network)
			start := time.Now()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("enough"))
			defer cancel()
			results := make(chan error, 2)
			for range 2 { // the second is in the queue where the first is in flight
				go func() {
					_, err := c.Get(ctx, serverURL)
					results <- err
				}()
			}
			for range 2 {
				if err := <-results; !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
					t.Errorf("%s: %v after %v", what, err, time.Since(start))
				} else if _, ok := errors.AsType[Unreachable](err); ok {
					t.Errorf("%s: cancelling makes the server unreachable: %v", what, err)
				}
			}
		})
	}
}

// TestDelays: pauses grow to their bound, and chance takes no more than half of one.
func TestDelays(t *testing.T) {
	tr := open(t, Options{}).HTTP.Transport.(*transport)
	full := firstDelay
	for n := range 30 {
		if d := tr.delay(n); d > full || d < full/2 {
			t.Errorf("pause %d is %v; want %v to %v", n, d, full/2, full)
		}
		full = min(2*full, lastDelay)
	}
}
