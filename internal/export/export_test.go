package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis/performance"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/llm"
	"sdmap/internal/outdir"
	"sdmap/internal/plan"
	"sdmap/internal/study"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hostile is a text that ends lines, steers terminals and is not ASCII.
const hostile = "a\x1b[31m\u0085b\u2028c\r\nd\x00 \"é\U0001f600"

// silent is a driver that nobody asks.
type silent struct{ llm.Driver }

// source is a study of two models and three benchmarks. The second model could not take one item, and its replies to the last
// benchmark are not in the store.
func source(t *testing.T) Source {
	t.Helper()
	store, err := cas.Open(t.TempDir())
	check(t, err)
	t.Cleanup(func() { store.Close() })
	s := &study.Study{Name: "small", Title: "Small: " + hostile, Date: "2026-01-02", Authors: []string{"A. Author"},
		Benchmarks: []study.Benchmark{
			{ID: "choice", Source: "c.jsonl", Task: study.Choice, Metric: "acc", Delimiter: " ", Prompt: "{question}"},
			{ID: "blank", Source: "b.jsonl", Task: study.Choice, Metric: "acc_norm", Delimiter: " "},
			{ID: "text", Source: "t.jsonl", Task: study.Generate, Metric: "numeric", MaxTokens: 8, Stop: []string{"\n"}},
		}, Models: []study.Model{{ID: "m1", Lineage: "l"}, {ID: "m2", Lineage: "l", Covariates: map[string]string{"size": "1B"}}}}
	src := Source{Study: s, Digest: "sha256:0", Version: "1", Store: store}
	items := [][]benchmark.Item{{
		{ID: "1", Question: hostile, Prompt: "Q: " + hostile, Delimiter: " ", Choices: []string{"yes", hostile}, Answer: 1},
		{ID: "2", Question: "q", Prompt: "q", Delimiter: " ", Choices: []string{"yes", "no", "maybe"}},
		{ID: "3", Question: "r", Prompt: "r", Delimiter: " ", Choices: []string{"yes", "no"}},
	}, {
		{ID: "1", Question: "_ is", Prompt: "_ is", Delimiter: " ", Choices: []string{"it", "he"}, Contexts: []string{"it", "he"},
			Continuations: []string{" is", " is"}},
	}, {
		{ID: "1", Question: "1+1?", Prompt: "1+1?", Answer: -1, Reference: "2", References: []string{"2", "two 2"}},
		{ID: "2", Question: "0?", Prompt: "0?", Answer: -1, Reference: "0", References: []string{"0"}},
	}}
	for j, spec := range s.Benchmarks {
		src.Benchmarks = append(src.Benchmarks, &benchmark.Benchmark{Spec: spec, Items: items[j]})
	}
	choice := func(logs ...float64) performance.Reply {
		return performance.Reply{Choice: benchmark.ChoiceReply{LogProbs: logs, Tokens: make([]int, len(logs))}}
	}
	replies := [][][]performance.Reply{
		{{choice(-2, -1), choice(-1, -1, -3), choice(0, -0.5)}, {choice(-2, -1)}, {{Text: hostile + " so 2.", Tokens: 3, Reason: "eos"}, {}}},
		{{choice(-1, -2), {Refused: "too long: " + hostile}, choice(-3, -0.5)}, {choice(-1, -4)}, nil},
	}
	for i, m := range s.Models {
		src.Models = append(src.Models, plan.Model{Model: &llm.Model{ID: m.ID, Lineage: m.Lineage, Driver: silent{}},
			Identity: llm.Identity{Weights: "sha256:" + m.ID, Engine: "embedded/2", Route: "here", Options: []string{"a=1"}}})
		var row []*action.Action
		for j, b := range src.Benchmarks {
			a := performance.Replies(src.Models[i].Model, src.Models[i].Identity, b)
			if row = append(row, a); replies[i][j] != nil {
				keep(t, store, a, replies[i][j])
			}
		}
		src.Replies = append(src.Replies, row)
	}
	return src
}

