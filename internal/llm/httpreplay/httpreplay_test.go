package httpreplay

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// spy hears what a test would fail with.
type spy struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (s *spy) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, fmt.Sprintf(format, args...))
}

func (s *spy) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, "\n")
}

// real is a server that tells a path, counts what it is asked, and repeats the key that it gets where it is asked to.
func real(t *testing.T, dir string) Server {
	var n atomic.Int64
	live := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked, _ := io.ReadAll(req.Body)
		switch req.URL.Path {
		case "/echo":
			fmt.Fprintf(w, "%q", req.Header.Get("Authorization"))
		case "/absent":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintln(w, "no such thing")
		default:
			fmt.Fprintf(w, `{"model": %q, "asked": %d, "text": %q, "score": -1.2345678806304932, "n": [1, 2.0]}`,
				dir+"/m.gguf", n.Add(1), asked)
		}
	}))
	t.Cleanup(live.Close)
	return Server{File: filepath.Join(t.TempDir(), "replay", "it.txt"), Paths: map[string]string{"models": dir}, Drop: []string{"asked"},
		Start: func(testing.TB) (string, map[string]string) { return live.URL, nil }}
}

// ask sends a request with a key.
func post(t *testing.T, address, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer open-sesame")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}

// whileRecording runs a test as under -record.
func whileRecording(t *testing.T, run func(t *testing.T)) {
	*recording = true
	defer func() { *recording = false }()
	t.Run("recording", run)
}

// What was recorded is served again: equal JSON is an equal request, the paths are those of here, and neither keys nor paths
// get into the file.
func TestServesWhatWasSaid(t *testing.T) {
	s := real(t, "/far/away")
	whileRecording(t, func(t *testing.T) {
		url := s.Serve(t)
		for _, body := range []string{`{"a": 1, "b": "<é>"}`, `{"a": 2}`, `{"a":1,"b":"<é>"}`} {
			if status, said := post(t, url+"/x?y=1", body); status != 200 || !strings.Contains(said, `"/far/away/m.gguf"`) {
				t.Errorf("the real server says %d %s", status, said)
			}
		}
		post(t, url+"/absent", "")
	})
	data, err := os.ReadFile(s.File)
	if err != nil || strings.Contains(string(data), "sesame") || strings.Contains(string(data), "far/away") {
		t.Errorf("%v, the file is\n%s", err, data)
	}
	s.Paths["models"] = "/here"
	url := s.Serve(t)
	const want = `{"model":"/here/m.gguf","n":[1,2],"score":-1.2345679,"text":"{\"a\": 1, \"b\": \"<é>\"}"}` + "\n"
	if status, said := post(t, url+"/x?y=1", `{"b":"<é>","a":1}`); status != 200 || said != want {
		t.Errorf("it says %d %s; want %s", status, said, want)
	}
	if status, said := post(t, url+"/absent", ""); status != 404 || said != "no such thing\n" {
		t.Errorf("it says %d %s", status, said)
	}
}

func TestUnknownRequestsFail(t *testing.T) {
	s := real(t, "/far")
	whileRecording(t, func(t *testing.T) { post(t, s.Serve(t)+"/x", "{}") })
	spied := &spy{TB: t}
	url := s.Serve(spied)
	if status, _ := post(t, url+"/x", `{"prompt":"other"}`); status != 404 || !strings.Contains(spied.all(), s.File) ||
		!strings.Contains(spied.all(), `POST /x`) || !strings.Contains(spied.all(), `{"prompt":"other"}`) ||
		!strings.Contains(spied.all(), "-record") {
		t.Errorf("an unknown request gets %d, and the test fails with %q", status, spied.all())
	}
}

func TestKeysAndHomesAreNotWritten(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	for what, s := range map[string]Server{"/echo": real(t, "/far"), "/x": real(t, home+"/models")} {
		s.Paths = nil
		spied := &spy{TB: t}
		whileRecording(t, func(t *testing.T) {
			spied.TB = t
			post(t, s.Serve(spied)+what, "{}")
		})
		if _, err := os.Stat(s.File); err == nil || !strings.Contains(spied.all(), "is not written") {
			t.Errorf("%s: %v, %s", what, err, spied.all())
		}
	}
}

// Where only some tests record, what others recorded stays; an answer of this run takes the place of an older one.
func TestRecordingSomeKeepsOthers(t *testing.T) {
	k := func(body string) key { return key{"POST", "/x", body + "\n"} }
	a := func(text string) answer { return answer{200, read([]byte(text))} }
	r := &record{before: exchanges{k("1"): a(`"old"`), k("2"): a(`"old"`)}, said: exchanges{k("2"): a(`"new"`)}}
	file := filepath.Join(t.TempDir(), "it.txt")
	r.write(t, file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(data)
	if err != nil || len(got) != 2 || got[k("1")].reply.value != "old" || got[k("2")].reply.value != "new" {
		t.Errorf("%v, %v", got, err)
	}
}
