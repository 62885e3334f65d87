package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sdmap/internal/address"
	"sdmap/internal/cas"
	"sdmap/internal/llm/remote"
)

// content is a file of n bytes, another one for every seed.
func content(n int, seed uint64) []byte {
	out := make([]byte, n)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range out {
		out[i] = byte(random.Uint32())
	}
	return out
}

func digestOf(data []byte) string { is := sha256.Sum256(data); return hex.EncodeToString(is[:]) }

// world is a store, and what was said.
type world struct {
	*Fetcher
	t     *testing.T
	store *cas.Store
	said  []string
	seen  []Progress
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := cas.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	w := &world{t: t, store: store}
	w.Fetcher = &Fetcher{Store: store, Most: 1 << 30, Now: time.Now, pause: time.Millisecond,
		Say:      func(format string, args ...any) { w.said = append(w.said, fmt.Sprintf(format, args...)) },
		Progress: func(p Progress) { w.seen = append(w.seen, p) }}
	return w
}

func (w *world) file(url string, data []byte) File {
	w.t.Helper()
	a, err := address.Parse(url)
	if err != nil {
		w.t.Fatal(err)
	}
	return File{a, digestOf(data)}
}

// gets wants the file to arrive.
func (w *world) gets(url string, data []byte) {
	w.t.Helper()
	here, digest, err := w.Get(w.t.Context(), w.file(url, data))
	if err != nil {
		w.t.Fatalf("%v (%q)", err, w.said)
	}
	got, err := os.ReadFile(here.Path)
	if err != nil || !bytes.Equal(got, data) || digest != digestOf(data) || here.Size != int64(len(data)) {
		w.t.Fatalf("%d bytes at %s, %v; want %d", len(got), here.Path, err, len(data))
	}
	if found, ok := w.Find(digest); !ok || found.Path != here.Path {
		w.t.Fatalf("%+v is not found again", here)
	}
}

// fails wants an error that says all that is wanted, and what it leaves in the store.
func (w *world) fails(file File, left int, want ...string) {
	w.t.Helper()
	_, _, err := w.Get(w.t.Context(), file)
	text := fmt.Sprint(err)
	if f, ok := errors.AsType[Failed](err); ok {
		text += " " + f.Remedy
	}
	for _, part := range want {
		if err == nil || !strings.Contains(text, part) {
			w.t.Errorf("%q; want %q", text, part)
		}
	}
	if _, ok := w.Find(file.Digest); ok {
		w.t.Error("it is found all the same")
	}
	if names, _ := filepath.Glob(filepath.Join(w.store.Dir(), "arriving", "*")); len(names) != left {
		w.t.Errorf("left in the store: %v; want %d", names, left)
	}
}

// serve runs a server for the test.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// whole serves data as file servers do, with an ETag and ranges.
func whole(data []byte, tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "x", time.Time{}, bytes.NewReader(data))
	}
}

// cutting ends every answer after so many bytes, and notes what it was asked for.
func cutting(after int, then http.HandlerFunc, asked *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.Header.Get("Range"))
		then(&cut{w, after}, r)
	}
}

type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) > c.left {
		c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

func TestWhole(t *testing.T) {
	data := content(1<<20, 1)
	calls := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { calls++; whole(data, `"a"`)(w, r) })
	w := newWorld(t)
	w.gets(s.URL+"/a", data)
	w.gets(s.URL+"/b", data) // the digest counts, not where it lies
	if calls != 1 {
		t.Errorf("%d requests", calls)
	}
	if last := w.seen[len(w.seen)-1]; !last.Final {
		t.Errorf("%+v", last)
	}
	empty := serve(t, whole(nil, `"e"`))
	w.gets(empty.URL+"/none", nil)
}

func TestWithoutLength(t *testing.T) {
	data := content(300<<10, 2)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for part := data; len(part) > 0; part = part[100<<10:] {
			w.Write(part[:100<<10])
			w.(http.Flusher).Flush()
		}
	})
	newWorld(t).gets(s.URL+"/a", data)
}

