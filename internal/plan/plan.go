// Package plan turns a study into a graph of actions: who asks which model what, and what is computed from the answers.
//
// The pipeline: study.Study, its loaded benchmarks and corpus, its identified models -> actions by role -> Targets for the
// engine. Each axis' package makes its own actions; here they are only joined, and here it is said which axes a study
// allows and why not more.
//
// A plan reads no answers and asks no model: it is made in a blink and can be shown before anything is paid for.
package plan

import (
	"cmp"
	"fmt"
	"slices"

	"sdmap/internal/action"
	"sdmap/internal/axis"
	"sdmap/internal/axis/perplexity"
	"sdmap/internal/benchmark"
	"sdmap/internal/corpus"
	"sdmap/internal/diag"
	"sdmap/internal/llm"
	"sdmap/internal/llm/imatrix"
	"sdmap/internal/study"
)

// Model is an identified model of the study.
type Model struct {
	*llm.Model
	Identity llm.Identity

	Remarks  []string    // what a user should know of it, a sentence each
	Inexact  string      // why the backend cannot score given text, where it says so
	Asks     action.Pool // what generates, embeds and chooses by letter; no name: this process
	Measures action.Pool // what scores and shows traces

	File Weights // for llama-imatrix
}

// Weights is a model's file on this machine.
type Weights struct {
	Path   string // of a split model, of its first part; empty if there is none, or if it is not known where
	Digest string // empty if there is none
	Why    string // there is none
}

// scores says whether the model gives log-probabilities of given text.
func (m Model) scores() bool {
	c := llm.CapabilitiesOf(m.Driver)
	return c.Score && c.Tokenize
}

// Inputs is a study with all that was loaded for it.
type Inputs struct {
	Study      *study.Study
	Benchmarks []*benchmark.Benchmark // by the study's benchmarks; nil where only scores are given
	Corpus     *corpus.Corpus         // nil where the study has none
	Surprisals *perplexity.Imported   // in place of a corpus; nil where the study gives none
	Models     []Model                // by the study's models; empty where scores are given
	Imatrix    imatrix.Program        // where the study has it run
	Digests    map[string]string      // of the imatrix files that the study gives
	Embedders  []Model                // by the study's embedders
}

// Plan is the graph, by role. m models, B benchmarks.
type Plan struct {
	Replies [][]*action.Action        // m x B; nil where models are not asked for scores
	Scores  *action.Action            // axis.ScoreTable; nil where none is given or asked for
	Results map[string]*action.Action // by axis: its axis.Result
	// Signatures describes the perplexity axis' signatures (perplexity.Report); nil without that axis.
	Signatures *action.Action
	Absent     []Absent // axes that are not planned
	Subsets    Subsets
}

// Subsets are what recovery is computed from on parts of a study, of which it is known what was planted; nil where there is
// nothing of the kind, or no truth.
type Subsets struct {
	Familiarity *action.Action // axis.ScoreTable
	Signatures  *action.Action // perplexity.SubsetOverlaps
}

// Absent says why an axis is not planned.
type Absent struct {
	Axis   string `json:"axis"`
	Reason string `json:"reason"`
}

// minBenchmarks is the least that a relation needs.
const minBenchmarks = 2

// minModels is the least that an axis which correlates over models needs: with two models every rank correlation is 1
// or -1. Signatures are worth showing before there are models enough to compare them.
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
			if name == axis.Performance {
				why += b.whatFor()
			}
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
	case name == axis.Perplexity && b.Surprisals != nil:
		if b.Surprisals.Models() < minModels[name] {
			return fmt.Sprintf("correlations need at least %d models with scores and surprisals, and %s both", minModels[name],
				has(b.Surprisals.Models()))
		}
	case (name == axis.Perplexity || name == axis.Neural) && len(b.Models) == 0 && s.Scores != nil:
		if s.Scores.Logs != nil {
			return "the study gives logs of evaluations in place of models that run"
		}
		return "the study gives a table of scores in place of models that run"
	case name == axis.Perplexity && !off && s.Corpus == nil && !b.reads():
		return "the study has no [corpus], and nothing is read to its models"
	case len(s.Scored()) < minModels[name]:
		return fmt.Sprintf("correlations need at least %d models; the study has %d", minModels[name], len(s.Scored()))
	case name == axis.Perplexity && s.Scores != nil && !b.reads() && b.scoring() < minModels[name]:
		return fmt.Sprintf("it needs scores of the models that run: at least %d of them under the ids that the table of scores "+
			"gives them, and %s one", minModels[name], has(b.scoring()))
	case name == axis.Perplexity && !off && b.reading() < minModels[name]:
		return fmt.Sprintf("correlations need at least %d models; %d of the study's can score given text", minModels[name],
			b.reading())
	case (name == axis.Semantic || name == axis.Neural) && len(b.withItems()) < minBenchmarks:
		return fmt.Sprintf("it needs the items of at least %d benchmarks, and %s a source", minBenchmarks,
			has(len(b.withItems())))
	case off:
		return cmp.Or(s.Axes.WhyOff(name), "it is turned off in the study")
	}
	return ""
}

// has says that so many of a study have something.
func has(n int) string {
	switch n {
	case 0:
		return "none has"
	case 1:
		return "one has"
	}
	return fmt.Sprintf("%d have", n)
}

// scoring counts the models that can score given text and have scores themselves.
func (b *builder) scoring() int {
	n := 0
	for _, m := range b.Models {
		if m.scores() && slices.ContainsFunc(b.Study.Scored(), func(s study.Model) bool { return s.ID == m.ID }) {
			n++
		}
	}
	return n
}
