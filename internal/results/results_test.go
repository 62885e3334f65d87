package results

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/results/resultstest"
)

// world has scores that tell every model, task and item from every other.
func world() resultstest.World {
	return resultstest.World{Models: []string{"org/a", "org/b"}, Tasks: []string{"sums", "towns"}, Items: 7, Shots: 3,
		Score: func(m, t, k int) float64 { return float64((k*k + 3*m + k*t + m*t*k) % 2) }}
}

// writers are the logs of one world in each format.
var writers = map[string]func(resultstest.World) resultstest.Files{lmEvalName: resultstest.LMEval,
	inspectName: resultstest.Inspect,
	helmName:    resultstest.HELM, recordsName: resultstest.Records}

// lay writes files into a folder.
func lay(t *testing.T, all ...resultstest.Files) (*os.Root, []string) {
	t.Helper()
	dir := t.TempDir()
	for _, files := range all {
		for name, data := range files {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return open(t, dir)
}

// open lists the files of a folder.
func open(t *testing.T, dir string) (*os.Root, []string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	var names []string
	_ = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	return root, names
}

// everything takes all that logs hold.
var everything = Wanted{Model: all, Task: all, Called: func(name string) string { return name },
	Date: func(string) bool { return true }, Scale: func(string) (float64, bool) { return 0, false }}

func all(string) (bool, bool) { return true, false }

// What every reader must do: the same scores, errors and items from the logs of each format, known by their content.
func TestReadersAgree(t *testing.T) {
	w := world()
	for format, write := range writers {
		t.Run(format, func(t *testing.T) {
			root, names := lay(t, write(w))
			f := Scan(root, names)
			columns := f.Join(f.Choose(everything))
			if f.Logs[format] != len(names) || len(columns) != len(w.Tasks) {
				t.Fatalf("%d columns of %v; %v", len(columns), f.Logs, f.LeftOut())
			}
			for _, l := range f.LeftOut() {
				if l.Fault || !strings.Contains(l.Why, "further metrics") {
					t.Errorf("left out: %v", l)
				}
			}
			for k, c := range columns {
				checkColumn(t, w, k, c, format)
			}
		})
	}
}

func checkColumn(t *testing.T, w resultstest.World, k int, c *Column, format string) {
	t.Helper()
	if c.Name != w.Tasks[k] || len(c.Runs) != len(w.Models) || len(c.IDs) != w.Items || c.NoItem != "" {
		t.Fatalf("%q has %d runs and %d items, %s", c.Name, len(c.Runs), len(c.IDs), c.NoItem)
	}
	for m, r := range c.Runs {
		var want []float64
		sum := 0.0
		for i := range w.Items {
			want = append(want, w.Score(m, k, i))
			sum += want[i]
		}
		if got := c.Items[r.ModelName]; !slices.Equal(got, want) {
			t.Errorf("%s on %s: items %v, not %v", r.Model, c.Name, got, want)
		}
		if math.Abs(r.Value()-sum/float64(w.Items)) > 1e-12 || r.Items != w.Items {
			t.Errorf("%s on %s: %v of %d", r.Model, c.Name, r.Value(), r.Items)
		}
		if format != helmName && (math.IsNaN(r.Error()) || r.Date != "2026-01-21T02:59:43Z") {
			t.Errorf("%s on %s: error %v of %s", r.Model, c.Name, r.Error(), r.Date)
		}
	}
	for i := range c.IDs {
		if c.Chance[i] != 0.5 || c.Hashes[i] == [16]byte{} || slices.Index(c.Hashes, c.Hashes[i]) != i {
			t.Errorf("item %s: chance %v, hash %x", c.IDs[i], c.Chance[i], c.Hashes[i])
		}
	}
}

// A log that is cut anywhere, or has a byte changed, costs what is broken of it and nothing else: no panic, and what is told
// counts what is missing.
func TestBrokenLogs(t *testing.T) {
	w := world()
	w.Models, w.Tasks = w.Models[:1], w.Tasks[:1]
	for format, write := range writers {
		whole := write(w)
		for name, data := range whole {
			root, names := lay(t, whole)
			for cut := 0; cut < len(data); cut += 1 + len(data)/30 {
				for _, broken := range [][]byte{data[:cut], slices.Concat(data[:cut], []byte{data[cut] ^ 0x41}, data[cut+1:])} {
					if err := root.WriteFile(name, broken, 0o644); err != nil {
						t.Fatal(err)
					}
					f := Scan(root, names)
					for _, c := range f.Join(f.Choose(everything)) {
						for _, r := range c.Runs {
							if v := r.Value(); math.IsNaN(v) || v < -1 || v > 1 {
								t.Errorf("%s, %s at %d: the score is %v", format, name, cut, v)
							}
						}
					}
				}
			}
		}
	}
}

// Of an archive that was cut the samples that are whole count, and that is said.
func TestCutArchive(t *testing.T) {
	w := world()
	w.Models, w.Tasks = w.Models[:1], w.Tasks[:1]
	for entry, items := range map[string]int{"samples/4": 4, "header.json": w.Items} {
		files := resultstest.Inspect(w)
		for name, data := range files {
			files[name] = data[:bytes.Index(data, []byte(entry))+50]
		}
		root, names := lay(t, files)
		f := Scan(root, names)
		columns := f.Join(f.Choose(everything))
		if len(columns) != 1 || !columns[0].Runs[0].Partial || len(columns[0].IDs) != items {
			t.Errorf("cut at %s: columns %+v, left out %v", entry, columns, f.LeftOut())
		}
		if left := f.LeftOut(); len(left) != 1 || !left[0].Fault || !strings.Contains(left[0].Why, "cut short") {
			t.Errorf("left out: %v", left)
		}
	}
}

// Real logs: one of inspect-ai 0.3.285 with two scorers, two epochs, two reducers and a score that is NaN in both of its epochs.
func TestInspectLeavesNaNOut(t *testing.T) {
	root, names := open(t, "testdata/inspect")
	f := Scan(root, names)
	var got []string
	for _, r := range f.Runs {
		got = append(got, fmt.Sprintf("%s %v n=%d unscored=%d items=%d", r.Metric, r.Score, r.Items, r.Unscored, len(r.Scored)))
	}
	want := []string{"match.accuracy 0.5 n=6 unscored=0 items=6", "match.accuracy,at_least_1 0.5 n=6 unscored=0 items=6",
		"half.mean 0.8 n=5 unscored=1 items=5", "half.mean,at_least_1 0.6 n=5 unscored=1 items=5"}
	if !slices.Equal(got, want) {
		t.Errorf("runs:\n%s\n%v", strings.Join(got, "\n"), f.LeftOut())
	}
	metric := func(name string) bool { return name == "half.mean" }
	w := everything
	w.Metric = metric
	columns := f.Join(f.Choose(w))
	if len(columns) != 1 || len(columns[0].IDs) != 5 || f.Account(columns).Columns[0].Unscored != 1 {
		t.Errorf("columns: %+v", columns)
	}
}

func TestChoosing(t *testing.T) {
	w := world()
	lm, inspected := resultstest.LMEval(w), resultstest.Inspect(w)
	earlier := resultstest.Files{}
	w.Shots = 5
	w.Models = w.Models[:1]
	for name, data := range resultstest.LMEval(w) {
		text := strings.ReplaceAll(string(data), "1768964383.859", "1600000000")
		earlier[strings.ReplaceAll(name, "2026-01-21T03-44", "2020-09-13T12-26")] = []byte(text)
	}
	root, names := lay(t, lm, inspected, earlier)
	f := Scan(root, names)
	columns := f.Join(f.Choose(everything))
	var got []string
	for _, c := range columns {
		got = append(got, c.Name)
	}
	if want := []string{"sums (Inspect)", "sums (lm-evaluation-harness)", "towns (Inspect)",
		"towns (lm-evaluation-harness)"}; !slices.Equal(got, want) {
		t.Errorf("columns: %q", got)
	}
	a := f.Account(columns)
	if len(a.Disagree) != 2 || a.Disagree[0].Models != 2 || a.Disagree[0].Apart != 0 || len(a.Columns[1].Mixed) != 0 {
		t.Errorf("%+v", a)
	}
	if !slices.ContainsFunc(a.LeftOut, func(l LeftOut) bool { return strings.Contains(l.Why, "earlier runs") && l.N == 2 }) {
		t.Errorf("left out: %v", a.LeftOut)
	}
	f = Scan(root, names)
	old := everything
	old.Date = func(date string) bool { return strings.HasPrefix(date, "2020") }
	columns = f.Join(f.Choose(old))
	if len(columns) != 2 || len(columns[0].Runs) != 1 {
		t.Errorf("columns of 2020: %+v", columns)
	}
}

// Models that were asked otherwise are told apart.
func TestMixedSettings(t *testing.T) {
	w := world()
	files := resultstest.LMEval(w)
	w.Shots, w.Models = 0, []string{"org/c"}
	root, names := lay(t, files, resultstest.LMEval(w))
	f := Scan(root, names)
	a := f.Account(f.Join(f.Choose(everything)))
	if m := a.Columns[0].Mixed; len(m) != 1 || m[0].Setting != "examples" ||
		!slices.Equal(m[0].Values, []string{"0 (1 model)", "3 (2 models)"}) {
		t.Errorf("mixed: %+v", a.Columns[0])
	}
}

// Checkpoints, adapters and compressed copies of one model are models of their own; a name that was asked for in place of
// "results" does not part items from their scores.
func TestWeightsTellModelsApart(t *testing.T) {
	w := world()
	w.Models = w.Models[:1]
	var all []resultstest.Files
	for k, args := range []string{`org/a,revision=step1,dtype=float16`, `org/a,revision=main`, `org/a,revision=step2,peft=org/tuned`,
		`org/a,load_in_4bit=True,load_in_8bit=False`} {
		files := resultstest.Files{}
		for name, data := range resultstest.LMEval(w) {
			name = strings.Replace(strings.ReplaceAll(name, "org__a", fmt.Sprint("run", k)), "/results_", "/mine_", 1)
			files[name] = bytes.ReplaceAll(data, []byte("pretrained=org/a"), []byte("pretrained="+args))
		}
		all = append(all, files)
	}
	root, names := lay(t, all...)
	f := Scan(root, names)
	columns := f.Join(f.Choose(everything))
	var got []string
	for _, r := range columns[0].Runs {
		got = append(got, r.ModelName)
	}
	if want := []string{"org/a@step1", "org/a", "org/a@step2+org/tuned", "org/a+4bit"}; !slices.Equal(got, want) {
		t.Errorf("models: %q, not %q", got, want)
	}
	if len(columns[0].IDs) != w.Items {
		t.Errorf("%d items, %s", len(columns[0].IDs), columns[0].NoItem)
	}
}

// A score of 0.4 among such as 30 is not taken for 40 %, though it would be alone, and wherever the others were read.
func TestAScaleIsOneForAllModels(t *testing.T) {
	w := world()
	weak, strong := resultstest.Records(w), resultstest.Files{}
	w.Models = []string{"org/c"}
	for name, data := range resultstest.Records(w) {
		text := regexp.MustCompile(`"score_details":\{"score":[\d.]+`).ReplaceAll(data, []byte(`"score_details":{"score":30`))
		strong[strings.ReplaceAll(name, "records/", "more/")] = text
	}
	root, names := lay(t, weak, strong)
	unscaled := func(files []string, scale float64) (*Found, []Chosen) {
		f := Scan(root, files)
		for _, r := range f.Runs {
			r.Greatest = 0
		}
		wanted := everything
		wanted.Scale = func(string) (float64, bool) { return scale, false }
		return f, f.Choose(wanted)
	}
	is := func(name string) bool { return strings.HasPrefix(name, "more/") }
	more := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !is(n) })
	names = slices.DeleteFunc(names, is)
	first, chosen := unscaled(names, 0)
	second, others := unscaled(more, 0)
	first.Merge(second)
	if columns := first.Join(append(chosen, others...)); len(columns) != 0 {
		t.Errorf("%d columns of scores whose scale is not known", len(columns))
	}
	first, chosen = unscaled(names, 100)
	second, others = unscaled(more, 100)
	first.Merge(second)
	if columns := first.Join(append(chosen, others...)); len(columns) != 2 || len(columns[0].Runs) != 3 {
		t.Errorf("with a scale: %+v", columns)
	}
}

