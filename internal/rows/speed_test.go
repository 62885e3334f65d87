package rows

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sdmap/internal/testenv"
)

// large is how many bytes the files of the benchmark have; the comparison that is published was made with 1 GB:
// SDMAP_ROWS_BYTES=1000000000 go test -run XXX -bench Python -benchtime 1x ./internal/rows
func large(b *testing.B) int64 {
	n, err := strconv.ParseInt(os.Getenv("SDMAP_ROWS_BYTES"), 10, 64)
	if err != nil {
		return 64 << 20
	}
	return n
}

var someWords = strings.Fields("the model answers a question number of trains leaves with seven apples \"quoted\" café and then, what")

func words(r *rand.Rand, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = someWords[r.IntN(len(someWords))]
	}
	return strings.Join(out, " ")
}

// generate writes rows of five texts until the file is large.
func generate(b *testing.B, path string, row func(w *bufio.Writer, n int, texts []string)) int64 {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w, r, size := bufio.NewWriter(f), rand.New(rand.NewPCG(1, 2)), int64(0)
	for n := 0; size < large(b); n++ {
		texts := []string{words(r, 60), words(r, 8), words(r, 8), words(r, 8), words(r, 8)}
		row(w, n, texts)
		if n%1000 == 0 {
			w.Flush()
			info, err := f.Stat()
			if err != nil {
				b.Fatal(err)
			}
			size = info.Size()
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return size
}

// BenchmarkAgainstPython reads the same file here and by Python's own modules, one after the other, and gives the ratio.
func BenchmarkAgainstPython(b *testing.B) {
	python := testenv.Program(b, "python", "python3")
	dir := b.TempDir()
	for _, form := range []struct {
		name, script string
		row          func(w *bufio.Writer, n int, texts []string)
	}{
		{"json", "import json,sys\nfor l in open(sys.argv[1], encoding='utf8'): json.loads(l)", func(w *bufio.Writer, n int, texts []string) {
			line, _ := json.Marshal(map[string]any{"id": n, "question": texts[0], "choices": texts[1:], "answer": n % 4})
			w.Write(append(line, '\n'))
		}},
		{"csv", "import csv,sys\nfor r in csv.reader(open(sys.argv[1], encoding='utf8', newline='')): pass",
			func(w *bufio.Writer, n int, texts []string) {
				c := csv.NewWriter(w)
				c.Write(append([]string{strconv.Itoa(n)}, texts...))
				c.Flush()
			}},
	} {
		path := filepath.Join(dir, form.name)
		size := generate(b, path, form.row)
		b.Run(form.name, func(b *testing.B) {
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				readAll(b, path, form.name == "csv")
				ours += time.Since(start)
				start = time.Now()
				if out, err := exec.Command(python, "-c", form.script, path).CombinedOutput(); err != nil {
					b.Fatal(err, string(out))
				}
				theirs += time.Since(start)
			}
			b.ReportMetric(float64(size)*float64(b.N)/1e6/ours.Seconds(), "MB/s")
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-python")
		})
	}
}

func readAll(b *testing.B, path string, noHeader bool) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	err = Read(f, info.Size(), Options{NoHeader: noHeader}, func(r Row) bool {
		if r.Fault != "" {
			b.Fatal(fmt.Sprint(r.Line, r.Fault))
		}
		return true
	})
	if err != nil {
		b.Fatal(err)
	}
}