func TestCutAndResumed(t *testing.T) {
	data := content(1<<20, 3)
	var asked []string
	s := serve(t, cutting(300<<10, whole(data, `"a"`), &asked))
	newWorld(t).gets(s.URL+"/a", data)
	if len(asked) != 4 || asked[0] != "" {
		t.Fatalf("%q", asked)
	}
	before := -1
	for _, r := range asked[1:] {
		from, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r, "bytes="), "-"))
		if err != nil || from <= before {
			t.Errorf("%q", asked)
		}
		before = from
	}
}

// A download that was interrupted goes on in the next process, from what had arrived.
func TestInterruptedAndResumed(t *testing.T) {
	data := content(1<<20, 4)
	var asked []string
	var mu sync.Mutex
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Header.Get("Range"))
		first := len(asked) == 1
		if !first && r.Header.Get("If-Range") != `"a"` {
			t.Errorf("the rest is asked for if %q", r.Header.Get("If-Range"))
		}
		mu.Unlock()
		if !first {
			whole(data, `"a"`)(w, r)
			return
		}
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data[:len(data)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done() // slow, without end
	})
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.Progress = func(p Progress) {
		if p.Done == int64(len(data)/2) {
			cancel()
		}
	}
	w.Now = func() func() time.Time { // every word about progress is told
		now := time.Unix(0, 0)
		return func() time.Time { now = now.Add(time.Second); return now }
	}()
	if _, _, err := w.Get(ctx, w.file(s.URL+"/a", data)); !IsInterrupted(err) {
		t.Fatal(err)
	}
	w.Progress = nil
	w.gets(s.URL+"/a", data)
	if len(asked) != 2 || asked[1] != fmt.Sprintf("bytes=%d-", len(data)/2) {
		t.Errorf("%q", asked)
	}
}

func TestStalled(t *testing.T) {
	data := content(1<<10, 5)
	first := true
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			w.Header().Set("Content-Length", "1024")
			w.Write(data[:100])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		whole(data, `"a"`)(w, r)
	})
	w := newWorld(t)
	w.stall = 50 * time.Millisecond
	w.gets(s.URL+"/a", data)
}

func TestWithoutRange(t *testing.T) {
	data := content(1<<20, 6)
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		if n == 1 {
			(&cut{w, 1000}).Write(data)
		}
		w.Write(data)
	})
	newWorld(t).gets(s.URL+"/a", data)
	if n != 2 {
		t.Errorf("%d requests", n)
	}
}

// Where the file changes between two parts, the ETag tells and it is fetched anew; a server that does not tell is found out.
func TestChangedBetweenParts(t *testing.T) {
	old, data := content(1<<20, 7), content(1<<20, 8)
	for name, tags := range map[string][2]string{"tags": {`"old"`, `"new"`}, "one tag": {`"same"`, `"same"`}} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n++; n == 1 {
					whole(old, tags[0])(&cut{w, 1 << 19}, r)
				}
				whole(data, tags[1])(w, r)
			})
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			w.pause = time.Hour
			go func() {
				for w.arrived() < 1<<18 {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			w.Get(ctx, w.file(s.URL+"/a", data))
			w.pause = time.Millisecond
			w.gets(s.URL+"/a", data)
		})
	}
}

func (w *world) arrived() (size int64) {
	names, _ := filepath.Glob(filepath.Join(w.store.Dir(), "arriving", "*"))
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			size = max(size, info.Size())
		}
	}
	return size
}

func TestWrongDigest(t *testing.T) {
	data, other := content(1000, 9), content(1000, 10)
	s := serve(t, whole(other, `"a"`))
	w := newWorld(t)
	w.fails(w.file(s.URL+"/a", data), 0, digestOf(other), digestOf(data), "kept nowhere", "write sha256")
}