// A metric that one table names and another takes as a task's first is one column.
func TestOneMetricIsOneColumn(t *testing.T) {
	root, names := lay(t, resultstest.LMEval(world()))
	first, second := Scan(root, names), Scan(root, names)
	named := everything
	named.Metric = func(name string) bool { return name == "acc" }
	chosen := append(first.Choose(everything), second.Choose(named)...)
	first.Merge(second)
	if columns := first.Join(chosen); len(columns) != 2 || columns[0].Name == columns[1].Name {
		t.Errorf("columns: %+v", columns)
	}
}

// Runs that differ in more than their date are told as such, and a trial run on fewer items than others is.
func TestTrialRuns(t *testing.T) {
	w := world()
	files := resultstest.LMEval(w)
	w.Items, w.Shots, w.Models = 4, 0, w.Models[:1]
	later := resultstest.Files{}
	for name, data := range resultstest.LMEval(w) {
		later[strings.ReplaceAll(name, "2026-01-21", "2026-01-22")] = bytes.ReplaceAll(data, []byte("1768964383.859"),
			[]byte("1769050783"))
	}
	root, names := lay(t, files, later)
	f := Scan(root, names)
	a := f.Account(f.Join(f.Choose(everything)))
	if !slices.ContainsFunc(a.LeftOut, func(l LeftOut) bool { return strings.Contains(l.Why, "asked otherwise (examples)") }) {
		t.Errorf("left out: %v", a.LeftOut)
	}
	var got []string
	for _, m := range a.Columns[0].Mixed {
		got = append(got, m.Setting)
	}
	if !slices.Equal(got, []string{"examples", "items"}) {
		t.Errorf("mixed: %q", got)
	}
}

