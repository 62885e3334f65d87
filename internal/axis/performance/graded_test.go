package performance

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// What is graded one by one has the scores of the table, bit by bit, whatever was refused.
func TestGradesAreTheTable(t *testing.T) {
	for _, refused := range [][]int{nil, {3, 4}, {0, 1, 2, 3, 4, 5}} {
		b := load(t, choiceSpec)
		b.Items = b.Items[:40]
		replies := make([][]Reply, 2)
		for i := range replies {
			for k, item := range b.Items {
				r := Reply{Choice: benchmark.ChoiceReply{Tokens: make([]int, len(item.Choices))}}
				for c := range item.Choices {
					r.Choice.LogProbs = append(r.Choice.LogProbs, -float64((c*7+k*3+i)%5))
				}
				if i == 1 && slices.Contains(refused, k) {
					r = Reply{Refused: "too long"}
				}
				replies[i] = append(replies[i], r)
			}
		}
		table := axis.NewScoreTable([]study.Model{{ID: "m1"}, {ID: "m2"}}, []study.Benchmark{b.Spec})
		addBenchmark(table, 0, b, replies, make([]string, 2))
		dropped := make(Dropped, len(b.Items))
		for _, rs := range replies {
			dropped.Add(rs)
		}
		for i, rs := range replies {
			graded := Grade(b, rs)
			got := Summarise(graded, dropped)
			score, ok := table.Score.At(i, 0)
			se, _ := table.SE.At(i, 0)
			if ok != (got.Why == "") || ok && (got.Score != score || got.SE != se || got.Items != len(table.Items[0])) {
				t.Errorf("%v refused, model %d: %+v, the table has %v +- %v", refused, i, got, score, se)
			}
			if !ok && got.Why != table.Score.Reason(i, 0) {
				t.Errorf("%q, the table says %q", got.Why, table.Score.Reason(i, 0))
			}
			var kept []float64
			for k, g := range graded {
				if !dropped[k] {
					kept = append(kept, g.Score)
				}
			}
			n := len(table.Items[0])
			if ok && !slices.Equal(kept, table.ItemScores[0][i*n:(i+1)*n]) {
				t.Errorf("%v refused, model %d: other scores of items", refused, i)
			}
		}
	}
}

func TestGrades(t *testing.T) {
	b := &benchmark.Benchmark{Spec: study.Benchmark{Task: study.Choice, Metric: "acc_norm"}, Items: []benchmark.Item{
		{ID: "1", Choices: []string{"a", "four"}, Answer: 1}}}
	g := grade(b, 0, Reply{Choice: benchmark.ChoiceReply{LogProbs: []float64{-1, -2}, Tokens: []int{1, 1}}})
	if g.Chosen != 1 || g.Score != 1 || g.Values[1] != -.5 || g.Tied {
		t.Errorf("%+v", g)
	}
	g = grade(b, 0, Reply{Letters: []llm.LetterScore{{}, {}}})
	if g.Chosen != 0 || g.Score != 0 || !g.Tied || Asked(b, []Graded{{}, g}) != axis.Letter {
		t.Errorf("%+v", g)
	}
	g = grade(b, 0, Reply{Choice: benchmark.ChoiceReply{LogProbs: []float64{-1}}})
	if g.Chosen != -1 || !math.IsNaN(g.Score) || !strings.Contains(g.Why, "acc_norm") {
		t.Errorf("%+v", g)
	}
}
