package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lines reads a record.
func lines(t *testing.T, record string) (out []exchange) {
	t.Helper()
	for line := range strings.Lines(record) {
		var e exchange
		if err := json.Unmarshal([]byte(line), &e); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("the line %.200q: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

// TestRecord: every attempt is a line, whatever became of it, and what is handed on is as without a record.
func TestRecord(t *testing.T) {
	long := strings.Repeat("ü", RecordedBytes)
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, "oops")
		case 2:
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "half a rep")
		case 3:
			panic(http.ErrAbortHandler)
		case 4:
			io.WriteString(w, "<answer>\n\xff")
		default:
			io.WriteString(w, long)
		}
	}))
	defer server.Close()
	var record bytes.Buffer
	c := open(t, Options{Record: NewRecorder(&record, time.Now)})
	before := time.Now()
	r, err := c.Post(t.Context(), server.URL+"/completion", map[string]string{"grammar": "root ::= <[1]>"})
	if err != nil || string(r.Body) != "<answer>\n\xff" {
		t.Fatalf("%q, %v", r.Body, err)
	}
	if r, err = c.Get(t.Context(), server.URL+"/props"); err != nil || string(r.Body) != long {
		t.Fatalf("a long reply comes with %d bytes, %v", len(r.Body), err)
	}
	got := lines(t, record.String())
	want := []exchange{
		{Attempt: 1, Status: 500, Reply: "oops", ReplyBytes: 4},
		{Attempt: 2, Status: 200, Reply: "half a rep", ReplyBytes: 10, Error: "unexpected EOF"},
		{Attempt: 3, Error: "EOF"},
		{Attempt: 4, Status: 200, Reply: "<answer>\n\uFFFD", ReplyBytes: 10},
		{Attempt: 1, Status: 200, Reply: long[:RecordedBytes], ReplyBytes: 2 * RecordedBytes},
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines: %+v", len(got), got)
	}
	for i, w := range want {
		w.Method, w.URL, w.Request, w.RequestBytes = "POST", server.URL+"/completion", `{"grammar":"root ::= <[1]>"}`+"\n", 29
		if i == 4 {
			w.Method, w.URL, w.Request, w.RequestBytes = "GET", server.URL+"/props", "", 0
		}
		if got[i].Time.Before(before.Add(-time.Second)) || got[i].Seconds <= 0 || got[i].Seconds > 60 {
			t.Errorf("line %d: at %v, %v s", i, got[i].Time, got[i].Seconds)
		}
		w.Time, w.Seconds = got[i].Time, got[i].Seconds
		if got[i] != w {
			t.Errorf("line %d is %.300v; want %.300v", i, got[i], w)
		}
	}
}

// TestRecordHasNoKey, whatever a server does with it, and where a body is cut.
func TestRecordHasNoKey(t *testing.T) {
	const secret = `sk-"very"<secret>`
	var record bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch r.URL.Path {
		case "/plain":
			io.WriteString(w, "you said "+key)
		case "/json":
			json.NewEncoder(w).Encode(map[string]string{"you said": key})
		case "/cut":
			io.WriteString(w, strings.Repeat("x", RecordedBytes-9)+key)
		case "/often":
			io.WriteString(w, strings.Repeat(key, RecordedBytes/len(key)+2))
		case "/broken":
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "you said "+key[:12])
		}
	}))
	defer server.Close()
	c := open(t, Options{KeyEnv: "KEY", Getenv: func(string) string { return secret }, Record: NewRecorder(&record, time.Now),
		Attempts: 1})
	for _, path := range []string{"/plain", "/json", "/cut", "/often", "/broken"} {
		if r, err := c.Get(t.Context(), server.URL+path); path == "/plain" &&
			(err != nil || string(r.Body) != "you said "+secret) {
			t.Errorf("a record changes the reply %q, %v", r.Body, err)
		}
	}
	got := lines(t, record.String())
	if len(got) < 5 || got[0].Reply != "you said (key)" {
		t.Fatalf("%+v", got)
	}
	for _, e := range got {
		if all := e.URL + e.Error + e.Request + e.Reply; strings.Contains(all, "sk-") || strings.Contains(all, "very") {
			t.Errorf("a part of the key is in %.100q ... %q", all, all[max(0, len(all)-100):])
		}
	}
}

// TestRecordTogether: lines of clients that ask at once do not mix, and a file that cannot be written changes no reply.
func TestRecordTogether(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	}))
	defer server.Close()
	var record bytes.Buffer
	recorder := NewRecorder(&record, time.Now)
	var group sync.WaitGroup
	for range 4 {
		c := open(t, Options{Record: recorder})
		for range 4 {
			group.Go(func() {
				for i := range 20 {
					if r, err := c.Post(t.Context(), server.URL, strings.Repeat("y", 100*i)); err != nil ||
						len(r.Body) != 100*i+3 {
						t.Errorf("%d bytes, %v", len(r.Body), err)
					}
				}
			})
		}
	}
	group.Wait()
	got := lines(t, record.String())
	for _, e := range got {
		if e.Request != e.Reply || e.RequestBytes != e.ReplyBytes {
			t.Errorf("%d bytes were sent back as %d", e.RequestBytes, e.ReplyBytes)
		}
	}
	if len(got) != 320 || recorder.Err() != nil {
		t.Errorf("%d lines, %v", len(got), recorder.Err())
	}
	full := NewRecorder(fullDisk{}, time.Now)
	c := open(t, Options{Record: full})
	if r, err := c.Post(t.Context(), server.URL, 7); err != nil || string(r.Body) != "7\n" ||
		!errors.Is(full.Err(), io.ErrShortWrite) {
		t.Errorf("with a full disk: %q, %v; recorder says %v", r.Body, err, full.Err())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// A record is told from what other programs write, wherever its first line was cut off.
func TestIsRecord(t *testing.T) {
	line := `{"time":"2026-01-02T03:04:05Z","method":"POST","url":"http://localhost:1/completion","attempt":1,"seconds":0.1}` + "\n"
	for n := range len(line) + 1 {
		if !IsRecord(line[:n]) {
			t.Errorf("%q is a record", line[:n])
		}
	}
	for _, other := range []string{"x", "{}\n", `{"time":1,"level":"info"}`, `{"time":"2026","level":"info","msg":"m"}`, `{"time":"2026"}`,
		`{"time":"2026","method":"GET","path":"/"}`, `{"time":"2026","method":"GET","url":"/","status":200}`, `{"Time":"2026"`} {
		if IsRecord(other) {
			t.Errorf("%q is no record", other)
		}
	}
}