// An evaluation that was cancelled has scores of the items that it came to.
func TestInspectThatDidNotEnd(t *testing.T) {
	files := resultstest.Inspect(world())
	for name, data := range files {
		files[name] = bytes.ReplaceAll(data, []byte(`"status":"success"`), []byte(`"status":"cancelled"`))
	}
	root, names := lay(t, files)
	f := Scan(root, names)
	a := f.Account(f.Join(f.Choose(everything)))
	if len(a.Columns) != 2 || !slices.Equal(a.Columns[0].Partial, []string{"org/b"}) {
		t.Errorf("columns: %+v", a.Columns)
	}
}

// Items of another run, as converters have been seen to give, are not believed.
func TestItemsOfAnotherRun(t *testing.T) {
	w := world()
	files := resultstest.Records(w)
	other := world()
	other.Score = func(m, t, k int) float64 { return 1 }
	for name, data := range resultstest.Records(other) {
		if strings.HasSuffix(name, ".jsonl") {
			files[name] = data
		}
	}
	root, names := lay(t, files)
	f := Scan(root, names)
	for _, c := range f.Join(f.Choose(everything)) {
		if c.IDs != nil || !strings.Contains(c.NoItem, "do not average") {
			t.Errorf("%s has %d items, %s", c.Name, len(c.IDs), c.NoItem)
		}
	}
}
