package httpreplay

import (
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// record is what is heard in this run for one file, by all tests that share it.
type record struct {
	mu      sync.Mutex
	before  exchanges // in the file, where only some tests are run: the others are not asked now
	said    exchanges
	secrets []string // what must not be in the file
}

var records = struct {
	mu   sync.Mutex
	byOf map[string]*record
}{byOf: map[string]*record{}}

// recordOf is the record of a file. What is not asked any more leaves the file, unless only some tests are run.
func recordOf(t testing.TB, file string) *record {
	t.Helper()
	records.mu.Lock()
	defer records.mu.Unlock()
	if r := records.byOf[file]; r != nil {
		return r
	}
	r := &record{said: exchanges{}, secrets: []string{os.TempDir()}}
	if home, err := os.UserHomeDir(); err == nil {
		r.secrets = append(r.secrets, home)
	}
	if only := flag.Lookup("test.run"); only != nil && only.Value.String() != "" {
		if data, err := os.ReadFile(file); err == nil {
			if r.before, err = parse(data); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
	}
	records.byOf[file] = r
	return r
}

// record starts the real server, and one in front of it that hands on what both say and keeps it.
func (s Server) record(t testing.TB) (address string) {
	t.Helper()
	r := recordOf(t, s.File)
	real, paths := s.Start(t)
	if paths == nil {
		paths = s.Paths
	}
	t.Cleanup(func() { r.write(t, s.File) }) // after the last answer
	return s.behind(t, func(w http.ResponseWriter, req *http.Request, asked []byte) {
		authorization := req.Header.Get("Authorization")
		status, said, err := ask(req.Method, real+req.URL.RequestURI(), authorization, asked)
		if err != nil {
			t.Errorf("%s %s: %v", req.Method, req.URL.Path, err)
			return
		}
		k, a := keyOf(req, asked, paths), answer{status, read(said).unnamed(paths).without(s.Drop)}
		r.keep(k, a, authorization)
		send(w, status, said)
	})
}

func (r *record) keep(k key, a answer, authorization string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.said[k]; !known {
		r.said[k] = a
	}
	if _, secret, ok := strings.Cut(authorization, " "); ok {
		r.secrets = append(r.secrets, secret)
	}
}

// write writes the file, unless it would tell what nobody should learn from it, or the test has failed.
func (r *record) write(t testing.TB, file string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := maps.Clone(r.said)
	for k, a := range r.before {
		if _, known := all[k]; !known {
			all[k] = a
		}
	}
	data := all.bytes()
	for _, secret := range r.secrets {
		if len(secret) > 1 && strings.Contains(string(data), secret) {
			t.Errorf("%s is not written: it would have %q of this machine in it", file, secret)
			return
		}
	}
	if again, err := parse(data); err != nil || len(again) != len(all) {
		t.Errorf("%s is not written: it could not be read again: %v", file, err)
		return
	}
	if t.Failed() {
		return
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Error(err)
	} else if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Error(err)
	}
}
