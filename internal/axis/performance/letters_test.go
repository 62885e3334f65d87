package performance

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// picker answers by letter and can do nothing else: it prefers the letter of the choice that of picks, and shows as many
// letters as it is told.
type picker struct {
	llm.Driver
	of    func(prompt string) int
	shown int
}

func (p picker) Choose(_ context.Context, reqs []llm.ChooseRequest) ([][]llm.LetterScore, error) {
	out := make([][]llm.LetterScore, len(reqs))
	for i, r := range reqs {
		first := p.of(r.Prompt)
		for k := range r.Letters {
			rank := (k - first + len(r.Letters)) % len(r.Letters)
			l := llm.LetterScore{LogProb: math.NaN()}
			if rank < p.shown {
				l = llm.LetterScore{LogProb: -1 - float64(rank), Seen: true}
			}
			out[i] = append(out[i], l)
		}
	}
	return out, nil
}

func TestChoicesByLetter(t *testing.T) {
	real, id := open(t)
	b := load(t, choiceSpec)
	answers := map[string]int{}
	for _, it := range b.Items {
		if !strings.HasSuffix(it.Lettered, "\nAnswer:") || strings.Count(it.Lettered, "\nA. ") != 1 {
			t.Fatalf("prompt %q", it.Lettered)
		}
		answers[it.Lettered] = it.Answer
	}
	right := func(prompt string) int { return answers[prompt] }
	models := []study.Model{{ID: "real", Lineage: "real"}, {ID: "right", Lineage: "right"}, {ID: "wrong", Lineage: "wrong"},
		{ID: "blind", Lineage: "blind"}}
	plans := []*action.Action{Replies(real, id, b)}
	for i, p := range []picker{{of: right, shown: 2}, {of: func(s string) int { return (right(s) + 1) % 4 }, shown: 4},
		{of: right, shown: 0}} {
		plans = append(plans, ByLetter(&llm.Model{ID: models[i+1].ID, Driver: p}, id, b))
	}
	r := &memory{inputs: map[string][]byte{}}
	var rows [][]*action.Action
	for i, m := range models {
		r.inputs[inputName(m, b)] = run(t, plans[i], &memory{})
		rows = append(rows, []*action.Action{{}})
	}
	table, err := axis.DecodeScores(run(t, Scores(models, []*benchmark.Benchmark{b}, rows), r))
	if err != nil {
		t.Fatal(err)
	}
	for m, want := range []float64{-1, 1, 0, 0.25} { // a blind model gives the first answer always
		if got, _ := table.Score.At(m, 0); want >= 0 && math.Abs(got-want) > 0.1 {
			t.Errorf("%s scores %v, want %v", models[m].ID, got, want)
		}
	}
	n := len(b.Items)
	if !slices.Equal(table.ByLetter[0], []bool{false, true, true, true}) || !slices.Equal(table.Unseen[0], []int{0, n, 0, n}) ||
		table.Equal[0][3] != n || table.Ties[0][3] != n || table.Ties[0][1] != 0 {
		t.Errorf("by letter %v, unseen %v, equal %v, ties %v", table.ByLetter, table.Unseen, table.Equal, table.Ties)
	}
	if table.Metric(0, 0) != "acc" || table.Metric(1, 0) != axis.Letter {
		t.Errorf("metrics %s and %s", table.Metric(0, 0), table.Metric(1, 0))
	}
	var kinds []string
	for _, a := range alarms(table, reliabilities{reason: []string{"x"}}) {
		kinds = append(kinds, a.Kind)
		if a.Kind == "mixed-scoring" && (a.Blocks || !strings.Contains(a.Text, "3 models of 4 (right and 2 more)")) {
			t.Errorf("alarm %+v", a)
		}
	}
	for _, want := range []string{"mixed-scoring", "equal-logprobs"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no alarm %s among %v", want, kinds)
		}
	}
}

// The two ways of asking have different keys, and one without letters is what it was.
func TestLettersAreKeyed(t *testing.T) {
	m, id := open(t)
	b := load(t, choiceSpec)
	words, err := Replies(m, id, b).Describe(nil)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := ByLetter(m, id, b).Describe(nil)
	if err != nil {
		t.Fatal(err)
	}
	if words == letters || !strings.Contains(letters, "fact asked \"letter\"\n") || strings.Contains(words, "asked") {
		t.Errorf("%s\n%s", words, letters)
	}
	b.Items[0].Lettered += "!"
	if again, _ := ByLetter(m, id, b).Describe(nil); again == letters {
		t.Error("another prompt has the same key")
	}
}
