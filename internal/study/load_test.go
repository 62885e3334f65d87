package study

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sdmap/internal/diag"
	"sdmap/internal/golden"
)

// fixture writes a study with the files that the tests' studies name, and returns its path.
func fixture(t testing.TB, study string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	for name, text := range map[string]string{
		"study.toml": study, "rows.jsonl": "{}\n", "shots.jsonl": "{}\n", "corpus.txt": "%% a b\nc\n", "truth.toml": "",
		"models/Tiny_A-Q8.gguf": "x", "models/b.gguf": "x", "models/b.gguf.txt": "x", "narrative.md": "n", "[odd].gguf": "x",
		"split/Big-00001-of-00002.gguf": "x", "split/Big-00002-of-00002.gguf": "x", "split/c.gguf": "x",
		"broken/d-00002-of-00003.gguf": "x",
		"im/b/a.x-1.gguf":              "x", "im/b/a.x-2.gguf": "x", "im/tiny_a-q8/a.x-1.gguf": "x", "im/b/a.x.y-1.gguf": "x",
		"scores.csv": "model,lineage,math,code\nm1,l,50,25\nm2,l,100,\n",
		"bad.csv":    "model,math,Code,math\nm1,50\nm1,x,101,-1\nm1,1,2,3\nm2,1,-101,\n\"",
		"turned.csv": "benchmark,\"('a', 'a/one-1b')\",\"(\"\"b's\"\", \"\"b's/two\"\")\",three,\"('c', 'three')\"\n" +
			"arc,0.25,0.5,0.75,0.75\nlambada_x,4,16,1,1\n",
		"bpb.csv":  "id,m1,m2\nx,1,2\n",
		"head.csv": "name,a\n", "rowless.csv": "model,a\n", "shown.csv": "model,lineage,math\nm1,l,0.5\nm2,\"l\x1b[31m\",1\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []string{"b", "tiny_a-q8"} {
		if err := os.Symlink("/etc/passwd", filepath.Join(dir, "im", m, "link-a.x.gguf")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/", filepath.Join(dir, "way-out")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "study.toml")
}

const (
	oneBenchmark  = "[[benchmarks]]\nid = \"a.x\"\nsource = \"rows.jsonl\"\n"
	oneBenchmark2 = "[[benchmarks]]\nid = \"a.x.y\"\nsource = \"rows.jsonl\"\n"
	someModels    = "[[models]]\npath = \"models/*.gguf\"\n"
	someDigest    = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	someText      = "[corpus]\nsource = \"corpus.txt\"\n"
)

// TestDiagnostics shows every fault that a study can have as its author will see it.
func TestDiagnostics(t *testing.T) {
	for name, study := range map[string]string{
		"syntax":     "title = \"x\"\nseed = \n",
		"syntax-bom": "\xef\xbb\xbftitle = 'x'\n[a\n",
		"twice":      "seed = 1\nseed = 2\n",
		"not-utf8":   "title = \"\xff\"\n",
		"empty":      "",
		"addresses": "allow_hosts = [\"data.example\"]\n[[benchmarks]]\nid = \"a\"\nsource = \"https://data.example/a.jsonl\"\n" +
			"[[benchmarks]]\nid = \"b\"\nsource = \"http://data.example/a.jsonl\"\nsha256 = \"" + someDigest + "\"\n" +
			"[[benchmarks]]\nid = \"c\"\nsource = \"hf://datasets/o/n@main/c.jsonl\"\nsha256 = \"" + someDigest + "\"\n" +
			"[[benchmarks]]\nid = \"d\"\nsource = \"https://data.example/d\"\nsha256 = \"sha256:" + someDigest + "\"\n" +
			"[[benchmarks]]\nid = \"e\"\nsource = \"rows.jsonl\"\nsha256 = \"" + someDigest + "\"\n" +
			"[[benchmarks]]\nid = \"f\"\nsource = \"https://data.example/f/\"\nsha256 = \"" + someDigest + "\"\n" +
			"[[benchmarks]]\nid = \"g\"\nsource = \"https://me:secret@data.example/f\"\nsha256 = \"" + someDigest + "\"\n" +
			"[[models]]\npath = \"hf://o/n@main/m-00001-of-00002.gguf\"\nsha256 = \"" + someDigest + "\"\n" +
			"[[models]]\npath = \"https://data.example/m.gguf\"\nsha256 = { a = \"" + someDigest + "\" }\n" +
			"[[embedders]]\npath = \"https://data.example/e/\"\nsha256 = { \"../a\" = \"" + someDigest + "\", b = \"x\" }\n" +
			"[corpus]\nsource = \"https://data.example/d\"\nsha256 = \"" + strings.Repeat("1", 64) + "\"\n",
		"unknown-keys": "titel = \"x\"\nk = 3\n[axes.perplexety]\n[axes.semantic]\ntemperature = 1\n[reports]\nq = 1\n" +
			oneBenchmark + "\"quoted key\" = 1\nsorce = \"x\"\n",
		"kinds": "title = 3\nauthors = \"me\"\ndate = \"yesterday\"\nseed = 1.5\ncorpus = \"corpus.txt\"\naxes = " +
			"[1]\n[benchmarks]\nid = \"a\"\n" +
			"[[models]]\npath = true\n[report]\nq = \"0.1\"\nreplicates = 1979-05-27\n",
		"kinds-in-lists": "authors = [\"a\", 1]\n" + oneBenchmark + "stop = [1]\nchoices = { a = 1 }\nlimit = [1]\nfewshot = " +
			"5\nprompt = [\"x\"]\nchance = true\n",
		"ranges": "seed = -1\n" + oneBenchmark + "chance = 1.5\nlimit = -2\nfewshot = { count = 0 }\n[report]\nq = " +
			"nan\nreplicates = 9\n" + someModels + someText + "[axes.perplexity]\nratio = 0.0\n",
		"allowed": oneBenchmark + "task = \"choose\"\nmetric = \"accuracy\"\non_bad_row = \"Skip\"\n" + someModels + someText +
			"[axes.perplexity]\nselectors = [\"good\", \"aci\", \"good\"]\n[axes.neural]\nmeasures = []\n",
		"required": "[[benchmarks]]\nfewshot = {}\n[[models]]\nid = \"m\"\n[corpus]\n[truth]\n[scores]\n",
		"ids": "[[benchmarks]]\nid = \"GSM 8k\"\nsource = \"rows.jsonl\"\n" + oneBenchmark + oneBenchmark +
			"[[models]]\nid = \"..\"\npath = \"models/b.gguf\"\n[[models]]\npath = \"models/b.gguf\"\n[[models]]\npath = " +
			"\"models/b*.gguf\"\n[[models]]\nid = \"many\"\npath = \"models/*.gguf\"\n",
		"files": "[[benchmarks]]\nid = \"a\"\nsource = \"row.jsonl\"\n[[benchmarks]]\nid = \"b\"\nsource = " +
			"\"../rows.jsonl\"\n[[benchmarks]]\nid = \"c\"\nsource = \"/etc/passwd\"\n" +
			"[[benchmarks]]\nid = \"d\"\nsource = \"models\"\n[[benchmarks]]\nid = \"e\"\nsource = " +
			"\"way-out/etc/passwd\"\n[[benchmarks]]\nid = \"f\"\nsource = \"\"\n" +
			"[[models]]\npath = \"model/*.gguf\"\n[[models]]\npath = \"../*.gguf\"\n[[models]]\npath = " +
			"\"models/[.gguf\"\n[[models]]\npath = \"models/c.gguf\"\n[report]\nnarrative = \"none.md\"\n",
		"tasks": oneBenchmark + "metric = \"f1\"\nstop = [\"x\"]\nmax_tokens = 3\npattern = \"x\"\nchoices = [\"one\"]\n" +
			"[[benchmarks]]\nid = \"g\"\nsource = \"rows.jsonl\"\ntask = \"generate\"\nmetric = \"regex\"\nchoices = " +
			"\"c\"\nstop = [\"\"]\n" +
			"[[benchmarks]]\nid = \"h\"\nsource = \"rows.jsonl\"\ntask = \"generate\"\nmetric = \"regex\"\npattern = \"(\"\n" +
			"[[benchmarks]]\nid = \"i\"\nsource = \"rows.jsonl\"\ntask = \"generate\"\nmetric = \"regex\"\npattern = \"x\"\n" +
			"[[benchmarks]]\nid = \"j\"\nsource = \"rows.jsonl\"\nchat = true\ndelimiter = \": \"\n",
		"fewshot-of-itself": oneBenchmark + "fewshot = { count = 2, source = \"./rows.jsonl\" }\n",
		"axes-models": oneBenchmark + someModels + "[axes.semantic]\nembeddings = [\"tfidf\", \"hidden:c\", " +
			"\"tfidf\"]\n[axes.neural]\nmodels = [\"tiny_a-q9\"]\n",
		"axes-empty-lists": oneBenchmark + someModels + "[axes.semantic]\nembeddings = []\n[axes.neural]\nmodels = []\n",
		"axes-no-corpus":   oneBenchmark + someModels + "[axes.perplexity]\nprimary = \"signature\"\n",
		"axes-no-measure":  oneBenchmark + someModels + "[axes.perplexity]\nfamiliarity = [\"none\"]\n",
		"axes-none-and":    oneBenchmark + someModels + "[axes.perplexity]\nfamiliarity = [\"none\", \"answer\"]\n",
		"axes-read-twice":  oneBenchmark + someModels + "[axes.perplexity]\nfamiliarity = [\"question\", \"question\"]\n",
		"axes-no-models":   oneBenchmark + "[axes.neural]\n[axes.performance]\n",
		"scores":           "[scores]\nsource = \"bad.csv\"\nscale = 100\n[[benchmarks]]\nid = \"maths\"\n",
		"split": oneBenchmark + "[[models]]\npath = \"broken/*\"\n[[models]]\npath = " +
			"\"broken/d-00001-of-00003.gguf\"\n",
		"scores-scale":   "[scores]\nsource = \"scores.csv\"\n",
		"scores-head":    "[scores]\nsource = \"head.csv\"\n",
		"scores-rowless": "[scores]\nsource = \"rowless.csv\"\n",
		"backends": oneBenchmark + "[[models]]\nbackend = \"gguf\"\nid = \"a\"\nurl = \"http://127.0.0.1:1\"\nkey_env = \"K\"\n" +
			"[[models]]\nmodel = \"llama3.2:1b\"\n[[models]]\nurl = \"http://localhost:8080\"\n[[models]]\nbackend = " +
			"\"llama.cpp\"\n" +
			"[[models]]\nbackend = \"llamacpp\"\npath = \"models/b.gguf\"\nmeasure = \"option_letters\"\nurl = []\n" +
			"[[models]]\nbackend = \"ollama\"\nurl = [\"http://[::1]:1\", \"http://[::1]:2\"]\nserver = " +
			"\"http://127.0.0.1:8080\"\nmeasure = \"option_letters\"\n" +
			"[[models]]\nbackend = \"ollama\"\nmodel = \"k:1\"\nserver_key_env = \"K\"\n[[models]]\nid = \"k\"\nbackend = " +
			"\"llamacpp\"\nserver_key_env = \"K\"\n" +
			"[[models]]\nbackend = \"ollama\"\nmodel = \"m:1\"\nmeasure = \"server\"\n[[models]]\nbackend = \"ollama\"\nmodel " +
			"= \"n:1\"\nmeasure = \"letters\"\n[[models]]\nbackend = \"ollama\"\nmodel = \"M:1\"\nmeasure = " +
			"\"logprobs\"\n[[models]]\nbackend = \"ollama\"\nmodel = \" \"\n",
		"urls": "allow_hosts = [\"http://gpu:1\", \"gpu2:80\", \"*\", \"ok.example\", \"\", \"a/b\", \"me@a\", \"ok:81\"]\n" +
			oneBenchmark + "[[models]]\nid = \"a\"\nbackend = \"llamacpp\"\n" +
			"url = [\"127.0.0.1:8080\", \"ftp://127.0.0.1\", \"http://me:secret@127.0.0.1\", \"http://127.0.0.1?key=1\", " +
			"\"http://gpu3:8080\", \"http://OK.example\", \"http://ok:81\", \"http://ok:82\", \"http://127.0.0.1/\", " +
			"\"http://127.0.0.1\", \"http://127.1.2.3.example\", \"%\"]\n" +
			"key_env = \"sk-123\"\n[[models]]\nbackend = \"ollama\"\nmodel = \"x\"\nserver = " +
			"\"http://10.0.0.9\"\nserver_key_env = \"a key\"\n" +
			"[[models]]\nbackend = \"ollama\"\nmodel = \"y\"\nserver = \"http://me:secret@127.0.0.1\"\n",
		"ports": "allow_hosts = [\"gpu:99999\", \"gpu:80\", \"gpu2:0\"]\n" + oneBenchmark +
			"[[models]]\nid = \"a\"\nbackend = \"llamacpp\"\n" +
			"url = [\"http://127.0.0.1:9999999\", \"http://127.0.0.1:65536\", \"http://127.0.0.1:0\", \"http://127.0.0.1:-1\", " +
			"\"http://127.0.0.1:\", \"http://::1:80\", \"http://[::1]:65535\", \"http://127.0.0.1:080\"]\n" +
			"[[models]]\nbackend = \"ollama\"\nmodel = \"x\"\nserver = \"http://127.0.0.1:70000\"\n",
		"imatrix-path": oneBenchmark + someModels + "[axes.neural]\nimatrix = \"im/{benchmark}.gguf\"\nfolds = " +
			"8\nmeasures = [\"hidden\", \"energy\"]\n",
		"imatrix-word":    oneBenchmark + someModels + "[axes.neural]\nimatrix = \"runs\"\nfolds = 3\nchunk = 8\n",
		"imatrix-name":    oneBenchmark + someModels + "[axes.neural]\nimatrix = \"im/{modell}/{benchmark}.gguf\"\n",
		"imatrix-outside": oneBenchmark + someModels + "[axes.neural]\nimatrix = \"../{model}/{benchmark}.gguf\"\n",
		"imatrix-link":    oneBenchmark + someModels + "[axes.neural]\nimatrix = \"im/{model}/link-{benchmark}.gguf\"\n",
		"imatrix-missing": oneBenchmark + oneBenchmark2 + someModels + "[axes.neural]\nimatrix = " +
			"\"im/{model}/{benchmark}-*.gguf\"\n",
		"imatrix-unequal": oneBenchmark + someModels + "[axes.neural]\nimatrix = \"im/{model}/{benchmark}-*.gguf\"\n",
		"imatrix-two-owners": oneBenchmark + oneBenchmark2 + someModels + "[axes.neural]\nmodels = [\"b\"]\nimatrix = " +
			"\"im/{model}/{benchmark}*.gguf\"\n",
		"imatrix-alone": oneBenchmark + someModels + "[axes.neural]\nfolds = 8\nchunk = 16\n",
		"embedders": oneBenchmark + someModels + "[[embedders]]\n[[embedders]]\npath = \"models/b.gguf\"\nlineage = " +
			"\"x\"\nmeasure = \"blob\"\n[[embedders]]\nbackend = \"llamacpp\"\n" +
			"[[embedders]]\nid = \"many\"\npath = \"models/*.gguf\"\n[[embedders]]\nbackend = " +
			"\"ollama\"\n[axes.semantic]\nembeddings = [\"embed:c\"]\n",
		"bounds-depth": oneBenchmark + "a.b.c.d.e.f.g.h.i.j = 1\n",
		"bounds-name":  oneBenchmark + strings.Repeat("long", 100) + " = 1\n",
		"bounds-list":  oneBenchmark + "stop = [\n" + strings.Repeat("'x',\n", 20_001) + "]\n",
		"many-faults":  strings.Repeat(oneBenchmark+"sorce = 1\nlimit = -1\n", 50),
		"hostile":      "\"\\u001b[31m\" = 1\n" + oneBenchmark + "metric = \"\\u202eacc\"\n",
		"shown": "title = \"\"\"\nTwo\nlines\"\"\"\nauthors = [\"A. Author\", \"B\\u0007\\u200bC\", \"می\u200cخواهم\"]\n" +
			oneBenchmark + "family = \"\\u001b[31mred\"\nformat = \"\u202e\"\nprompt = \"a\\nb\\u001b\"\n" +
			"[[models]]\npath = \"models/b.gguf\"\nlineage = \"" + strings.Repeat("long ", 100) +
			"\"\n[[models]]\nbackend = \"ollama\"\nmodel = \"m:1\\t\"\n",
		"recipe": "[scores]\nsource = \"scores.csv\"\nscale = 100\n[axes.perplexity]\nimport = \"bpb.csv\"\nrecipe = \"code\"\n" +
			"unit = \"piece\"\nratio = 1e-6\nselectors = [\"aic\"]\n",
		"recipe-name": oneBenchmark + someModels + "[corpus]\nsource = \"rows.jsonl\"\n[axes.perplexity]\nimport = " +
			"\"bpb.csv\"\nrecipe = \"papr\"\n",
		"scores-shown": "[scores]\nsource = \"shown.csv\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := fixture(t, study)
			s, list := format().Load(path)
			if s != nil || !list.HasErrors() {
				t.Errorf("no errors; diagnostics %v", list)
			}
			var b bytes.Buffer
			if err := diag.Print(&b, list, diag.Source, false); err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, "testdata/"+name+".golden", bytes.ReplaceAll(b.Bytes(), []byte(filepath.Dir(path)+"/"), nil))
		})
	}
	for _, path := range []string{"testdata", "testdata/absent.toml"} {
		if s, list := format().Load(path); s != nil || !list.HasErrors() {
			t.Errorf("%s: no errors", path)
		}
	}
}

