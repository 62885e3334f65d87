//go:build unix

package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

const secret = "sk-of-the-llama-server"

// keyedServer is a llama-server that wants the key.
func keyedServer(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(plantedDir + "models/m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	return testenv.LlamaServer(t, path, "-c", "256", "-fa", "off", "-ctk", "f32", "-ctv", "f32", "--no-ui", "--api-key", secret)
}

// holding lists the files below a folder that hold the secret.
func holding(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkKeys runs the study without a key, with a wrong one and with the right one, which option names.
func checkKeys(t *testing.T, file, address, option string) {
	t.Helper()
	e, _, _ := env(t)
	store, out, key := t.TempDir(), filepath.Join(t.TempDir(), "out"), ""
	e.Getenv = func(name string) string {
		if name == "LLAMA_KEY" {
			return key
		}
		return ""
	}
	expect := func(code int, what string, words ...string) {
		t.Helper()
		got, said := typed(t, e, store, "run", "-o", out, file)
		if got != code {
			t.Errorf("%s: exit code %d: %s", what, got, said)
		}
		for _, w := range words {
			if !strings.Contains(said, w) {
				t.Errorf("%s: said %s; want %q", what, said, w)
			}
		}
		if strings.Contains(said, secret) {
			t.Errorf("%s: the key is said: %s", what, said)
		}
	}
	expect(exitStudy, "without a key", "Invalid API Key", fmt.Sprintf("such as %s = \"SDMAP_KEY\"", option), address)
	rewritten(t, file, "# key", fmt.Sprintf("%s = \"LLAMA_KEY\"", option))
	expect(exitStudy, "with an empty variable",
		"the environment variable LLAMA_KEY, which is to hold the server's key, is not set")
	key = "another"
	expect(exitStudy, "with another key", "the environment variable LLAMA_KEY, which "+option+
		" names, has to hold a key that it takes")
	key = secret
	expect(exitOK, "with the key")
	for _, dir := range []string{store, out} {
		if found := holding(t, dir); len(found) > 0 {
			t.Errorf("the key is in %q", found)
		}
	}
}

func TestKeyOfLlamaServer(t *testing.T) {
	address := keyedServer(t)
	file := fronted(t, address)
	rewritten(t, file, fmt.Sprintf("url = %q", address), fmt.Sprintf("url = %q\n# key", address))
	checkKeys(t, file, address, "key_env")
}

// The llama-server that measures the weights of an Ollama model has a key of its own.
func TestKeyOfMeasuringServer(t *testing.T) {
	ollama, address := ollamaServer(t, "m01"), keyedServer(t)
	file := fronted(t, address)
	rewritten(t, file, fmt.Sprintf("backend = \"llamacpp\"\nurl = %q", address),
		fmt.Sprintf("backend = \"ollama\"\nmodel = \"m01\"\nurl = %q\nserver = %q\n# key", ollama, address))
	checkKeys(t, file, address, "server_key_env")
}

// ollamaServer runs Ollama with a planted model and gives its address.
func ollamaServer(t *testing.T, model string) string {
	t.Helper()
	program := testenv.Program(t, "ollama", "ollama")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, dir := listener.Addr().String(), t.TempDir()
	listener.Close()
	server := exec.Command(program, "serve")
	server.Env = append(os.Environ(), "HOME="+dir, "OLLAMA_HOST="+host, "OLLAMA_MODELS="+filepath.Join(dir, "models"),
		"OLLAMA_NUM_PARALLEL=1")
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its runners end with it
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-server.Process.Pid, syscall.SIGTERM)
		server.Wait()
	})
	address := "http://" + host
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if reply, err := http.Get(address + "/api/version"); err == nil {
			reply.Body.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("ollama serve does not answer within a minute")
		}
	}
	data, err := os.ReadFile(plantedDir + "models/" + model + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	post(t, address+"/api/blobs/"+digest, data)
	create, err := json.Marshal(map[string]any{"model": model, "files": map[string]string{"model.gguf": digest}, "stream": false})
	if err != nil {
		t.Fatal(err)
	}
	post(t, address+"/api/create", create)
	return address
}

func post(t *testing.T, address string, body []byte) {
	t.Helper()
	reply, err := http.Post(address, "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode >= 300 {
		t.Fatalf("%s: %s", address, reply.Status)
	}
}