// What is sent packed is not unpacked: with the digest of the packed bytes it is kept, with another the error tells.
func TestPackedIsNotUndone(t *testing.T) {
	data := content(1000, 11)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("asks for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(data)
	})
	w := newWorld(t)
	w.gets(s.URL+"/a", data)
	w.fails(w.file(s.URL+"/a", []byte("unpacked")), 0, "Content-Encoding: gzip", "not undone")
}

func TestTooLarge(t *testing.T) {
	data := content(100<<10, 12)
	for name, handler := range map[string]http.HandlerFunc{
		"said": whole(data, `"a"`),
		"unsaid": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(data); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, handler)
			w := newWorld(t)
			w.Most = 50 << 10
			file := w.file(s.URL+"/a", data)
			w.fails(file, 2, "larger than", "fetch_gb")
			if n := w.arrived(); n > 100 {
				t.Errorf("%d bytes are left", n)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	data := content(1000, 13)
	here := serve(t, whole(data, `"a"`))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/loop": "/loop", "/other": "https://cdn.example/x?X-Signature=secret",
			"/plain": "http://cdn.example/x",
			"/file":  "file:///etc/passwd", "/here": here.URL + "/x", "/named": "https://user:secret@cdn.example/x"}[r.URL.Path]
		http.Redirect(w, r, to, http.StatusFound)
	})
	w := newWorld(t)
	w.gets(s.URL+"/here", data)
	data = content(1000, 14)
	for path, want := range map[string]string{"/loop": "in circles", "/other": `allow_hosts = [..., "cdn.example"]`,
		"/plain": "does not allow", "/file": "does not allow", "/named": "does not allow"} {
		w.fails(w.file(s.URL+path, data), 1, want)
		if _, _, err := w.Get(t.Context(), w.file(s.URL+path, data)); strings.Contains(fmt.Sprintf("%+v", err), "secret") {
			t.Errorf("%s tells a key: %v", path, err)
		}
	}
	w.AllowHosts = []string{"cdn.example"}
	w.fails(w.file(s.URL+"/plain", data), 1, "http://")
}

// hub is a network in which every host is one server with TLS, as far as names go.
func hub(t *testing.T, handler http.HandlerFunc) http.RoundTripper {
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	network := s.Client().Transport.(*http.Transport).Clone()
	network.TLSClientConfig.ServerName = "example.com" // what the server's certificate is for
	network.DialContext = dialling(s.Listener.Addr())
	return network
}

// The hub's key is the hub's: its own redirects keep it, those to other hosts and to parts of the hub do not.
func TestToken(t *testing.T) {
	data := content(1000, 15)
	got := map[string]string{}
	network := hub(t, func(w http.ResponseWriter, r *http.Request) {
		got[r.Host+r.URL.Path] = r.Header.Get("Authorization") + r.Header.Get("Referer")
		switch r.Host + r.URL.Path {
		case "huggingface.co/datasets/o/n/resolve/main/x":
			http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
		case "huggingface.co/again":
			http.Redirect(w, r, "https://cdn.huggingface.co/x?signed=secret", http.StatusFound)
		case "cdn.huggingface.co/x":
			http.Redirect(w, r, "https://other.example/x", http.StatusFound)
		default:
			whole(data, `"a"`)(w, r)
		}
	})
	w := newWorld(t)
	w.Network, w.Token = network, "hf_key\n"
	w.AllowHosts = []string{"huggingface.co", "cdn.huggingface.co"}
	file := w.file("hf://datasets/o/n@main/x", data)
	w.fails(file, 1, "cdn.huggingface.co redirects to other.example", `"other.example"`)
	w.AllowHosts = append(w.AllowHosts, "other.example")
	w.gets(file.Address.Text, data)
	for at, key := range map[string]string{"huggingface.co/datasets/o/n/resolve/main/x": "Bearer hf_key",
		"huggingface.co/again": "Bearer hf_key", "cdn.huggingface.co/x": "", "other.example/x": ""} {
		if got[at] != key {
			t.Errorf("%s gets %q, want %q", at, got[at], key)
		}
	}
	err := filepath.WalkDir(w.store.Dir(), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("hf_key")) || bytes.Contains(text, []byte("secret")) {
			t.Errorf("%s holds a key", path)
		}
		return err
	})
	if err != nil || strings.Contains(fmt.Sprint(w.said), "hf_key") {
		t.Error(err, w.said)
	}
}