func mustLoad(t *testing.T, study string) *Study {
	t.Helper()
	s, list := format().Load(fixture(t, study))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return s
}

// Embedders are read like models; the semantic axis takes them unless the study says otherwise, also beside a table of scores.
func TestEmbedders(t *testing.T) {
	const two = "[[embedders]]\npath = \"split/*.gguf\"\n[[embedders]]\nbackend = \"ollama\"\nmodel = \"all-minilm:22m\"\n"
	for _, of := range []string{oneBenchmark + someModels, "[scores]\nsource = \"scores.csv\"\nscale = 100\n[[benchmarks]]\nid " +
		"= \"math\"\nsource = \"rows.jsonl\"\n"} {
		s := mustLoad(t, of+two)
		var ids []string
		for _, e := range s.Embedders {
			ids = append(ids, e.ID+" "+e.Backend+" "+e.Measure)
		}
		if got := strings.Join(ids, ", "); got != "big gguf , c gguf , all-minilm-22m ollama blob" {
			t.Errorf("embedders %s", got)
		}
		if got := strings.Join(s.Axes.Semantic.Embeddings, " "); got != "embed:big embed:c embed:all-minilm-22m tfidf" {
			t.Errorf("embeddings %s", got)
		}
		if len(s.Models) != 2 {
			t.Errorf("models %+v", s.Models)
		}
	}
	s := mustLoad(t, oneBenchmark+someModels+two+"[axes.semantic]\nembeddings = [\"hidden:b\", \"hidden:c\", \"embed:big\"]\n")
	if !s.Axes.Semantic.Chosen || len(s.Axes.Semantic.Embeddings) != 3 {
		t.Errorf("embeddings %+v", s.Axes.Semantic)
	}
}

