package performance

import (
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/axis"
	"sdmap/internal/stats"
	"sdmap/internal/wording"
)

// alarms are what must be known about benchmarks and models before any overlap is read.
func alarms(t *ScoreTable, rel reliabilities) []axis.Alarm {
	var out []axis.Alarm
	if m := len(t.Models); m < fewModels {
		out = append(out, axis.Alarm{Kind: "few-models", Blocks: true,
			Text:   fmt.Sprintf("The study has %s, fewer than %d.", count(m, "model"), fewModels),
			Advice: "Add models: correlations over so few say next to nothing."})
	}
	if a := mixedAlarm(t); a != nil {
		out = append(out, *a)
	}
	for b := range t.Benchmarks {
		for _, of := range []func(*ScoreTable, int) *axis.Alarm{refusedAlarm, emptyAlarm, unmatchedAlarm, chanceAlarm,
			ceilingAlarm, equalAlarm, truncatedAlarm} {
			if a := of(t, b); a != nil {
				out = append(out, *a)
			}
		}
		if a := reliabilityAlarm(t, b, rel); a != nil {
			out = append(out, *a)
		}
		out = append(out, logAlarms(t, b)...)
	}
	for _, pair := range t.Identical {
		a, b := t.Models[pair[0]], t.Models[pair[1]]
		out = append(out, axis.Alarm{Kind: "identical-replies", Other: b,
			Text:   fmt.Sprintf("The models %s and %s give the same raw replies to everything.", a, b),
			Advice: "They are one model: keep one of them."})
	}
	for _, s := range t.Shared {
		out = append(out, axis.Alarm{Kind: "shared-items", Benchmark: t.Benchmarks[s.A], Other: t.Benchmarks[s.B], Blocks: true,
			Text: fmt.Sprintf("%s and %s share %s (of %d and %d).", name(t, s.A), name(t, s.B), count(s.Items, "item"),
				len(t.Items[s.A]), len(t.Items[s.B])),
			Advice: "Drop the shared items from one of the two; until then their overlap is partly one measurement with itself."})
	}
	return out
}

// OfScores are the alarms that need no overlaps, for a study of too few models for the axis. They block no label, since none
// rests
// on scores there.
func OfScores(t *ScoreTable) []axis.Alarm {
	var out []axis.Alarm
	for _, a := range alarms(t, reliabilities{reason: slices.Repeat([]string{"not computed"}, len(t.Benchmarks))}) {
		if a.Kind == "chance" || a.Kind == "ceiling" {
			a.Advice = unused + lowerFirst(a.Advice)
		}
		if a.Blocks = false; a.Kind != "few-models" {
			out = append(out, a)
		}
	}
	return out
}

// unused begins what to do about scores that no overlap rests on.
const unused = "Nothing, while there is no performance axis: no overlap of scores rests on it. With more models, "

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// Raisable are the kinds of alarms that could have been raised of every benchmark: not all can where nothing is known of items.
func Raisable(t *ScoreTable) []string {
	out := []string{"ceiling"}
	on := BasisOf(t)
	if on.Items {
		out = append(out, "shared-items")
	}
	if on.Items || on.Errors {
		out = append(out, "reliability")
	}
	for b := range t.Benchmarks {
		if _, _, ok := rightAnswers(t, b); !on.Items && !(ok && t.Chance[b] > 0) {
			return out
		}
	}
	return append(out, "chance")
}

// mixedAlarm: scores by the letter of an answer and by the log-probability of its words are not of one kind.
func mixedAlarm(t *ScoreTable) *axis.Alarm {
	letters, words := t.LetterModels()
	if len(letters) == 0 || len(words) == 0 {
		return nil
	}
	names := t.Models[letters[0]]
	if more := len(letters) - 1; more > 0 {
		names = fmt.Sprintf("%s and %d more", names, more)
	}
	return &axis.Alarm{Kind: "mixed-scoring",
		Text: fmt.Sprintf("Choices of %s of %d (%s) are read from the first letter of an answer, those of the others from the "+
			"log-probabilities of the choices' words.",
			count(len(letters), "model"), len(t.Models), names),
		Advice: "Compare models within one kind only: the difference between the two ways of asking looks like a difference " +
			"between models."}
}

// chanceAlarm: no model does better than guessing. For each model P(X >= correct) under the items' own chances
// (Poisson-binomial, exact) and under the best constant answer (binomial), each Holm-adjusted over models; the alarm is
// raised when no model reaches chanceLevel against either. Scores that are not 0 or 1 have no such test: they alarm only where
// every model has 0.
func chanceAlarm(t *ScoreTable, b int) *axis.Alarm {
	scores := observed(t, b)
	correct, items, ok := rightAnswers(t, b)
	if len(scores) == 0 || len(t.Items[b]) == 0 && !ok {
		return nil
	}
	advice := "Drop it, or add models that can do it: what is left is noise."
	if slices.Max(scores) == 0 {
		return &axis.Alarm{Kind: "chance", Benchmark: t.Benchmarks[b], Blocks: true, Advice: advice,
			Text: fmt.Sprintf("Every model scores 0 on %s (%s).", name(t, b), count(slices.Max(items), "item"))}
	}
	if !ok {
		return nil
	}
	if t.Imported || len(t.Items[b]) == 0 {
		return importedChance(t, b, correct, items, advice)
	}
	n, m := len(t.Items[b]), len(scores)
	better := func(chances []float64) bool {
		p := make([]float64, m)
		for i, k := range correct {
			v, err := stats.PoissonBinomialTail(chances, k)
			if err != nil {
				return true // a chance outside [0, 1] was set by the author: nothing can be said
			}
			p[i] = v
		}
		adjusted, err := stats.Holm(p)
		return err != nil || slices.Min(adjusted) < chanceLevel
	}
	best := bestOf(scores)
	if !better(t.ItemChance[b]) {
		return &axis.Alarm{Kind: "chance", Benchmark: t.Benchmarks[b], Blocks: true, Advice: advice,
			Text: fmt.Sprintf("No model is above chance (%.3f) on %s: %s (Poisson-binomial, Holm).", t.Chance[b], name(t, b),
				best)}
	}
	if t.Constant[b] > 0 && !better(slices.Repeat([]float64{t.Constant[b]}, n)) {
		return &axis.Alarm{Kind: "chance", Benchmark: t.Benchmarks[b], Blocks: true,
			Advice: "Balance the positions of the right answers.",
			Text: fmt.Sprintf("No model is above a constant answer (%.3f) on %s: %s (binomial, Holm).", t.Constant[b],
				name(t, b), best)}
	}
	return nil
}

