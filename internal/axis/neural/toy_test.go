package neural_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdmap/internal/axis/neural"
	"sdmap/internal/cli"
	"sdmap/internal/llm"
)

// A row of the table and a description are all that a measure is: help, checks, plan, axis and report follow.
func TestMeasureIsOneRow(t *testing.T) {
	neural.AddToy(t, llm.WantResidual)
	dir, cache := toyStudy(t), t.TempDir()
	if code, said := typed(cache, "help", "study"); code != 0 || !strings.Contains(said, ", toy\n") ||
		!strings.Contains(said, "toy (length of a toy)") {
		t.Errorf("help does not list the measure: %d %s", code, said)
	}
	write(t, dir, `measures = ["hidden", "toys"]`)
	if code, said := typed(cache, "check", dir); code != 3 || !strings.Contains(said, `Did you mean "toy"?`) {
		t.Errorf("checks do not know the measure: %d %s", code, said)
	}
	out := filepath.Join(dir, "out")
	run := func(measures, want string) {
		t.Helper()
		write(t, dir, "measures = "+measures)
		if code, said := typed(cache, "run", "-o", out, dir); code != 0 || !strings.Contains(said, want) {
			t.Fatalf("exit code %d: %s", code, said)
		}
	}
	run(`["hidden"]`, "0 actions from the store")
	plain := read(t, out, "report.md")
	run(`["hidden", "toy"]`, "") // other patterns, since those without toys do not hold them
	page, measures := read(t, out, "report.md"), read(t, out, "tables/measures.csv")
	if strings.Contains(plain, "Toys are long.") || !strings.Contains(page, "Toys are long.") ||
		!strings.Contains(measures, `neural,toy,toy length,"1 - Pearson of toys; `) {
		t.Errorf("the report does not say what toys are:\n%s", measures)
	}
	overlaps := 0
	for line := range strings.Lines(read(t, out, "tables/overlaps.csv")) {
		if cells := strings.Split(line, ","); cells[0] == "neural" && cells[1] == "toy" && cells[4] != "" {
			overlaps++
		}
	}
	if overlaps != 3 {
		t.Errorf("%d overlaps of three benchmarks", overlaps)
	}
	run(`["hidden"]`, "0 computed") // nothing of it changed
}

func TestMeasureNeedsWhatItSays(t *testing.T) {
	neural.AddToy(t, 1<<7) // a part that no model shows
	dir := toyStudy(t)
	write(t, dir, `measures = ["hidden", "toy"]`)
	if code, said := typed(t.TempDir(), "check", dir); code != 3 ||
		!strings.Contains(said, "does not show all that the neural axis measures") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

const plantedDir = "../../../studies/planted"

// toyStudy is a folder with the planted models and benchmarks.
func toyStudy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"models", "benchmarks"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(plantedDir, name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// write writes a study of two models and three benchmarks; neural is the end of [axes.neural].
func write(t *testing.T, dir, neural string) {
	t.Helper()
	text := "[[models]]\npath = \"models/m01.gguf\"\n[[models]]\npath = \"models/m02.gguf\"\n"
	for _, b := range []string{"sum.eq", "sum.of", "max.of"} {
		text += "[[benchmarks]]\nid = \"" + b + "\"\nsource = \"benchmarks/" + b + ".jsonl\"\nlimit = 8\n"
	}
	text += "[report]\nreplicates = 10\n[axes.semantic]\non = false\n[axes.neural]\npermutations = 99\n" + neural + "\n"
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// typed is sdmap in a closed world.
func typed(cache string, args ...string) (code int, said string) {
	var out bytes.Buffer
	code = cli.Main(cli.Env{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Version: "1.2.3",
		Getenv: func(string) string { return "" }, CacheDir: func() (string, error) { return cache, nil },
		Now: func() time.Time { return time.Unix(1000, 0) }, Interrupts: make(chan os.Signal), Exit: func(int) {}})
	return code, out.String()
}

func read(t *testing.T, elems ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elems...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
