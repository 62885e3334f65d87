package performance

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/study"
)

// withLong is a benchmark in which some items are longer than any context.
func withLong(t *testing.T, spec study.Benchmark, long ...int) *benchmark.Benchmark {
	t.Helper()
	b := load(t, spec)
	b.Items = slices.Clone(b.Items[:40])
	for _, i := range long {
		if spec.Task == study.Generate {
			b.Items[i].Prompt = strings.Repeat(b.Items[i].Prompt+" ", 2000)
			continue
		}
		b.Items[i].Choices = slices.Clone(b.Items[i].Choices)
		b.Items[i].Choices[0] = strings.Repeat("1 2 3 ", 4000)
	}
	return b
}

// Items that a model cannot take cost themselves: the replies to all others are what they are without them.
func TestItemsThatAModelCannotTake(t *testing.T) {
	m, id := open(t)
	generated := choiceSpec
	generated.ID, generated.Source, generated.Task, generated.Metric = "sum.gen", "benchmarks/sum.gen.jsonl", study.Generate,
		"exact"
	generated.MaxTokens, generated.Choices = 4, ""
	for _, spec := range []study.Benchmark{choiceSpec, generated} {
		want, err := DecodeReplies(run(t, Replies(m, id, withLong(t, spec)), &memory{}))
		if err != nil {
			t.Fatal(err)
		}
		r := &memory{}
		b := withLong(t, spec, 0, 17, 18)
		got, err := DecodeReplies(run(t, Replies(m, id, b), r))
		if err != nil || len(got) != len(want) {
			t.Fatal(len(got), err)
		}
		for i := range want {
			if taken := !slices.Contains([]int{0, 17, 18}, i); (got[i].Refused == "") != taken {
				t.Fatalf("%s, item %d: %+v", spec.ID, i, got[i])
			} else if taken && (got[i].Text != want[i].Text || !slices.Equal(got[i].Choice.LogProbs, want[i].Choice.LogProbs)) {
				t.Errorf("%s, item %d: %+v, without long items %+v", spec.ID, i, got[i], want[i])
			}
		}
		if !strings.Contains(got[17].Refused, "context") {
			t.Errorf("%s: the reason is %q", spec.ID, got[17].Refused)
		}
		again, err := DecodeReplies(run(t, Replies(m, id, b), r)) // from the journal
		if err != nil || again[17].Refused != got[17].Refused || r.gets != len(b.Items) {
			t.Errorf("%s: %d replies from the journal, %v", spec.ID, r.gets, err)
		}
	}
}

// scored makes a table of two models of which the second refuses some items of the first benchmark.
func scored(t *testing.T, items int, refused ...int) *ScoreTable {
	t.Helper()
	b := load(t, choiceSpec)
	b.Items = b.Items[:items]
	replies := make([][]Reply, 2)
	for i := range replies {
		for k, item := range b.Items {
			r := Reply{}
			r.Choice.LogProbs = make([]float64, len(item.Choices))
			for c := range item.Choices {
				r.Choice.LogProbs[c] = -float64(1 + (c+k+i)%len(item.Choices))
				r.Choice.Tokens = append(r.Choice.Tokens, 1)
			}
			if i == 1 && slices.Contains(refused, k) {
				r = Reply{Refused: "too long"}
			}
			replies[i] = append(replies[i], r)
		}
	}
	t2 := axis.NewScoreTable([]study.Model{{ID: "m1"}, {ID: "m2"}}, []study.Benchmark{b.Spec})
	addBenchmark(t2, 0, b, replies, make([]string, len(replies)))
	if err := t2.Validate(); err != nil {
		t.Fatal(err)
	}
	return t2
}

func TestScoresLeaveRefusedItemsOut(t *testing.T) {
	whole, some := scored(t, 40), scored(t, 40, 3, 4)
	if whole.Refused != nil || whole.Dropped != nil || refusedAlarm(whole, 0) != nil {
		t.Errorf("nothing was refused: %v, %v", whole.Refused, whole.Dropped)
	}
	if some.Refused[0][0] != 0 || some.Refused[0][1] != 2 || some.Dropped[0] != 2 || len(some.Items[0]) != 38 {
		t.Fatalf("refused %v, dropped %v, %d items", some.Refused, some.Dropped, len(some.Items[0]))
	}
	for i := range 2 { // the mean of the other items, of both models
		var sum float64
		for k := range 40 {
			if k != 3 && k != 4 {
				sum += whole.ItemScores[0][i*40+k]
			}
		}
		if v, ok := some.Score.At(i, 0); !ok || math.Abs(v-sum/38) > 1e-15 {
			t.Errorf("model %d: %v, %v; want %v", i, v, ok, sum/38)
		}
	}
	a := refusedAlarm(some, 0)
	if a == nil || a.Blocks || !strings.Contains(a.Text, "2 of 80 prompts could not be taken (m2: 2)") ||
		!strings.Contains(a.Text, "2 items are left out for all models") {
		t.Errorf("%+v", a)
	}
	if one := scored(t, 80, 3); refusedAlarm(one, 0) != nil || one.Dropped[0] != 1 {
		t.Errorf("one of 160 prompts is below the share that is told: %+v", refusedAlarm(one, 0))
	}
	if tiny := scored(t, 4, 3); tiny.Dropped[0] != 1 {
		t.Error("one item costs a model its score")
	}
}

