package export

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/plan"
	"sdmap/internal/results"
)

// Exported records come back in with the same numbers: scores, standard errors, items and their scores, with texts and without.
func TestRecordsComeBack(t *testing.T) {
	for _, texts := range []bool{true, false} {
		a := look(t, source(t), Selection{})
		dir, files := write(t, a, Options{Texts: texts, Formats: []string{EEE}})
		root, err := os.OpenRoot(filepath.Join(dir, eeeFolder))
		check(t, err)
		defer root.Close()
		var names []string
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if path, is := strings.CutPrefix(name, eeeFolder+"/"); is {
				names = append(names, path)
			}
		}
		found := results.Scan(root, names)
		if len(found.Runs) != 5 || len(found.LeftOut()) != 0 {
			t.Fatalf("%d runs, left out %+v", len(found.Runs), found.LeftOut())
		}
		found.ReadItems(found.Runs)
		for _, run := range found.Runs {
			comesBack(t, a, run)
		}
	}
}

// comesBack compares a run that was read with the answers that it was made of.
func comesBack(t *testing.T, a *Answers, run *results.Run) {
	t.Helper()
	i := slices.IndexFunc(a.Models, func(m plan.Model) bool { return "small/"+m.ID == run.Model })
	j := slices.Index([]string{"choice", "blank", "text"}, run.Task)
	if i < 0 || j < 0 {
		t.Fatalf("%s on %s", run.Model, run.Task)
	}
	graded, err := a.Graded(i, j)
	check(t, err)
	want := a.Summary(j, graded)
	if run.Source != "sdmap" || run.Release != "1" || run.Score != want.Score || run.Items != want.Items || run.Greatest != 1 ||
		run.StdErr != want.SE && !(math.IsNaN(run.StdErr) && math.IsNaN(want.SE)) {
		t.Errorf("%+v, want %+v", run, want)
	}
	var ids []string
	var scores []float64
	for k, g := range graded {
		if !a.dropped[j][k] {
			ids, scores = append(ids, a.Benchmarks[j].Items[k].ID), append(scores, g.Score)
		}
	}
	if len(run.Scored) != len(ids) {
		t.Fatalf("%s on %s: %d items come back of %d", run.Model, run.Task, len(run.Scored), len(ids))
	}
	for k, item := range run.Scored {
		if item.ID != ids[k] || item.Score != scores[k] || item.Hash == [16]byte{} {
			t.Errorf("%s on %s: item %+v, want %s with %v", run.Model, run.Task, item, ids[k], scores[k])
		}
	}
}
