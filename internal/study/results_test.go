package study

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/results"
	"sdmap/internal/results/resultstest"
)

// logsStudy writes logs of four models on two tasks, and a study.
func logsStudy(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	w := resultstest.World{Models: []string{"org/a", "org/b", "lab/c", "lab/d"}, Tasks: []string{"sums", "towns"}, Items: 8,
		Score: func(m, task, k int) float64 { return float64((k + m*task + k*m) % 2) }}
	files := resultstest.LMEval(w)
	files["study.toml"] = []byte(text)
	for name, data := range files {
		if name != "study.toml" {
			name = "logs/deep/" + name
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "study.toml")
}

func TestLogsBecomeScores(t *testing.T) {
	for _, source := range []string{"logs/**", "logs", "l*", "logs/**/*.json*", "logs/deep/*/*"} {
		path := logsStudy(t, `[[results]]
source = "`+source+`"
models = ["!lab/d"]
rename = { "sums" = "Adding", "org/*" = "*" }
lineages = { "org/*" = "org" }
[[benchmarks]]
id = "adding"
lower_is_better = true
chance = 0.5
`)
		s, list := format().Load(path)
		if list.HasErrors() {
			t.Fatalf("%s: %v", source, list)
		}
		if len(s.Models) != 3 || len(s.Benchmarks) != 2 || s.Benchmarks[0].Label != "Adding" ||
			s.Benchmarks[1].ID != "towns" {
			t.Fatalf("%s: %d models, benchmarks %+v", source, len(s.Models), s.Benchmarks)
		}
		a := slices.IndexFunc(s.Models, func(m Model) bool { return m.ID == "a" })
		if a < 0 || s.Models[a].Lineage != "org" {
			t.Fatalf("models: %+v", s.Models)
		}
		// a has 0 1 0 1 ... on sums, errors all of them
		if v, by := s.Scores.Values[a][0], s.Scores.ByItem[0].Scores[a]; v != 0.5 || by[0] != 1 || by[1] != 0 ||
			s.Scores.Counts[a][0] != 8 {
			t.Errorf("%s: %v of %v", source, v, by)
		}
		if math.IsNaN(s.Scores.Errors[a][0]) || s.Scores.Logs.Columns[0].Items != 8 {
			t.Errorf("%s: error %v", source, s.Scores.Errors[a][0])
		}
	}
}

// What a study writes down of a task holds for each of its columns.
func TestATaskOfSeveralColumns(t *testing.T) {
	s, list := format().Load(logsStudy(t, "[[results]]\nsource = \"logs\"\nmetrics = [\"acc\", \"f1\"]\n"+
		"[[benchmarks]]\nid = \"sums\"\nchance = 0.25\nfamily = \"arithmetic\"\n"))
	if list.HasErrors() || len(s.Benchmarks) != 4 {
		t.Fatalf("%d benchmarks, %v", len(s.Benchmarks), list)
	}
	var labels []string
	for _, b := range s.Benchmarks {
		if b.Family == "arithmetic" && b.Chance != nil && *b.Chance == 0.25 {
			labels = append(labels, b.Label)
		}
	}
	if slices.Sort(labels); !slices.Equal(labels, []string{"sums (acc)", "sums (f1)"}) {
		t.Errorf("as written down: %q", labels)
	}
}

// Links to files are followed within the study's folder; what else a link hides is told.
func TestLinksInFoldersOfLogs(t *testing.T) {
	study := logsStudy(t, "[[results]]\nsource = \"linked/**\"\n")
	dir := filepath.Dir(study)
	link := func(to, at string) {
		t.Helper()
		at = filepath.Join(dir, filepath.FromSlash(at))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, at); err != nil {
			t.Skip("no links here:", err)
		}
	}
	for _, model := range []string{"org__a", "org__b"} {
		for _, name := range []string{"results_2026-01-21T03-44-18.458309.json", "samples_sums_2026-01-21T03-44-18.458309.jsonl",
			"samples_towns_2026-01-21T03-44-18.458309.jsonl"} {
			link("../../logs/deep/"+model+"/"+name, "linked/"+model+"/"+name)
		}
	}
	s, list := format().Load(study)
	if list.HasErrors() || len(s.Models) != 2 || s.Scores.Logs.Columns[0].Items != 8 || len(list) != 0 {
		t.Fatalf("%d models, %v", len(s.Models), list)
	}
	link("../logs", "linked/folder")
	link(t.TempDir(), "linked/away")
	s, list = format().Load(study)
	if len(s.Models) != 2 || len(list) != 1 || list.HasErrors() ||
		!strings.Contains(list[0].Summary, "not looked into: 2") {
		t.Errorf("%d models, %v", len(s.Models), list)
	}
	if err := os.RemoveAll(filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	link(t.TempDir(), "linked")
	if _, list = format().Load(study); len(list) != 1 || !strings.Contains(list[0].Detail, "out of the study's folder") {
		t.Errorf("%v", list)
	}
}

// A choice fits names whatever the others leave out: one mistake is one fault.
func TestOneMistakeIsOneFault(t *testing.T) {
	_, list := format().Load(logsStudy(t, "[[results]]\nsource = \"logs\"\nmodels = [\"nobody\"]\nmetrics = [\"acc\"]\n"+
		"dates = [\"2026*\"]\n"))
	if len(list) != 1 {
		t.Errorf("%v", list)
	}
}

func TestFaultsOfLogs(t *testing.T) {
	for text, want := range map[string]string{
		"[[results]]\nsource = \"logs/**\"\nmodels = [\"nobody/*\"]\n":        `"nobody/*" fits none of the logs' names`,
		"[[results]]\nsource = \"none/**\"\n":                                 `no file matches "none/**"`,
		"[[results]]\nsource = \"../**\"\n":                                   "not inside the study's folder",
		"[[results]]\nsource = \"study.toml\"\n":                              "the files hold no scores that can be read",
		"[[results]]\nsource = \"logs\"\n[scores]\nsource = \"study.toml\"\n": "both [scores] and [[results]]",
		"[[results]]\nsource = \"logs\"\n[[benchmarks]]\nid = \"town\"\n":     `no log has a task "town"`,
		"[[results]]\nsource = \"logs\"\nrename = { \"sum\" = \"x\" }\n":      `"sum" fits none of the logs' names`,
	} {
		_, list := format().Load(logsStudy(t, text))
		found := false
		for _, d := range list {
			found = found || strings.Contains(d.Summary, want)
		}
		if !found {
			t.Errorf("%s\n%v", text, list)
		}
	}
}

// A name that other keys leave out is a name of the logs all the same.
func TestNamesLeftOutOfLogsAreNames(t *testing.T) {
	_, list := format().Load(logsStudy(t, `[[results]]
source = "logs/**"
rename = { "org/a" = "x" }
models = ["lab/*"]
`))
	if len(list) != 0 {
		t.Error(list)
	}
}

func TestTwinsOfModels(t *testing.T) {
	column := func(names ...string) *results.Column {
		c := &results.Column{}
		for _, name := range names {
			c.Runs = append(c.Runs, results.Chosen{Run: &results.Run{Model: name}, ModelName: name})
		}
		return c
	}
	n := namesOfModels([]*results.Column{column("org/a", "org/b", "c"), column("hf/org/a", "Org/B", "c", "hf/c")})
	pairs := n.twins()
	want := [][2]string{{"Org/B", "org/b"}, {"org/a", "hf/org/a"}}
	slices.SortFunc(pairs, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	if !slices.Equal(pairs, want) {
		t.Errorf("%q", pairs)
	}
	if got := n.renames("org/a", "hf/org/a") + n.renames("Org/B", "org/b"); got !=
		`rename = { "hf/*" = "*" }rename = { "org/b" = "Org/B" }` {
		t.Error(got)
	}
}

func TestAMistypedOwnerIsGuessed(t *testing.T) {
	_, list := format().Load(logsStudy(t, "[[results]]\nsource = \"logs/**\"\nmodels = [\"orgg/*\"]\n"))
	if len(list) != 1 || list[0].Suggestion != `Did you mean "org/*"?` {
		t.Error(list)
	}
}
