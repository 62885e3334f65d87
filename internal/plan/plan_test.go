package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/cas"
	"sdmap/internal/corpus"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// talker generates and can do nothing else.
type talker struct{}

func (talker) Identify(context.Context) (llm.Identity, error) {
	return llm.Identity{Weights: "sha256:0"}, nil
}
func (talker) Generate(context.Context, []llm.GenerateRequest) ([]llm.Generation, error) {
	return nil, nil
}

// scholar can do everything that plans ask about.
type scholar struct {
	talker
	llm.Scorer
	llm.Tokenizer
	llm.Tracer
}

// inputs is a study of some models and benchmarks with all axes on.
func inputs(models, benchmarks int, d llm.Driver) Inputs {
	in := Inputs{Study: &study.Study{Seed: 1, Corpus: &study.Corpus{}, Axes: study.Axes{
		Performance: &study.Performance{Splits: 2, Bootstrap: 2, Permutations: 9},
		Perplexity: &study.Perplexity{Unit: "piece", Context: "stride", Selectors: []string{"good"}, K: 2,
			Familiarity: []string{"question"}, Primary: study.Familiarity},
		Semantic: &study.Semantic{Embeddings: []string{"hidden:m1", "tfidf"}, Text: "question"},
		Neural:   &study.Neural{Models: []string{"m1"}, Measures: []string{"hidden"}},
	}}}
	for i := range models {
		id := "m" + string(rune('1'+i))
		in.Study.Models = append(in.Study.Models, study.Model{ID: id, Lineage: id, Path: id})
		in.Models = append(in.Models, Model{Model: &llm.Model{ID: id, Lineage: id, Driver: d},
			Identity: llm.Identity{Weights: id}})
	}
	for i := range benchmarks {
		spec := study.Benchmark{ID: "b" + string(rune('1'+i)), Source: "x", Task: study.Choice, Metric: "acc"}
		in.Study.Benchmarks = append(in.Study.Benchmarks, spec)
		in.Benchmarks = append(in.Benchmarks, &benchmark.Benchmark{Spec: spec,
			Items: []benchmark.Item{{ID: "1", Question: spec.ID, Prompt: spec.ID, Delimiter: " ", Choices: []string{"a", "b"}}}})
	}
	in.Corpus = &corpus.Corpus{Docs: []corpus.Document{{ID: "d", Text: "some text", Pieces: corpus.Cut("some text")}}}
	return in
}

func count(targets []*action.Action) map[string]int {
	seen := map[*action.Action]bool{}
	kinds := map[string]int{}
	var visit func(a *action.Action)
	visit = func(a *action.Action) {
		if seen[a] {
			return
		}
		seen[a] = true
		kinds[a.Kind]++
		for _, in := range a.Inputs {
			visit(in.From)
		}
	}
	for _, a := range targets {
		visit(a)
	}
	return kinds
}

func TestBuild(t *testing.T) {
	p, list := Build(inputs(5, 3, scholar{}))
	if len(list) > 0 || len(p.Absent) > 0 {
		t.Fatalf("faults %v, absent %v", list, p.Absent)
	}
	got := count(p.Targets())
	for kind, want := range map[string]int{"performance/replies": 15, "performance/scores": 1, "performance/axis": 1,
		"perplexity/surprisal": 5, "perplexity/axis": 1, "semantic/hidden": 3, "semantic/tfidf": 1, "semantic/axis": 1,
		"neural/patterns": 3, "neural/axis": 1} {
		if got[kind] != want {
			t.Errorf("%d actions of kind %s, want %d", got[kind], kind, want)
		}
	}
}

// TestEqualItemsAreReadOnce holds that benchmarks with the same items share what a model makes of them: two columns of scores
// on one set of questions cost no second pass.
func TestEqualItemsAreReadOnce(t *testing.T) {
	in := inputs(5, 3, scholar{})
	in.Benchmarks[2].Items = slices.Clone(in.Benchmarks[0].Items)
	p, list := Build(in)
	if len(list) > 0 {
		t.Fatal(list)
	}
	got := count(p.Targets())
	for kind, want := range map[string]int{"semantic/hidden": 2, "neural/patterns": 2, "perplexity/familiarity": 10,
		"performance/replies": 15} {
		if got[kind] != want {
			t.Errorf("%d actions of kind %s, want %d", got[kind], kind, want)
		}
	}
}

// What smaller studies are drawn from is planned where it is known what was planted, and adds nothing to the axes.
func TestSubsetsNeedATruth(t *testing.T) {
	without, _ := Build(inputs(5, 3, scholar{}))
	if without.Subsets != (Subsets{}) {
		t.Errorf("without a truth: %+v", without.Subsets)
	}
	in := inputs(5, 3, scholar{})
	in.Study.Truth = &study.Truth{Source: "truth.toml"}
	with, _ := Build(in)
	if with.Subsets.Familiarity == nil || with.Subsets.Signatures == nil {
		t.Errorf("with a truth: %+v", with.Subsets)
	}
	if a, b := keys(t, without.Targets()), keys(t, with.Targets()); !slices.Equal(a, b) {
		t.Error("the truth changes what the axes are computed from")
	}
}

