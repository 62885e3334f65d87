package llamacpp

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sdmap/internal/gguf"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/llm/remote"
	"sdmap/internal/testenv"
)

const planted = "../../../studies/planted/models/"

// exact are the arguments by which a server rounds as little as it can.
var exact = []string{"-t", "1", "-tb", "1", "-fa", "off", "-ctk", "f32", "-ctv", "f32"}

// process is a llama-server that a test started.
type process struct {
	url  string
	args []string
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
	log  string        // file
}

// serve starts a llama-server with the model at path and stops it with the test.
func serve(t testing.TB, path string, args ...string) *process {
	t.Helper()
	testenv.Program(t, "llama-server", "llama-server")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{url: fmt.Sprintf("http://127.0.0.1:%d", port), log: filepath.Join(t.TempDir(), "server.log")}
	p.args = append([]string{"-m", path, "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--no-ui"}, args...)
	p.start(t)
	t.Cleanup(p.kill)
	p.ready(t)
	return p
}

func (p *process) start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command("llama-server", p.args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd, gone := p.cmd, make(chan struct{})
	p.gone = gone
	go func() { cmd.Wait(); close(gone) }()
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.gone
}

// ready waits until the server has loaded its model.
func (p *process) ready(t testing.TB) {
	t.Helper()
	dead := false
	for range 600 {
		if resp, err := http.Get(p.url + "/health"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.gone:
			dead = true
		case <-time.After(100 * time.Millisecond):
		}
		if dead {
			break
		}
	}
	log, _ := os.ReadFile(p.log)
	t.Fatalf("llama-server %s does not get ready:\n%s", strings.Join(p.args, " "), log)
}

// quantize writes a copy of the model at path with another type of weights.
func quantize(t testing.TB, path, typ string) string {
	t.Helper()
	program := testenv.Program(t, "llama-quantize", "llama-quantize")
	to := filepath.Join(t.TempDir(), strings.ToLower(typ)+"-"+filepath.Base(path))
	if out, err := exec.Command(program, "--allow-requantize", path, to, typ, "1").CombinedOutput(); err != nil {
		t.Fatalf("llama-quantize: %v\n%s", err, out)
	}
	return to
}

func digest(path string) (string, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Digest()
}

func open(t testing.TB, urls ...string) *Driver {
	t.Helper()
	d, err := Open(context.Background(), Options{URLs: urls, Digest: digest, Now: time.Now,
		Remote: remote.Options{Log: func(m string) { t.Log(m) }}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inProcess opens the model at path in this process.
func inProcess(t testing.TB, path string) *inprocess.Driver {
	t.Helper()
	d, err := inprocess.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}