// Parts of a split model are one model, by whichever it is named.
func TestSplitModels(t *testing.T) {
	s := mustLoad(t, oneBenchmark+"[[models]]\npath = \"split/*.gguf\"\n[[models]]\nid = \"again\"\npath = "+
		"\"split/Big-00002-of-00002.gguf\"\n"+
		"[[models]]\nid = \"glob\"\npath = \"split/Big*\"\n")
	var got []string
	for _, m := range s.Models {
		got = append(got, m.ID+" "+m.Path+" "+strings.Join(m.Files(), ","))
	}
	first := "split/Big-00001-of-00002.gguf split/Big-00001-of-00002.gguf,split/Big-00002-of-00002.gguf"
	if want := []string{"big " + first, "c split/c.gguf split/c.gguf", "again " + first, "glob " + first}; !reflect.DeepEqual(got,
		want) {
		t.Errorf("models %q, want %q", got, want)
	}
}

// Files of llama-imatrix by model and benchmark, whose ids may begin alike.
func TestImatrixFiles(t *testing.T) {
	s := mustLoad(t, oneBenchmark+oneBenchmark2+someModels+"[axes.neural]\nmodels = [\"b\"]\nimatrix = "+
		"\"./im/{model}/{benchmark}-*.gguf\"\n")
	n := s.Axes.Neural
	want := map[Cell][]string{{"b", "a.x"}: {"im/b/a.x-1.gguf", "im/b/a.x-2.gguf"}, {"b", "a.x.y"}: {"im/b/a.x.y-1.gguf"}}
	if !reflect.DeepEqual(n.Imatrix.Files, want) || !reflect.DeepEqual(n.Measures, []string{"energy"}) || s.RunsImatrix() ||
		len(s.ImatrixFiles()) != 3 {
		t.Errorf("%+v, measures %q", n.Imatrix, n.Measures)
	}
	s = mustLoad(t, oneBenchmark+someModels+"[axes.neural]\nimatrix = \"run\"\nmeasures = [\"energy\"]\n")
	if n = s.Axes.Neural; !s.RunsImatrix() || n.Imatrix.Folds != 8 || n.Imatrix.Chunk != 0 || len(n.Models) != 2 ||
		n.Imatrix.At.Start.Line == 0 || len(s.ImatrixFiles()) > 0 {
		t.Errorf("%+v", n.Imatrix)
	}
	if s = mustLoad(t, oneBenchmark+someModels); s.RunsImatrix() || s.Axes.Neural.Imatrix != nil {
		t.Error("llama-imatrix runs unasked")
	}
}

