package performance

import (
	"math"
	"slices"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Graded is a reply with what scoring makes of it.
type Graded struct {
	Reply
	Score     float64   // NaN where there is none
	Chosen    int       // the choice that counts as the model's; -1 where there is none
	Values    []float64 // of choices: what is compared; -Inf for a letter that was not shown
	Tied      bool      // another choice has the same value, and stands behind the chosen one
	Extracted string    // of a generation: the part that is compared
	Found     bool      // there is such a part
	Why       string    // there is no score
}

// Grade scores one model's replies to all items of a benchmark by the rules that the table of scores is made with.
func Grade(b *benchmark.Benchmark, replies []Reply) []Graded {
	out := make([]Graded, len(replies))
	for k, r := range replies {
		out[k] = grade(b, k, r)
	}
	return out
}

func grade(b *benchmark.Benchmark, k int, r Reply) Graded {
	g := Graded{Reply: r, Score: math.NaN(), Chosen: -1}
	switch {
	case r.Refused != "":
		g.Why = r.Refused
		return g
	case b.Spec.Task == study.Generate:
		g.Score = b.ScoreText(k, r.Text)
		g.Extracted, g.Found = b.Extracted(r.Text)
	case r.Letters != nil:
		g.Values, _ = letterValues(r.Letters)
		g.Chosen = b.ChosenLetter(k, g.Values)
		g.Score, g.Tied = b.ScoreLetters(k, g.Values)
	default:
		g.Chosen, g.Values = b.Chosen(k, r.Choice)
		g.Score, g.Tied = b.ScoreChoice(k, r.Choice)
	}
	if math.IsNaN(g.Score) {
		g.Why = "the reply cannot be scored by " + b.Spec.Metric
	}
	return g
}

// Asked says how the items of a benchmark were asked: by text, by letter or by the log-probability of every choice.
func Asked(b *benchmark.Benchmark, answers []Graded) string {
	switch {
	case b.Spec.Task == study.Generate:
		return "text"
	case slices.ContainsFunc(answers, func(g Graded) bool { return g.Letters != nil }):
		return axis.Letter
	}
	return "log-probability"
}

// Summary is a model's score on a benchmark, as the table of scores has it.
type Summary struct {
	Score, SE float64 // SE is NaN of one item
	SD        float64 // of the items' scores; NaN of one item
	Items     int     // behind the score
	Why       string  // there is no score
}

// Summarise gives the mean over the items that count, and its standard error.
func Summarise(answers []Graded, dropped Dropped) Summary {
	refused := 0
	var kept []float64
	for k, g := range answers {
		refused += one(g.Refused != "")
		if !dropped[k] {
			kept = append(kept, g.Score)
		}
	}
	none := Summary{Score: math.NaN(), SE: math.NaN(), SD: math.NaN()}
	switch {
	case refusesMany(refused, len(answers)):
		none.Why = tooManyRefused(refused, len(answers))
		return none
	case len(kept) == 0:
		none.Why = "the benchmark has no items"
		return none
	}
	var sum float64
	for _, s := range kept {
		sum += s
	}
	if math.IsNaN(sum) {
		none.Why = "not every reply can be scored"
		return none
	}
	out := Summary{Score: sum / float64(len(kept)), SE: math.NaN(), SD: math.NaN(), Items: len(kept)}
	if _, se, err := stats.MeanSE(kept); err == nil {
		out.SE, out.SD = se, se*math.Sqrt(float64(len(kept)))
	}
	return out
}
