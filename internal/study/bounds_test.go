package study

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"sdmap/internal/diag"
)

// hostile are studies of about n bytes that are made to cost more than they weigh.
var hostile = map[string]func(n int) string{
	"dotted key":          func(n int) string { return repeated(n, "a.") + "b = 1\n" },
	"dotted header":       func(n int) string { return "[" + repeated(n, "a.") + "b]\nc = 1\n" },
	"dotted keys":         func(n int) string { return numbered(n, "a.b.c.d.e.f.g.h%d = 1\n") },
	"keys under headers":  func(n int) string { return numbered(n, "[a%d.b.c.d]\ne.f.g.h = 1\n") },
	"unknown keys":        func(n int) string { return numbered(n, "k%d = 1\n") },
	"almost known keys":   func(n int) string { return numbered(n, "titl%d = 1\n") },
	"keys on one line":    func(n int) string { return "report = {" + numbered(n, "k%d=1,") + "}\n" },
	"long name":           func(n int) string { return repeated(n, "a") + " = 1\n" },
	"long names":          func(n int) string { return numbered(n, repeated(240, "a")+"%d = 1\n") },
	"long text":           func(n int) string { return "title = '" + repeated(n, "a") + "'\n" },
	"long texts":          func(n int) string { return numbered(n, "[[benchmarks]]\nid = '"+repeated(1<<18, "a")+"%d'\n") },
	"long path":           func(n int) string { return "[corpus]\nsource = '" + repeated(n, "a/") + "'\n" },
	"escapes":             func(n int) string { return "title = \"" + repeated(n, `\n`) + "\"\n" },
	"continued lines":     func(n int) string { return "title = \"\"\"" + repeated(n, "\\\n") + "\"\"\"\n" },
	"broken escapes":      func(n int) string { return "title = \"\"\"" + repeated(n, `\ `) + "\"\"\"\n" },
	"open text":           func(n int) string { return "title = \"\"\"" + repeated(n, "a\n") },
	"open texts":          func(n int) string { return repeated(n, "a = \"x\n") },
	"number":              func(n int) string { return "seed = " + repeated(n, "1_") + "1\n" },
	"comments":            func(n int) string { return repeated(n, "# c\n") + "k = 1\n" },
	"blank lines":         func(n int) string { return repeated(n, " \n") + "k = 1\n" },
	"spaces":              func(n int) string { return "k = [1" + repeated(n, " ") + "]\n" },
	"nested lists":        func(n int) string { return "stop = " + repeated(n/2, "[") + repeated(n/2, "]") + "\n" },
	"nested tables":       func(n int) string { return "report = " + repeated(n, "{a=") + "\n" },
	"tables without keys": func(n int) string { return "report = " + repeated(n, "{=") + "\n" },
	"list of numbers":     func(n int) string { return "authors = [" + repeated(n, "1,") + "]\n" },
	"list of texts":       func(n int) string { return "authors = [" + repeated(n, "'',") + "]\n" },
	"list of lists":       func(n int) string { return "authors = [" + repeated(n, "[],") + "]\n" },
	"lists":               func(n int) string { return numbered(n, "[[benchmarks]]\nid = 'b%d'\nstop = ['a', '', '', '']\n") },
	"measures":            func(n int) string { return "[axes.neural]\nmeasures = [" + numbered(n, "'hiden%d',") + "]\n" },
	"the same twice":      func(n int) string { return "[axes.perplexity]\nselectors = [" + repeated(n, "'good',") + "]\n" },
	"unknown models": func(n int) string {
		return numbered(n/2, "[[models]]\nbackend='llamacpp'\nid='m%d'\n") + "[axes.neural]\nmodels = [" +
			numbered(n/2, "'n%d',") + "]\n"
	},
	"hosts": func(n int) string {
		return "allow_hosts = [" + numbered(n/2, "'h%d',") + "]\n[[models]]\nbackend='llamacpp'\nid='m'\nurl = [" +
			numbered(n/2, "'http://g%d:1',") + "]\n"
	},
	"tables":            func(n int) string { return repeated(n, "[[benchmarks]]\n") },
	"unknown tables":    func(n int) string { return repeated(n, "[[a]]\n") },
	"headers":           func(n int) string { return numbered(n, "[a%d]\n") },
	"the same header":   func(n int) string { return repeated(n, "[a]\n") },
	"open headers":      func(n int) string { return repeated(n, "[") },
	"open header lines": func(n int) string { return repeated(n, "[a\n") },
	"benchmarks":        func(n int) string { return numbered(n, "[[benchmarks]]\nid = 'b%d'\nsource = 'rows.jsonl'\n") },
	"absent files":      func(n int) string { return numbered(n, "[[benchmarks]]\nid = 'b%d'\nsource = 'row.jsonl'\n") },
	"addresses": func(n int) string {
		return numbered(n, "[[benchmarks]]\nid = 'b%[1]d'\nsource = 'https://h/%[1]d'\nsha256 = '"+repeated(64, "0")+"'\n")
	},
	"bad ids":           func(n int) string { return numbered(n, "[[benchmarks]]\nid = 'B %d'\nsource = 'rows.jsonl'\n") },
	"inline benchmarks": func(n int) string { return "benchmarks = [" + numbered(n, "{id='b%d',sorce='x'},") + "]\n" },
	"globs":             func(n int) string { return repeated(n, "[[models]]\npath = '*/*.gguf'\n") },
	"patterns": func(n int) string {
		return numbered(n, "[[benchmarks]]\nid = 'b%d'\nsource = 'rows.jsonl'\ntask='generate'\nmetric='regex'\npattern='("+
			repeated(140, "x{1000}")+")'\n")
	},
	"imatrix": func(n int) string {
		return numbered(n/2, "[[benchmarks]]\nid='b%d'\nsource='rows.jsonl'\n") + numbered(n/2,
			"[[models]]\nbackend='llamacpp'\nid='m%d'\n") +
			"[axes.neural]\nimatrix = '{model}/{benchmark}'\n"
	},
}

// repeated is text of n bytes: so many times the unit.
func repeated(n int, unit string) string { return strings.Repeat(unit, n/len(unit)) }

// numbered is the same of a unit that holds a number.
func numbered(n int, unit string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, unit, i)
	}
	return b.String()
}

// cost is what it takes to read a study and to show what is wrong with it, in bytes allocated.
func cost(t *testing.T, path string, root *os.Root, src string) float64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, list := format().read(path, []byte(src), root, Elsewhere{})
	var b bytes.Buffer
	if err := diag.Print(&b, list, func(string) []byte { return []byte(src) }, false); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if len(list) > 400 || b.Len() > 1<<20 {
		t.Errorf("%d diagnostics, %d bytes of them", len(list), b.Len())
	}
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// No study costs more than a fixed amount, nor more than in proportion to its length.
func TestHostileStudiesAreCheap(t *testing.T) {
	const most = 128 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // what is allocated counts, not what is collected
	path := fixture(t, "")
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, study := range hostile {
		t.Run(name, func(t *testing.T) {
			small, double := cost(t, path, root, study(1<<14)), cost(t, path, root, study(1<<15))
			if double > 3*small+(1<<18) {
				t.Errorf("%.0f bytes allocated, and %.0f for twice the length", small, double)
			}
			for _, n := range []int{1 << 18, largestStudy} {
				if got := cost(t, path, root, study(n)); got > most {
					t.Errorf("%.0f MB allocated for a study of %.1f MB", got/(1<<20), float64(n)/(1<<20))
				}
			}
		})
	}
}
