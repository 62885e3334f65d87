package study

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pythonReads prints how many seconds Python's csv takes to read a table, and to make numbers of it.
const pythonReads = `
import csv, sys, time
begin = time.perf_counter()
with open(sys.argv[1], newline="") as f:
    rows = csv.reader(f)
    next(rows)
    table = [[float(x) for x in row[1:]] for row in rows]
print(time.perf_counter() - begin)
`

// tries is how often either reads; the fastest counts, since other work on the machine only slows.
const tries = 3

// BenchmarkLargeTable reads 100,000 models by 60 benchmarks, and says how many times faster that is than Python's csv.
func BenchmarkLargeTable(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "board.csv")
	csv := largeTable(100_000, 60)
	for name, text := range map[string]string{path: csv, filepath.Join(dir, "study.toml"): fromBoard} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(csv)))
	own := time.Hour
	for b.Loop() {
		begin := time.Now()
		if s, list := format().Load(filepath.Join(dir, "study.toml")); s == nil {
			b.Fatal(list)
		}
		own = min(own, time.Since(begin))
	}
	b.StopTimer()
	if python, ok := readByPython(b, path); ok {
		b.ReportMetric(python.Seconds()/own.Seconds(), "x-Python")
	}
}

// readByPython is how long Python takes; false where there is none.
func readByPython(b *testing.B, path string) (time.Duration, bool) {
	fastest := time.Hour
	for range tries {
		out, err := exec.Command("python3", "-c", pythonReads, path).Output()
		if err != nil {
			b.Logf("no Python to compare with: %v", err)
			return 0, false
		}
		took, err := time.ParseDuration(strings.TrimSpace(string(out)) + "s")
		if err != nil {
			b.Fatal(err)
		}
		fastest = min(fastest, took)
	}
	return fastest, true
}
