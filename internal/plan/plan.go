// Package plan turns a study into a graph of actions: who asks which model what, and what is computed from the answers.
//
// The pipeline: study.Study, its loaded benchmarks and corpus, its identified models -> actions by role -> Targets for the
// engine. Each axis' package makes its own actions; here they are only joined, and here it is said which axes a study
// allows and why not more.
//
// A plan reads no answers and asks no model: it is made in a blink and can be shown before anything is paid for.
package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/benchmark"
	"sdmap/internal/corpus"
	"sdmap/internal/diag"
	"sdmap/internal/llm"
	"sdmap/internal/study"
)

// Model is an identified model of the study.
type Model struct {
	*llm.Model
	Identity llm.Identity
}

// Inputs is a study with all that was loaded for it.
type Inputs struct {
	Study      *study.Study
	Benchmarks []*benchmark.Benchmark // by the study's benchmarks; nil where only scores are given
	Corpus     *corpus.Corpus         // nil where the study has none
	Models     []Model                // by the study's models; empty where scores are given
}

// Plan is the graph, by role. m models, B benchmarks.
type Plan struct {
	Replies [][]*action.Action        // m x B; nil where scores are given
	Scores  *action.Action            // axis.ScoreTable; nil without models
	Results map[string]*action.Action // by axis: its axis.Result
	// Signatures describes the perplexity axis' signatures (perplexity.Report); nil without that axis.
	Signatures *action.Action
	Absent     []Absent // axes that are not planned
}

// Absent says why an axis is not planned.
type Absent struct {
	Axis   string `json:"axis"`
	Reason string `json:"reason"`
}

// minBenchmarks is the least that a relation needs.
const minBenchmarks = 2

// minModels is the least that an axis which correlates over models needs: with two models every rank correlation is 1
// or -1, and cross-fitting halves them.
var minModels = map[string]int{axis.Performance: 3, axis.Perplexity: 4}

// Build joins the actions of all axes. The list says where the study asks for what its models cannot give.
func Build(in Inputs) (*Plan, diag.List) {
	p := &Plan{Results: map[string]*action.Action{}}
	b := &builder{Inputs: in, plan: p}
	b.capabilities()
	if b.list.HasErrors() {
		return nil, b.list
	}
	b.scores()
	for _, name := range axis.Names() {
		if why := b.impossible(name); why != "" {
			p.Absent = append(p.Absent, Absent{name, why})
			continue
		}
		p.Results[name] = b.axis(name)
	}
	return p, b.list
}

// Targets are the actions whose outputs are wanted.
func (p *Plan) Targets() []*action.Action {
	var out []*action.Action
	if p.Scores != nil {
		out = append(out, p.Scores)
	}
	for _, name := range axis.Names() {
		if a := p.Results[name]; a != nil {
			out = append(out, a)
		}
	}
	if p.Signatures != nil {
		out = append(out, p.Signatures)
	}
	return out
}

type builder struct {
	Inputs
	plan *Plan
	list diag.List
}

// impossible says why an axis cannot be planned; empty if it can.
func (b *builder) impossible(name string) string {
	s := b.Study
	off := map[string]bool{axis.Performance: s.Axes.Performance == nil, axis.Perplexity: s.Axes.Perplexity == nil,
		axis.Semantic: s.Axes.Semantic == nil, axis.Neural: s.Axes.Neural == nil}[name]
	switch {
	case len(s.Benchmarks) < minBenchmarks:
		return fmt.Sprintf("relations need two benchmarks; the study has %d", len(s.Benchmarks))
	case name != axis.Semantic && len(s.Models) == 0:
		return "the study has no models"
	case (name == axis.Perplexity || name == axis.Neural) && s.Scores != nil:
		return "the study gives a table of scores in place of models that run"
	case name == axis.Perplexity && s.Corpus == nil:
		return "the study has no [corpus]"
	case len(s.Models) < minModels[name]:
		return fmt.Sprintf("correlations need at least %d models; the study has %d", minModels[name], len(s.Models))
	case name == axis.Semantic && b.withoutItems() != "":
		return fmt.Sprintf("it needs the items of every benchmark, and %q has no source", b.withoutItems())
	case off:
		return "it is turned off in the study"
	}
	return ""
}

// withoutItems is the first benchmark of which only scores are known.
func (b *builder) withoutItems() string {
	for i, bench := range b.Benchmarks {
		if bench == nil {
			return b.Study.Benchmarks[i].ID
		}
	}
	return ""
}

// capabilities refuses what drivers cannot do, at the line that asks for it.
func (b *builder) capabilities() {
	choice, chat, chatChoice := false, false, false
	for _, bench := range b.Study.Benchmarks {
		choice = choice || bench.Task == study.Choice
		chat = chat || bench.Chat
		chatChoice = chatChoice || bench.Chat && bench.Task == study.Choice
	}
	for i, m := range b.Models {
		at := b.Study.Models[i].At
		c := llm.CapabilitiesOf(m.Driver)
		if (choice || b.Study.Axes.Perplexity != nil) && !(c.Score && c.Tokenise) {
			b.refuse(at, m.ID, "cannot score given text", "Benchmarks with task choice and the perplexity axis need log-probabilities.")
		}
		if chat {
			b.chat(at, m, c, chatChoice)
		}
		if n := b.Study.Axes.Neural; n != nil && slices.Contains(n.Models, m.ID) && c.Trace&llm.WantResidual == 0 {
			b.refuse(at, m.ID, "cannot be looked into", "The neural axis needs traces; name the models that have them under models in [axes.neural], or turn it off.")
		}
		if s := b.Study.Axes.Semantic; s != nil && slices.Contains(s.Embeddings, hiddenPrefix+m.ID) && c.Trace&llm.WantResidual == 0 {
			b.refuse(s.At, m.ID, "cannot be looked into", "Embeddings from hidden states need traces.")
		}
	}
}

// chat refuses a model that cannot be asked in its chat template, or whose choices cannot be scored in it.
func (b *builder) chat(at diag.Range, m Model, c llm.Capabilities, choices bool) {
	chatter, ok := m.Driver.(llm.Chatter)
	if ok {
		if _, err := chatter.RenderChat(context.Background(), "?"); err != nil { // reads the file's metadata alone
			b.refuse(at, m.ID, "cannot be asked in a chat template", err.Error())
			return
		}
	}
	switch {
	case !c.Chat:
		b.refuse(at, m.ID, "cannot be asked in a chat template", "Its backend does not apply one; ask without chat = true.")
	case choices && !ok:
		b.refuse(at, m.ID, "cannot score choices in a chat template",
			"Task choice with chat = true needs a backend that tells the template's tokens; task generate does not.")
	}
}

func (b *builder) refuse(at diag.Range, id, what, detail string) {
	b.list = append(b.list, diag.Diagnostic{Severity: diag.Error, Summary: fmt.Sprintf("model %q %s", id, what), Detail: detail, Range: at})
}

const hiddenPrefix = "hidden:"

// hiddenModel is the model that an embedding's name calls for; empty for others.
func hiddenModel(embedding string) string {
	id, ok := strings.CutPrefix(embedding, hiddenPrefix)
	if !ok {
		return ""
	}
	return id
}
