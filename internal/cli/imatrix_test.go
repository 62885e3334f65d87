package cli

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sdmap/internal/axis/neural"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm/backends"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/stats"
	"sdmap/internal/testenv"
)

var energetic = []string{"sum.eq", "sum.of", "max.of", "copy.says", "north.home", "logic.hold"}

// energyStudy writes a study of two planted models, one of them behind the server at address where there is one, and tail.
func energyStudy(t *testing.T, address, tail string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "studies", "energy")
	text := "[[models]]\npath = \"models/m01.gguf\"\n"
	names := []string{"models/m01.gguf"}
	if address == "" {
		text, names = text+"[[models]]\npath = \"models/m09.gguf\"\n", append(names, "models/m09.gguf")
	} else {
		text += fmt.Sprintf("[[models]]\nid = \"m09\"\nbackend = \"llamacpp\"\nurl = %q\n", address)
	}
	for _, b := range energetic {
		names = append(names, "benchmarks/"+b+".jsonl")
		text += fmt.Sprintf("[[benchmarks]]\nid = %q\nsource = \"benchmarks/%s.jsonl\"\nlimit = 48\n", b, b)
	}
	for _, name := range names {
		data, err := os.ReadFile(plantedDir + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "study.toml")
	if err := writeFile(file, []byte(text+"[axes.semantic]\non = false\n[report]\nreplicates = "+
		"10\n[axes.neural]\npermutations = 99\n"+tail)); err != nil {
		t.Fatal(err)
	}
	return file
}

// energyOf runs a study and reads the overlaps by energy off its report, with the method that stands there.
func energyOf(t *testing.T, file, store string) (overlaps []float64, method string) {
	t.Helper()
	e, _, _ := env(t)
	out := filepath.Join(t.TempDir(), "out")
	if code, said := typed(t, e, store, "run", "-o", out, file); code != exitOK {
		t.Fatalf("exit code %d: %s", code, said)
	}
	for _, row := range tableOf(t, filepath.Join(out, "tables", "overlaps.csv")) {
		if row[0] == "neural" && row[1] == "energy" {
			v, err := strconv.ParseFloat(row[4], 64)
			if err != nil {
				t.Fatal(err)
			}
			overlaps = append(overlaps, v)
		}
	}
	for _, row := range tableOf(t, filepath.Join(out, "tables", "measures.csv")) {
		if row[0] == "neural" && row[1] == "energy" {
			method = row[3]
		}
	}
	if code, said := typed(t, e, store, "run", "-o", out, file); code != exitOK || !strings.Contains(said, "Up to date") {
		t.Errorf("a second run: %d %s", code, said)
	}
	return overlaps, method
}

func tableOf(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The same study three ways: traces in process; llama-imatrix run on folds, of a file and of the file behind a llama-server; and
// files that llama-imatrix wrote on the same folds. The last two give the same numbers, and rank pairs as the first does.
func TestImatrixStudies(t *testing.T) {
	testenv.Program(t, imatrix.Name, imatrix.Name)
	store := t.TempDir()
	traced, _ := energyOf(t, energyStudy(t, "", "measures = [\"hidden\", \"energy\"]\n"), store)
	run, method := energyOf(t, energyStudy(t, exactServer(t, plantedDir+"models/m09.gguf"),
		"imatrix = \"run\"\nfolds = 4\nchunk = 16\n"), store)
	program, err := imatrix.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"llama-imatrix " + program.Version, "288 items", "4 folds a benchmark", "chunks of 16 tokens"} {
		if !strings.Contains(method, part) {
			t.Errorf("%q is not in the method: %s", part, method)
		}
	}
	file := energyStudy(t, "", "imatrix = \"imatrix/{model}/{benchmark}-*.gguf\"\n")
	writeFolds(t, program, filepath.Dir(file))
	given, method := energyOf(t, file, store)
	if !strings.Contains(method, "files of llama-imatrix that the study gives, 4 folds a benchmark") {
		t.Errorf("the method says %s", method)
	}
	thinImatrix(t, file, store)
	if len(run) != 15 || !slices.Equal(run, given) {
		t.Errorf("run here %v, given %v", run, given)
	}
	rank, err := stats.Spearman(traced, run)
	if err != nil || rank < 0.9 {
		t.Errorf("overlaps by llama-imatrix and in process have a rank correlation of %v, %v", rank, err)
	}
	t.Logf("rank correlation with overlaps in process over %d pairs: %.3f", len(run), rank)
	refusesImatrix(t, file, store)
}

