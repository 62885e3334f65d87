package performance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Scores is the action that scores the replies of m models to B benchmarks; replies is m x B. Its output is a ScoreTable
// (axis.DecodeScores). Where replies failed there is no score.
func Scores(models []study.Model, benchmarks []*benchmark.Benchmark, replies [][]*action.Action) *action.Action {
	a := &action.Action{Kind: "performance/scores", Version: 2, Subject: "scores"}
	for _, m := range models {
		a.Facts = append(a.Facts, action.F("model", m.ID), action.F("lineage", m.Lineage))
		for _, name := range slices.Sorted(maps.Keys(m.Covariates)) {
			a.Facts = append(a.Facts, action.F("covariate "+fmt.Sprintf("%q", name), fmt.Sprintf("%q", m.Covariates[name])))
		}
	}
	for _, b := range benchmarks {
		a.Facts = append(a.Facts, action.F("benchmark", b.Spec.ID), action.F("family", b.Spec.Family),
			action.F("format", b.Spec.Format), action.F("metric", b.Spec.Metric), action.F("digest", b.Digest()))
		if b.Searches() {
			a.Facts = append(a.Facts, action.F("replies without an answer", "are counted"))
		}
	}
	for i, row := range replies {
		for j, from := range row {
			a.Inputs = append(a.Inputs, action.Input{Name: inputName(models[i], benchmarks[j]), From: from, Optional: true})
		}
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		t := axis.NewScoreTable(models, specs(benchmarks))
		same := newSameness(len(models))
		for j, b := range benchmarks {
			all, failed := make([][]Reply, len(models)), make([]string, len(models))
			for i, m := range models {
				data, lost, err := axis.Optional(r, inputName(m, b))
				switch {
				case err != nil:
					return nil, err
				case lost != nil:
					failed[i] = lost.Why
					continue
				}
				same.add(i, data)
				if all[i], err = RepliesTo(b, data); err != nil {
					failed[i] = err.Error()
				}
			}
			addBenchmark(t, j, b, all, failed)
			r.Progress(j+1, len(benchmarks))
		}
		if len(t.Failed) == len(models)*len(benchmarks) && len(t.Failed) > 0 {
			return nil, fmt.Errorf("no model answered a benchmark: %s: %s", t.Failed[0].What, t.Failed[0].Why)
		}
		t.Covariates = covariatesOf(models)
		t.Identical = same.pairs()
		t.Shared = sharedItems(benchmarks)
		return t.Encode()
	}
	return a
}

