package performance

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"sync"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

const plantedDir = "../../../studies/planted/"

// memory is a runtime whose journal and inputs live in memory.
type memory struct {
	mu     sync.Mutex
	kept   map[string][]byte
	inputs map[string][]byte
	gets   int
	stop   func() // called after the first Append
}

func (m *memory) Input(name string) ([]byte, error) {
	if data, ok := m.inputs[name]; ok {
		return data, nil
	}
	return nil, errors.New("no input " + name)
}
func (m *memory) Progress(done, total int) {}
func (m *memory) Journal() cas.Journal     { return m }
func (m *memory) Workers() int             { return 1 }
func (m *memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[key]
	if ok {
		m.gets++
	}
	return v, ok
}
func (m *memory) Append(key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	m.kept[key] = bytes.Clone(value)
	if m.stop != nil {
		m.stop()
	}
	return nil
}

func open(t *testing.T) (*llm.Model, llm.Identity) {
	t.Helper()
	d, err := inprocess.Open(plantedDir + "models/m01.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	m := &llm.Model{ID: "m01", Lineage: "m01", Driver: d}
	id, err := m.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m, id
}

func load(t *testing.T, spec study.Benchmark) *benchmark.Benchmark {
	t.Helper()
	root, err := os.OpenRoot(plantedDir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b, faults := benchmark.Load(root, spec)
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	return b
}

var choiceSpec = study.Benchmark{ID: "sum.eq", Source: "benchmarks/sum.eq.jsonl", Task: study.Choice, Prompt: "{question}",
	Choices: "choices",
	Answer:  "answer", Delimiter: " ", Metric: "acc", Family: "sum", Format: "choice", OnBadRow: "stop"}

func run(t *testing.T, a *action.Action, r *memory) []byte {
	t.Helper()
	data, err := a.Run(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Replies of a real model: the log-probability of a choice is that of its tokens, asked alone.
func TestRepliesOfAModel(t *testing.T) {
	m, id := open(t)
	b := load(t, choiceSpec)
	replies, err := DecodeReplies(run(t, Replies(m, id, b), &memory{}))
	if err != nil || len(replies) != len(b.Items) {
		t.Fatal(len(replies), err)
	}
	ctx := context.Background()
	for _, i := range []int{0, 17, 159} {
		item := b.Items[i]
		for c, choice := range item.Choices {
			whole, err := m.Driver.(llm.Tokenizer).Tokenize(ctx, item.Prompt+item.Delimiter+choice)
			if err != nil {
				t.Fatal(err)
			}
			n := replies[i].Choice.Tokens[c]
			scores, err := m.Driver.(llm.Scorer).Score(ctx, []llm.Sequence{{Tokens: ids(whole), From: len(whole) - n}})
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for _, v := range scores[0] {
				sum += v
			}
			near(t, "log-probability of "+choice, replies[i].Choice.LogProbs[c], sum, 1e-12)
		}
	}
}

func TestInterruptedRepliesGoOn(t *testing.T) {
	m, id := open(t)
	b := load(t, choiceSpec)
	whole := run(t, Replies(m, id, b), &memory{})
	ctx, cancel := context.WithCancel(context.Background())
	r := &memory{stop: cancel}
	if _, err := Replies(m, id, b).Run(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatal("an interrupted action ends with", err)
	}
	if len(r.kept) != batch {
		t.Fatalf("%d replies are in the journal", len(r.kept))
	}
	r.stop = nil
	if again := run(t, Replies(m, id, b), r); r.gets != batch || !bytes.Equal(whole, again) {
		t.Errorf("%d replies came from the journal; bytes equal: %v", r.gets, bytes.Equal(whole, again))
	}
}

// From replies to the table, for a multiple choice and a generated benchmark.
func TestScoresOfAModel(t *testing.T) {
	m, id := open(t)
	generate := study.Benchmark{ID: "sum.gen", Source: "benchmarks/sum.gen.jsonl", Task: study.Generate, Prompt: "{question}",
		Answer: "answer",
		Metric: "exact", MaxTokens: 8, Stop: []string{"."}, Family: "open", Format: "generate", OnBadRow: "stop", Limit: 20}
	benchmarks := []*benchmark.Benchmark{load(t, choiceSpec), load(t, generate)}
	models := []study.Model{{ID: "m01", Lineage: "l1"}, {ID: "copy", Lineage: "l2"}}
	r := &memory{inputs: map[string][]byte{}}
	actions := make([][]*action.Action, 2)
	for _, b := range benchmarks {
		data := run(t, Replies(m, id, b), &memory{})
		for i, model := range models {
			r.inputs[inputName(model, b)] = data
			actions[i] = append(actions[i], &action.Action{})
		}
	}
	table, err := axis.DecodeScores(run(t, Scores(models, benchmarks, actions), r))
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Items[0]) != 160 || len(table.Items[1]) != 20 || table.Chance[0] != 0.25 || table.Chance[1] != 0 {
		t.Errorf("%d and %d items, chances %v", len(table.Items[0]), len(table.Items[1]), table.Chance)
	}
	if len(table.Identical) != 1 || table.Identical[0] != [2]int{0, 1} {
		t.Error("a model and its copy are not seen as identical:", table.Identical)
	}
	score, _ := table.Score.At(0, 0)
	se, _ := table.SE.At(0, 0)
	near(t, "standard error", se, math.Sqrt(score*(1-score)/159), 1e-12)
	if score < 0.1 {
		t.Errorf("the model scores %v", score)
	}
	if lo, hi, ok := table.Interval(0, 0); !ok || lo >= score || hi < score {
		t.Errorf("interval [%v, %v] of %v", lo, hi, score)
	}
}
