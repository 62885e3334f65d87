package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/diag"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// gifted says of itself what it can do, and does nothing.
type gifted struct {
	talker
	c llm.Capabilities
}

func (g gifted) Capabilities() llm.Capabilities { return g.c }

var (
	everything = llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true, Trace: llm.WantAll}
	server     = llm.Capabilities{Generate: true, Score: true, Tokenize: true, Embed: true, Trace: llm.WantFinal}
	lettered   = llm.Capabilities{Generate: true, Embed: true, Choose: true}
)

// of is a study of models with these capabilities; the neural axis and the embeddings are left to them.
func of(cs ...llm.Capabilities) Inputs {
	in := inputs(len(cs), 3, talker{})
	for i, c := range cs {
		in.Models[i].Model.Driver = gifted{c: c}
		in.Study.Models[i].At = diag.Range{File: "study.toml", Start: diag.Pos{Line: 10 + i, Column: 3}}
	}
	in.Study.Axes.Neural.Models = nil
	return in
}

func settled(in Inputs) Inputs {
	in.Study = Settle(in)
	return in
}

func TestSettle(t *testing.T) {
	for _, c := range []struct {
		models     []llm.Capabilities
		embeddings string
		traced     string
	}{
		{[]llm.Capabilities{everything, everything, lettered}, "hidden:m2 tfidf", "m1 m2"},
		{[]llm.Capabilities{lettered, server, {Generate: true, Score: true, Tokenize: true}}, "embed:m2 tfidf", "m2"},
		{[]llm.Capabilities{{Generate: true, Choose: true}, {Generate: true, Choose: true}}, "tfidf", ""},
		{nil, "hidden:m1 tfidf", ""},
	} {
		in := of(c.models...)
		before := fmt.Sprintf("%+v %+v", *in.Study.Axes.Neural, *in.Study.Axes.Semantic)
		s := Settle(in)
		if got := strings.Join(s.Axes.Semantic.Embeddings, " "); got != c.embeddings {
			t.Errorf("embeddings %q, want %q", got, c.embeddings)
		}
		traced := ""
		if s.Axes.Neural != nil {
			traced = strings.Join(s.Axes.Neural.Models, " ")
		}
		if traced != c.traced {
			t.Errorf("traced %q, want %q", traced, c.traced)
		}
		if off := s.Axes.WhyOff(axis.Neural); (off != "") != (len(c.models) > 0 && c.traced == "") {
			t.Errorf("the neural axis is off: %q", off)
		}
		if after := fmt.Sprintf("%+v %+v", *in.Study.Axes.Neural, *in.Study.Axes.Semantic); after != before ||
			len(in.Study.Axes.Off) > 0 {
			t.Error("the study that was given is changed")
		}
	}
	in := of(server, everything)
	in.Study.Axes.Neural.Models, in.Study.Axes.Neural.Chosen = []string{"m2"}, true
	in.Study.Axes.Semantic.Chosen = true
	if s := Settle(in); !reflect.DeepEqual(s.Axes, in.Study.Axes) {
		t.Errorf("what the author chose is changed: %+v", s.Axes)
	}
}