func keep(t *testing.T, store *cas.Store, a *action.Action, output any) {
	t.Helper()
	text, err := json.Marshal(output)
	check(t, err)
	d, err := a.Describe(nil)
	check(t, err)
	_, err = store.Put(cas.Made{Kind: a.Kind, Subject: a.Subject, Description: d}, text)
	check(t, err)
}

func look(t *testing.T, src Source, sel Selection) *Answers {
	t.Helper()
	a, err := Look(src, sel, func(int, int) {})
	check(t, err)
	return a
}

// write exports into a new folder and gives the content of every file in it.
func write(t *testing.T, a *Answers, o Options) (dir string, files map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "out")
	o.Progress = func(done, total int) {
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
	}
	if o.Formats == nil {
		o.Formats = Formats()
	}
	check(t, a.Write(t.Context(), outdir.Folder{Path: dir, Say: func(string, ...any) {}}, o))
	return dir, content(t, dir)
}

func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return files
}

func rowsIn(t *testing.T, text string) (out []map[string]any) {
	t.Helper()
	for l := range strings.Lines(text) {
		var row map[string]any
		check(t, json.Unmarshal([]byte(l), &row))
		out = append(out, row)
	}
	return out
}

func TestRows(t *testing.T) {
	a := look(t, source(t), Selection{})
	if there, all := a.Count(); there != 10 || all != 12 {
		t.Errorf("%d of %d answers", there, all)
	}
	if got := a.Absent(); !reflect.DeepEqual(got, []Absent{{"m2", "text", 2}}) {
		t.Errorf("%+v", got)
	}
	_, files := write(t, a, Options{Texts: true})
	if strings.ContainsAny(files["answers.jsonl"], "\u0085\u2028\x1b\r") {
		t.Error("a character of a text stands by itself")
	}
	rows := rowsIn(t, files["answers.jsonl"])
	is := func(n int, column string, want any) {
		t.Helper()
		if got := rows[n][column]; !reflect.DeepEqual(got, want) {
			t.Errorf("row %d, %s is %v, want %v", n, column, got, want)
		}
	}
	if len(rows) != 10 {
		t.Fatalf("%d rows", len(rows))
	}
	is(0, "prompt", "Q: "+hostile)
	is(0, "continuations", []any{" yes", " " + hostile})
	is(0, "right", []any{false, true})
	is(0, "logprobs", []any{-2.0, -1.0})
	is(0, "chosen", 1.0)
	is(0, "score", 1.0)
	is(0, "text", nil)
	is(0, "counts", true)
	is(1, "tied", true)
	is(1, "chosen", 0.0)
	is(1, "counts", false) // the other model could not take it
	is(1, "score", 1.0)
	is(4, "score", nil)
	is(4, "chosen", nil)
	is(4, "logprobs", nil)
	is(4, "error", "too long: "+hostile)
	is(4, "prompt", "q")
	is(5, "score", 0.0)
	is(6, "contexts", []any{"it", "he"})
	is(6, "continuations", []any{" is", " is"})
	is(8, "text", hostile+" so 2.")
	is(8, "extracted", "2")
	is(8, "references", []any{"2", "two 2"})
	is(8, "end", "eos")
	is(9, "text", "") // nothing was written, and that is a reply
	is(9, "extracted", nil)
	is(9, "generated_tokens", 0.0)
	is(9, "score", 0.0)
	key := a.cells[0][2].entry.Action.String()
	is(9, "key", key)
	if e, hit := a.Store.Lookup(a.cells[0][2].entry.Action); !hit || e.Output.String() != rows[9]["output"] {
		t.Error("the key does not lead to the output")
	}
}