// thinImatrix leaves one file a benchmark: a report with overlaps and without intervals or tests, which says why, and lists the
// files.
func thinImatrix(t *testing.T, file, store string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	thin, out := filepath.Join(filepath.Dir(file), "thin.toml"), filepath.Join(t.TempDir(), "out")
	if err := writeFile(thin, []byte(strings.Replace(string(text), "{benchmark}-*", "{benchmark}-0", 1))); err != nil {
		t.Fatal(err)
	}
	e, _, _ := env(t)
	if code, said := typed(t, e, store, "run", "-o", out, thin); code != exitOK {
		t.Fatalf("exit code %d: %s", code, said)
	}
	rows := 0
	for _, row := range tableOf(t, filepath.Join(out, "tables", "overlaps.csv")) {
		if row[0] == "neural" {
			if rows++; row[1] != "energy" || row[4] == "" || row[5] != "" || row[6] != "" {
				t.Errorf("an overlap of one fold: %q", row)
			}
		}
	}
	if rows != 15 {
		t.Errorf("%d overlaps", rows)
	}
	page, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err != nil || !strings.Contains(string(page), "no interval, no reliability and no test") ||
		!strings.Contains(string(page), "imatrix/m09/max.of-0.gguf") {
		t.Errorf("the report does not say what it rests on: %v", err)
	}
}

// exactServer is a llama-server that knows the whole path of its model.
func exactServer(t *testing.T, model string) string {
	t.Helper()
	path, err := filepath.Abs(model)
	if err != nil {
		t.Fatal(err)
	}
	return testenv.LlamaServer(t, path, "-c", "256", "-fa", "off", "-ctk", "f32", "-ctv", "f32")
}

// A model that this program's engine does not read takes part, behind a llama-server, by its file; in process it cannot.
func TestImatrixOfExperts(t *testing.T) {
	testenv.Program(t, imatrix.Name, imatrix.Name)
	const moe = "../llm/imatrix/testdata/moe.gguf"
	address := exactServer(t, moe)
	file := energyStudy(t, address, "imatrix = \"run\"\nfolds = 4\nmodels = [\"m09\"]\n")
	overlaps, method := energyOf(t, file, t.TempDir())
	if len(overlaps) != 15 || !strings.Contains(method, "4 folds a benchmark") {
		t.Errorf("%d overlaps; %s", len(overlaps), method)
	}
	e, _, _ := env(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(moe)
	if err == nil {
		err = os.WriteFile(filepath.Join(filepath.Dir(file), "models", "moe.gguf"), data, 0o600)
	}
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(text), "models/m01.gguf", "models/moe.gguf", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, said := typed(t, e, t.TempDir(), "check", file); code != exitStudy ||
		!strings.Contains(said, "needs what is not supported") {
		t.Errorf("in process: %d %s", code, said)
	}
}

// writeFolds has llama-imatrix write a file for each fold that a study would make, beside the study.
func writeFolds(t *testing.T, program imatrix.Program, dir string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s, list := backends.All().Format().Load(energyStudy(t, "", ""))
	if s == nil {
		t.Fatal(list)
	}
	for _, spec := range s.Benchmarks {
		b, list := benchmark.Load(root, spec)
		if list.HasErrors() {
			t.Fatal(list)
		}
		texts, _ := neural.Folds(b, 0, 4)
		for k, text := range texts {
			in := filepath.Join(dir, "text")
			if err := writeFile(in, []byte(text)); err != nil {
				t.Fatal(err)
			}
			for _, m := range []string{"m01", "m09"} {
				out := filepath.Join(dir, "imatrix", m, fmt.Sprintf("%s-%d.gguf", spec.ID, k))
				if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command(program.Path, "-m", filepath.Join(dir, "models", m+".gguf"), "-f", in, "-o", out, "-c", "16",
					"-b", "16", "-ub", "16", "-t", "1", "-fa", "off", "-ctk", "f32", "-ctv", "f32", "--no-ppl")
				if said, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, said)
				}
			}
		}
	}
}

// refusesImatrix breaks a file that a study gives, and takes the program away from one that runs it.
func refusesImatrix(t *testing.T, file, store string) {
	t.Helper()
	e, _, _ := env(t)
	broken := filepath.Join(filepath.Dir(file), "imatrix", "m09", "max.of-2.gguf")
	if err := os.WriteFile(broken, []byte("\x05\x00\x00\x00old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := typed(t, e, store, "check", file); code != exitStudy ||
		!strings.Contains(said, `"imatrix/m09/max.of-2.gguf" cannot be used`) ||
		!strings.Contains(said, "--output-format gguf") || !strings.Contains(said, "study.toml:") {
		t.Errorf("a file of the older kind: %d %s", code, said)
	}
	runs := energyStudy(t, "", "imatrix = \"run\"\n")
	if code, said := typed(t, e, store, "check", runs); code != exitOK {
		t.Errorf("a study that runs llama-imatrix: %d %s", code, said)
	}
	t.Setenv("PATH", t.TempDir())
	if code, said := typed(t, e, store, "check", runs); code != exitStudy ||
		!strings.Contains(said, "llama-imatrix is not installed") || !strings.Contains(said, "give the files: imatrix =") {
		t.Errorf("without the program: %d %s", code, said)
	}
	if code, said := typed(t, e, store, "plan", runs); code != exitOK || !strings.Contains(said, "neural/imatrix") {
		t.Errorf("a plan without the program: %d %s", code, said)
	}
	if code, said := typed(t, e, t.TempDir(), "plan", runs); code != exitStudy ||
		!strings.Contains(said, "llama-imatrix is not installed") {
		t.Errorf("a plan without the program ever seen: %d %s", code, said)
	}
}