// covariatesOf are what the study says of models, by name; a model of which it says nothing has an empty text.
func covariatesOf(models []study.Model) (out []axis.Covariate) {
	names := map[string]bool{}
	for _, m := range models {
		for name := range m.Covariates {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := axis.Covariate{Name: name}
		for _, m := range models {
			c.Texts = append(c.Texts, m.Covariates[name])
		}
		out = append(out, c)
	}
	return out
}

func inputName(m study.Model, b *benchmark.Benchmark) string { return m.ID + " on " + b.Spec.ID }

func specs(benchmarks []*benchmark.Benchmark) []study.Benchmark {
	out := make([]study.Benchmark, len(benchmarks))
	for j, b := range benchmarks {
		out[j] = b.Spec
	}
	return out
}

// addItems notes what does not depend on models.
func addItems(t *ScoreTable, j int, b *benchmark.Benchmark) {
	positions := map[int]int{}
	commonest := 0
	for i, item := range b.Items {
		t.Items[j] = append(t.Items[j], item.ID)
		chance := b.Chance(i)
		t.ItemChance[j] = append(t.ItemChance[j], chance)
		t.Chance[j] += chance
		positions[item.Answer]++
		commonest = max(commonest, positions[item.Answer])
	}
	if n := float64(len(b.Items)); n > 0 {
		t.Chance[j] /= n
		if b.Spec.Task == study.Choice {
			t.Constant[j] = float64(commonest) / n
		}
	}
	t.ItemScores[j] = make(axis.Floats, len(t.Models)*len(b.Items))
	t.Skipped[j] = len(b.Skipped)
}

// addReplies scores one model on one benchmark.
func addReplies(t *ScoreTable, i, j int, b *benchmark.Benchmark, replies []Reply) error {
	n := len(b.Items)
	row := t.ItemScores[j][i*n : (i+1)*n]
	for k, reply := range replies {
		switch {
		case b.Spec.Task == study.Generate:
			row[k] = b.ScoreText(k, reply.Text)
			noteSilent(t, i, j, b, reply.Text)
		case reply.Letters != nil:
			addLetters(t, i, j, k, b, reply.Letters)
		default:
			if len(reply.Choice.LogProbs) != len(b.Items[k].Choices) {
				return fmt.Errorf("item %s: %d log-probabilities for %d choices", b.Items[k].ID, len(reply.Choice.LogProbs),
					len(b.Items[k].Choices))
			}
			score, tie := b.ScoreChoice(k, reply.Choice)
			row[k] = score
			t.Ties[j][i] += one(tie)
			t.Equal[j][i] += one(allEqual(reply.Choice.LogProbs))
			t.Straddled[j][i] += one(reply.Choice.Straddled)
		}
		t.Truncated[j][i] += one(reply.Truncated)
		if math.IsNaN(row[k]) {
			return fmt.Errorf("item %s: the reply cannot be scored by %s", b.Items[k].ID, b.Spec.Metric)
		}
	}
	if n == 0 {
		t.Score.SetMissing(i, j, "the benchmark has no items")
		t.SE.SetMissing(i, j, "the benchmark has no items")
		return nil
	}
	var sum float64
	for _, s := range row {
		sum += s
	}
	t.Score.Set(i, j, sum/float64(n))
	if _, se, err := stats.MeanSE(row); err != nil {
		t.SE.SetMissing(i, j, "one item has no standard error")
	} else {
		t.SE.Set(i, j, se)
	}
	return nil
}

// noteSilent counts a reply that says nothing to score. It keeps counts only where there is something to count.
func noteSilent(t *ScoreTable, i, j int, b *benchmark.Benchmark, text string) {
	counts := &t.Empty
	if strings.TrimSpace(text) != "" {
		if counts = &t.Unmatched; b.FindsAnswer(text) {
			return
		}
	}
	if *counts == nil {
		for range t.Benchmarks {
			*counts = append(*counts, make([]int, len(t.Models)))
		}
	}
	(*counts)[j][i]++
}

// addLetters scores one choice by letter.
func addLetters(t *ScoreTable, i, j, k int, b *benchmark.Benchmark, letters []llm.LetterScore) {
	if t.ByLetter == nil {
		for range t.Benchmarks {
			t.ByLetter = append(t.ByLetter, make([]bool, len(t.Models)))
			t.Unseen = append(t.Unseen, make([]int, len(t.Models)))
		}
	}
	values, unseen := letterValues(letters)
	score, tie := b.ScoreLetters(k, values)
	t.ItemScores[j][i*len(b.Items)+k] = score
	t.ByLetter[j][i] = true
	t.Ties[j][i] += one(tie)
	t.Equal[j][i] += one(allEqual(values))
	t.Unseen[j][i] += one(unseen > 0)
}

// sameness finds models whose replies are byte for byte the same.
type sameness struct{ digests [][]byte }

func newSameness(models int) *sameness { return &sameness{make([][]byte, models)} }

func (s *sameness) add(model int, replies []byte) {
	sum := sha256.Sum256(append(s.digests[model], replies...))
	s.digests[model] = sum[:]
}

func (s *sameness) pairs() [][2]int {
	var out [][2]int
	for b := range s.digests {
		for a := range b {
			if s.digests[a] != nil && bytes.Equal(s.digests[a], s.digests[b]) {
				out = append(out, [2]int{a, b})
				break
			}
		}
	}
	return out
}

// sharedItems counts items of A that B has too: the same question, and the same choices in any order where both have
// choices.
func sharedItems(benchmarks []*benchmark.Benchmark) []axis.SharedItems {
	type item struct{ question, choices string }
	index := make([]map[item]bool, len(benchmarks))
	keys := make([][]item, len(benchmarks))
	for j, b := range benchmarks {
		index[j] = map[item]bool{}
		for _, it := range b.Items {
			sorted := slices.Sorted(slices.Values(it.Choices))
			k := item{it.Question, fmt.Sprintf("%q", sorted)}
			keys[j] = append(keys[j], k)
			index[j][k] = true
			if len(it.Choices) == 0 {
				index[j][item{question: it.Question}] = true
			}
		}
	}
	var out []axis.SharedItems
	for b := range benchmarks {
		for a := range b {
			n := 0
			for k, it := range benchmarks[a].Items {
				asked := index[b][keys[a][k]] || index[b][item{question: it.Question}]
				if !asked && len(it.Choices) == 0 {
					asked = slices.ContainsFunc(benchmarks[b].Items,
						func(o benchmark.Item) bool { return o.Question == it.Question })
				}
				n += one(asked)
			}
			if n > 0 {
				out = append(out, axis.SharedItems{A: a, B: b, Items: n})
			}
		}
	}
	return out
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func allEqual(x []float64) bool {
	return len(x) > 1 && !slices.ContainsFunc(x, func(v float64) bool { return v != x[0] })
}