func TestRefusals(t *testing.T) {
	ollama := func(in *Inputs, measure string) {
		for i := range in.Study.Models {
			in.Study.Models[i].Backend, in.Study.Models[i].Measure = "ollama", measure
			in.Models[i].Inexact = "the server's file cannot be read on this machine"
		}
	}
	for _, c := range []struct {
		name   string
		models []llm.Capabilities
		change func(in *Inputs)
		want   []string // parts of the one fault a model; nothing: no fault
	}{
		{"Ollama without a blob", []llm.Capabilities{lettered}, func(in *Inputs) { ollama(in, study.Blob) },
			[]string{`model "m1" cannot score given text`, "cannot be read on this machine", "can read the file",
				`server = "http`, `measure = "option_letters"`, ":10:3"}},
		{"Ollama by letter", []llm.Capabilities{lettered, lettered, everything},
			func(in *Inputs) { ollama(in, study.OptionLetters) }, nil},
		{"Ollama by letter, a model that only embeds", []llm.Capabilities{{Embed: true}},
			func(in *Inputs) { ollama(in, study.OptionLetters) },
			[]string{"answers no benchmarks", "[[embedders]] in place of [[models]]", ":10:3"}},
		{"a model that writes no texts", []llm.Capabilities{{Score: true, Tokenize: true}}, func(in *Inputs) {
			in.Study.Benchmarks[1].Task, in.Study.Benchmarks[1].ID = study.Generate, "gen"
		}, []string{`model "m1" writes no texts`, `"gen"`}},
		{"Ollama for texts alone", []llm.Capabilities{lettered}, func(in *Inputs) {
			ollama(in, study.Blob)
			for i := range in.Study.Benchmarks {
				in.Study.Benchmarks[i].Task, in.Benchmarks[i].Spec.Task = study.Generate, study.Generate
			}
			in.Study.Axes.Perplexity = nil
		}, nil},
		{"too many choices for letters", []llm.Capabilities{lettered}, func(in *Inputs) {
			ollama(in, study.OptionLetters)
			in.Benchmarks[1].Items[0].Lettered = ""
		}, []string{`benchmark "b2" has more choices than letters`}},
		{"a server that shows final states", []llm.Capabilities{server, everything}, func(in *Inputs) {},
			[]string{`model "m1" shows its final states and nothing else`, `measures = ["final", "final_mean"]`, ":10:3"}},
		{"the same, measured so", []llm.Capabilities{server, everything},
			func(in *Inputs) { in.Study.Axes.Neural.Measures = []string{"final"} }, nil},
		{"an asked axis without models", []llm.Capabilities{{Score: true, Tokenize: true}},
			func(in *Inputs) { in.Study.Axes.Asked = []string{axis.Neural} },
			[]string{"no model of the study shows its hidden states"}},
		{"an axis that was not asked for", []llm.Capabilities{{Score: true, Tokenize: true}}, func(in *Inputs) {}, nil},
		{"embeddings that are not there", []llm.Capabilities{{Score: true, Tokenize: true}}, func(in *Inputs) {
			in.Study.Axes.Semantic.Embeddings, in.Study.Axes.Semantic.Chosen = []string{"embed:m1"}, true
		}, []string{`model "m1" does not embed texts`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := of(c.models...)
			c.change(&in)
			for _, b := range in.Benchmarks {
				if b.Items[0].Lettered = "q\nA. a\nB. b\nAnswer:"; c.name == "too many choices for letters" && b.Spec.ID == "b2" {
					b.Items[0].Lettered = ""
				}
			}
			_, list := Build(settled(in))
			text := fmt.Sprintf("%+v", list)
			if len(list) != min(1, len(c.want)) {
				t.Fatalf("faults: %s", text)
			}
			for _, d := range list {
				text = fmt.Sprintf("%v:%d:%d %s %s %s", d.Range.File, d.Range.Start.Line, d.Range.Start.Column, d.Summary,
					d.Detail, d.Suggestion)
			}
			for _, part := range c.want {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not in %s", part, text)
				}
			}
		})
	}
}

// An embedder gives the semantic axis vectors and is asked nothing else; one that nothing asks is a warning.
func TestEmbedders(t *testing.T) {
	in := of(everything, everything, everything, everything)
	in.Study.Embedders = []study.Model{{ID: "e", At: diag.Range{File: "study.toml", Start: diag.Pos{Line: 3, Column: 1}}}}
	in.Embedders = []Model{{Model: &llm.Model{ID: "e", Driver: gifted{c: llm.Capabilities{Embed: true}}},
		Identity: llm.Identity{Weights: "e"},
		Asks:     action.Pool{Name: "http://127.0.0.1:8080", Width: 1}}}
	in.Study.Axes.Semantic.Embeddings = []string{"embed:e", "tfidf"}
	p, list := Build(settled(in))
	if len(list) > 0 {
		t.Fatal(list)
	}
	got := count(p.Targets())
	if got["semantic/embed"] != 3 || got["semantic/hidden"] != 0 || got["performance/replies"] != 12 ||
		got["neural/patterns"] != 12 {
		t.Errorf("planned %v", got)
	}
	in.Study.Axes.Semantic.Chosen, in.Study.Axes.Semantic.Embeddings = true, []string{"hidden:e"}
	if _, list = Build(settled(in)); !list.HasErrors() || !strings.Contains(list[0].Summary, `"e" cannot be looked into`) {
		t.Errorf("faults %v", list)
	}
	in.Study.Axes.Semantic.Embeddings = []string{"tfidf"}
	if _, list = Build(settled(in)); len(list) != 1 || list.HasErrors() || !strings.Contains(list[0].Summary+list[0].Suggestion,
		`"e" is asked nothingAdd "embed:e"`) {
		t.Errorf("faults %v", list)
	}
}

