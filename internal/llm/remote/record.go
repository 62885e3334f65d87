package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// RecordedBytes is how much of a body a record shows.
const RecordedBytes = 64 << 10

// Recorder writes down every attempt of every request, one line of JSON each, as it ends. Lines are written whole and one by
// one, so that a program that is killed leaves all that it had heard. Several clients may share one.
type Recorder struct {
	now func() time.Time
	mu  sync.Mutex
	to  io.Writer
	err error
}

// NewRecorder writes to a file, which should be open for appending.
func NewRecorder(to io.Writer, now func() time.Time) *Recorder { return &Recorder{now: now, to: to} }

// Err is the first error of writing. What comes after it is not written.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// recordKeys are the keys with which every line of a record begins, in the order of exchange.
var recordKeys = []string{`{"time":`, `,"method":`, `,"url":`, `,"attempt":`}

// RecordHead is how much of a file IsRecord wants to see.
const RecordHead = 4 << 10

// IsRecord says whether a file that begins so is a record, if only one whose first line was cut off. Lines of JSON with a time
// are written by many programs.
func IsRecord(head string) bool {
	line, _, _ := strings.Cut(head, "\n")
	for _, key := range recordKeys {
		if len(line) < len(key) {
			return strings.HasPrefix(key, line)
		}
		if !strings.HasPrefix(line, key) {
			return false
		}
		if line = line[len(key):]; strings.HasPrefix(line, `"`) {
			_, rest, closed := strings.Cut(line[1:], `"`) // neither a time nor an address holds a quote
			if !closed {
				return true
			}
			line = rest
		}
	}
	return true
}

// exchange is a line of a record.
type exchange struct {
	Time         time.Time `json:"time"` // at which the request was sent
	Method       string    `json:"method"`
	URL          string    `json:"url"`
	Attempt      int       `json:"attempt"` // from 1
	Status       int       `json:"status,omitempty"`
	Error        string    `json:"error,omitempty"` // why there is no reply, or no whole one
	Seconds      float64   `json:"seconds"`         // until the reply's end
	RequestBytes int64     `json:"request_bytes"`
	Request      string    `json:"request"` // its beginning, if it is longer than RecordedBytes; the reply's, too
	ReplyBytes   int64     `json:"reply_bytes"`
	Reply        string    `json:"reply"`
}

func (r *Recorder) write(e exchange) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && err == nil {
		_, err = r.to.Write(line.Bytes())
	}
	if r.err == nil {
		r.err = err
	}
}

// attemptKey is the context's key of an attempt's number, from 0.
type attemptKey struct{}

// recording is a transport whose exchanges are recorded. The key that the transport above it sends is not.
type recording struct {
	next http.RoundTripper
	to   *Recorder
	key  string
}

func (t *recording) RoundTrip(req *http.Request) (*http.Response, error) {
	n, _ := req.Context().Value(attemptKey{}).(int)
	begun := t.to.now()
	e := exchange{Time: begun.UTC(), Method: req.Method, URL: t.withoutKey(req.URL.Redacted()), Attempt: n + 1,
		RequestBytes: max(0, req.ContentLength)}
	if req.GetBody != nil {
		if body, err := req.GetBody(); err == nil {
			said := make([]byte, RecordedBytes)
			n, _ := io.ReadFull(body, said)
			e.Request = t.shown(said[:n])
			body.Close()
		}
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		e.Seconds, e.Error = t.to.now().Sub(begun).Seconds(), t.withoutKey(err.Error())
		t.to.write(e)
		return nil, err
	}
	e.Status = resp.StatusCode
	resp.Body = &recordedBody{ReadCloser: resp.Body, of: t, begun: begun, e: e}
	return resp, nil
}

// shown is a body's beginning.
func (t *recording) shown(body []byte) string {
	return strings.ToValidUTF8(t.withoutKey(string(body)), "\uFFFD")
}

// withoutKey hides the key, as it is and as it stands in JSON; at the end of a text also its beginning, if that is long
// enough to tell.
func (t *recording) withoutKey(text string) string {
	if t.key == "" {
		return text
	}
	quoted, _ := json.Marshal(t.key)
	for _, key := range []string{t.key, string(quoted[1 : len(quoted)-1])} {
		text = strings.ReplaceAll(text, key, "(key)")
		for n := len(key) - 1; n >= 4; n-- {
			if cut, ends := strings.CutSuffix(text, key[:n]); ends {
				text = cut + "(key)"
			}
		}
	}
	return text
}

// recordedBody is a reply that is written down when it is closed.
type recordedBody struct {
	io.ReadCloser
	of    *recording
	begun time.Time
	e     exchange
	said  []byte
	once  sync.Once
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.e.ReplyBytes += int64(n)
	b.said = append(b.said, p[:min(n, RecordedBytes-len(b.said))]...)
	if err != nil && err != io.EOF {
		b.e.Error = b.of.withoutKey(err.Error())
	}
	return n, err
}

func (b *recordedBody) Close() error {
	b.once.Do(func() {
		b.e.Seconds, b.e.Reply = b.of.to.now().Sub(b.begun).Seconds(), b.of.shown(b.said)
		b.of.to.write(b.e)
	})
	return b.ReadCloser.Close()
}

// numbered tells the attempt's number to a recording below.
func numbered(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, attemptKey{}, n)
}
