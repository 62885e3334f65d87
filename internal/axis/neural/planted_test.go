package neural

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/benchmark"
	"sdmap/internal/llm"
	"sdmap/internal/llm/inprocess"
	"sdmap/internal/study"
)

const plantedDir = "../../../studies/planted"

func planted1(t testing.TB, model string, name string) (*llm.Model, llm.Identity, *benchmark.Benchmark) {
	t.Helper()
	driver, err := inprocess.Open(plantedDir + "/models/" + model + ".gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { driver.Close() })
	id, err := driver.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.OpenRoot(plantedDir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	b, problems := benchmark.Load(dir, study.Benchmark{
		ID: name, Source: "benchmarks/" + name + ".jsonl", Task: study.Choice, Prompt: "{question}", Choices: "choices",
		Answer: "answer", Delimiter: " ", Metric: "acc",
	})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return &llm.Model{ID: model, Lineage: model, Driver: driver}, id, b
}

// What Extract keeps is what a trace of one item shows.
func TestExtractFollowsTraces(t *testing.T) {
	m, id, b := planted1(t, "m02", "max.story")
	const n = 20
	data, err := Extract(m, id, b, study.Neural{Items: n, Measures: []string{Hidden, HiddenMean, Activation,
		Attention}}).Run(context.Background(), runtime{workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := DecodePatterns(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Items) != n || p.Heads == 0 || p.Gates == 0 {
		t.Fatalf("%d items, %d heads, %d gates", len(p.Items), p.Heads, p.Gates)
	}
	ctx, driver := context.Background(), m.Driver.(*inprocess.Driver)
	var hidden, active, entropy float64
	for i := range n {
		tokens, err := driver.Tokenize(ctx, b.Items[i].Prompt)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, token := range tokens {
			ids = append(ids, token.ID)
		}
		err = driver.Trace(ctx, [][]int32{ids}, llm.WantResidual|llm.WantGate|llm.WantAttention,
			func(_ int, trace *llm.Trace) error {
				w := trace.Width
				for l := range trace.Layers {
					near(t, "last state", float64(p.Last[(i*p.Layers+l)*w+5]), float64(trace.Residual[l+1][(trace.T-1)*w+5]),
						1e-6)
				}
				var h, a, texts float64
				for k, token := range tokens {
					if token.End > token.Start {
						texts++
						h += float64(trace.Residual[1][k*w+5])
						if trace.Gate[0][k*trace.Hidden+7] > 0 {
							a++
						}
					}
				}
				hidden, active = hidden+h/texts/n, active+a/texts/n
				entropy += attend(trace.Attention[0][:trace.T*trace.T], trace.T)[0] / n
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	near(t, "mean state", p.Moments[HiddenMean].Mean[5], hidden, 1e-9*(1+math.Abs(hidden)))
	near(t, "activation frequency", p.Moments[Activation].Mean[7], active, 1e-12)
	near(t, "attention entropy", p.Moments[Attention].Mean[0], entropy, 1e-12)
}

// A prompt that the model cannot take costs itself: the others have the states that they have without it.
func TestTooLongPromptCostsItself(t *testing.T) {
	m, id, b := planted1(t, "m01", "max.story")
	extract := func() (*Patterns, error) {
		data, err := Extract(m, id, b, study.Neural{Items: 8}).Run(context.Background(), runtime{workers: 1})
		if err != nil {
			return nil, err
		}
		return DecodePatterns(data)
	}
	whole, err := extract()
	if err != nil {
		t.Fatal(err)
	}
	b.Items[2].Prompt = strings.Repeat("figs ", 500)
	got, err := extract()
	if err != nil {
		t.Fatal(err)
	}
	if want := whole.only([]int{0, 1, 3, 4, 5, 6, 7}); got.Refused != 1 || !slices.Equal(got.Items, want.Items) ||
		!slices.Equal(got.At, want.At) || !slices.Equal(got.Last, want.Last) || got.Tokens >= whole.Tokens {
		t.Errorf("%d refused, items %v at %v", got.Refused, got.Items, got.At)
	}
	for i := range b.Items {
		b.Items[i].Prompt = strings.Repeat("figs ", 500)
	}
	if _, err := extract(); err == nil || !strings.Contains(err.Error(), "none of 8 items can be taken: item "+b.Items[0].ID) ||
		!strings.Contains(err.Error(), "axes.neural.models") {
		t.Errorf("error %v", err)
	}
}

func TestUntracedMeasuresAreMissing(t *testing.T) {
	m, id, b := planted1(t, "m01", "max.story")
	data, err := Extract(m, id, b, study.Neural{Items: 6}).Run(context.Background(), runtime{workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := DecodePatterns(data)
	if err != nil || p.Gates != 0 || p.Heads != 0 || len(p.Moments[Activation].Mean) != 0 {
		t.Errorf("%d gates, %d heads, %v", p.Gates, p.Heads, err)
	}
}