func TestDefaults(t *testing.T) {
	s := mustLoad(t, oneBenchmark+someModels+someText)
	b := s.Benchmarks[0]
	b.At, b.Places = diag.Range{}, nil
	want := Benchmark{ID: "a.x", Source: "rows.jsonl", Task: Choice, Prompt: "{question}", Choices: "choices", Answer: "answer",
		Delimiter: " ", Header: true, Seed: 1,
		Metric: "acc", Family: "a", Format: "choice", OnBadRow: "stop"}
	if !reflect.DeepEqual(b, want) {
		t.Errorf("got %+v", b)
	}
	if s.Name != "demo" || s.Title != "demo" || s.Date != "" || s.Seed != 1 || s.Report.Narrative != "narrative.md" ||
		s.Report.Bibliography != "" {
		t.Errorf("got %+v", s)
	}
	a := s.Axes
	if a.Performance.Permutations != 9999 || a.Perplexity.Ratio != 0.01 || !a.Perplexity.ResidualG || a.Semantic.WuDraws != 100 ||
		len(a.Off) != 0 {
		t.Errorf("got %+v", a)
	}
	if got := a.Semantic.Embeddings; !reflect.DeepEqual(got, []string{"hidden:b", "tfidf"}) {
		t.Errorf("embeddings %q", got)
	}
	if got := a.Neural.Models; !reflect.DeepEqual(got, []string{"tiny_a-q8", "b"}) {
		t.Errorf("traced models %q", got)
	}
}

