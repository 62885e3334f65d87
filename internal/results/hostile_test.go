package results

import (
	"bufio"
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"sdmap/internal/jsonpull"
	"sdmap/internal/results/resultstest"
)

// allocated is what a function allocates in all, in bytes.
func allocated(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// endless is a text over and over, left bytes of it.
type endless struct {
	text string
	left int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for n+len(e.text) <= len(p) {
		n += copy(p[n:], e.text)
	}
	e.left -= n
	return n, nil
}

// A line of any length costs no memory for what nobody asks for, and a name that is as long is a fault of its line.
func TestHugeLines(t *testing.T) {
	s := &scan{counts: &counts{}}
	run := &Run{Metric: "acc"}
	in := io.MultiReader(strings.NewReader(`{"doc_id": 1, "filter": "none", "resps": [["`), &endless{`yes \"no\" `, 64 << 20},
		strings.NewReader("\"]], \"acc\": 1}\n{\"doc_id\": \""), &endless{`1`, 64 << 20},
		strings.NewReader("\", \"filter\": \"none\", \"acc\": 0}\n{\"doc_id\": 3, \"filter\": \"none\", \"acc\": 0.5}\n"))
	used := allocated(func() {
		l := &lmEvalSamples{lines: newLines(s, "samples", bufio.NewReader(in)), runs: []*Run{run}}
		if err := l.each(l.line); err != nil {
			t.Error(err)
		}
	})
	if len(run.Scored) != 2 || run.Scored[1].ID != "3" || len(s.counts.list) != 1 || s.counts.list[0].Line != 2 {
		t.Errorf("%d items, left out: %+v", len(run.Scored), s.counts.list)
	}
	if used > 8<<20 {
		t.Errorf("%d MB were allocated for lines of 64 MB", used>>20)
	}
}

// What an archive unpacks to is streamed: one that is a thousand times larger unpacked costs time alone.
func TestBomb(t *testing.T) {
	w := world()
	w.Models, w.Tasks = w.Models[:1], []string{strings.Repeat("sums ", 800)}
	var data []byte
	for _, d := range resultstest.Inspect(w) {
		data = d
	}
	bomb := resultstest.Packed(io.MultiReader(strings.NewReader(`{"id": 99, "epoch": 1, "events": "`),
		&endless{strings.Repeat("0", 1024), 96 << 20},
		strings.NewReader(`", "scores": {"choice": {"value": "C"}}}`)), "samples/99_epoch_1.json")
	var l inspectLog
	used := allocated(func() {
		l = inspectLog{samples: map[string]*inspectSample{}, reduced: map[string]map[string]float64{}, failed: map[string]bool{}}
		l.archive(bufio.NewReader(bytes.NewReader(append(bomb, data...))))
	})
	if len(l.samples) != w.Items+1 || l.lost > 0 {
		t.Errorf("%d samples of an archive of %d bytes, %d lost", len(l.samples), len(bomb)+len(data), l.lost)
	}
	if used > 64<<20 {
		t.Errorf("%d MB were allocated for 96 MB unpacked from %d kB", used>>20, len(bomb)>>10)
	}
}

// Nothing makes a reader panic or run on, and what it takes for a score is a number.
func FuzzReaders(f *testing.F) {
	w := world()
	w.Models, w.Tasks, w.Items = w.Models[:1], w.Tasks[:1], 2
	for _, write := range writers {
		for _, data := range write(w) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		format, what := recognise(buffered(bytes.NewReader(data)))
		if format == nil || what != log || format.name == helmName {
			return
		}
		s := &scan{counts: &counts{}, parts: map[string]part{}}
		_ = format.runs(s, "log", buffered(bytes.NewReader(data)))
		for _, r := range s.runs {
			if r.Model == "" || r.Task == "" {
				t.Errorf("%+v", r)
			}
		}
		_ = jsonpull.New(bytes.NewReader(data)).Skip()
	})
}
