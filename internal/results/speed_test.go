package results

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sdmap/internal/results/resultstest"
)

// BenchmarkSamples reads a file of samples over and over, as of an evaluation of many items whose replies are long.
func BenchmarkSamples(b *testing.B) {
	root, names := laySamples(b, 64<<20)
	info, err := root.Stat(names[1])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		f := Scan(root, names)
		for _, r := range f.Runs {
			f.ReadItems([]*Run{r})
		}
	}
}

// laySamples writes results and a file of samples of about this size.
func laySamples(tb testing.TB, size int) (*os.Root, []string) {
	tb.Helper()
	w := world()
	w.Models, w.Tasks = w.Models[:1], w.Tasks[:1]
	reply := bytes.Repeat([]byte(`The graph of $y=\\frac{2}{x^2}$ has \"none\".\n`), 60)
	dir := tb.TempDir()
	var names []string
	for name, data := range resultstest.LMEval(w) {
		path := filepath.Join(dir, filepath.Base(name))
		file, err := os.Create(path)
		if err != nil {
			tb.Fatal(err)
		}
		if filepath.Ext(name) == ".jsonl" {
			data = bytes.ReplaceAll(data, []byte(`"-1.5"`), append(append([]byte(`"`), reply...), '"'))
			names = append(names, filepath.Base(name))
			for n := 0; n < size; n += len(data) {
				if _, err := file.Write(data); err != nil {
					tb.Fatal(err)
				}
			}
		} else {
			names = append([]string{filepath.Base(name)}, names...)
			if _, err := io.Copy(file, bytes.NewReader(data)); err != nil {
				tb.Fatal(err)
			}
		}
		if err := file.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { root.Close() })
	return root, names
}