// A model that could take few items has no score, and costs the others no item.
func TestAModelThatTakesFewHasNoScore(t *testing.T) {
	s := scored(t, 20, 0, 1, 2)
	if len(s.Items[0]) != 20 || s.Dropped[0] != 0 || s.Refused[0][1] != 3 {
		t.Fatalf("%d items, dropped %v, refused %v", len(s.Items[0]), s.Dropped, s.Refused)
	}
	if _, ok := s.Score.At(0, 0); !ok {
		t.Error("the other model has no score")
	}
	if _, ok := s.Score.At(1, 0); ok || !strings.Contains(s.Score.Reason(1, 0), "could not take 3 of 20 items") {
		t.Errorf("the model has a score, or no reason: %q", s.Score.Reason(1, 0))
	}
	if a := refusedAlarm(s, 0); a == nil || !a.Blocks {
		t.Errorf("%+v", a)
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := axis.DecodeScores(data); err != nil {
		t.Error(err)
	}
	if _, err := Compute(t.Context(), s, Options{}, 1, func(int, int) {}); err != nil {
		t.Error(err)
	}
}

// Cutting a prompt keeps BOS: a model that wants it has never seen a text without.
func TestCuttingKeepsBOS(t *testing.T) {
	a := &asker{}
	a.vocabulary.Context, a.vocabulary.BOS, a.vocabulary.AddBOS = 5, 1, true
	s := span{}
	s.Tokens, s.From = []int32{1, 10, 11, 12, 13, 14, 15}, 5
	got, err := a.fit(s)
	if err != nil || !slices.Equal(got.Tokens, []int32{1, 12, 13, 14, 15}) || got.From != 3 || !got.truncated {
		t.Errorf("%+v, %v", got, err)
	}
	a.vocabulary.AddBOS = false
	if got, err = a.fit(s); err != nil || !slices.Equal(got.Tokens, []int32{11, 12, 13, 14, 15}) || got.From != 3 {
		t.Errorf("without BOS: %+v, %v", got, err)
	}
	s.From = 1
	if _, err = a.fit(s); err == nil {
		t.Error("a choice longer than the context fits")
	}
}

func TestEmptyReplies(t *testing.T) {
	table := axis.NewScoreTable([]study.Model{{ID: "m1"}, {ID: "m2"}}, []study.Benchmark{{ID: "b"}})
	table.Items[0] = []string{"1", "2"}
	b := &benchmark.Benchmark{Spec: study.Benchmark{Metric: "exact"}}
	if noteSilent(table, 0, 0, b, "x"); table.Empty != nil || emptyAlarm(table, 0) != nil {
		t.Error("a text is not empty")
	}
	noteSilent(table, 1, 0, b, " \n")
	if a := emptyAlarm(table, 0); a == nil || !strings.Contains(a.Text,
		"1 of 4 prompts (m2: 1) were answered with nothing") || !strings.Contains(a.Advice, "max_tokens") {
		t.Errorf("%+v", a)
	}
}

// Replies in which the rule finds no answer are counted by model, and told before anything is said of chance.
func TestUnmatchedReplies(t *testing.T) {
	for metric, want := range map[string]string{
		"numeric": "On b, 3 of 4 prompts (m2: 2 and m1: 1) were answered with a text that holds no number.",
		"regex":   "On b, 3 of 4 prompts (m2: 2 and m1: 1) were answered with a text that the pattern does not match.",
		"exact":   "",
	} {
		spec := study.Benchmark{ID: "b", Metric: metric, Pattern: `is (\w+)`, Task: study.Generate}
		b := &benchmark.Benchmark{Spec: spec, Items: []benchmark.Item{{ID: "1", Reference: "5"}, {ID: "2", Reference: "6"}}}
		table := axis.NewScoreTable([]study.Model{{ID: "m1"}, {ID: "m2"}}, []study.Benchmark{spec})
		addBenchmark(table, 0, b, [][]Reply{{{Text: "it is 7"}, {Text: "many"}}, {{Text: "none"}, {Text: "no number"}}},
			make([]string, 2))
		all := alarms(table, reliabilities{reason: []string{"none"}})
		kinds := []string{}
		for _, a := range all {
			if kinds = append(kinds, a.Kind); a.Kind == "unmatched-replies" && a.Text != want {
				t.Errorf("%s: %q, want %q", metric, a.Text, want)
			}
		}
		if at, chance := slices.Index(kinds, "unmatched-replies"), slices.Index(kinds, "chance"); (at >= 0) != (want != "") ||
			at > chance {
			t.Errorf("%s: alarms %v", metric, kinds)
		}
	}
}
