package benchmark

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sdmap/internal/study"
	"sdmap/internal/testenv"
)

// large is how many bytes the file has: SDMAP_ROWS_BYTES=1000000000 go test -run XXX -bench Load -benchtime 1x ./internal/benchmark
func large() int {
	if n, err := strconv.Atoi(os.Getenv("SDMAP_ROWS_BYTES")); err == nil {
		return n
	}
	return 64 << 20
}

// BenchmarkLoad makes items of a large file and has Python decode its rows alone, one after the other, and gives the ratio.
func BenchmarkLoad(b *testing.B) {
	python := testenv.Program(b, "python", "python3")
	generate, choice := plain(), plain()
	generate.Task, generate.Choices, generate.Metric = study.Generate, "", "numeric"
	choice.Choices, choice.ChoiceTemplates, choice.AnswerIs = "", []string{"{a}", "{b}"}, "letter"
	for _, form := range []struct {
		name, head, row, script string
		spec                    study.Benchmark
	}{
		{"json", "", `{"question": "Natalia sold clips to 48 of her friends in April, and then \"half as many\" in May. How many did she ` +
			`sell?", "answer": "She sold 48/2 = <<48/2=24>>24 clips in May.\nShe sold 48+24 = <<48+24=72>>72 in all.\n#### 72"}` + "\n",
			"import json,sys\nfor l in open(sys.argv[1], encoding='utf8'): json.loads(l)", generate},
		{"csv", "question,a,b,answer\n", `"What follows from this, that the one is ""true"" and the other is not?",Nothing at all,The ` +
			"first does not follow from the second,B\n",
			"import csv,sys\nfor r in csv.reader(open(sys.argv[1], encoding='utf8', newline='')): pass", choice},
	} {
		dir := b.TempDir()
		path := filepath.Join(dir, "rows")
		text := append([]byte(form.head), bytes.Repeat([]byte(form.row), large()/len(form.row))...)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			b.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(form.name, func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				if _, list := Load(root, form.spec); list.HasErrors() {
					b.Fatal(list)
				}
				ours += time.Since(start)
				start = time.Now()
				if out, err := exec.Command(python, "-c", form.script, path).CombinedOutput(); err != nil {
					b.Fatal(fmt.Sprint(err, string(out)))
				}
				theirs += time.Since(start)
			}
			b.ReportMetric(float64(len(text))*float64(b.N)/1e6/ours.Seconds(), "MB/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-python")
		})
		root.Close()
	}
}
