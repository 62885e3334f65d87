package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/benchmark"
	"sdmap/internal/diag"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/study"
)

// folding is a study of two models and benchmarks that has llama-imatrix run.
func folding() Inputs {
	in := inputs(2, 2, scholar{})
	in.Study.Axes.Neural = &study.Neural{Models: []string{"m1", "m2"}, Chosen: true, Measures: []string{"energy"},
		Imatrix: &study.Imatrix{Folds: 4, At: diag.Range{File: "study.toml", Start: diag.Pos{Line: 7, Column: 9}}}}
	in.Imatrix = imatrix.Program{Path: "/x", Version: "1"}
	for i := range in.Models {
		in.Models[i].File = Weights{Path: "/m", Digest: "sha256:1"}
		in.Study.Models[i].At = diag.Range{File: "study.toml", Start: diag.Pos{Line: 20 + i, Column: 1}}
	}
	for _, b := range in.Benchmarks {
		b.Items = nil
		for k := range 8 {
			b.Items = append(b.Items, benchmark.Item{ID: fmt.Sprint(k), Question: "q", Prompt: strings.Repeat("so 2 plus 3 ", 10),
				Delimiter: " ", Choices: []string{"a", "b"}})
		}
	}
	return in
}

// giving is the same study with files in place of the program.
func giving() Inputs {
	in := folding()
	in.Study.Axes.Neural.Imatrix.Files = map[study.Cell][]string{{Model: "m1", Benchmark: "b1"}: {"1"},
		{Model: "m2", Benchmark: "b1"}: {"2"}, {Model: "m1", Benchmark: "b2"}: {"3", "4"},
		{Model: "m2", Benchmark: "b2"}: {"5", "6"}}
	in.Digests = map[string]string{"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six"}
	return in
}

// Whatever changes numbers by llama-imatrix changes keys, and where things lie does not.
func TestImatrixIsKeyed(t *testing.T) {
	planned := func(in Inputs) []string {
		p, list := Build(in)
		if list.HasErrors() {
			t.Fatal(list)
		}
		return keys(t, p.Targets())
	}
	for name, c := range map[string]struct {
		base   func() Inputs
		change func(in *Inputs)
		keyed  bool
	}{
		"folds":           {folding, func(in *Inputs) { in.Study.Axes.Neural.Imatrix.Folds = 5 }, true},
		"chunk":           {folding, func(in *Inputs) { in.Study.Axes.Neural.Imatrix.Chunk = 24 }, true},
		"chunk by itself": {folding, func(in *Inputs) { in.Study.Axes.Neural.Imatrix.Chunk = 16 }, false},
		"items":           {folding, func(in *Inputs) { in.Study.Axes.Neural.Items = 7 }, true},
		"a prompt":        {folding, func(in *Inputs) { in.Benchmarks[1].Items[7].Prompt += "x" }, true},
		"version":         {folding, func(in *Inputs) { in.Imatrix.Version = "2" }, true},
		"weights":         {folding, func(in *Inputs) { in.Models[1].File.Digest = "sha256:2" }, true},
		"models":          {folding, func(in *Inputs) { in.Study.Axes.Neural.Models = []string{"m1"} }, true},
		"program's place": {folding, func(in *Inputs) { in.Imatrix.Path = "/y" }, false},
		"weights' place":  {folding, func(in *Inputs) { in.Models[1].File.Path = "/y" }, false},
		"line":            {folding, func(in *Inputs) { in.Study.Axes.Neural.Imatrix.At.Start.Line++ }, false},
		"a file":          {giving, func(in *Inputs) { in.Digests["6"] = "seven" }, true},
		"a fold fewer": {giving, func(in *Inputs) {
			in.Study.Axes.Neural.Imatrix.Files[study.Cell{Model: "m2", Benchmark: "b2"}] = []string{"5"}
		}, true},
		"files' place": {giving, func(in *Inputs) { in.Study.Dir = "/elsewhere" }, false},
		"nothing":      {giving, func(in *Inputs) {}, false},
	} {
		in := c.base()
		before := planned(c.base())
		c.change(&in)
		if changed := !slices.Equal(planned(in), before); changed != c.keyed {
			t.Errorf("%s: changing it changes a key: %v", name, changed)
		}
	}
	if _, mixed := Build(folding()); len(mixed) > 0 {
		t.Error(mixed)
	}
	p, _ := Build(folding())
	if got := count(p.Targets()); got["neural/imatrix"] != 4 || got["neural/patterns"] != 0 {
		t.Errorf("planned: %v", got)
	}
}

func TestImatrixRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(in *Inputs)
		want   []string
	}{
		"no file": {func(in *Inputs) { in.Models[1].File = Weights{Why: "its server names no file"} },
			[]string{"study.toml:21:1", `model "m2" has no file that llama-imatrix could read`, "its server names no file",
				"models = [...]"}},
		"few items": {func(in *Inputs) { in.Benchmarks[1].Items = in.Benchmarks[1].Items[:3] },
			[]string{"study.toml:7:9", `benchmark "b2" has 3 items for 4 folds`, "lower folds"}},
		"few bytes": {func(in *Inputs) { in.Study.Axes.Neural.Imatrix.Chunk = 200 },
			[]string{"study.toml:7:9", `a fold of benchmark "b1" is too short for llama-imatrix`, "241 bytes",
				"two chunks of 200 tokens", "Lower folds or chunk"}},
	} {
		in := folding()
		c.change(&in)
		_, list := Build(in)
		if len(list) != 1 {
			t.Fatalf("%s: %v", name, list)
		}
		text := fmt.Sprint(list[0].Range, list[0].Summary, list[0].Detail, list[0].Suggestion)
		for _, part := range c.want {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is not in %s", name, part, text)
			}
		}
	}
	in := giving() // files need no weights
	in.Models[1].File = Weights{}
	if _, list := Build(in); len(list) > 0 {
		t.Error(list)
	}
}