// Models by letter have replies of that kind and take no part in the perplexity axis; who asks a server stands in its pool.
func TestMixedPlan(t *testing.T) {
	in := of(everything, everything, everything, everything, lettered)
	for i := range in.Benchmarks {
		in.Benchmarks[i].Items[0].Lettered = "q\nA. a\nB. b\nAnswer:"
	}
	in.Study.Models[4].Backend, in.Study.Models[4].Measure = "ollama", study.OptionLetters
	in.Models[4].Asks = action.Pool{Name: "http://127.0.0.1:11434", Width: 2}
	in.Models[3].Measures = action.Pool{Name: "http://127.0.0.1:8080", Width: 1}
	p, list := Build(settled(in))
	if len(list) > 0 || len(p.Absent) > 0 {
		t.Fatalf("faults %v, absent %v", list, p.Absent)
	}
	if got := count(p.Targets()); got["performance/replies"] != 15 || got["perplexity/surprisal"] != 4 ||
		got["neural/patterns"] != 12 {
		t.Errorf("planned: %v", got)
	}
	pools := map[string]int{}
	for i, row := range p.Replies {
		for _, a := range row {
			pools[fmt.Sprint(i, a.Pool.Name)]++
			byLetter := slices.Contains(a.Facts, action.F("asked", axis.Letter))
			if byLetter != (i == 4) {
				t.Errorf("model %d is asked by letter: %v", i+1, byLetter)
			}
		}
	}
	if want := map[string]int{"0": 3, "1": 3, "2": 3, "3http://127.0.0.1:8080": 3,
		"4http://127.0.0.1:11434": 3}; !reflect.DeepEqual(pools, want) {
		t.Errorf("pools %v", pools)
	}
	in = of(everything, everything, everything, lettered)
	in.Study.Models[3].Backend, in.Study.Models[3].Measure = "ollama", study.OptionLetters
	for i := range in.Benchmarks {
		in.Benchmarks[i].Items[0].Lettered = "q"
	}
	p, _ = Build(settled(in))
	if len(p.Absent) != 1 || !strings.Contains(p.Absent[0].Reason, "at least 4 models; 3 of the study's can score") {
		t.Errorf("absent %v", p.Absent)
	}
}

// exempt are the fields of a study's options that are in no key, and why.
var exempt = map[string]string{
	"Model.URL":           "where a server listens is not what it says",
	"Model.KeyEnv":        "who asks is not what is answered, and keys are kept nowhere",
	"Model.ServerKeyEnv":  "who asks is not what is answered, and keys are kept nowhere",
	"Model.Backend":       "in the identity of its driver: engine",
	"Model.Path":          "in the identity: digest of the weights",
	"Model.Name":          "in the identity: digest of the manifest or of the weights",
	"Model.Parts":         "the files at Path, whose digest is in the identity",
	"Model.Measure":       "in the identity: engine and route; letters are a fact of replies",
	"Model.Server":        "where a server listens is not what it says; the identity has its engine and weights",
	"Model.Label":         "models of a table of scores alone have one, and the digest of the table holds it",
	"Model.At":            "a place in the file",
	"Model.Places":        "places in the file",
	"Performance.At":      "a place in the file",
	"Perplexity.At":       "a place in the file",
	"Perplexity.Asked":    "decides what is refused",
	"Semantic.At":         "a place in the file",
	"Semantic.Chosen":     "who chose the embeddings",
	"Neural.At":           "a place in the file",
	"Neural.Chosen":       "who chose the models",
	"Neural.Imatrix":      "its parts are keyed: TestImatrixIsKeyed",
	"Report.At":           "a place in the file",
	"Report.Narrative":    "a file that the report reads",
	"Report.Bibliography": "a file that the report reads",
	"Report.OnlyIDs":      "what the report shows of what was computed",
	"Report.Scaling":      "read by the analysis, which the command line plans",
}

