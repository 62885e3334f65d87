package performance

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Imported is the action for a study whose scores come from a table; a score that is not there is missing. Standard errors are
// the table's own, else SE = sqrt(v(1-v)/(n-1)), as of n right and wrong answers, where the items are known.
func Imported(models []study.Model, benchmarks []study.Benchmark, s *study.Scores) *action.Action {
	t := axis.NewImportedTable(models, benchmarks)
	t.Labels = shownAs(models, benchmarks)
	for j, b := range benchmarks {
		if b.Chance != nil {
			t.Chance[j] = *b.Chance
		}
		if slices.Contains(s.Perplexities, b.ID) {
			t.Metrics[j] = axis.FromPerplexity
		}
		importColumn(t, j, b, s)
	}
	t.Logs = s.Logs
	if s.ByItem != nil {
		importItems(t, s)
	}
	for _, c := range s.Covariates {
		t.Covariates = append(t.Covariates, axis.Covariate{Name: c.Name, Texts: c.Texts})
	}
	return &action.Action{
		Kind: "performance/imported", Version: 2, Subject: "scores",
		Facts: []action.Fact{action.F("table", digestOf(t))},
		Run:   func(context.Context, action.Runtime) ([]byte, error) { return t.Encode() },
	}
}

// digestOf names all that a table holds. It does not encode it: what only checks a study of a hundred thousand models has no use
// for its text.
func digestOf(t *ScoreTable) string {
	sum := sha256.New()
	t.Score.Feed(sum)
	t.SE.Feed(sum)
	rest := *t
	rest.Score, rest.SE, rest.Models = nil, nil, nil
	rest.Ties, rest.Equal, rest.Straddled, rest.Truncated = nil, nil, nil, nil // of a table, zeros
	text, err := json.Marshal(rest)
	if err != nil {
		return "none: " + err.Error() // as is told when it is encoded
	}
	sum.Write(text)
	return fmt.Sprintf("sha256:%x", sum.Sum(nil))
}

// shownAs are the names of models and benchmarks that are not their ids; nil where there are none.
func shownAs(models []study.Model, benchmarks []study.Benchmark) *axis.Labels {
	out := &axis.Labels{Models: map[string]string{}, Benchmarks: map[string]string{}}
	for _, m := range models {
		if m.Label != "" {
			out.Models[m.ID] = m.Label
		}
	}
	for _, b := range benchmarks {
		if b.Label != "" {
			out.Benchmarks[b.ID] = b.Label
		}
	}
	if len(out.Models)+len(out.Benchmarks) == 0 {
		return nil
	}
	return out
}

// importColumn puts the scores of one benchmark into the table.
func importColumn(t *ScoreTable, j int, b study.Benchmark, s *study.Scores) {
	normalised := normalised(s.Values, j)
	for i, row := range s.Values {
		v, n := row[j], s.ItemsOf(i, j, b)
		if math.IsNaN(v) {
			t.Score.SetMissing(i, j, lacks(s))
			t.SE.SetMissing(i, j, lacks(s))
			continue
		}
		t.Score.Set(i, j, v)
		behind(t, i, j, n)
		switch {
		case s.Errors != nil && !math.IsNaN(s.Errors[i][j]):
			t.SE.Set(i, j, s.Errors[i][j])
		case n <= 1:
			t.SE.SetMissing(i, j, "the number of items is not known")
		case normalised:
			t.SE.SetMissing(i, j, "the scores are normalised by chance, and the table gives no standard error")
		default:
			t.SE.Set(i, j, math.Sqrt(v*(1-v)/float64(n-1)))
		}
	}
}

// normalised says whether a benchmark has negative scores, which are no shares of right answers.
func normalised(values [][]float64, benchmark int) bool {
	for _, row := range values {
		if row[benchmark] < 0 {
			return true
		}
	}
	return false
}

// behind notes how many items stand behind a score.
func behind(t *ScoreTable, i, j, n int) {
	if n == 0 {
		return
	}
	if t.Behind == nil {
		for range t.Benchmarks {
			t.Behind = append(t.Behind, make([]int, len(t.Models)))
		}
	}
	t.Behind[j][i] = n
}

// lacks says why a cell is empty.
func lacks(s *study.Scores) string {
	if s.Logs != nil {
		return "no log has a score"
	}
	return "the table of scores has no value"
}

// importItems puts scores in item by item. From there on nothing tells the table from one whose models answered here, but for
// benchmarks whose items the logs do not hold.
func importItems(t *ScoreTable, s *study.Scores) {
	t.Imported = false
	for j, b := range s.ByItem {
		if b == nil {
			continue
		}
		n := len(b.IDs)
		t.Items[j], t.ItemChance[j] = b.IDs, b.Chance
		t.ItemScores[j] = make(axis.Floats, 0, len(t.Models)*n)
		for i := range t.Models {
			row := b.Scores[i]
			if row == nil {
				row = slices.Repeat([]float64{math.NaN()}, n)
			} else if math.IsNaN(s.Errors[i][j]) { // not logged: what items show comes before what their number does
				setError(t, i, j, row)
			}
			t.ItemScores[j] = append(t.ItemScores[j], row...)
		}
		for k, o := range s.ByItem[:j] {
			if o == nil {
				continue
			}
			if shared := o.Shared(b); shared > 0 {
				t.Shared = append(t.Shared, axis.SharedItems{A: k, B: j, Items: shared})
			}
		}
	}
}

// setError is the standard error of a mean over items.
func setError(t *ScoreTable, i, j int, items []float64) {
	if _, se, err := stats.MeanSE(items); err == nil {
		t.SE.Set(i, j, se)
	}
}