func TestPlansAreEqual(t *testing.T) {
	one, _ := Build(inputs(4, 3, scholar{}))
	two, _ := Build(inputs(4, 3, scholar{}))
	a, b := keys(t, one.Targets()), keys(t, two.Targets())
	if !slices.Equal(a, b) || len(a) < 20 {
		t.Errorf("two plans of one study differ, or are short: %d and %d actions", len(a), len(b))
	}
}

// keys describes all actions as if every input had the same content, in the order of a depth-first walk.
func keys(t *testing.T, targets []*action.Action) []string {
	t.Helper()
	var out []string
	seen := map[*action.Action]bool{}
	var visit func(a *action.Action)
	visit = func(a *action.Action) {
		if seen[a] {
			return
		}
		seen[a] = true
		for _, in := range a.Inputs {
			visit(in.From)
		}
		d, err := a.Describe(make([]cas.OutputID, len(a.Inputs)))
		if err != nil {
			t.Error(err)
		}
		out = append(out, d)
	}
	for _, a := range targets {
		visit(a)
	}
	return out
}

func TestWhatAStudyAllows(t *testing.T) {
	cases := []struct {
		name   string
		change func(in *Inputs)
		absent map[string]string // axis to a part of its reason
	}{
		{"one benchmark", func(in *Inputs) { *in = inputs(5, 1, scholar{}) }, map[string]string{
			axis.Performance: "two benchmarks", axis.Perplexity: "two benchmarks", axis.Semantic: "two benchmarks",
			axis.Neural: "two benchmarks"}},
		{"one model", func(in *Inputs) { *in = inputs(1, 3, scholar{}) }, map[string]string{
			axis.Performance: "at least 3 models; the study has 1", axis.Perplexity: "at least 4 models"}},
		{"no corpus", func(in *Inputs) { in.Study.Corpus, in.Corpus = nil, nil }, nil},
		{"nothing to read and no corpus", func(in *Inputs) {
			in.Study.Corpus, in.Corpus, in.Study.Axes.Perplexity.Familiarity = nil, nil, nil
		}, map[string]string{axis.Perplexity: "no [corpus]"}},
		{"an axis off", func(in *Inputs) { in.Study.Axes.Neural = nil }, map[string]string{axis.Neural: "turned off"}},
		{"scores alone", func(in *Inputs) {
			in.Study.Scores = &study.Scores{Values: [][]float64{{0, 1, 0}, {1, 0, 1}, {1, 1, 0}, {0, 0, 0}, {1, 1, 1}}}
			in.Models, in.Benchmarks = nil, make([]*benchmark.Benchmark, 3)
			in.Study.Axes.Semantic.Embeddings = []string{"tfidf"}
		}, map[string]string{axis.Perplexity: "table of scores", axis.Semantic: "and none has a source",
			axis.Neural: "table of scores"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in := inputs(5, 3, scholar{})
			c.change(&in)
			p, list := Build(in)
			if len(list) > 0 {
				t.Fatal(list)
			}
			if len(p.Absent) != len(c.absent) {
				t.Errorf("absent: %v", p.Absent)
			}
			for _, a := range p.Absent {
				if want := c.absent[a.Axis]; want == "" || !strings.Contains(a.Reason, want) {
					t.Errorf("%s is absent: %q, want %q", a.Axis, a.Reason, want)
				}
				if p.Results[a.Axis] != nil {
					t.Errorf("%s is absent and planned", a.Axis)
				}
			}
			if p.Scores == nil {
				t.Error("no table of scores")
			}
		})
	}
}

// Why no high overlap is tested names what is missing: an axis, or the part of one whose tests labels take.
func TestWhyNoHighOverlapIsTested(t *testing.T) {
	for _, c := range []struct {
		change func(a *study.Axes)
		want   string
	}{
		{func(a *study.Axes) { a.Semantic, a.Neural, a.Perplexity = nil, nil, nil },
			"no semantic axis, no neural axis and no perplexity axis"},
		{func(a *study.Axes) { a.Semantic, a.Neural, a.Perplexity.Familiarity = nil, nil, nil },
			"no neural axis and no familiarity on the perplexity axis (signatures enter no label)"},
		{func(*study.Axes) {}, ""},
	} {
		in := inputs(5, 3, scholar{})
		c.change(&in.Study.Axes)
		p, list := Build(in)
		if len(list) > 0 {
			t.Fatal(list)
		}
		why := ""
		for _, f := range p.Results[axis.Performance].Facts {
			if f.Label == "no high" {
				why = strings.Trim(f.Value, `"`)
			}
		}
		if !strings.HasSuffix(why, c.want) || (why == "") != (c.want == "") {
			t.Errorf("%q, want %q", why, c.want)
		}
	}
}

