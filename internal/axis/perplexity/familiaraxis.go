package perplexity

import (
	"context"
	"fmt"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/matrix"
	"sdmap/internal/stats"
	"sdmap/internal/study"
)

// Overlaps is what is computed of scores, which familiarity shares: the performance axis has it.
type Overlaps interface {
	// Compute gives the variants "raw" and "gfree" with intervals and half-samples, the test "high" and reliabilities.
	Compute(ctx context.Context, t *axis.ScoreTable, workers int, progress func(done, total int)) (*axis.Result, error)
	// Cleared gives columns without the general factor of the benchmarks outside each one's family: B x m, NaN where there is
	// no number, nil for a benchmark that has none.
	Cleared(ctx context.Context, t *axis.ScoreTable, workers int) ([][]float64, error)
}

// How much is drawn for familiarity. Its half-samples of models and items, which ellipses rest on, are the study's.
const (
	FamiliarityHalves       = 100  // of the items, behind reliabilities
	FamiliarityDraws        = 1000 // half-samples of models behind intervals
	FamiliarityPermutations = 9999 // of models, at least
)

// FamiliarityParams are what familiarity depends on beside readings and scores.
type FamiliarityParams struct {
	Models     []study.Model
	Benchmarks []study.Benchmark
	Items      [][]string // by benchmark: ids; nil for one that has scores alone
	Text       string     // Question or Answer
	Seed       uint64
	Replicates int // shared half-samples behind the map's ellipses
	Overlaps   Overlaps
}

// FamiliarityAxis is the action that turns readings (m x B; a row is nil where a model cannot score given text) into overlaps of
// familiarity. Scores, which may be nil, only stand beside it: nothing here is chosen by them.
func FamiliarityAxis(p FamiliarityParams, from [][]*action.Action, scores *action.Action) *action.Action {
	a := &action.Action{
		Kind: "perplexity/familiar", Version: 2, Subject: "familiarity of each " + p.Text,
		Facts: []action.Fact{
			action.F("text", p.Text), action.F("seed", p.Seed), action.F("replicates", p.Replicates),
			action.F("halves", FamiliarityHalves), action.F("draws", FamiliarityDraws),
			action.F("permutations", FamiliarityPermutations),
		},
	}
	a.Facts, a.Inputs = append(a.Facts, p.facts()...), readingInputs(p, from)
	if scores != nil {
		a.Inputs = append(a.Inputs, action.Input{Name: "scores", From: scores, Optional: true})
	}
	a.Run = func(ctx context.Context, r action.Runtime) ([]byte, error) {
		s, err := collect(p, from, r)
		if err != nil {
			return nil, err
		}
		if len(s.t.Scored()) == 0 && len(s.failed) > 0 {
			return nil, fmt.Errorf("no model's familiarity could be computed: %s: %s", s.failed[0].What, s.failed[0].Why)
		}
		result, err := familiarity(ctx, p, s, scoresOf(r, scores), r.Workers(), r.Progress)
		if err != nil {
			return nil, err
		}
		return result.Encode()
	}
	return a
}

// scoresOf is the table of scores, nil where there is none.
func scoresOf(r action.Runtime, scores *action.Action) *axis.ScoreTable {
	if scores == nil {
		return nil
	}
	data, err := r.Input("scores")
	if err != nil {
		return nil
	}
	t, err := axis.DecodeScores(data)
	if err != nil {
		return nil
	}
	return t
}