// Every column is explained, in its order, and no other is.
func TestColumns(t *testing.T) {
	var have []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Row]()) {
		have = append(have, f.Tag.Get("json"))
		if name, _, _ := strings.Cut(f.Tag.Get("parquet"), ","); name != f.Tag.Get("json") {
			t.Errorf("%s is %s in Parquet", f.Tag.Get("json"), name)
		}
		nullable := f.Type.Kind() == reflect.Pointer || f.Type.Kind() == reflect.Slice
		if nullable != strings.Contains(f.Tag.Get("parquet"), "optional") {
			t.Errorf("%s: what is optional must be a pointer or a list, or 0 becomes null", f.Name)
		}
	}
	var told []string
	for _, c := range columns {
		told = append(told, c[0])
	}
	if !slices.Equal(have, told) {
		t.Errorf("columns %v, explained %v", have, told)
	}
}

func TestWithoutTexts(t *testing.T) {
	a := look(t, source(t), Selection{})
	dir, files := write(t, a, Options{})
	for name, text := range files {
		for _, word := range []string{"yes", "maybe", "1+1", "two", "so 2", "Q: ", "too long"} {
			if name != outdir.Manifest && strings.Contains(text, word) {
				t.Errorf("%s has %q", name, word)
			}
		}
	}
	rows := rowsIn(t, files["answers.jsonl"])
	if rows[0]["chosen"] != 1.0 || rows[0]["prompt"] != nil || rows[0]["item_digest"] == nil || rows[4]["error"] != withoutTexts {
		t.Errorf("%v, %v", rows[0], rows[4])
	}
	validate(t, dir)
	_, samples := record(t, dir, "m1")
	if s := samples[1]; s.Output.Raw[0] != "0" || s.Input.Reference[0] != "0" || len(s.Input.Choices) != 3 {
		t.Errorf("%+v", s)
	}
}

// The same answers give the same bytes; other answers other records.
func TestBytesAreEqual(t *testing.T) {
	src := source(t)
	_, one := write(t, look(t, src, Selection{}), Options{Texts: true})
	_, two := write(t, look(t, src, Selection{}), Options{Texts: true})
	if !maps.Equal(one, two) {
		t.Error("two exports differ")
	}
	_, third := write(t, look(t, src, Selection{Benchmarks: []string{"choice"}}), Options{Texts: true, Formats: []string{EEE}})
	for name := range third {
		if _, same := one[name]; same && strings.HasPrefix(name, eeeFolder) {
			t.Errorf("%s holds other answers under the same name", name)
		}
	}
}

func TestSelection(t *testing.T) {
	src := source(t)
	_, files := write(t, look(t, src, Selection{Models: []string{"m2"}, Benchmarks: []string{"ch*"}}),
		Options{Texts: true, Formats: []string{JSONL}})
	rows := rowsIn(t, files["answers.jsonl"])
	if len(rows) != 3 || len(files) != 3 {
		t.Fatalf("%d rows in %v", len(rows), slices.Sorted(maps.Keys(files)))
	}
	// What a model that is not selected could not take is in no score.
	_, files = write(t, look(t, src, Selection{Models: []string{"m1"}}), Options{Formats: []string{JSONL}})
	if rowsIn(t, files["answers.jsonl"])[1]["counts"] != false {
		t.Error("an item counts that another model could not take")
	}
	if _, err := Look(src, Selection{Models: []string{"m3"}}, func(int, int) {}); err == nil || !strings.Contains(err.Error(), `"m3"`) {
		t.Error(err)
	}
}

// What is damaged in the store is not there.
func TestDamage(t *testing.T) {
	src := source(t)
	a := look(t, src, Selection{})
	keep(t, src.Store, src.Replies[0][0], []performance.Reply{{Text: "one reply to three items"}})
	if b := look(t, src, Selection{}); b.There(0, 0) || !a.There(0, 0) || len(b.Absent()) != 2 {
		t.Errorf("%+v", b.Absent())
	}
}

