package benchmark

import (
	"math"
	"testing"

	"sdmap/internal/study"
)

func choiceBenchmark(metric string) *Benchmark {
	b := &Benchmark{Spec: plain(), Items: []Item{{Choices: []string{"a", "bbbb", "éé"}, Answer: 1}}}
	b.Spec.Metric = metric
	return b
}

func TestScoreChoice(t *testing.T) {
	reply := ChoiceReply{LogProbs: []float64{-2, -6, -5}, Tokens: []int{1, 2, 4}, Uncond: []float64{-1, -9, -3}}
	// By hand: acc -2 | acc_norm -2, -1.5, -2.5 | acc_bytes -2, -1.5, -1.25 | mutual info -1, 3, -2 | tokens -2, -3, -1.25
	for metric, want := range map[string]float64{"acc": 0, "acc_norm": 1, "acc_bytes": 0, "acc_mutual_info": 1, "acc_token": 0} {
		if got, tie := choiceBenchmark(metric).ScoreChoice(0, reply); got != want || tie {
			t.Errorf("%s: score %v, tie %v; want %v", metric, got, tie, want)
		}
	}
}

func TestTiesAreCountedAndTheLowestWins(t *testing.T) {
	b := choiceBenchmark("acc")
	for _, c := range []struct {
		logProbs []float64
		score    float64
		tie      bool
	}{
		{[]float64{-3, -1, -1}, 1, true}, {[]float64{-1, -1, -1}, 0, true}, {[]float64{-2, -2, -1}, 0, false},
		{[]float64{math.Inf(-1), -2, math.Inf(-1)}, 1, false},
	} {
		if score, tie := b.ScoreChoice(0, ChoiceReply{LogProbs: c.logProbs}); score != c.score || tie != c.tie {
			t.Errorf("%v: score %v, tie %v", c.logProbs, score, tie)
		}
	}
}

func TestRepliesThatDoNotFit(t *testing.T) {
	for metric, r := range map[string]ChoiceReply{
		"acc": {LogProbs: []float64{1, 2}}, "acc_token": {LogProbs: []float64{1, 2, 3}, Tokens: []int{1}},
		"acc_mutual_info": {LogProbs: []float64{1, 2, 3}}, "acc_norm": {LogProbs: []float64{1, math.NaN(), 3}},
	} {
		if score, _ := choiceBenchmark(metric).ScoreChoice(0, r); !math.IsNaN(score) {
			t.Errorf("%s: score %v, want NaN", metric, score)
		}
	}
}

func TestScoreText(t *testing.T) {
	const pattern = `#### (-?[0-9.,]+)`
	for _, c := range []struct {
		metric, reply, reference string
		want                     float64
	}{
		{"exact", "  The\tCat. ", "the cat", 1}, {"exact", "cats", "cat", 0}, {"exact", "", "cat", 0}, {"exact", "6", "6", 1},
		{"numeric", "so 3 + 4 = 7.", "7.0", 1}, {"numeric", "$1,234.50 in all", "1234.5", 1}, {"numeric", "17-4", "4", 1},
		{"numeric", "it is -4", "#### -4", 1}, {"numeric", "(−4)", "-4", 1}, {"numeric", "none", "4", 0},
		{"numeric", ".5", "0.50", 1},
		{"numeric", "7 then 8", "7", 0}, {"numeric", "0.1", "0.10000000000000001", 0},
		{"regex", "steps #### 12.", "work\n#### 12", 1}, {"regex", "12", "#### 12", 0}, {"regex", "#### 12", "12", 1},
		// 0.8 both times: python3 -c 'from collections import Counter as C; f=lambda a,b: 2*sum((C(a)&C(b)).values())/len(a+b);
		// print(f("cat sat".split(), "cat sat down".split()), f("b b b".split(), "b b".split()))' (Python 3.11; SQuAD's rule)
		{"f1", "The cat sat!", "a cat sat down", 0.8}, {"f1", "b b b", "b b", 0.8}, {"f1", "the", "an", 1}, {"f1", "x", "the", 0},
		{"f1", "x", "y", 0},
	} {
		b := &Benchmark{Spec: study.Benchmark{Task: study.Generate, Metric: c.metric, Pattern: pattern},
			Items: []Item{{Reference: c.reference}}}
		if got := b.ScoreText(0, c.reply); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s(%q, %q) = %v, want %v", c.metric, c.reply, c.reference, got, c.want)
		}
	}
}

func TestChance(t *testing.T) {
	b := choiceBenchmark("acc")
	if got := b.Chance(0); got != 1.0/3 {
		t.Errorf("chance of three choices is %v", got)
	}
	b.Spec.Chance = new(0.4)
	if got := b.Chance(0); got != 0.4 {
		t.Errorf("the study's own chance is %v", got)
	}
	if got := (&Benchmark{Spec: study.Benchmark{Task: study.Generate}, Items: []Item{{}}}).Chance(0); got != 0 {
		t.Errorf("chance of a generated answer is %v", got)
	}
}

// A reply equal to the reference has the full score under every metric, and no score leaves [0, 1].
func FuzzScoreText(f *testing.F) {
	f.Add("the cat", "3 cats")
	f.Add("1,,2.", "-.5")
	f.Fuzz(func(t *testing.T, reply, reference string) {
		for _, metric := range study.Metrics(study.Generate) {
			b := &Benchmark{Spec: study.Benchmark{Task: study.Generate, Metric: metric, Pattern: `(\w+)`},
				Items: []Item{{Reference: reference}}}
			if s := b.ScoreText(0, reply); !(s >= 0 && s <= 1) {
				t.Fatalf("%s(%q, %q) = %v", metric, reply, reference, s)
			}
			if s := b.ScoreText(0, reference); s != 1 && (metric == "exact" || metric == "f1") {
				t.Fatalf("%s of %q with itself is %v", metric, reference, s)
			}
		}
	})
}