// Everything that a study can say reaches the Study.
func TestEverythingIsRead(t *testing.T) {
	s := mustLoad(t, `title = "T"
authors = ["A", "B"]
date = 2026-03-31
seed = 7
benchmarks = [{id = "g", source = "rows.jsonl", task = "generate", metric = "regex", pattern = '(\d+)', stop = ["x"], max_tokens = 5, on_bad_row = "skip", chat = true}]
models = [{id = "m", path = "models/b.gguf", lineage = "l"}, {path = "[odd].gguf"}]
corpus = {source = "corpus.txt", limit = 3}
truth.source = "truth.toml"
[axes.performance]
on = false
[axes.perplexity]
selectors = ["ebic"]
context = "window"
ratio = 0.2
[axes.semantic]
embeddings = ["tfidf", "hidden:m"]
wu = true
[axes.neural]
models = ["m"]
[report]
q = 0.2
`)
	b := s.Benchmarks[0]
	if b.Task != Generate || b.MaxTokens != 5 || b.Stop[0] != "x" || b.Pattern != `(\d+)` || b.Choices != "" ||
		b.OnBadRow != "skip" || b.Format != "generate" || !b.Chat {
		t.Errorf("benchmark %+v", b)
	}
	if s.Models[0].Lineage != "l" || s.Models[1].ID != "odd" || s.Models[1].Lineage != "odd" || s.Models[1].Backend != "gguf" {
		t.Errorf("models %+v", s.Models)
	}
	a := s.Axes
	if a.Performance != nil || !reflect.DeepEqual(a.Off, []AxisOff{{"performance", "the study turns it off"}}) ||
		a.Perplexity.Selectors[0] != "ebic" ||
		a.Perplexity.Context != "window" || a.Perplexity.Ratio != 0.2 || !a.Semantic.Wu || a.Neural.Models[0] != "m" {
		t.Errorf("axes %+v", a)
	}
	if s.Date != "2026-03-31" || s.Seed != 7 || s.Corpus.Limit != 3 || s.Truth.Source != "truth.toml" || s.Report.Q != 0.2 ||
		len(s.Authors) != 2 {
		t.Errorf("study %+v", s)
	}
	s = mustLoad(t, "seed = 9\n"+oneBenchmark+"chance = 0\nlimit = 4\nchoices = [\"{a}\", \"{b}\"]\ndelimiter = \"\"\nfewshot "+
		"= { count = 2, source = \"shots.jsonl\" }\n")
	b = s.Benchmarks[0]
	if *b.Chance != 0 || b.Limit != 4 || len(b.ChoiceTemplates) != 2 || b.Choices != "" || b.Delimiter != "" ||
		*b.Fewshot != (Fewshot{Count: 2, Seed: 9, Source: "shots.jsonl"}) {
		t.Errorf("benchmark %+v", b)
	}
	if at := b.Places["fewshot.source"]; at.Start.Line != 9 {
		t.Errorf("fewshot.source stands at %v", at)
	}
}