// An interruption leaves the folder as it was, and nothing half-written in it.
func TestInterrupted(t *testing.T) {
	a := look(t, source(t), Selection{})
	dir, before := write(t, a, Options{Formats: []string{JSONL}})
	ctx, cancel := context.WithCancel(t.Context())
	err := a.Write(ctx, outdir.Folder{Path: dir}, Options{Formats: Formats(), Texts: true, Progress: func(done, _ int) {
		if done == 2 {
			cancel()
		}
	}})
	if err == nil || ctx.Err() == nil {
		t.Fatal(err)
	}
	if after := content(t, dir); !maps.Equal(before, after) {
		t.Errorf("the folder holds %v", slices.Sorted(maps.Keys(after)))
	}
}

// An export replaces an earlier one, whatever forms it had, and touches nothing else; it refuses to take the place of others.
func TestFolder(t *testing.T) {
	a := look(t, source(t), Selection{})
	dir, _ := write(t, a, Options{Texts: true, Gzip: true})
	theirs := filepath.Join(dir, "notes.txt")
	check(t, os.WriteFile(theirs, []byte("mine"), 0o666))
	o := Options{Formats: []string{Parquet}, Progress: func(int, int) {}}
	check(t, a.Write(t.Context(), outdir.Folder{Path: dir, Say: func(string, ...any) {}}, o))
	got := slices.Sorted(maps.Keys(content(t, dir)))
	if want := []string{"answers.parquet", "export.json", "notes.txt", outdir.Manifest}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	other := t.TempDir()
	check(t, os.WriteFile(filepath.Join(other, "answers.jsonl"), []byte("mine"), 0o666))
	o.Formats = []string{JSONL}
	err := a.Write(t.Context(), outdir.Folder{Path: other, Say: func(string, ...any) {}}, o)
	if err == nil || !strings.Contains(err.Error(), "answers.jsonl") || !strings.Contains(err.Error(), "-to") {
		t.Error(err)
	}
	if got := content(t, other); len(got) != 1 || got["answers.jsonl"] != "mine" {
		t.Errorf("%v", got)
	}
}

// Scores of letters that a backend did not show are null, and no infinity.
func TestLetters(t *testing.T) {
	b := &benchmark.Benchmark{Spec: study.Benchmark{ID: "b", Task: study.Choice, Metric: "acc"}, Items: []benchmark.Item{
		{ID: "1", Prompt: "p", Lettered: "p\nA. x\nB. y\nAnswer:", Choices: []string{"x", "y"}, Answer: 1}}}
	g := performance.Grade(b, []performance.Reply{{Letters: []llm.LetterScore{{}, {LogProb: -1, Seen: true}}}})
	a := &Answers{Source: Source{Study: &study.Study{Models: []study.Model{{ID: "m"}}}, Benchmarks: []*benchmark.Benchmark{b}},
		cells: [][]cell{{{}}}, dropped: []performance.Dropped{{false}}, digests: [][]string{{""}}}
	r := a.rowsOf(0, 0, g, true)[0]
	if !math.IsInf(g[0].Values[0], -1) || r.LogProbs[0] != nil || *r.LogProbs[1] != -1 || *r.Chosen != 1 || *r.Score != 1 {
		t.Errorf("%+v", r)
	}
	if *r.Prompt != b.Items[0].Lettered || r.Continuations != nil {
		t.Errorf("%+v", r)
	}
	text, err := line(r)
	if err != nil || !bytes.Contains(text, []byte(`"logprobs":[null,-1]`)) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestNamesOfFolders(t *testing.T) {
	for name, want := range map[string]string{"bbh": "bbh", "a/b:c": "a_b_c", "con": "_con", "com1.x": "_com1.x", "x. ": "x",
		"data": "_data", "unknown": "_unknown", "..": "_", "": "_"} {
		if got := component(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	if got := uuid(bytes.Repeat([]byte{0xff}, 32)); got != "ffffffff-ffff-4fff-bfff-ffffffffffff" {
		t.Error(got)
	}
	if seconds("2026-01-02") != fmt.Sprint(1767312000) || seconds("") != "0" {
		t.Error(seconds("2026-01-02"))
	}
}