// TestEveryOptionIsKeyed changes every field of the options, one at a time, and wants a changed key somewhere, or an exemption.
func TestEveryOptionIsKeyed(t *testing.T) {
	base := func() Inputs {
		in := inputs(5, 3, scholar{})
		in.Study.Axes.Semantic.Wu, in.Study.Axes.Semantic.WuDraws = true, 3
		for _, b := range in.Benchmarks {
			for k := range 3 {
				item := b.Items[0]
				item.ID = fmt.Sprint(k)
				b.Items = append(b.Items, item)
			}
		}
		return in
	}
	planned := func(in Inputs) []string {
		p, list := Build(in)
		if list.HasErrors() {
			t.Fatal(list)
		}
		return keys(t, p.Targets())
	}
	before := planned(base())
	fields := 0
	for _, part := range []func(s *study.Study) any{
		func(s *study.Study) any { return &s.Models[1] }, func(s *study.Study) any { return s.Axes.Performance },
		func(s *study.Study) any { return s.Axes.Perplexity },
		func(s *study.Study) any { return s.Axes.Semantic }, func(s *study.Study) any { return s.Axes.Neural },
		func(s *study.Study) any { return &s.Report },
	} {
		kind := reflect.TypeOf(part(base().Study)).Elem()
		for i := range kind.NumField() {
			fields++
			name := kind.Name() + "." + kind.Field(i).Name
			why := exempt[name]
			in := base()
			if !change(reflect.ValueOf(part(in.Study)).Elem().Field(i), kind.Field(i).Name) {
				if why == "" {
					t.Errorf("%s: the test cannot change it, and it is not exempt", name)
				}
				continue
			}
			if changed := !slices.Equal(planned(in), before); changed != (why == "") {
				t.Errorf("%s: changing it changes a key: %v; exempt because: %q", name, changed, why)
			}
		}
	}
	for name := range exempt {
		if kind, field, _ := strings.Cut(name, "."); kind != "Report" && !known(kind, field) {
			t.Errorf("%s is exempt and there is no such field", name)
		}
	}
	if fields < 40 {
		t.Errorf("only %d fields were looked at", fields)
	}
}

func known(kind, field string) bool {
	for _, x := range []any{study.Model{}, study.Performance{}, study.Perplexity{}, study.Semantic{}, study.Neural{}} {
		if typ := reflect.TypeOf(x); typ.Name() == kind {
			_, ok := typ.FieldByName(field)
			return ok
		}
	}
	return false
}

// change gives a field another value that a plan takes.
func change(v reflect.Value, name string) bool {
	lists := map[string][]string{"Embeddings": {"tfidf", "hidden:m1"}, "Models": {"m2"}, "Measures": {"hidden", "activation"},
		"Selectors": {"signed"}, "Familiarity": {"answer"}}
	texts := map[string]string{"Text": "choices", "Primary": study.Signature}
	switch v.Kind() {
	case reflect.Map:
		if v.Type() != reflect.TypeFor[map[string]string]() {
			return false
		}
		v.Set(reflect.ValueOf(map[string]string{"size": "9B"}))
	case reflect.Int:
		v.SetInt(v.Int() + 2)
	case reflect.Float64:
		v.SetFloat(v.Float() + 0.25)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString(v.String() + "x")
		if other, ok := texts[name]; ok {
			v.SetString(other)
		}
	case reflect.Slice:
		list, ok := lists[name]
		if !ok {
			return false
		}
		v.Set(reflect.ValueOf(list))
	default:
		return false
	}
	return true
}