// ceilingAlarm: most models leave no room to differ. Where only half do, they tie with each other but differ from the rest,
// and the benchmark still says who belongs where.
func ceilingAlarm(t *ScoreTable, b int) *axis.Alarm {
	scores := observed(t, b)
	if len(scores) == 0 {
		return nil
	}
	high := 0
	for _, s := range scores {
		if s >= ceiling {
			high++
		}
	}
	if float64(high)/float64(len(scores)) < ceilingShare {
		return nil
	}
	return &axis.Alarm{Kind: "ceiling", Benchmark: t.Benchmarks[b], Blocks: true,
		Text: fmt.Sprintf("%d of %s score %s or more on %s.", high, count(len(scores), "model"), wording.Number(ceiling),
			name(t, b)),
		Advice: "Add harder items: models can hardly differ here."}
}

// equalAlarm: a choice among equals is no answer.
func equalAlarm(t *ScoreTable, b int) *axis.Alarm {
	return replyAlarm(t, b, "equal-logprobs", t.Equal[b], "got the same log-probability for every choice",
		"Look at the choices: the backend may not see them, or they are the same text.")
}

// emptyAlarm: a model that says nothing is asked in a way that it does not know, more often than it knows nothing.
func emptyAlarm(t *ScoreTable, b int) *axis.Alarm {
	if t.Empty == nil {
		return nil
	}
	return replyAlarm(t, b, "empty-replies", t.Empty[b], "were answered with nothing",
		"Look at the prompt: what the model wants to say may stand behind a stop text or beyond max_tokens, or its chat "+
			"template is missing (chat = true).")
}

// unmatchedAlarm: what the rule does not find is wrong, whatever the model meant.
func unmatchedAlarm(t *ScoreTable, b int) *axis.Alarm {
	if t.Unmatched == nil {
		return nil
	}
	what, advice := "were answered with a text that holds no number", "Look at the replies: a longer max_tokens, or metric "+
		"regex with a pattern, may find what the model answers."
	if t.Metrics[b] == "regex" {
		what, advice = "were answered with a text that the pattern does not match", "Look at the replies: widen the pattern, "+
			"or let the prompt ask for the form that it wants."
	}
	return replyAlarm(t, b, "unmatched-replies", t.Unmatched[b], what, advice)
}

func truncatedAlarm(t *ScoreTable, b int) *axis.Alarm {
	return replyAlarm(t, b, "truncated", t.Truncated[b], "did not fit the model's context and lost its beginning",
		"Use fewer examples, or models with a longer context.")
}

// replyAlarm speaks up about any such reply and keeps the benchmark from being flagged where they are many.
func replyAlarm(t *ScoreTable, b int, kind string, byModel []int, what, advice string) *axis.Alarm {
	sum, models := countByModel(t, byModel)
	if sum == 0 {
		return nil
	}
	all := len(t.Items[b]) * len(t.Models)
	return &axis.Alarm{Kind: kind, Benchmark: t.Benchmarks[b], Blocks: float64(sum)/float64(all) >= spoiltShare, Advice: advice,
		Text: fmt.Sprintf("On %s, %d of %d prompts (%s) %s.", name(t, b), sum, all, models, what)}
}

// mostModels is how many models an alarm about replies names; the others are counted.
const mostModels = 8

// countByModel sums counts and says which models they are of, those with most first.
func countByModel(t *ScoreTable, byModel []int) (sum int, models string) {
	var of []int
	for i, k := range byModel {
		if sum += k; k > 0 {
			of = append(of, i)
		}
	}
	slices.SortStableFunc(of, func(i, k int) int { return byModel[k] - byModel[i] })
	var names []string
	for _, i := range of[:min(len(of), mostModels)] {
		names = append(names, fmt.Sprintf("%s: %d", t.Labels.Model(t.Models[i]), byModel[i]))
	}
	if more := len(of) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%s more", count(more, "model")))
	}
	return sum, wording.And(names)
}

func reliabilityAlarm(t *ScoreTable, b int, rel reliabilities) *axis.Alarm {
	if rel.reason[b] != "" || rel.raw[b] >= LowReliability {
		return nil
	}
	if rel.errors {
		return errorsAlarm(t, b, rel.raw[b])
	}
	return &axis.Alarm{Kind: "reliability", Benchmark: t.Benchmarks[b], Blocks: true,
		Text: fmt.Sprintf("The split-half reliability of %s is %.2f (%s, %d splits), below %g.", name(t, b), rel.raw[b],
			count(len(t.Items[b]), "item"), rel.splits, LowReliability),
		Advice: "Add items, or models that differ more: half of what it measures is noise."}
}

// name is what readers see of a benchmark.
func name(t *ScoreTable, benchmark int) string { return t.Labels.Benchmark(t.Benchmarks[benchmark]) }

func count(n int, noun string) string {
	if n != 1 && !strings.HasSuffix(noun, "s") {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