// Models behind servers get what they leave out.
func TestRemoteModels(t *testing.T) {
	s := mustLoad(t, "allow_hosts = [\"gpu.example\", \"::2\"]\n"+oneBenchmark+`[[models]]
id = "l"
backend = "llamacpp"
[[models]]
id = "many"
backend = "llamacpp"
url = ["http://gpu.example:8080/", "https://[::2]:9", "http://localhost:8081"]
key_env = "GPU_KEY"
lineage = "l"
[[models]]
backend = "ollama"
model = "hf.co/Some/Model:Q8_0"
[[models]]
backend = "ollama"
model = "b:1"
server = "http://127.0.0.1:8080"
server_key_env = "SERVER_KEY"
[[models]]
backend = "ollama"
model = "c:1"
measure = "option_letters"
url = "http://127.0.0.2:1"
`)
	for i := range s.Models {
		if len(s.Models[i].Places) == 0 || !s.Models[i].Remote() {
			t.Errorf("model %d has no places, or no server", i)
		}
		s.Models[i].At, s.Models[i].Places = diag.Range{}, nil
	}
	ollama := []string{"http://127.0.0.1:11434"}
	want := []Model{
		{ID: "l", Backend: "llamacpp", URL: []string{"http://127.0.0.1:8080"}, Lineage: "l"},
		{ID: "many", Backend: "llamacpp", URL: []string{"http://gpu.example:8080", "https://[::2]:9", "http://localhost:8081"},
			KeyEnv: "GPU_KEY", Lineage: "l"},
		{ID: "hf.co-some-model-q8_0", Backend: "ollama", URL: ollama, Name: "hf.co/Some/Model:Q8_0", Measure: Blob,
			Lineage: "hf.co-some-model-q8_0"},
		{ID: "b-1", Backend: "ollama", URL: ollama, Name: "b:1", Measure: Server, Server: "http://127.0.0.1:8080",
			ServerKeyEnv: "SERVER_KEY", Lineage: "b-1"},
		{ID: "c-1", Backend: "ollama", URL: []string{"http://127.0.0.2:1"}, Name: "c:1", Measure: OptionLetters, Lineage: "c-1"},
	}
	if !reflect.DeepEqual(s.Models, want) {
		t.Errorf("got %+v", s.Models)
	}
	if got := s.Axes.Neural.Models; len(got) != 5 || s.Axes.Neural.Chosen || s.Axes.Semantic.Chosen {
		t.Errorf("traced models %q", got)
	}
}

