package cli

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

// nobody is a network that must not be asked.
type nobody struct{ t *testing.T }

func (n nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s is asked", r.URL)
	return nil, errors.New("no network")
}

// Archives behind addresses are bounded as all rows are, and what is no file of rows is named.
func TestBombsBehindAddresses(t *testing.T) {
	var bomb bytes.Buffer
	z, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, `{"question": "`); err != nil {
		t.Fatal(err)
	}
	for part := bytes.Repeat([]byte("a"), 1<<20); bomb.Len() < 1<<20; { // some 200 MB of one row
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{"gzip": {bomb.Bytes(), "longer than"}, "zip": {[]byte("PK\x03\x04rest"), "zip archive"}} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(c.data) }))
			defer s.Close()
			file := filepath.Join(t.TempDir(), "study.toml")
			text := fmt.Sprintf("[[models]]\npath = \"m.gguf\"\n[[benchmarks]]\nid = \"a\"\nsource = \"%s/a\"\nsha256 = \"%x\"\n",
				s.URL,
				sha256.Sum256(c.data))
			if err := errors.Join(writeFile(file, []byte(text)), writeFile(filepath.Join(filepath.Dir(file), "m.gguf"),
				nil)); err != nil {
				t.Fatal(err)
			}
			e, _, stderr := env(t, "run", file)
			e.Executable = file
			if code := Main(*e); code != exitStudy || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d: %s", code, stderr)
			}
		})
	}
}

// theMirrored are real models that .ci/models lays into a mirror, by their addresses on the hub. Which revision the addresses
// name does not
// matter, since nobody is asked.
const theMirrored = `
[[models]]
id = "smollm2"
path = "hf://HuggingFaceTB/SmolLM2-135M-Instruct-GGUF@main/SmolLM2-135M-Instruct.Q4_1.gguf"
sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
[[embedders]]
id = "minilm"
path = "hf://sentence-transformers/all-MiniLM-L6-v2@main"
[embedders.sha256]
"modules.json" = "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"
"config.json" = "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"
"1_Pooling/config.json" = "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"
"tokenizer.json" = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
"tokenizer_config.json" = "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
"sentence_bert_config.json" = "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"
"model.safetensors" = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
[axes.performance]
on = false
[axes.perplexity]
on = false
[axes.neural]
on = false
[axes.semantic]
embeddings = ["embed:minilm", "tfidf"]
permutations = 99
[report]
replicates = 10
`

// A study that names real models by address runs from a mirror, and the network is not asked.
func TestRealModelsFromAMirror(t *testing.T) {
	mirror := testenv.Mirror(t)
	dir := t.TempDir()
	var study strings.Builder
	for b, words := range [][]string{{"apples", "pears", "plums"}, {"the north", "the south", "the west"},
		{"red", "green", "blue"}} {
		name := fmt.Sprintf("b%d", b)
		fmt.Fprintf(&study, "[[benchmarks]]\nid = %q\nsource = \"%s.jsonl\"\n", name, name)
		var rows bytes.Buffer
		for i := range 12 {
			fmt.Fprintf(&rows, "{\"question\": \"How many of %d are %s, %s aside?\", \"choices\": [\"1\", \"2\"], "+
				"\"answer\": %d}\n", i,
				words[i%3], words[(i+1)%3], i%2)
		}
		if err := writeFile(filepath.Join(dir, name+".jsonl"), rows.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	file, out := filepath.Join(dir, "study.toml"), filepath.Join(dir, "report")
	if err := writeFile(file, []byte(study.String()+theMirrored)); err != nil {
		t.Fatal(err)
	}
	e, _, stderr := env(t, "run", "-o", out, file)
	e.Network, e.Now, e.Executable = nobody{t}, time.Now, file
	e.Getenv = func(name string) string { return map[string]string{"SDMAP_MIRROR": mirror}[name] }
	if code := Main(*e); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	report, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil || !bytes.Contains(report, []byte("hf://sentence-transformers/all-MiniLM-L6-v2@main")) {
		t.Errorf("the report does not say where the embedder is from: %v", err)
	}
}
