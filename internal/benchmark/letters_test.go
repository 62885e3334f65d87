package benchmark

import (
	"math"
	"strings"
	"testing"

	"sdmap/internal/study"
)

func TestLettered(t *testing.T) {
	for _, c := range []struct {
		question string
		choices  []string
		want     string
	}{
		{"How many?", []string{"one", " two "}, "How many?\nA. one\nB. two\nAnswer:"},
		{"Question: how many?\nAnswer:", []string{"one", "two"}, "Question: how many?\nA. one\nB. two\nAnswer:"},
		{"How many?\nA) one\nB) two\nAnswer:", []string{"A", " B"}, "How many?\nA) one\nB) two\nAnswer:"},
		{"How many?\nA) one\nB) two", []string{"A", "B"}, "How many?\nA) one\nB) two\nAnswer:"},
		{"Which?", []string{"B", "A"}, "Which?\nA. B\nB. A\nAnswer:"},
		{"Which?", strings.Split(strings.Repeat("x", MostLetters+1), ""), ""},
	} {
		if got := lettered(c.question, c.choices); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Examples in front of a lettered prompt are lettered themselves and solved by their letter, and are the same examples.
func TestLetteredExamples(t *testing.T) {
	rows := `{"question":"a","choices":["p","q"],"answer":1}` + "\n" + `{"question":"b","choices":["r","s"],"answer":0}` + "\n"
	spec := study.Benchmark{ID: "x", Source: "rows", Task: study.Choice, Prompt: "{question}", Choices: "choices",
		Answer: "answer", Delimiter: " ",
		Metric: "acc", OnBadRow: "stop", Fewshot: &study.Fewshot{Count: 1, Seed: 1}}
	b := mustLoad(t, spec, rows)
	if got := b.Items[0].Prompt; got != "b r\n\na" {
		t.Errorf("prompt %q", got)
	}
	if got := b.Items[0].Lettered; got != "b\nA. r\nB. s\nAnswer: A\n\na\nA. p\nB. q\nAnswer:" {
		t.Errorf("lettered %q", got)
	}
	if b.Unlettered() != "" {
		t.Error("an item has no letters:", b.Unlettered())
	}
	// What is asked by letter changes with a choice and not with the answer.
	before := b.LettersDigest()
	b.Items[0].Answer = 0
	if b.LettersDigest() != before {
		t.Error("a corrected answer asks again")
	}
	b.Items[1].Lettered += " "
	if b.LettersDigest() == before {
		t.Error("another prompt has the same digest")
	}
}

func TestScoreLetters(t *testing.T) {
	b := &Benchmark{Items: []Item{{Choices: []string{"x", "y", "z"}, Answer: 1}}}
	unseen := math.Inf(-1)
	for _, c := range []struct {
		values []float64
		score  float64
		tie    bool
	}{
		{[]float64{-2, -1, -3}, 1, false}, {[]float64{-1, -2, -3}, 0, false}, {[]float64{unseen, -9, unseen}, 1, false},
		{[]float64{-1, -1, unseen}, 0, true}, {[]float64{unseen, unseen, unseen}, 0, true},
	} {
		if score, tie := b.ScoreLetters(0, c.values); score != c.score || tie != c.tie {
			t.Errorf("%v: %v, tie %v", c.values, score, tie)
		}
	}
	for _, bad := range [][]float64{nil, {-1, -2}, {-1, math.NaN(), -2}} {
		if score, _ := b.ScoreLetters(0, bad); !math.IsNaN(score) {
			t.Errorf("%v scores %v", bad, score)
		}
	}
}
