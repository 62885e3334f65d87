package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sdmap/internal/session"
	"sdmap/internal/testenv"
)

const plantedDir = "../../studies/planted/"

// llamaServer runs a planted model and gives its address.
func llamaServer(t *testing.T, model string) string {
	t.Helper()
	return testenv.LlamaServer(t, plantedDir+"models/"+model+".gguf", "-c", "256", "-fa", "off", "-ctk", "f32", "-ctv", "f32",
		"--no-ui")
}

// door stands in front of a real server and can be shut, or lead to another one, after some requests for tokens.
type door struct {
	mu     sync.Mutex
	target *url.URL
	left   int    // requests until after is called; below 0 for never
	after  func() // with mu held
	shut   bool
}

func newDoor(t *testing.T, address string) (*door, string) {
	t.Helper()
	d := &door{target: parse(t, address), left: -1}
	s := httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(s.Close)
	return d, s.URL
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (d *door) serve(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	if (r.URL.Path == "/completion" || r.URL.Path == "/embedding") && d.left >= 0 {
		if d.left--; d.left < 0 {
			d.after()
		}
	}
	target, shut := d.target, d.shut
	d.mu.Unlock()
	if shut {
		panic(http.ErrAbortHandler) // as a server that is killed
	}
	httputil.NewSingleHostReverseProxy(target).ServeHTTP(w, r)
}

func (d *door) set(change func()) { d.mu.Lock(); defer d.mu.Unlock(); change() }

// fronted writes a study of one model behind a server and one in process.
func fronted(t *testing.T, address string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "studies", "fronted")
	for _, name := range []string{"models/m03.gguf", "benchmarks/sum.eq.jsonl", "benchmarks/max.of.jsonl"} {
		data, err := os.ReadFile(plantedDir + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "study.toml")
	err := writeFile(file, fmt.Appendf(nil, `[[models]]
id = "served"
backend = "llamacpp"
url = %q
[[models]]
path = "models/m03.gguf"
[[benchmarks]]
id = "sum.eq"
source = "benchmarks/sum.eq.jsonl"
limit = 20
[[benchmarks]]
id = "max.of"
source = "benchmarks/max.of.jsonl"
limit = 20
[axes.semantic]
embeddings = ["tfidf"]
permutations = 99
[axes.neural]
on = false
[report]
replicates = 10
`, address))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// rewritten changes the study's text.
func rewritten(t *testing.T, file, old, by string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("the study has no %q", old)
	}
	if err := writeFile(file, bytes.Replace(text, []byte(old), []byte(by), 1)); err != nil {
		t.Fatal(err)
	}
}

// typed runs a command with little patience for servers that go away, and gives its exit code and what it said.
func typed(t *testing.T, e *Env, store string, args ...string) (int, string) {
	t.Helper()
	var out, said bytes.Buffer
	e.Args, e.Stdout, e.Stderr, e.Now = append(args, "-cache", store), &out, &said, time.Now
	e.Executable = os.Args[0]
	a := newApp(*e)
	a.wait = time.Second
	code := execute(a)
	return code, said.String() + out.String()
}

// A server that dies within a run ends it with exit code 5; the other model's work is done, nothing that was answered is asked
// again, and a report can be written from the store while it is unreachable.
func TestServerDies(t *testing.T) {
	d, address := newDoor(t, llamaServer(t, "m01"))
	file, store := fronted(t, address), t.TempDir()
	e, _, _ := env(t)
	out := filepath.Join(t.TempDir(), "out")
	d.set(func() { d.left, d.after = 150, func() { d.shut = true } })
	code, said := typed(t, e, store, "run", "-o", out, file)
	if code != exitUnreachable || !strings.Contains(said, address+" is gone") || !strings.Contains(said, "goes on from there") {
		t.Fatalf("exit code %d; said %s", code, said)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a report of a run that a server left")
	}
	code, said = typed(t, e, store, "plan", "-actions", file)
	if code != exitOK || !strings.Contains(said, "hit    performance/replies m03 on sum.eq") ||
		!strings.Contains(said, "hit    performance/replies m03 on max.of") {
		t.Errorf("the plan without the server: %d %s", code, said)
	}
	if code, said = typed(t, e, store, "check", file); code != exitUnreachable {
		t.Errorf("check without the server: %d %s", code, said)
	}
	if code, said = typed(t, e, store, "report", "-partial", "-o", out, file); code != exitPartial {
		t.Errorf("a partial report without the server: %d %s", code, said)
	}
	asked := 0
	d.set(func() { d.shut, d.left, d.after = false, 1<<30, func() {} })
	code, said = typed(t, e, store, "run", "-o", out, file)
	d.set(func() { asked = 1<<30 - d.left })
	if code != exitOK {
		t.Fatalf("with the server back: %d %s", code, said)
	}
	if asked == 0 || asked >= 250 {
		t.Errorf("the second run asked %d times", asked)
	}
	if code, said = typed(t, e, store, "run", "-o", out, file); code != exitOK || !strings.Contains(said, "Up to date") {
		t.Errorf("a third run: %d %s", code, said)
	}
}

// Other weights behind the same address, from the middle of a run on, are seen at its end: the report begins with that, and
// what came from the server in this run is forgotten.
func TestDrift(t *testing.T) {
	d, address := newDoor(t, llamaServer(t, "m01"))
	other := parse(t, llamaServer(t, "m02"))
	file, store := fronted(t, address), t.TempDir()
	e, _, _ := env(t)
	out := filepath.Join(t.TempDir(), "out")
	d.set(func() { d.left, d.after = 120, func() { d.target = other } })
	code, said := typed(t, e, store, "run", "-o", out, file)
	if code != exitPartial || !strings.Contains(said, "alarm: of a fixed text a server says something else") ||
		!strings.Contains(said, "served (by ") {
		t.Fatalf("exit code %d; said %s", code, said)
	}
	text, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, findings, _ := strings.Cut(string(text), "What we found")
	if at := strings.Index(findings, "**drift.** Asked for the same text"); at < 0 || at > strings.Index(findings, "\n2. ") {
		t.Errorf("drift is not the first finding of the report:\n%.2000s", findings)
	}
	data, err := os.ReadFile(filepath.Join(out, "run.json"))
	var record struct{ Probes []session.Probe }
	if err != nil || json.Unmarshal(data, &record) != nil || len(record.Probes) != 1 || record.Probes[0].Drift == nil ||
		*record.Probes[0].Drift < 0.01 {
		t.Errorf("run.json has %s, %v", data, err)
	}
	d.set(func() { d.shut = true }) // the plan then takes what the server was when the run began
	_, said = typed(t, e, store, "plan", "-actions", file)
	for _, want := range []string{"run    performance/replies served on sum.eq", "run    performance/replies served on max.of",
		"hit    performance/replies m03 on sum.eq"} {
		if !strings.Contains(said, want) {
			t.Errorf("the plan after the drift lacks %q: %s", want, said)
		}
	}
}

// An embedder's server is watched as well: other vectors at the end of the run are the report's first finding.
func TestEmbedderDrift(t *testing.T) {
	const encoders = "../transformer/testdata/arch-bert-"
	d, address := newDoor(t, testenv.LlamaServer(t, encoders+"mean.gguf", "--embeddings", "--pooling", "mean", "--no-ui"))
	other := parse(t, testenv.LlamaServer(t, encoders+"mean.gguf", "--embeddings", "--pooling", "cls", "--no-ui"))
	file, store := fronted(t, address), t.TempDir()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	study := strings.ReplaceAll(strings.Replace(string(text), "[[models]]", "[[embedders]]", 1), "embeddings = [\"tfidf\"]\n", "")
	if err := writeFile(file, []byte(study)); err != nil {
		t.Fatal(err)
	}
	e, _, _ := env(t)
	out := filepath.Join(t.TempDir(), "out")
	d.set(func() { d.left, d.after = 12, func() { d.target = other } })
	code, said := typed(t, e, store, "run", "-o", out, file)
	if code != exitPartial || !strings.Contains(said, "served (by ") {
		t.Fatalf("exit code %d; said %s", code, said)
	}
	if report, err := os.ReadFile(filepath.Join(out, "report.md")); err != nil ||
		!strings.Contains(string(report), "the server of served gave an embedding of length 1") {
		t.Errorf("the report does not tell: %v", err)
	}
	if code, said = typed(t, e, store, "run", "-o", out, file); code != exitOK {
		t.Errorf("with one server again: %d %s", code, said)
	}
}
