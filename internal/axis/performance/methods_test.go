package performance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/golden"
	"sdmap/internal/study"
	"sdmap/internal/wording"
	"sdmap/internal/wording/wordingtest"
)

func TestTextsFollowTheCode(t *testing.T) {
	wordingtest.Check(t, wordingtest.Exempt{
		Constants: map[string]string{
			"batch":        "items at once: changes no number",
			"draw":         "weighs parts of the progress",
			"surelyFits":   "decides what stands in a key",
			"chunk":        "permutations at once: changes no number",
			"atOnce":       "replicates at once: changes no number",
			"fewestScores": "two values always correlate at -1 or 1",

			"mostModels": "how many names stand in an alarm",

			"importedVersion": "stands in a key",
			"FewModels":       "is fewModels",
			"itemVariance":    "the largest of right and wrong answers; help on power has the formula",
			"yearInDays":      "a unit: changes no correlation",
		},
		Numbers: map[string]string{
			"4 in exceeding":       "permutations at once: changes no number",
			"3 in negativeWarning": "two benchmarks always have a matrix without negative eigenvalues",
			"0.5 in normalOf":      "a formula, checked against its source",
		},
		Texts: map[string]string{
			"half of the time":         "the estimate lies above its expectation as often as below",
			"half of what it measures": "a way of speaking",
		},
	})
}

func TestMethodsFollowTheOptions(t *testing.T) {
	o := study.Performance{Splits: 100, Bootstrap: 1000, Permutations: 9999, MinModels: 8}
	gaps := Basis{Items: true, Gaps: true}
	wordingtest.Options(t, &o, func() string { return wording.Join(Methods(o, gaps)) }, nil,
		map[string]string{"Permutations": "the table of tests has how many were made", "At": "a place in the file"})
}

// Where nothing is known of items, nothing that rests on them is said to have been done.
func TestMethodsOfImportedScores(t *testing.T) {
	o := study.Performance{Splits: 100, Bootstrap: 1000}
	known, unknown := wording.Join(Methods(o, Basis{Items: true})), wording.Join(Methods(o, Basis{}))
	for _, s := range []string{"Reliability is", "at chance", "disattenuated"} {
		if !strings.Contains(known, s) || strings.Contains(unknown, s) {
			t.Errorf("%q: said where it should be: %v, %v", s, strings.Contains(known, s), !strings.Contains(unknown, s))
		}
	}
}

// The shares of alarms are those of whole numbers, whatever binary fractions make of them.
func TestSharesOfAlarmsAreExact(t *testing.T) {
	for n := 1; n <= 5000; n++ {
		for _, k := range []int{9*n/10 - 1, 9 * n / 10, 9*n/10 + 1} {
			if (float64(k)/float64(n) < ceilingShare) != (10*k < 9*n) {
				t.Fatalf("%d of %d models are and are not %v of them", k, n, ceilingShare)
			}
		}
		for _, k := range []int{n/20 - 1, n / 20, n/20 + 1} {
			if (float64(k)/float64(n) >= spoiltShare) != (20*k >= n) {
				t.Fatalf("%d of %d replies are and are not %v of them", k, n, spoiltShare)
			}
		}
	}
}

// Scores are said to come about as the metrics have it: the largest sum is not the answer of all.
func TestScoringMethods(t *testing.T) {
	choice := func(metric string) study.Benchmark { return study.Benchmark{Task: study.Choice, Metric: metric} }
	written := study.Benchmark{Task: study.Generate, Metric: "f1"}
	words := &axis.ScoreTable{Models: []string{"m1", "m2"}}
	letters := &axis.ScoreTable{Models: []string{"m1", "m2"}, ByLetter: [][]bool{{true, true}}}
	mixed := &axis.ScoreTable{Models: []string{"m1", "m2"}, ByLetter: [][]bool{{true, false}}}
	for _, c := range []struct {
		benchmarks []study.Benchmark
		scores     *axis.ScoreTable
		has, lacks string
	}{
		{[]study.Benchmark{choice("acc"), written}, words, "by `acc` and `f1`: one with choices, one with generated text.",
			"letters"},
		{[]study.Benchmark{choice("acc")}, words, "and the largest sum is the answer; among equals", "characters"},
		{[]study.Benchmark{choice("acc_norm")}, words,
			"and the largest sum over the number of the choice's characters is the answer", "bytes"},
		{[]study.Benchmark{choice("acc_bytes"), choice("acc")}, words, "largest sum (`acc`) or sum over the number of its " +
			"bytes (`acc_bytes`); among", "(`acc_norm`)"},
		{[]study.Benchmark{written}, words, "A score is a mean", "Choices"},
		{[]study.Benchmark{choice("acc")}, letters, "The backend of m1 and m2 cannot",
			"log-probabilities of the choice's tokens"},
		{[]study.Benchmark{choice("acc")}, mixed, "The backend of m1 cannot", "m2"},
		{[]study.Benchmark{choice("acc")}, &axis.ScoreTable{Imported: true}, "read from a table", "acc"},
	} {
		got := ScoringMethods(c.benchmarks, c.scores, wordingtest.Plain).String()
		if !strings.Contains(got, c.has) || strings.Contains(got, c.lacks) {
			t.Errorf("%v: want %q and no %q:\n%s", fmt.Sprint(c.benchmarks), c.has, c.lacks, got)
		}
	}
}

// Of a table of scores each column is said to be what it was: scores, errors or perplexities.
func TestImportedMethods(t *testing.T) {
	b := []study.Benchmark{{ID: "a"}, {ID: "b", Lower: true}, {ID: "c"}}
	table := &axis.ScoreTable{Imported: true, Benchmarks: []string{"a", "b", "c"},
		Metrics: []string{"acc", "acc", axis.FromPerplexity}}
	mixed := ScoringMethods(b, table, wordingtest.Plain).String()
	for _, want := range []string{"Those of a were divided", "Of b it holds errors", "Of c it holds perplexities x"} {
		if !strings.Contains(mixed, want) {
			t.Errorf("no %q: %s", want, mixed)
		}
	}
	errors := ScoringMethods(b[1:2], table, wordingtest.Plain).String()
	if !strings.Contains(errors, "It holds errors") || strings.Contains(errors, "divided") {
		t.Error(errors)
	}
}

func TestMethods(t *testing.T) {
	o := study.Performance{Splits: 100, Bootstrap: 1000}
	golden.Compare(t, "testdata/methods.golden", []byte(wording.Join(slices.Concat(Methods(o, Basis{Items: true}),
		Methods(o, Basis{})))))
	o.MinModels = 8
	golden.Compare(t, "testdata/methods-gaps.golden", []byte(wording.Join(Methods(o, Basis{Errors: true, Gaps: true}))))
}

// What was not tested is not told as if it were.
func TestMethodsWithoutHigh(t *testing.T) {
	text := wording.Join(Methods(study.Performance{MinModels: 8}, Basis{Gaps: true, NoHigh: true}))
	if strings.Contains(text, "are permuted") || !strings.Contains(text, "*High* was not tested") {
		t.Error(text)
	}
}