// templated generates in a chat template, and can do nothing more with it.
type templated struct{ scholar }

func (templated) Capabilities() llm.Capabilities {
	return llm.Capabilities{Generate: true, Score: true, Tokenize: true, Trace: llm.WantAll, Chat: true}
}

// chatty is a scholar whose model has no chat template.
type chatty struct{ scholar }

func (chatty) RenderChat(context.Context, string) (llm.Rendered, error) {
	return llm.Rendered{}, errors.New("no template")
}
func (chatty) TokenizeChat(context.Context, llm.Rendered) ([]llm.Token, error) { return nil, nil }

func TestChatNeedsATemplate(t *testing.T) {
	for _, c := range []struct {
		driver llm.Driver
		task   study.Task
		want   string
	}{
		{chatty{}, study.Choice, `model "m1" cannot be asked in a chat template`},
		{chatty{}, study.Generate, `model "m1" cannot be asked in a chat template`},
		{scholar{}, study.Generate, `model "m1" cannot be asked in a chat template`},
		{templated{}, study.Choice, `model "m1" cannot score choices in a chat template`},
		{templated{}, study.Generate, ""},
	} {
		in := inputs(4, 3, c.driver)
		in.Study.Benchmarks[1].Chat, in.Study.Benchmarks[1].Task = true, c.task
		_, list := Build(in)
		if c.want == "" {
			if list.HasErrors() {
				t.Errorf("a backend that generates is refused: %v", list)
			}
			continue
		}
		if !list.HasErrors() || !strings.Contains(list[0].Summary, c.want) {
			t.Errorf("got %v, want %s", list, c.want)
		}
	}
}

func TestWhatModelsCannotDo(t *testing.T) {
	p, list := Build(inputs(3, 2, talker{}))
	if p != nil || !list.HasErrors() {
		t.Fatalf("planned for models that can only talk: %v", list)
	}
	var all []string
	for _, d := range list {
		all = append(all, d.Summary)
	}
	text := strings.Join(all, "; ")
	for _, want := range []string{`"m2" cannot score given text`, `"m1" cannot be looked into`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not among the faults: %s", want, text)
		}
	}
}

// A signature cannot have more pieces than there are; regressions are not told how many to take.
func TestSignaturesLargerThanTheCorpus(t *testing.T) {
	for _, c := range []struct {
		k        int
		selector string
		warned   bool
	}{{2, "good", false}, {3, "good", true}, {3, "signed", true}, {3, "aic", false}} {
		in := inputs(5, 3, scholar{}) // the corpus has two pieces
		in.Study.Axes.Perplexity.K, in.Study.Axes.Perplexity.Selectors = c.k, []string{c.selector}
		_, list := Build(in)
		if list.HasErrors() || (len(list) == 1) != c.warned {
			t.Errorf("%+v: %v", c, list)
		}
		if c.warned && !strings.Contains(list[0].Summary, "signatures of 3 pieces are wanted, and there are 2") {
			t.Errorf("%+v: %v", c, list)
		}
	}
}

// Nothing is asked for scores that nobody wants; where they are wanted without the axis, the plan says for what.
func TestScoresThatNobodyWants(t *testing.T) {
	off := func(in *Inputs) { in.Study.Axes.Performance = nil }
	for name, c := range map[string]struct {
		models int
		change func(in *Inputs)
		asked  bool
		said   string // at the end of why there is no performance axis
	}{
		"all on":               {5, func(*Inputs) {}, true, ""},
		"one model":            {1, func(*Inputs) {}, true, "for their table: on = false in [axes.performance] turns that off"},
		"one, off":             {1, off, false, "the study has 1"},
		"off, with signatures": {5, off, true, "with which signatures are chosen"},
		"off, without a corpus": {5, func(in *Inputs) {
			off(in)
			in.Study.Corpus, in.Corpus = nil, nil
		}, false, "turned off in the study"},
		"off, without perplexity": {5, func(in *Inputs) {
			off(in)
			in.Study.Axes.Perplexity = nil
		}, false, "turned off in the study"},
	} {
		in := inputs(c.models, 3, scholar{})
		c.change(&in)
		p, list := Build(in)
		if len(list) > 0 {
			t.Errorf("%s: %v", name, list)
			continue
		}
		if (p.Scores != nil) != c.asked || (p.Replies != nil) != c.asked {
			t.Errorf("%s: scores are planned: %v", name, p.Scores != nil)
		}
		said := ""
		for _, a := range p.Absent {
			if a.Axis == axis.Performance {
				said = a.Reason
			}
		}
		if !strings.HasSuffix(said, c.said) || (c.said == "") != (said == "") {
			t.Errorf("%s: %q", name, said)
		}
	}
}