func TestAnotherMachineDoesNotLeadHere(t *testing.T) {
	asked := false
	inside := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	w := newWorld(t)
	w.AllowHosts = []string{"example.org"}
	w.Network = hub(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL+"/admin", http.StatusFound)
	})
	w.fails(w.file("https://example.org/x", nil), 1, "redirects to this machine")
	if asked {
		t.Error("it was asked")
	}
}

func TestRefusals(t *testing.T) {
	for code, want := range map[int]string{404: "its revision", 401: "SDMAP_MIRROR", 403: "SDMAP_MIRROR", 418: "in a browser",
		503: "no usable answer"} {
		n := 0
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { n++; w.WriteHeader(code) })
		w := newWorld(t)
		w.fails(w.file(s.URL+"/a", nil), 1, strconv.Itoa(code), want)
		if again := n > 1; again != (code == 503) {
			t.Errorf("%d: asked %d times", code, n)
		}
	}
	w := newWorld(t)
	w.fails(w.file("http://127.0.0.1:1/a", nil), 1, "no usable answer from http://127.0.0.1:1:")
	_, _, err := w.Get(t.Context(), w.file("http://127.0.0.1:1/a", nil))
	if _, gone := errors.AsType[remote.Unreachable](err); !gone {
		t.Errorf("%v", err)
	}
	w.fails(w.file("https://example.org/a", nil), 1, "not this machine", "allow_hosts")
}