// Small studies are valid, and say which axes they cannot have.
func TestSmallStudies(t *testing.T) {
	oneModel := "[[models]]\npath = \"models/b.gguf\"\n"
	for study, off := range map[string]string{
		oneBenchmark: "performance perplexity neural", oneBenchmark + oneModel: "",
		oneBenchmark + oneModel + "[axes]\nneural.on = false\nsemantic.on = false\n": "semantic neural",
		"[scores]\nsource = \"scores.csv\"\nscale = 100\n":                           "perplexity semantic neural",
	} {
		var got []string
		for _, o := range mustLoad(t, study).Axes.Off {
			got = append(got, o.Axis)
		}
		if strings.Join(got, " ") != off {
			t.Errorf("%q: off are %q, want %q", study, got, off)
		}
	}
}

func TestScores(t *testing.T) {
	s := mustLoad(t, "[scores]\nsource = \"scores.csv\"\nscale = 100\nitems = 40\n[[benchmarks]]\nid = "+
		"\"code\"\nfamily = \"f\"\n")
	if len(s.Benchmarks) != 2 || s.Benchmarks[0].ID != "code" || s.Benchmarks[0].Family != "f" || s.Benchmarks[1].ID != "math" {
		t.Fatalf("benchmarks %+v", s.Benchmarks)
	}
	if len(s.Models) != 2 || s.Models[1].ID != "m2" || s.Models[1].Lineage != "l" || s.Models[1].Backend != "scores" {
		t.Errorf("models %+v", s.Models)
	}
	v := s.Scores.Values
	if v[0][0] != 0.25 || v[0][1] != 0.5 || !math.IsNaN(v[1][0]) || v[1][1] != 1 || s.Scores.Items != 40 {
		t.Errorf("scores %v", v)
	}
}

