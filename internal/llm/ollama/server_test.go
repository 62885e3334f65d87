//go:build unix

package ollama

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"sdmap/internal/llm/inprocess"
	"sdmap/internal/llm/remote"
	"sdmap/internal/testenv"
)

const planted = "../../../studies/planted/models/"

// server is a running `ollama serve` with models of its own.
type server struct {
	program, dir, address string
	process               *exec.Cmd
}

// shared is the server of all tests that leave it running. TestMain stops it.
var shared struct {
	once   sync.Once
	server *server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s := shared.server; s != nil {
		s.stop()
		os.RemoveAll(s.dir)
	}
	os.Exit(code)
}

func sharedServer(t *testing.T) *server {
	t.Helper()
	program := testenv.Program(t, "ollama", "ollama")
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "sdmap-ollama-")
		if err != nil {
			shared.err = err
			return
		}
		shared.server = &server{program: program, dir: dir}
		shared.err = shared.server.start()
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// ownServer is for tests that stop it.
func ownServer(t *testing.T) *server {
	t.Helper()
	s := &server{program: testenv.Program(t, "ollama", "ollama"), dir: t.TempDir()}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

// start runs the server at its address, a new one at first, and waits until it answers.
func (s *server) start() error {
	if s.address == "" {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.address = listener.Addr().String()
		listener.Close()
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.Command(s.program, "serve")
	s.process.Env = append(os.Environ(), "HOME="+s.dir, "OLLAMA_HOST="+s.address, "OLLAMA_MODELS="+filepath.Join(s.dir, "models"),
		"OLLAMA_NUM_PARALLEL=1", "OLLAMA_FLASH_ATTENTION=0", "OLLAMA_NO_CLOUD=0")
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its runners go with it, also when it is killed
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(s.url() + "/api/version")
		if err == nil {
			resp.Body.Close()
			return nil
		}
	}
	s.stop()
	said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return fmt.Errorf("ollama serve does not answer within a minute; it said:\n%s", said)
}

func (s *server) stop() { s.end(syscall.SIGTERM) }

func (s *server) end(signal syscall.Signal) {
	if s.process == nil {
		return
	}
	syscall.Kill(-s.process.Process.Pid, signal)
	s.process.Wait()
	s.process = nil
}

func (s *server) url() string { return "http://" + s.address }

// create gives the server a model: a GGUF file, and what change sets beside it.
func (s *server) create(t *testing.T, name, path string, change func(*api.CreateRequest)) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	base, _ := url.Parse(s.url())
	client := api.NewClient(base, http.DefaultClient)
	if err := client.CreateBlob(t.Context(), digest, strings.NewReader(string(data))); err != nil {
		t.Fatal(err)
	}
	req := api.CreateRequest{Model: name, Files: map[string]string{"model.gguf": digest}}
	if change != nil {
		change(&req)
	}
	if err := client.Create(t.Context(), &req, func(api.ProgressResponse) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func httpClient(t *testing.T, o remote.Options) *http.Client {
	t.Helper()
	c, err := remote.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c.HTTP
}

func openBlob(path string) (Blob, error) {
	d, err := inprocess.Open(path)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// options are those of tests: one thread, and the engine of this process for blobs.
func options(t *testing.T, url, name string) Options {
	return Options{URL: url, HTTP: httpClient(t, remote.Options{Wait: 20 * time.Second}), Model: name, OpenBlob: openBlob,
		Threads: 1}
}

func open(t *testing.T, o Options) *Driver {
	t.Helper()
	d, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// refused is the text of the error with which o cannot be opened.
func refused(t *testing.T, o Options) string {
	t.Helper()
	d, err := Open(context.WithoutCancel(t.Context()), o)
	if err == nil {
		d.Close()
		t.Errorf("%+v opens", o)
		return ""
	}
	return err.Error()
}
