package performance

import (
	"fmt"
	"math"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/wording"
)

// mostRefused is the share of a benchmark's items that a model may be unable to take and still have a score: beyond it, what is
// left for all models to be compared on would be up to one of them.
const mostRefused = 0.1

// RepliesTo are a model's replies to all items of a benchmark.
func RepliesTo(b *benchmark.Benchmark, data []byte) ([]Reply, error) {
	replies, err := DecodeReplies(data)
	if err == nil && len(replies) != len(b.Items) {
		err = fmt.Errorf("%d replies to %d items", len(replies), len(b.Items))
	}
	return replies, err
}

// addBenchmark scores all models on the items that every one of them could take, but for models that could not take many, and
// those whose replies failed: they have no score.
func addBenchmark(t *ScoreTable, j int, b *benchmark.Benchmark, replies [][]Reply, failed []string) {
	refused := make([]int, len(replies))
	dropped := make(Dropped, len(b.Items))
	for i, rs := range replies {
		refused[i] = countRefused(rs)
		dropped.Add(rs)
	}
	kept, rest := b.Without(dropped), make([][]Reply, len(replies))
	addItems(t, j, kept)
	for i, rs := range replies {
		for k, r := range rs {
			if !dropped[k] {
				rest[i] = append(rest[i], r)
			}
		}
		noteRefused(t, i, j, refused[i], len(b.Items)-len(kept.Items))
		switch {
		case failed[i] != "":
			noteFailed(t, i, j, failed[i])
			continue
		case refusesMany(refused[i], len(rs)):
			noScore(t, i, j, tooManyRefused(refused[i], len(rs)))
			continue
		}
		if err := addReplies(t, i, j, kept, rest[i]); err != nil {
			noteFailed(t, i, j, err.Error())
		}
	}
}

// Dropped marks the items of a benchmark that are in no model's score, since one model or another could not take them.
type Dropped []bool

// Add notes what a model could not take, unless that is so much that the model itself has no score.
func (d Dropped) Add(replies []Reply) {
	if refusesMany(countRefused(replies), len(replies)) {
		return
	}
	for k, r := range replies {
		d[k] = d[k] || r.Refused != ""
	}
}

func tooManyRefused(refused, items int) string {
	return fmt.Sprintf("the model could not take %d of %d items, which is more than %s", refused, items,
		wording.Percent(mostRefused))
}

// noteFailed is a cell without a number because something went wrong.
func noteFailed(t *ScoreTable, i, j int, why string) {
	noScore(t, i, j, "it failed: "+why)
	t.Failed = append(t.Failed, axis.Lost{What: t.Models[i] + " on " + t.Benchmarks[j], Why: why})
}

func countRefused(replies []Reply) (n int) {
	for _, r := range replies {
		n += one(r.Refused != "")
	}
	return n
}

// refusesMany allows one item in any case: of four that would be more than the share.
func refusesMany(refused, items int) bool {
	return refused > 1 && float64(refused) > mostRefused*float64(items)
}

// toldRefused is the share of prompts that models could not take from which on an alarm says so.
const toldRefused = 0.01

// refusedAlarm names the models that could not take items.
func refusedAlarm(t *ScoreTable, b int) *axis.Alarm {
	if t.Refused == nil {
		return nil
	}
	sum, models := countByModel(t, t.Refused[b])
	items := len(t.Items[b]) + t.Dropped[b]
	share := float64(sum) / float64(items*len(t.Models))
	if share <= toldRefused {
		return nil
	}
	return &axis.Alarm{Kind: "refused", Benchmark: t.Benchmarks[b], Blocks: share >= spoiltShare,
		Text: fmt.Sprintf("On %s, %d of %d prompts could not be taken (%s): they are too long, or hold bytes that the "+
			"model has no "+
			"tokens for. %s left out for all models; up to %s of prompts would be no alarm.", t.Benchmarks[b], sum,
			items*len(t.Models), models, wording.Are(t.Dropped[b], "item"), wording.Percent(toldRefused)),
		Advice: "Shorten the items, or leave out the models that cannot take them."}
}

// noteRefused keeps counts only where there is something to count.
func noteRefused(t *ScoreTable, i, j, refused, dropped int) {
	if refused == 0 && dropped == 0 {
		return
	}
	if t.Refused == nil {
		for range t.Benchmarks {
			t.Refused = append(t.Refused, make([]int, len(t.Models)))
		}
		t.Dropped = make([]int, len(t.Benchmarks))
	}
	t.Refused[j][i], t.Dropped[j] = refused, dropped
}

// noScore is a cell without a number.
func noScore(t *ScoreTable, i, j int, why string) {
	n := len(t.Items[j])
	for k := range t.ItemScores[j][i*n : (i+1)*n] {
		t.ItemScores[j][i*n+k] = math.NaN()
	}
	t.Score.SetMissing(i, j, why)
	t.SE.SetMissing(i, j, why)
}