// familiarity is the part of the axis that rests on readings.
func familiarity(ctx context.Context, p FamiliarityParams, s *readings, scores *axis.ScoreTable, workers int,
	progress func(done, total int)) (*axis.Result, error) {
	r, err := p.Overlaps.Compute(ctx, s.t, workers, progress)
	if err != nil {
		return nil, err
	}
	out := &axis.Result{Axis: axis.Perplexity, Benchmarks: s.t.Benchmarks, R: r.R, Replicates: map[string]axis.Floats{}}
	for _, v := range []struct{ from, title, method string }{
		{"raw", title(p.Text), ""},
		{"gfree", title(p.Text) + ", without the general factor", "as for scores: "},
	} {
		found := r.Variant(v.from)
		if found == nil {
			return nil, fmt.Errorf("overlaps of familiarity lack %q", v.from)
		}
		name := variantOf(p.Text, v.from)
		out.Variants = append(out.Variants, s.variant(p, *found, name, v.title, v.method))
		out.Replicates[name] = r.Replicates[v.from]
	}
	if high := r.Test("high"); high != nil && p.Text == Question {
		high.Name = HighFamiliarity
		out.Tests = append(out.Tests, *high)
	}
	out.ByBenchmark = s.byBenchmark(p, r)
	own, err := ownScores(ctx, p, s.t, scores, workers)
	if err != nil {
		return nil, err
	}
	out.ByBenchmark = append(out.ByBenchmark, own.byBenchmark(p)...)
	out.Facts = append(s.facts(p), own.facts(p)...)
	out.Alarms = axis.FailedAlarm(out.Axis, s.failed)
	out.Warnings = append(axis.FailedWarnings(s.failed), s.warnings(p)...)
	return out, nil
}

// HighFamiliarity is the test of a pair's familiarity without the general factor.
const HighFamiliarity = "familiarity high"

// Names of variants: FamiliarityOf Question, and the same without the general factor.
const (
	FamiliarityName  = "familiarity"
	FamiliarityGFree = "familiarity.gfree"
)

// prefix begins the names of all that is computed of a text.
func prefix(text string) string {
	if text == Answer {
		return FamiliarityName + ".answer"
	}
	return FamiliarityName
}

func variantOf(text, from string) string {
	if from == "raw" {
		return prefix(text)
	}
	return prefix(text) + "." + from
}

func title(text string) string {
	if text == Answer {
		return "familiarity of questions with their right answers (uses the key)"
	}
	return "familiarity of the questions"
}

// variant takes an overlap over, under its name here.
func (s *readings) variant(p FamiliarityParams, v axis.Variant, name, title, method string) axis.Variant {
	v.Name, v.Title, v.Unit = name, title, "models"
	v.Method = "familiarity is minus the mean over items of the bits per byte of " + whatIsRead(p.Text) + "; " + method +
		strings.ReplaceAll(v.Method, " of scores", " of familiarity")
	v.Overlap = named(v.Overlap, "perplexity overlap, "+title)
	for b, items := range p.Items {
		if items == nil {
			withoutQuestions(v.Overlap, b)
		}
	}
	return v
}

func named(m *matrix.Labelled, name string) *matrix.Labelled {
	out := *m
	out.Name = name
	return &out
}

func whatIsRead(text string) string {
	if text == Answer {
		return "the question with its right answer behind it"
	}
	return "the question alone"
}

// withoutQuestions says of a benchmark why it has no overlap.
func withoutQuestions(m *matrix.Labelled, b int) {
	for a := range m.Rows {
		if a != b {
			m.SetMissingSym(a, b, m.Rows[b]+" has scores alone, and no questions")
		}
	}
}

// byBenchmark gives the median of bits per byte, and reliabilities.
func (s *readings) byBenchmark(p FamiliarityParams, r *axis.Result) []axis.BenchmarkValue {
	median := matrix.New("median bits per byte", "bits per byte", s.t.Benchmarks, []string{"median"})
	for b, bits := range s.bits {
		if v, err := stats.Median(present(bits)); err == nil {
			median.Set(b, 0, v)
		} else {
			median.SetMissing(b, 0, err.Error())
		}
	}
	out := []axis.BenchmarkValue{{Name: prefix(p.Text) + ".bits", Title: "median bits per byte", Values: median,
		Method: "median over models of the mean over items of the bits per byte of " + whatIsRead(p.Text)}}
	for _, v := range r.ByBenchmark {
		if strings.HasPrefix(v.Name, "reliability") {
			v.Title = strings.Replace(v.Title, "reliability", "reliability of familiarity", 1)
			v.Name, v.Method = prefix(p.Text)+"."+v.Name, strings.ReplaceAll(v.Method, "half scores", "half means")
			out = append(out, v)
		}
	}
	return out
}