// The schema documents itself: every key has a word of explanation, a parent, and a default where it is not required.
func TestOptions(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range format().Options() {
		if seen[o.Key] || o.Doc == "" || o.Table() != "" && !seen[o.Table()] {
			t.Errorf("option %q comes twice, has no documentation, or comes before its table", o.Key)
		}
		seen[o.Key] = true
		if !o.Required && o.DefaultText() == "" && o.Kind != Tables {
			t.Errorf("option %q says nothing of its default", o.Key)
		}
		if o.Default != nil && o.Allowed != nil {
			if text, ok := o.Default.(string); ok && !strings.Contains(strings.Join(o.Allowed, " "), text) {
				t.Errorf("the default of %q is not allowed", o.Key)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("title = \"x\"\ndate = 2026-01-01\n" + oneBenchmark + "fewshot = {count = 2}\n" + someModels + someText +
		"[axes]\nneural.on = false\n"))
	f.Add([]byte("[scores]\nsource = \"scores.csv\"\n" + oneBenchmark))
	for _, study := range hostile {
		f.Add([]byte(study(200)))
	}
	f.Add([]byte("benchmarks = [{id = 1}, {}]\n[axes.neural]\nmodels = [[]]\n"))
	path := fixture(f, "")
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, list := format().read(path, src, root, Elsewhere{})
		if (s == nil) != list.HasErrors() {
			t.Fatalf("%q: study %v, diagnostics %v", src, s, list)
		}
		if len(list) > 400 {
			t.Fatalf("%q: %d diagnostics", src, len(list))
		}
		for _, d := range list {
			if d.Range.Start.Byte > len(src) || d.Range.End.Byte > len(src) {
				t.Fatalf("%q: %v lies outside", src, d)
			}
		}
	})
}

// Whatever a table of scores holds, it is read, or every fault of it has its place.
func FuzzScores(f *testing.F) {
	f.Add("model,a,b\nm,0.1,\nn,1,0.5")
	f.Add("model,lineage,a\n\"x\ny\",l,nan\n")
	f.Add("\xef\xbb\xbfModel;a;Average;b\norg/M;10%;0,2;-0,5\n")
	f.Add("model\tbenchmark\tscore\tn\nm\ta\t0.5\t3\nn\tb\t1\t\n")
	path := fixture(f, "[scores]\nsource = \"scores.csv\"\n")
	src, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, scores string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "scores.csv"), []byte(scores), 0o666); err != nil {
			t.Fatal(err)
		}
		s, list := format().read(path, src, root, Elsewhere{})
		if s == nil && len(list) == 0 {
			t.Error("nothing is read and nothing said")
		}
		if s != nil {
			for _, row := range s.Scores.Values {
				if len(row) != len(s.Benchmarks) {
					t.Errorf("%d values for %d benchmarks", len(row), len(s.Benchmarks))
				}
			}
		}
	})
}
