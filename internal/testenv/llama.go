package testenv

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// LlamaServer runs llama-server with the model file, on one thread and a free port of this machine, until the test ends,
// and returns its address once it is ready.
func LlamaServer(t testing.TB, model string, args ...string) (address string) {
	t.Helper()
	program := Program(t, "llama-server", "llama-server")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	log := &lockedBuffer{}
	server := exec.Command(program, append([]string{"-m", model, "--host", "127.0.0.1", "--port", fmt.Sprint(port),
		"-t", "1", "-tb", "1", "-np", "1", "--no-warmup"}, args...)...)
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() {
		server.Process.Kill()
		<-ended
	})
	address = fmt.Sprintf("http://127.0.0.1:%d", port)
	for range 2400 { // two minutes
		time.Sleep(50 * time.Millisecond)
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("llama-server ends: %v\n%s", err, log)
		default:
		}
		if reply, err := http.Get(address + "/health"); err == nil {
			reply.Body.Close()
			if reply.StatusCode == http.StatusOK {
				return address
			}
		}
	}
	t.Fatalf("llama-server does not become ready\n%s", log)
	return ""
}

// lockedBuffer may be read while a program still writes to it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
