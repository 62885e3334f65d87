package study

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// run is the value of "imatrix" that has the program run; every other is a path.
const run = "run"

// imatrix reads what [axes.neural] says of llama-imatrix.
func (t table) imatrix(s *Study, n *Neural) {
	value := t.text("imatrix")
	for _, key := range []string{"folds", "chunk"} {
		if t.given(key) && value != run && (t.has("imatrix") || !t.given("imatrix")) {
			t.report(t.at(t.pos.Children[key].Key), fmt.Sprintf("%q means nothing without imatrix = %q", key, run), "", "")
		}
	}
	if !t.has("imatrix") {
		return
	}
	if only := []string{energy}; !t.given("measures") {
		n.Measures = only
	} else if t.has("measures") && !slices.Equal(n.Measures, only) {
		t.report(t.place("measures"), "llama-imatrix measures "+energy+" and nothing else", "With imatrix no model is traced.",
			fmt.Sprintf("Write measures = [%q], or leave it out.", energy))
	}
	n.Imatrix = &Imatrix{Folds: t.integer("folds"), Chunk: t.integer("chunk"), At: t.place("imatrix")}
	if value != run {
		n.Imatrix.Files = t.imatrixFiles(s, n, filepath.ToSlash(value))
	}
}

// mostMissing ends the search for files: by then the pattern is wrong, and every cell costs a look into a folder.
const mostMissing = 1000

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// imatrixFiles are the files that a path with placeholders stands for, by model and benchmark.
func (t table) imatrixFiles(s *Study, n *Neural, pattern string) map[Cell][]string {
	at, names := t.place("imatrix"), placeholder.FindAllString(pattern, -1)
	for _, name := range names {
		if name != "{model}" && name != "{benchmark}" {
			t.report(at, fmt.Sprintf("%q has no meaning in a path of imatrix files", name), "Known: {model}, {benchmark}.", "")
			return nil
		}
	}
	switch {
	case !slices.Contains(names, "{benchmark}"):
		t.report(at, fmt.Sprintf("%q is neither %q nor a path with {benchmark}", pattern, run),
			"Each benchmark has files of its own.",
			`Write imatrix = "run", or a path such as "imatrix/{model}/{benchmark}-*.gguf".`)
		return nil
	case len(n.Models) > 1 && !slices.Contains(names, "{model}"):
		t.report(at, fmt.Sprintf("%q has no {model}", pattern),
			fmt.Sprintf("The axis measures %d models, and each has files of its own.", len(n.Models)),
			"Name the model that the files are of: models = [\"...\"].")
		return nil
	}
	if !t.checkInside(pattern, at) {
		return nil
	}
	files, owner := map[Cell][]string{}, map[string]Cell{}
	var without []Cell
	for _, b := range s.Benchmarks {
		for _, m := range n.Models {
			if len(without) == mostMissing {
				break
			}
			c := Cell{m, b.ID}
			found, ok := t.matching(strings.NewReplacer("{model}", m, "{benchmark}", b.ID).Replace(pattern))
			if !ok {
				return nil
			}
			for _, f := range found {
				if other, taken := owner[f]; taken {
					t.report(at, fmt.Sprintf("%q would be of %s and of %s", f, other, c),
						"A file holds one model on one benchmark.",
						`Part the id from what varies, as in "imatrix/{model}/{benchmark}/*.gguf".`)
					return nil
				}
				owner[f] = c
			}
			if len(found) == 0 {
				without = append(without, c)
			}
			files[c] = found
		}
	}
	t.checkCells(s, n, files, without)
	return files
}

func (c Cell) String() string { return fmt.Sprintf("model %q on benchmark %q", c.Model, c.Benchmark) }

// checkCells wants files for every cell, and as many of each model on a benchmark.
func (t table) checkCells(s *Study, n *Neural, files map[Cell][]string, without []Cell) {
	at := t.place("imatrix")
	if len(without) > 0 {
		var names []string
		for _, c := range without {
			names = append(names, c.String())
		}
		t.report(at, "no imatrix file for "+without[0].String(), fmt.Sprintf("Missing are %s.", some(names)),
			"llama-imatrix -m MODEL.gguf -f PROMPTS.txt -o FILE.gguf makes one; models = [...] names the models that have them.")
		return
	}
	for _, b := range s.Benchmarks {
		for _, m := range n.Models {
			if got, want := len(files[Cell{m, b.ID}]), len(files[Cell{n.Models[0], b.ID}]); got != want {
				t.report(at, fmt.Sprintf("model %q has %d imatrix files of benchmark %q, and model %q has %d", m, got, b.ID,
					n.Models[0], want),
					"Each is about a part of the items, and all models must have read the same parts.", "")
				return
			}
		}
	}
}

// matching is the files that a pattern stands for, by name; ok is false where a fault was reported.
func (t table) matching(pattern string) (files []string, ok bool) {
	at := t.place("imatrix")
	if !t.checkInside(pattern, at) {
		return nil, false
	}
	found, err := fs.Glob(t.root.FS(), path.Clean(pattern))
	if err != nil {
		t.report(at, fmt.Sprintf("%q is not a pattern", pattern), "* stands for any characters of a name, ? for one, [a-z] for "+
			"one of a range.", "")
		return nil, false
	}
	for _, f := range found {
		if !t.checkFile(f, at) {
			return nil, false
		}
	}
	return found, true
}

// ImatrixFiles are all files of llama-imatrix that the study gives.
func (s *Study) ImatrixFiles() []string {
	var out []string
	if n := s.Axes.Neural; n != nil && n.Imatrix != nil {
		for _, files := range n.Imatrix.Files {
			out = append(out, files...)
		}
	}
	slices.Sort(out)
	return out
}

// RunsImatrix says whether the study has llama-imatrix run.
func (s *Study) RunsImatrix() bool {
	n := s.Axes.Neural
	return n != nil && n.Imatrix != nil && n.Imatrix.Files == nil
}