// Whoever wants a file that another process fetches waits for it, and asks nobody.
func TestOneAtATime(t *testing.T) {
	data := content(1<<20, 16)
	var mu sync.Mutex
	calls := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls++
		mu.Unlock()
		time.Sleep(20 * time.Millisecond)
		whole(data, `"a"`)(w, r)
	})
	w := newWorld(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			other, err := cas.Open(w.store.Dir()) // as another process would
			if err != nil {
				t.Error(err)
				return
			}
			defer other.Close()
			f := &Fetcher{Store: other, Most: 1 << 30, Now: time.Now, Say: func(string, ...any) {}}
			if _, _, err := f.Get(t.Context(), w.file(s.URL+"/a", data)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if calls != 1 {
		t.Errorf("%d requests", calls)
	}
}

// nobody is a network that must not be asked.
type nobody struct{ t *testing.T }

func (n nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s is asked", r.URL)
	return nil, errors.New("no network")
}

func TestMirror(t *testing.T) {
	data := content(1000, 17)
	s := serve(t, whole(data, `"a"`))
	w := newWorld(t)
	file := w.file(s.URL+"/a", data)
	here, digest, err := w.Get(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "a", "mirror")
	for _, want := range []bool{true, false} {
		if missing, err := w.MirrorTo(dir, digest, here); err != nil || missing != want {
			t.Errorf("missing %v, %v", missing, err)
		}
	}
	other := newWorld(t)
	other.Mirror, other.Network = dir, nobody{t}
	found, _, err := other.Get(t.Context(), file)
	if err != nil || !found.Mirror || found.Path != filepath.Join(dir, digest) {
		t.Errorf("%+v, %v", found, err)
	}
	if names, _ := filepath.Glob(filepath.Join(other.store.Dir(), "outputs", "*", "*")); len(names) != 0 {
		t.Errorf("copied: %v", names)
	}
	if err := errors.Join(os.Remove(found.Path), os.WriteFile(found.Path, []byte("damaged"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, ok := other.Find(digest); ok || !strings.Contains(fmt.Sprint(other.said), "damaged") {
		t.Errorf("a damaged file of the mirror is used: %q", other.said)
	}
	if missing, err := w.MirrorTo(dir, digest, here); err != nil || !missing {
		t.Errorf("the damaged file stays: %v, %v", missing, err)
	}
	if _, ok := other.Find(digest); !ok {
		t.Error("the mended file is not used")
	}
}

func TestDamagedInTheStore(t *testing.T) {
	data := content(1000, 18)
	s := serve(t, whole(data, `"a"`))
	w := newWorld(t)
	w.gets(s.URL+"/a", data)
	here, _ := w.Find(digestOf(data))
	if err := os.WriteFile(here.Path, content(1000, 19), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Find(digestOf(data)); ok {
		t.Error("damaged content is used")
	}
	w.gets(s.URL+"/a", data)
}

// A digest can be learned from the file.
func TestLearn(t *testing.T) {
	data := content(1000, 20)
	s := serve(t, whole(data, `"a"`))
	w := newWorld(t)
	file := w.file(s.URL+"/a", data)
	file.Digest = ""
	if _, digest, err := w.Get(t.Context(), file); err != nil || digest != digestOf(data) {
		t.Errorf("%s, %v", digest, err)
	}
	if _, ok := w.Find(digestOf(data)); !ok {
		t.Error("what was learned is not here")
	}
	if n, err := w.Size(t.Context(), file.Address); n != 1000 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A store whose disk is full says so, keeps what it has, and goes on from there.
func TestFull(t *testing.T) {
	data := content(1<<20, 21)
	s := serve(t, whole(data, `"a"`))
	dir, full := filepath.Join(t.TempDir(), "store"), true
	written := 0
	store, err := cas.OpenWith(dir, cas.Hooks{Before: func(op, name string) error {
		if written++; full && op == "write" && strings.HasPrefix(name, "arriving/") && written > 20 {
			return &os.PathError{Op: op, Path: name, Err: errNoSpace}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.Store, w.store = store, store
	_, _, err = w.Get(t.Context(), w.file(s.URL+"/a", data))
	if _, is := errors.AsType[*cas.Unwritable](err); !is || !strings.Contains(err.Error(), "Make room") {
		t.Fatalf("%v", err)
	}
	full = false
	w.gets(s.URL+"/a", data)
}

// gc keeps what a study names, on its way too.
func TestCollected(t *testing.T) {
	data := content(1<<20, 22)
	s := serve(t, whole(data, `"a"`))
	w := newWorld(t)
	file := w.file(s.URL+"/a", data)
	id := cas.IDOf(Kept(file.Digest).Description)
	a, err := w.store.Arriving(id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write(data[:1000]); err != nil {
		t.Fatal(err)
	}
	a.Close()
	later := time.Now().Add(time.Hour)
	collect := func(keep bool) {
		if _, err := w.store.GC(func(is cas.ActionID) bool { return keep && is == id }, later, false); err != nil {
			t.Fatal(err)
		}
	}
	if collect(true); w.arrived() != 1000 {
		t.Error("what arrived is gone")
	}
	w.gets(s.URL+"/a", data)
	collect(true)
	if _, ok := w.Find(file.Digest); !ok {
		t.Error("the file is gone")
	}
	collect(false)
	if _, ok := w.Find(file.Digest); ok {
		t.Error("the file stays")
	}
}

// A slow server takes its time and is not left.
func TestSlow(t *testing.T) {
	data := content(1000, 23)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range data {
			if i%100 == 0 {
				time.Sleep(5 * time.Millisecond)
				w.(http.Flusher).Flush()
			}
			w.Write(data[i : i+1])
		}
	})
	newWorld(t).gets(s.URL+"/a", data)
}

var _ io.Writer = (*cas.Arriving)(nil)
