package performance

import (
	"fmt"
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// bySamplingErrors estimates reliability where nothing is known of single items: 1 - mean sampling variance of a score over the
// variance of scores over models, the share that is not noise (Lord and Novick 1968). Where the standard error is that of n
// right and wrong answers, sqrt(p(1 - p)/(n - 1)), this is formula 21 of Kuder and Richardson (1937) but for the divisor of
// the variance. It takes items as drawn anew for each model: where all models have the same items, some of which are hard for
// all, it understates reliability. It is negative where scores differ less than sampling alone would have them.
//
// Without the general factor, with which scores correlate at r, a variance of 1 - r^2 remains beside the same noise, which
// others'
// scores do not share: 1 - (1 - rel)/(1 - r^2). The factor's own noise does no harm, since r is the correlation with what is
// taken
// out. Halves of the items estimate the same: their partial correlation (rel - r^2)/(2 - rel - r^2) is stepped up to it. But what
// rel is understated by counts 1/(1 - r^2) times here.
func bySamplingErrors(t *ScoreTable, p view) reliabilities {
	nb := len(t.Benchmarks)
	out := reliabilities{errors: true, raw: make([]float64, nb), gfree: make([]float64, nb), reason: make([]string, nb)}
	for b := range nb {
		if err := p.constant(b); err != nil {
			out.reason[b] = err.Error()
			continue
		}
		rel, ok := fromErrors(t, b)
		if !ok {
			out.reason[b] = "the table gives neither its number of items nor standard errors"
			continue
		}
		out.raw[b] = rel
		if r, err := p.loading(b); err == nil && r*r < 1 {
			out.gfree[b] = 1 - (1-rel)/(1-r*r)
		}
	}
	return out
}

// fromErrors is the reliability of one benchmark; false where not every score has a standard error.
func fromErrors(t *ScoreTable, b int) (float64, bool) {
	var scores []float64
	var noise float64
	for i := range t.Models {
		v, ok := t.Score.At(i, b)
		if !ok {
			continue
		}
		se, ok := t.SE.At(i, b)
		if !ok {
			return 0, false
		}
		scores, noise = append(scores, v), noise+se*se
	}
	_, se, err := stats.MeanSE(scores)
	n := float64(len(scores))
	variance := se * se * n
	if err != nil || variance == 0 {
		return 0, false
	}
	rel := 1 - noise/n/variance
	return rel, !math.IsNaN(rel) && !math.IsInf(rel, 0)
}

func errorsAlarm(t *ScoreTable, b int, rel float64) *axis.Alarm {
	a := &axis.Alarm{Kind: "reliability", Benchmark: t.Benchmarks[b], Blocks: true,
		Text:   fmt.Sprintf("The reliability of %s by its standard errors is %.2f, below %g.", name(t, b), rel, LowReliability),
		Advice: "Give scores over more items, or models that differ more: half of what it measures is noise."}
	if rel < 0 {
		a.Text = fmt.Sprintf("The reliability of %s by its standard errors is %s: its scores differ less between models than "+
			"sampling of items alone would have them.", name(t, b), wording.Rounded(rel, 2))
		a.Advice = "Its correlations mean nothing: leave it out, or give scores over more items."
	}
	return a
}

// observed are the scores that a benchmark has.
func observed(t *ScoreTable, b int) (scores []float64) {
	for i := range t.Models {
		if v, ok := t.Score.At(i, b); ok {
			scores = append(scores, v)
		}
	}
	return scores
}

// rightAnswers counts the right answers of each model with a score, and the items behind it; false where scores are no shares of
// right answers to a known number of items. Those of a table of scores are rounded to whole answers.
func rightAnswers(t *ScoreTable, b int) (correct, items []int, ok bool) {
	ok = true
	for i := range t.Models {
		v, scored := t.Score.At(i, b)
		if !scored {
			continue
		}
		n := t.ItemsOf(i, b)
		right, all := int(math.Round(v*float64(n))), v >= 0 && v <= 1
		if n := len(t.Items[b]); n > 0 {
			right, all = rightOf(t.ItemScores[b][i*n : (i+1)*n])
		}
		correct, items, ok = append(correct, right), append(items, n), ok && all && n > 0
	}
	return correct, items, ok
}

// rightOf counts the items of score 1; false where an item has neither 0 nor 1.
func rightOf(items []float64) (n int, all bool) {
	for _, s := range items {
		if s != 0 && s != 1 {
			return 0, false
		}
		n += int(s)
	}
	return n, true
}

func bestOf(scores []float64) string {
	return fmt.Sprintf("the best of %s scores %.3f", count(len(scores), "model"), slices.Max(scores))
}

// importedChance is chanceAlarm of a table of scores that says the chance of its items: a binomial test for each model.
func importedChance(t *ScoreTable, b int, correct, items []int, advice string) *axis.Alarm {
	chance := t.Chance[b]
	if chance <= 0 {
		return nil
	}
	p := make([]float64, len(correct))
	for i, k := range correct {
		v, err := stats.BinomialTail(items[i], k, chance)
		if err != nil {
			return nil // a chance above 1 was set by the author: nothing can be said
		}
		p[i] = v
	}
	adjusted, err := stats.Holm(p)
	if err != nil || slices.Min(adjusted) < chanceLevel {
		return nil
	}
	return &axis.Alarm{Kind: "chance", Benchmark: t.Benchmarks[b], Blocks: true, Advice: advice,
		Text: fmt.Sprintf("No model is above chance (%.3f) on %s: %s (binomial, Holm).", chance, name(t, b),
			bestOf(observed(t, b)))}
}
